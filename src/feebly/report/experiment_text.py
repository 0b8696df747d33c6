"""An experiment and an analysis as plain text (100 columns) and as one dict, every number with its origin."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import fill
from typing import Any

from feebly.analysis.analysis import Analysis, FinalState, Response
from feebly.analysis.background import (
    Background,
    IntervalBackground,
    RejectionFactors,
    TabulatedBackground,
)
from feebly.analysis.regions import Box, Region, RegionShape
from feebly.apparatus.experiment import Calorimeter, Experiment, Plane
from feebly.apparatus.shapes import Annulus, Octagon, Shape
from feebly.core.provenance import Origin
from feebly.core.tables import plain

WIDTH = 100
_LABEL = 22


def describe(experiment: Experiment, analysis: Analysis) -> str:
    """What ``feebly experiment show NAME`` prints: apparatus, selection, counts, backgrounds, responses."""
    return "\n".join([*_experiment_lines(experiment), "", *_analysis_lines(analysis)]) + "\n"


def as_dict(experiment: Experiment, analysis: Analysis) -> dict[str, Any]:
    """Everything `describe` tells, as dicts, lists, numbers and text (ready for JSON)."""
    return {
        "experiment": plain(experiment),
        "analysis": plain(analysis) | {"responses": list(analysis.response_names)},
        "backgrounds": {
            tag: {region.name: _background_summary(region.background) for region in state.regions}
            for tag, state in analysis.final_states.items()
        },
    }


def _background_summary(background: Background) -> dict[str, Any]:
    summary: dict[str, Any] = {"mean": background.mean, "meaning": background.meaning}
    summary["origin"] = plain(background.origin)
    if isinstance(background, RejectionFactors):
        summary["interval_5_95"] = [background.quantile(0.05), background.quantile(0.95)]
    return summary


# --- apparatus ----------------------------------------------------------------------------------------


def _experiment_lines(experiment: Experiment) -> Iterator[str]:
    yield from _heading(f"Experiment {experiment.name}", experiment.title)
    for group, text in _apparatus_entries(experiment):
        yield _entry(group.removesuffix("_m").removesuffix("_z").replace("_", " "), text)
        yield from _origin_lines(experiment.origins, group)
    yield _entry("planes", "z [m]     aperture [m], for the particles named")
    for plane in experiment.planes:
        yield _entry(f"  {plane.name}", f"{plane.z_m:<9.3f} {_plane_text(plane)}")
    yield from _origin_lines(experiment.origins, "planes")


def _apparatus_entries(e: Experiment) -> Iterator[tuple[str, str]]:
    spot, centre = (_pair_mm(pair) for pair in (e.beam.spot_sigma_m, e.beam.centre_m))
    yield "beam", f"{e.beam.particle}, {e.beam.momentum_gev:g} GeV, Gaussian spot sigma {spot} at {centre}"
    depth = f"exponential depth, interaction length {_mm(e.dump.interaction_length_m)}"
    yield "dump", f"{e.dump.material}, impact at z = {e.dump.z_impact_m:g} m, {depth}"
    yield "axis_m", f"nominal pointing axis at {_pair_mm(e.axis_m)}, parallel to z"
    start, end = e.decay_region_z_m
    yield "decay_region_z_m", f"decays simulated for {start:g} < z < {end:g} m"
    yield (
        "magnet",
        f"{e.magnet.name}, thin kick {1e3 * e.magnet.kick_gev:g} MeV in x at z = {e.magnet.z_centre_m:g} m",
    )
    yield "tracking", _tracking_text(e)
    if e.calorimeter:
        yield "calorimeter", _calorimeter_text(e.calorimeter)


def _tracking_text(e: Experiment) -> str:
    t = e.tracking
    z1, z2 = t.chambers_z_m
    constant, slope = t.momentum_resolution
    return (
        f"hits {1e6 * t.hit_sigma_m:g} um at z = {z1:g} and {z2:g} m; "
        f"multiple scattering {1e3 * t.multiple_scattering_gev_rad:g} mrad GeV / p; "
        f"sigma(p)/p = {100 * constant:g}% (+) {100 * slope:g}% p/GeV"
    )


def _calorimeter_text(c: Calorimeter) -> str:
    energy, position = c.energy_resolution, c.position_resolution
    noise = f"{100 * energy.noise_gev:g}%/(E/GeV) (+) {100 * energy.constant:g}%"
    clusters = f"{_mm(position.stochastic_m)}/sqrt(E/GeV) (+) {_mm(position.constant_m)}"
    return (
        f"{c.plane}; sigma(E)/E = {100 * energy.stochastic:g}%/sqrt(E/GeV) (+) {noise}; sigma(x) = {clusters}"
    )


def _plane_text(plane: Plane) -> str:
    return f"{_shape_text(plane.shape)}: {', '.join(plane.particles)}"


def _shape_text(shape: Shape) -> str:
    if isinstance(shape, Annulus):
        x, y = shape.hole_centre_m
        hole = f" about ({x:g}, {y:g})" if (x, y) != (0, 0) else ""
        return f"r > {shape.r_min_m:g}{hole}, r < {shape.r_max_m:g}"
    if isinstance(shape, Octagon):
        cuts = "".join(f", not (|x| > {a:g} and |y| > {b:g})" for a, b in shape.corner_cuts_m)
        sides = f"|x|, |y| < {shape.half_width_m:g}, |x| + |y| < {shape.diagonal_m:g}"
        return f"{sides}{cuts}, r > {shape.r_min_m:g}"
    frame = f"|x| < {shape.half_width_m:g}, |y| < {shape.half_height_m:g}"
    return f"{frame}, r > {shape.hole_radius_m:g}"


# --- analysis -----------------------------------------------------------------------------------------


def _analysis_lines(analysis: Analysis) -> Iterator[str]:
    yield from _heading(f"Analysis {analysis.name}", analysis.title)
    if analysis.projection_of:
        yield _entry("projection", f"of {analysis.projection_of}: nothing observed, backgrounds scaled")
    yield _entry("POT", f"{analysis.pot:g} +- {100 * analysis.pot_relative_error:g}%")
    yield from _origin_lines(analysis.origins, "pot")
    yield _entry("default channels", ", ".join(analysis.default_channels) or "all final states")
    for state in analysis.final_states.values():
        yield from ("", *_final_state_lines(state))
    yield ""
    yield from _origin_lines(analysis.origins, "fiducial_volume", "fiducial volumes")
    yield from _origin_lines(analysis.origins, "cuts", "cuts")
    yield from ("", *_response_lines(analysis))


def _final_state_lines(state: FinalState) -> Iterator[str]:
    yield f"Final state {state.tag}: {' '.join(state.daughters) or 'photons'}"
    yield _entry("fiducial volume", _volume_text(state))
    cuts = f"p > {state.momentum_min_gev:g} GeV, CDA of the tracks < {_mm(state.track_cda_max_m)}"
    if state.calorimeter:
        c = state.calorimeter
        cuts += f"; on {c.plane} r > {_mm(c.r_min_m)}, clusters {_mm(c.separation_min_m)} apart"
    yield _entry("cuts", cuts)
    if state.photons:
        p = state.photons
        photons = f"E > {p.energy_min_gev:g} GeV, r > {_mm(p.r_min_m)}, {_mm(p.separation_min_m)} apart"
        if p.from_tracks_m != p.separation_min_m:
            photons += f", {_mm(p.from_tracks_m)} from tracks"
        yield _entry("photons", f"on {p.plane} {photons}")
    for mask in state.masks:
        yield _entry("not searched", f"m = {1e3 * mask.mass_gev:.6g} +- {1e3 * mask.half_width_gev:g} MeV")
        yield _origin(mask.origin)
    for region in state.regions:
        yield from _region_lines(region)
    for outer in state.validation_regions:
        text = f"observed {outer.observed}, background {_background_text(outer.background)}"
        yield _entry(f"validation {outer.name}", text)


def _volume_text(state: FinalState) -> str:
    volume = state.fiducial_volume
    text = f"{volume.z_min_m:g} < z < {volume.z_max_m:g} m"
    for cone in volume.cones:
        tip, angle = f"z - {cone.z_tip_m:g}", f"tan({1e3 * cone.half_angle_rad:g} mrad)"
        text += f"; r < {angle} ({tip}) for z < {cone.z_end_m:g} m"
    return text if volume.cones else f"{text}, no radial cut"


def _region_lines(region: Region) -> Iterator[str]:
    yield _entry(region.name, _region_shape_text(region.shape))
    yield _origin(region.shape_origin)
    yield _entry("  observed", _observed_text(region))
    yield from (_origin(event.origin) for event in region.events)
    yield _entry("  background", _background_text(region.background))
    yield _origin(region.background.origin)


def _region_shape_text(shape: RegionShape) -> str:
    if isinstance(shape, Box):
        return f"box {shape.z_min_m:g} < Z_TAX < {shape.z_max_m:g} m, CDA_TAX < {_mm(shape.cda_max_m)}"
    centre = f"ellipse centred at Z_TAX = {shape.z_centre_m:g} m, CDA_TAX = 0"
    return f"{centre}, half axes {shape.z_half_axis_m:g} m and {_mm(shape.cda_half_axis_m)}"


def _observed_text(region: Region) -> str:
    if region.observed is None:
        return "nothing yet (projection)"
    masses = (f"m = {1e3 * e.mass_gev:g} +- {1e3 * e.mass_window_gev:g} MeV" for e in region.events)
    return "; ".join([f"{region.observed}", *masses])


def _background_text(background: Background) -> str:
    if isinstance(background, TabulatedBackground):
        return f"{_background_text(background.stated)}, table {background.table}"
    if isinstance(background, IntervalBackground):
        symmetric = background.plus == background.minus
        errors = f"+{background.plus:.2g} -{background.minus:.2g}"
        errors = f"+- {background.plus:.2g}" if symmetric else errors
        return f"{background.mean:.3g} {errors} events; {background.meaning}"
    if not isinstance(background, RejectionFactors):
        return f"{background.mean:.3g} +- {background.sigma:.2g} events; {background.meaning}"
    low, high, published = background.quantile(0.05), background.quantile(0.95), background.published
    errors = f"{published.central:.2g} +{published.up:.2g} -{published.down:.2g}" if published else ""
    not_used = f"; published {errors} ({published.meaning}), not used" if published else ""
    steps = ", ".join(f"{s.name} {s.remaining:.3g}" for s in background.steps)
    return (
        f"mean {background.mean:.3g}, 5%-95% [{low:.2g}, {high:.2g}] events; {background.meaning}; "
        f"{background.before:.3g} +- {background.before_sigma:.2g} before, left after {steps}{not_used}"
    )


def _response_lines(analysis: Analysis) -> Iterator[str]:
    own = {tag: s.default_response for tag, s in analysis.final_states.items() if s.default_response}
    yield "Response sets: efficiency, separation d of the two tracks"
    yield _entry("default", "; ".join([analysis.default_response, *(f"{n} for {t}" for t, n in own.items())]))
    for name, responses in analysis.response_sets.items():
        for tag, response in responses.items():
            yield _entry(f"{name} {tag}", _response_text(response))
            yield _origin(response.origin)
    ideal = analysis.response("none", next(iter(analysis.final_states)))
    yield _entry("none (all)", _response_text(ideal))
    yield _origin(ideal.origin)


def _response_text(response: Response) -> str:
    pair = response.pair_separation
    separation = {
        "none": "no separation",
        "smooth": f"1/(1 + (d0/d)^{pair.power:g}), d0 = {_mm(pair.d0_m)} at {pair.plane}",
        "hard": f"d > {_mm(pair.d0_m)} at {pair.plane}",
    }[pair.kind]
    return f"{response.efficiency:g}, {separation}"


# --- layout -------------------------------------------------------------------------------------------


def _heading(name: str, title: str) -> Iterator[str]:
    yield name
    yield "=" * len(name)
    yield fill(title, WIDTH)


def _entry(label: str, text: str) -> str:
    """Label in the left column, text wrapped beside it."""
    start = f"{label:<{_LABEL - 1}} "
    return fill(text, WIDTH, initial_indent=start, subsequent_indent=" " * _LABEL, break_on_hyphens=False)


def _origin(origin: Origin, about: str = "") -> str:
    return _entry("", f"[{about}{origin}]")


def _origin_lines(origins: dict[str, Origin], group: str, label: str | None = None) -> Iterator[str]:
    """Origin of a group of numbers, then those of its details."""
    for key, origin in origins.items():
        if key == group:
            yield _entry(label, f"[{origin}]") if label else _origin(origin)
        elif key.startswith(f"{group}."):
            yield _origin(origin, f"{key.removeprefix(f'{group}.')}: ")


def _mm(length_m: float) -> str:
    return f"{1e3 * length_m:g} mm"


def _pair_mm(pair_m: tuple[float, float]) -> str:
    return f"({1e3 * pair_m[0]:g}, {1e3 * pair_m[1]:g}) mm"
