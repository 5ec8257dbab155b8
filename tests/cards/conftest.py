"""A small release with everything in it that a real one has."""

from typing import Any

import pytest

from cards.release import Config

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
        "cast": [{"role": "writer", "llm": "OpenAILLM", "model": "some-model"}],
        "seed": 7,
        "embedder": "some-embedder",
        "thresholds": {"profile": 0.7, "personality": 0.8},
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
        "usage": [{"role": "writer", "calls": 1234, "tokens_in": 56789, "tokens_out": 4321}],
        "aloe": "i2a/aloe",
        "personas": "i2a/personas",
    }


@pytest.fixture
def tree_facts(facts: dict[str, Any]) -> dict[str, Any]:
    """What the template `trees` needs, as a run of 300 trees might tell it."""
    shared = ("rehearsal", "license", "pretty_name", "tags", "cast", "seed", "usage")
    return {
        **{name: facts[name] for name in shared},
        "personas": {"repo_id": "i2a/personas", "sha256": "0123456789abcdef" * 4},
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
