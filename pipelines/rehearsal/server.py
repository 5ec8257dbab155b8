"""The endpoint: OpenAI's chat completions over the rehearsal's roles, on loopback."""

import asyncio
import os
import signal
from collections import Counter
from dataclasses import dataclass, field

import orjson
from aiohttp import web

from pipelines.rehearsal import World, model_of, roles
from pipelines.rehearsal.draw import Draw
from pipelines.rehearsal.faults import Faults, spoil
from pipelines.rehearsal.request import CHARACTERS_PER_TOKEN, ApiError, ChatRequest, models, parse, tokens

HOST = "127.0.0.1"
MAX_BODY = 64 * 1024 * 1024
RETRY_AFTER = 1  # seconds, what a 429 asks for
_JSON = "application/json"
_CREATED = 1735689600  # a fixed time, since a reply depends on its request alone


@dataclass(frozen=True, slots=True)
class Settings:
    """How the server behaves. `latency` and `jitter` are in seconds; the jitter is added on top, evenly spread."""

    seed: int = 0
    latency: float = 0.0
    jitter: float = 0.0
    faults: Faults = field(default_factory=Faults)
    world: World = "full"

    def __post_init__(self) -> None:
        for name, seconds in (("latency", self.latency), ("jitter", self.jitter)):
            if not 0 <= seconds < float("inf"):
                raise ValueError(f"{name} is {seconds}: give seconds, 0 or more")


@dataclass(slots=True)
class Stats:
    """What `/stats` tells. `calls` are requests answered with a completion, faulty replies included."""

    requests: int = 0
    calls: int = 0
    rejected: int = 0
    in_flight: int = 0
    peak_concurrency: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    by_model: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)

    def as_json(self) -> bytes:
        return orjson.dumps(self)


class Endpoint:
    """The handlers, with what they count."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.stats = Stats()
        self._attempts: Counter[str] = Counter()

    def app(self) -> web.Application:
        app = web.Application(client_max_size=MAX_BODY)
        app.router.add_post("/v1/chat/completions", self.chat)
        app.router.add_get("/v1/models", self.models)
        app.router.add_get("/stats", self.tell_stats)
        app.router.add_get("/health", self.health)
        return app

    async def chat(self, http: web.Request) -> web.StreamResponse:
        stats = self.stats
        stats.requests += 1
        stats.in_flight += 1
        stats.peak_concurrency = max(stats.peak_concurrency, stats.in_flight)
        try:
            return await self._answer(http, parse(await http.read(), self.settings.world))
        except ApiError as error:
            stats.rejected += 1
            return web.Response(status=error.status, body=error.body(), content_type=_JSON)
        finally:
            stats.in_flight -= 1

    async def _answer(self, http: web.Request, request: ChatRequest) -> web.StreamResponse:
        settings = self.settings
        draw = Draw(settings.seed, request.key())
        self._attempts[draw.digest] += 1
        attempt = draw.fork("attempt", self._attempts[draw.digest])
        fault = settings.faults.of_attempt(attempt)
        if fault:
            self.stats.faults[fault] += 1
        if fault == "429":
            headers = {"Retry-After": str(RETRY_AFTER)}
            return _error(429, "Rate limit reached (a rehearsed fault): try again later.", "rate_limit", headers)
        if settings.latency or settings.jitter:
            await asyncio.sleep(settings.latency + settings.jitter * attempt.share())
        if fault == "500":
            return _error(500, "The server had an error (a rehearsed fault).", "server_error")
        if fault == "hang":
            await asyncio.Event().wait()  # until the client gives up or the server stops
        body = self._completion(request, draw)
        if fault == "cut":
            return await _cut(http, body)
        self.stats.calls += 1
        return web.Response(body=body, content_type=_JSON)

    def _completion(self, request: ChatRequest, draw: Draw) -> bytes:
        choices, used = [], 0
        for index in range(request.choices):
            text, reason = self._choice(request, draw.fork("choice", index))
            used += tokens(text)
            message = {"role": "assistant", "content": text, "refusal": None}
            choices.append({"index": index, "message": message, "logprobs": None, "finish_reason": reason})
        asked = sum(tokens(message.content) for message in request.messages)
        model = model_of(request.role, self.settings.world)
        self.stats.tokens_in += asked
        self.stats.tokens_out += used
        self.stats.by_model[model] += 1
        return orjson.dumps(
            {
                "id": f"chatcmpl-{draw.digest}",
                "object": "chat.completion",
                "created": _CREATED,
                "model": model,
                "choices": choices,
                "usage": {"prompt_tokens": asked, "completion_tokens": used, "total_tokens": asked + used},
                "system_fingerprint": f"rehearsal-{self.settings.seed}",
            }
        )

    def _choice(self, request: ChatRequest, draw: Draw) -> tuple[str, str]:
        text = roles.reply(request.role, request.messages, draw, self.settings.world)
        fault = self.settings.faults.of_reply(draw.fork("fault"))
        if fault:
            self.stats.faults[fault] += 1
            text = spoil(text, fault, draw)
        if request.max_tokens is not None and tokens(text) > request.max_tokens:
            return text[: request.max_tokens * CHARACTERS_PER_TOKEN], "length"
        return text, "stop"

    async def models(self, _: web.Request) -> web.Response:
        listed = [
            {"id": model, "object": "model", "created": _CREATED, "owned_by": "rehearsal"}
            for model in models(self.settings.world)
        ]
        return web.Response(body=orjson.dumps({"object": "list", "data": listed}), content_type=_JSON)

    async def tell_stats(self, _: web.Request) -> web.Response:
        return web.Response(body=self.stats.as_json(), content_type=_JSON)

    async def health(self, _: web.Request) -> web.Response:
        return web.Response(body=b'{"status":"ok"}', content_type=_JSON)


def _error(status: int, message: str, kind: str, headers: dict[str, str] | None = None) -> web.Response:
    body = orjson.dumps({"error": {"message": message, "type": kind, "param": None, "code": None}})
    return web.Response(status=status, body=body, content_type=_JSON, headers=headers)


async def _cut(http: web.Request, body: bytes) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": _JSON, "Content-Length": str(len(body))})
    await response.prepare(http)
    await response.write(body[: len(body) // 2])
    if http.transport is not None:
        http.transport.close()
    return response


async def run(settings: Settings, port: int, parent: int | None) -> None:
    """Serves until SIGTERM, SIGINT or, where `parent` is a process id, until that process is no longer the parent.

    Prints the base URL once the port accepts connections. Raises OSError where the port is taken.
    """
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    # A client that hangs up ends its handler: a rehearsed hang would stay for ever otherwise.
    runner = web.AppRunner(Endpoint(settings).app(), access_log=None, handler_cancellation=True, shutdown_timeout=1.0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, HOST, port, backlog=4096)
        await site.start()
        print(f"http://{HOST}:{runner.addresses[0][1]}/v1", flush=True)
        await _until(stop, parent)
    finally:
        await runner.cleanup()


async def _until(stop: asyncio.Event, parent: int | None) -> None:
    while not stop.is_set() and (parent is None or os.getppid() == parent):
        try:
            await asyncio.wait_for(stop.wait(), timeout=None if parent is None else 0.5)
        except TimeoutError:
            continue
