"""The sentence-transformers path: tiny models by folder, and by name from a Hub that answers, hangs or is not there."""

import hashlib
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

REVISION = "5eed" * 10
NAME = "i2a-tests/tiny"
LOAD = """
import sys
from filters.embed import EmbedderError, load_embedder
try:
    embedder = load_embedder(sys.argv[1])
    print(embedder.identity, embedder.encode(["Keeps eleven hens."]).shape)
except EmbedderError as error:
    print(error)
"""


def python(*arguments: str, **environment: str) -> str:
    """Standard output of a Python process, which may take a minute: without our limit the Hub's client takes longer."""
    done = subprocess.run(
        [sys.executable, *arguments],
        env=os.environ | {"OMP_NUM_THREADS": "1", "HF_TOKEN": ""} | environment,
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert "Loading weights" not in done.stderr or arguments[0] == "-m", "a progress bar crosses the stage's own"
    return done.stdout


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def found(work: Path) -> dict[str, Any]:
    findings: dict[str, Any] = json.loads(python("-m", "tests.filters.models", str(work), HF_HUB_OFFLINE="1"))
    return findings


@pytest.mark.parametrize("model", ["static", "transformer"])
def test_a_model_is_loaded_by_path_and_gives_unit_rows_in_order(found: dict[str, Any], work: Path, model: str) -> None:
    findings = found[model]
    assert findings["name"] == str(work / model)
    assert (findings["dim"], findings["shape"], findings["dtype"]) == (16, [4, 16], "float32")
    assert findings["lengths"] == pytest.approx([1, 1, 1, 1], abs=1e-6)
    assert findings["first_is_last"]
    assert findings["again_the_same"]
    assert findings["batch_difference"] < 1e-5


def test_the_identity_of_a_folder_is_its_content_wherever_it_stands(found: dict[str, Any]) -> None:
    assert found["moved"]["identity"] == found["static"]["identity"]
    assert found["moved"]["rows"] == found["static"]["rows"]
    assert found["transformer"]["identity"] != found["static"]["identity"]


def test_a_model_trained_anew_in_the_same_folder_is_not_served_its_old_vectors(found: dict[str, Any]) -> None:
    assert found["retrained"]["identity"] != found["transformer"]["identity"]
    assert found["retrained"]["rows"] != found["transformer"]["rows"]


@pytest.mark.parametrize("damage", ["empty", "cut"])
def test_a_folder_without_a_whole_model_is_an_error_that_names_the_choices(found: dict[str, Any], damage: str) -> None:
    assert "cannot be loaded" in found[damage]
    assert "Choose `lexical`" in found[damage]


class Hub(BaseHTTPRequestHandler):
    """As much of the Hub as one model needs."""

    folder: Path

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        files = f"/{NAME}/resolve/{REVISION}/", f"/{NAME}/resolve/main/"
        file = self.folder / path.removeprefix(files[0]).removeprefix(files[1])
        if path == f"/api/models/{NAME}":
            self.reply(200, json.dumps({"id": NAME, "sha": REVISION}).encode())
        elif path.startswith(files) and file.is_file():
            content = file.read_bytes()
            self.reply(200, content, ETag=f'"{hashlib.sha256(content).hexdigest()}"')
        elif path.startswith((f"/api/models/{NAME}/tree/", *files)):
            self.reply(404, b"{}", **{"X-Error-Code": "EntryNotFound"})
        else:
            self.reply(404, b"{}", **{"X-Error-Code": "RepoNotFound"})

    def reply(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in (headers | {"Content-Length": str(len(body)), "X-Repo-Commit": REVISION}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def hub(folder: Path) -> Iterator[str]:
    Hub.folder = folder
    with ThreadingHTTPServer(("127.0.0.1", 0), Hub) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def closed_port() -> str:
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


@pytest.mark.slow
def test_a_model_of_the_hub_keeps_its_revision_and_works_when_the_hub_is_gone(
    found: dict[str, Any], work: Path, tmp_path: Path
) -> None:
    expected = f"{NAME}@{REVISION} (1, 16)\n"
    with hub(work / "transformer") as endpoint:
        assert python("-c", LOAD, NAME, HF_HOME=str(tmp_path), HF_ENDPOINT=endpoint) == expected
        missing = python("-c", LOAD, "i2a-tests/other", HF_HOME=str(tmp_path), HF_ENDPOINT=endpoint)
    assert "'i2a-tests/other' cannot be loaded: RepositoryNotFoundError" in missing
    assert python("-c", LOAD, NAME, HF_HOME=str(tmp_path), HF_ENDPOINT=closed_port()) == expected
    assert python("-c", LOAD, NAME, HF_HOME=str(tmp_path), HF_HUB_OFFLINE="1") == expected


@pytest.mark.slow
def test_a_download_that_was_cut_short_is_completed(found: dict[str, Any], work: Path, tmp_path: Path) -> None:
    with hub(work / "transformer") as endpoint:
        python("-c", LOAD, NAME, HF_HOME=str(tmp_path), HF_ENDPOINT=endpoint)
        next(tmp_path.glob("hub/models--*/snapshots/*/model.safetensors")).unlink()
        printed = python("-c", LOAD, NAME, HF_HOME=str(tmp_path), HF_ENDPOINT=endpoint)
    assert printed == f"{NAME}@{REVISION} (1, 16)\n"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["all-MiniLM-L6-v2", "sentence-transformers/all-MiniLM-L6-v2"])
def test_without_the_hub_the_real_name_is_an_error_soon(tmp_path: Path, name: str) -> None:
    """Under the name that users write; the Hub's own client would try for more than a minute."""
    unreachable: list[dict[str, str]] = [{"HF_ENDPOINT": closed_port()}, {"HF_HUB_OFFLINE": "1"}]
    for environment in unreachable:
        printed = python("-c", LOAD, name, HF_HOME=str(tmp_path), **environment)
        assert "'sentence-transformers/all-MiniLM-L6-v2' cannot be loaded" in printed
        assert "Choose `lexical`" in printed


@pytest.mark.slow
def test_a_hub_that_never_answers_is_an_error_soon(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        printed = python("-c", LOAD, NAME, HF_HOME=str(tmp_path), HF_ENDPOINT=endpoint)
    assert f"{NAME!r} cannot be loaded: ReadTimeout" in printed
