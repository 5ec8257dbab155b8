"""A release: one folder with exactly the layout of its Hub repo, built aside, checked, then moved into place whole.

    i2a/personas/
        README.md                                  the card
        manifest.json                              what determines the data, and the sha256 of every other file
        personas/train-00000-of-00001.parquet      <config>/<split>, a file per 500 MB; without rows there is none
        figures/                                   where there are any

    staged = build(out, "i2a/personas", configs, template="personas", facts=facts, manifest=manifest)
    staged.publish()

While it is built it stands beside its place, as `.personas.i2a-new`; a release that it replaces stands aside for an
instant, as `.personas.i2a-old`. `recover` puts right what a kill left, so a reader finds the old release or the new
one, never half of one. One process at a time builds into the same place.
"""

import errno
import glob
import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from cards import check
from cards.card import render
from cards.data import Config, Written, write

__all__ = ["Config", "ReleaseError", "Staged", "build", "read_manifest", "recover"]

CARD = "README.md"
MANIFEST = "manifest.json"

_DISK_FULL = re.compile(rf"\[errno ({errno.ENOSPC}|{errno.EFBIG}|{errno.EDQUOT})\]", re.IGNORECASE)
_REMEDY = "Move it away, or choose another folder"


class ReleaseError(RuntimeError):
    """A release can't be built, read or moved into place. What was published before is as it was."""


@dataclass(frozen=True)
class Staged:
    """A release that passed its check and waits beside its place."""

    out: Path

    def publish(self) -> None:
        """Moves the release into place, instead of the one that stands there."""
        with _clear_errors(self.out):
            read_manifest(self.out)  # again: it may have become something else since the build began
            try:
                if self.out.exists():
                    self.out.rename(_aside(self.out, "old"))
                _staged_folder(self.out).rename(self.out)
            finally:
                recover(self.out)

    def discard(self) -> None:
        """Removes the release that was built; the one in place stays."""
        shutil.rmtree(_aside(self.out, "new"), ignore_errors=True)


def build(
    out: Path,
    repo_id: str,
    configs: Sequence[Config],
    *,
    template: str,
    facts: Mapping[str, Any],
    manifest: Mapping[str, Any],
    figures: Mapping[str, bytes] = MappingProxyType({}),
    siblings: Sequence[str] = (),
) -> Staged:
    """Builds a release beside `out` and checks that load_dataset reads every row of it. The same input gives the same
    bytes. Nothing at `out` changes before `publish`.

    Args:
        out: Where the release will stand.
        repo_id: What the card's snippets load, such as `i2a/personas`.
        configs: The data; read once, config by config and split by split, in the given order.
        template: A file of `cards/templates`, without `.md.jinja2`.
        facts: What the card tells; the template's first lines list them.
        manifest: What determines the data, as JSON values. `repo_id`, `siblings` and `files` are added here.
        figures: File name -> content, for the folder `figures`.
        siblings: Datasets that are built beside this one and that its card names; where one is pushed, all go.

    Raises:
        ReleaseError: `out` holds something else, the disk is full, there are no rows, or what load_dataset reads is not
            what was written. Nothing half-built stays.
    """
    staged = Staged(out)
    with _clear_errors(out):
        read_manifest(out)
        recover(out)
        try:
            written = _write(
                _staged_folder(out),
                repo_id,
                configs,
                template=template,
                facts=facts,
                manifest={**manifest, "repo_id": repo_id, "siblings": list(siblings)},
                figures=figures,
            )
            _check(_staged_folder(out), written)
        except BaseException:
            staged.discard()
            raise
    return staged


def read_manifest(out: Path) -> dict[str, Any] | None:
    """The manifest of the release at `out`; None where there is nothing, or an empty folder.

    Raises:
        ReleaseError: something else stands there, or the release is not as it was published (a file was added, changed
            or removed), so that replacing it would lose somebody's work.
    """
    with _clear_errors(out):
        if glob.escape(str(_absolute(out))) != str(_absolute(out)):
            raise ReleaseError(f"{out}: load_dataset can't load from a path with * ? or [ in it. Choose another folder")
        if out.is_symlink() or (out.exists() and not out.is_dir()):
            raise ReleaseError(f"{out} is a {'link' if out.is_symlink() else 'file'}, no release. {_REMEDY}")
        if not out.exists() or not any(out.iterdir()):
            return None
        manifest, changed, added = _compared(out)
    if changed or added:
        odd = _some(sorted(changed + added))
        raise ReleaseError(f"{out} is not as it was published: {odd} added, changed or removed since. {_REMEDY}")
    return manifest


def read_to_push(out: Path) -> tuple[dict[str, Any], list[str]]:
    """The manifest of a release, and what stands in its folder without being part of it, such as `.DS_Store`.

    Raises:
        ReleaseError: there is no release, or a file of it is not as it was published.
    """
    with _clear_errors(out):
        if out.is_symlink() or not out.is_dir():
            raise ReleaseError(f"{out} is no folder of a release: a stage makes one, such as pipelines/personas.py")
        manifest, changed, added = _compared(out)
    if changed:
        raise ReleaseError(
            f"{out} is not as it was published: {_some(changed)} changed or removed since. Move it away and make it "
            "again by the same command, which costs no call twice. Words of your own go into cards/templates"
        )
    if missing := {"repo_id", "siblings", "rehearsal"} - manifest.keys():
        raise ReleaseError(
            f"{out / MANIFEST} does not tell {', '.join(sorted(missing))}, as releases of an earlier i2a don't. Move "
            "the release away and make it again by the same command, which costs no call twice"
        )
    return manifest, added


