"""ALOE: how well does a model infer and follow one person's preferences as a conversation goes on.

    python eval/aloe.py                                                   # the offline rehearsal cast plays all roles
    python eval/aloe.py --model openai/gpt-4o-mini --user openai/gpt-4o --judge anthropic/claude-sonnet-4-0
    python eval/aloe.py --model openai-api/vllm/my-model ...              # VLLM_BASE_URL and VLLM_API_KEY say where
    python eval/aloe.py --model hf/dpo -M model_path=out/my/dpo ...      # a local folder
    inspect eval eval/aloe.py --model ... --model-role user=... --model-role judge=... -T protocol=paper

Models are Inspect's, of any of its providers. Each persona of `i2a/aloe` is played by the user-LLM for ten turns; the
judge scores each reply from 1 to 5. The same command goes on with a run that was stopped, and repeats no finished
conversation. `python eval/report.py LOG` makes tables and figures of its log, `inspect view` shows every conversation.
Exit codes: 0 all conversations are complete, 1 some are not, 2 something to mend, 130 stopped by Ctrl-C.
"""

import argparse
import hashlib
import math
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from inspect_ai import Task, eval_set, task
from inspect_ai._util.error import PrerequisiteError
from inspect_ai.log import EvalLog, read_eval_log_sample_summaries
from inspect_ai.model import GenerateConfig, Model, get_model
from rich.markup import escape
from rich.text import Text

from eval import STARTED_IN
from eval.baselines import BASELINES
from eval.cast import ATTEMPT_TIMEOUT, LIMITS, TIMEOUT, playing, weights
from eval.dialogue import dialogue
from eval.judging import CRITERIA
from eval.personas import dataset, world_of
from eval.planted import planted
from eval.scoring import VOTES, per_turn, version
from pipelines import cli
from pipelines.errors import UserError
from pipelines.records import SchemaError
from pipelines.rehearsal import model_of
from pipelines.seeds.reader import SeedError

_ALIKE = ("name", "limit", "concurrency", "timeout", "log_dir")  # options that may differ in one run


@task
def aloe(
    data: str = "i2a/aloe",
    profiles: str | None = None,
    personalities: str | None = None,
    protocol: str = "plus",
    baseline: str = "plain",
    turns: int = 10,
    votes: int | None = None,
    seed: int = 0,
) -> Task:
    """The benchmark as a task of Inspect AI. Raises PrerequisiteError for what the user can mend.

    Args:
        data: the personas: a folder or the name of a dataset like `i2a/aloe`, or a .jsonl or .parquet file with the
            columns profile and personality. A relative path starts where the command was started.
        profiles: instead of `data`, a file of profiles, of which the first 20 are taken, together with
        personalities: a file of personalities, of which each profile gets the first 5.
        protocol: `plus`, or `paper`, which keeps to the paper.
        baseline: plain, infer (own notes before each reply) or persona (given, the ceiling).
        turns: of a conversation.
        votes: of the judge on each reply (1 in `paper`, else 3).
        seed: of every call that takes one.
    """
    if protocol not in CRITERIA or baseline not in BASELINES:
        raise PrerequisiteError(
            f"protocol={protocol}, baseline={baseline}: choose {' or '.join(CRITERIA)}, {' or '.join(BASELINES)}"
        )
    if turns < 1 or (votes is not None and votes < 1):
        raise PrerequisiteError(f"turns={turns}, votes={votes}: give at least 1 of each")
    try:
        played = dataset(data, profiles, personalities, STARTED_IN)
    except (UserError, SchemaError, SeedError) as error:  # which Inspect would show as a crash
        raise PrerequisiteError(escape(str(error))) from error
    votes = votes or VOTES[protocol]
    about = {"protocol": protocol, "baseline": baseline, "turns": turns, "votes": votes, "seed": seed}
    return Task(
        dataset=played,
        solver=dialogue(protocol, turns, votes, baseline, seed),
        scorer=per_turn(turns),
        config=LIMITS.merge(GenerateConfig(seed=seed)),
        fail_on_error=True,
        continue_on_fail=True,  # the other conversations go on; the log's status tells that some are missing
        version=version(played),
        metadata={"aloe": about},
    )


