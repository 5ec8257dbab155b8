"""How files come into a repo of the stand-in: preupload, commit, and pull requests."""

import base64
import binascii
import fnmatch
import json
from typing import Any

from aiohttp import web

from tests.hub.repos import Commit, File, HubError, Pull, Repo, history, now
from tests.hub.store import Store, body_of, flag, repo_to_read, repo_to_write, store_of
from tests.hub.xet import assemble

REGULAR_LIMIT = 10 * 2**20  # bytes; above it a file goes by LFS or xet
LARGE = (".parquet", ".arrow", ".bin", ".safetensors", ".gz", ".zst", ".zip", ".png", ".jpg")
FORBIDDEN = {"", ".", "..", ".git"}  # as parts of a path


async def preupload(request: web.Request) -> web.Response:
    """How each file is to be sent, whether `.gitignore` names it, and what is there under its path."""
    repo, _ = repo_to_write(request)
    asked, head = await body_of(request), repo.at(request.match_info["revision"])
    ignored = _ignored(store_of(request), asked, head)
    files = []
    for file in asked["files"]:
        path, there = file["path"], head.files.get(file["path"])
        large = file["size"] > REGULAR_LIMIT or path.endswith(LARGE) or b"\0" in base64.b64decode(file["sample"])
        answer = {
            "path": path,
            "uploadMode": "lfs" if large else "regular",
            "shouldIgnore": any(
                fnmatch.fnmatch(name, glob) for glob in ignored for name in (path, path.split("/")[-1])
            ),
        }
        files.append(answer | ({"oid": there.etag} if there else {}))
    return web.json_response({"files": files, "commitOid": head.oid})


def _ignored(store: Store, asked: dict[str, Any], head: Commit) -> list[str]:
    text = asked.get("gitIgnore")
    if text is None and ".gitignore" in head.files:
        text = store.blobs.get(head.files[".gitignore"].sha256).decode()
    return [line.strip() for line in (text or "").splitlines() if line.strip() and not line.startswith("#")]


async def commit(request: web.Request) -> web.Response:
    """All operations or none: the new tree is whole before a branch or a pull request points to it."""
    lines = (await request.read()).splitlines()  # nothing is awaited from here on, so commits happen one at a time
    repo, token = repo_to_write(request)
    store, ref = store_of(request), request.match_info["revision"]
    operations = [json.loads(line) for line in lines if line]
    header = next(operation["value"] for operation in operations if operation["key"] == "header")
    proposed, parent = flag(request, "create_pr"), header.get("parentCommit")
    head = repo.at(ref)
    if parent and proposed:
        head = repo.at(parent)
    elif parent and not head.oid.startswith(parent):
        raise HubError(412, "A commit has happened since. Please refresh and try again.")
    files = dict(head.files)
    for operation in operations:
        if operation["key"] != "header":
            _apply(store, files, operation["key"], operation["value"])
    title, message = header.get("summary", ""), header.get("description", "")
    made = repo.commit(files, head, title, message, token.user)
    url = f"{store.url}/datasets/{repo.id}"
    answer = {"success": True, "commitOid": made.oid, "commitUrl": f"{url}/commit/{made.oid}", "hookOutput": ""}
    if proposed:
        pull = repo.open_pull(made, title, message, token.user)
        answer["pullRequestUrl"] = f"{url}/discussions/{pull.num}"
    else:
        repo.move(ref, made)
    return web.json_response(answer)


def _apply(store: Store, files: dict[str, File], key: str, value: dict[str, Any]) -> None:
    """Carries out one operation of a commit on its tree."""
    path = value["path"].rstrip("/") if key == "deletedFolder" else value["path"]
    if FORBIDDEN & set(path.split("/")):
        raise HubError(422, f"Invalid path in repo: {path}")
    if key == "file":
        data = _content(value)
        store.received += len(data)
        files[path] = store.blobs.regular(data)
    elif key == "lfsFile":
        files[path] = _large(store, path, value["oid"])
    elif key in {"deletedFile", "deletedFolder"}:
        gone = [name for name in files if name.startswith(f"{path}/") or (key == "deletedFile" and name == path)]
        if not gone:
            raise HubError(404, f"A file with the name {path} doesn't exist", "EntryNotFound")
        for name in gone:
            del files[name]
    else:
        raise HubError(400, f"Unknown operation {key}")


