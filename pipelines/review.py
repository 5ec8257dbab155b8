"""Stage 3: people check the data in Argilla, and the data follows what they decide.

    python pipelines/review.py serve                       # a whole Argilla on this machine, until Ctrl-C
    python pipelines/review.py annotator NAME              # somebody who may answer; prints their password
    python pipelines/review.py push personas               # i2a/personas: every text once
    python pipelines/review.py push trees --sample 400     # i2a/trees: so many pairs of replies
    python pipelines/review.py status                      # who has answered how much
    python pipelines/review.py collect personas            # decisions become data; trees likewise

With ARGILLA_API_URL and ARGILLA_API_KEY set, all but `serve` talk to that server instead. Everything may be given
again: it goes on from what is there.
"""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pipelines import cli

WHAT = ("personas", "trees")


def options_of(argv: Sequence[str] | None) -> argparse.Namespace:
    assert __doc__ is not None
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Callable[[argparse.Namespace], None], told: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=told, description=told)
        added.add_argument(
            "--home", type=Path, default=Path(".argilla"), metavar="DIR", help="the server's data (default .argilla)"
        )
        added.set_defaults(run=run)
        return added

    serve = command("serve", _serve, "a whole Argilla on this machine, until Ctrl-C")
    serve.add_argument("--port", type=int, default=6900, metavar="N", help="of 127.0.0.1 (default 6900)")
    command("annotator", _annotator, "add somebody who may answer").add_argument("name", metavar="NAME")
    push = command("push", _push, "give records to reviewers")
    push.add_argument("what", choices=WHAT)
    push.add_argument(
        "--sample",
        type=cli.positive,
        metavar="N",
        help="records, half of them at random (default: of personas every text once; 200 pairs)",
    )
    command("status", _status, "tell who has answered how much")
    collect = command("collect", _collect, "turn decisions into data")
    collect.add_argument("what", choices=WHAT)
    for parser_ in (push, collect):
        parser_.add_argument("--out", type=Path, metavar="DIR", help="release (default i2a/personas or i2a/trees)")
        parser_.add_argument(
            "--work", type=Path, default=Path(".i2a"), metavar="DIR", help="of the personas: caches (default .i2a)"
        )
        parser_.add_argument(
            "--embedder", metavar="NAME", help="of the personas: default is the one that they were made with"
        )
    return parser.parse_args(argv)


def _serve(options: argparse.Namespace) -> None:
    from pipelines.argilla_local import launch

    launch.serve(options.home, options.port)


def _annotator(options: argparse.Namespace) -> None:
    from pipelines.reviews.client import connect

    server = connect(options.home)
    password = server.add_annotator(options.name)
    cli.console.print(f"added {options.name}; the password, which is shown this once: {password}", markup=False)
    cli.console.print(f"log in at {server.address}", markup=False)


def _push(options: argparse.Namespace) -> None:
    from pipelines.reviews.client import connect
    from pipelines.reviews.pushing import push_personas, push_trees

    server, out = connect(options.home), _out(options)
    if options.what == "personas":
        push_personas(server, out, options.work, options.sample, options.embedder)
    else:
        push_trees(server, out, options.sample)


def _status(options: argparse.Namespace) -> None:
    from pipelines.reviews.client import connect
    from pipelines.reviews.status import status

    cli.console.print(status(connect(options.home)))


def _collect(options: argparse.Namespace) -> None:
    from pipelines.reviews.answers import fetch
    from pipelines.reviews.client import connect
    from pipelines.reviews.collect import collect_personas, collect_trees
    from pipelines.reviews.decisions import Reviews

    server, out = connect(options.home), _out(options)

    def fetched(repo_id: str, known: Mapping[str, str]) -> tuple[Reviews, set[tuple[str, str]]]:
        answers = fetch(server, repo_id, options.what, known)
        return Reviews(answers.rows, answers.annotators, answers.min_submitted), answers.seen

    if options.what == "personas":
        collect_personas(out, options.work, options.embedder, fetched)
    else:
        collect_trees(out, fetched)


def _out(options: argparse.Namespace) -> Path:
    return Path("i2a", options.what) if options.out is None else Path(options.out)


def main(argv: Sequence[str] | None = None) -> int:
    options = options_of(argv)
    return cli.guarded(lambda: options.run(options))


if __name__ == "__main__":
    sys.exit(main())
