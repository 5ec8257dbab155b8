"""Pushes a release to the Hub: one commit, one tag, and a look whether what came is what was sent.

    python cards/push.py i2a/trees                               # the release in ./i2a/trees, to the dataset i2a/trees
    python cards/push.py i2a/trees --repo me/trees --tag v1.0.0
    python cards/push.py i2a/trees --dry-run                     # what it would add, change and delete; sends nothing

Only what the manifest names is sent, and of that only what the Hub doesn't have yet. Whatever happens on the way, the
Hub shows the old version whole or the new one whole; the same command, given again, finishes the work.
"""

import argparse
import hashlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from subprocess import CalledProcessError
from typing import TYPE_CHECKING, Any

from rich.console import Console

from cards import check, release, scan, versions
from cards.hub.commit import Message, create, propose, publish
from cards.hub.history import changes_since, is_at, manifest_there, require_same_dataset, require_unedited
from cards.hub.plan import File, Plan
from cards.hub.remote import PushError, Remote, read
from cards.hub.rights import require_right_to_write
from cards.vocabulary import VocabularyError, check_repo_id, check_revision, is_repo_id

if TYPE_CHECKING:
    from huggingface_hub import HfApi

__all__ = ["PushError", "Target", "argument", "prepare", "require_permission", "target_options"]

_LISTED = 5  # files that are left here, by name


@dataclass(frozen=True)
class Target:
    """Where a release goes, and how."""

    repo_id: str | None = None  # None: what the release was built for
    tag: str | None = None
    private: bool = False  # where the dataset is not there yet
    create_pr: bool = False  # propose the version instead of publishing it
    allow_rehearsal: bool = False
    beside: Mapping[str, str] = field(default_factory=dict)  # pushed together with it: name at the build -> there


@dataclass(frozen=True)
class Prepared:
    """A push, as far as it goes without writing: what it will do, and what there is to say before."""

    api: "HfApi"
    repo_id: str
    target: Target
    remote: Remote | None  # None: the dataset will be made
    files: Mapping[str, File]
    plan: Plan
    message: Message
    notes: Sequence[str]

    def told(self) -> list[str]:
        """What `send` would do, line by line."""
        if not self.plan:
            return [*self.notes, f"nothing to send: {self.repo_id} is this version"]
        visible = "private" if self.target.private else "public, unless the organisation's default is private"
        return [
            *self.notes,
            *([] if self.remote else [f"create  {self.repo_id} ({visible})"]),
            *self.plan.lines(),
            f"{'propose' if self.target.create_pr else 'commit '} {self.message.title!r} to {self.repo_id}",
            str(self.plan),
        ]

    def send(self) -> list[str]:
        """Does it; what there is to say, line by line.

        Raises:
            PushError: it failed on the way. The Hub shows the old version whole or the new one.
        """
        from huggingface_hub.utils.tqdm import disable_progress_bars

        if not sys.stderr.isatty():  # a log is no place for bars
            disable_progress_bars()
        remote = self.remote or create(self.api, self.repo_id, private=self.target.private)
        if self.target.create_pr:
            return [*self.notes, propose(self.api, remote, self.files, self.plan, self.message)]
        return [*self.notes, *publish(self.api, remote, self.files, self.plan, self.message, self.target.tag)]


