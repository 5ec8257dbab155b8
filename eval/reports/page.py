"""`report.html`: verdict, tables, figures and conversations on one page that asks nothing of any network.

Texts of personas and models may hold anything. The template escapes each, in an element of its own that keeps its
direction to itself; what can't be seen is written out; and a strict content security policy allows the page's own style
and pictures and nothing else, no script at all.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import jinja2

from cards.figures import Figure
from cards.report import environment, visible
from eval.reports import tables
from eval.reports.charts import GLANCE
from eval.reports.faces import meetings
from eval.reports.findings import verdict
from eval.reports.summary import Summary
from eval.reports.tables import Table
from eval.reports.wording import number

MANY = 4  # models: of more the longest tables open at a click


@dataclass(frozen=True)
class Part:
    """One heading's worth of tables; `folded` ones open at a click."""

    title: str
    table: Table
    folded: bool = False


def page(summary: Summary, figures: Sequence[Figure]) -> bytes:
    """The page as UTF-8; the same input gives the same bytes."""
    return (
        _template()
        .render(
            rehearsal=any(model.run.rehearsal for model in summary.models),
            verdict=verdict(summary, _isolated),
            setting=setting(summary),
            protocols=[(protocol, _parts(summary, protocol)) for protocol in summary.protocols],
            glance=[figure for figure in figures if figure.name.startswith(GLANCE)],
            figures=[figure for figure in figures if not figure.name.startswith(GLANCE)],
            trust=_trust(summary),
            meetings=meetings(summary),
            notes=summary.notes,
        )
        .encode()
    )


def setting(summary: Summary) -> list[tuple[str, str]]:
    """Under which conditions all this was measured; what differs between runs is listed."""
    runs = [model.run for model in summary.models]
    roles = sorted({role for run in runs for role in run.roles})
    profiles = {talk.profile_id for run in runs for talk in run.talks}
    personas = {talk.persona_id for run in runs for talk in run.talks}
    return [
        ("protocol", _all(run.protocol for run in runs)),
        ("personas", f"{len(personas):,} of {len(profiles):,} profiles"),
        ("turns", _all(str(run.turns) for run in runs)),
        ("votes", _all(str(run.votes) for run in runs)),
        *((role.replace("_", " "), _all(run.roles.get(role, "-") for run in runs)) for role in roles),
    ]


def _all(values: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(values))


def _parts(summary: Summary, protocol: str) -> list[Part]:
    models, others = summary.of(protocol), summary.others(protocol)
    parts = [Part("Models", tables.numbers(models)), Part("Score by turn", tables.by_turn(models))]
    if firsts := summary.firsts(protocol):
        parts.append(Part("Against the first model", tables.pairs(firsts)))
    parts += [
        Part(f"Against {bound.name}, a bound that is played by rule", tables.pairs(pairs))
        for bound in summary.bounds(protocol)
        if (pairs := summary.of_first(bound))
    ]
    if others:
        parts.append(Part("The other pairs", tables.pairs(others), folded=True))
    if any(model.recall for model in models):
        parts.append(Part("Facts and manner", tables.recall(models)))
    if any(model.criteria for model in models):
        parts.append(Part("Criteria", tables.criteria(models)))
    parts.append(Part("By profile", tables.by_profile(models), folded=True))
    return parts


def _trust(summary: Summary) -> list[Part]:
    parts = [Part("Judge and users", tables.trust(summary.models))]
    parts += [Part(tables.planted_title(table), tables.planted(table)) for table in summary.planted]
    leakage = tables.leakage(summary.models)
    return [
        *parts,
        *([Part("Likeness to training texts", leakage)] if leakage.rows else []),
        Part("Cost", tables.cost(summary.models), folded=len(summary.models) > MANY),
    ]


def _isolated(text: str) -> str:
    """A name inside a sentence, between marks that keep its direction to itself."""
    return f"\u2068{visible(text)}\u2069"


@cache
def _template() -> jinja2.Template:
    pages = environment("eval.reports")
    pages.filters["number"] = number
    return pages.get_template("report.html.jinja2")
