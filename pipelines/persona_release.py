"""The persona stage's two releases: which rows stand where, and what card, manifest and terminal tell of them."""

import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median_low
from typing import Any

import numpy as np
from rich.table import Table

from cards import release
from cards.figures import Figure
from cards.report import report
from cards.vocabulary import namespace
from filters import leakage
from filters.embed import Embedder, load_embedder
from pipelines import card_facts
from pipelines.cast import Cast
from pipelines.cli import by_count, repo_id
from pipelines.persona_figures import figures
from pipelines.persona_job import ROLES, Job, Tables, heldout_bound, seeds_told
from pipelines.records import Record, documentation, to_table
from pipelines.reviews.agreement import persona_figures
from pipelines.reviews.decisions import NO_REVIEWS, REVIEW, Reviews
from pipelines.schema import KINDS, PLURAL, SPLITS, AloeRow, DroppedRow, PersonaRow, ReviewRow, TextRow
from pipelines.seeds.micro import micro_seeds
from pipelines.seeds.reader import SEED_FILES, read_seeds

_PACKAGES = ("distilabel", "faiss-cpu", "numpy", "scikit-learn", "sentence-transformers")
_OWN = ("dataset", "files", "repo_id", "siblings")  # entries of a manifest that are one release's alone
_TITLE = "i2a personas"
_TAGS = ["synthetic", "personas", "preference", "distilabel"]
RECORDS: dict[str, type[Record]] = {
    "personas": PersonaRow,
    "profiles": TextRow,
    "personalities": TextRow,
    "dropped": DroppedRow,
    "reviews": ReviewRow,
}
_NAMES = {"profiles": "profile", "personalities": "personality", "personas": "persona"}


def aloe_folder(out: Path) -> Path:
    """Where the benchmark stands: beside the personas."""
    return out.parent / "aloe"


def repo_ids(out: Path, repo: str | None = None) -> dict[Path, str]:
    """Where the personas and their benchmark stand, each with its name on the Hub: beside each other there too.

    >>> repo_ids(Path("i2a/personas"), "me/people")
    {PosixPath('i2a/personas'): 'me/people', PosixPath('i2a/aloe'): 'me/aloe'}
    """
    benchmark = aloe_folder(out)
    return {
        out: repo or repo_id(out),
        benchmark: f"{namespace(repo)}/{benchmark.name}" if repo else repo_id(benchmark),
    }


def publish(
    ids: Mapping[Path, str],
    tables: Tables,
    told: dict[str, Any],
    job: Job,
    *,
    grown_from: dict[str, Any] | None,
    reviews: Reviews = NO_REVIEWS,
) -> dict[str, Any]:
    """Makes both releases of what the step yielded and what reviewers decided; returns the manifest of the personas.

    Args:
        ids: where the two go, as `repo_ids` gives it.
        tables: table -> rows, as the step yields them.
        told: what the step tells of its rounds, pairs, distances and calls.
        grown_from: the manifest of the release that this one goes on from; where it is of the same recipe, only the
            benchmark is missing, and only that is made.
        reviews: those of the release that this one replaces.

    Raises:
        ReleaseError: one of the two does not pass its check; then neither is published.
    """
    only_benchmark = grown_from is not None and grown_from["recipe"] == job.recipe()
    if grown_from is not None and only_benchmark:
        manifest = {name: value for name, value in grown_from.items() if name not in _OWN}
    else:
        manifest = {
            "recipe": job.recipe(),
            "rehearsal": job.cast.rehearsal,
            "versions": card_facts.versions(_PACKAGES),
            "told": told if grown_from is None else _with_earlier(told, grown_from["told"]),
            "grown_from": [] if grown_from is None else [*grown_from["grown_from"], _step(grown_from)],
        }
    manifest["prices"] = card_facts.prices(job.cast)
    embedder = load_embedder(job.embedder, job.work / "embeddings")
    return rebuild(ids, tables, manifest, embedder, reviews, only_benchmark=only_benchmark)