def prepare(folder: Path, target: Target, *, dry_run: bool = False) -> Prepared:
    """Looks at a release and at the Hub, and writes nothing; `send` then pushes it.

    Args:
        dry_run: What speaks against the push becomes a note, as far as one can look on.

    Raises:
        ReleaseError: the folder holds no release, or not as it was built.
        PushError: it can't be pushed. The same call, once its reason is mended, finishes the work.
    """
    from huggingface_hub import HfApi

    api = HfApi()
    manifest, strays = release.read_to_push(folder)
    repo_id = target.repo_id or str(manifest["repo_id"])
    _require_name(repo_id)
    ours = versions.renamed_for(manifest, repo_id, target.beside)
    remote = read(api, repo_id)
    there = manifest_there(api, remote)
    log, changes = changes_since(api, remote, there, ours, target.tag)
    try:
        files = _files(folder, manifest, versions.addressed(folder, manifest, ours, log))
    except (OSError, ValueError) as error:  # gone meanwhile; or a card of another i2a
        raise PushError(f"{folder} can't be pushed as it is: {error}") from error
    plan = Plan.of(files, remote.files if remote else {})
    message = Message(f"{target.tag or 'New version'}: {changes[0]}", "\n".join(f"- {change}" for change in changes))
    notes = _left_here(strays)
    if remote and target.tag and is_at(api, remote, target.tag, files):
        notes.append(f"{target.tag} of {repo_id} is this version" + (", and main has gone on since" if plan else ""))
        plan = Plan.nothing()
    prepared = Prepared(api, repo_id, target, remote, files, plan, message, notes)
    for see in _objections(prepared, folder, ours, there):
        try:
            see()
        except PushError as error:
            if not dry_run:
                raise
            notes.append(f"would be refused as it is: {error}")
    return prepared


def _objections(
    push: Prepared, folder: Path, ours: Mapping[str, Any], there: Mapping[str, Any] | None
) -> Iterator[Callable[[], None]]:
    """What could speak against a push, each raising PushError if it does."""
    remote, target, plan = push.remote, push.target, push.plan
    yield lambda: require_permission([push.repo_id], target, rehearsal=ours["rehearsal"])
    if remote and there:
        yield lambda: require_same_dataset(remote, there, ours)
    if remote and ".gitignore" in remote.files:
        yield lambda: _refuse_ignoring(remote)
    if remote and plan:
        yield lambda: _require_free_tag(remote, target.tag)
        if there and not target.create_pr:
            yield lambda: require_unedited(push.api, remote, there)
    if plan:
        yield lambda: _require_no_secret(plan.sent)
        yield lambda: _require_loadable(folder)


def require_permission(repo_ids: Sequence[str], target: Target, *, rehearsal: bool) -> None:
    """Sees, before any work is done, that these datasets may be pushed.

    Raises:
        PushError: rehearsal data, no token, or one that lacks a right.
    """
    from huggingface_hub import HfApi

    if rehearsal and not target.allow_rehearsal:
        raise PushError(
            f"{' and '.join(repo_ids)}: this is rehearsal data, made by rule, and is not published by accident. Give "
            "--allow-rehearsal if you mean it; it stays marked as rehearsal in card and rows"
        )
    if target.tag and target.create_pr:
        raise PushError(
            "--tag with --create-pr: merge the pull request first, then tag it by the same command without it"
        )
    api = HfApi()
    for repo_id in repo_ids:
        _require_name(repo_id)
        require_right_to_write(api, repo_id, create_pr=target.create_pr)
        if target.private and (remote := read(api, repo_id)):
            _require_visibility(remote, target)


def _require_name(repo_id: str) -> None:
    if not is_repo_id(repo_id):
        raise PushError(f"{repo_id!r} can't be a dataset's name on the Hub: give --repo ORG/NAME")


def target_options(parser: argparse.ArgumentParser | argparse._ArgumentGroup, default: str) -> None:
    """Where a release goes, as this command and the stages take it; `default` says what --repo is without it."""
    parser.add_argument(
        "--repo",
        type=argument(check_repo_id),
        metavar="ORG/NAME",
        help=f"the dataset on the Hub (default: {default})",
    )
    parser.add_argument("--private", action="store_true", help="create the dataset as a private one")
    parser.add_argument(
        "--tag", type=argument(check_revision), metavar="NAME", help="name this version, such as v1.0.0"
    )
    parser.add_argument("--allow-rehearsal", action="store_true", help="push data of the rehearsal cast")


