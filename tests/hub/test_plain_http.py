"""The stand-in itself, asked over plain HTTP: what it keeps, what it refuses, and that its faults do what they say."""

import base64
import hashlib
import http.client
import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.hub.client import Answer, ask
from tests.hub.repos import GIT_ATTRIBUTES
from tests.hub.server import Fault, Hub

API = "/api/datasets/i2a/trees"
WEB = "/datasets/i2a/trees"
Operation = tuple[str, dict[str, Any]]


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    """A stand-in with an empty i2a/trees."""
    with Hub(tmp_path, xet=False) as hub:
        status, _, _ = ask(
            hub, "POST", "/api/repos/create", {"type": "dataset", "organization": "i2a", "name": "trees"}
        )
        assert status == 200
        hub.log.clear()
        yield hub


def add(path: str, data: bytes) -> Operation:
    return "file", {"path": path, "content": base64.b64encode(data).decode(), "encoding": "base64"}


def commit(
    hub: Hub, *operations: Operation, parent: str = "", token: str = "hf_owner", ref: str = "main", query: str = ""
) -> Answer:
    header = {"summary": "Change", "description": ""} | ({"parentCommit": parent} if parent else {})
    lines = [json.dumps({"key": key, "value": value}) for key, value in (("header", header), *operations)]
    return ask(hub, "POST", f"{API}/commit/{ref}{query}", "\n".join(lines).encode(), token=token)


def test_a_commit_is_all_or_nothing(hub: Hub) -> None:
    """One operation that can't be done leaves the branch and every file as they were."""
    assert commit(hub, add("a.txt", b"1"))[0] == 200
    before = hub.commits("i2a/trees")
    for bad, status in {
        ("deletedFile", "missing.txt"): 404,
        ("lfsFile", "never-sent.parquet"): 400,
        ("file", "../outside"): 422,
        ("file", ".git/config"): 422,
        ("moved", "a.txt"): 400,
    }.items():
        broken = (bad[0], {"path": bad[1], "content": "", "oid": "0" * 64})
        assert commit(hub, add("a.txt", b"2"), broken)[0] == status, bad
    assert hub.commits("i2a/trees") == before
    assert hub.files("i2a/trees") == {".gitattributes": GIT_ATTRIBUTES, "a.txt": b"1"}


def test_a_stale_parent_is_412_but_starts_a_pull_request(hub: Hub) -> None:
    first = hub.commits("i2a/trees")[0].oid
    assert commit(hub, add("x/a.txt", b"1"), add("x/b.txt", b"2"), add("c.txt", b"3"), parent=first)[0] == 200
    assert commit(hub, add("c.txt", b"4"), parent=first)[0] == 412
    assert commit(hub, ("deletedFolder", {"path": "x/"}), ("deletedFile", {"path": "c.txt"}))[0] == 200
    assert hub.files("i2a/trees") == {".gitattributes": GIT_ATTRIBUTES}
    assert len(hub.files("i2a/trees", hub.commits("i2a/trees")[1].oid)) == 4, "the older commit keeps its files"
    assert hub.received == 3, "of refused commits nothing counts"
    assert commit(hub, add("d.txt", b"5"), parent=first, query="?create_pr=1")[0] == 200
    made = hub.commits("i2a/trees", "refs/pr/1")[0]
    assert (made.parent and made.parent.oid, set(made.files)) == (first, {".gitattributes", "d.txt"})


def test_a_pull_request_that_conflicts_is_not_merged(hub: Hub) -> None:
    """Both sides changed one file: 409, and main stays."""
    commit(hub, add("a.txt", b"1"))
    assert commit(hub, add("a.txt", b"theirs"), token="hf_other", query="?create_pr=1")[0] == 200
    commit(hub, add("a.txt", b"ours"))
    assert ask(hub, "POST", f"{API}/discussions/1/merge", {})[0] == 400, "a draft"
    assert ask(hub, "POST", f"{API}/discussions/1/status", {"status": "open"})[0] == 200
    assert ask(hub, "POST", f"{API}/discussions/1/merge", {})[0] == 409
    assert hub.files("i2a/trees")["a.txt"] == b"ours"
    assert hub.files("i2a/trees", "refs/pr/1")["a.txt"] == b"theirs"
    assert ask(hub, "POST", f"{API}/discussions/2/merge", {})[0] == 404