def rebuild(
    ids: Mapping[Path, str],
    tables: Tables,
    manifest: Mapping[str, Any],
    embedder: Embedder,
    reviews: Reviews,
    *,
    only_benchmark: bool = False,
) -> dict[str, Any]:
    """Builds and checks both releases of these tables, with what reviewers decided, then moves both into place.

    The benchmark goes first: while the personas are the old ones, the same command makes both again.

    Args:
        manifest: what determines the data and what is told of its making; what the rows tell is added here.

    Returns:
        The manifest of the personas.

    Raises:
        ReleaseError: one of the two does not pass its check; then neither is published.
    """
    tables, review = _reviewed(tables, manifest, embedder, reviews)
    rows = _rows(tables, reviews)
    manifest = card_facts.as_read(
        {
            **manifest,
            "counts": {name: {split: len(of) for split, of in splits.items()} for name, splits in rows.items()},
            "dropped": _drops(tables),
            **review,
        }
    )
    facts = _card_facts(tables, manifest)
    (out, personas_id), (benchmark, aloe_id) = ids.items()
    staged = []
    try:
        if tables["aloe"]:
            staged.append(_stage_benchmark(benchmark, aloe_id, personas_id, tables, facts, manifest))
        if not only_benchmark:
            drawn = _figures(tables, manifest, embedder)
            pages = {"report.html": _report(tables, manifest, drawn)}
            about = {"pretty_name": _TITLE, "aloe": aloe_id, "source_datasets": ["original"]}
            staged.append(
                release.build(
                    out,
                    personas_id,
                    [_config(name, RECORDS[name], of, default=name == "personas") for name, of in rows.items()],
                    template="personas",
                    facts=facts | about | card_facts.pictures(drawn, "report.html"),
                    manifest={**manifest, "dataset": "personas"},
                    figures={f"{figure.name}.png": figure.png for figure in drawn} | pages,
                    siblings=[aloe_id] if tables["aloe"] else [],
                )
            )
    except BaseException:
        for one in staged:
            one.discard()
        raise
    if not tables["aloe"] and (release.read_manifest(benchmark) or {}).get("belongs_to") == personas_id:
        shutil.rmtree(benchmark)  # of the release that is replaced: its certificate is about other personas
    for one in staged:
        one.publish()
    return {**manifest, "dataset": "personas"}


def _stage_benchmark(
    out: Path, repo: str, personas_id: str, tables: Tables, facts: dict[str, Any], manifest: dict[str, Any]
) -> release.Staged:
    about: dict[str, Any] = {
        "pretty_name": "ALOE: held-out personas",
        "personas": personas_id,
        "source_datasets": card_facts.source_datasets(personas_id),
        "tags": [*facts["tags"], "benchmark"],
        **card_facts.pictures([], None),
    }
    own = {"dataset": "aloe", "counts": {"aloe": {"test": len(tables["aloe"])}}, "belongs_to": personas_id}
    return release.build(
        out,
        repo,
        [_config("aloe", AloeRow, {"test": tables["aloe"]}, default=True)],
        template="aloe",
        facts=facts | about,
        manifest=manifest | own,
        siblings=[personas_id],
    )


