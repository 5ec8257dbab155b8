"""Stage 2: for each persona a tree-structured conversation, and preference data out of it.

    python pipelines/trees.py                                   # the offline rehearsal cast, all of i2a/personas
    python pipelines/trees.py --cast cast.yaml --trees 300      # a real one
    python pipelines/trees.py --world micro --trees 300         # the rehearsal's small world, on personas that it made
    python pipelines/trees.py show [TREE_ID]                    # one tree, to read in the terminal

In each turn the user-LLM speaks as the persona, the inducer says what that shows of it, one responder is told so and
one is not, and the judge, who knows the persona, scores both replies. Writes `i2a/trees`: the trees, and `preference`,
`sft` and `kto` as trainers read them. A killed run goes on by the same command.
"""

import argparse
import asyncio
import json
import math
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cards import release
from pipelines import cli, tree_input
from pipelines.cast import Cast, rehearsal_cast
from pipelines.errors import UserError
from pipelines.estimate import Load, table
from pipelines.journal import Journal
from pipelines.progress import shown
from pipelines.prompts import prompt_hashes
from pipelines.records import read_release
from pipelines.rehearsal import World
from pipelines.reviews.decisions import Reviews
from pipelines.schema import PersonaRow, TreeRow
from pipelines.tree_input import Source
from pipelines.tree_job import PROMPTS, ROLES, Branch, Job, check_size
from pipelines.tree_release import publish, recipe
from pipelines.tree_sources import Finished
from pipelines.tree_told import tell

_REHEARSED = 5  # trees that an estimate is made from


def options_of(argv: Sequence[str] | None) -> argparse.Namespace:
    assert __doc__ is not None
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.stage_options(parser, "trees")
    trees = parser.add_argument_group("the trees (the paper's ten turns and coin are the defaults)")
    trees.add_argument("--personas", default="i2a/personas", metavar="DATASET",
                       help="a folder, or ORG/NAME or ORG/NAME@REVISION on the Hub (default i2a/personas)")  # fmt: skip
    trees.add_argument(
        "--trees", type=cli.positive, metavar="N", help="personas to draw from both splits (default all)"
    )
    trees.add_argument("--turns", type=cli.positive, default=10, metavar="N", help="messages of the user (default 10)")
    trees.add_argument("--branch", type=_branch, default=Branch("coin"), metavar="WAY",
                       help="what goes on: coin, preferred, or both:D in the first D turns (default coin)")  # fmt: skip
    trees.add_argument("--votes", type=_votes, default=2, metavar="N",
                       help="of the judge on each pair, in either order by turns (default 2); more are worth "
                       "something where its temperature is above 0")  # fmt: skip
    past = parser.add_argument_group("past one process")
    past.add_argument(
        "--replicas", type=cli.positive, default=1, metavar="N", help="processes side by side (default 1)"
    )
    past.add_argument("--ray", metavar="ADDRESS", help="run them on this Ray cluster (`local` starts one; extra: ray)")
    return parser.parse_args(argv)


def _branch(text: str) -> Branch:
    try:
        return Branch.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _votes(text: str) -> int:
    votes = cli.positive(text)
    if votes < 2:
        raise argparse.ArgumentTypeError("a pair needs 2 votes at least, one in either order")
    return votes


def run(options: argparse.Namespace) -> None:
    """The whole stage.

    Raises:
        UserError, SchemaError, ReleaseError, ...: what the user can mend.
        Stopped, KeyboardInterrupt: the run can be gone on with.
    """
    check_size(options.branch, options.turns)
    job = _job(options, cli.cast_of(options, ROLES))
    source = tree_input.read(options.personas, options.trees, options.seed)
    if job.cast.rehearsal:
        tree_input.require_world(options.personas, source, options.world)
    repo_id, target = options.repo or cli.repo_id(options.out), cli.target_of(options)
    rehearsal = job.cast.rehearsal or any(row.rehearsal for rows in source.drawn.values() for row in rows)
    if options.dry_run:
        _estimate(options, job, source)
        cli.tell_permission([repo_id], target, rehearsal=rehearsal)
        return
    with cli.out_folder(options.out):
        release.recover(options.out)
        if _is_made(options, job, source):
            cli.console.print(f"nothing to do: {options.out} was made by this very command")
        else:
            cli.require_permission([repo_id], target, rehearsal=rehearsal)
            _make(options, job, source, repo_id)
        cli.push_releases({options.out: repo_id}, target)


