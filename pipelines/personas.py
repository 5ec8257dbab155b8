"""Stage 1: a pool of distinct personas, from seeds to a dataset that loads.

    python pipelines/personas.py                                  # the offline rehearsal cast, 3,310 personas
    python pipelines/personas.py --llm openai:gpt-4o-mini         # a real one
    python pipelines/personas.py --profiles 500                   # goes on from a finished pool of 331
    python pipelines/personas.py --world micro                    # the rehearsal's small world, for training/micro
    python pipelines/personas.py --push                           # and sends both datasets to the Hub

Writes `i2a/personas` (train, test, heldout) and beside it `i2a/aloe`, the held-out personas with the certificate of
their distance from the training split. A killed run goes on by the same command.
"""

import argparse
import json
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cards import release
from filters.diversity import threshold
from pipelines import cli
from pipelines.cast import Cast
from pipelines.errors import UserError
from pipelines.estimate import Load, table
from pipelines.persona_job import RECORDS, ROLES, Job, Tables
from pipelines.persona_release import aloe_folder, publish, repo_ids, summary
from pipelines.progress import shown
from pipelines.prompts import render
from pipelines.rehearsal import World
from pipelines.reviews.decisions import Reviews
from pipelines.schema import KINDS, PLURAL, Kind
from pipelines.seeds.micro import micro_seeds
from pipelines.seeds.reader import SEED_FILES, Seed, read_seeds

_GROWING = ("profiles", "personalities")  # what may be larger than in a finished release
_DEFAULT_EMBEDDER = "sentence-transformers/all-MiniLM-L6-v2"
_YIELD = 0.7  # of the writer's texts that stay, for the estimate; told from a run against the rehearsal
_CONTRADICTORY = 0.05  # of the pairs, likewise


@dataclass(frozen=True)
class Base:
    """A release at --out that this run goes on from, or that is already what it would make."""

    manifest: dict[str, Any]
    finished: bool


def options_of(argv: Sequence[str] | None) -> argparse.Namespace:
    assert __doc__ is not None
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.stage_options(parser, "personas")
    pool = parser.add_argument_group("the pool (train + test; the paper's sizes are the defaults)")
    pool.add_argument("--profiles", type=cli.positive, default=331, metavar="N")
    pool.add_argument("--personalities", type=cli.positive, default=71, metavar="N")
    pool.add_argument("--per-profile", type=cli.positive, default=10, metavar="N", help="personalities a profile")
    pool.add_argument("--heldout-profiles", type=cli.natural, default=20, metavar="N", help="of the benchmark, on top")
    pool.add_argument("--heldout-personalities", type=cli.natural, default=5, metavar="N", help="likewise")
    for kind in KINDS:
        pool.add_argument(
            f"--{kind}-seeds", nargs="+", metavar="FILE",
            help=".jsonl, .json, .txt, or a dataset on the Hub or here (default: the 20 that ship)",
        )  # fmt: skip
    pool.add_argument("--embedder", metavar="NAME", help="lexical, or a sentence-transformers model by name or path "
                      f"(default: lexical in rehearsal, else {_DEFAULT_EMBEDDER})")  # fmt: skip
    for kind in KINDS:
        pool.add_argument(f"--{kind}-threshold", type=float, metavar="COS", help="highest cosine of two that both stay")
    return parser.parse_args(argv)


def run(options: argparse.Namespace) -> None:
    """The whole stage.

    Raises:
        UserError, SeedError, EmbedderError, ReleaseError, ...: what the user can mend.
        Stopped, KeyboardInterrupt: the run can be gone on with.
    """
    benchmark = aloe_folder(options.out).name
    for name, given in (("out", options.out.name), ("repo", (options.repo or "").partition("/")[2])):
        if given == benchmark:
            raise UserError(f"--{name} {getattr(options, name)}: that is where the benchmark goes; choose another name")
    job = job_of(options, cli.cast_of(options, ROLES))
    ids, target = repo_ids(options.out, options.repo), cli.target_of(options)
    if options.dry_run:
        try:
            base, note = _base(options, job), ""
        except UserError as error:
            base, note = None, f"would be refused as it is: {error}"
        cli.console.print(table(_loads(job, base), job.cast, job.concurrency))
        cli.console.print(note or "calls that the journal already holds are not made again")
        cli.tell_permission(list(ids.values()), target, rehearsal=job.cast.rehearsal)
        return
    with cli.out_folder(options.out):
        for out in (options.out, aloe_folder(options.out)):
            release.recover(out)
        base = _base(options, job)
        if base is not None and base.finished:
            cli.console.print(f"nothing to do: {options.out} was made by this very command")
        else:
            cli.require_permission(list(ids.values()), target, rehearsal=job.cast.rehearsal)
            _make(options, job, base, ids)
        made = {folder: name for folder, name in ids.items() if folder.exists()}  # nothing held out, no benchmark
        cli.push_releases(made, target)


