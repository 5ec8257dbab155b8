"""Files of the stand-in by xet: tokens, and the content-addressed storage (CAS) that hf_xet talks to over HTTP.

A client cuts a file into chunks, sends those that it finds nowhere as xorbs (blocks of chunks), and then a shard, which
tells what each xorb holds and of which chunks each file is made. Formats: the Xet protocol's specification in the Hub's
documentation. A hash is written as four little-endian numbers of 64 bits. Not checked here: that a xorb's content has
the hash under which it comes; a file's SHA-256 is checked when it is committed.
"""

import re
import struct
import time
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
from aiohttp import web

from tests.hub.lfs import ranged
from tests.hub.repos import HubError
from tests.hub.store import XetStore, repo_to_read, repo_to_write, store_of

RECORD = 48  # bytes: every record of a shard
HASH = 32  # bytes
BOOKEND = b"\xff" * HASH + bytes(RECORD - HASH)  # ends a section of a shard
HAS_VERIFICATION, HAS_METADATA = 1 << 31, 1 << 30  # flags of a file's record
SHARD_TAG = b"HFRepoMetaData\0" + bytes(
    [85, 105, 103, 69, 106, 123, 129, 87, 131, 165, 189, 217, 92, 205, 209, 74, 169]
)
FOOTER = 200  # bytes
NO_COMPRESSION, LZ4, GROUPED_LZ4 = 0, 1, 2
HOUR = 3600  # seconds


async def token(request: web.Request) -> web.Response:
    """Where the CAS is and a token for it: `xet-read` or `xet-write`."""
    store, kind = store_of(request), request.match_info["kind"]
    if store.xet is None:
        raise HubError(404, "This stand-in has no xet")
    if kind == "write":
        repo_to_write(request)
    else:
        repo_to_read(request)
    expires = int(time.time()) + HOUR
    headers = {
        "X-Xet-Cas-Url": store.url,
        "X-Xet-Access-Token": f"xet-{kind}",
        "X-Xet-Token-Expiration": str(expires),
    }
    answer = {"casUrl": store.url, "accessToken": f"xet-{kind}", "exp": expires}
    return web.json_response(answer, headers=headers)


def _xet_of(request: web.Request, *, write: bool = False) -> XetStore:
    """The CAS, for a caller whose token allows it."""
    sent, xet = request.headers.get("Authorization", ""), store_of(request).xet
    if xet is None or sent not in {"Bearer xet-read", "Bearer xet-write"}:
        raise HubError(401, "Invalid xet token")
    if write and sent != "Bearer xet-write":
        raise HubError(403, "This xet token only reads")
    return xet


async def put_xorb(request: web.Request) -> web.Response:
    data, xet = await request.read(), _xet_of(request, write=True)
    name = request.match_info["hash"]
    inserted = name not in xet.xorbs
    if inserted:
        xet.xorbs[name] = data
    store_of(request).received += len(data)
    return web.json_response({"was_inserted": inserted})


async def put_shard(request: web.Request) -> web.Response:
    """Takes note of all files and xorbs that a shard tells of; refuses one that builds on xorbs that never came."""
    shard, xet = await request.read(), _xet_of(request, write=True)
    files, hashes, xorbs_at = _files(shard)
    missing = {term[0] for terms in files.values() for term in terms} - xet.xorbs.keys()
    if missing:
        raise HubError(400, f"Unknown xorbs: {', '.join(sorted(missing))}")
    for name, record in _xorb_records(shard, xorbs_at):
        xet.entries[name] = record
        for start in range(RECORD, len(record), RECORD):
            xet.chunks[_hash(record[start : start + HASH])] = name
    xet.files |= files
    xet.hashes |= hashes
    return web.json_response({"result": 1})


def _files(shard: bytes) -> tuple[dict[str, list[tuple[str, int, int, int]]], dict[str, str], int]:
    """Each file's terms, its xet hash by SHA-256, and where the shard's section of xorbs begins."""
    files, hashes, at = {}, {}, RECORD
    while shard[at : at + HASH] != BOOKEND[:HASH]:
        name = _hash(shard[at : at + HASH])
        flags, count = struct.unpack_from("<II", shard, at + HASH)
        at += RECORD
        terms = []
        for start in range(at, at + count * RECORD, RECORD):
            _, length, first, end = struct.unpack_from("<4I", shard, start + HASH)
            terms.append((_hash(shard[start : start + HASH]), length, first, end))
        files[name] = terms
        at += count * RECORD * (2 if flags & HAS_VERIFICATION else 1)
        if flags & HAS_METADATA:
            hashes[_hash(shard[at : at + HASH])] = name
            at += RECORD
    return files, hashes, at + RECORD


def _xorb_records(shard: bytes, at: int) -> Iterator[tuple[str, bytes]]:
    """Each xorb's hash and record: a head, then one entry a chunk."""
    while shard[at : at + HASH] != BOOKEND[:HASH]:
        (count,) = struct.unpack_from("<I", shard, at + HASH + 4)
        end = at + RECORD * (1 + count)
        yield _hash(shard[at : at + HASH]), shard[at:end]
        at = end


