"""Files of the stand-in by LFS: asking what to send, sending it, and reading any file back in ranges."""

import hashlib
import re
from typing import Any

from aiohttp import web

from tests.hub.repos import HubError
from tests.hub.store import body_of, repo_to_propose, repo_to_read, store_of

HUGE = 2**40  # a range without an end goes to the end of any file


async def batch(request: web.Request) -> web.Response:
    """For each object: nothing to do, or where to PUT and verify it. Clients don't tell if it is for a pull request."""
    asked = await body_of(request)
    repo, _ = repo_to_propose(request)
    store, objects = store_of(request), []
    for wanted in asked["objects"]:
        answer: dict[str, Any] = {"oid": wanted["oid"], "size": wanted["size"], "authenticated": True}
        if wanted["oid"] not in store.blobs:
            verify = f"{store.url}/datasets/{repo.id}.git/info/lfs/verify"
            answer["actions"] = {
                "upload": {"href": f"{store.url}/lfs/{wanted['oid']}", "header": {}},
                "verify": {"href": verify, "header": {}},
            }
        objects.append(answer)
    return web.json_response({"transfer": "basic", "objects": objects}, content_type="application/vnd.git-lfs+json")


async def put(request: web.Request) -> web.Response:
    """Takes an object's bytes; the address is the permission, as with a signed one."""
    data, store = await request.read(), store_of(request)
    sha256 = hashlib.sha256(data).hexdigest()
    if sha256 != request.match_info["oid"]:
        raise HubError(400, f"The bytes sent have SHA-256 {sha256}, not {request.match_info['oid']}")
    store.received += len(data)
    store.blobs.add(data)
    return web.Response()


async def verify(request: web.Request) -> web.Response:
    asked = await body_of(request)
    repo_to_propose(request)
    blobs = store_of(request).blobs
    if asked["oid"] not in blobs or len(blobs.get(asked["oid"])) != asked["size"]:
        raise HubError(404, f"LFS object {asked['oid']} was not uploaded")
    return web.json_response({})


async def resolve(request: web.Request) -> web.Response:
    """A file's bytes, whole or a range of them; the headers tell clients which revision this is, and of xet."""
    store, repo = store_of(request), repo_to_read(request)
    commit = repo.at(request.match_info["revision"])
    file = commit.files.get(request.match_info["path"])
    if file is None:
        raise HubError(404, "Entry not found", "EntryNotFound")
    headers = {
        "X-Repo-Commit": commit.oid,
        "ETag": f'"{file.etag}"',
        "X-Linked-ETag": f'"{file.etag}"',
        "X-Linked-Size": str(file.size),
        "Accept-Ranges": "bytes",
    }
    if file.lfs and store.xet and file.sha256 in store.xet.hashes:
        headers["X-Xet-Hash"] = store.xet.hashes[file.sha256]
        headers["X-Xet-Refresh-Route"] = f"{store.url}/api/datasets/{repo.id}/xet-read-token/{commit.oid}"
    return ranged(request, store.blobs.get(file.sha256), headers)


def ranged(request: web.Request, data: bytes, headers: dict[str, str] | None = None) -> web.Response:
    """The range of `data` that the request asks for: 206; 416 beyond its end; 200 where it asks for none."""
    headers = headers or {}
    asked = re.fullmatch(r"bytes=(\d*)-(\d*)", request.headers.get("Range", ""))
    if not asked:
        return web.Response(body=data, headers=headers, content_type="application/octet-stream")
    first, last = asked[1], asked[2]
    start = int(first) if first else max(0, len(data) - int(last))
    end = min(int(last) if first and last else HUGE, len(data) - 1)
    if start >= len(data):
        return web.Response(status=416, headers=headers | {"Content-Range": f"bytes */{len(data)}"})
    headers = headers | {"Content-Range": f"bytes {start}-{end}/{len(data)}"}
    return web.Response(
        status=206, body=data[start : end + 1], headers=headers, content_type="application/octet-stream"
    )
