"""What a release becomes when it is pushed: the card names the place that it goes to, and the versions tagged there.

A build knows neither, so both are filled in on the way; the files here stay as they were built.
"""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cards.card import readdressed, renamed
from cards.release import CARD, MANIFEST, as_text

Changelog = Sequence[Mapping[str, Any]]  # {"version": tag, "changes": [sentence, ...]}, the newest first


def changelog(earlier: Changelog, tag: str | None, changes: Sequence[str]) -> list[Mapping[str, Any]]:
    """The changelog with this version at its top; without a tag it stays as it is."""
    others = [entry for entry in earlier if entry["version"] != tag]
    return others if tag is None else [{"version": tag, "changes": list(changes)}, *others]


def changes(old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> list[str]:
    """What differs between the manifests of two releases of a dataset, in a few words each; `old` None: the first one.

    >>> changes({"counts": {"trees": {"train": 9, "test": 1}}}, {"counts": {"trees": {"train": 10, "test": 2}}})
    ['trees: 10 -> 12 rows']
    """
    totals = _totals(new)
    if old is None:
        return ["the first version: " + ", ".join(f"{rows:,} rows of {name}" for name, rows in totals.items() if rows)]
    before = _totals(old)
    told = [
        f"{name}: {before.get(name, 0):,} -> {totals.get(name, 0):,} rows"
        for name in before | totals
        if before.get(name, 0) != totals.get(name, 0)
    ]
    recipe, earlier = new.get("recipe", {}), old.get("recipe", {})
    other = sorted(name for name in recipe.keys() | earlier.keys() if recipe.get(name) != earlier.get(name))
    if other:
        told.append("made otherwise: " + ", ".join(name.replace("_", " ") for name in other))
    if not told:
        told.append("the same rows" if _data(old) == _data(new) else "other rows, as many as before")
    return told


def addressed(folder: Path, manifest: Mapping[str, Any], repo_id: str, versions: Changelog) -> dict[str, bytes]:
    """Card and manifest of a release as they go to `repo_id`: path -> content.

    Datasets that were built beside this one, such as the benchmark, go to the same namespace.
    """
    namespace = repo_id.split("/", 1)[0]
    siblings = {old: f"{namespace}/{old.split('/', 1)[1]}" for old in manifest["siblings"]}
    card = (folder / CARD).read_text(encoding="utf-8")
    for old, new in siblings.items():
        card = renamed(card, old, new)
    card = readdressed(card, manifest["repo_id"], repo_id, versions)
    content = card.encode()
    told = {
        **manifest,
        "repo_id": repo_id,
        "siblings": list(siblings.values()),
        "changelog": list(versions),
        "files": {**manifest["files"], CARD: {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}},
    }
    return {CARD: content, MANIFEST: as_text(told).encode()}


def _totals(manifest: Mapping[str, Any]) -> dict[str, int]:
    """Rows of each config, over its splits."""
    return {name: sum(splits.values()) for name, splits in manifest.get("counts", {}).items()}


def _data(manifest: Mapping[str, Any]) -> dict[str, Any]:
    return {name: file for name, file in manifest["files"].items() if name.endswith(".parquet")}