def _reviewed(
    tables: Tables, manifest: Mapping[str, Any], embedder: Embedder, reviews: Reviews
) -> tuple[Tables, dict[str, Any]]:
    """The tables as reviewers want them, and what the manifest tells of that.

    Raises:
        LeakageError: a held-out text is too near to one of train or test now.
    """
    told = {"review": None, "reviewers": reviews.told()}
    if not reviews.rows and not any(row.reason.startswith(REVIEW) for row in tables["dropped"]):
        return tables, told
    from pipelines.reviews.personas import reviewed  # imports Distilabel, as the next two do
    from pipelines.reviews.verdicts import verdicts
    from pipelines.steps.heldout import told_distances

    thresholds = manifest["recipe"]["thresholds"]
    tables, of = reviewed(tables, verdicts(reviews.rows, reviews.min_submitted), embedder, thresholds)
    distances = {}
    for kind in KINDS:
        vectors = {
            split: embedder.encode([row.text for row in tables[PLURAL[kind]] if row.split == split]) for split in SPLITS
        }
        bound = heldout_bound(thresholds[kind])
        leakage.require_distance(vectors["heldout"], np.concatenate([vectors["train"], vectors["test"]]), bound, kind)
        distances[kind] = told_distances(vectors["heldout"], vectors["train"], bound)
    told["told"] = {**manifest["told"], "distances": distances}
    if reviews.rows:
        told["review"] = persona_figures(reviews.rows, reviews.min_submitted, of)
    return tables, told


def summary(manifest: dict[str, Any]) -> Table:
    """The table at the end of a run: for each kind what was seen, what stayed, and why the rest did not."""
    table = Table(title="personas")
    for title in ("", "candidates", "kept", "dropped by reason"):
        table.add_column(title, justify="right" if title in ("candidates", "kept") else "left")
    for config, kind in _NAMES.items():
        kept = sum(manifest["counts"][config].values())
        dropped = manifest["dropped"].get(kind, {})
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in dropped.items())
        table.add_row(config, f"{kept + sum(dropped.values()):,}", f"{kept:,}", reasons or "-")
    return table


def _rows(tables: Tables, reviews: Reviews) -> dict[str, dict[str, list[Any]]]:
    """Config -> split -> its rows."""
    split_of = {row.id: row.split for row in tables["profiles"]}
    placed = {"personas": [(split_of[row.profile_id], row) for row in [*tables["personas"], *tables["heldout"]]]}
    placed |= {PLURAL[kind]: [(row.split, row) for row in tables[PLURAL[kind]]] for kind in KINDS}
    rows = {
        config: {split: [row for of, row in pairs if of == split] for split in SPLITS}
        for config, pairs in placed.items()
    }
    return {
        **rows,
        "dropped": {"train": tables["dropped"]},
        **({"reviews": {"train": list(reviews.rows)}} if reviews.rows else {}),
    }


def _config(name: str, record: type[Record], rows: dict[str, list[Any]], *, default: bool = False) -> release.Config:
    splits = {split: to_table(record, of).to_reader() for split, of in rows.items()}
    return release.Config(name, splits, documentation(record), default=default)


def _drops(tables: Tables) -> dict[str, dict[str, int]]:
    """Kind -> reason -> count, the commonest first."""
    counts = {kind: Counter(row.reason for row in tables["dropped"] if row.kind == kind) for kind in _NAMES.values()}
    return {kind: by_count(found) for kind, found in counts.items()}


def _step(earlier: dict[str, Any]) -> dict[str, Any]:
    """How large the release was that this one goes on from, and its files; all else of their recipes is the same."""
    return {"recipe": {PLURAL[kind]: earlier["recipe"][PLURAL[kind]] for kind in KINDS}, "files": earlier["files"]}


def _with_earlier(told: dict[str, Any], earlier: dict[str, Any]) -> dict[str, Any]:
    """What is told of a release and of the one that it goes on from, together."""
    usage = {
        role: {name: count + earlier["usage"].get(role, {}).get(name, 0) for name, count in counts.items()}
        for role, counts in told["usage"].items()
    }
    sums = {name: dict(Counter(earlier[name]) + Counter(told[name])) for name in ("pairs", "unreadable")}
    saturated = {**earlier["saturated"], **told["saturated"]}
    return {**told, **sums, "usage": usage, "rounds": [*earlier["rounds"], *told["rounds"]], "saturated": saturated}