def test_a_private_repo_does_not_exist_for_strangers(hub: Hub) -> None:
    """404 to a stranger and 401 to nobody, as for a repo that is not there; an unknown token is 401 everywhere."""
    hub.repo("i2a/trees").private = True
    for path in (API, f"{WEB}/resolve/main/.gitattributes", f"{API}/tree/main", "/api/datasets/i2a/none"):
        for token, status in {"hf_other": 404, "": 401, "hf_unknown": 401}.items():
            assert ask(hub, "GET", path, token=token)[0] == status, (path, token)
    assert ask(hub, "GET", API, token="hf_member")[0] == 200
    hub.repo("i2a/trees").private = False
    assert [ask(hub, "GET", API, token=token)[0] for token in ("hf_other", "", "hf_unknown")] == [200, 200, 401]


def test_a_contributor_writes_only_what_it_created(hub: Hub) -> None:
    new = {"type": "dataset", "organization": "i2a", "name": "mine"}
    assert ask(hub, "POST", "/api/repos/create", new, token="hf_contributor")[0] == 200
    assert ask(hub, "GET", "/api/datasets/i2a/mine/auth-check/write", token="hf_contributor")[0] == 200
    assert ask(hub, "GET", f"{API}/auth-check/write", token="hf_contributor")[0] == 403
    assert ask(hub, "POST", "/api/repos/create", new | {"type": "model"})[0] == 400, "datasets only"


def test_lfs_takes_only_what_has_the_hash_announced(hub: Hub) -> None:
    data = b"\0" * 1000
    wanted = {"oid": hashlib.sha256(data).hexdigest(), "size": len(data)}
    batch = {"operation": "upload", "objects": [wanted]}
    _, body, _ = ask(hub, "POST", f"{WEB}.git/info/lfs/objects/batch", batch)
    href = json.loads(body)["objects"][0]["actions"]["upload"]["href"]
    path = urlsplit(href).path
    assert ask(hub, "PUT", path, b"something else")[0] == 400
    assert ask(hub, "POST", f"{WEB}.git/info/lfs/verify", wanted)[0] == 404
    assert hub.received == 0
    assert ask(hub, "PUT", path, data)[0] == 200
    assert ask(hub, "POST", f"{WEB}.git/info/lfs/verify", wanted)[0] == 200
    _, body, _ = ask(hub, "POST", f"{WEB}.git/info/lfs/objects/batch", batch)
    assert "actions" not in json.loads(body)["objects"][0], "there is nothing left to send"
    assert commit(hub, ("lfsFile", {"path": "a.bin", "oid": wanted["oid"], "size": 1000}))[0] == 200
    assert hub.files("i2a/trees")["a.bin"] == data
    assert hub.received == 1000


@pytest.mark.parametrize(
    ("asked", "status", "start", "end"),
    [("", 200, 0, 100), ("0-9", 206, 0, 10), ("90-", 206, 90, 100), ("-5", 206, 95, 100), ("95-500", 206, 95, 100)],
)
def test_a_file_is_read_in_ranges(hub: Hub, asked: str, status: int, start: int, end: int) -> None:
    data = bytes(range(100))
    commit(hub, add("a b/ü.txt", data))
    path = f"{WEB}/resolve/main/a%20b/%C3%BC.txt"
    answer = ask(hub, "GET", path, headers={"Range": f"bytes={asked}"} if asked else None)
    assert answer[:2] == (status, data[start:end])
    assert answer[2]["X-Repo-Commit"] == hub.commits("i2a/trees")[0].oid
    assert ask(hub, "GET", path, headers={"Range": "bytes=100-"})[0] == 416
    status, body, headers = ask(hub, "HEAD", path)
    assert (status, body, headers["Content-Length"], headers["X-Linked-Size"]) == (200, b"", "100", "100")


