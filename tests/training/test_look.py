"""What the look before the run tells is what the trainer does, row by row."""

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.training.runs import Ended, Runs
from tests.training.tiny import count, preference_rows, rendered, sft_rows, splits, write_trees
from training.evaluation import MARGINS, bucket
from training.look import TOLD_APART, Lengths, encode, told_apart

CONFIG = {"sft": "sft", "dpo": "preference"}
OPTIONS = [
    "--use_cpu",
    "--bf16",
    "false",
    "--report_to",
    "none",
    "--output_dir",
    "out",
    "--model_name_or_path",
    "chatml",
]

Row = dict[str, Any]


# The counts, on lengths alone


@st.composite
def lengths(draw: st.DrawFn) -> Lengths:
    replies = draw(st.integers(1, 2))
    rows = draw(
        st.lists(
            st.tuples(st.integers(1, 30), st.lists(st.integers(1, 30), min_size=replies, max_size=replies)), min_size=1
        )
    )
    return Lengths([prompt for prompt, _ in rows], [of for _, of in rows], [None] * len(rows), 0)


@given(lengths(), st.integers(1, 70))
def test_a_row_is_whole_or_cut_or_dropped(rows: Lengths, limit: int) -> None:
    """As one sees that writes each row's tokens down, cuts them at the limit and looks what is left of the replies."""
    for at, (prompt, replies) in enumerate(zip(rows.prompt, rows.replies, strict=True)):
        left = [len((["prompt"] * prompt + ["reply"] * reply)[:limit]) - prompt for reply in replies]
        dropped, cut = at in rows.dropped(limit), at in rows.cut(limit)
        assert dropped == (max(left) <= 0)
        assert (dropped or cut) == (left != replies)
        assert not (dropped and cut)
    assert rows.tokens == sum(
        prompt + reply for prompt, of in zip(rows.prompt, rows.replies, strict=True) for reply in of
    )
    assert rows.dropped(None) == rows.cut(None) == []
    assert rows.dropped(max(rows.longest)) == rows.cut(max(rows.longest)) == []
    assert rows.cut(max(rows.longest) - 1) or rows.dropped(max(rows.longest) - 1)


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9))))
def test_told_apart_is_the_best_rule_on_length(pairs: list[tuple[int, int]]) -> None:
    unequal = [(chosen, rejected) for chosen, rejected in pairs if chosen != rejected]
    rules = [sum(rule(*pair) for pair in unequal) for rule in (int.__gt__, int.__lt__)]
    assert told_apart(pairs) == (max(rules) / len(unequal) if unequal else 0)
    assert told_apart([(chosen,) for chosen, _ in pairs]) == 0  # SFT has nothing to compare


class Letters:
    """A tokenizer whose tokens are letters, and whose template marks who speaks; `asks` ends a prompt."""

    def __init__(self, asks: str) -> None:
        self.asks = asks

    def apply_chat_template(self, messages: list[Row], *, add_generation_prompt: bool = False, **_: Any) -> Row:
        text = "".join(f"<{m['role'][0]}>{m['content']}." for m in messages)
        return {"input_ids": list(map(ord, text + (self.asks if add_generation_prompt else "")))}


texts = st.text("ab<?", max_size=4)


@given(st.lists(texts, min_size=1, max_size=3), texts, texts, st.sampled_from(["<a>", "", "<a>?"]))
def test_replies_begin_where_a_prompt_alone_and_with_a_reply_part(
    said: list[str], chosen: str, rejected: str, asks: str
) -> None:
    prompt = [{"role": "user", "content": text} for text in said]
    row = {"prompt": prompt} | {
        name: [{"role": "assistant", "content": text}] for name, text in (("chosen", chosen), ("rejected", rejected))
    }
    ids, of, unlike = encode(row, Letters(asks), "preference")
    context, *replies = ("".join(map(chr, ids)) for ids in (ids, *of))
    before = "".join(f"<u>{text}." for text in said)
    assert [context + reply for reply in replies] == [before + f"<a>{text}." for text in (chosen, rejected)]
    assert context.startswith(before)
    if asks != "<a>?":
        assert context == before + asks
        assert not unlike
    elif not (chosen.startswith("?") and rejected.startswith("?")):
        assert context == before + "<a>"
        assert unlike


@given(st.floats(0, 1))
def test_a_margin_lies_in_one_bucket(margin: float) -> None:
    ends = [*MARGINS[1:], 1.1]
    assert [low for low, end in zip(MARGINS, ends, strict=True) if low <= margin < end] == [bucket(margin)]


# The look itself


def shown(runs: Runs, place: Path, kind: str, *more: str, dataset: str = "i2a/trees") -> Ended:
    words = [
        *OPTIONS,
        "--dataset_config",
        CONFIG[kind],
        "--dataset_name",
        dataset,
        "--look_only",
        "--output_dir",
        "looked",
        *more,
    ]
    ended: Ended = getattr(runs, kind)(place, *words)
    assert ended.code == 0, ended.err
    assert not (place / "looked").exists()
    return ended


def rows_of(kind: str, split: str) -> list[Row]:
    preference = preference_rows(splits()[split])
    return sft_rows(preference) if kind == "sft" else preference


def tokens(kind: str, row: Row) -> tuple[int, list[int]]:
    """Of prompt and replies, counted in the text."""
    names = ["completion"] if kind == "sft" else ["chosen", "rejected"]
    both = [rendered("chatml", row["prompt"], row[name][0]["content"]) for name in names]
    return count(both[0][0]), [count(reply) for _, reply in both]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sft", "dpo"])