def _figures(tables: Tables, manifest: Mapping[str, Any], embedder: Embedder) -> list[Figure]:
    """The pictures, by the vectors that the filter went by: they come from its cache."""
    vectors = {kind: embedder.encode([row.text for row in tables[PLURAL[kind]]]) for kind in KINDS}
    return figures(tables, manifest["told"], manifest["recipe"]["thresholds"], vectors)


def _report(tables: Tables, manifest: dict[str, Any], drawn: Sequence[Figure]) -> bytes:
    return report(
        _TITLE,
        rehearsal=manifest["rehearsal"],
        counts=manifest["counts"],
        figures=drawn,
        dropped=map(asdict, tables["dropped"]),
        texts={row.id: row.text for kind in KINDS for row in tables[PLURAL[kind]]},
    )


def _card_facts(tables: Tables, manifest: dict[str, Any]) -> dict[str, Any]:
    told, recipe, drops = manifest["told"], manifest["recipe"], _drops(tables)
    cast = Cast.published_in(manifest, ROLES)
    return {
        **card_facts.common(cast, manifest, told["usage"], license_id=recipe["license"], tags=_TAGS),
        "embedder": recipe["embedder"],
        "thresholds": {kind: recipe["thresholds"][kind] for kind in KINDS},
        "seeds": _seeds(recipe["seeds"], tables),
        "grown_from": [step["recipe"] for step in manifest["grown_from"]],
        "texts": [_lengths(PLURAL[kind], tables[PLURAL[kind]]) for kind in KINDS],
        "yields": [_yield(config, kind, tables, drops[kind], told) for config, kind in _NAMES.items()],
        "leakage": {kind: _leakage(told["distances"][kind]) for kind in KINDS} if tables["aloe"] else {},
    }


def _seeds(told: Mapping[str, Any], tables: Tables) -> dict[str, dict[str, Any]]:
    """What the rounds began with, how many of it stayed, and whether it is other ones than those that ship: by hand,
    or by rule for the rehearsal's micro world.
    """
    by_hand = seeds_told({kind: read_seeds(str(SEED_FILES[kind]), kind) for kind in KINDS})
    by_rule = seeds_told(micro_seeds())
    return {
        config: {
            **told[config],
            "kept": sum(row.origin == "seed" for row in tables[config]),
            "own": told[config] not in (by_hand[config], by_rule[config]),
            "by_rule": told[config] == by_rule[config],
        }
        for config in map(PLURAL.__getitem__, KINDS)
    }


def _lengths(config: str, rows: Sequence[TextRow]) -> dict[str, Any]:
    counts = {"statements": [len(row.statements) for row in rows], "words": [len(row.text.split()) for row in rows]}
    return {
        "kind": config,
        "texts": len(rows),
        "seeds": sum(row.origin == "seed" for row in rows),
        **{name: _spread(of) for name, of in counts.items()},
    }


def _spread(counts: Sequence[int]) -> dict[str, int | None]:
    if not counts:
        return {"least": None, "median": None, "most": None}
    return {"least": min(counts), "median": median_low(counts), "most": max(counts)}


def _yield(config: str, kind: str, tables: Tables, dropped: dict[str, int], told: dict[str, Any]) -> dict[str, Any]:
    kept = len(tables[config]) + (len(tables["heldout"]) if config == "personas" else 0)
    full = told["saturated"].get(f"train {config}")
    return {
        "kind": config,
        "rounds": len({entry["round"] for entry in told["rounds"] if entry["kind"] == kind and entry["round"]}) or None,
        "candidates": kept + sum(dropped.values()),
        "kept": kept,
        "dropped": dropped,
        "ended": None if full is None else "the writer had nothing new to say" if full else "the pool was full",
    }


def _leakage(found: dict[str, Any]) -> dict[str, Any]:
    heldout, train = found["heldout_to_train"] or {}, found["inside_train"] or {}
    return {
        "bound": found["bound"],
        "heldout_max": heldout.get("max"),
        "heldout_median": heldout.get("median"),
        "train_max": train.get("max"),
        "train_median": train.get("median"),
    }