def test_a_listing_comes_in_pages(hub: Hub) -> None:
    commit(hub, *[add(f"f/{number}.txt", b"") for number in range(5)])
    hub.store.page = 3
    path, seen = f"{API}/tree/main?recursive=true", []
    while path:
        _, body, headers = ask(hub, "GET", path)
        seen.append([entry["path"] for entry in json.loads(body)])
        path = headers["Link"].split(">")[0].removeprefix(f"<{hub.url}") if headers["Link"] else ""
    assert [len(page) for page in seen] == [3, 3, 1]
    assert sorted(path for page in seen for path in page) == [
        ".gitattributes",
        "f",
        *[f"f/{number}.txt" for number in range(5)],
    ]
    assert ask(hub, "GET", f"{API}/tree/main/none")[0] == 404


def test_tags_and_branches_stay_where_they_are(hub: Hub) -> None:
    """A name is taken once; a tag keeps to its commit while main goes on; names with a slash and oids resolve too."""
    first = hub.commits("i2a/trees")[0].oid
    assert ask(hub, "POST", f"{API}/tag/main", {"tag": "v1.0.0"})[0] == 201
    assert ask(hub, "POST", f"{API}/branch/dev%2Fone", {"startingPoint": "v1.0.0"})[0] == 201
    commit(hub, add("a.txt", b"1"))
    commit(hub, add("b.txt", b"1"), ref="dev%2Fone")
    assert ask(hub, "POST", f"{API}/tag/main", {"tag": "v1.0.0"})[0] == 409
    assert ask(hub, "POST", f"{API}/branch/dev%2Fone", {})[0] == 409
    assert ask(hub, "POST", f"{API}/tag/main", {"tag": "a b"})[0] == 400
    assert hub.tags("i2a/trees") == {"v1.0.0": first}
    assert "b.txt" in hub.files("i2a/trees", "dev/one")
    assert hub.files("i2a/trees", first[:8]) == hub.files("i2a/trees", "refs/tags/v1.0.0")
    assert ask(hub, "GET", f"{API}/revision/v9")[2]["X-Error-Code"] == "RevisionNotFound"


def test_the_card_is_read_and_checked_a_little(hub: Hub) -> None:
    good = "---\nlicense: mit\ntags: [a]\nconfigs:\n- config_name: x\n  default: true\n---\n# x"
    for content, status in {
        good: 200,
        "no metadata": 200,
        "---\ntags: a\n---\n": 400,
        "---\na: [\n---\n": 400,
        "---\n- a\n---\n": 400,
        good.replace("configs:", "configs:\n- config_name: x"): 400,
        good.replace("configs:", "configs:\n- config_name: y\n  default: true"): 400,
    }.items():
        assert ask(hub, "POST", "/api/validate-yaml", {"content": content})[0] == status, content
    commit(hub, add("README.md", good.encode()))
    told = json.loads(ask(hub, "GET", API)[1])
    assert (told["tags"], told["cardData"]["license"]) == (["a"], "mit")


def test_a_fault_comes_when_and_as_often_as_ordered(hub: Hub) -> None:
    hub.faults.append(Fault("GET", "/refs", skip=1, times=2, status=429, headers={"Retry-After": "7"}))
    answers = [ask(hub, "GET", f"{API}/refs") for _ in range(4)]
    assert [status for status, _, _ in answers] == [200, 429, 429, 200]
    assert [headers["Retry-After"] for _, _, headers in answers] == [None, "7", "7", None]
    assert [call.status for call in hub.log] == [200, 429, 429, 200]
    assert hub.faults[0].times == 0
    assert ask(hub, "GET", API)[0] == 200


