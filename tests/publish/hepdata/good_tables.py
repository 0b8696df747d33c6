"""Tables that are right, each in another layout, unit or convention, odd ones included; records of them."""

from dataclasses import replace

import numpy as np

from feebly.publish.hepdata.tables import Column, ErrorBar, Qualifier, Submission, Table

CL, LEVEL = Qualifier("CL", 0.9), Qualifier("contour level", 0.1)
BEAM = Qualifier("beam energy", 400.0, "GeV")
NA62 = (
    CL,
    Qualifier("POT", 1.4e17),
    BEAM,
    Qualifier("model", "dark-photon"),
    Qualifier("channel", "mumu, ee"),
)


def oval(mass=0.3, coupling=1e-6, wide=0.5, high=1.2, n=40):
    """A closed curve about a point, straight in the logarithms: columns mass and coupling."""
    angle = np.append(np.linspace(0, 2 * np.pi, n, endpoint=False), 0.0)
    return mass * np.exp(wide * np.cos(angle)), coupling * np.exp(high * np.sin(angle))


def notched():
    """A closed curve with a step at an event: two points of one mass twice."""
    mass = np.array([0.2, 0.4, 0.4, 0.42, 0.42, 0.6, 0.6, 0.2, 0.2])
    low = np.array([1e-7, 1e-7, 2e-7, 2e-7, 1e-7, 1e-7, 1e-6, 1e-6, 1e-7])
    return mass, low


def column(name, values, units="", qualifiers=(), errors=()):
    return Column(name, tuple(np.asarray(values).tolist()), units, tuple(qualifiers), errors)


def points(mass, coupling, name="epsilon", units="GeV", qualifiers=NA62, header="mass", coupling_units=""):
    """Layout ``points`` of one curve."""
    return Table(
        "contour",
        (column(header, mass, units),),
        (column(name, coupling, coupling_units, qualifiers),),
        "Exclusion contour at 90% CL.",
    )


def with_pieces(curves, name="epsilon", qualifiers=NA62, extra=()):
    """Layout ``points`` of several pieces with their number."""
    mass, coupling = (np.concatenate(parts) for parts in zip(*curves, strict=True))
    number = np.repeat(np.arange(len(curves)), [len(m) for m, _ in curves])
    return Table(
        "islands",
        (column("mass", mass, "GeV"), column("piece", number), *extra),
        (column(name, coupling, "", qualifiers),),
        "Exclusion contours at 90% CL.",
    )


def index(mass, coupling, mass_name="log10(m)", coupling_name="log10(epsilon)", units="GeV"):
    """Layout ``index``."""
    return Table(
        "index",
        (column("index", np.arange(len(mass))),),
        (column(mass_name, mass, units, NA62), column(coupling_name, coupling, "", NA62)),
        "Points of the contour at 90% CL.",
    )


def edges(mass, low, up, name="epsilon", units="GeV", qualifiers=NA62):
    """Layout ``edges``."""
    return Table(
        "edges",
        (column("mass", mass, units),),
        (column(f"lower {name}", low, "", qualifiers), column(f"upper {name}", up, "", qualifiers)),
        "Excluded between the edges at 90% CL.",
    )


def grid(value="CLs", mass=None, coupling=None, qualifiers=(*NA62, LEVEL)):
    """Layout ``grid``: CLs of an oval of yields, or N over its limit."""
    mass = np.geomspace(0.05, 1.5, 12) if mass is None else mass
    coupling = np.geomspace(1e-8, 1e-4, 15) if coupling is None else coupling
    far = (np.log(mass[:, None] / 0.3) / 0.9) ** 2 + (np.log(coupling / 1e-6) / 2) ** 2
    ratio = np.exp(2 * (1 - far))
    cells = np.exp(-2.3 * ratio) if value == "CLs" else ratio
    return Table(
        "grid",
        (
            column("mass", np.repeat(mass, coupling.size), "GeV"),
            column("epsilon", np.tile(coupling, mass.size)),
        ),
        (column(value, cells.ravel(), "", qualifiers),),
        "Scan at 90% CL.",
    )


def bands():
    """Limits against mass: observed, expected and bands, as columns."""
    mass = np.geomspace(0.01, 0.4, 12)
    base = 1e-3 * (1 + mass)
    names = {"expected -2 sigma": 0.5, "expected -1 sigma": 0.7, "expected": 1.0} | {
        "expected +1 sigma": 1.4,
        "expected +2 sigma": 2.0,
        "observed": 3.1,  # an excess: above its bands and right
    }
    return Table(
        "bands",
        (column("mass", mass, "GeV"),),
        tuple(column(f"upper limit on epsilon, {name}", f * base, "", (CL,)) for name, f in names.items()),
        "Upper limits at 90% CL.",
    )


