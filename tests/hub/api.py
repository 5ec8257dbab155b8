"""The Hub's API about repos: who am I, create, look, list, branch, tag. Commits are in commits.py."""

import json
import re
from typing import Any

import yaml
from aiohttp import web

from tests.hub.repos import Commit, File, HubError, Repo, history
from tests.hub.store import body_of, commit_of, flag, repo_to_read, repo_to_write, store_of, token_of
from tests.hub.users import check_create, whoami

CARD = re.compile(r"\A\s*---\r?\n(.*?)\r?\n---[ \t]*(\r?\n|\Z)", re.DOTALL)
CARD_LISTS = ("configs", "task_categories", "tags", "source_datasets")


async def who_am_i(request: web.Request) -> web.Response:
    token = token_of(request)
    if token is None:
        raise HubError(401, "Invalid username or password.")
    return web.json_response(whoami(token))


async def create(request: web.Request) -> web.Response:
    token, asked, store = token_of(request), await body_of(request), store_of(request)
    if asked.get("type", "model") != "dataset":
        raise HubError(400, f"The stand-in holds datasets only, not a {asked.get('type', 'model')}")
    namespace = asked.get("organization") or (token.user if token else "")
    token = check_create(token, namespace)
    repo_id = f"{namespace}/{asked['name']}"
    url = f"{store.url}/datasets/{repo_id}"
    if repo_id in store.repos:
        raise HubError(409, "You already created this dataset repo", url=url)
    private = asked.get("visibility") == "private" or asked.get("private") is True
    store.repos[repo_id] = Repo(repo_id, token.user, private, store.blobs)
    return web.json_response({"url": url, "name": repo_id, "id": repo_id})


async def settings(request: web.Request) -> web.Response:
    repo, _ = repo_to_write(request)
    asked = await body_of(request)
    if "visibility" in asked or "private" in asked:
        repo.private = asked.get("visibility") == "private" or asked.get("private") is True
    return web.json_response({"private": repo.private})


async def info(request: web.Request) -> web.Response:
    repo, commit = repo_to_read(request), commit_of(request)
    card = _card(request, commit)
    answer = {
        "_id": repo.id,
        "id": repo.id,
        "author": repo.id.split("/")[0],
        "sha": commit.oid,
        "lastModified": commit.date,
        "createdAt": repo.created,
        "private": repo.private,
        "gated": False,
        "disabled": False,
        "downloads": 0,
        "likes": 0,
        "tags": card.get("tags") or [],
        "cardData": card,
        "siblings": [_sibling(path, file, full=flag(request, "blobs")) for path, file in sorted(commit.files.items())],
    }
    return web.json_response(answer)


def _card(request: web.Request, commit: Commit) -> dict[str, Any]:
    """The metadata of the README; {} where it has none. Dates become text, as in JSON they must."""
    if "README.md" not in commit.files:
        return {}
    found = CARD.match(store_of(request).blobs.get(commit.files["README.md"].sha256).decode())
    card: dict[str, Any] = json.loads(json.dumps((yaml.safe_load(found[1]) if found else None) or {}, default=str))
    return card


def _sibling(path: str, file: File, *, full: bool) -> dict[str, Any]:
    sibling: dict[str, Any] = {"rfilename": path}
    if full:
        sibling |= {"size": file.size, "blobId": file.oid}
        if file.lfs:
            sibling["lfs"] = {"sha256": file.sha256, "size": file.size, "pointerSize": len(file.pointer)}
    return sibling


async def tree(request: web.Request) -> web.Response:
    """A folder's entries, page by page; `recursive` goes into subfolders, `expand` adds each entry's last commit."""
    commit, page = commit_of(request), store_of(request).page
    folder = request.match_info.get("path", "").strip("/")
    entries = [
        _entry(request, commit, path) for path in _paths_in(commit, folder, recursive=flag(request, "recursive"))
    ]
    if folder and not entries:
        raise HubError(404, f"{folder} does not exist on this revision", "EntryNotFound")
    start = int(request.query.get("cursor", "0"))
    headers = {}
    if start + page < len(entries):
        following = request.url.update_query(cursor=str(start + page))
        headers["Link"] = f'<{following}>; rel="next"'
    return web.json_response(entries[start : start + page], headers=headers)


def _paths_in(commit: Commit, folder: str, *, recursive: bool) -> list[str]:
    prefix = f"{folder}/" if folder else ""
    inside = [path.removeprefix(prefix) for path in commit.files if path.startswith(prefix)]
    parts = [path.split("/") for path in inside]
    depths = [range(1, len(names) + 1 if recursive else 2) for names in parts]
    return sorted(
        {prefix + "/".join(names[:depth]) for names, deep in zip(parts, depths, strict=True) for depth in deep}
    )


