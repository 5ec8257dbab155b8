"""What the stages tell their cards: who played, with which settings, what it cost, and whose terms go with it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines import card_facts, persona_release
from pipelines.card_facts import terms
from pipelines.cast import Cast, Player, Price
from pipelines.persona_job import Job
from pipelines.schema import KINDS, Kind, TextRow
from pipelines.seeds.micro import micro_seeds
from pipelines.seeds.reader import SEED_FILES, Seed, read_seeds

USE = {"calls": 3, "tokens_in": 2_000_000, "tokens_out": 500_000, "repeated": 7}
WRITER = Player(
    "writer",
    "OpenAILLM",
    {
        "model": "gpt-4o",
        "base_url": "http://10.0.0.1/v1",
        "api_key_env": "MY_KEY",
        "generation_kwargs": {"temperature": 0.8},
    },
    Price(2.5, 10.0),
)
JUDGE = Player("judge", "InferenceEndpointsLLM", {"model_id": "Qwen/Qwen2.5-7B-Instruct", "generation_kwargs": {}})
MANIFEST = {
    "rehearsal": False,
    "recipe": {"seed": 3, "prompts": {"pair": "0" * 12}},
    "versions": {"i2a": "0.1.0"},
}


def common(cast: Cast, **manifest: Any) -> dict[str, Any]:
    usage = dict.fromkeys(cast.players, USE)
    return card_facts.common(cast, MANIFEST | manifest, usage, license_id="odbl", tags=["synthetic"])


def test_the_cast_is_told_with_what_determines_the_replies_and_with_no_address_or_key() -> None:
    facts = common(Cast({"writer": WRITER, "judge": JUDGE}))
    assert facts["cast"] == [
        {"role": "writer", "llm": "OpenAILLM", "model": "gpt-4o", "settings": {"temperature": 0.8}},
        {"role": "judge", "llm": "InferenceEndpointsLLM", "model": "Qwen/Qwen2.5-7B-Instruct", "settings": {}},
    ]
    assert "10.0.0.1" not in str(facts)
    assert "MY_KEY" not in str(facts)


def test_money_is_tokens_times_price_and_none_without_a_price() -> None:
    writer, judge = common(Cast({"writer": WRITER, "judge": JUDGE}))["usage"]
    assert writer["cost"] == 2 * 2.5 + 0.5 * 10
    assert judge["cost"] is None
    assert (writer["role"], writer["calls"]) == ("writer", 3)


def test_prices_are_told_of_the_roles_that_have_one() -> None:
    assert card_facts.prices(Cast({"writer": WRITER, "judge": JUDGE})) == {"writer": {"input": 2.5, "output": 10.0}}


def test_seed_and_prompts_are_those_of_the_recipe() -> None:
    facts = common(Cast({"writer": WRITER}))
    assert facts["seed"] == 3
    assert facts["prompts"] == {"pair": "0" * 12}


def test_of_a_model_on_this_machine_the_card_tells_the_last_part_of_its_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "models/tuned").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    for path, name in {
        str(tmp_path / "models/tuned"): "tuned",
        "models/tuned": "tuned",
        "/elsewhere/phi-4.gguf": "phi-4.gguf",
        "org/tuned": "org/tuned",
    }.items():
        player = Player("judge", "vLLM", {"model": path, "tokenizer": path, "generation_kwargs": {}})
        assert player.model == name
        assert player.published() == {"llm": "vLLM", "model": name, "tokenizer": name, "generation_kwargs": {}}
        assert card_facts.cast_row(player) == {"role": "judge", "llm": "vLLM", "model": name, "settings": {}}
        assert player.describe()["model"] == path  # two folders of one name are two models to the journal


def test_rehearsal_is_a_tag_and_no_provider_has_terms_for_it() -> None:
    players = {"writer": Player("writer", "OpenAILLM", {"model": "rehearsal/writer", "generation_kwargs": {}})}
    facts = common(Cast(players, rehearsal=True), rehearsal=True)
    assert facts["tags"] == ["synthetic", "rehearsal"]
    assert facts["terms"] == []


def test_texts_of_earlier_models_bring_their_terms_along() -> None:
    facts = card_facts.common(
        Cast({"judge": JUDGE}), MANIFEST, {}, license_id="odbl", tags=[], models=["claude-sonnet-4", "gpt-4o"]
    )
    assert [row["provider"] for row in facts["terms"]] == ["OpenAI", "Anthropic", "Alibaba Cloud, Qwen"]


@pytest.mark.parametrize(
    ("model", "providers"),
    [
        ("gpt-4o-mini", ["OpenAI"]),
        ("openai/o3-mini", ["OpenAI"]),
        ("chatgpt-4o-latest", ["OpenAI"]),
        ("anthropic/claude-3-5-haiku", ["Anthropic"]),
        ("models/gemini-2.5-flash", ["Google, Gemini API"]),
        ("google/gemma-2-9b-it", ["Google, Gemma"]),
        ("meta-llama/Llama-3.1-8B-Instruct", ["Meta, Llama"]),
        ("mistralai/Mixtral-8x7B-Instruct-v0.1", ["Mistral AI"]),
        ("Qwen/QwQ-32B", ["Alibaba Cloud, Qwen"]),
        ("deepseek-ai/DeepSeek-R1-Distill-Llama-8B", ["Meta, Llama"]),
        ("ft:gpt-4o-mini:me::id", ["OpenAI"]),
        ("openai:gpt-5", ["OpenAI"]),
        ("gpt-35-turbo/", ["OpenAI"]),
        ("me/mistral-tuned-by-claude", ["Anthropic", "Mistral AI"]),
        ("EleutherAI/gpt-j-6b", [None]),
        ("EleutherAI/gpt-neox-20b", [None]),
        ("AIDC-AI/Marco-o1", [None]),
        ("gpt-4all-j", [None]),
        ("/models/llama.cpp/phi-4.gguf", [None]),
        ("C:\\llama\\phi-4.gguf", [None]),
        ("openai/gpt-oss-20b", [None]),
        ("my-model", [None]),
        ("solo1", [None]),
    ],
)
def test_a_model_s_name_leads_to_its_provider_s_terms(model: str, providers: list[str | None]) -> None:
    rows = terms([model, model])
    assert [row["provider"] for row in rows] == providers
    assert all(row["models"] == [model] for row in rows)
    assert all((row["url"] is None) == (row["provider"] is None) for row in rows)
    assert all(row["url"].startswith("https://") for row in rows if row["url"])


def test_only_names_that_the_hub_takes_are_sources() -> None:
    assert card_facts.source_datasets("i2a/personas", "my data/personas", "//x") == ["i2a/personas"]


def test_versions_name_this_project_first() -> None:
    assert list(card_facts.versions(["numpy"])) == ["i2a", "numpy"]


@pytest.fixture
def job(tmp_path: Path) -> Job:
    seeds: dict[Kind, list[Seed]] = {kind: read_seeds(str(SEED_FILES[kind]), kind) for kind in KINDS}
    each: dict[Kind, int] = dict.fromkeys(KINDS, 1)
    bounds: dict[Kind, float] = dict.fromkeys(KINDS, 0.7)
    cast = Cast({"writer": WRITER, "judge": JUDGE})
    return Job(cast, 0, seeds, each, each, 1, "lexical", bounds, 1, None, tmp_path)


def test_seeds_that_ship_are_told_from_the_publisher_s_own(job: Job) -> None:
    row = TextRow("pr-1", "Is 44.", ["Is 44."], "train", "seed", 0, None, None, None, False, None)
    tables = {"profiles": [row, row, replace(row, origin="generated")], "personalities": [row]}
    shipped = persona_release._seeds(job.recipe()["seeds"], tables)
    assert {name: found["kept"] for name, found in shipped.items()} == {"profiles": 2, "personalities": 1}
    assert {name: found["own"] for name, found in shipped.items()} == {"profiles": False, "personalities": False}
    assert not any(found["by_rule"] for found in shipped.values())
    assert shipped["profiles"]["count"] == 20
    assert len(shipped["profiles"]["sha256"]) == 64
    fewer = replace(job, seeds={**job.seeds, "profile": job.seeds["profile"][:19]})
    own = persona_release._seeds(fewer.recipe()["seeds"], tables)
    assert {name: found["own"] for name, found in own.items()} == {"profiles": True, "personalities": False}
    micro = persona_release._seeds(replace(job, seeds=micro_seeds()).recipe()["seeds"], tables)
    assert all(found["by_rule"] and not found["own"] for found in micro.values())


def test_lengths_are_told_of_no_text_too() -> None:
    row = TextRow(
        "pr-1", "Is 44. Keeps hens.", ["Is 44.", "Keeps hens."], "train", "seed", 0, None, None, None, False, None
    )
    some = persona_release._lengths(
        "profiles", [row, replace(row, text="Is 4.", statements=["Is 4."], origin="generated")]
    )
    assert some["seeds"] == 1
    assert some["statements"] == {"least": 1, "median": 1, "most": 2}
    assert some["words"] == {"least": 2, "median": 2, "most": 4}
    assert persona_release._lengths("profiles", [])["words"] == {"least": None, "median": None, "most": None}


def test_what_a_cast_file_says_is_what_the_card_tells(tmp_path: Path) -> None:
    from pipelines.cast import read_cast

    path = tmp_path / "cast.yaml"
    price = {"input": 0.15, "output": 0.6}
    path.write_text(yaml.safe_dump({"default": {"llm": "OpenAILLM", "model": "gpt-4o-mini", "price": price}}))
    (judge,) = common(read_cast(path, ["judge"]))["cast"]
    assert judge["settings"] == {"temperature": 0.0, "max_new_tokens": 256}
