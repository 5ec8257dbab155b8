"""Who plays which role, and every mistake that a cast can hold."""

import json
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.cast import Price, read_cast, rehearsal_cast, require_keys, single_cast
from pipelines.errors import UserError

ROLES = ["writer", "judge"]
Write = Callable[[str], Path]

MARKER = "sk-marker-4711"


@pytest.fixture
def cast_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    monkeypatch.setenv("OPENAI_API_KEY", MARKER)

    def write(text: str) -> Path:
        path = tmp_path / "cast.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_a_role_that_is_not_named_is_played_by_the_default(cast_file: Write) -> None:
    cast = read_cast(
        cast_file("""
default: {llm: OpenAILLM, model: small}
writer: {llm: OpenAILLM, model: large, generation_kwargs: {temperature: 0.5}, price: {input: 2.5, output: 10}}
"""),
        ROLES,
    )
    assert {role: player.model for role, player in cast.players.items()} == {"writer": "large", "judge": "small"}
    assert cast.players["writer"].settings["generation_kwargs"] == {"temperature": 0.5, "max_new_tokens": 6144}
    assert cast.players["judge"].settings["generation_kwargs"]["temperature"] == 0.0
    assert cast.players["writer"].price == Price(2.5, 10)
    assert cast.players["writer"].price.of(2_000_000, 100_000) == pytest.approx(6.0)
    assert not cast.rehearsal


@pytest.mark.parametrize(
    "llm", ["vLLM", "InferenceEndpointsLLM", "TransformersLLM", "OllamaLLM", "LiteLLM", "AnthropicLLM", "MistralLLM"]
)
def test_any_distilabel_class_can_be_cast(cast_file: Write, llm: str) -> None:
    """Only what the class itself takes is among its settings, so the usual ones do no harm to an unusual class."""
    name = "model_id" if llm == "InferenceEndpointsLLM" else "model"
    player = read_cast(cast_file(f"default: {{llm: {llm}, {name}: org/some-model}}"), ROLES).players["judge"]
    assert player.model == "org/some-model"
    assert player.describe()["llm"] == llm


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("painter: {llm: OpenAILLM, model: m}", "unknown role `painter`; known: default, writer, user"),
        ("default: {llm: OpenAILM, model: m}", "unknown LLM class `OpenAILM`; known: AnthropicLLM"),
        ("default: {llm: LLM, model: m}", "unknown LLM class `LLM`"),
        ("default: {llm: OpenAILLM, model: m, temprature: 1}", "no setting `temprature` here; known: llm, price, "),
        ("default: {llm: OpenAILLM, model: m, api_key: x}", "keys come from the environment alone"),
        ("default: {llm: OpenAILLM, model: m, default_headers: {a: b}}", "keys come from the environment alone"),
        ("default: {llm: OpenAILLM, model: m, base_url: 'https://me:pw@host/v1'}", "base_url holds a name or password"),
        ("default: {llm: OpenAILLM, model: m, base_url: 5}", "base_url is 5, expected an address"),
        ("default: {llm: OpenAILLM, model: m, base_url: 'http://h:80x/v1'}", "expected an address as http://HOST:PORT"),
        ("default: {llm: OpenAILLM, model: m, api_key_env: 5}", "api_key_env is 5, expected the name of a variable"),
        ("{default: {llm: OpenAILLM, model: m}, user: {llm: OpenAILLM, model: m, bogus: 3}}", "no setting `bogus`"),
        ("default: {llm: OpenAILLM, model: m, generation_kwargs: {top_k: 3}}", "takes no `top_k` in generation_kwargs"),
        ("default: {llm: OpenAILLM, model: m, generation_kwargs: 7}", "generation_kwargs is 7, expected a mapping"),
        ("default: {llm: OpenAILLM}", "`model` is missing"),
        ("default: {model: m}", "`default` needs `llm`"),
        ("default: gpt-4o", "`default` needs `llm`"),
        ("writer: {llm: OpenAILLM, model: m}", "nobody plays the judge"),
        ("default: {llm: OpenAILLM, model: m, price: 3}", "price is 3, expected {input: NUMBER, output: NUMBER}"),
        ("default: {llm: OpenAILLM, model: m, price: {input: -1, output: 1}}", "price is"),
        ("- OpenAILLM", "expected a mapping of roles, found list"),
        ("", "expected a mapping of roles, found NoneType"),
        ("default: {llm: [", "is no YAML"),
    ],
)
def test_a_mistake_is_told_with_what_is_known(cast_file: Write, text: str, complaint: str) -> None:
    with pytest.raises(UserError) as error:
        require_keys(read_cast(cast_file(text), ROLES))
    assert complaint in str(error.value)


def test_a_value_that_the_class_refuses_is_named(cast_file: Write) -> None:
    player = read_cast(cast_file("default: {llm: OpenAILLM, model: m, timeout: soon}"), ROLES).players["judge"]
    with pytest.raises(UserError, match=r"the cast's judge \(OpenAILLM\) is not valid: timeout: "):
        player.build()


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"nothing\.yaml: No such file"):
        read_cast(tmp_path / "nothing.yaml", ROLES)


@pytest.mark.parametrize("llm", ["gpt-4o", "anthropic:claude", "openai:", ""])
def test_llm_is_openai_and_a_model(llm: str) -> None:
    with pytest.raises(UserError, match="expected openai:MODEL"):
        single_cast(ROLES, llm, None)


def test_a_remote_endpoint_needs_a_key_and_one_on_this_machine_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    with pytest.raises(UserError, match=r"no key for the writer at https://api\.openai\.com/v1: set .* OPENAI_API_KEY"):
        require_keys(single_cast(ROLES, "openai:gpt-4o", None))
    require_keys(single_cast(ROLES, "openai:local", "http://127.0.0.1:8000/v1"))
    assert single_cast(ROLES, "openai:local", "http://127.0.0.1:8000/v1").players["writer"].model == "local"


def test_no_key_is_in_a_player_its_llm_or_what_is_told_of_it(cast_file: Write) -> None:
    player = read_cast(cast_file("default: {llm: OpenAILLM, model: m}"), ROLES).players["writer"]
    llm = player.build()
    texts = [json.dumps(llm.dump()), repr(llm), json.dumps(player.describe())]
    pickles = [pickle.dumps(player), pickle.dumps(llm)]
    llm.load()
    assert llm._aclient.api_key == MARKER
    assert not any(MARKER in text for text in texts)
    assert not any(MARKER.encode() in pickled for pickled in pickles)


def test_the_rehearsal_says_what_it_is_and_its_port_changes_nothing() -> None:
    one, other = (rehearsal_cast(ROLES, f"http://127.0.0.1:{port}/v1") for port in (1, 2))
    assert one.rehearsal
    assert one.describe() == other.describe()
    assert one.players["judge"].model == "rehearsal/judge"


def test_a_setting_that_changes_replies_is_told_and_an_address_is_not(cast_file: Write) -> None:
    def described(setting: str) -> object:
        return read_cast(cast_file(f"default: {{llm: OpenAILLM, model: m, {setting}}}"), ROLES).describe()

    assert described("json_mode: none") != described("json_mode: json_schema")
    assert described("base_url: 'http://a/v1'") == described("base_url: 'http://b/v1', timeout: 9")
