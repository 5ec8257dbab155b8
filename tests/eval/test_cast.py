"""Who plays, and with which settings."""

import argparse
import asyncio
from pathlib import Path
from typing import Any

import openai
import pytest
from inspect_ai.model import GenerateConfig, Model, get_model, get_model_info

from eval import cast
from eval.aloe import options_of
from eval.cast import ATTEMPT_TIMEOUT, playing, quicken
from pipelines.errors import UserError
from tests.eval.players import command, persona, scripted, write_rows


def playing_with(*argv: str) -> tuple[Model, dict[str, Model]]:
    with playing(options_of(argv), "full") as (model, roles):
        return model, roles


@pytest.fixture(autouse=True)
def _host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOST_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("HOST_API_KEY", "none")


MOCKS = ["--model", "mockllm/model", "--user", "mockllm/user", "--judge", "mockllm/judge"]


def test_the_options_reach_every_role() -> None:
    """What Inspect's command line says reaches the evaluated model alone."""
    more = ["--second-judge", "mockllm/second", "--inducer", "mockllm/inducer", "--concurrency", "7", "--timeout", "99"]
    model, roles = playing_with(*MOCKS, *more, "--max-tokens", "50", "--temperature", "0.5")
    assert set(roles) == {"user", "judge", "inducer", "second_judge"}
    for one in (model, *roles.values()):
        assert (one.config.max_connections, one.config.timeout, one.config.attempt_timeout) == (7, 99, 99)
    assert (model.config.max_tokens, model.config.temperature) == (50, 0.5)
    assert {(one.config.max_tokens, one.config.temperature) for one in roles.values()} == {(None, None)}


def test_an_attempt_is_given_up_long_before_the_call() -> None:
    model, roles = playing_with(*MOCKS)
    assert {one.config.attempt_timeout for one in (model, *roles.values())} == {ATTEMPT_TIMEOUT}
    assert {one.config.timeout for one in (model, *roles.values())} == {900}


@pytest.mark.parametrize("seconds", [7, 500])
def test_the_time_that_the_user_gives_reaches_every_call_of_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: int
) -> None:
    """Over the task's own, which the roles have where nobody says more."""
    write_rows(tmp_path / "personas.jsonl", [persona()])
    options = ["--second-judge", "mockllm/second_judge", "--timeout", str(seconds), "--baseline", "infer"]
    code, heard = command(monkeypatch, tmp_path, scripted(), *options)
    assert code == 0
    assert set(heard.calls) == {"assistant", "user", "judge", "inducer", "second_judge"}
    for role, calls in heard.calls.items():
        times = {(call.config.timeout, call.config.attempt_timeout) for call in calls}
        assert times == {(seconds, min(seconds, ATTEMPT_TIMEOUT))}, role


def test_who_is_not_named_is_not_there() -> None:
    assert set(playing_with(*MOCKS)[1]) == {"user", "judge"}


def test_arguments_of_a_provider_are_read_as_inspect_reads_them(monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, Any] = {}

    def take(name: str, config: GenerateConfig, **arguments: Any) -> Model:
        if name == "mockllm/model":
            given.update(arguments)
        return get_model(name, config=config)

    monkeypatch.setattr(cast, "get_model", take)
    playing_with(*MOCKS, "-M", "model-path=out/my=dpo", "-M", "batch=8", "-M", "fast=true")
    assert given == {"model_path": "out/my=dpo", "batch": 8, "fast": True, "memoize": False}


@pytest.mark.parametrize("name", ["openai-api/host/some/model", "openai/gpt-4o-mini"])
def test_openai_compatible_models_get_the_aiohttp_client_once_a_run(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twice the calls per second; a client lives no longer than the event loop of its run."""
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    model = get_model(name, memoize=False)
    api: Any = model.api
    nothing: Any = None  # which the hook does not look at

    async def run() -> Any:
        quicken(model)
        first = api.http_client
        quicken(model)
        assert api.http_client is first
        assert isinstance(first, openai.DefaultAioHttpClient)
        assert api.client._client is first
        await cast.Clients().on_run_end(nothing)
        assert first.is_closed
        return first

    assert asyncio.run(run()) is not asyncio.run(run())


def test_other_models_keep_their_client() -> None:
    model = get_model("mockllm/model")
    before = dict(vars(model.api))
    quicken(model)
    assert vars(model.api) == before


@pytest.mark.slow
def test_the_rehearsal_plays_who_is_not_named_and_the_judges_model_the_inducer() -> None:
    plain = "openai-api/rehearsal/rehearsal/"
    model, roles = playing_with("--data", "x")
    assert str(model) == f"{plain}assistant"
    assert {role: str(one) for role, one in roles.items()} == {r: plain + r for r in ("user", "judge", "inducer")}
    model, roles = playing_with("--rehearsal", "--model", "mockllm/model", "--judge", "mockllm/judge")
    assert str(model) == "mockllm/model"
    assert {role: str(one) for role, one in roles.items()} == {"user": f"{plain}user", "judge": "mockllm/judge"}


def test_the_options_are_told_by_name() -> None:
    options: argparse.Namespace = options_of([])
    assert (options.protocol, options.baseline, options.turns, options.data) == ("plus", "plain", 10, "i2a/aloe")
    assert options.log_dir == Path("logs/aloe")


def test_a_model_that_can_not_be_had_is_told_with_its_reason() -> None:
    with pytest.raises(UserError, match=r"mockllm/user|nonsense/user") as told:
        playing_with("--model", "mockllm/m", "--user", "nonsense/user", "--judge", "mockllm/j")
    assert "nonsense" in str(told.value)
    assert "\n" not in str(told.value)


def test_nobody_asks_the_hub_about_weights_of_a_folder_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Inspect would build the model by its name to learn of its price, and wait for the Hub for half a minute."""
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    monkeypatch.setattr(cast, "_model", lambda *_, **__: get_model("mockllm/model"))
    playing_with("--model", "hf/mine", *MOCKS[2:], "-M", f"model_path={tmp_path}")
    monkeypatch.setattr("inspect_ai.model._model.get_model", pytest.fail)
    assert get_model_info("hf/mine") is not None