def _entry(request: web.Request, commit: Commit, path: str) -> dict[str, Any]:
    """A file or a folder as listings tell of it."""
    file = commit.files.get(path)
    entry: dict[str, Any] = {"type": "file" if file else "directory", "path": path, "size": file.size if file else 0}
    entry["oid"] = file.oid if file else commit.oid
    if file and file.lfs:
        entry["lfs"] = {"oid": file.sha256, "size": file.size, "pointerSize": len(file.pointer)}
        xet = store_of(request).xet
        if xet and file.sha256 in xet.hashes:
            entry["xetHash"] = xet.hashes[file.sha256]
    if flag(request, "expand"):
        last = _last_change(commit, path)
        entry["lastCommit"] = {"id": last.oid, "title": last.title, "date": last.date}
    return entry


def _last_change(commit: Commit, path: str) -> Commit:
    while commit.parent and _under(commit, path) == _under(commit.parent, path):
        commit = commit.parent
    return commit


def _under(commit: Commit, path: str) -> dict[str, File]:
    return {name: file for name, file in commit.files.items() if name == path or name.startswith(f"{path}/")}


async def paths_info(request: web.Request) -> web.Response:
    """Of the paths asked for, those that exist."""
    commit, form = commit_of(request), await request.post()
    asked = [str(path).rstrip("/") for path in form.getall("paths", [])]
    return web.json_response([_entry(request, commit, path) for path in asked if _under(commit, path)])


async def refs(request: web.Request) -> web.Response:
    repo = repo_to_read(request)
    kinds = {"branches": "refs/heads/", "tags": "refs/tags/"}
    if flag(request, "include_prs"):
        kinds["pullRequests"] = "refs/pr/"
    answer: dict[str, list[dict[str, str]]] = {"converts": []}
    for kind, prefix in kinds.items():
        answer[kind] = [
            {
                "name": ref if kind == "pullRequests" else ref.removeprefix(prefix),
                "ref": ref,
                "targetCommit": commit.oid,
            }
            for ref, commit in repo.refs().items()
            if ref.startswith(prefix)
        ]
    return web.json_response(answer)


async def commits(request: web.Request) -> web.Response:
    return web.json_response(
        [
            {
                "id": commit.oid,
                "title": commit.title,
                "message": commit.message,
                "authors": [{"user": commit.author}],
                "date": commit.date,
            }
            for commit in history(commit_of(request))
        ]
    )


async def create_branch(request: web.Request) -> web.Response:
    repo, _ = repo_to_write(request)
    asked, branch = await body_of(request), request.match_info["revision"]
    if branch in repo.branches:
        raise HubError(409, f"Reference refs/heads/{branch} already exists")
    repo.branches[branch] = repo.at(asked.get("startingPoint", "main"))
    return web.Response(status=201)


async def create_tag(request: web.Request) -> web.Response:
    repo, _ = repo_to_write(request)
    tag, commit = (await body_of(request))["tag"], repo.at(request.match_info["revision"])
    if re.search(r"[\s~^:?*\[\\]|\.\.", tag):
        raise HubError(400, f"Invalid tag name: {tag}")
    if tag in repo.tags:
        raise HubError(409, "Tag reference exists already")
    repo.tags[tag] = commit
    return web.Response(status=201)


async def delete_tag(request: web.Request) -> web.Response:
    repo, _ = repo_to_write(request)
    if repo.tags.pop(request.match_info["revision"], None) is None:
        raise HubError(404, "Invalid rev id", "RevisionNotFound")
    return web.Response()


async def check_auth(request: web.Request) -> web.Response:
    repo_to_read(request)
    return web.Response()


async def check_auth_write(request: web.Request) -> web.Response:
    repo_to_write(request)
    return web.Response()


async def validate_yaml(request: web.Request) -> web.Response:
    """An approximation: the real Hub's schema of cards is not public. Checks that it is YAML, and a few shapes."""
    found = CARD.match((await body_of(request))["content"])
    if not found:
        warning = {"message": "empty or missing yaml metadata in repo card"}
        return web.json_response({"errors": [], "warnings": [warning]})
    errors = [{"message": message} for message in _card_errors(found[1])]
    return web.json_response({"errors": errors, "warnings": []}, status=400 if errors else 200)


def _card_errors(text: str) -> list[str]:
    try:
        card = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        return [f"YAML parse error: {error}"]
    if not isinstance(card, dict):
        return ["metadata must be a mapping"]
    errors = [f'"{key}" must be an array' for key in CARD_LISTS if not isinstance(card.get(key, []), list)]
    if errors:
        return errors
    names = [config.get("config_name") for config in card.get("configs", [])]
    if len(set(names)) < len(names):
        errors.append('"configs[].config_name" must be unique')
    if sum(config.get("default") is True for config in card.get("configs", [])) > 1:
        errors.append('"configs" must have at most one default')
    return errors
