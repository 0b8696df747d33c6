"""``feebly trials``: what a local excess is worth in a scan of many masses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from feebly.cli import options, values
from feebly.cli.output import answer, answer_json
from feebly.cli.progress import progress
from feebly.core.errors import ConfigError

if TYPE_CHECKING:
    from feebly.statistics.excess.global_significance import GlobalSignificance, Progress
    from feebly.statistics.excess.mass_scan import LocalTest, MassScan

LIKELIHOOD, WINDOW = "likelihood", "window"


def trials(
    masses: Annotated[
        str, typer.Option("--masses", metavar="MIN:MAX:STEP", help="Hypotheses, in any unit of mass.")
    ],
    resolution: Annotated[
        str,
        typer.Option(
            "--resolution",
            metavar="S|M=S,M=S",
            help="Mass resolution, or at several masses; straight between.",
        ),
    ],
    density: Annotated[
        str,
        typer.Option("--density", metavar="B|M=B,M=B", help="Background events per unit of mass, likewise."),
    ],
    events: Annotated[
        str | None, typer.Option("--events", metavar="M,M,..", help="Masses of the observed events.")
    ] = None,
    z: Annotated[
        str, typer.Option("--z", metavar="Z,Z,..", help="Local significances (one-sided), without --events.")
    ] = "2,3",
    test: Annotated[
        str,
        typer.Option(
            "--test", metavar="NAME", help="window: events within the half width; likelihood: Gaussian peak."
        ),
    ] = WINDOW,
    half_width: Annotated[
        str, typer.Option("--half-width", metavar="X", help="Of the window, in resolutions.")
    ] = "1.5",
    toys: Annotated[str, typer.Option("--toys", metavar="N", help="Toy data sets.")] = "2000",
    seed: options.Seed = "1",
    as_json: options.Json = False,
) -> None:
    """Global significance in a scan of masses.

    Toys of the background at the real mass resolution: how often does any hypothesis show so large a local
    Z? The upcrossings of Gross and Vitells (1005.1891) are told as a check for the likelihood.

    \b
    Examples:
        feebly trials --masses 0.2:0.7:0.001 --resolution 0.004 --density 0.032 --events 0.411
        feebly trials --masses 207:350:0.5 --resolution 207=2.1,350=0.2 --density 13
    """
    from feebly.statistics.excess import global_significance as scans

    scan, statistic = _scan(masses, resolution, density), _test(test, half_width)
    count, start = values.whole_number(toys, "--toys"), values.whole_number(seed, "--seed")
    position: float | None = None
    bounds: tuple[float, ...] = ()
    with progress("toys") as update:

        def told(done: int, total: int) -> None:
            update(done, total, "toys")

        if events is not None:
            seen = [values.number(text, "--events") for text in events.split(",")]
            position, one = scans.observed_significance(scan, statistic, seen, count, start, told)
            found: tuple[GlobalSignificance, ...] = (one,)
        else:
            local = [values.number(text, "--z") for text in values.names(z, "--z")]
            found = scans.global_significances(scan, statistic, local, count, start, told)
        if test == LIKELIHOOD:
            bounds = _upcrossings(scan, statistic, found, count, start, told)
    content = _content(scan, test, position, found, bounds, count, start)
    if as_json:
        answer_json(content)
    else:
        answer("\n".join(_sentences(content)))


def _upcrossings(
    scan: MassScan,
    statistic: LocalTest,
    found: tuple[GlobalSignificance, ...],
    toys: int,
    seed: int,
    told: Progress,
) -> tuple[float, ...]:
    """Bounds of Gross and Vitells on a finer scan; a tenth of the toys is enough."""
    from feebly.statistics.excess.global_significance import LEAST_TOYS, gross_vitells

    fine, fewer = scan.refined(0.25), max(LEAST_TOYS, toys // 10)
    return gross_vitells(fine, statistic, [one.local_z for one in found], fewer, seed, told)


def _scan(masses: str, resolution: str, density: str) -> MassScan:
    import numpy as np

    from feebly.statistics.excess.mass_scan import MassScan

    x = np.array(values.steps(masses, "--masses"))
    given = (("--resolution", resolution), ("--density", density))
    return MassScan.of(x, *(np.interp(x, *values.curve(text, option)) for option, text in given))


def _test(name: str, half_width: str) -> LocalTest:
    from feebly.statistics.excess.mass_scan import PeakLikelihood, WindowCount

    if name not in (WINDOW, LIKELIHOOD):
        raise ConfigError(f"--test {name!r}: expected {WINDOW} or {LIKELIHOOD}")
    return WindowCount(values.number(half_width, "--half-width")) if name == WINDOW else PeakLikelihood()


def _content(
    scan: MassScan,
    test: str,
    position: float | None,
    found: tuple[GlobalSignificance, ...],
    bounds: tuple[float, ...],
    toys: int,
    seed: int,
) -> dict[str, Any]:
    from feebly.core.tables import plain
    from feebly.statistics.excess.significance import ONE_SIDED, TWO_SIDED, z_of

    results = []
    for k, one in enumerate(found):
        z = {
            sides: z_of(one.global_p, sides) if one.global_p > 0 else None for sides in (ONE_SIDED, TWO_SIDED)
        }
        extra = {"global_z": z, "gross_vitells": bounds[k] if bounds else None}
        results.append(plain(one) | extra)
    return {
        "hypotheses": len(scan.hypotheses),
        "background": float(scan.expected_below()[1][-1]),
        "test": test,
        "toys": toys,
        "seed": seed,
        "position": position,
        "results": results,
    }


def _sentences(content: dict[str, Any]) -> list[str]:
    lines = [
        f"{content['hypotheses']} hypotheses, {content['background']:.4g} background events expected, "
        f"{content['toys']} toys ({content['test']})"
    ]
    if content["position"] is not None:
        lines.append(f"largest excess at {content['position']:g}")
    for one in content["results"]:
        interval, two_sided = one["global_interval"], one["global_z"]["two-sided"]
        worth = "" if two_sided is None else f", {two_sided:.2f} sigma two-sided"
        lines.append(
            f"local {one['local_z']:.3g} sigma (p = {one['local_p']:.3g}, one-sided): global p = "
            f"{one['global_p']:.3g} [{interval['lower']:.3g}, {interval['upper']:.3g}]{worth}; trials factor "
            f"{one['trials_factor']:.4g} +- {one['trials_error']:.2g}"
        )
        if one["gross_vitells"] is not None:
            lines.append(f"    upcrossings (Gross-Vitells): global p <= {one['gross_vitells']:.3g}")
    return lines
