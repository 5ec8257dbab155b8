"""What the figures of `i2a/personas` show: the pool on a map, how near its texts are, what each round brought, and who
is in it, as far as the statements say so.

A function that ends in `_panels` gives the numbers, `figures` the pictures with what is told of them.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cards.figures import Figure, bars, histogram, lines, scatter
from cards.series import Mark, Panel, Series
from filters.embed import Vectors
from pipelines.persona_job import Tables
from pipelines.schema import KINDS, PLURAL, Kind, TextRow

_ON_MAP = 2000  # texts of a kind: those with the lowest ids, which are hashes, so a fair draw
_FEW = 5  # texts that have no neighbourhoods yet
_SHARES = 10  # texts, of which shares can be told; of fewer each is a tick
_COSINES = [n / 40 for n in range(41)]  # edges of bins
_AGES = list(range(0, 121, 5))  # likewise
_COUNTRIES = 15  # the commonest

_AGE_ENDS = (  # a number with anything else behind it may count feet, minutes or acres
    r"(?=[\s-]years?[\s-](?:old|of\s+age)|\s+(?:this|last|next|in|on)\s|\s+and\s+(?!an?\s+(?:half|quarter)\b)"
    r"|[.,;](?!\d)|$)"
)
_AGE = re.compile(  # at the start of a statement, whose subject is the person; other ages are those of dogs and sons
    r"(?:(?:she|he|they)\s+)?(?:"
    rf"(?:is|are)\s+(?:an?\s+|only\s+)?(\d{{1,3}}){_AGE_ENDS}"
    rf"|(?:has\s+)?(?:just\s+)?(?:turned|became)\s+(\d{{1,3}}){_AGE_ENDS}"
    r"|(?:has\s+)?(?:just\s+)?reached\s+the\s+age\s+of\s+(\d{1,3})\b"
    r"|celebrated\s+\w+\s+(\d{1,3})(?:st|nd|rd|th)\s+birthday"
    r"|blew\s+out\s+(\d{1,3})\s+candles"
    r"|was\s+born\s+(\d{1,3})\s+years\s+ago"
    rf"|(?:will\s+(?:be|turn)|turns)\s+(?P<next>\d{{1,3}}){_AGE_ENDS}"
    r")",
    re.IGNORECASE | re.ASCII,
)
_HOME = re.compile(
    r"\b(?:[Ll]ive[sd]?|[Rr]ents?|[Rr]esides?|[Ll]ooks\s+out|[Cc]omes\s+from)\b[^.;,]*?"
    r"\b(?:in|near|outside|of|from)\s+(?:the\s+)?[^\W\d_a-z][\w'\u2019 -]*,\s+"
    r"(?:the\s+)?([^\W\d_a-z][\w'\u2019-]++(?:\s+[^\W\d_a-z][\w'\u2019-]++)*+)"
    r"(?!\s+and\s+[^\W\d_a-z])"  # a list of names
)


def figures(
    tables: Tables, told: Mapping[str, Any], thresholds: Mapping[Kind, float], vectors: Mapping[Kind, Vectors]
) -> list[Figure]:
    """The figures of a release; the same input gives the same bytes, however many threads there are.

    Args:
        tables: as the step yields them.
        told: what the manifest tells of rounds and distances.
        thresholds: the highest cosine of two texts that both stay.
        vectors: of the rows of `tables["profiles"]` and `tables["personalities"]`, float32 [n, dim], unit rows.
    """
    profiles: list[TextRow] = tables["profiles"]
    ages = [years for row in profiles if (years := age(row.statements)) is not None]
    homes = [place for row in profiles if (place := home(row.statements)) is not None]
    made = [
        scatter(
            "map",
            "The pool as a map: profiles and personalities by likeness",
            "The embeddings of the texts in two dimensions (t-SNE): texts that stand together are alike, distances "
            "between far ones mean nothing; shapes tell the splits, and rings the seeds.",
            map_panels(tables, vectors),
            columns=2,
        ),
        histogram(
            "nearest",
            "Cosine of each text to its nearest neighbour",
            "A kept text is compared with those that were in the pool before it, a held-out one with train; what was "
            f"above the threshold was dropped as a near-duplicate. Of fewer than {_SHARES} each is a tick.",
            nearest_panels(tables, told, thresholds),
        ),
        lines(
            "rounds",
            "Texts written and admitted, round by round",
            "Left: what the writer gave in each round and what was admitted to the pool; right: the size of the pool "
            "after it. Round 0 is the seeds. Of the held-out profiles admitted, those stay that fit every personality.",
            round_panels(told),
            columns=2,
            height=2.0,
        ),
    ]
    if ages:
        made.append(
            histogram(
                "ages",
                "Ages that the profiles state",
                f"In bins of five years, read by rule from the {_found(ages, profiles)} profiles that say an age.",
                [age_panel(ages)],
            )
        )
    if homes:
        made.append(
            bars(
                "homes",
                "Where the persons live: the commonest countries and regions",
                f"Of {len(set(homes)):,} different ones, read by rule from the {_found(homes, profiles)} profiles that "
                "name a place and what it lies in.",
                [home_panel(homes)],
                height=3.2,
            )
        )
    return made


def map_panels(tables: Tables, vectors: Mapping[Kind, Vectors]) -> list[Panel]:
    """Each text of both kinds at its place, by split; seeds once more."""
    panels = []
    for kind in KINDS:
        rows: list[TextRow] = tables[PLURAL[kind]]
        chosen = sorted(range(len(rows)), key=lambda n: rows[n].id)[:_ON_MAP]
        places = dict(zip(chosen, projected(vectors[kind][chosen]).tolist(), strict=True))
        groups: dict[str, list[int]] = {
            "train": [n for n in chosen if rows[n].split == "train"],
            "test": [n for n in chosen if rows[n].split == "test"],
            "held-out": [n for n in chosen if rows[n].split == "heldout"],
            "seed": [n for n in chosen if rows[n].origin == "seed"],
        }
        series = [
            Series(label, [places[n][0] for n in group], [places[n][1] for n in group])
            for label, group in groups.items()
        ]
        drawn = f"{len(chosen):,} of {len(rows):,}" if len(chosen) < len(rows) else f"{len(rows):,}"
        panels.append(Panel(series, f"{drawn} {PLURAL[kind]}"))
    return panels


def projected(vectors: Vectors) -> NDArray[np.float64]:
    """Places in two dimensions [n, 2] for unit rows [n, dim], by t-SNE (van der Maaten and Hinton, 2008).

    On one thread: a sum depends on how many share it, and t-SNE makes much of the last bit.
    """
    import sklearn.manifold  # before the limit, which reaches the libraries that are loaded
    from threadpoolctl import threadpool_limits

    if len(vectors) < _FEW:
        return np.stack([np.arange(len(vectors)), np.zeros(len(vectors))], axis=1)
    with threadpool_limits(1):
        perplexity = min(30.0, (len(vectors) - 1) / 3)
        model = sklearn.manifold.TSNE(init="pca", perplexity=perplexity, max_iter=500, random_state=0)
        places: NDArray[np.float64] = model.fit_transform(vectors).astype(np.float64).round(2)
    return places


def nearest_panels(tables: Tables, told: Mapping[str, Any], thresholds: Mapping[Kind, float]) -> list[Panel]:
    """Shares of the texts by highest cosine, of what was kept, held out and dropped, beside the thresholds."""
    panels = []
    for kind in KINDS:
        heldout = {getattr(row, f"{kind}_id"): getattr(row, f"nearest_{kind}") for row in tables["aloe"]}
        near = [row for row in tables["dropped"] if row.kind == kind and row.reason == "near-duplicate"]
        cosines = {
            "kept": [row.nearest for row in tables[PLURAL[kind]] if row.split != "heldout" and row.nearest is not None],
            "dropped as near-duplicate": [row.nearest for row in near],
            "held-out, to train": [cosine for cosine in heldout.values() if cosine is not None],
        }
        bound = told["distances"][kind]["bound"]
        marks = [
            Mark(f"threshold {thresholds[kind]:.2f}", thresholds[kind]),
            *([Mark(f"held-out {bound:.2f}", bound)] if heldout else []),
        ]
        names = ("kept with an earlier neighbour", "dropped", "held-out")
        title = ", ".join(
            f"{len(found):,} {name}" for name, found in zip(names, cosines.values(), strict=True) if found
        )
        panels.append(
            Panel(
                [_shares(label, found) for label, found in cosines.items()],
                f"{PLURAL[kind].capitalize()}: {title}",
                "highest cosine",
                "% of them",
                marks,
                x_limits=(0, 1),
                y_limits=(0, None),
            )
        )
    return panels


def round_panels(told: Mapping[str, Any]) -> list[Panel]:
    """For each kind what came and stayed by round, and the size of the pool after it."""
    panels = []
    for kind in KINDS:
        rounds = sorted((entry for entry in told["rounds"] if entry["kind"] == kind), key=lambda entry: entry["round"])
        numbers = [entry["round"] for entry in rounds]
        main, heldout = ([entry for entry in rounds if (entry["split"] == "heldout") is of] for of in (False, True))
        yields = [
            Series(label, numbers, [entry[name] for entry in rounds])
            for label, name in (("candidates", "candidates"), ("admitted", "kept"))
        ]
        pools = [
            Series(label, [entry["round"] for entry in of], list(accumulate(entry["kept"] for entry in of)))
            for label, of in (("train and test", main), ("held-out, admitted", heldout))
        ]
        name, nothing = PLURAL[kind], Series("", [], [])
        panels.append(Panel(yields, f"{name.capitalize()}, in the round", "round", name, y_limits=(0, None)))
        panels.append(
            Panel([nothing, nothing, *pools], f"{name.capitalize()}, so far", "round", name, y_limits=(0, None))
        )
    return panels


def age_panel(ages: Sequence[int]) -> Panel:
    return Panel([_histogram("profiles", ages, _AGES)], "", "age in years", "profiles", y_limits=(0, None))


def home_panel(homes: Sequence[str]) -> Panel:
    common = sorted(Counter(homes).items(), key=lambda item: (-item[1], item[0]))[:_COUNTRIES]
    series = Series("profiles", list(range(len(common))), [count for _, count in common])
    return Panel([series], "", "profiles", "", names=[place for place, _ in common])


def age(statements: Sequence[str]) -> int | None:
    """The age of the person, as the first statement that says it in figures has it; None where none does.

    >>> age(["Keeps a dog that is 12 years old.", "Will turn 87 on the last day of July."])
    86
    """
    for statement in statements:
        if found := _AGE.match(statement):
            years = next(int(number) for number in found.groups() if number) - (found["next"] is not None)
            return years if 0 <= years < _AGES[-1] else None
    return None


def home(statements: Sequence[str]) -> str | None:
    """The country or region that the person lives in, where a statement names a place and what it lies in.

    >>> home(["Is 71 and lives above a harbour in Vigo, Spain, with a sister."])
    'Spain'
    """
    return next((found[1] for statement in statements if (found := _HOME.search(statement))), None)


def _shares(label: str, cosines: Sequence[float]) -> Series:
    """Percent of the texts in each bin, so that sets of different sizes can be compared; few texts each by itself."""
    if len(cosines) < _SHARES:
        return Series(label, sorted(np.clip(cosines, 0, 1).tolist()), [0] * len(cosines))
    counted = _histogram(label, np.clip(cosines, 0, 1), _COSINES)
    return replace(counted, y=[round(100 * count / len(cosines), 4) for count in counted.y])


def _histogram(label: str, values: "Sequence[float] | NDArray[np.float64]", edges: Sequence[float]) -> Series:
    """How many values lie in each bin, from the first that has any to the last."""
    counts, _ = np.histogram(values, edges)
    filled = np.flatnonzero(counts)
    if not len(filled):
        return Series(label, [], [])
    first, end = int(filled[0]), int(filled[-1]) + 1
    return Series(label, list(edges[first : end + 1]), counts[first:end].tolist())


def _found(values: Sequence[object], of: Sequence[object]) -> str:
    return f"{len(values):,} of {len(of):,} ({len(values) / len(of):.1%})"
