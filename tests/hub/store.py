"""The stand-in's state, and how a handler gets at it: by the request's token, repo and revision."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.hub.repos import Blobs, Commit, HubError, Repo
from tests.hub.users import TOKENS, Token, check_read, check_role, check_write, no_repo


class Store:
    """All that the stand-in knows. A test may look at it and set it, from its own thread.

    Attributes:
        repos: the dataset repos by id.
        tokens: who calls, by the token sent.
        received: bytes of file content that came in whole.
        page: how many entries a page of a file listing holds.
        xet: what came by xet; None where the stand-in offers LFS alone.
    """

    def __init__(self, folder: Path, *, xet: bool) -> None:
        self.blobs = Blobs(folder / "blobs")
        self.repos: dict[str, Repo] = {}
        self.tokens = dict(TOKENS)
        self.received = 0
        self.page = 1000
        self.url = ""
        self.xet = XetStore() if xet else None


@dataclass
class XetStore:
    """Content-addressed storage: xorbs (blocks of chunks), and files as runs of their chunks.

    Attributes:
        xorbs: each xorb as it was sent, by its hash.
        files: by a file's xet hash: the terms (xorb hash, unpacked bytes, first chunk, last chunk + 1).
        hashes: a file's xet hash by its SHA-256.
        entries: a xorb's record in the shard that told of it, by the xorb's hash.
        chunks: the xorb that holds a chunk, by the chunk's hash.
    """

    xorbs: dict[str, bytes] = field(default_factory=dict)
    files: dict[str, list[tuple[str, int, int, int]]] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)
    entries: dict[str, bytes] = field(default_factory=dict)
    chunks: dict[str, str] = field(default_factory=dict)


STORE = web.AppKey("store", Store)


def store_of(request: web.Request) -> Store:
    return request.app[STORE]


def token_of(request: web.Request) -> Token | None:
    """Whose call this is, None for nobody's; raises HubError 401 for a token that nobody holds."""
    sent = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    if not sent:
        return None
    token = store_of(request).tokens.get(sent)
    if token is None:
        raise HubError(401, "Invalid credentials in Authorization header")
    return token


def repo_to_read(request: web.Request) -> Repo:
    token = token_of(request)
    repo = store_of(request).repos.get("{namespace}/{name}".format(**request.match_info))
    if repo is None:
        raise no_repo(token)
    check_read(token, repo)
    return repo


def repo_to_write(request: web.Request) -> tuple[Repo, Token]:
    """The repo and who writes to it; with `create_pr` in the query, whoever may propose a change."""
    if flag(request, "create_pr"):
        return repo_to_propose(request)
    repo = repo_to_read(request)
    return repo, check_write(token_of(request), repo)


def repo_to_propose(request: web.Request) -> tuple[Repo, Token]:
    """The repo and who proposes a change to it: anybody who may read it and has a token that writes."""
    repo = repo_to_read(request)
    return repo, check_role(token_of(request), repo.id)


def commit_of(request: web.Request) -> Commit:
    return repo_to_read(request).at(request.match_info.get("revision", "main"))


def flag(request: web.Request, name: str) -> bool:
    return request.query.get(name, "").lower() in {"1", "true"}


async def body_of(request: web.Request) -> dict[str, Any]:
    """The JSON sent, {} for none."""
    return await request.json() if request.can_read_body else {}
