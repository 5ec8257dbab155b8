"""HTTP to a server that goes away: what is waited for, what is made again, and what is told."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import httpx
import pytest

from pipelines.errors import UserError
from pipelines.reviews import transport
from pipelines.reviews.transport import PatientTransport

Answer = tuple[int, str] | None  # status and body; None: the connection is cut


@contextmanager
def answering(*answers: Answer) -> Iterator[tuple[str, list[str]]]:
    """A server that gives these answers, the last one for ever; its address, and the requests as they come."""
    left, seen = list(answers), list[str]()

    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            seen.append(f"{self.command} {self.path}")
            answer = left.pop(0) if len(left) > 1 else left[0]
            self.rfile.read(int(self.headers.get("content-length", 0)))
            if answer is None:
                self.connection.close()
                return
            self.send_response(answer[0])
            self.send_header("content-length", str(len(answer[1].encode())))
            self.end_headers()
            self.wfile.write(answer[1].encode())

        do_GET = do_PUT = do_POST = handle_any  # noqa: N815 - the base class calls them so

        def log_message(self, *_: Any) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", seen
        server.shutdown()


@contextmanager
def patient(address: str) -> Iterator[httpx.Client]:
    sending = PatientTransport(address, "KEY", "start it")
    sending.wait_from_now_on()
    with httpx.Client(base_url=address, transport=sending) as sender:
        yield sender


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits are short."""
    monkeypatch.setattr(transport, "PATIENCE", 0.5)
    monkeypatch.setattr(transport, "_PAUSE", 0.01)


@pytest.mark.parametrize("trouble", [(503, "starting"), (502, "nobody"), None])
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_a_server_that_comes_back_is_waited_for_and_it_is_told_once(
    soon: None, trouble: Answer, method: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with answering(trouble, trouble, (200, "{}")) as (address, seen), patient(address) as sender:
        assert sender.request(method, "/x", json={"n": 1} if method == "PUT" else None).status_code == 200
    assert seen == [f"{method} /x"] * 3
    assert capsys.readouterr().out.count("waiting for it") == 1


def test_a_server_that_stays_away_is_given_up(soon: None) -> None:
    with (
        answering((503, "no")) as (address, seen),
        patient(address) as sender,
        pytest.raises(UserError, match=re.escape(f"{address} does not answer (HTTP 503): start it")),
    ):
        sender.get("/x")
    assert len(seen) > 2


def test_nothing_is_created_twice(soon: None) -> None:
    """A request that may have been obeyed before the connection broke is not made again, unless that does no harm."""
    with (
        answering(None, (200, "{}")) as (address, seen),
        patient(address) as sender,
        pytest.raises(UserError, match="went away while it was asked"),
    ):
        sender.post("/x", json={})
    assert seen == ["POST /x"]


def test_before_the_first_answer_nobody_is_waited_for() -> None:
    with (
        answering((503, "no")) as (address, seen),
        httpx.Client(base_url=address, transport=PatientTransport(address, "KEY", "start it")) as sender,
        pytest.raises(UserError, match="start it"),
    ):
        sender.get("/x")
    assert len(seen) == 1


def test_an_error_tells_what_was_asked_and_what_was_said() -> None:
    with (
        answering((422, "field  is\nmissing")) as (address, _),
        patient(address) as sender,
        pytest.raises(UserError, match="refuses GET /x: HTTP 422: field is missing"),
    ):
        sender.get("/x")


def test_a_key_that_is_not_known_is_told_with_its_place() -> None:
    with (
        answering((401, "")) as (address, _),
        patient(address) as sender,
        pytest.raises(UserError, match=re.escape(f"{address} does not know the key in KEY")),
    ):
        sender.get("/x")