async def find_chunk(request: web.Request) -> web.Response:
    """A shard that tells of the xorb that holds this chunk, so that a client who has never seen it need not send it."""
    xet = _xet_of(request)
    xorb = xet.chunks.get(request.match_info["hash"])
    if xorb is None:
        raise HubError(404, "No such chunk")
    body = struct.pack("<32sQQ", SHARD_TAG, 2, FOOTER) + BOOKEND + xet.entries[xorb] + BOOKEND
    now = int(time.time())
    end = len(body)  # where three empty tables of look-ups begin: clients reckon with their places
    footer = struct.pack("<9Q32xQQ72xQ", 1, RECORD, 2 * RECORD, end, 0, end, 0, end, 0, now, now + HOUR, end)
    return web.Response(body=body + footer, content_type="application/octet-stream")


async def reconstruction(request: web.Request) -> web.Response:
    """Of which chunks a file, or a range of it, is made, and where to fetch them."""
    xet, base = _xet_of(request), store_of(request).url
    terms = xet.files.get(request.match_info["hash"])
    if terms is None:
        raise HubError(404, "No such file")
    start, end = _range(request, sum(length for _, length, _, _ in terms))
    used: list[dict[str, Any]] = []
    at, skipped = 0, 0
    old, new = defaultdict(list), defaultdict(list)  # where to fetch, as versions 1 and 2 of the protocol tell it
    for xorb, length, first, last in terms:
        if at + length > start and at < end:
            skipped = skipped if used else start - at
            chunks, url = {"start": first, "end": last}, f"{base}/xorbs/{xorb}"
            offsets = [offset for offset, *_ in _chunks(xet.xorbs[xorb])] + [len(xet.xorbs[xorb])]
            where = {"start": offsets[first], "end": offsets[last] - 1}
            used.append({"hash": xorb, "unpacked_length": length, "range": chunks})
            old[xorb].append({"range": chunks, "url": url, "url_range": where})
            new[xorb].append({"url": url, "ranges": [{"chunks": chunks, "bytes": where}]})
        at += length
    fetch = {"fetch_info": old} if request.match_info["version"] == "v1" else {"xorbs": new}
    return web.json_response({"offset_into_first_range": skipped, "terms": used} | fetch)


def _range(request: web.Request, size: int) -> tuple[int, int]:
    asked = re.fullmatch(r"bytes=(\d+)-(\d*)", request.headers.get("Range", ""))
    if not asked:
        return 0, size
    if int(asked[1]) >= size:
        raise HubError(416, f"The file has {size} bytes")
    return int(asked[1]), min(int(asked[2] or size) + 1, size)


async def get_xorb(request: web.Request) -> web.Response:
    """A range of a xorb's bytes; the address is the permission, as with a signed one."""
    xet = store_of(request).xet
    if xet is None or request.match_info["hash"] not in xet.xorbs:
        raise HubError(404, "No such xorb")
    return ranged(request, xet.xorbs[request.match_info["hash"]])


async def telemetry(request: web.Request) -> web.Response:
    return web.json_response({})


def assemble(xet: XetStore, sha256: str) -> bytes | None:
    """A file put together from its chunks; None where no shard told of it."""
    name = xet.hashes.get(sha256)
    if name is None:
        return None
    parts = []
    for xorb, _, first, last in xet.files[name]:
        chunks = list(_chunks(xet.xorbs[xorb]))[first:last]
        parts += [_unpack(packed, scheme, size) for _, packed, scheme, size in chunks]
    return b"".join(parts)


def _chunks(xorb: bytes) -> Iterator[tuple[int, bytes, int, int]]:
    """Each chunk of a xorb: where it begins, its bytes as packed, how it is packed, its size unpacked."""
    at = 0
    while at < len(xorb) and xorb[at] == 0:
        packed, scheme = int.from_bytes(xorb[at + 1 : at + 4], "little"), xorb[at + 4]
        size = int.from_bytes(xorb[at + 5 : at + 8], "little")
        yield at, xorb[at + 8 : at + 8 + packed], scheme, size
        at += 8 + packed


def _unpack(packed: bytes, scheme: int, size: int) -> bytes:
    """A chunk's bytes. A grouped one holds every fourth byte, then every fourth from the second on, and so on."""
    if scheme == NO_COMPRESSION:
        return packed
    data = pa.decompress(packed, decompressed_size=size, codec="lz4", asbytes=True)
    if scheme == LZ4:
        return bytes(data)
    grouped, ordered = np.frombuffer(data, np.uint8), np.empty(size, np.uint8)
    at = 0
    for first in range(4):
        part = ordered[first::4]
        part[:] = grouped[at : at + len(part)]
        at += len(part)
    return ordered.tobytes()


def _hash(data: bytes) -> str:
    return "".join(f"{number:016x}" for number in struct.unpack("<4Q", data))


ROUTES = [
    web.get("/api/datasets/{namespace}/{name}/xet-{kind:read|write}-token/{revision}", token),
    web.post("/v1/xorbs/{prefix}/{hash}", put_xorb),
    web.post("/v1/shards", put_shard),
    web.get("/v1/chunks/{prefix}/{hash}", find_chunk),
    web.get("/{version:v1|v2}/reconstructions/{hash}", reconstruction),
    web.get("/xorbs/{hash}", get_xorb),
    web.post("/v1/telemetry", telemetry),
]
