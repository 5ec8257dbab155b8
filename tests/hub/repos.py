"""What the stand-in for the Hub holds: blobs on disk, and repos of commits, branches, tags and pull requests."""

import hashlib
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

GIT_ATTRIBUTES = b"*.parquet filter=lfs diff=lfs merge=lfs -text\n"


def now() -> str:
    """The time as the Hub writes it.

    >>> len(now())
    24
    """
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


class HubError(Exception):
    """An answer other than 2xx: `code` is what the Hub calls X-Error-Code, from which clients choose an exception."""

    def __init__(self, status: int, message: str, code: str = "", **body: object) -> None:
        super().__init__(message)
        self.status, self.message, self.code, self.body = status, message, code, body


@dataclass(frozen=True)
class File:
    """A file at a revision: `oid` is git's SHA-1 of its blob, or of the pointer that git holds of an LFS file."""

    sha256: str
    size: int
    oid: str
    lfs: bool

    @property
    def pointer(self) -> bytes:
        return _pointer(self.sha256, self.size)

    @property
    def etag(self) -> str:
        return self.sha256 if self.lfs else self.oid


@dataclass(frozen=True, eq=False)
class Commit:
    oid: str
    parent: "Commit | None" = field(repr=False)
    files: dict[str, File] = field(repr=False)
    title: str
    message: str
    author: str
    date: str


@dataclass
class Pull:
    """A pull request; `refs/pr/NUM` names its head."""

    num: int
    head: Commit
    title: str
    description: str
    author: str
    date: str
    status: str = "draft"


class Blobs:
    """Bytes by their SHA-256, a file each; a blob appears under its name only when it is whole."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def add(self, data: bytes) -> str:
        sha256 = hashlib.sha256(data).hexdigest()
        path = self.folder / sha256
        if not path.exists():
            part = path.with_suffix(".part")
            part.write_bytes(data)
            part.replace(path)
        return sha256

    def get(self, sha256: str) -> bytes:
        return (self.folder / sha256).read_bytes()

    def __contains__(self, sha256: str) -> bool:
        return (self.folder / sha256).exists()

    def regular(self, data: bytes) -> File:
        return File(self.add(data), len(data), _git_oid(data), lfs=False)

    def large(self, sha256: str) -> File:
        size = (self.folder / sha256).stat().st_size
        return File(sha256, size, _git_oid(_pointer(sha256, size)), lfs=True)


@dataclass
class Repo:
    """A dataset repo. Its first commit holds `.gitattributes`, as on the Hub."""

    id: str
    creator: str
    private: bool
    blobs: Blobs
    created: str = field(default_factory=now)
    all_commits: dict[str, Commit] = field(default_factory=dict)
    branches: dict[str, Commit] = field(default_factory=dict)
    tags: dict[str, Commit] = field(default_factory=dict)
    pulls: dict[int, Pull] = field(default_factory=dict)

    def __post_init__(self) -> None:
        files = {".gitattributes": self.blobs.regular(GIT_ATTRIBUTES)}
        self.branches["main"] = self.commit(files, None, "initial commit", "", self.creator)

    def commit(self, files: dict[str, File], parent: Commit | None, title: str, message: str, author: str) -> Commit:
        """A commit that no ref points to yet."""
        date = now()
        told = repr((self.id, len(self.all_commits), sorted(files.items()), parent and parent.oid, title, date))
        oid = hashlib.sha1(told.encode()).hexdigest()
        self.all_commits[oid] = Commit(oid, parent, files, title, message, author, date)
        return self.all_commits[oid]

    def at(self, revision: str) -> Commit:
        """The commit that a branch, tag, pull request or (shortened) oid names; raises HubError 404."""
        refs = self.refs()
        for name in (revision, f"refs/heads/{revision}", f"refs/tags/{revision}"):
            if name in refs:
                return refs[name]
        if re.fullmatch("[0-9a-f]{7,40}", revision):
            found = [commit for oid, commit in self.all_commits.items() if oid.startswith(revision)]
            if len(found) == 1:
                return found[0]
        raise HubError(404, f"Invalid rev id: {revision}", "RevisionNotFound")

    def move(self, ref: str, commit: Commit) -> None:
        """Points a branch or a pull request at `commit`; raises HubError 404 for anything else."""
        ref = ref.removeprefix("refs/heads/")
        number = re.fullmatch(r"refs/pr/(\d+)", ref)
        if ref in self.branches:
            self.branches[ref] = commit
        elif number and int(number[1]) in self.pulls:
            self.pulls[int(number[1])].head = commit
        else:
            raise HubError(404, f"Invalid rev id: {ref} is no branch", "RevisionNotFound")

    def open_pull(self, head: Commit, title: str, description: str, author: str) -> Pull:
        pull = Pull(len(self.pulls) + 1, head, title, description, author, now())
        self.pulls[pull.num] = pull
        return pull

    def refs(self) -> dict[str, Commit]:
        """Each ref by its whole name."""
        return (
            {f"refs/heads/{name}": commit for name, commit in self.branches.items()}
            | {f"refs/tags/{name}": commit for name, commit in self.tags.items()}
            | {f"refs/pr/{pull.num}": pull.head for pull in self.pulls.values()}
        )


def history(commit: Commit | None) -> list[Commit]:
    """The commit and those before it, newest first."""
    found = []
    while commit:
        found.append(commit)
        commit = commit.parent
    return found


def _git_oid(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def _pointer(sha256: str, size: int) -> bytes:
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha256}\nsize {size}\n".encode()
