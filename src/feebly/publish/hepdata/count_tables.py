"""T7: expected background and observed events of every region of the final states of a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from feebly.analysis.background import TabulatedBackground
from feebly.publish.hepdata.saved_result import SavedResult
from feebly.publish.hepdata.tables import MISSING, Column, ErrorBar, Table

BACKGROUNDS = "T7 backgrounds and counts"


def background_table(run: SavedResult) -> Table:
    """T7: a row for each final state and region; errors mean what their label says."""
    rows = list(_rows(run))
    background = Column(
        "background events",
        tuple(row["mean"] for row in rows),
        "",
        run.qualifiers(),
        tuple(row["errors"] for row in rows),
    )
    observed = Column("observed events", tuple(row["observed"] for row in rows), "", run.qualifiers())
    return Table(
        BACKGROUNDS,
        (
            Column("final state", tuple(row["state"] for row in rows)),
            Column("region", tuple(row["region"] for row in rows)),
        ),
        (background, observed),
        "Expected background (mean that the limits average over) and observed events of each region. "
        + " ".join(_meanings(rows)),
    )


def _rows(run: SavedResult) -> Iterator[dict[str, Any]]:
    states = run.content["apparatus"]["analysis"]["final_states"]
    summaries = run.content["apparatus"]["backgrounds"]
    for tag in run.setting["channels"]:
        state = states[tag]
        named = [state["signal_region"], state["control_region"], *state["validation_regions"]]
        for region in (each for each in named if each):
            summary = summaries[tag].get(region["name"], region["background"])
            observed = region["observed"]
            yield {
                "state": tag,
                "region": region["name"],
                "mean": summary["mean"],
                "meaning": summary.get("meaning", ""),
                "errors": _errors(region["background"], summary),
                "observed": MISSING if observed is None else observed,
            }


def _errors(background: Mapping[str, Any], summary: Mapping[str, Any]) -> tuple[ErrorBar, ...]:
    """One bar from what the background of the analysis has; none where it has no error."""
    mean = summary["mean"]
    if "interval_5_95" in summary:
        low, high = summary["interval_5_95"]
        return (ErrorBar(high - mean, low - mean, "5% to 95% quantile"),)
    if background.get("sigma"):
        return (ErrorBar(background["sigma"], -background["sigma"], "68%", symmetric=True),)
    if background.get("kind") == "table":
        stated = TabulatedBackground(background["table"], background["channel"], background["region"]).stated
        if stated.mean != mean:  # the table that comes with feebly is another one now
            return ()
        return (ErrorBar(stated.plus, -stated.minus, f"{stated.interval} interval"),)
    if background.get("plus") or background.get("minus"):
        return (ErrorBar(background["plus"], -background["minus"], str(background["interval"])),)
    return ()


def _meanings(rows: list[dict[str, Any]]) -> Iterator[str]:
    """What the error of each final state is, said once."""
    said: dict[str, list[str]] = {}
    for row in rows:
        if row["meaning"]:
            said.setdefault(row["meaning"], []).append(f"{row['state']} {row['region']}")
    for meaning, where in said.items():
        yield f"{', '.join(where)}: {meaning}."