def built_as(out: Path) -> str:
    """The name that a release was built for.

    Raises:
        ReleaseError: there is no release.
    """
    try:
        return str(json.loads((out / MANIFEST).read_bytes())["repo_id"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ReleaseError(f"{out} holds something else than a release (no valid {MANIFEST}). {_REMEDY}") from error


def recover(out: Path) -> None:
    """Puts right what a killed build or publish left: an old release goes back where no new one took its place, and
    leftovers go. Does nothing where there are none; every stage calls it at its start.
    """
    with _clear_errors(out):
        old = _aside(out, "old")
        if old.exists():
            if read_manifest(out) is None:
                old.rename(out)
            else:
                shutil.rmtree(old)
        if _aside(out, "new").exists():
            shutil.rmtree(_aside(out, "new"))


def _write(
    folder: Path,
    repo_id: str,
    configs: Sequence[Config],
    *,
    template: str,
    facts: Mapping[str, Any],
    manifest: Mapping[str, Any],
    figures: Mapping[str, bytes],
) -> list[Written]:
    """Writes the whole release to a folder that doesn't exist yet."""
    folder.mkdir(parents=True)
    written = [write(config, folder) for config in configs]
    for one in written:
        if one.config.default and not one.rows:
            raise ReleaseError(f"config {one.config.name!r} of {repo_id} has no rows: there is nothing to release")
    for name, content in figures.items():
        (folder / "figures").mkdir(exist_ok=True)
        (folder / "figures" / name).write_bytes(content)
    (folder / CARD).write_bytes(render(repo_id, written, template, facts).encode())
    (folder / MANIFEST).write_bytes(as_text({**manifest, "files": _fingerprints(folder)}).encode())
    return written


def _check(folder: Path, configs: Sequence[Written]) -> None:
    """Compares what a stranger's load_dataset reads with what was written, and each file with the manifest.

    Raises:
        ReleaseError: they differ, or load_dataset fails.
    """
    from datasets import Features

    expected = {
        f"{written.config.name}/{name}": {
            "rows": split.rows,
            "features": Features.from_arrow_schema(written.config.schema).to_dict(),
            **({"streamed": split.rows} if written.config.default else {}),
        }
        for written in configs
        for name, split in written.filled().items()
    }
    try:
        loaded = check.load_elsewhere(folder)
    except subprocess.CalledProcessError as error:
        if _DISK_FULL.search(error.output):
            raise OSError(errno.ENOSPC, "no space to load the release for its check", str(folder.parent)) from error
        said = error.output[-2000:].strip()
        raise ReleaseError(f"load_dataset can't read the new release, so it was not published:\n{said}") from error
    for split in sorted(expected.keys() | loaded.keys()):
        if loaded.get(split) != expected.get(split):
            raise ReleaseError(
                f"{split} was written as {expected.get(split)} and load_dataset reads {loaded.get(split)}. "
                "Nothing was published; this is an error of i2a or of the installed version of datasets"
            )
    read_manifest(folder)


def as_text(manifest: Mapping[str, Any]) -> str:
    """The text of a manifest's file."""
    return json.dumps(manifest, ensure_ascii=False, allow_nan=False, indent=1, sort_keys=True) + "\n"


def _compared(out: Path) -> tuple[dict[str, Any], list[str], list[str]]:
    """The manifest of a folder, the files that are not as it says or not there, and those that it does not name.

    Raises:
        ReleaseError: there is no manifest.
    """
    try:
        manifest: dict[str, Any] = json.loads((out / MANIFEST).read_bytes())
        files = dict(manifest["files"])
    except (FileNotFoundError, ValueError, KeyError, TypeError) as error:
        raise ReleaseError(f"{out} holds something else than a release (no valid {MANIFEST}). {_REMEDY}") from error
    found = _fingerprints(out)
    changed = sorted(name for name in files if found.get(name) != files[name])
    return manifest, changed, sorted(found.keys() - files.keys())


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def _fingerprints(folder: Path) -> dict[str, dict[str, object]]:
    """Of every file in a folder but its manifest, by path: {"sha256": ..., "bytes": ...}."""
    fingerprints: dict[str, dict[str, object]] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if name == MANIFEST or (path.is_dir() and not path.is_symlink()):
            continue
        if path.is_symlink() or not path.is_file():
            fingerprints[name] = {}  # a link or a device: never part of a release
            continue
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        fingerprints[name] = {"sha256": digest, "bytes": path.stat().st_size}
    return fingerprints


def _absolute(path: Path) -> Path:
    """With `..` resolved and links kept: what the path is named, not where it leads."""
    return Path(os.path.abspath(path))  # noqa: PTH100 - resolve() follows links, absolute() keeps `..`


def _aside(out: Path, what: str) -> Path:
    """Beside `out`, on the same file system, out of a reader's sight."""
    place = _absolute(out)
    return place.with_name(f".{place.name}.i2a-{what}")


def _staged_folder(out: Path) -> Path:
    return _aside(out, "new") / "release"


@contextmanager
def _clear_errors(out: Path) -> Iterator[None]:
    """Turns what the operating system refuses into an error that says what to do."""
    try:
        yield
    except OSError as error:
        parent = _absolute(out).parent
        if _DISK_FULL.search(str(error)):
            raise ReleaseError(
                f"the disk is full ({error}). Nothing was changed at {out}. Make room at {parent}, or choose another "
                "folder, and run the same command again"
            ) from error
        raise ReleaseError(
            f"can't build or read the release at {out} ({error}). Nothing was changed there. "
            f"Make sure that {parent} can be written, or choose another folder"
        ) from error