def nested_bands():
    """Expected contours with bands as curves of one table."""
    sizes = {"expected -2 sigma": 1.4, "expected -1 sigma": 1.2, "expected": 1.0} | {
        "expected +1 sigma": 0.8,
        "expected +2 sigma": 0.6,
    }
    curves = [oval(wide=0.5 * s, high=1.2 * s) for s in sizes.values()]
    names = np.repeat(list(sizes), [len(m) for m, _ in curves])
    table = with_pieces(curves, extra=(Column("curve", tuple(names.tolist())),))
    pieces = Column("piece", (0,) * len(names))
    return replace(table, independent=(table.independent[0], pieces, table.independent[2]))


BAND_NAMES = ("expected -1 sigma", "expected", "expected +1 sigma")


def bands_of_edges(sizes=(1.5, 1.2, 1.0)):
    """Lower and upper edge of each band: the stronger limit is wider on both sides."""
    mass = np.geomspace(0.03, 0.6, 9)
    sides = [
        column(f"{side} epsilon, {name}", 2e-6 * factor * (0.3 / mass) ** 0.3, "", NA62)
        for name, size in zip(BAND_NAMES, sizes, strict=True)
        for side, factor in (("lower", 0.3 / size), ("upper", 3.0 * size))
    ]
    return Table("edges of bands", (column("mass", mass, "GeV"),), tuple(sides), "Expected at 90% CL.")


def bands_of_a_grid(sizes=(1.5, 1.2, 1.0)):
    """Signal over the limits of a band: the stronger limit has the larger ratio."""
    table = grid("signal over limit")
    ratio = table.dependent[0].numbers
    columns = (
        column(f"signal over limit, {name}", size * ratio, "", NA62)
        for name, size in zip(BAND_NAMES, sizes, strict=True)
    )
    return replace(table, dependent=tuple(columns))


def counts():
    """Background and observed events by region, missing values and errors."""
    bars = (
        (ErrorBar(0.002, -0.002, "68%", symmetric=True),),
        (ErrorBar(0.04, -0.015, "5% to 95% quantile"),),
        (),
    )
    return Table(
        "regions",
        (Column("final state", ("mumu", "ee", "pipi")), Column("region", ("SR", "SR", "SR"))),
        (
            column("background events", [0.016, 0.015, 0.007], "", NA62, bars),
            Column("observed events", (1, 0, "-")),
        ),
        "Backgrounds and counts.",
    )


def acceptance():
    """A grid against mass and lifetime without any limit: needs no CL."""
    mass, ctau = np.geomspace(0.25, 1.0, 5), np.geomspace(1e-2, 1e3, 6)
    values = np.exp(-(np.log(ctau / 3) ** 2) / 9)[None, :] * np.linspace(0.1, 0.3, 5)[:, None]
    cells = [*values.ravel().tolist()[:-1], "-"]
    return Table(
        "acceptance",
        (column("mass", np.repeat(mass, ctau.size), "GeV"), column("ctau", np.tile(ctau, mass.size), "m")),
        (Column("acceptance x efficiency, brems", tuple(cells)),),
        "Acceptance times efficiency.",
    )


def kaon_limits():
    """Branching ratio limits against mass from zero mass on; a limit curve, no contour."""
    mass = np.linspace(0.0, 0.26, 14)
    return Table(
        "BR(K+ -> pi+ X)",
        (column("m_X", 1e3 * mass, "MeV/c^2"),),
        (column(r"Upper limit on BR($K^+\to\pi^+X$)", 1e-11 * (3 + np.cos(40 * mass)), "", (CL,)),),
        "Observed upper limits at 90% CL.",
        {"cmenergies": (12.0,)},
    )


def alp(mass_mev=False):
    """An axion-like particle: coupling with a dimension."""
    mass, coupling = oval(0.1, 1e-4)
    said = (
        CL,
        Qualifier("POT", 1e18),
        Qualifier("beam energy", 400.0, "GeV"),
        Qualifier("model", "alp-fermion"),
    )
    return points(
        1e3 * mass if mass_mev else mass,
        coupling,
        name="C_ff/Lambda",
        units="MeV" if mass_mev else "GeV",
        qualifiers=said,
        coupling_units="GeV^-1",
    )


def scalar():
    """A dark scalar: sin^2 theta."""
    mass, coupling = oval(0.4, 1e-4, high=0.8)
    said = (
        CL,
        Qualifier("POT", 1e18),
        Qualifier("beam energy", 400.0, "GeV"),
        Qualifier("model", "dark-scalar"),
    )
    return points(mass, coupling**2, name=r"$\sin^2\theta$", qualifiers=said)


def light_mev():
    """Half an MeV, in MeV, from a helioscope or a reactor: no beam is named."""
    mass, coupling = oval(0.5, 1e-5)
    return points(mass, coupling, name="g_agamma", units="MeV", qualifiers=(CL,), coupling_units="GeV^-1")


