"""What a finished run of the tree stage tells in the terminal."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.table import Table

from pipelines.cli import console, counted, loaded_as


def tell(out: Path, manifest: Mapping[str, Any], calls: Mapping[str, Any], seconds: float) -> None:
    """What was made, what it shows, what it took, and how to use it."""
    console.print(_summary(manifest))
    console.print(_disclosure(manifest["disclosure"]))
    console.print(_audit(manifest))
    _tell_cost(manifest, calls, seconds)
    rows = manifest["counts"]
    parts = [f"{sum(rows[name].values()):,} rows of {name}" for name in ("trees", "preference", "sft", "kto")]
    console.print(f"made {out}: {', '.join(parts)}; browse it in {out / 'figures/trees.html'}")
    if not manifest["pairs"]["decided"]:
        console.print("no pair was decided, so there is nothing to train on: see the config `dropped` for the reasons")
    loaded = loaded_as(out)
    console.print(f'use: from datasets import load_dataset; trees = load_dataset("{loaded}")')
    console.print(
        f"     trl dpo --dataset_name {loaded} --dataset_config preference --max_length "
        f"{manifest['max_length']['tokens']} ..."
    )


def _summary(manifest: Mapping[str, Any]) -> Table:
    trees, pairs = manifest["trees"], manifest["pairs"]
    table = Table(title="trees")
    for title in ("", "all", "kept", "left out by reason"):
        table.add_column(title, justify="right" if title in ("all", "kept") else "left")
    table.add_row("trees", f"{trees['asked']:,}", f"{trees['kept']:,}", counted(trees["dropped"]) or "-")
    table.add_row("pairs", f"{pairs['all']:,}", f"{pairs['decided']:,}", counted(pairs["undecided"]) or "-")
    return table


def _disclosure(turns: list[dict[str, Any]]) -> Table:
    """How much of a persona was shown by each turn."""
    table = Table(title="shown by turn: mean (tenth to ninetieth percentile)")
    for title in ("turn", "facts", "traits"):
        table.add_column(title, justify="right")
    for turn in turns:
        cells = (
            f"{turn[kind]['mean']:.1f} ({turn[kind]['q10']:.0f}-{turn[kind]['q90']:.0f})"
            for kind in ("facts", "traits")
        )
        table.add_row(str(turn["turn"]), *cells)
    return table


def _audit(manifest: Mapping[str, Any]) -> Table:
    """How well a surface feature alone tells the preferred reply."""
    table = Table(title="what alone predicts the label (AUC; 0.5 is nothing)")
    for title in ("feature", "AUC", "preferred", "rejected"):
        table.add_column(title, justify="left" if title == "feature" else "right")
    for row in manifest["audit"]:
        auc = "-" if row["auc"] is None else f"{row['auc']:.3f}"
        table.add_row(row["feature"], auc, *(_number(row[label]) for label in ("preferred", "rejected")))
    return table


def _tell_cost(manifest: Mapping[str, Any], calls: Mapping[str, Any], seconds: float) -> None:
    pairs, cost, early = manifest["pairs"], manifest["cost"], manifest["undisclosed"]
    if pairs["decided"]:
        console.print(
            f"generic reply preferred in {pairs['generic_won']:.1%} of decided pairs; margin median "
            f"{manifest['margin']['median']:.2f}; the longer reply preferred in {_percent(manifest['longer_won'])}"
        )
        console.print(
            f"a decided pair took {cost['calls_per_pair']:.1f} calls and {cost['prompt_tokens_per_pair']:,.0f} prompt "
            f"tokens, of which {_percent(cost['repeated_all'])} repeat an earlier prompt's beginning ("
            + ", ".join(f"{role} {share:.0%}" for role, share in cost["repeated"].items())
            + ")"
        )
    console.print(
        f"replies with something that was not shown yet: tailored {_percent(early['tailored'])}, generic "
        f"{_percent(early['generic'])} (which is chance)"
    )
    if manifest["unreadable"]:
        console.print("replies that could not be read and were asked for again: " + counted(manifest["unreadable"]))
    rate = f" ({calls['made'] / calls['seconds']:,.0f} a second)" if calls["seconds"] else ""
    console.print(
        f"{calls['made']:,} calls made{rate}, {calls['from_journal']:,} from the journal, {seconds:.0f} s"
        + (f"; cost {calls['cost']:.2f} in all" if calls["cost"] else "")
        + (f"; tried again after {counted(calls['retries'])}" if calls["retries"] else "")
    )


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"
