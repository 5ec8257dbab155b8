"""What a push changes on the Hub: which files it adds, changes and deletes there."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cards.hub.remote import PushError

if TYPE_CHECKING:
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

KEPT = {".gitattributes"}  # the Hub's own; whatever else the release does not name goes
_GIT_SHA = 40  # characters of git's SHA-1; the Hub tells it of files outside its large-file storage


@dataclass(frozen=True)
class File:
    """A file as it goes to the Hub."""

    content: Path | bytes
    sha256: str
    bytes: int

    def is_at(self, oid: str | None) -> bool:
        """Whether this is what the Hub calls by that id: a SHA-256, or git's SHA-1."""
        if oid is None or len(oid) != _GIT_SHA:
            return oid == self.sha256
        from huggingface_hub.utils.sha import git_hash

        content = self.content if isinstance(self.content, bytes) else self.content.read_bytes()
        return oid == git_hash(content) and hashlib.sha256(content).hexdigest() == self.sha256


@dataclass(frozen=True)
class Plan:
    """What a push changes; false where the Hub has it all."""

    adds: Mapping[str, File]
    changes: Mapping[str, File]
    deletes: Sequence[str]

    @classmethod
    def of(cls, files: Mapping[str, File], there: Mapping[str, str]) -> "Plan":
        """From the files of a release, and those of a commit: path -> what the Hub calls its content."""
        other = {path: file for path, file in files.items() if not file.is_at(there.get(path))}
        return cls(
            adds={path: file for path, file in other.items() if path not in there},
            changes={path: file for path, file in other.items() if path in there},
            deletes=sorted(there.keys() - files.keys() - KEPT),
        )

    @classmethod
    def nothing(cls) -> "Plan":
        return cls({}, {}, [])

    def __bool__(self) -> bool:
        return bool(self.adds or self.changes or self.deletes)

    @property
    def sent(self) -> dict[str, File]:
        return {**self.adds, **self.changes}

    def operations(self) -> "Iterator[CommitOperationAdd | CommitOperationDelete]":
        """As the client takes them; new ones each time, since it uses up those that it was given.

        Raises:
            PushError: a file is no longer what it was when the push began.
        """
        from huggingface_hub import CommitOperationAdd, CommitOperationDelete

        for path, file in self.sent.items():
            try:
                added = CommitOperationAdd(path, file.content)
                same = added.upload_info.sha256.hex() == file.sha256
            except (OSError, ValueError):  # gone, or no file any more
                same = False
            if not same:
                raise PushError(
                    f"{path} changed while it was being pushed, so nothing was: push when no stage is at work"
                )
            yield added
        for path in self.deletes:
            yield CommitOperationDelete(path)

    def done(self) -> str:
        """What a push has done, with what it deleted by name."""
        gone = f" ({', '.join(self.deletes)})" if self.deletes else ""
        return (
            f"{len(self.adds)} added, {len(self.changes)} changed, {len(self.deletes)} deleted{gone}, "
            f"{size(sum(file.bytes for file in self.sent.values()))} at most"
        )

    def __str__(self) -> str:
        counts = f"{len(self.adds)} to add, {len(self.changes)} to change, {len(self.deletes)} to delete"
        return f"{counts}; {size(sum(file.bytes for file in self.sent.values()))} at most"

    def lines(self) -> list[str]:
        """A line for each file."""
        return [
            *(f"add     {path} ({size(file.bytes)})" for path, file in self.adds.items()),
            *(f"change  {path} ({size(file.bytes)})" for path, file in self.changes.items()),
            *(f"delete  {path}" for path in self.deletes),
        ]


def size(count: int) -> str:
    """A number of bytes, to read.

    >>> size(999), size(12_345_678)
    ('999 bytes', '12.3 MB')
    """
    for unit, name in ((10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if count >= unit:
            return f"{count / unit:.1f} {name}"
    return f"{count} bytes"
