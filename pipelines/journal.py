"""Every finished call on disk, so that a killed run goes on where it was and pays for no call twice.

One append-only file a process, one JSON object a line:

    {"key": "9f2c...", "for": "77ab...", "role": "judge", "reply": "...", "tokens_in": 812, "tokens_out": 16}

A process writes to a new file of its own and reads those of its predecessors. A line that a kill has torn is the last
of its file and is not counted; its call is made again. Only keys and positions stay in memory, 100 bytes a call.
"""

import hashlib
import os
import uuid
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Self

import orjson

from pipelines.errors import UserError


class Journal:
    """The finished calls in `folder`, those of earlier processes included.

    Raises:
        UserError: the folder cannot be written to, now or later (a full disk).
    """

    def __init__(self, folder: Path) -> None:
        self._files: list[int] = []
        self._where: dict[bytes, tuple[int, int, int]] = {}  # key -> file, offset, length
        self.tokens: defaultdict[tuple[str, str], tuple[int, int]] = defaultdict(lambda: (0, 0))
        """Of the calls of earlier processes: what they were made for, and the role -> tokens in and out."""
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            for path in sorted(folder.glob("*.jsonl")):
                self._index(path)
        except OSError as error:
            raise UserError(_disk(folder, error.strerror)) from error
        self._path = folder / f"{uuid.uuid4().hex}.jsonl"
        self._file: int | None = None
        self._end = 0

    def __len__(self) -> int:
        return len(self._where)

    def __contains__(self, key: bytes) -> bool:
        return key in self._where

    def get(self, key: bytes) -> dict[str, Any] | None:
        """What was written under `key`, or None."""
        if key not in self._where:
            return None
        file, offset, length = self._where[key]
        record: dict[str, Any] = orjson.loads(os.pread(self._files[file], length, offset))
        return record

    def put(self, key: bytes, record: dict[str, Any]) -> None:
        """Writes a finished call; when this returns, a kill of this process no longer loses it."""
        line = orjson.dumps({"key": key.hex(), **record}) + b"\n"
        try:
            if self._file is None:  # on first use, so that a run that finds every call here leaves no empty file
                self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
                self._files.append(self._file)
            written = os.write(self._file, line)
        except OSError as error:
            raise UserError(_disk(self._path, error.strerror)) from error
        if written < len(line):
            os.ftruncate(self._file, self._end)  # no half line for a later call to be glued to
            raise UserError(_disk(self._path, "only a part could be written, the disk is full"))
        self._where[key] = (len(self._files) - 1, self._end, len(line))
        self._end += len(line)

    def forget(self, keys: Iterable[bytes]) -> None:
        """Frees the memory that these keys take; on disk they stay."""
        for key in keys:
            self._where.pop(key, None)

    def close(self) -> None:
        for file in self._files:
            os.close(file)
        self._files, self._where, self._file = [], {}, None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _index(self, path: Path) -> None:
        offset = 0
        with path.open("rb") as lines:
            for line in lines:
                if line.endswith(b"\n"):
                    try:
                        record = orjson.loads(line)
                        key = bytes.fromhex(record["key"])
                    except (ValueError, KeyError, TypeError) as error:
                        raise UserError(
                            f"{path}, byte {offset}: this is no line of a journal ({error}); delete that line, or the "
                            "file, and the calls in it are made again"
                        ) from error
                    self._where[key] = (len(self._files), offset, len(line))
                    if "tokens_in" in record:
                        made_for = record.get("for", ""), record["role"]
                        before = self.tokens[made_for]
                        self.tokens[made_for] = before[0] + record["tokens_in"], before[1] + record["tokens_out"]
                offset += len(line)
        self._files.append(os.open(path, os.O_RDONLY))


def call_key(**parts: object) -> bytes:
    """16 bytes that name a call: equal parts give equal keys, whatever their order and whenever they are asked.

    >>> call_key(role="writer", sample=0) == call_key(sample=0, role="writer") != call_key(role="writer", sample=1)
    True
    """
    return hashlib.sha256(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)).digest()[:16]


def _disk(path: Path, why: str | None) -> str:
    return f"{path} cannot be written: {why}. Nothing finished is lost: make room, then run the same command again"