def cut_off():
    """An open contour that leaves the plane at its top on both sides."""
    angle = np.linspace(np.pi, 2 * np.pi, 25)
    return points(0.3 * np.exp(0.5 * np.cos(angle)), 1e-6 * np.exp(1.2 * np.sin(angle)))


GOOD = {
    "points GeV epsilon": lambda: points(*oval()),
    "points MeV": lambda: points(1e3 * oval()[0], oval()[1], units="MeV", header=r"$m_{A'}$"),
    "points epsilon squared": lambda: points(oval()[0], oval()[1] ** 2, name=r"$\varepsilon^2$"),
    "points log10 epsilon squared": lambda: points(
        np.log10(oval()[0]),
        2 * np.log10(oval()[1]),
        name=r"$\log_{10}(\varepsilon^2)$",
        header="log10(m) [GeV]",
    ),
    "index log10": lambda: index(*map(np.log10, oval())),
    "index linear MeV": lambda: index(1e3 * oval()[0], oval()[1], "m_A'", "epsilon", "MeV"),
    "edges": lambda: edges(np.geomspace(0.03, 0.6, 9), np.full(9, 2e-7), np.geomspace(5e-5, 4e-7, 9)),
    "edges log10": lambda: edges(
        np.geomspace(0.03, 0.6, 9), np.full(9, -6.7), np.linspace(-4.3, -6.4, 9), name="log10(epsilon)"
    ),
    "grid CLs": grid,
    "grid ratio": lambda: grid("signal over limit", qualifiers=NA62),
    "grid in falling order": lambda: grid(mass=np.geomspace(1.5, 0.05, 12)),
    "islands": lambda: with_pieces([oval(0.3), oval(1.2, 2e-7, 0.1, 0.3)]),
    "notch": lambda: points(*notched()),
    "bands": bands,
    "nested bands": nested_bands,
    "bands of edges": bands_of_edges,
    "bands of a grid": bands_of_a_grid,
    "degenerate bands": lambda: replace(
        bands(), dependent=tuple(replace(c, values=bands().dependent[2].values) for c in bands().dependent)
    ),
    "counts": counts,
    "acceptance": acceptance,
    "kaon limits": kaon_limits,
    "alp": alp,
    "alp MeV": lambda: alp(mass_mev=True),
    "dark scalar": scalar,
    "0.5 MeV": light_mev,
    "epsilon up to 0.9": lambda: replace(
        edges(
            np.geomspace(0.5, 60, 8),
            np.geomspace(1e-3, 0.2, 8),
            np.full(8, 0.9),
            qualifiers=(Qualifier("CL", 95, "%"),),
        ),
        keywords={"cmenergies": (13000.0,)},
    ),
    "open at the border": cut_off,
    "coarse triangle": lambda: points([0.2, 0.5, 0.3, 0.2], [1e-6, 8e-7, 4e-6, 1e-6]),
    "large steps of a hand": lambda: points(*oval(n=7)),
    "heavy neutrino": lambda: points(*oval(1.0, 1e-7), name=r"$|U_{\mu4}|^2$", qualifiers=(CL,)),
    "CL in the header": lambda: points(
        np.geomspace(0.01, 0.1, 5), np.full(5, 1e-3), name="95% CL upper limit on epsilon", qualifiers=()
    ),
    "missing rows": lambda: Table(
        "gaps",
        (column("mass", [0.1, 0.2, 0.3, 0.4], "GeV"),),
        (Column("upper limit on epsilon", (1e-3, 2e-3, "-", 1e-3), "", (CL,)),),
        "Upper limits.",
    ),
    "lifetime": lambda: points(*oval(0.3, 5.0), name="ctau", coupling_units="m", qualifiers=(CL,)),
}
"""Name and table; every one is right."""


PNG = b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\rIHDR" + (800).to_bytes(4, "big") + (600).to_bytes(4, "big")
THUMB = PNG[:16] + (100).to_bytes(4, "big") + (75).to_bytes(4, "big")
KEYWORDS = {"cmenergies": (27.43,), "observables": ("EXCLUSION",), "reactions": ("P NUCLEUS --> X",)}


def record(*tables):
    """A record of these tables with all files and keywords."""
    named = []
    for number, table in enumerate(tables):
        stem = f"t{number}"
        pictures = ((f"{stem}.png", "Image file"), (f"thumb_{stem}.png", "Thumbnail image file"))
        names = {"name": f"{table.name} {number}", "data_file": f"{stem}.yaml"}
        named.append(replace(table, **names, resources=pictures, keywords=table.keywords or KEYWORDS))
    files = {"submission.yaml": 1000} | {table.data_file: 1000 for table in named}
    files |= {location: 100 for table in named for location, _ in table.resources}
    images = {name: THUMB if name.startswith("thumb_") else PNG for name in files if name.endswith(".png")}
    return Submission("record", tuple(named), "a record", (), files, images)