def argument(check: Callable[[str], str]) -> Callable[[str], str]:
    """A check of `cards.vocabulary` as the type of an argument of a command."""

    def checked(text: str) -> str:
        try:
            return check(text)
        except VocabularyError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return checked


def _files(folder: Path, manifest: Mapping[str, Any], written: Mapping[str, bytes]) -> dict[str, File]:
    """All files of the version: path -> content. `written` stands for the files of that name here.

    What goes inside of a commit is read once: what is looked at is what is sent, whatever becomes of the folder.
    """
    files = {}
    for path, told in manifest["files"].items():
        if any(part.startswith(".") for part in PurePosixPath(path).parts):
            raise PushError(f"{folder / release.MANIFEST} names the hidden file {path}: no stage makes such a release")
        content = folder / path if path.endswith(".parquet") else (folder / path).read_bytes()
        files[path] = File(content, told["sha256"], told["bytes"])
    for path, content in written.items():
        files[path] = File(content, hashlib.sha256(content).hexdigest(), len(content))
    return files


def _left_here(strays: Sequence[str]) -> list[str]:
    """What to say of files that the release does not name; those that `hf download` makes are its own affair."""
    names = [
        ascii(path)[1:-1] for path in strays if path != ".gitattributes" and not path.startswith(".cache/huggingface/")
    ]
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return [f"no part of the release, so left here: {', '.join(names[:_LISTED])}{more}"] if names else []


def _refuse_ignoring(remote: Remote) -> None:
    raise PushError(
        f"{remote.repo_id} has a .gitignore on the Hub, by which the client leaves out files of a push: delete it there"
    )


def _require_visibility(remote: Remote, target: Target) -> None:
    if target.private and not remote.private:
        raise PushError(
            f"{remote.repo_id} is public: make it private in its settings on the Hub, or leave out --private"
        )


def _require_free_tag(remote: Remote, tag: str | None) -> None:
    if tag in remote.tags:
        raise PushError(
            f"{tag} of {remote.repo_id} is another version, and a tag is never moved: give this one another --tag"
        )


def _require_no_secret(files: Mapping[str, File]) -> None:
    from huggingface_hub import get_token

    secrets = scan.known_secrets(os.environ, get_token())
    found = [f"{path} holds {what}" for path, file in files.items() if (what := scan.scan(file.content, path, secrets))]
    if found:
        raise PushError(
            f"{'; '.join(found)}. Nothing was sent: take out what it comes from, and make the release again"
        )


def _require_loadable(folder: Path) -> None:
    try:
        check.load_elsewhere(folder)
    except OSError as error:
        raise PushError(f"{folder} can't be loaded to check it: {error}") from error
    except CalledProcessError as error:
        raise PushError(
            f"load_dataset can't read {folder}, so it was not pushed:\n{error.output[-2000:].strip()}"
        ) from error


def options_of(argv: Sequence[str] | None) -> argparse.Namespace:
    assert __doc__ is not None
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="the release, such as i2a/trees")
    target_options(parser, "what the release was made for")
    parser.add_argument("--create-pr", action="store_true", help="propose the version in a pull request")
    parser.add_argument(
        "--dry-run", action="store_true", help="tell adds, changes, deletes and bytes, and send nothing"
    )
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    options = options_of(argv)
    target = Target(options.repo, options.tag, options.private, options.create_pr, options.allow_rehearsal)
    console, errors = (Console(stderr=stderr, highlight=False, soft_wrap=True) for stderr in (False, True))
    try:
        prepared = prepare(options.folder, target, dry_run=options.dry_run)
        for line in prepared.told() if options.dry_run else prepared.send():
            console.print(line, markup=False)
    except (PushError, release.ReleaseError, VocabularyError) as error:
        errors.print(f"error: {error}", style="red", markup=False)
        return 2
    except KeyboardInterrupt:
        errors.print(
            "stopped; what the Hub showed it shows, or the new version whole: the same command finishes the work",
            style="yellow",
        )
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
