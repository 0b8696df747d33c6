"""The command ``feebly`` and its subcommands."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from feebly.cli.commands import (
    acceptance,
    background,
    channels,
    closure,
    combine,
    coverage,
    diff,
    experiment,
    export,
    hepdata,
    kaon,
    kaon_chains,
    kaon_invisible,
    kaon_muon,
    kaon_peaks,
    kaon_resolution,
    kaon_simulate,
    kaon_spectrum,
    lifetime,
    limit,
    limits,
    new_model,
    pack,
    plane,
    plot,
    presets,
    project,
    recast,
    replay,
    report,
    run,
    significance,
    simulate,
    spectra,
    trials,
    validate,
    yields,
)
from feebly.cli.exits import one_line_errors
from feebly.cli.output import answer

RESUMABLE = ("run", "project", "replay", "yields", "lifetime", "validate", "presets", "export")
"""Commands that keep finished tables in the cache."""


class _Feebly(TyperGroup):
    """The top of the command line, where every error but those of the parser becomes one line."""

    def make_context(self, *arguments: Any, **settings: Any) -> Any:
        with one_line_errors(is_resumable=lambda: False):  # Ctrl-C; typer would end with its own code
            return super().make_context(*arguments, **settings)

    def invoke(self, ctx: Any) -> Any:
        # errors of the parser (exit code 2) are no business of this block: they pass through
        with one_line_errors(is_resumable=lambda: ctx.invoked_subcommand in RESUMABLE):
            return super().invoke(ctx)


def _group(help_text: str, cls: type[TyperGroup] = TyperGroup) -> typer.Typer:
    return typer.Typer(
        cls=cls,
        help=help_text,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,  # plain help starts twice as fast
        pretty_exceptions_enable=False,
    )


app = _group("Feebly interacting particles: from the proton on target to the exclusion contour.", _Feebly)


@app.callback(invoke_without_command=True)
def _top(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    if version:
        import feebly

        answer(feebly.__version__)
        raise typer.Exit


app.command("run")(run.run)
app.command("new-model")(new_model.new_model)
app.command("project")(project.project)
app.command("plot")(plot.plot)
app.command("export")(export.export)
app.command("recast")(recast.recast)
app.command("report")(report.report)
app.command("cite")(report.cite)
app.command("replay")(replay.replay)
app.command("diff")(diff.diff)
app.command("pack")(pack.pack)
app.command("yields")(yields.yields)
app.command("lifetime")(lifetime.lifetime)
app.command("acceptance")(acceptance.acceptance)
app.command("channels")(channels.channels)
app.command("plane")(plane.plane)
app.command("simulate")(simulate.simulate)
app.command("limit")(limit.limit)
app.command("combine")(combine.combine)
app.command("significance")(significance.significance)
app.command("trials")(trials.trials)
app.command("coverage")(coverage.coverage)
app.command("closure")(closure.closure)

_experiment = _group("Built-in experiments and their analyses.")
_experiment.command("show")(experiment.show)
_experiment.command("list")(experiment.list_all)
_experiment.command("draw")(experiment.draw)
app.add_typer(_experiment, name="experiment")

_presets = _group("Named choices of production physics.")
_presets.command("show")(presets.show)
_presets.command("compare")(presets.compare)
app.add_typer(_presets, name="presets")

_spectra = _group("Spectra of the mesons that the beam makes in the dump.")
_spectra.command("show")(spectra.show)
_spectra.command("build")(spectra.build)
app.add_typer(_spectra, name="spectra")

_hepdata = _group("Records of HEPData: out of a run, into limits, checked.")
_hepdata.command("export")(hepdata.export)
_hepdata.command("import")(hepdata.import_)
_hepdata.command("lint")(hepdata.lint)
app.add_typer(_hepdata, name="hepdata")

_background = _group("Expected backgrounds of a counting search.")
_background.command("rejection")(background.rejection)
app.add_typer(_background, name="background")

_kaon = _group("Searches in kaon decays.")
_kaon.command("limit")(kaon.limit)
_kaon.command("chains")(kaon_chains.chains)
_kaon.command("invisible")(kaon_invisible.invisible)
_kaon.command("mu-nu-x")(kaon_muon.mu_nu_x)
_kaon.command("peaks")(kaon_peaks.peaks)
_kaon.command("spectrum")(kaon_spectrum.spectrum)
_kaon.command("resolution")(kaon_resolution.resolution)
_kaon.command("simulate")(kaon_simulate.simulate)
app.add_typer(_kaon, name="kaon")

_limits = _group("Published limits in one format.")
_limits.command("show")(limits.show)
_limits.command("convert")(limits.convert)
_limits.command("check")(limits.check)
app.add_typer(_limits, name="limits")

app.command("validate")(validate.validate)
