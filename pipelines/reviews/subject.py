"""What is under review: a finished release."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cards import release
from pipelines.errors import UserError
from pipelines.persona_job import embedder_name


def read(out: Path, dataset: str) -> dict[str, Any]:
    """The manifest of a release of `personas` or `trees`.

    Raises:
        UserError: something else stands there, or nothing.
        ReleaseError: it is not as it was published.
    """
    manifest = release.read_manifest(out)
    if manifest is None or manifest.get("dataset") != dataset:
        found = "nothing" if manifest is None else f"a release of {manifest.get('dataset')}"
        raise UserError(
            f"{out} holds {found}: make {dataset} with pipelines/{dataset}.py, or name their folder by --out"
        )
    return manifest


def embedder_of(manifest: Mapping[str, Any], given: str | None) -> str:
    """The embedder that a release of personas was made with, as `filters.embed.load_embedder` takes it.

    Args:
        given: where it is now, if it is a model of this machine.

    Raises:
        UserError: another one was given, or none for a release that tells no more than its folder's name.
    """
    made_with = str(manifest["recipe"]["embedder"])
    if given is not None and embedder_name(given) != made_with:
        raise UserError(
            f"--embedder {given}: the personas were made with {made_with}, which alone knows their distances"
        )
    if given is None and "@" in made_with:  # a folder's name and the fingerprint of what was in it
        raise UserError(
            f"the personas were made with {made_with}, a model of this machine: name its folder by --embedder"
        )
    return given or made_with