def options_of(argv: Sequence[str] | None) -> argparse.Namespace:
    assert __doc__ is not None
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cast = parser.add_argument_group("who plays (models as Inspect names them; the rehearsal cast, if none is named)")
    cast.add_argument("--model", metavar="MODEL", help="the evaluated model")
    cast.add_argument(
        "-M", action="append", default=[], metavar="KEY=VALUE", help="argument of its provider, as Inspect takes it"
    )
    cast.add_argument("--name", metavar="TEXT", help="what the report calls it (default: the model and its baseline)")
    for role, does in (
        ("user", "plays the person"),
        ("judge", "scores the replies"),
        ("inducer", "says what the person has disclosed (default: the judge's model)"),
        ("second-judge", "scores them once more, to see how far judges agree (default: nobody)"),
    ):
        cast.add_argument(f"--{role}", metavar="MODEL", help=does)
    cast.add_argument(
        "--rehearsal", action="store_true", help="the rehearsal's rules play every role that is not named"
    )
    what = parser.add_argument_group("the benchmark")
    what.add_argument(
        "--data",
        default="i2a/aloe",
        metavar="DATASET",
        help="folder, .jsonl or .parquet file, or name on the Hub (default i2a/aloe)",
    )
    what.add_argument("--profiles", metavar="FILE", help="instead of --data: the first 20 of these,")
    what.add_argument("--personalities", metavar="FILE", help="each with the first 5 of these")
    what.add_argument("--protocol", choices=tuple(CRITERIA), default="plus", help="plus (default), or as in the paper")
    what.add_argument(
        "--baseline", choices=tuple(BASELINES), default="plain", help="how the model is asked (default plain)"
    )
    what.add_argument("--limit", type=cli.positive, metavar="N", help="the first N personas, spread over the profiles")
    what.add_argument("--turns", type=cli.positive, default=10, metavar="K", help="of a conversation (default 10)")
    what.add_argument(
        "--votes", type=cli.positive, metavar="N", help="of the judge on each reply (default: plus 3, paper 1)"
    )
    run = parser.add_argument_group("the run")
    run.add_argument("--log-dir", type=Path, default=Path("logs/aloe"), metavar="DIR", help="default logs/aloe")
    run.add_argument(
        "--concurrency",
        type=cli.positive,
        default=32,
        metavar="N",
        help="conversations, and calls to each model, under way at most (default 32)",
    )
    run.add_argument("--max-tokens", type=cli.positive, default=1024, metavar="N", help="of a reply (default 1024)")
    run.add_argument("--temperature", type=float, metavar="T", help="of the evaluated model (default: its provider's)")
    run.add_argument(
        "--timeout",
        type=cli.positive,
        default=TIMEOUT,
        metavar="SECONDS",
        help=f"until a call is given up, all its attempts together (default {TIMEOUT})",
    )
    run.add_argument("--seed", type=int, default=0, metavar="N", help="of every call that takes one (default 0)")
    return parser.parse_args(argv)


def run(options: argparse.Namespace) -> bool:
    """Runs the benchmark, or goes on with it; whether all conversations are complete.

    Raises:
        UserError, PrerequisiteError: what the user can mend.
    """
    benchmark = aloe(
        **{name: getattr(options, name) for name in ("data", "profiles", "personalities", "protocol", "baseline")},
        turns=options.turns,
        votes=options.votes or VOTES[options.protocol],
        seed=options.seed,
    )
    benchmark.version = "-".join([str(benchmark.version), *weights(options)])
    with playing(options, world_of(benchmark.dataset)) as (model, roles), _alone(options):
        judge = roles["judge"]
        complete = True
        if not str(judge).endswith(model_of("judge", "micro")):  # which knows no English
            check = planted(options.protocol, options.votes or VOTES[options.protocol], options.seed)
            complete = _complete(check, get_model("none/none"), {"judge": judge}, options)
        complete = complete and _complete(benchmark, model, roles, options, limit=options.limit)
    if complete:
        cli.console.print(f"the report: python eval/report.py {options.log_dir}", markup=False)
    return complete


