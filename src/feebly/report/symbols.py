"""Names of particles, couplings and numbers for figures; a tag without a symbol stands for itself."""

from __future__ import annotations

import re
from math import floor, log10

_FINAL_STATES = {
    "ee": "e⁺e⁻",
    "mumu": "μ⁺μ⁻",
    "pipi": "π⁺π⁻",
    "pipigamma": "π⁺π⁻γ",
    "3pi": "π⁺π⁻π⁰",
    "2pi2pi0": "π⁺π⁻2π⁰",
    "4pi": "2π⁺2π⁻",
    "pipieta": "π⁺π⁻η",
    "kk": "K⁺K⁻",
    "kkpi0": "K⁺K⁻π⁰",
    "gammagamma": "γγ",
    "3pi0": "3π⁰",
    "pi0pi0eta": "2π⁰η",
}
_PARTICLES = {
    "dark-photon": "A′",
    "dark-scalar": "S",
    "dark-scalar-quartic": "S",
    **dict.fromkeys(("alp-photon", "alp-fermion", "alp-gluon"), "a"),
    **dict.fromkeys(("hnl-e", "hnl-mu", "hnl-tau"), "N"),
}
_MESONS = {
    "pi0": "π⁰",
    "eta": "η",
    "etaprime": "η′",
    "rho0": "ρ⁰",
    "rho": "ρ⁺, ρ⁻",
    "omega": "ω",
    "phi": "φ",
    "D0": "D⁰",
    "D+": "D⁺, D⁻",
    "Ds": "D$_s$",
    "B": "B⁺, B⁻, B⁰",
    "B+": "B⁺, B⁻",
    "B0": "B⁰",
    "Bs": "B$_s$",
}
_COUPLINGS = {
    "epsilon": r"\varepsilon",
    "sin-theta": r"\sin\theta",
    "C/Lambda": r"C/\Lambda\;[\mathrm{GeV}^{-1}]",
    "1/f": r"1/f\;[\mathrm{GeV}^{-1}]",
    "g_agamma": r"g_{a\gamma\gamma}\;[\mathrm{GeV}^{-1}]",
    "ctau-m": r"c\tau\;[\mathrm{m}]",
}
_PLAIN, _SUPERSCRIPTS = "+-0123456789", "⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹"
_TO_SUPERSCRIPT = str.maketrans(_PLAIN, _SUPERSCRIPTS)
_FROM_SUPERSCRIPT = str.maketrans(_SUPERSCRIPTS, _PLAIN)


def final_state_symbol(tag: str) -> str:
    """``e⁺e⁻`` of ``ee``: Unicode text, which wraps and has its true length; `drawable` in a figure."""
    return _FINAL_STATES.get(tag, tag)


def meson_symbol(name: str) -> str:
    """``π⁰`` of ``pi0``; heavy mesons stand for their antiparticles as well. `drawable` in a figure."""
    return _MESONS.get(name, name)


def drawable(text: str) -> str:
    """The text with superscripts as mathtext: fonts of matplotlib lack the Unicode ones."""
    return re.sub("[⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+", lambda found: f"$^{{{found[0].translate(_FROM_SUPERSCRIPT)}}}$", text)


def mass_symbol(model: str) -> str:
    """``$m_{A′}$`` of ``dark-photon``; ``$m_{X}$`` of a model without a symbol."""
    return f"$m_{{{_PARTICLES.get(model, 'X')}}}$"


def coupling_symbol(name: str) -> str:
    r"""``$\varepsilon$`` of ``epsilon``."""
    return f"${_COUPLINGS[name]}$" if name in _COUPLINGS else name


def scientific(value: float) -> str:
    r"""``$1.4 \times 10^{17}$``; three digits at most, a factor 1 left out."""
    exponent = floor(log10(float(f"{value:.2e}")))
    factor = f"{value / 10.0**exponent:.3g}"
    power = rf"10^{{{exponent}}}"
    return f"${power}$" if factor == "1" else rf"${factor} \times {power}$"


def scientific_text(value: float) -> str:
    """``1.4×10¹⁷``: as `scientific`, in Unicode."""
    exponent = floor(log10(float(f"{value:.2e}")))
    factor = f"{value / 10.0**exponent:.3g}"
    power = f"10{str(exponent).translate(_TO_SUPERSCRIPT)}"
    return power if factor == "1" else f"{factor}×{power}"


def with_error(value: float, error: float) -> str:
    r"""``33.0 ± 0.2``, ``15400 ± 200`` or ``(1.06 ± 0.01) $\times 10^{-4}$``: the error has one digit."""
    digit = floor(log10(float(f"{error:.0e}")))
    if 1e-3 <= abs(value) < 1e6 and digit < 3:
        decimals = max(0, -digit)
        return f"{round(value, -digit):.{decimals}f} ± {round(error, -digit):.{decimals}f}"
    exponent = floor(log10(abs(value)))
    scale, decimals = 10.0**exponent, max(0, exponent - digit)
    return rf"({value / scale:.{decimals}f} ± {error / scale:.{decimals}f}) $\times 10^{{{exponent}}}$"
