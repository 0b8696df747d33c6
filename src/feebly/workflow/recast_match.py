"""Which table belongs to which production and final state of a model, and what its numbers are for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from feebly.core.errors import ConfigError, unknown
from feebly.core.interfaces import ProductionChannel
from feebly.limits.width_table import TableReference, WidthTable, WidthTables
from feebly.physics.models.registry import MODELS
from feebly.physics.production.borrowed import BorrowedProduction
from feebly.physics.production.families import FAMILIES
from feebly.physics.production.relative import CountedProduction, RelativeProduction
from feebly.physics.production.user_file import OwnModel, is_model_file
from feebly.workflow.choices import Choices, GridRange, choose, choose_model, choose_setting, shipped_model


def model_tag(model: str | Path | OwnModel) -> str:
    """Tag of a shipped model, "" for another."""
    return "" if isinstance(model, OwnModel) or is_model_file(model) else MODELS.tag(str(model))


def table_names(tables: Sequence[WidthTable]) -> str:
    return ", ".join(f"{t.reference.model} {t.reference.name}".strip() for t in tables)


def table_choices(
    tables: Sequence[WidthTable],
    model: str | Path | OwnModel,
    tag: str,
    experiment: str | Path,
    analysis: str | Path | None,
    preset: str | None,
    channels: Sequence[str] | None,
    production: Sequence[str] | None,
    pot: float | None,
    background: str | None,
    mass: GridRange | None,
    coupling: GridRange | None,
) -> Choices:
    """All names resolved: final states that tables, analysis and model share; the preset of the tables."""
    states = list(dict.fromkeys(table.reference.final_state for table in tables))
    if unknown_states := [state for state in channels or () if state not in states]:
        raise ConfigError(f"no table of {', '.join(unknown_states)}; the tables have {', '.join(states)}")
    counts = choose_setting(experiment, analysis, None)[1]
    of_tables = {t.reference.preset for t in tables if t.reference.model == tag and t.reference.preset}
    if preset is None and tag and len(of_tables) == 1:
        (name,) = of_tables
        preset = name if name in FAMILIES[tag].names() else None
    particle = choose_model(model, preset, counts.default_preset)[0]
    shared = [s for s in channels or states if s in counts.final_states and s in particle.channels]
    if not shared:
        raise ConfigError(
            f"tables of {', '.join(channels or states)}: {counts.name} has {', '.join(counts.final_states)}, "
            f"{particle.tag} has {', '.join(particle.channels)}; nothing is shared"
        )
    return choose(
        model, experiment, analysis, channels=shared, production=production, preset_name=preset,
        response="none", pot=pot, mass=mass, coupling=coupling, background=background,
    )  # fmt: skip


def matching_table(
    tables: Sequence[WidthTable], mode: ProductionChannel, state: str, tag: str
) -> WidthTable | None:
    """The table of a mode and final state: of the same mode, else per particle, else of another model."""
    like = mode.like if isinstance(mode, BorrowedProduction) else f"{tag}/{mode.tag}"
    of_state = {
        (t.reference.model, t.reference.production): t for t in tables if t.reference.final_state == state
    }
    model, _, production = like.partition("/")
    for key in ((model, production), ("", production)):
        if key in of_state:
            return of_state[key]
    others = [table for (_, name), table in of_state.items() if name == production]
    return others[0] if others else None


def table_production(
    mode: ProductionChannel, tables: WidthTables, choices: Choices
) -> RelativeProduction | CountedProduction:
    """The mode with rates for its tables; ConfigError where these are not for the same."""
    own = [table for (name, _), table in tables.tables.items() if name == mode.tag]
    about = own[0].reference
    for table in own[1:]:
        for name in ("model", "coupling", "preset", "pot"):
            if getattr(table.reference, name) != getattr(about, name):
                raise ConfigError(
                    f"tables of {mode.tag} differ in {name}: {getattr(about, name)} and "
                    f"{getattr(table.reference, name)}; expected one for all"
                )
    masses = tables.mass_range_gev(mode.tag)
    if about.pot is None:
        return CountedProduction(mode, masses)
    return RelativeProduction(mode, _reference(mode, about, choices), about.coupling, masses)


def _reference(mode: ProductionChannel, about: TableReference, choices: Choices) -> ProductionChannel:
    """The mode that the numbers of a table are for, with the physics of its preset where that is known."""
    if about.model not in FAMILIES:
        raise ConfigError(f"table of {about.name}: {unknown('model', about.model, FAMILIES)}")
    family, name = FAMILIES[about.model], about.preset.partition("+")[0]
    if name not in family.names():
        if isinstance(mode, BorrowedProduction) and mode.like == f"{about.model}/{about.production}":
            return mode.channel
        if about.model == choices.model.tag:
            return mode
        raise ConfigError(
            f"table of {about.name}: preset {about.preset!r} of {about.model}: expected one of "
            f"{', '.join(family.names())}"
        )
    physics = family.load(name)
    known = shipped_model(about.model, physics).coupling_name
    if about.coupling_name not in ("", known):
        raise ConfigError(
            f"table of {about.name} is for the coupling {about.coupling_name}, preset {name} has {known}: "
            "expected the same"
        )
    channels = physics.production_channels(choices.experiment.beam.momentum_gev)
    found = next((channel for channel in channels if channel.tag == about.production), None)
    if found is None:
        raise unknown(f"production of preset {name}", about.production, [c.tag for c in channels])
    return found