@contextmanager
def _alone(options: argparse.Namespace) -> Iterator[None]:
    """The folder of the logs, for one run of this command at a time; other models may be at work in it.

    Raises:
        UserError: it can't be made, or such a run is under way.
    """
    own = sorted((name, str(value)) for name, value in vars(options).items() if name not in _ALIKE)
    lock = options.log_dir / f".{hashlib.sha256(str(own).encode()).hexdigest()[:12]}.lock"
    try:
        options.log_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"--log-dir {options.log_dir}: {error.strerror}") from error
    with cli.alone(lock, f"on this in {options.log_dir}: wait for it, or choose another --log-dir"):
        try:
            yield
        finally:
            lock.unlink(missing_ok=True)


def _complete(
    what: Task, model: Model, roles: dict[str, Model], options: argparse.Namespace, limit: int | None = None
) -> bool:
    """Runs a task, or what is missing of it; whether all of it is there now."""
    before = {path.name for path in options.log_dir.glob("*.eval")}
    complete, logs = eval_set(
        what,
        log_dir=str(options.log_dir),
        log_dir_allow_dirty=True,  # several models share a folder
        model=model,
        model_roles=dict(roles),
        timeout=options.timeout,  # these go over the task's own
        attempt_timeout=min(ATTEMPT_TIMEOUT, options.timeout),
        metadata={"name": options.name},  # no argument of the task, for which another one would be another run
        limit=limit,
        max_samples=options.concurrency,
        log_buffer=1,  # what is finished is on disk,
        log_realtime=False,  # and what is under way costs a sixth of the time to show
        retry_on_error=1,
        retry_attempts=0,
        retry_immediate=False,
        display="rich" if cli.console.is_terminal else "plain",
    )
    if not logs or any(log.status == "cancelled" for log in logs):  # Inspect takes Ctrl-C for a success
        raise KeyboardInterrupt
    total = min(len(what.dataset), limit or len(what.dataset))
    for log in logs:
        done = log.results.completed_samples if log.results else 0
        place = Path(log.location.removeprefix("file://"))
        cli.console.print(f"{what.name}: {min(done, total):,} of {total:,} complete, in {place}", markup=False)
        if done < total or log.status != "success":
            failed = Counter(one.error for one in read_eval_log_sample_summaries(log.location) if one.error)
            why = "".join(f" ({_plain(error)})" for error, _ in failed.most_common(1))
            cli.console.print(f"not complete{why}: the same command goes on with what is missing", markup=False)
            return False
        figures, told = _scores(log)
        cli.console.print(told, markup=False)
        if not any(map(math.isfinite, figures)):
            cli.console.print("not one reply could be scored: try another judge or inducer", markup=False)
            return False
        if place.name in before:  # a run that goes on writes another log
            named = (log.eval.metadata or {}).get("name")
            called = f", called {named!r}" if named and named != options.name else ""
            cli.console.print(f"nothing to do: complete since {log.stats.completed_at}{called}", markup=False)
    return complete


def _scores(log: EvalLog) -> tuple[list[float], str]:
    """What a run's scorer found, and the same on one line."""
    scores = log.results.scores if log.results else []
    figures = {name: one.value for score in scores for name, one in score.metrics.items()}
    unscored = int(figures.pop("unscored", 0))
    told = ", ".join(f"{name} {value:.2f}" for name, value in figures.items())
    if unscored:
        told += f"; {unscored:,} replies are unscored: judge or inducer gave nothing that could be read"
    return list(map(float, figures.values())), told


def _plain(error: str) -> str:
    """An error of a conversation on one line; of calls that were tried again and again the last one's kind."""
    line = re.sub(r"RetryError\(<Future .* raised (\w+)>\)", r"no call went through, the last ended in \1", error)
    return " ".join(line.split())[:200]


def main(argv: Sequence[str] | None = None) -> int:
    options = options_of(argv)
    complete: list[bool] = []

    def guarded() -> None:
        try:
            complete.append(run(options))
        except PrerequisiteError as error:  # Inspect's word for a user's mistake
            raise UserError(Text.from_markup(str(error.message)).plain) from error

    return cli.guarded(guarded) or int(not complete[0])


if __name__ == "__main__":
    sys.exit(main())
