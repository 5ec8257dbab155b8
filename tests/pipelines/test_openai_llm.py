"""What goes out to an OpenAI-compatible endpoint, and what does not."""

import asyncio
from typing import Any

import pytest
from openai import DefaultAioHttpClient
from openai.types.chat import ChatCompletion

from pipelines.openai_llm import OpenAILLM

ANSWER = ChatCompletion.model_validate(
    {
        "id": "1", "object": "chat.completion", "created": 0, "model": "m",
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "four"}}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 1, "total_tokens": 8},
    }
)  # fmt: skip


def sent(monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any], **arguments: Any) -> dict[str, Any]:
    """The fields of the request that one call makes."""
    sent_body: dict[str, Any] = {}

    async def post(path: str, *, cast_to: type[ChatCompletion], body: dict[str, Any]) -> ChatCompletion:
        assert (path, cast_to) == ("/chat/completions", ChatCompletion)
        sent_body.update(body)
        return ANSWER

    monkeypatch.setenv("OPENAI_API_KEY", "none")
    llm = OpenAILLM(model="m", base_url="http://127.0.0.1:1/v1", **settings)
    llm.load()
    monkeypatch.setattr(llm._aclient, "post", post)
    output = asyncio.run(llm.agenerate(input=[{"role": "user", "content": "2 + 2?"}], **arguments))
    assert output["generations"] == ["four"]
    assert output["statistics"] == {"input_tokens": [7], "output_tokens": [1]}
    return sent_body


def test_only_what_is_set_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    body = sent(monkeypatch, {})
    assert set(body) == {"model", "messages", "n", "max_tokens"}


def test_further_fields_go_out_with_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sent(monkeypatch, {}, extra_body={"top_k": 40})["top_k"] == 40


def test_seed_and_schema_go_out_unless_the_cast_says_that_the_endpoint_does_not_take_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    schema = {"type": "object"}
    body = sent(monkeypatch, {}, seed=7, response_schema=schema)
    assert body["seed"] == 7
    assert body["response_format"]["json_schema"]["schema"] == schema
    body = sent(monkeypatch, {"send_seed": False, "json_mode": "json_object"}, seed=7, response_schema=schema)
    assert "seed" not in body
    assert body["response_format"] == {"type": "json_object"}
    assert "response_format" not in sent(monkeypatch, {"json_mode": "none"}, response_schema=schema)


def test_the_limit_of_tokens_goes_out_under_the_name_that_the_model_wants(monkeypatch: pytest.MonkeyPatch) -> None:
    body = sent(monkeypatch, {"max_tokens_name": "max_completion_tokens"}, max_new_tokens=99)
    assert body["max_completion_tokens"] == 99
    assert "max_tokens" not in body


def test_the_transport_is_aiohttp_and_the_client_makes_no_retries_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", "sk-other")
    llm = OpenAILLM(model="m", base_url="http://127.0.0.1:1/v1", api_key_env="MY_KEY")
    llm.load()
    assert isinstance(llm._aclient._client, type(DefaultAioHttpClient()))
    assert (llm._aclient.api_key, llm._aclient.max_retries) == ("sk-other", 0)
