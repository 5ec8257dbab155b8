"""What micro models do with what users told them: recall of facts and manner apart, by turn.

    python training/micro/recall.py out/micro/base out/micro/sft out/micro/dpo --dataset_name micro/trees

Each model answers, greedily, every message of the users of the `test` split, on the path that the dialogue took. The
tailored reply of the data is right by rule, so each answer is held against it:

| figure | what it is |
| --- | --- |
| recall | of the disclosed values that the tailored reply names, the share that the model names too, at their slot |
| unfounded | values that a reply names and that were not disclosed of that slot, on average |
| manner | of opening and sentences that are no advice, in either reply, the share that is in both (Jaccard) |
| whole manner | share of the replies in which all of these agree |
| on topic | share of the replies about the topic asked for |

The two of manner are taken where a trait has been disclosed. What the generic reply of the data would get is the floor.
Intervals: 95%, by bootstrap over profiles, since personas share them.
"""

import argparse
import json
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from training.micro.dialogue import Messages, Turn, load, turns, values
from training.options import UserError, first_line, guarded

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BATCH = 128
REPLY = 64  # tokens at most; the longest right one has about 50
DRAWS = 2000  # of the bootstrap
FIGURES = ("recall", "unfounded", "manner", "whole manner", "on topic")
Share = tuple[float, float]
"""Counted, and out of how many; 0 of 0 where a reply has no part in a figure."""


@dataclass(frozen=True)
class Reading:
    """What stands in a reply, by its shape alone."""

    topic: str
    facts: frozenset[tuple[str, str]]  # each value with the word before it, which should be its slot
    manner: frozenset[str]  # the opening, and every sentence after the advice


@dataclass(frozen=True)
class Figure:
    """One figure of one model; NaN where nothing has a part in it."""

    by_turn: list[float]
    all: float
    low: float
    high: float


def read(reply: str, known: Iterable[str]) -> Reading:
    """Reads a reply.

    >>> reply = "sure , for your walk , try a calm park with pet cat and city any . what do you think ?"
    >>> reading = read(reply, ["cat", "dog"])
    >>> reading.topic, sorted(reading.facts), sorted(reading.manner)
    ('walk', [('pet', 'cat')], ['sure ,', 'what do you think ?'])

    Args:
        reply: of any shape; what is missing is empty.
        known: every value of the world.
    """
    opening, _, advice = reply.partition(" for your ")
    sentences = re.findall(r"[^.?!]+[.?!]*", advice.partition(" . ")[2])
    words, known = reply.split(), set(known)
    return Reading(
        topic=advice.partition(" ")[0],
        facts=frozenset((slot, value) for slot, value in zip(["", *words], words, strict=False) if value in known),
        manner=frozenset([opening, *(sentence.strip() for sentence in sentences)]),
    )


def shares(reply: str, turn: Turn, known: Iterable[str]) -> list[Share]:
    """What one reply adds to each of FIGURES."""
    got, right = read(reply, known), read(turn.replies["tailored"], known)
    disclosed = set(turn.facts.items())
    wanted = right.facts & disclosed
    fits = len(got.manner & right.manner) / len(got.manner | right.manner)
    judged = float(turn.traits > 0)
    return [
        (len(wanted & got.facts), len(wanted)),
        (len(got.facts - disclosed), 1),
        (judged * fits, judged),
        (judged * (fits == 1), judged),
        (got.topic == right.topic, 1),
    ]


def figures(
    replies: Sequence[str], asked: Sequence[Turn], profiles: Sequence[str], known: Iterable[str]
) -> list[Figure]:
    """Each of FIGURES over all replies, and by turn.

    Args:
        replies: one an entry of `asked`.
        asked: the turns that they answer.
        profiles: of the persona of each turn.
        known: every value of the world.
    """
    import numpy as np

    known = set(known)
    counts = np.array([shares(reply, turn, known) for reply, turn in zip(replies, asked, strict=True)], dtype=float)
    numbers = np.array([turn.number for turn in asked])
    by_turn = [_ratio(counts[numbers == number].sum(axis=0)) for number in range(1, numbers.max() + 1)]
    names, at = np.unique(profiles, return_inverse=True)
    sums = np.stack([counts[at == number].sum(axis=0) for number in range(len(names))])  # profile, figure, 2
    drawn = np.random.default_rng(0).integers(0, len(names), (DRAWS, len(names)))
    low, high = np.percentile(_ratio(sums[drawn].sum(axis=1)), [2.5, 97.5], axis=0)
    whole = _ratio(counts.sum(axis=0))
    return [
        Figure([float(turn[n]) for turn in by_turn], float(whole[n]), float(low[n]), float(high[n]))
        for n in range(len(FIGURES))
    ]


