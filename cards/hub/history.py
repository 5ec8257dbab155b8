"""What a dataset on the Hub was before this push: whether it is the same dataset, and which versions it has."""

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cards import versions
from cards.hub.plan import KEPT, File, Plan
from cards.hub.remote import PushError, Remote, download, read, read_manifest
from cards.release import CARD, MANIFEST

if TYPE_CHECKING:
    from huggingface_hub import HfApi


def manifest_there(api: "HfApi", remote: Remote | None) -> dict[str, Any] | None:
    """The manifest of the version that the Hub shows; None where the dataset is new, or empty but for a card.

    Raises:
        PushError: what is there is no release.
    """
    if remote is None or not remote.files.keys() - KEPT - {CARD}:
        return None
    if MANIFEST not in remote.files:
        raise PushError(
            f"{remote.repo_id} on the Hub holds what i2a did not make, and a push would delete it: give another --repo"
        )
    return read_manifest(api, remote, remote.commit)


def require_same_dataset(remote: Remote, there: Mapping[str, Any], ours: Mapping[str, Any]) -> None:
    """Sees that a push makes a new version of what is there, and no other dataset of it.

    Args:
        there, ours: the manifests of both, ours with the names that it has on the Hub.

    Raises:
        PushError: they are of different kinds, or belong to different datasets, as a benchmark does to its personas.
    """
    if there.get("dataset") != ours.get("dataset"):
        raise PushError(
            f"{remote.repo_id} on the Hub is a dataset of {there.get('dataset')}, and this one of "
            f"{ours.get('dataset')}: give another --repo"
        )
    if there.get("belongs_to") != ours.get("belongs_to"):
        raise PushError(
            f"{remote.repo_id} on the Hub belongs to {there.get('belongs_to')}, and this one to "
            f"{ours.get('belongs_to')}: push these to another namespace"
        )


def require_unedited(api: "HfApi", remote: Remote, there: Mapping[str, Any]) -> None:
    """Sees that nobody has changed or added files on the Hub since the last push, which this one would undo.

    Raises:
        PushError: somebody has.
    """
    names = remote.files.keys() - KEPT
    told = there["files"]
    edited = names - told.keys() - {MANIFEST}
    edited |= {path for path in names & told.keys() if path != CARD and not _is(remote.files[path], told[path])}
    if CARD in names & told.keys():
        card = download(api, remote, CARD, remote.commit)
        edited |= set() if hashlib.sha256(card).hexdigest() == told[CARD]["sha256"] else {CARD}
    if edited:
        raise PushError(
            f"{', '.join(sorted(edited))} of {remote.repo_id} were changed on the Hub since the last push, and this "
            "one would undo that. Keep what you need (words for the card go into cards/templates), then propose the "
            "version with `python cards/push.py ... --create-pr` and merge it"
        )


def changes_since(
    api: "HfApi", remote: Remote | None, there: Mapping[str, Any] | None, ours: Mapping[str, Any], tag: str | None
) -> tuple[list[Mapping[str, Any]], list[str]]:
    """The changelog that goes with this version, and what changes with it: since the last version, if this is one, else
    since the last push. Of a version that is tagged already, its own.
    """
    if remote and tag in remote.tags:
        log = list(read_manifest(api, remote, str(tag)).get("changelog", []))
        return log, log[0]["changes"] if log else []
    tags = remote.tags if remote else frozenset[str]()
    earlier = [entry for entry in (there or {}).get("changelog", []) if entry["version"] in tags]
    since = there
    if remote and tag:
        since = read_manifest(api, remote, earlier[0]["version"]) if earlier else None
    changes = versions.changes(since, ours)
    return [{"version": tag, "changes": changes}, *earlier] if tag else earlier, changes


def _is(oid: str, told: Mapping[str, Any]) -> bool:
    """Whether a file is as the manifest tells it; one outside large-file storage is not looked into."""
    return len(oid) != len(told["sha256"]) or oid == told["sha256"]


def is_at(api: "HfApi", remote: Remote, tag: str, files: Mapping[str, File]) -> bool:
    """Whether a tag is there and names exactly these files."""
    there = read(api, remote.repo_id, tag) if tag in remote.tags else None
    return there is not None and not Plan.of(files, there.files)