def _make(options: argparse.Namespace, job: Job, base: Base | None, ids: Mapping[Path, str]) -> None:
    began = datetime.now(UTC)
    with cli.work_folder(options.work, "personas") as work, cli.on_stage(job.cast, job.seed, options.world) as cast:
        if cast.rehearsal:
            cli.console.print("rehearsal cast: rule-made data to try things with; --llm or --cast names a real one")
        if job.embedder == "lexical":
            cli.console.print("lexical embedder: it compares words, not meanings; --embedder names a model")
        tables, told = _build(
            replace(job, cast=cast, work=work.resolve(), base=options.out.resolve() if base else None)
        )
        calls = told.pop("calls")
        reviews = Reviews.of(options.out, release.read_manifest(options.out))
        manifest = publish(ids, tables, told, job, grown_from=base.manifest if base else None, reviews=reviews)
        cli.write_run(work, began, calls)
    _tell(options.out, manifest, calls, (datetime.now(UTC) - began).total_seconds())


def job_of(options: argparse.Namespace, cast: Cast) -> Job:
    """The options as a job, its seeds read.

    Raises:
        SeedError, UserError: a seed file or a threshold that is not valid.
    """
    embedder = options.embedder or ("lexical" if cast.rehearsal else _DEFAULT_EMBEDDER)
    thresholds = {"profile": options.profile_threshold, "personality": options.personality_threshold}
    return Job(
        cast=cast,
        seed=options.seed,
        seeds=_seeds(options),
        targets={"profile": options.profiles, "personality": options.personalities},
        heldout={"profile": options.heldout_profiles, "personality": options.heldout_personalities},
        per_profile=options.per_profile,
        embedder=embedder,
        thresholds={kind: _threshold(embedder, options.world, kind, thresholds[kind]) for kind in KINDS},
        concurrency=options.concurrency,
        max_cost=options.max_cost,
        work=options.work / "personas",
        license=options.license,
    )


def _seeds(options: argparse.Namespace) -> dict[Kind, list[Seed]]:
    """The seeds that the options name; else those of the world.

    Raises:
        SeedError: a file that cannot be read.
        UserError: seeds of another world.
    """
    sources = {"profile": options.profile_seeds, "personality": options.personality_seeds}
    if options.world == "micro":
        if named := [kind for kind in KINDS if sources[kind]]:
            raise UserError(f"--{named[0]}-seeds: --world micro brings its own seeds; leave out one of the two")
        return micro_seeds()
    return {
        kind: [seed for source in sources[kind] or [str(SEED_FILES[kind])] for seed in read_seeds(source, kind)]
        for kind in KINDS
    }


def _threshold(embedder: str, world: World, kind: Kind, given: float | None) -> float:
    try:
        return threshold(embedder if world == "full" else f"{embedder} ({world})", kind, given)
    except ValueError as error:
        raise UserError(f"--{kind}-threshold: {error}") from error


def _base(options: argparse.Namespace, job: Job) -> Base | None:
    """What stands at --out.

    Raises:
        UserError: it was made otherwise, and --overwrite is not given.
    """
    manifest = release.read_manifest(options.out)
    benchmark = release.read_manifest(aloe_folder(options.out))
    if options.overwrite:
        return None
    recipe, old = job.recipe(), (manifest or {}).get("recipe", {})
    if benchmark is not None and benchmark.get("recipe") not in (recipe, old):
        raise UserError(
            f"{aloe_folder(options.out)} is the benchmark of other personas than {options.out}: give --overwrite to "
            "replace it, or another --out"
        )
    if manifest is None:
        return None
    changed = {name for name in recipe.keys() | old.keys() if recipe.get(name) != old.get(name)}
    other = sorted(name for name in changed if name not in _GROWING or recipe[name] < old.get(name, math.inf))
    if other:
        names = ", ".join(cli.difference(name, old, recipe) for name in other)
        raise UserError(
            f"{options.out} was made otherwise ({names}): give "
            "--overwrite to replace it, or another --out. A larger --profiles or --personalities alone would go on "
            "from it"
        )
    complete = not manifest["counts"]["personas"]["heldout"] or (benchmark or {}).get("recipe") == recipe
    return Base(manifest, finished=not changed and complete)


def _build(job: Job) -> tuple[Tables, dict[str, Any]]:
    """Runs the pipeline; its tables, and what the step tells of rounds, pairs, distances and calls."""
    from pipelines import runner
    from pipelines.steps.build_personas import BuildPersonas

    with runner.Pipeline("personas") as pipeline:
        BuildPersonas(
            name="build_personas",
            writer=job.cast.players["writer"].build(),
            judge=job.cast.players["judge"].build(),
            job=job,
        )
    with shown(job.work, cli.console):
        rows = runner.run(pipeline, work=job.work, stop=job.work / "stop")
    (told,) = (json.loads(row["row"]) for row in rows if row["table"] == "told")
    tables = {
        name: [record(**json.loads(row["row"])) for row in rows if row["table"] == name]
        for name, record in RECORDS.items()
    }
    return tables, told


