"""What a release becomes when it is pushed: the card names the place that it goes to, and the versions tagged there.

A build knows neither, so both are filled in on the way; the files here stay as they were built.
"""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cards.card import readdressed, renamed
from cards.release import CARD, MANIFEST, as_text
from cards.vocabulary import namespace

Changelog = Sequence[Mapping[str, Any]]  # {"version": tag, "changes": [sentence, ...]}, the newest first


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
        for name in totals | before
        if before.get(name, 0) != totals.get(name, 0)
    ]
    recipe, earlier = new.get("recipe", {}), old.get("recipe", {})
    if other := sorted(name for name in recipe.keys() | earlier.keys() if recipe.get(name) != earlier.get(name)):
        told.append(
            "other settings: " + ", ".join(_difference(name, earlier.get(name), recipe.get(name)) for name in other)
        )
    if not told:
        same = _data(old) == _data(new)
        told.append("the same rows; the card or its figures changed" if same else "other rows, as many as before")
    return told


def _difference(name: str, old: object, new: object) -> str:
    """How a setting differs, where that is short enough to read."""
    named = name.replace("_", " ")
    return f"{named} {old} -> {new}" if all(isinstance(one, str | int | float) for one in (old, new)) else named


def renamed_for(manifest: Mapping[str, Any], repo_id: str, beside: Mapping[str, str]) -> dict[str, Any]:
    """The manifest with the names that the datasets have when this one goes to `repo_id`. Those that were built beside
    it go to the same namespace, under the name that `beside` has for them, or their own.
    """
    moved = {old: f"{namespace(repo_id)}/{old.split('/', 1)[1]}" for old in manifest["siblings"]}
    names = moved | {old: new for old, new in beside.items() if old in moved} | {manifest["repo_id"]: repo_id}
    renamed = {
        name: names.get(manifest[name], manifest[name]) for name in ("repo_id", "belongs_to") if name in manifest
    }
    return {**manifest, **renamed, "siblings": [names[old] for old in manifest["siblings"]]}


def addressed(folder: Path, manifest: Mapping[str, Any], ours: Mapping[str, Any], log: Changelog) -> dict[str, bytes]:
    """Card and manifest of a release as they are pushed: path -> content.

    Args:
        manifest: of the release.
        ours: the same, as `renamed_for` gives it.
    """
    card = (folder / CARD).read_text(encoding="utf-8")
    for old, new in zip(manifest["siblings"], ours["siblings"], strict=True):
        card = renamed(card, old, new)
    content = readdressed(card, manifest["repo_id"], ours["repo_id"], log).encode()
    fingerprint = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    told = {**ours, "changelog": list(log), "files": {**manifest["files"], CARD: fingerprint}}
    return {CARD: content, MANIFEST: as_text(told).encode()}


def _totals(manifest: Mapping[str, Any]) -> dict[str, int]:
    """Rows of each config, over its splits: the one that the dataset is named after first, what was dropped last."""
    counts = manifest.get("counts", {})
    order = sorted(counts, key=lambda name: (name != manifest.get("dataset"), name == "dropped", name))
    return {name: sum(counts[name].values()) for name in order}


def _data(manifest: Mapping[str, Any]) -> dict[str, Any]:
    return {name: file for name, file in manifest["files"].items() if name.endswith(".parquet")}
