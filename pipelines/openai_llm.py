"""The OpenAI-compatible LLM: Distilabel's, with a faster transport and the request fields it does not know."""

import os
from typing import Any, Literal

from distilabel import models
from openai.types.chat import ChatCompletion
from pydantic import Field


class MalformedReply(RuntimeError):  # noqa: N818 - reads as what it is
    """A response that is no chat completion."""


class OpenAILLM(models.OpenAILLM):  # type: ignore[misc]  # Distilabel ships no types
    """Any OpenAI-compatible chat endpoint.

    Over aiohttp it makes four times the calls per second of the client's own transport. Retries, their counts and
    their patience belong to `pipelines.calls`, so the client makes none. The key is read when the LLM is loaded, in the
    process that uses it, and is in no field: a serialised pipeline holds none.
    """

    api_key_env: str = Field("OPENAI_API_KEY", description="environment variable that holds the key")
    max_tokens_name: Literal["max_tokens", "max_completion_tokens"] = Field(
        "max_tokens", description="under which name the endpoint wants the limit of new tokens"
    )
    json_mode: Literal["json_schema", "json_object", "none"] = Field(
        "json_schema", description="what the endpoint takes as `response_format`; with none the prompt alone asks"
    )
    send_seed: bool = Field(default=True, description="whether the endpoint takes a `seed`")
    api_key: None = None

    def load(self) -> None:
        from openai import AsyncOpenAI, DefaultAioHttpClient

        models.AsyncLLM.load(self)
        self._aclient = AsyncOpenAI(
            base_url=self.base_url,
            api_key=os.environ.get(self.api_key_env) or "none",  # cast.py has seen that a remote endpoint has one
            max_retries=0,
            timeout=self.timeout,
            http_client=DefaultAioHttpClient(),
        )

    async def agenerate(
        self,
        input: list[dict[str, str]],  # noqa: A002 - Distilabel's name
        num_generations: int = 1,
        *,
        max_new_tokens: int = 512,
        temperature: float | None = None,
        top_p: float | None = None,
        stop: str | list[str] | None = None,
        frequency_penalty: float | None = None,
        presence_penalty: float | None = None,
        extra_body: dict[str, Any] | None = None,
        response_schema: dict[str, Any] | None = None,
        seed: int | None = None,
    ) -> Any:  # noqa: ANN401 - Distilabel's GenerateOutput
        """One chat completion. What is None is not sent, since not every model takes every field.

        Args:
            input: the messages.
            num_generations: how many choices.
            max_new_tokens: sent under `max_tokens_name`.
            temperature, top_p, stop, frequency_penalty, presence_penalty: as in the API.
            extra_body: further fields of the request's body.
            response_schema: JSON schema of the reply, sent as `json_mode` says.
            seed: sent where `send_seed`.
        """
        body: dict[str, Any] = {
            "model": self.model,
            "messages": input,
            "n": num_generations,
            self.max_tokens_name: max_new_tokens,
            "temperature": temperature,
            "top_p": top_p,
            "stop": stop,
            "frequency_penalty": frequency_penalty,
            "presence_penalty": presence_penalty,
            "seed": seed if self.send_seed else None,
            "response_format": self._response_format(response_schema),
        }
        sent = {name: value for name, value in body.items() if value is not None}
        # Not `chat.completions.create`, which walks through every message's type first: half of the time of a call.
        completion = await self._aclient.post(
            "/chat/completions", cast_to=ChatCompletion, body={**sent, **(extra_body or {})}
        )
        if not completion.choices:  # some gateways tell an error inside a 200
            raise MalformedReply("the reply has no choices")
        return self._generations_from_openai_completion(completion)

    def __del__(self) -> None:
        """Does nothing: Distilabel's closes an event loop, and fails on an LLM whose settings were refused."""

    async def aclose(self) -> None:
        await self._aclient.close()

    def _response_format(self, schema: dict[str, Any] | None) -> dict[str, Any] | None:
        if schema is None or self.json_mode == "none":
            return None
        if self.json_mode == "json_object":
            return {"type": "json_object"}
        return {"type": "json_schema", "json_schema": {"name": "reply", "strict": True, "schema": schema}}
