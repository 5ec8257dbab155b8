"""A small release with everything in it that a real one has."""

from typing import Any

import pytest

from cards.release import Config

SHARED = (  # facts that every template needs
    *("rehearsal", "license", "pretty_name", "tags", "source_datasets", "cast", "seed", "prompts", "packages", "usage"),
    *("terms", "review", "figures", "report"),
)
Tables = dict[str, dict[str, Any]]  # config -> split -> pyarrow.Table; the first config is the default one


def configs_of(tables: Tables) -> list[Config]:
    """The tables as a release takes them; with new readers each time, since a reader is read once."""
    return [
        Config(
            name,
            {split: table.to_reader() for split, table in splits.items()},
            {column: f"what {column} means" for table in splits.values() for column in table.column_names},
            default=name == next(iter(tables)),
        )
        for name, splits in tables.items()
    ]


@pytest.fixture
def tables() -> Tables:
    """Two configs with rows, the default one with an empty split, and a config without any row."""
    import pyarrow as pa

    schema = pa.schema(
        [
            pa.field("id", pa.string(), nullable=False),
            ("text", pa.string()),
            ("facts", pa.list_(pa.string())),
            ("round", pa.int32()),
            ("nearest", pa.float32()),
            ("seen", pa.bool_()),
        ],
        metadata={"pandas": "{}", "huggingface": "{}"},
    )

    def rows(first: int, last: int) -> Any:
        return pa.Table.from_pylist(
            [
                {
                    "id": f"p-{i}",
                    "text": f"Text {i}.",
                    "facts": ["one", "two"],
                    "round": i,
                    "nearest": None,
                    "seen": True,
                }
                for i in range(first, last)
            ],
            schema=schema,
        )

    return {
        "people": {"train": rows(0, 5), "test": rows(5, 7), "heldout": rows(0, 0)},
        "texts": {"train": rows(0, 3)},
        "dropped": {"train": rows(0, 0)},
    }


@pytest.fixture
def configs(tables: Tables) -> list[Config]:
    return configs_of(tables)


@pytest.fixture
def facts() -> dict[str, Any]:
    """What the templates `personas` and `aloe` need."""
    return {
        "rehearsal": False,
        "license": "cc-by-4.0",
        "pretty_name": "Some people",
        "tags": ["synthetic", "personas"],
        "source_datasets": ["original"],
        "cast": [
            {"role": "writer", "llm": "OpenAILLM", "model": "some-model", "settings": {"temperature": 0.8, "top_p": 1}},
            {"role": "judge", "llm": "vLLM", "model": "other-model", "settings": {}},
        ],
        "seed": 7,
        "prompts": {"profiles": "0123456789ab", "pair": "ba9876543210"},
        "packages": {"i2a": "0.1.0", "distilabel": "1.5.3"},
        "usage": [
            {"role": "writer", "calls": 1234, "tokens_in": 56789, "tokens_out": 4321, "cost": None},
            {"role": "judge", "calls": 10, "tokens_in": 100, "tokens_out": 20, "cost": None},
        ],
        "terms": [
            {"models": ["some-model"], "provider": "Somebody", "url": "https://example.org/terms"},
            {"models": ["other-model"], "provider": None, "url": None},
        ],
        "review": None,
        "figures": [],
        "report": None,
        "embedder": "some-embedder",
        "thresholds": {"profile": 0.7, "personality": 0.8},
        "seeds": {
            "profiles": {"count": 20, "kept": 14, "sha256": "ab" * 32, "own": False, "by_rule": False},
            "personalities": {"count": 21, "kept": 12, "sha256": "cd" * 32, "own": False, "by_rule": False},
        },
        "texts": [
            {
                "kind": "profiles",
                "texts": 1351,
                "seeds": 14,
                "statements": {"least": 8, "median": 10, "most": 12},
                "words": {"least": 45, "median": 61, "most": 1012},
            }
        ],
        "yields": [
            {
                "kind": "profile",
                "rounds": 12,
                "candidates": 1340,
                "kept": 331,
                "dropped": {"too-near": 1000, "too-short": 9},
                "ended": "the target was reached",
            },
            {"kind": "pair", "rounds": None, "candidates": 10, "kept": 10, "dropped": {}, "ended": None},
        ],
        "leakage": {
            "profile": {
                "bound": 0.65,
                "heldout_max": 0.6412,
                "heldout_median": 0.4,
                "train_max": 0.7,
                "train_median": None,
            }
        },
        "grown_from": [],
        "aloe": "i2a/aloe",
        "personas": "i2a/personas",
    }


@pytest.fixture
def tree_facts(facts: dict[str, Any]) -> dict[str, Any]:
    """What the template `trees` needs, as a run of 300 trees might tell it."""
    return {
        **{name: facts[name] for name in SHARED},
        "personas": {"repo_id": "i2a/personas", "sha256": "0123456789abcdef" * 4, "license": "cc-by-4.0"},
        "turns": 10,
        "branch": "both:2",
        "votes": 2,
        "node": {"role": "user or assistant", "label": "preferred, rejected or undecided; null on user nodes"},
        "vote": {"first": "which responder stood first"},
        "trees": {"asked": 300, "kept": 297, "dropped": {"refused": 2, "unreadable": 1}},
        "pairs": {
            "all": 2970,
            "decided": 2512,
            "undecided": {"votes-differ": 310, "tie": 127, "near-identical": 21},
            "generic_won": 0.0812,
        },
        "by_turn": [
            {"turn": 1, "decided": 1260, "tailored_won": 0.7, "low": 0.65, "high": 0.7512, "margin": 0.2},
            {"turn": 2, "decided": 1252, "tailored_won": 0.91, "low": 0.88, "high": 0.93, "margin": 0.42},
        ],
        "position_bias": {"unequal": 5432, "share": 0.512, "low": 0.497, "high": 0.527},
        "margin": {"mean": 0.31, "q10": 0.0556, "median": 0.2778, "q90": 0.6111},
        "audit": [
            {"feature": "characters", "auc": 0.4312, "preferred": 263.4, "rejected": 1287.0},
            {"feature": "question marks", "auc": 0.5, "preferred": 0.51, "rejected": 0.49},
        ],
        "longer_won": 0.3333,
        "disclosure": [
            {
                "turn": turn,
                "facts": {"mean": 0.9 * turn, "q10": turn - 1.0, "median": 1.0 * turn, "q90": turn + 1.0},
                "traits": {"mean": 0.5 * turn, "q10": 0.0, "median": 0.5 * turn, "q90": 1.0 * turn},
            }
            for turn in range(1, 11)
        ],
        "undisclosed": {"tailored": 0.021, "generic": 0.018},
        "cost": {
            "calls_per_pair": 6.21,
            "prompt_tokens_per_pair": 12345.6,
            "repeated": {"user": 0.84, "judge": 0.79},
            "repeated_all": 0.8123,
        },
        "max_length": {"tokens": 3072, "characters": 9876},
        "split_check": {"profiles": 0, "personalities": 0, "heldout": 0},
    }


@pytest.fixture
def facts_of(facts: dict[str, Any], tree_facts: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Template -> its facts."""
    return {"personas": facts, "aloe": facts, "trees": tree_facts}
