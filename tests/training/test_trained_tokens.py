"""What is trained on are the replies, all of each and nothing else, after the path that the dialogue took.

What must reach the trainer is worked out from the trees, not from the rows that the scripts read; so each of the
reference code's mistakes, made in the rows, is seen.
"""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.training.runs import Runs
from tests.training.tiny import ENDS, preference_rows, rendered, sft_rows, splits, write_trees

pytestmark = pytest.mark.slow

Row = dict[str, Any]
TEMPLATES = ["chatml", "llama3", "mistral"]
CONFIG = {"sft": "sft", "dpo": "preference"}
OPTIONS = ["--use_cpu", "--bf16", "false", "--report_to", "none", "--max_lost", "1", "--output_dir", "out"]


def from_trees(kind: str, model: str, trees: Sequence[Row]) -> list[Row]:
    """What must reach the trainer: of each user's message with a preferred reply its way from the root, by the nodes'
    parents, and the replies to it.
    """
    rows = []
    for grown in trees:
        nodes = grown["nodes"]
        for user in nodes:
            labels = {node["label"]: node["content"] for node in nodes if node["parent"] == user["id"]}
            if user["role"] == "assistant" or "preferred" not in labels:
                continue
            path = [user]
            while path[0]["parent"] is not None:
                path.insert(0, nodes[path[0]["parent"]])
            prompt = [{"role": node["role"], "content": node["content"]} for node in path]
            replies = [labels["preferred"], labels["rejected"]][: 1 if kind == "sft" else 2]
            both = [rendered(model, prompt, reply) for reply in replies]
            rows.append(
                {
                    "tree_id": grown["tree_id"],
                    "turn": user["turn"],
                    "context": both[0][0],
                    "trained": [trained for _, trained in both],
                }
            )
    return rows


def reaches(runs: Runs, place: Path, kind: str, model: str, dataset: str, *more: str) -> Row:
    options = [*OPTIONS, "--dataset_config", CONFIG[kind], "--model_name_or_path", model, "--dataset_name", dataset]
    ended = runs.probe("prepared", place, kind, [*options, *more])
    assert ended.code == 0, ended.err
    assert ended.result["code"] == 0, ended.err
    return dict(ended.result)


@pytest.mark.parametrize("kind", ["sft", "dpo"])
@pytest.mark.parametrize("model", TEMPLATES)
def test_each_row_trains_exactly_its_replies(runs: Runs, place: Path, kind: str, model: str) -> None:
    seen = reaches(runs, place, kind, model, "i2a/trees")
    for split, trees in splits().items():
        assert seen[split] == from_trees(kind, model, trees)
        assert {text.strip()[-len(ENDS[model]) :] for row in seen[split] for text in row["trained"]} == {ENDS[model]}


def first_turn_again(row: Row) -> Row:
    """The reference's user says the first turn's words in every turn."""
    first = row["prompt"][0]["content"]
    return row | {"prompt": [m | {"content": first} if m["role"] == "user" else m for m in row["prompt"]]}


def spliced(row: Row) -> Row:
    """The reference puts preferred replies into a path that went on from the rejected one."""
    preferred = {
        node["content"]: other["content"]
        for trees in splits().values()
        for grown in trees
        for other, node in zip(grown["nodes"][1::3], grown["nodes"][2::3], strict=True)
    }
    return row | {"prompt": [m | {"content": preferred.get(m["content"], m["content"])} for m in row["prompt"]]}


def one_character(row: Row) -> Row:
    """The reference takes the first character of the rejected reply, and the preferred one's is as easily lost."""
    short = [{"role": "assistant", "content": row["rejected" if "rejected" in row else "completion"][0]["content"][0]}]
    return row | ({"rejected": short} if "rejected" in row else {"completion": short})


def cut_by_another_template(row: Row) -> Row:
    """The reference cuts the reply out of the transcript by one model's marks, which other models' replies keep."""
    reply = "rejected" if "rejected" in row else "completion"
    content = row[reply][0]["content"]
    return row | {reply: [{"role": "assistant", "content": f"[/INST] {content}</s>"}]}


def the_users_words(row: Row) -> Row:
    """The reference trains on the user's words: here as the beginning of the reply."""
    reply = "chosen" if "chosen" in row else "completion"
    both = row["prompt"][-1]["content"] + " " + row[reply][0]["content"]
    return row | {reply: [{"role": "assistant", "content": both}]}


@pytest.mark.parametrize("kind", ["sft", "dpo"])
@pytest.mark.parametrize(
    "mistake", [first_turn_again, spliced, one_character, cut_by_another_template, the_users_words]
)
def test_the_references_mistakes_would_be_seen(
    runs: Runs, place: Path, kind: str, mistake: Callable[[Row], Row]
) -> None:
    rows = preference_rows(splits()["train"])
    rows = sft_rows(rows) if kind == "sft" else rows
    shutil.rmtree(place / "mistaken", ignore_errors=True)
    write_trees(place / "mistaken", {CONFIG[kind]: {"train": [mistake(row) for row in rows], "test": rows}})

    seen = reaches(runs, place, kind, "chatml", "mistaken")

    expected = from_trees(kind, "chatml", splits()["train"])
    assert seen["test"] == expected
    assert len(seen["train"]) == len(expected)
    wrong = [row["turn"] for row, right in zip(seen["train"], expected, strict=True) if row != right]
    late = mistake in (first_turn_again, spliced)  # which show from the second turn on
    assert wrong == [row["turn"] for row in expected if row["turn"] > 1 or not late]


@pytest.mark.parametrize("kind", ["sft", "dpo"])
def test_a_template_that_renders_prompts_otherwise_before_a_reply_is_told(runs: Runs, place: Path, kind: str) -> None:
    """The reply alone is trained nevertheless."""
    options = [*OPTIONS, "--dataset_config", CONFIG[kind], "--model_name_or_path", "thinking"]
    ended = runs.probe("prepared", place, kind, [*options, "--dataset_name", "i2a/trees"])
    assert ended.code == 0, ended.err
    assert "renders the prompts of 23 rows otherwise where a reply follows" in ended.out
    assert ended.result["train"] == from_trees(kind, "thinking", splits()["train"])
