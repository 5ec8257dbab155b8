"""One coroutine for any Distilabel LLM: messages in, a reply out, and what its errors mean."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import openai
from distilabel import models

from pipelines.errors import UserError
from pipelines.openai_llm import MalformedReply, OpenAILLM
from pipelines.views import Messages

_LONGEST_CALL = 600.0  # seconds; an OpenAI-compatible LLM has a `timeout` of its own


@dataclass(frozen=True)
class Reply:
    """What a model said, and the tokens it took."""

    text: str
    tokens_in: int
    tokens_out: int


def generator(llm: "models.LLM") -> Callable[[Messages, dict[str, Any] | None, int], Awaitable[Reply]]:
    """A coroutine function (messages, schema, seed) -> Reply for any Distilabel LLM."""
    kwargs = dict(llm.get_generation_kwargs() or {})
    if isinstance(llm, OpenAILLM):

        async def from_openai(messages: Messages, schema: dict[str, Any] | None, seed: int) -> Reply:
            try:
                async with asyncio.timeout(llm.timeout):
                    output = await llm.agenerate(input=messages, response_schema=schema, seed=seed, **kwargs)
            except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
                if not _is_about_content(error):
                    raise
                return Reply("", 0, 0)  # an answer like any other: kept, counted as empty, asked for again
            return _read_output(output)

        return from_openai
    if isinstance(llm, models.AsyncLLM):

        async def any_async(messages: Messages, _schema: dict[str, Any] | None, _seed: int) -> Reply:
            async with asyncio.timeout(_LONGEST_CALL):
                return _read_output(await llm.agenerate(input=messages, **kwargs))

        return any_async
    batches = _Batches(llm, kwargs)

    async def in_batches(messages: Messages, _schema: dict[str, Any] | None, _seed: int) -> Reply:
        return await batches.generate(messages)

    return in_batches


def load_llms(llms: Mapping[str, "models.LLM"]) -> None:
    """Makes the LLMs of all roles ready, in the process that uses them.

    Raises:
        UserError: one cannot be.
    """
    for role, llm in llms.items():
        try:
            llm.load()
        except Exception as error:
            name = type(llm).__name__
            raise UserError(f"the {role} ({name}) cannot be loaded: {type(error).__name__}: {error}") from error


async def close_llms(llms: Mapping[str, "models.LLM"]) -> None:
    """Closes their connections."""
    for llm in llms.values():
        if isinstance(llm, OpenAILLM):
            await llm.aclose()


def _is_about_content(error: openai.APIStatusError) -> bool:
    """Whether a refused request was filtered or too long: the fault of these messages, not of the cast."""
    about = f"{error.code} {error}".lower()
    return any(
        words in about for words in ("content_filter", "content management policy", "context length", "context_length")
    )


class _Batches:
    """Calls to an LLM that only takes batches (vLLM, TransformersLLM): what waits while one batch runs is the next."""

    def __init__(self, llm: "models.LLM", kwargs: dict[str, Any]) -> None:
        self._llm, self._kwargs = llm, kwargs
        self._waiting: list[tuple[Messages, asyncio.Future[Reply]]] = []
        self._worker: asyncio.Task[None] | None = None

    async def generate(self, messages: Messages) -> Reply:
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting.append((messages, future))
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())
        return await future

    async def _work(self) -> None:
        await asyncio.sleep(0)  # whoever asks in the same breath joins the first batch
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                inputs = [messages for messages, _ in batch]
                outputs = await asyncio.to_thread(self._llm.generate, inputs=inputs, **self._kwargs)
                results: list[Any] = [_read_output(output) for output in outputs]
            except Exception as error:  # noqa: BLE001 - handed to each caller, who decides
                results = [error] * len(batch)
            for (_, future), result in zip(batch, results, strict=True):
                if not future.cancelled():
                    (future.set_exception if isinstance(result, Exception) else future.set_result)(result)


def _read_output(output: Mapping[str, Any]) -> Reply:
    tokens = {name: (output["statistics"].get(name) or [0])[0] or 0 for name in ("input_tokens", "output_tokens")}
    text = (output["generations"][0] or "").encode(errors="replace").decode()  # lone surrogates could not be journaled
    return Reply(text, tokens["input_tokens"], tokens["output_tokens"])


def trouble(role: str, model: str, error: Exception) -> tuple[str, float | None]:
    """What kind of passing trouble this is, and the seconds that the server asked to wait.

    Raises:
        UserError: the call can never succeed as it is.
    """
    if isinstance(error, openai.APIStatusError):
        if error.status_code in (408, 409, 429) or error.status_code >= 500:
            asked = error.response.headers.get("retry-after", "")
            return str(error.status_code), float(asked) if asked.replace(".", "", 1).isdigit() else None
        hint = {401: "the key is not accepted", 403: "the key has no right to this", 404: "no such model or address"}
        why = hint.get(error.status_code, "the request is refused")
        raise UserError(f"the {role} ({model}): {why}: HTTP {error.status_code}, {one_line(error)}") from error
    if isinstance(error, TimeoutError | openai.APITimeoutError):
        return "timeout", None
    if isinstance(error, openai.APIConnectionError):
        return "connection", None
    if isinstance(error, MalformedReply | json.JSONDecodeError):
        return "malformed", None
    if isinstance(error, TypeError | ValueError | NotImplementedError):
        raise UserError(f"the {role} ({model}) cannot be called: {type(error).__name__}: {one_line(error)}") from error
    return type(error).__name__, None


def one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__
