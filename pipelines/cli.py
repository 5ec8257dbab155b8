"""What every stage's command shares: its options, who is cast, one run at a time, and how errors are told."""

import argparse
import json
import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from rich.console import Console

from cards import push
from cards.push import PushError, argument
from cards.release import ReleaseError, built_as
from cards.vocabulary import VocabularyError, check_license
from filters.embed import EmbedderError
from filters.leakage import LeakageError
from pipelines.cast import Cast, read_cast, rehearsal_cast, require_keys, single_cast
from pipelines.errors import Stopped, UserError
from pipelines.records import SchemaError
from pipelines.rehearsal import WORLDS, World
from pipelines.seeds.reader import SeedError

console = Console(highlight=False, soft_wrap=True)
_errors = Console(stderr=True, highlight=False, soft_wrap=True)

_USERS_MISTAKES = (
    UserError,
    SchemaError,
    SeedError,
    EmbedderError,
    LeakageError,
    ReleaseError,
    PushError,
    VocabularyError,
)


def stage_options(parser: argparse.ArgumentParser, name: str) -> None:
    """The options of every stage; `name` is the dataset that it makes."""
    cast = parser.add_argument_group("who plays the roles (the offline rehearsal cast, if nothing is named)")
    choice = cast.add_mutually_exclusive_group()
    choice.add_argument("--llm", metavar="openai:MODEL", help="one model of an OpenAI-compatible server for every role")
    choice.add_argument("--cast", type=Path, metavar="FILE", help="YAML: class and settings for each role")
    choice.add_argument(
        "--world",
        choices=WORLDS,
        default="full",
        help="of the rehearsal cast: full (default), or micro, a language of 400 words to train a small model on",
    )
    cast.add_argument("--base-url", metavar="URL", help="the server of --llm (default: OPENAI_BASE_URL, else OpenAI's)")
    run = parser.add_argument_group("the run")
    run.add_argument(
        "--concurrency", type=positive, default=32, metavar="N", help="calls under way at most (default 32)"
    )
    run.add_argument("--seed", type=int, default=0, metavar="N", help="of every random draw (default 0)")
    run.add_argument("--work", type=Path, default=Path(".i2a"), metavar="DIR", help="journal and caches (default .i2a)")
    run.add_argument(
        "--out", type=Path, default=Path("i2a") / name, metavar="DIR", help=f"release (default i2a/{name})"
    )
    run.add_argument("--overwrite", action="store_true", help="replace a release that was made otherwise")
    run.add_argument("--dry-run", action="store_true", help="tell calls, tokens, cost and time, and make none")
    run.add_argument(
        "--max-cost",
        type=amount,
        metavar="SUM",
        help="stop in good order before this is spent, earlier runs of this dataset included",
    )
    hub = parser.add_argument_group("the Hugging Face Hub")
    hub.add_argument("--push", action="store_true", help="push the release when it is made; an old one too")
    push.target_options(hub, "the last two parts of --out")
    hub.add_argument(
        "--license",
        type=argument(check_license),
        default="cc-by-4.0",
        metavar="ID",
        help="of the data (default cc-by-4.0)",
    )


def positive(text: str) -> int:
    """A whole number of at least 1."""
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return int(text)


def natural(text: str) -> int:
    """A whole number of at least 0."""
    return 0 if text == "0" else positive(text)