def _content(value: dict[str, Any]) -> bytes:
    if value.get("encoding") != "base64":
        return str(value["content"]).encode()
    try:
        return base64.b64decode(value["content"], validate=True)
    except binascii.Error as error:
        raise HubError(400, f"{value['path']} is not base64: {error}") from error


def _large(store: Store, path: str, sha256: str) -> File:
    if sha256 not in store.blobs and store.xet:
        data = assemble(store.xet, sha256)
        if data is not None and store.blobs.add(data) != sha256:
            raise HubError(400, f"What xet holds of {path} has another SHA-256 than {sha256}")
    if sha256 not in store.blobs:
        raise HubError(400, f"LFS object {sha256} of {path} was not uploaded")
    return store.blobs.large(sha256)


async def discussions(request: web.Request) -> web.Response:
    repo = repo_to_read(request)
    status = request.query.get("status")
    found = [_told(repo, pull) for pull in repo.pulls.values() if status in {None, "all", pull.status}]
    return web.json_response({"count": len(found), "start": 0, "discussions": found})


async def open_discussion(request: web.Request) -> web.Response:
    """Pull requests only: the stand-in holds no other discussions."""
    asked = await body_of(request)
    repo, token = repo_to_write(request)
    pull = repo.open_pull(repo.at("main"), asked["title"], asked.get("description", ""), token.user)
    return web.json_response(
        {"num": pull.num, "url": f"{store_of(request).url}/datasets/{repo.id}/discussions/{pull.num}"}
    )


async def discussion(request: web.Request) -> web.Response:
    repo = repo_to_read(request)
    return web.json_response(_told(repo, _pull(request, repo)))


async def set_status(request: web.Request) -> web.Response:
    asked = await body_of(request)
    repo, token = repo_to_write(request)
    pull = _pull(request, repo)
    pull.status = asked["status"]
    event = _event("status-change", now(), token.user, {"status": pull.status})
    return web.json_response({"newStatus": event})


async def merge(request: web.Request) -> web.Response:
    """Puts what the pull request changed on top of main; raises HubError 409 where main changed the same files."""
    repo, token = repo_to_write(request)
    pull, main = _pull(request, repo), repo.at("main")
    if pull.status != "open":
        raise HubError(400, f"A pull request that is {pull.status} can't be merged")
    if _conflicts(pull, main):
        raise HubError(409, f"Conflicts in {_conflicts(pull, main)}")
    files = dict(main.files)
    for path, file in _changes(_base(pull, main), pull.head).items():
        if file:
            files[path] = file
        else:
            files.pop(path, None)
    repo.move("main", repo.commit(files, main, f"{pull.title} (#{pull.num})", pull.description, token.user))
    pull.status = "merged"
    return web.json_response({"ok": True})


def _pull(request: web.Request, repo: Repo) -> Pull:
    pull = repo.pulls.get(int(request.match_info["num"]))
    if pull is None:
        raise HubError(404, "Discussion not found")
    return pull


def _base(pull: Pull, main: Commit) -> Commit:
    """The last commit that main and the pull request have in common."""
    ours = {commit.oid for commit in history(main)}
    return next(commit for commit in history(pull.head) if commit.oid in ours)


def _changes(before: Commit, after: Commit) -> dict[str, File | None]:
    paths = before.files.keys() | after.files.keys()
    return {path: after.files.get(path) for path in paths if before.files.get(path) != after.files.get(path)}


def _conflicts(pull: Pull, main: Commit) -> list[str]:
    base = _base(pull, main)
    theirs, ours = _changes(base, pull.head), _changes(base, main)
    return sorted(path for path in theirs.keys() & ours.keys() if theirs[path] != ours[path])


def _told(repo: Repo, pull: Pull) -> dict[str, Any]:
    comment = {"edited": False, "hidden": False, "latest": {"raw": pull.description or pull.title}}
    return {
        "title": pull.title,
        "num": pull.num,
        "author": {"name": pull.author},
        "createdAt": pull.date,
        "status": pull.status,
        "repo": {"name": repo.id, "type": "dataset"},
        "isPullRequest": True,
        "events": [_event("comment", pull.date, pull.author, comment)],
        "filesWithConflicts": [] if pull.status == "merged" else _conflicts(pull, repo.at("main")),
        "changes": {"base": "refs/heads/main"},
        "diff": "",
    }


def _event(kind: str, date: str, author: str, data: dict[str, Any]) -> dict[str, Any]:
    return {"id": f"{kind}-{date}", "type": kind, "createdAt": date, "author": {"name": author}, "data": data}