def _ratio(sums: "NDArray[np.float64]") -> "NDArray[np.float64]":
    import numpy as np

    with np.errstate(invalid="ignore"):
        return np.asarray(sums[..., 0] / sums[..., 1])


def answer(name: str, paths: Sequence[Messages]) -> list[str]:
    """The greedy replies of a model to dialogues that end with a user's message.

    Raises:
        UserError: no model of this name, or one without a chat template.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    try:
        model: Any = AutoModelForCausalLM.from_pretrained(name)
        tokenizer: Any = AutoTokenizer.from_pretrained(name)
    except (OSError, ValueError) as error:
        raise UserError(f"{name}: {first_line(error)}") from error
    if not tokenizer.chat_template:
        raise UserError(f"{name}: its tokenizer has no chat template")
    model.eval()
    texts = [tokenizer.apply_chat_template(path, tokenize=False, add_generation_prompt=True) for path in paths]
    order = sorted(range(len(texts)), key=lambda number: len(texts[number]))  # alike in length, so little padding
    replies = [""] * len(texts)
    for start in range(0, len(order), BATCH):
        chosen = order[start : start + BATCH]
        batch = tokenizer(
            [texts[number] for number in chosen],
            padding=True,
            padding_side="left",
            add_special_tokens=False,  # the template has set them
            return_token_type_ids=False,
            return_tensors="pt",
        )
        with torch.inference_mode():
            made = model.generate(**batch, max_new_tokens=REPLY, do_sample=False, pad_token_id=tokenizer.pad_token_id)
        said = tokenizer.batch_decode(made[:, batch["input_ids"].shape[1] :], skip_special_tokens=True)
        for number, reply in zip(chosen, said, strict=True):
            replies[number] = reply.strip()
    return replies


def table(measured: dict[str, list[Figure]]) -> str:
    """One block a figure, one line a model."""
    width = max(map(len, (*measured, *FIGURES)))
    lines = []
    for number, title in enumerate(FIGURES):
        turns_of = range(1, len(next(iter(measured.values()))[number].by_turn) + 1)
        lines += ["", f"{title:{width}}" + "".join(f"{turn:6}" for turn in turns_of) + "   all   95% interval"]
        for name, of_model in measured.items():
            one = of_model[number]
            cells = "".join(f"{value:6.2f}" for value in (*one.by_turn, one.all))
            lines.append(f"{name:{width}}{cells}   [{one.low:.2f}, {one.high:.2f}]")
    return "\n".join(lines).lstrip("\n").replace("nan", "  -")


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", metavar="MODEL", help="folder or Hub id; none: the two bounds alone")
    parser.add_argument("--dataset_name", default="micro/trees", metavar="NAME", help="folder or Hub id (micro/trees)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    options = parser.parse_args(argv)
    return guarded(lambda: _run(options.models, options.dataset_name, options.json))


def _run(models: Sequence[str], dataset: str, out: Path | None) -> None:
    if out and not out.parent.is_dir():
        raise UserError(f"--json {out}: there is no folder {out.parent}")
    trees = load(dataset, "test")
    rows = [(turn, tree["profile"]) for tree in trees for turn in turns(tree)]
    asked, profiles = [turn for turn, _ in rows], [profile for _, profile in rows]
    known = {value for found in values([*trees, *load(dataset, "train")]).values() for value in found}
    said = {f"({who} reply)": [turn.replies[who] for turn in asked] for who in ("generic", "tailored")}
    said |= {name: answer(name, [turn.path for turn in asked]) for name in models}
    measured = {name: figures(replies, asked, profiles, known) for name, replies in said.items()}
    print(f"{len(asked):,} messages of {len(trees)} dialogues with users of {len(set(profiles))} profiles\n")
    print(table(measured))
    if out:
        plain = {
            name: {title: vars(one) for title, one in zip(FIGURES, of, strict=True)} for name, of in measured.items()
        }
        out.write_text(json.dumps(plain, indent=1).replace("NaN", "null") + "\n")


if __name__ == "__main__":
    sys.exit(main())
