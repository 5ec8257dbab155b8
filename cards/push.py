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
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from subprocess import CalledProcessError
from typing import TYPE_CHECKING, Any

from rich.console import Console

from cards import check, release, scan, versions
from cards.hub.commit import Message, create, propose, publish
from cards.hub.plan import File, Plan
from cards.hub.remote import PushError, Remote, read, read_manifest
from cards.hub.rights import require_right_to_write
from cards.vocabulary import VocabularyError, check_repo_id, check_revision, is_repo_id

if TYPE_CHECKING:
    from huggingface_hub import HfApi

__all__ = ["PushError", "Pushed", "Target", "argument", "push", "require_permission"]

_OWN = (".gitattributes", release.CARD)  # what a dataset that was made by hand on the Hub begins with


@dataclass(frozen=True)
class Target:
    """Where a release goes, and how."""

    repo_id: str | None = None  # None: what the release was built for
    tag: str | None = None
    private: bool = False  # where the dataset is not there yet
    create_pr: bool = False  # propose the version instead of publishing it
    allow_rehearsal: bool = False


@dataclass(frozen=True)
class Pushed:
    """What became of a push."""

    repo_id: str
    plan: Plan
    said: list[str] = field(default_factory=list)  # for people, line by line


def push(folder: Path, target: Target, *, dry_run: bool = False) -> Pushed:
    """Sends a release, or only tells what it would send.

    Raises:
        ReleaseError: the folder holds no release, or not as it was built.
        PushError: it can't be pushed. The same call, once its reason is mended, finishes the work.
    """
    from huggingface_hub import HfApi

    api = HfApi()
    manifest, strays = release.read_to_push(folder)
    repo_id = target.repo_id or str(manifest["repo_id"])
    if not is_repo_id(repo_id):
        raise PushError(f"{repo_id!r} can't be a dataset's name on the Hub: give --repo ORG/NAME")
    said = [f"{path} stays here: it is no part of the release" for path in strays]
    try:
        require_permission([repo_id], target, rehearsal=manifest["rehearsal"])
    except PushError as error:
        if not dry_run:
            raise
        said.append(f"would be refused as it is: {error}")
    remote = read(api, repo_id)
    log, changes = _history(api, remote, manifest, repo_id, target.tag)
    files = _files(folder, manifest, versions.addressed(folder, manifest, repo_id, log))
    plan = Plan.of(files, remote.files if remote else {})
    _require_free_tag(api, remote, files, target.tag)
    _require_no_secret(plan.sent)
    if dry_run:
        return Pushed(repo_id, plan, [*said, *plan.lines(), f"{repo_id}: {plan}"])
    if plan:
        _require_loadable(folder)
    if remote is None:
        remote = create(api, repo_id, private=target.private)
        plan = Plan.of(files, remote.files)
    elif target.private and not remote.private:
        raise PushError(f"{repo_id} is public: make it private in its settings on the Hub, or leave out --private")
    message = Message(f"{target.tag or 'New version'}: {changes[0]}", "\n".join(f"- {change}" for change in changes))
    if target.create_pr:
        said.append(propose(api, remote, files, plan, message))
    else:
        said += publish(api, remote, files, plan, message, target.tag)
    return Pushed(repo_id, plan, said)


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
    for repo_id in repo_ids:
        require_right_to_write(HfApi(), repo_id, create_pr=target.create_pr)


def argument(check: Callable[[str], str]) -> Callable[[str], str]:
    """A check of `cards.vocabulary` as the type of an argument of a command."""

    def checked(text: str) -> str:
        try:
            return check(text)
        except VocabularyError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return checked


