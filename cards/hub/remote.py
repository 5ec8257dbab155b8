"""What the Hub has of a dataset, and what its refusals mean.

Only reads. The client's own settings hold: `HF_ENDPOINT`, `HF_TOKEN`, the token that `hf auth login` stored.
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from cards.release import MANIFEST
from cards.vocabulary import check_revision

if TYPE_CHECKING:
    from huggingface_hub import HfApi

DATASET = "dataset"  # the Hub's name for what our repositories are

_REMEDY = (
    "Get one at https://huggingface.co/settings/tokens; set HF_TOKEN to it, or unset HF_TOKEN and run `hf auth login`"
)
_NO_SERVICE = 500  # from here on, the Hub itself fails


class PushError(Exception):
    """A release can't be pushed, or not wholly. The Hub shows one version whole."""


@dataclass(frozen=True)
class Remote:
    """A dataset on the Hub at one commit."""

    repo_id: str
    commit: str
    private: bool
    files: Mapping[str, str]  # path -> SHA-256 of a file in large-file storage, git's SHA-1 of any other
    tags: frozenset[str]


def read(api: "HfApi", repo_id: str, revision: str | None = None) -> Remote | None:
    """A dataset at a revision, or at the head of main; None if there is none that this token can see.

    Raises:
        PushError: the Hub can't be reached, or does not accept the token.
    """
    from huggingface_hub.errors import RepositoryNotFoundError
    from huggingface_hub.hf_api import RepoFile

    with clear_errors(repo_id):
        try:
            info = api.repo_info(repo_id, repo_type=DATASET, revision=revision)
        except RepositoryNotFoundError:
            return None
        if info.id != repo_id:
            raise PushError(f"{repo_id} is called {info.id} on the Hub: give --repo {info.id}")
        assert info.sha is not None
        tree = api.list_repo_tree(repo_id, repo_type=DATASET, revision=info.sha, recursive=True)
        files = {
            file.path: file.lfs.sha256 if file.lfs else file.blob_id for file in tree if isinstance(file, RepoFile)
        }
        tags = frozenset(ref.name for ref in api.list_repo_refs(repo_id, repo_type=DATASET).tags)
        return Remote(repo_id, info.sha, bool(info.private), files, tags)


def read_manifest(api: "HfApi", remote: Remote, revision: str) -> dict[str, Any]:
    """The manifest of a release on the Hub.

    Raises:
        PushError: what is there is no release.
    """
    content = download(api, remote, MANIFEST, revision)
    try:
        manifest: dict[str, Any] = json.loads(content)
        dict(manifest["files"])
        for entry in manifest.get("changelog", []):
            check_revision(entry["version"])
            ", ".join(entry["changes"])
    except (ValueError, KeyError, TypeError) as error:
        raise PushError(
            f"{MANIFEST} of {remote.repo_id} on the Hub is none of a release: mend it there, or use another --repo"
        ) from error
    return manifest


def download(api: "HfApi", remote: Remote, path: str, revision: str) -> bytes:
    """A file of a dataset on the Hub, past the user's cache."""
    with clear_errors(remote.repo_id), TemporaryDirectory() as folder:
        file = api.hf_hub_download(remote.repo_id, path, repo_type=DATASET, revision=revision, cache_dir=folder)
        return Path(file).read_bytes()


@contextmanager
def clear_errors(repo_id: str) -> Iterator[None]:
    """Turns what the client raises into an error that says what to do."""
    from httpx2 import HTTPError
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    try:
        yield
    except HFValidationError as error:
        raise PushError(f"{repo_id!r} is no name of a dataset on the Hub: give --repo ORG/NAME") from error
    except HfHubHTTPError as error:
        raise PushError(refusal(error, repo_id)) from error
    except (KeyError, ValueError) as error:  # no answer of a Hub: that of a login page, say
        raise PushError(f"what answers for {repo_id} is not the Hub: see that HF_ENDPOINT, if set, is right") from error
    except (HTTPError, OSError) as error:  # no answer at all
        raise PushError(
            f"the Hub can't be reached for {repo_id} ({one_line(error)}): see that the network is up and "
            "HF_ENDPOINT, if it is set, right; then run the same command again"
        ) from error


def refusal(error: Any, repo_id: str) -> str:  # noqa: ANN401 - HfHubHTTPError, whose import is heavy
    """What a refusal of the Hub means, and what to do."""
    status = error.response.status_code
    if status == 401:
        return f"the Hub does not accept {token_source()}: expired, revoked or mistyped. {_REMEDY}"
    if status == 403:
        return (
            f"{token_source()} may not do this to {repo_id}: it needs the right to write to that dataset "
            f"({one_line(error.server_message or error)})"
        )
    if status == 429:
        return f"the Hub asks to slow down ({one_line(error)}): wait, and run the same command again"
    if status >= _NO_SERVICE:
        return f"the Hub fails (HTTP {status}): run the same command again later; nothing is lost"
    return f"the Hub refuses {repo_id} (HTTP {status}): {one_line(error.server_message or error)}"


def token_source() -> str:
    """Where the client takes its token from."""
    variables = [name for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN") if os.environ.get(name)]
    return f"the token in {variables[0]}" if variables else "the token that `hf auth login` stored"


def one_line(error: object) -> str:
    return " ".join(str(error).split())[:300]