def test_rows_and_tokens_are_counted(runs: Runs, place: Path, kind: str) -> None:
    told = shown(runs, place, kind).out
    assert "this data was made by the rehearsal's rules" in told
    for split in ("train", "test"):
        counted = [tokens(kind, row) for row in rows_of(kind, split)]
        total = sum(prompt + reply for prompt, replies in counted for reply in replies)
        longest = max(prompt + max(replies) for prompt, replies in counted)
        (line,) = re.findall(rf"^{split}: .*$", told, re.MULTILINE)
        assert line.startswith(f"{split}: {len(counted)} rows, {total:,} tokens; a row has ")
        assert line.endswith(f" (median) to {longest}, --max_length is 1,024")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sft", "dpo"])
@pytest.mark.parametrize("limit", [24, 57, 58, 75, 76, 106, 127, 145, 146])
def test_what_is_told_as_dropped_is_what_trl_drops(runs: Runs, place: Path, kind: str, limit: int) -> None:
    words = [*OPTIONS, "--dataset_config", CONFIG[kind], "--dataset_name", "i2a/trees", "--max_lost", "1"]
    ended = runs.probe("prepared", place, kind, [*words, "--max_length", str(limit)])
    assert ended.code == 0, ended.err
    assert ended.result["code"] == 0, ended.err
    told = iter(re.findall(r"would drop (.*) and cut (.*) of (\d+) rows", ended.out))
    for split in ("train", "test"):
        rows = [(row, *tokens(kind, row)) for row in rows_of(kind, split)]
        kept = [row for row, prompt, _ in rows if prompt < limit]
        assert [row["turn"] for row in ended.result[split]] == [row["turn"] for row in kept]
        assert [row["tree_id"] for row in ended.result[split]] == [row["tree_id"] for row in kept]
        assert (
            max(count(row["context"]) + count(reply) for row in ended.result[split] for reply in row["trained"])
            <= limit
        )
        dropped = Counter(row["turn"] for row, prompt, _ in rows if prompt >= limit)
        cut = Counter(row["turn"] for row, prompt, replies in rows if prompt < limit < prompt + max(replies))
        if dropped or cut:
            assert next(told) == (by_turn(dropped), by_turn(cut), str(len(rows)))
    assert next(told, None) is None


def by_turn(counts: Counter[int]) -> str:
    turns = ", ".join(f"turn {turn}: {number}" for turn, number in sorted(counts.items()))
    return f"{counts.total()}" + (f" ({turns})" if turns else "")


@pytest.mark.slow
@pytest.mark.parametrize(
    "bounds",
    [{}, {"min_margin": 0.3}, {"min_turn": 2, "max_turn": 3}, {"max_turn": 1}, {"min_margin": 0.1, "min_turn": 4}],
)
def test_filters_leave_what_they_say(runs: Runs, place: Path, bounds: dict[str, float]) -> None:
    """Of the training rows; the test split is always whole."""
    kept = [
        row
        for row in rows_of("dpo", "train")
        if row["margin"] >= bounds.get("min_margin", 0)
        and bounds.get("min_turn", 1) <= row["turn"] <= bounds.get("max_turn", 9)
    ]
    words = [word for name, value in bounds.items() for word in (f"--{name}", str(value))]
    words += [*OPTIONS, "--dataset_config", "preference", "--dataset_name", "i2a/trees"]
    ended = runs.probe("prepared", place, "dpo", words)
    assert ended.code == 0, ended.err
    assert [(row["tree_id"], row["turn"]) for row in ended.result["train"]] == [(r["tree_id"], r["turn"]) for r in kept]
    assert len(ended.result["test"]) == len(rows_of("dpo", "test"))
    left = 23 - len(kept)
    assert f"train: {len(kept)} rows" + (f" ({left} left out by" if left else ",") in ended.out


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sft", "dpo"])
def test_the_example_marks_the_replies(runs: Runs, place: Path, kind: str) -> None:
    told = shown(runs, place, kind).out
    row = rows_of(kind, "train")[23 // 2]
    names = ["completion"] if kind == "sft" else ["chosen", "rejected"]
    both = [rendered("chatml", row["prompt"], row[name][0]["content"]) for name in names]
    assert re.findall(r"⟦(.*?)⟧", told.partition("⟧:\n")[2], re.DOTALL) == [reply for _, reply in both]
    assert both[0][0] in told


@pytest.mark.slow
def test_a_warning_where_length_tells_the_replies_apart(runs: Runs, place: Path) -> None:
    """And none on the data as it is, whose lengths are mixed, nor in SFT."""
    as_it_is = told_apart([tokens("dpo", row)[1] for row in rows_of("dpo", "train")])
    assert as_it_is < TOLD_APART
    assert "reply is the chosen one" not in shown(runs, place, "dpo").out
    rows = rows_of("dpo", "train")
    longer = [{"role": "assistant", "content": "take a cat , friend . take a dog , friend ."}]
    for at, word in ((5, "longer"), (-5, "shorter")):
        swapped = [
            row | ({"chosen": longer} if word == "longer" else {"rejected": longer}) | {"rehearsal": False}
            for row in rows
        ]
        write_trees(place / "long", {"preference": {"train": swapped[:at] if at < 0 else swapped[at:], "test": rows}})
        told = shown(runs, place, "dpo", dataset="long").out
        assert f"the {word} reply is the chosen one in 100% of the pairs" in told
        assert "rehearsal" not in told
        assert f"train: {len(rows) - 5} rows" in told
