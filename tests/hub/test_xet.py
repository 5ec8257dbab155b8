"""How the stand-in reads what hf_xet packs."""

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.hub.client import ask
from tests.hub.server import Hub
from tests.hub.store import XetStore
from tests.hub.xet import BOOKEND, GROUPED_LZ4, HAS_METADATA, LZ4, NO_COMPRESSION, RECORD, assemble


def _packed(data: bytes, scheme: int) -> bytes:
    """A chunk as it stands in a xorb."""
    if scheme == GROUPED_LZ4:
        array = np.frombuffer(data, np.uint8)
        data = b"".join(array[first::4].tobytes() for first in range(4))
    packed = data if scheme == NO_COMPRESSION else pa.compress(data, codec="lz4", asbytes=True)
    sizes = len(packed).to_bytes(3, "little"), len(data).to_bytes(3, "little")
    return b"\0" + sizes[0] + bytes([scheme]) + sizes[1] + packed


@pytest.mark.parametrize("scheme", [NO_COMPRESSION, LZ4, GROUPED_LZ4])
@given(parts=st.lists(st.binary(min_size=1, max_size=300), min_size=1, max_size=5), cut=st.integers(0, 4))
def test_a_file_is_its_chunks_in_order(scheme: int, parts: list[bytes], cut: int) -> None:
    """Whatever the packing, and wherever a file's runs of chunks begin and end."""
    cut = min(cut, len(parts))
    xorb = b"".join(_packed(part, scheme) for part in parts)
    terms = [("x", 0, cut, len(parts)), ("x", 0, 0, cut)]
    xet = XetStore(xorbs={"x": xorb}, files={"f": terms}, hashes={"sha": "f"})
    assert assemble(xet, "sha") == b"".join(parts[cut:] + parts[:cut])
    assert assemble(xet, "other") is None


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_a_range_of_a_file_is_told_as_chunks_to_fetch(tmp_path: Path, version: str) -> None:
    """What a client puts together from the answer, from `offset_into_first_range` on, begins with the range."""
    parts = [bytes([65 + number]) * (10 + number) for number in range(6)]
    xorb = b"".join(_packed(part, NO_COMPRESSION) for part in parts)
    lengths = [sum(map(len, parts[:2])), sum(map(len, parts[3:]))]
    content = b"".join(parts[3:] + parts[:2])
    with Hub(tmp_path, xet=True) as hub:
        assert hub.store.xet
        hub.store.xet.xorbs["x"] = xorb
        hub.store.xet.files["f"] = [("x", lengths[1], 3, 6), ("x", lengths[0], 0, 2)]
        for start, end in [(0, len(content)), (0, 1), (5, 20), (lengths[1] - 1, lengths[1] + 1), (lengths[1] + 3, 999)]:
            told = _reconstruction(hub, version, f"bytes={start}-{end - 1}")
            read = b"".join(_fetched(hub, told, number) for number in range(len(told["terms"])))
            wanted = content[start:end]
            before_last = sum(term["unpacked_length"] for term in told["terms"][:-1])
            assert before_last < told["offset_into_first_range"] + len(wanted), "no chunks that nobody asked for"
            assert read[told["offset_into_first_range"] :][: len(wanted)] == wanted, (start, end)
        assert (
            ask(hub, "GET", f"/{version}/reconstructions/f", headers={"Range": "bytes=999-"}, token="xet-read")[0]
            == 416
        )
        assert ask(hub, "GET", f"/{version}/reconstructions/none", token="xet-read")[0] == 404
        assert ask(hub, "GET", f"/{version}/reconstructions/f")[0] == 401, "the Hub's own tokens are none of the CAS"


def test_a_shard_is_refused_where_its_xorbs_never_came(tmp_path: Path) -> None:
    """400 and nothing is known of the file; once the xorb is there, the same shard tells of it."""
    xorb, file, sha256 = (bytes([number]) * 32 for number in (1, 2, 3))
    record = (
        struct.pack("<32sII8x", file, HAS_METADATA, 1) + struct.pack("<32s4I", xorb, 0, 5, 0, 1) + sha256 + bytes(16)
    )
    shard = bytes(RECORD) + record + BOOKEND + BOOKEND
    data = _packed(b"chunk", NO_COMPRESSION)
    with Hub(tmp_path, xet=True) as hub:
        assert hub.store.xet
        assert ask(hub, "POST", "/v1/shards", shard, token="xet-write")[0] == 400
        assert not hub.store.xet.files
        assert ask(hub, "POST", f"/v1/xorbs/default/{xorb.hex()}", data, token="xet-read")[0] == 403
        assert ask(hub, "POST", f"/v1/xorbs/default/{xorb.hex()}", data, token="xet-write")[0] == 200
        assert ask(hub, "POST", "/v1/shards", shard, token="xet-write")[0] == 200
        assert assemble(hub.store.xet, sha256.hex()) == b"chunk"
        assert hub.received == len(data)


def _reconstruction(hub: Hub, version: str, wanted: str) -> dict[str, Any]:
    """The answer, with where to fetch each term's chunks under `fetch`, whatever the version."""
    status, body, _ = ask(hub, "GET", f"/{version}/reconstructions/f", headers={"Range": wanted}, token="xet-read")
    assert status == 200
    told: dict[str, Any] = json.loads(body)
    if version == "v1":
        told["fetch"] = [entry["url_range"] for entry in told["fetch_info"]["x"]]
    else:
        told["fetch"] = [entry["ranges"][0]["bytes"] for entry in told["xorbs"]["x"]]
    return told


def _fetched(hub: Hub, told: dict[str, Any], number: int) -> bytes:
    """One term's bytes, unpacked."""
    where = told["fetch"][number]
    status, packed, _ = ask(
        hub, "GET", "/xorbs/x", headers={"Range": f"bytes={where['start']}-{where['end']}"}, token=""
    )
    assert status == 206
    term = told["terms"][number]
    chunks = term["range"]["end"] - term["range"]["start"]
    xet = XetStore(xorbs={"x": packed}, files={"f": [("x", 0, 0, chunks)]}, hashes={"sha": "f"})
    data = assemble(xet, "sha")
    assert data is not None
    assert len(data) == term["unpacked_length"]
    return data