def _job(options: argparse.Namespace, cast: Cast) -> Job:
    return Job(
        cast=cast,
        seed=options.seed,
        turns=options.turns,
        branch=options.branch,
        votes=options.votes,
        concurrency=options.concurrency,
        max_cost=options.max_cost,
        work=(options.work / "trees").absolute(),
        prompts=prompt_hashes(PROMPTS),
        replicas=options.replicas,
    )


def _is_made(options: argparse.Namespace, job: Job, source: Source) -> bool:
    """Whether the release at --out is what this run would make.

    Raises:
        UserError: it was made otherwise, and --overwrite is not given.
    """
    manifest = release.read_manifest(options.out)
    if manifest is None or options.overwrite:
        return False
    new, old = recipe(job, source, options.license), manifest.get("recipe", {})
    changed = {name for name in new.keys() | old.keys() if new.get(name) != old.get(name)}
    may_change = {"personas"}
    if new["trees"] > old.get("trees", 0) or ("personas" in changed and options.trees is None):
        may_change |= {"trees"}
    refused = sorted(changed - may_change)
    if refused:
        names = ", ".join(cli.difference(name, old, new) for name in refused)
        raise UserError(
            f"{options.out} was made otherwise ({names}): give --overwrite to replace it, or another --out. Other "
            "personas or a larger --trees alone would go on from it"
        )
    return not changed


def _make(options: argparse.Namespace, job: Job, source: Source, repo_id: str) -> None:
    began = datetime.now(UTC)
    with cli.work_folder(options.work, "trees") as work, cli.on_stage(job.cast, job.seed, options.world) as cast:
        if cast.rehearsal:
            cli.console.print("rehearsal cast: rule-made data to try things with; --llm or --cast names a real one")
        elif any(row.rehearsal for rows in source.drawn.values() for row in rows):
            cli.console.print("the personas are rehearsal data: so the trees are marked as such too")
        calls = _grow(replace(job, cast=cast), source, options.ray)
        with Journal(work / "finished") as journal:
            finished = Finished.of(journal, job, source.drawn)
            reviews = Reviews.of(options.out, release.read_manifest(options.out))
            manifest = publish(
                options.out, finished, source, job, dataset=repo_id, license_id=options.license, reviews=reviews
            )
        cli.write_run(work, began, calls)
    tell(options.out, manifest, calls, (datetime.now(UTC) - began).total_seconds())


def _grow(job: Job, source: Source, ray: str | None) -> dict[str, Any]:
    """Grows the trees that are not finished yet; what is told of the calls."""
    from pipelines import runner

    with Journal(job.work / "finished") as journal:
        open_personas = [row for rows in source.drawn.values() for row in rows if job.tree_key(row) not in journal]
    replicas = max(1, min(job.replicas, job.concurrency, len(open_personas)))
    share = math.ceil(len(open_personas) / replicas)
    job = replace(job, replicas=math.ceil(len(open_personas) / max(1, share)))
    rows = []
    if open_personas:
        with shown(job.work, cli.console):
            pipeline = _pipeline(job, open_personas)
            rows = runner.run(pipeline, work=job.work, stop=job.work / "stop", rows=len(open_personas), ray=ray)
    return _summed(json.loads(row["calls"]) for row in rows if row["calls"])