def _history(
    api: "HfApi", remote: Remote | None, manifest: Mapping[str, Any], repo_id: str, tag: str | None
) -> tuple[versions.Changelog, list[str]]:
    """The changelog that goes with this version, and what changes with it.

    Raises:
        PushError: what is there is something else than this dataset.
    """
    if remote is None or not remote.files.keys() - _OWN:
        changes = versions.changes(None, manifest)
        return versions.changelog([], tag, changes), changes
    if release.MANIFEST not in remote.files:
        raise PushError(
            f"{repo_id} on the Hub holds what i2a did not make, and a push would delete it: give another --repo"
        )
    there = read_manifest(api, remote, remote.commit)
    if there.get("dataset") != manifest.get("dataset"):
        raise PushError(
            f"{repo_id} on the Hub is a dataset of {there.get('dataset')}, and this one of {manifest.get('dataset')}: "
            "give another --repo"
        )
    earlier = [entry for entry in there.get("changelog", []) if entry["version"] != tag]
    since = (
        there
        if tag is None
        else next(
            (read_manifest(api, remote, entry["version"]) for entry in earlier if entry["version"] in remote.tags),
            None,
        )
    )
    changes = versions.changes(since, manifest)
    return versions.changelog(earlier, tag, changes), changes


def _files(folder: Path, manifest: Mapping[str, Any], written: Mapping[str, bytes]) -> dict[str, File]:
    """All files of the version: path -> content. `written` stands for the files of that name here."""
    files = {path: File(folder / path, told["sha256"], told["bytes"]) for path, told in manifest["files"].items()}
    for path in files:
        if any(part.startswith(".") for part in PurePosixPath(path).parts):
            raise PushError(f"{folder / release.MANIFEST} names the hidden file {path}: no stage makes such a release")
    for path, content in written.items():
        files[path] = File(content, hashlib.sha256(content).hexdigest(), len(content))
    return files


def _require_free_tag(api: "HfApi", remote: Remote | None, files: Mapping[str, File], tag: str | None) -> None:
    if remote is None or tag not in remote.tags:
        return
    tagged = read(api, remote.repo_id, tag)
    if tagged is None or Plan.of(files, tagged.files):
        raise PushError(
            f"{tag} of {remote.repo_id} is another version, and a tag is never moved: give this one another --tag"
        )


def _require_no_secret(files: Mapping[str, File]) -> None:
    from huggingface_hub import get_token

    secrets = scan.known_secrets(os.environ, get_token())
    for path, file in files.items():
        found = (
            scan.scan_bytes(file.content, secrets)
            if isinstance(file.content, bytes)
            else scan.scan(file.content, secrets)
        )
        if found:
            raise PushError(
                f"{path} holds {found}. Nothing was sent: take out what it comes from, and make the release again"
            )


def _require_loadable(folder: Path) -> None:
    try:
        check.load_elsewhere(folder)
    except CalledProcessError as error:
        raise PushError(
            f"load_dataset can't read {folder}, so it was not pushed:\n{error.output[-2000:].strip()}"
        ) from error


def options_of(argv: Sequence[str] | None) -> argparse.Namespace:
    assert __doc__ is not None
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="the release, such as i2a/trees")
    parser.add_argument(
        "--repo",
        type=argument(check_repo_id),
        metavar="ORG/NAME",
        help="the dataset on the Hub (default: what the release was made for)",
    )
    parser.add_argument(
        "--tag", type=argument(check_revision), metavar="NAME", help="name this version, such as v1.0.0"
    )
    parser.add_argument("--private", action="store_true", help="create the dataset as a private one")
    parser.add_argument("--create-pr", action="store_true", help="propose the version in a pull request")
    parser.add_argument("--allow-rehearsal", action="store_true", help="push data of the rehearsal cast")
    parser.add_argument(
        "--dry-run", action="store_true", help="tell adds, changes, deletes and bytes, and send nothing"
    )
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    options = options_of(argv)
    target = Target(options.repo, options.tag, options.private, options.create_pr, options.allow_rehearsal)
    console, errors = (Console(stderr=stderr, highlight=False, soft_wrap=True) for stderr in (False, True))
    try:
        for line in push(options.folder, target, dry_run=options.dry_run).said:
            console.print(line, markup=False)
    except (PushError, release.ReleaseError) as error:
        errors.print(f"error: {error}", style="red", markup=False)
        return 2
    except KeyboardInterrupt:
        errors.print("stopped; the Hub shows one version whole: the same command finishes the work", style="yellow")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
