"""Argilla's web application, behind what keeps it private, and with its background jobs in the same process."""

import asyncio
import base64
import hashlib
import logging
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path

import argilla_server
import uvicorn
from argilla_server import app
from argilla_server.database import async_engine
from argilla_server.models import database as models
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import MutableHeaders
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp, Lifespan, Message, Receive, Scope, Send

from pipelines.argilla_local import engine, jobs, one_record

_GRACE = 2  # seconds that a request may go on after the server was asked to stop
_HOSTS = ["localhost", "127.0.0.1"]  # whatever the port, since a tunnel maps ports


def run(listener: socket.socket, greeting: str) -> None:
    """Answers on the socket until SIGINT or SIGTERM, and says so when it does."""
    config = uvicorn.Config(
        _application(),
        lifespan="on",
        ws="none",
        access_log=False,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=_GRACE,
    )
    _Server(config, greeting).run(sockets=[listener])


class _Server(uvicorn.Server):  # type: ignore[misc] # uvicorn isn't installed where mypy runs
    def __init__(self, config: uvicorn.Config, greeting: str) -> None:
        super().__init__(config)
        self._greeting = greeting

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            print(self._greeting, flush=True)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        logging.disable()  # what a stop cuts off is no defect
        await super().shutdown(sockets)


def _application() -> ASGIApp:
    jobs.keep_in_process()
    one_record.replace()
    logging.getLogger("argilla").addFilter(_of_the_server)
    models.TypeAdapter = cache(models.TypeAdapter)  # else built anew for each suggestion and metadata value
    app.add_middleware(_Guarded, policy=_policy(Path(argilla_server.__file__).parent / "static"))
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=_HOSTS, www_redirect=False)  # against DNS rebinding
    app.router.lifespan_context = _with_jobs(app.router.lifespan_context)
    return app


def _of_the_server(told: logging.LogRecord) -> bool:
    """Whether an error is the server's: of a request that isn't valid, only its sender is told, not the terminal."""
    return not (told.exc_info and isinstance(told.exc_info[1], RequestValidationError))


class _Guarded:
    """Adds to each answer what makes a browser run the server's own scripts only.

    Argilla's pages show a record's text as HTML, so a text could bring a script; the policy stops it.
    """

    def __init__(self, app: ASGIApp, policy: str) -> None:
        self._app = app
        self._headers = {
            "content-security-policy": policy,
            "x-content-type-options": "nosniff",
            "referrer-policy": "no-referrer",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self._headers)
            await send(message)

        await self._app(scope, receive, guarded)


def _policy(pages: Path) -> str:
    """Own files only; of inline scripts those that stand in Argilla's pages, by their hashes."""
    html = "".join(page.read_text().replace("@@baseUrl@@", "") for page in sorted(pages.rglob("*.html")))
    inline = set(re.findall(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", html, re.DOTALL))
    hashes = (base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in inline)
    allowed = {
        "default-src": "'self'",
        "script-src": " ".join(["'self'", *(f"'sha256-{one}'" for one in sorted(hashes))]),
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data:",
        "font-src": "'self' data:",
        "frame-src": "'none'",
        "object-src": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{what} {where}" for what, where in allowed.items())


def _with_jobs(lifespan: Lifespan) -> Lifespan:
    """Argilla's own start, then the jobs; at the end, connections are closed, which folds the WAL into the database."""

    @asynccontextmanager
    async def extended(application: ASGIApp) -> AsyncIterator[None]:
        async with lifespan(application):
            running = asyncio.create_task(jobs.run())
            yield
            running.cancel()
        await engine.close()
        await async_engine.dispose()

    return extended
