"""The journal keeps every finished call, through kills, torn lines and full disks."""

import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.errors import UserError
from pipelines.journal import Journal, call_key

RECORD = {"role": "writer", "reply": "né 東京 \U0001f600", "tokens_in": 3, "tokens_out": 4}
KEY, OTHER = call_key(role="writer", sample=0), call_key(role="writer", sample=1)


def test_what_was_put_is_got_in_this_process_and_the_next(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        assert journal.get(KEY) is None
        journal.put(KEY, RECORD)
        found = journal.get(KEY)
    with Journal(tmp_path) as journal:
        assert journal.get(KEY) == found == {"key": KEY.hex(), **RECORD}
        assert journal.get(OTHER) is None


def test_a_torn_last_line_is_not_counted_and_the_rest_is(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        journal.put(KEY, RECORD)
        journal.put(OTHER, RECORD)
    (file,) = tmp_path.glob("*.jsonl")
    file.write_bytes(file.read_bytes()[:-3])
    with Journal(tmp_path) as journal:
        assert journal.get(KEY) is not None
        assert journal.get(OTHER) is None
        journal.put(OTHER, RECORD)
    with Journal(tmp_path) as journal:
        assert len(journal) == 2


def test_a_line_that_is_no_record_is_an_error_with_file_and_byte(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b'{"key": "00"}\nnot JSON\n')
    with pytest.raises(UserError, match=r"a\.jsonl, byte 14: this is no line of a journal"):
        Journal(tmp_path)


def test_two_processes_write_beside_each_other(tmp_path: Path) -> None:
    with Journal(tmp_path) as one, Journal(tmp_path) as other:
        one.put(KEY, RECORD)
        other.put(OTHER, RECORD)
    with Journal(tmp_path) as both:
        assert len(both) == 2


def test_only_the_owner_can_read_it(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal") as journal:
        journal.put(KEY, RECORD)
    modes = [path.stat().st_mode & 0o777 for path in [tmp_path / "journal", *(tmp_path / "journal").iterdir()]]
    assert modes == [0o700, 0o600]


@given(st.dictionaries(st.text(), st.integers(0, 9), min_size=1), st.randoms())
def test_a_key_depends_on_its_parts_and_not_on_their_order(parts: dict[str, int], random: Random) -> None:
    items = list(parts.items())
    random.shuffle(items)
    assert call_key(**dict(items)) == call_key(**parts) != call_key(**(parts | {items[0][0]: -1}))


def test_a_full_disk_is_told_and_what_was_written_stays(tmp_path: Path) -> None:
    """In a process of its own, since the limit on a file's size stays for good."""
    code = f"""
import resource
from pathlib import Path
from pipelines.journal import Journal
from pipelines.errors import UserError
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
journal = Journal(Path({str(tmp_path)!r}))
try:
    for n in range(100):
        journal.put(n.to_bytes(16, "big"), {{"role": "writer", "reply": "x" * 90, "tokens_in": 1, "tokens_out": 1}})
except UserError as error:
    print(error)
"""
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "cannot be written" in told
    assert "make room, then run the same command again" in told
    with Journal(tmp_path) as journal:
        assert len(journal) == 5
        assert all(journal.get(n.to_bytes(16, "big")) for n in range(5))
