"""`report.md`: the verdict and the tables, to be put into a model's card."""

from cards.texts import cell
from eval.reports import tables
from eval.reports.findings import verdict
from eval.reports.page import setting
from eval.reports.summary import Summary
from eval.reports.tables import Table
from eval.reports.wording import Finding

TITLE = "# ALOE"


def markdown(summary: Summary) -> str:
    """The text; the same input gives the same text."""
    found = verdict(summary, cell)
    parts = [TITLE, f"**{found.headline}**"]
    for title, told in (("What may be concluded:", found.may), ("What not, or only with care:", found.may_not)):
        if told:
            parts.append(f"{title}\n\n" + "\n".join(map(_finding, told)))
    parts.append("; ".join(f"{name}: {cell(value)}" for name, value in setting(summary)))
    for protocol in summary.protocols:
        parts += [f"## Protocol {cell(protocol)}", *map(_table, _tables(summary, protocol))]
    parts += ["## Can one trust it", _table(tables.trust(summary.models))]
    for planted in summary.planted:
        parts += [f"{cell(tables.planted_title(planted))}:", _table(tables.planted(planted))]
    if (leakage := tables.leakage(summary.models)).rows:
        parts.append(_table(leakage))
    if summary.notes:
        parts.append("## Notes\n\n" + "\n".join(f"- {cell(note)}" for note in summary.notes))
    return "\n\n".join(parts) + "\n"


def _tables(summary: Summary, protocol: str) -> list[Table]:
    models = summary.of(protocol)
    found = [tables.numbers(models), tables.by_turn(models)]
    first, *_ = summary.judged(protocol)
    found += [tables.pairs(pairs) for one in [first, *summary.bounds(protocol)] if (pairs := summary.of_first(one))]
    if any(model.recall for model in models):
        found.append(tables.recall(models))
    if any(model.criteria for model in models):
        found.append(tables.criteria(models))
    return found


def _finding(found: Finding) -> str:
    if len(found.items) < 2:
        return f"- {found}"
    return "\n".join([f"- {found.text}", *(f"  - {item}" for item in found.items)])


def _table(table: Table) -> str:
    words = 1 + table.words
    lines = [
        _line([cell(title) for title in table.head]),
        _line(["---" if place < words else "---:" for place in range(len(table.head))]),
        *(_line([cell(name), *(cell(f"{one.text} {one.soft}") for one in cells)]) for name, cells in table.rows),
    ]
    return "\n".join(lines) + (f"\n\n{table.note}" if table.note else "")


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"