def amount(text: str) -> float:
    """A sum of money."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value >= 0):
        raise argparse.ArgumentTypeError(f"{text!r} is not a sum of money")
    return value


def cast_of(options: argparse.Namespace, roles: list[str]) -> Cast:
    """Who plays, as the options say.

    Raises:
        UserError: options that do not go together, or a cast that is not valid.
    """
    if options.base_url and not options.llm:
        raise UserError("--base-url goes with --llm; in a --cast file each role has its own base_url")
    if options.cast:
        cast = read_cast(options.cast, roles)
    elif options.llm:
        cast = single_cast(roles, options.llm, options.base_url)
    else:
        unstarted = "http://127.0.0.1/v1"  # its real address is known when it has been started
        cast = rehearsal_cast(roles, unstarted, options.world)
    unpriced = [role for role, player in cast.players.items() if player.price is None]
    if options.max_cost is not None and unpriced:
        raise UserError(f"--max-cost needs a price for every role, from a --cast file; none for: {', '.join(unpriced)}")
    return cast


def target_of(options: argparse.Namespace) -> push.Target | None:
    """Where the releases go; None without --push.

    Raises:
        UserError: options that mean nothing without --push.
    """
    if options.push:
        return push.Target(tag=options.tag, private=options.private, allow_rehearsal=options.allow_rehearsal)
    if idle := [name for name in ("private", "tag", "allow_rehearsal") if getattr(options, name)]:
        raise UserError(f"--{idle[0].replace('_', '-')} goes with --push")
    return None


def tell_permission(repo_ids: Sequence[str], target: push.Target | None, *, rehearsal: bool) -> None:
    """What would speak against a push, for a dry run."""
    try:
        require_permission(repo_ids, target, rehearsal=rehearsal)
    except PushError as error:
        console.print(f"would be refused as it is: {error}", markup=False)


def require_permission(repo_ids: Sequence[str], target: push.Target | None, *, rehearsal: bool) -> None:
    """Sees, before the first call, that what is going to be made may be pushed, where it is to be.

    Raises:
        PushError: rehearsal data, no token, or one that lacks a right.
    """
    if target is not None:
        push.require_permission(repo_ids, target, rehearsal=rehearsal)


def push_releases(releases: Mapping[Path, str], target: push.Target | None) -> None:
    """Pushes finished releases, each to its name, where they are to be: first all are looked at, then all are sent.

    Raises:
        PushError: one can't be pushed. The releases stay, and the same command finishes, or cards/push.py.
    """
    if target is not None:
        beside = {built_as(folder): repo_id for folder, repo_id in releases.items()}
        prepared = [
            push.prepare(folder, replace(target, repo_id=repo_id, beside=beside))
            for folder, repo_id in releases.items()
        ]
        for one in prepared:
            for line in one.send():
                console.print(line, markup=False)


@contextmanager
def on_stage(cast: Cast, seed: int, world: World) -> Iterator[Cast]:
    """The cast, ready to be called: starts the rehearsal's endpoint if it plays, and looks whether others answer.

    Raises:
        UserError: an endpoint is not there, or does not accept the key.
    """
    if cast.rehearsal:
        from pipelines import rehearsal

        with rehearsal.serve(world=world, seed=seed) as base_url:
            yield rehearsal_cast(list(cast.players), base_url, world)
    else:
        require_keys(cast)
        _require_answers(cast)
        yield cast


@contextmanager
def work_folder(work: Path, stage: str) -> Iterator[Path]:
    """The stage's part of the work folder, its owner's alone, for one run at a time.

    Raises:
        UserError: another run is in it, or it cannot be written.
    """
    folder = work / stage
    try:
        if not work.exists():
            work.mkdir(parents=True, mode=0o700)
        folder.mkdir(exist_ok=True)
        folder.chmod(0o700)  # mkdir's mode is cut by the umask
    except OSError as error:
        raise UserError(f"--work {work}: {error.strerror}") from error
    with alone(folder / "lock", f"in {folder}: wait for it, or choose another --work"):
        yield folder


@contextmanager
def out_folder(out: Path) -> Iterator[None]:
    """The place of a release, for one run at a time."""
    made = not out.parent.exists()
    lock = out.parent / f".{out.name}.lock"
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"--out {out}: {error.strerror}") from error
    try:
        with alone(lock, f"on {out}: wait for it, or choose another --out"):
            try:
                yield
            finally:
                lock.unlink(missing_ok=True)
    finally:
        if made:
            with suppress(OSError):  # not empty: something was made
                out.parent.rmdir()


@contextmanager
def alone(lock: Path, where: str) -> Iterator[None]:
    """Holds a lock file.

    Raises:
        UserError: another run holds it.
    """
    try:
        with FileLock(lock, timeout=0):
            yield
    except Timeout:
        raise UserError(f"another run is at work {where}") from None


def difference(name: str, old: dict[str, Any], new: dict[str, Any]) -> str:
    """How an entry of a release's recipe differs, where that is short enough to read."""
    values = f"{old.get(name)} -> {new.get(name)}"
    return f"{name.replace('_', '-')} {values}" if len(values) < 60 else name


def repo_id(out: Path) -> str:
    """The dataset's name on the Hub: the last two parts of its folder."""
    return "/".join(out.absolute().parts[-2:])


def loaded_as(out: Path) -> str:
    """What `load_dataset` is given for a release, from the folder in which the command runs."""
    name = repo_id(out)
    return name if Path(name).absolute() == out.absolute() else str(out)


def by_count(counts: Mapping[str, int]) -> dict[str, int]:
    """The commonest first."""
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def counted(counts: Mapping[str, int]) -> str:
    """Names with their counts: tie 12, votes-differ 3."""
    return ", ".join(f"{name} {count:,}" for name, count in counts.items())


def write_run(folder: Path, began: datetime, told: dict[str, Any]) -> None:
    """run.json: what differs from run to run, and so stands in no manifest."""
    run = {"began": began.isoformat(), "seconds": round((datetime.now(UTC) - began).total_seconds(), 1), "calls": told}
    try:
        (folder / "run.json").write_text(json.dumps(run, indent=1) + "\n")
    except OSError as error:
        console.print(f"the release is finished; {folder / 'run.json'} could not be written: {error.strerror}")


def guarded(run: Callable[[], None]) -> int:
    """The exit code of a command: 0; 2 for what the user can mend; 3 stopped by --max-cost; 130 by Ctrl-C."""
    try:
        run()
    except _USERS_MISTAKES as error:
        _errors.print(f"error: {error}", style="red", markup=False)
        return 2
    except Stopped as error:
        _errors.print(str(error), style="yellow", markup=False)
        return 3
    except KeyboardInterrupt:
        _errors.print("stopped; everything finished is kept: the same command goes on from there", style="yellow")
        return 130
    finally:
        # Distilabel's import makes uncaught errors print the local variables of every frame, keys among them
        sys.excepthook = sys.__excepthook__
    return 0


def _require_answers(cast: Cast) -> None:
    import os

    endpoints = {
        (player.settings.get("base_url"), player.settings.get("api_key_env", "OPENAI_API_KEY"))
        for player in cast.players.values()
        if player.llm == "OpenAILLM"
    }
    for base_url, variable in sorted(endpoints, key=str):
        require_answer(base_url, os.environ.get(variable), f"the key in {variable}")


def require_answer(base_url: str | None, key: str | None, named: str) -> None:
    """Sees that an OpenAI-compatible server is there, and accepts the key.

    Raises:
        UserError: it is not, or does not.
    """
    import openai

    client = openai.OpenAI(base_url=base_url, api_key=key or "none", timeout=10, max_retries=1)
    try:
        client.models.list()
    except openai.APIConnectionError as error:
        raise UserError(
            f"nobody answers at {client.base_url}: is the server running, and the address right?"
        ) from error
    except (openai.AuthenticationError, openai.PermissionDeniedError) as error:
        raise UserError(f"{client.base_url} does not accept {named}: HTTP {error.status_code}") from error
    except (openai.APIStatusError, ValueError):
        return  # it answers; that it lists no models, or not as JSON, is its own affair
    finally:
        client.close()
