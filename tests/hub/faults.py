"""Faults that a test orders from the stand-in: an error, a broken connection or a slow answer, at a chosen call."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from aiohttp import web


@dataclass
class Fault:
    """What goes wrong with the calls whose method is `method` and in whose path (with its query) `path` is found.

    Attributes:
        method: a regular expression, such as `"PUT"` or `".*"`.
        path: likewise, e.g. `"/commit/main"`, `"^/lfs/"`, `"/v1/xorbs/"`.
        skip: so many such calls pass first.
        times: so many calls then fail; counted down, so 0 tells that the fault has happened in full.
        status: answered instead of what the stand-in would answer.
        landed: the call is carried out first; only its answer is another (`status`) or late (`delay`).
        drop_request: the connection breaks once so many bytes of the request's body are read; nothing is carried out.
        drop_response: the call is carried out, and the connection breaks after so many bytes of the answer's body; an
            answer without a body does not arrive at all.
        delay: seconds to wait before anything else; with `landed`, between the deed and the answer.
        headers: added to the answer, e.g. `{"Retry-After": "1"}`.
    """

    method: str
    path: str
    skip: int = 0
    times: int = 1
    status: int = 0
    landed: bool = False
    drop_request: int | None = None
    drop_response: int | None = None
    delay: float = 0
    headers: dict[str, str] = field(default_factory=dict)

    def strikes(self, request: web.Request) -> bool:
        """Whether this call is one to fail; counts."""
        if (
            self.times == 0
            or not re.fullmatch(self.method, request.method)
            or not re.search(self.path, request.path_qs)
        ):
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.times -= 1
        return True


async def fail(
    fault: Fault, request: web.Request, respond: Callable[[web.Request], Awaitable[web.Response]]
) -> web.Response | None:
    """Carries out the call as the fault wants it; None: the connection was broken."""
    await asyncio.sleep(0 if fault.landed else fault.delay)
    if fault.drop_request is not None:
        await _read(request, fault.drop_request)
        _break(request)
        return None
    if fault.status and not fault.landed:
        return web.json_response({"error": "ordered fault"}, status=fault.status, headers=fault.headers)
    response = await respond(request)
    await asyncio.sleep(fault.delay if fault.landed else 0)
    if fault.status:
        return web.json_response({"error": "ordered fault"}, status=fault.status, headers=fault.headers)
    response.headers.update(fault.headers)
    if fault.drop_response is not None:
        await _send_part(request, response, fault.drop_response)
        return None
    return response


async def _read(request: web.Request, count: int) -> None:
    while count > 0 and (part := await request.content.read(count)):
        count -= len(part)


async def _send_part(request: web.Request, response: web.Response, count: int) -> None:
    body = response.body or b""
    assert isinstance(body, bytes)
    if not body:  # its headers alone would be the whole answer
        _break(request)
        return
    part = web.StreamResponse(status=response.status, headers=response.headers)
    part.content_length = len(body)
    await part.prepare(request)
    await part.write(body[:count])
    _break(request, gently=True)


def _break(request: web.Request, *, gently: bool = False) -> None:
    """`gently` lets go what was written; otherwise the client's next read or write fails with a reset."""
    assert isinstance(request.transport, asyncio.Transport)
    if gently:
        request.transport.close()
    else:
        request.transport.abort()