def test_an_error_comes_before_or_after_the_commit(hub: Hub) -> None:
    hub.faults += [Fault("POST", "/commit/", status=500), Fault("POST", "/commit/", status=502, landed=True)]
    assert commit(hub, add("a.txt", b"1"))[0] == 500
    assert len(hub.commits("i2a/trees")) == 1
    assert commit(hub, add("a.txt", b"1"))[0] == 502
    assert hub.files("i2a/trees")["a.txt"] == b"1"


def test_a_request_breaks_off_and_nothing_is_done(hub: Hub) -> None:
    hub.faults.append(Fault("POST", "/commit/", drop_request=1000))
    with pytest.raises(ConnectionError):
        commit(hub, add("a.txt", b"1" * 100_000))
    assert len(hub.commits("i2a/trees")) == 1
    assert [(call.method, call.status, call.sent >= 1000) for call in hub.log] == [("POST", 0, True)]
    assert commit(hub, add("a.txt", b"1"))[0] == 200


def test_an_answer_breaks_off_after_the_deed(hub: Hub) -> None:
    """So many bytes come and no more; an answer without a body does not come at all."""
    commit(hub, add("a.txt", b"0123456789"))
    hub.faults += [Fault("GET", "/resolve/", drop_response=4), Fault("POST", "/tag/", drop_response=0)]
    with pytest.raises(http.client.IncompleteRead) as caught:
        ask(hub, "GET", f"{WEB}/resolve/main/a.txt")
    assert caught.value.partial == b"0123"
    with pytest.raises(ConnectionError):
        ask(hub, "POST", f"{API}/tag/main", {"tag": "v1"})
    assert hub.tags("i2a/trees") == {"v1": hub.commits("i2a/trees")[0].oid}


def test_an_answer_is_slow(hub: Hub) -> None:
    """The wait comes before the deed, or with `landed` after it, so that a client may be killed in between."""
    hub.faults += [Fault("POST", "/tag/", delay=0.5), Fault("POST", "/tag/", delay=0.5, landed=True)]
    for tag, early in {"v1": False, "v2": True}.items():
        with ThreadPoolExecutor(1) as pool:
            start = time.monotonic()
            answer = pool.submit(ask, hub, "POST", f"{API}/tag/main", {"tag": tag})
            while early and tag not in hub.tags("i2a/trees"):
                time.sleep(0.01)
            assert (tag in hub.tags("i2a/trees")) == early
            assert not answer.done()
            assert answer.result()[0] == 201
            assert time.monotonic() - start >= 0.5
    assert hub.tags("i2a/trees").keys() == {"v1", "v2"}


def test_a_client_that_dies_leaves_nothing(hub: Hub) -> None:
    """Half a commit, then the connection is closed: no commit, and the stand-in goes on."""
    host, port = urlsplit(hub.url).netloc.split(":")
    with socket.create_connection((host, int(port))) as dying:
        head = f"POST {API}/commit/main HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer hf_owner\r\n"
        dying.sendall(f'{head}Content-Length: 1000\r\n\r\n{{"key": "header"'.encode())
        while not hub.log:
            time.sleep(0.01)
    assert ask(hub, "GET", API)[0] == 200
    assert len(hub.commits("i2a/trees")) == 1


def test_a_client_is_led_to_the_stand_in_alone(hub: Hub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Tokens, caches and proxies of the machine stay here; each client gets an empty cache, or the one named."""
    for name in ("HF_TOKEN", "HF_HUB_CACHE", "HUGGING_FACE_HUB_TOKEN", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "mine")
    env = hub.env(None)
    assert "mine" not in env.values()
    assert env["HF_ENDPOINT"] == hub.url
    assert env["HF_HOME"] != hub.env()["HF_HOME"]
    assert hub.env(home=tmp_path / "home")["HF_HOME"] == str(tmp_path / "home")


def test_what_fails_in_the_stand_in_itself_is_told(tmp_path: Path) -> None:
    """A mistake of its own is no answer that a client may retry away: leaving raises it."""
    with pytest.raises(ExceptionGroup, match="the stand-in itself failed"), Hub(tmp_path, xet=False) as hub:
        assert ask(hub, "POST", "/api/validate-yaml", b"no JSON")[0] == 500
