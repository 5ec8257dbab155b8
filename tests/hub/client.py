"""Calls the stand-in: by real client libraries, in a process of their own, or over plain HTTP."""

import http.client
import json
import subprocess
import sys
import tempfile
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.hub.server import Hub

Answer = tuple[int, bytes, Message]
PREAMBLE = """
import json, warnings
from huggingface_hub import *
from huggingface_hub.errors import *
api = HfApi()
def error(call):
    try:
        call()
    except Exception as raised:
        response = getattr(raised, "response", None)
        return [type(raised).__name__, response.status_code if response is not None else None]
"""


def run_client(hub: Hub, code: str, *, token: str | None = "hf_owner", home: Path | None = None) -> Any:
    """What `code` leaves in `result`, by way of JSON; it finds huggingface_hub's names, `api` and `error(call)` there.

    Raises AssertionError with the process's output where it fails. Without `home` its caches are new and empty; it
    always runs in a new and empty folder, where no local one can stand for a repo of the Hub.
    """
    with tempfile.TemporaryDirectory(dir=hub.folder) as folder:
        script = f"{PREAMBLE}\n{code}\njson.dump(result, open('result.json', 'w'))"
        done = subprocess.run(
            [sys.executable, "-c", script],
            env=hub.env(token, home),
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads((Path(folder) / "result.json").read_text())


def ask(
    hub: Hub,
    method: str,
    path: str,
    body: Any = None,
    *,
    token: str = "hf_owner",
    headers: dict[str, str] | None = None,
) -> Answer:
    """Status, body and headers of the answer; `body` is sent as it is if bytes, else as JSON."""
    connection = http.client.HTTPConnection(urlsplit(hub.url).netloc, timeout=10)
    sent = {"Authorization": f"Bearer {token}"} if token else {}
    data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
    try:
        connection.request(method, path, data, sent | (headers or {}))
        response = connection.getresponse()
        return response.status, response.read(), response.headers
    finally:
        connection.close()