def _summed(told: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """What all replicas tell of their calls together; `seconds` are those of the slowest."""
    replicas = list(told)
    return {
        "made": sum(one["made"] for one in replicas),
        "from_journal": sum(one["from_journal"] for one in replicas),
        "retries": dict(sum((Counter(one["retries"]) for one in replicas), Counter())),
        "cost": sum(one["cost"] for one in replicas),
        "seconds": max((one["seconds"] for one in replicas), default=0.0),
    }


def _pipeline(job: Job, personas: Sequence[PersonaRow]) -> Any:  # noqa: ANN401 - Distilabel's, and ships no types
    from dataclasses import asdict

    from distilabel.steps import LoadDataFromDicts
    from distilabel.steps.base import StepResources

    from pipelines import runner
    from pipelines.steps.grow_trees import GrowTrees

    with runner.Pipeline("trees") as pipeline:
        load = LoadDataFromDicts(name="personas", data=[asdict(row) for row in personas], batch_size=len(personas))
        grow = GrowTrees(
            name="grow_trees",
            **{role: player.build() for role, player in job.cast.players.items()},
            job=job,
            input_batch_size=math.ceil(len(personas) / job.replicas),
            resources=StepResources(replicas=job.replicas),
        )
        load >> grow
    return pipeline


def _estimate(options: argparse.Namespace, job: Job, source: Source) -> None:
    """Prints what a run takes, reckoned from a few trees that the rehearsal plays for these personas."""
    personas = [row for rows in source.drawn.values() for row in rows]
    finished = 0
    if (job.work / "finished").exists():
        with Journal(job.work / "finished") as journal:
            finished = sum(job.tree_key(row) in journal for row in personas)
    rehearsed = personas[:: max(1, len(personas) // _REHEARSED)][:_REHEARSED]
    used = _rehearse(job, rehearsed, tree_input.world_of(rehearsed[0]))
    share = (len(personas) - finished) / len(used)
    loads = {
        role: Load(
            *(round(share * sum(use[role][what] for use in used)) for what in ("calls", "tokens_in", "tokens_out"))
        )
        for role in ROLES
    }
    cli.console.print(table(loads, job.cast, job.concurrency))
    cli.console.print(
        f"{len(personas):,} trees, of which {finished:,} are finished already; reckoned from {len(used)} that the "
        "rehearsal played: a real cast may write more or less. Calls that the "
        "journal holds of unfinished trees are not made again"
    )
    try:
        _is_made(options, job, source)
    except UserError as error:
        cli.console.print(f"would be refused as it is: {error}")


def _rehearse(job: Job, personas: Sequence[PersonaRow], world: World) -> list[Mapping[str, Mapping[str, int]]]:
    """Role -> what it took, for each of these personas' trees."""
    from pipelines import rehearsal
    from pipelines.steps.grow_trees import Growing

    with TemporaryDirectory() as folder, rehearsal.serve(world=world, seed=job.seed) as base_url:
        trial = replace(job, cast=rehearsal_cast(ROLES, base_url, world), work=Path(folder), max_cost=None, replicas=1)
        llms = {role: player.build() for role, player in trial.cast.players.items()}
        for llm in llms.values():
            llm.load()
        asyncio.run(Growing(trial, llms).run(list(personas)))
        with Journal(trial.work / "finished") as journal:
            records = [journal.get(trial.tree_key(row)) for row in personas]
    used = [record["usage"] for record in records if record is not None and record["tree"] is not None]
    if not used:
        raise UserError(
            f"--turns {job.turns}: no estimate, since the rehearsal's persons have nothing left to say by then. "
            "Estimate fewer turns: calls grow with their number, tokens with its square"
        )
    return used


def show(argv: Sequence[str]) -> None:
    """Prints one tree of a release.

    Raises:
        UserError, SchemaError: there is no such tree, or no release.
    """
    from pipelines.tree_show import show as print_tree

    parser = argparse.ArgumentParser(prog="trees.py show", description="one tree, as a readable conversation")
    parser.add_argument("tree_id", nargs="?", metavar="TREE_ID", help="default: the first one")
    parser.add_argument(
        "--out", type=Path, default=Path("i2a/trees"), metavar="DIR", help="release (default i2a/trees)"
    )
    options = parser.parse_args(argv)
    splits = read_release(options.out, "trees", TreeRow)
    trees = [tree for split in ("train", "test") for tree in splits.get(split, [])]
    found = next((tree for tree in trees if options.tree_id in (None, tree.tree_id)), None)
    if found is None:
        raise UserError(
            f"{options.out} holds no tree {options.tree_id}; the first of {len(trees):,} is {trees[0].tree_id}"
        )
    print_tree(found, cli.console)


def main(argv: Sequence[str] | None = None) -> int:
    arguments = sys.argv[1:] if argv is None else list(argv)
    if arguments[:1] == ["show"]:
        return cli.guarded(lambda: show(arguments[1:]))
    options = options_of(arguments)
    return cli.guarded(lambda: run(options))


if __name__ == "__main__":
    sys.exit(main())
