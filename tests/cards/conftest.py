"""A small release with everything in it that a real one has."""

from typing import Any

import pytest

from cards.release import Config


@pytest.fixture
def configs() -> list[Config]:
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

    fields = {name: f"what {name} means" for name in schema.names}
    return [
        Config("people", {"train": rows(0, 5), "test": rows(5, 7), "heldout": rows(0, 0)}, fields, default=True),
        Config("texts", {"train": rows(0, 3)}, fields),
        Config("dropped", {"train": rows(0, 0)}, fields),
    ]


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