def _tell(out: Path, manifest: dict[str, Any], calls: dict[str, Any], seconds: float) -> None:
    """What was made, where, and how to use it."""
    console, counts, recipe = cli.console, manifest["counts"], manifest["recipe"]
    console.print(summary(manifest))
    for kind in KINDS:
        name = PLURAL[kind]
        made = counts[name]["train"] + counts[name]["test"]
        if made < recipe[name] and manifest["told"]["saturated"].get(f"train {name}"):
            console.print(f"{made:,} of {recipe[name]:,} {name}: the last rounds brought almost nothing new")
        distances = manifest["told"]["distances"][kind]
        parts = [
            f"{what.replace('_', ' ')} median {found['median']:.3f}, highest {found['max']:.3f}"
            for what in ("heldout_to_train", "inside_train")
            if (found := distances[what]) is not None
        ]
        console.print(f"nearest {name}: {'; '.join(parts)} (bound for held-out ones {distances['bound']:.3f})")
    for entry in manifest["told"]["rounds"]:
        if entry["round"] == 0 and (lost := entry["candidates"] - entry["kept"]):
            console.print(
                f"{lost:,} of {entry['candidates']:,} {entry['kind']} seeds were not used: the config `dropped` has "
                "each with its place and reason"
            )
    if short := manifest["told"]["short_profiles"]:
        console.print(f"profiles with fewer than {recipe['per_profile']} personalities, for want of more: {short:,}")
    if unreadable := manifest["told"]["unreadable"]:
        console.print("replies that could not be read and were asked for again: " + cli.counted(unreadable))
    tokens = sum(usage["tokens_in"] + usage["tokens_out"] for usage in manifest["told"]["usage"].values())
    console.print(
        f"{calls['made']:,} calls made, {calls['from_journal']:,} from the journal, {seconds:.0f} s; {tokens:,} tokens"
        + (f" and a cost of {calls['cost']:.2f}" if calls["cost"] else "")
        + " in all"
        + (f"; tried again after {cli.counted(calls['retries'])}" if calls["retries"] else "")
    )
    loaded = cli.loaded_as(out)
    splits = ", ".join(f"{rows:,} {split}" for split, rows in counts["personas"].items())
    heldout, asked = counts["personas"]["heldout"], recipe["heldout_profiles"] * recipe["heldout_personalities"]
    if heldout < asked and any(manifest["told"]["saturated"].get(f"heldout {PLURAL[kind]}") for kind in KINDS):
        console.print(f"{heldout:,} of {asked:,} held-out personas: the last rounds brought almost nothing far enough")
    console.print(
        f"made {out}: {splits}" + (f"; and of the held-out ones the benchmark {aloe_folder(out)}" if heldout else "")
    )
    console.print(f'use: from datasets import load_dataset; personas = load_dataset("{loaded}")')


def _loads(job: Job, base: Base | None) -> dict[str, Load]:
    """What the roles are to do, estimated from the seeds' own lengths."""
    from pipelines.steps.pool import EXEMPLARS, PER_CALL

    writer, judge = Load(), Load()
    length = {}
    counts = base.manifest["counts"] if base else {}
    for kind in KINDS:
        texts = [seed.text for seed in job.seeds[kind]]
        length[kind] = sum(map(len, texts)) / len(texts)
        have = sum(counts[PLURAL[kind]].values()) if base else len(texts)
        if not base:
            bare = sum(not seed.statements for seed in job.seeds[kind])
            writer.add(bare, len(render("statements", text="")) + length[kind], 1.2 * length[kind])
        prompt = len(render(PLURAL[kind], exemplars=[], count=PER_CALL)) + EXEMPLARS * length[kind]
        missing = max(0, job.targets[kind] + job.heldout[kind] - have)
        writer.add(math.ceil(missing / (PER_CALL * _YIELD)), prompt, PER_CALL * 1.2 * length[kind])
    have = sum(rows for split, rows in counts.get("profiles", {}).items() if split != "heldout")
    pairs = max(0, job.targets["profile"] - have) * job.per_profile + (0 if base else math.prod(job.heldout.values()))
    judge.add(
        math.ceil(pairs * (1 + _CONTRADICTORY)), len(render("pair", facts=[], traits=[])) + sum(length.values()), 60
    )
    return {"writer": writer, "judge": judge}


def main(argv: Sequence[str] | None = None) -> int:
    options = options_of(argv)
    return cli.guarded(lambda: run(options))


if __name__ == "__main__":
    sys.exit(main())
