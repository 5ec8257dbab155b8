"""A look at the data before anything heavy loads: what reaches the trainer, and what `--max_length` would lose.

TRL cuts what is longer than `max_length`, 1,024 tokens unless told otherwise, and silently drops rows whose prompt
alone fills it. Those are the late turns, which are the point of this data.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from rich.console import Console
from rich.text import Text

from training.data import COLUMNS, Data
from training.options import Options, UserError

TOLD_APART = 0.65  # share of pairs that length alone would guess right, from which on it is told as a warning
_SHOWN = 600  # characters of a prompt in the example


@dataclass(frozen=True)
class Lengths:
    """Tokens of one split's rows, each a list with an entry a row."""

    prompt: list[int]
    replies: list[list[int]]  # one of SFT; chosen and rejected of DPO
    turn: list[int | None]
    unlike: int  # rows whose prompt the template renders otherwise where a reply follows

    @property
    def longest(self) -> list[int]:
        """Of each row the prompt with its longest reply."""
        return [prompt + max(replies) for prompt, replies in zip(self.prompt, self.replies, strict=True)]

    @property
    def tokens(self) -> int:
        """What passes through the model in one epoch: each reply with its prompt."""
        return sum(prompt * len(of) + sum(of) for prompt, of in zip(self.prompt, self.replies, strict=True))

    def dropped(self, limit: int | None) -> list[int]:
        """The rows that no token of a reply would be left of: TRL drops them."""
        return [] if limit is None else [row for row, prompt in enumerate(self.prompt) if prompt >= limit]

    def cut(self, limit: int | None) -> list[int]:
        """The rows of which the end of a reply would be cut off."""
        if limit is None:
            return []
        return [row for row, all_ in enumerate(self.longest) if all_ > limit > self.prompt[row]]


def encode(row: Mapping[str, Any], tokenizer: Any, config: str) -> tuple[list[int], list[list[int]], bool]:
    """The tokens of a row as TRL 1.16 makes them: of the prompt, and of each reply after it.

    A reply begins where prompt and prompt + reply part. The last value tells whether that was before the prompt's end:
    the template then renders a prompt otherwise where a reply follows, and TRL trains on that.
    """
    prompt, *replies = (row[column] for column in COLUMNS[config])
    alone = _ids(tokenizer, prompt, add_generation_prompt=True)
    together = [_ids(tokenizer, prompt + reply) for reply in replies]
    common = min(_common(alone, ids) for ids in together)
    return alone[:common], [ids[common:] for ids in together], common < len(alone)


def _ids(tokenizer: Any, messages: list[dict[str, str]], **options: bool) -> list[int]:
    ids: list[int] = tokenizer.apply_chat_template(messages, tokenize=True, return_dict=True, **options)["input_ids"]
    return ids


def _common(ids: Sequence[int], others: Sequence[int]) -> int:
    """How many tokens two sequences have in common at their beginning."""
    pairs = enumerate(zip(ids, others, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(ids), len(others)))


def measure(rows: Any, tokenizer: Any, config: str, processes: int | None) -> Lengths:
    """The lengths of a split's rows; what was counted before is read from the cache of `datasets`."""

    def count(row: dict[str, Any]) -> dict[str, Any]:
        prompt, replies, unlike = encode(row, tokenizer, config)
        return {"prompt_tokens": len(prompt), "reply_tokens": [len(reply) for reply in replies], "unlike": unlike}

    turns = rows["turn"] if "turn" in rows.column_names else [None] * len(rows)
    counted = rows.map(count, remove_columns=rows.column_names, num_proc=processes, desc="Counting tokens")
    return Lengths(list(counted["prompt_tokens"]), list(counted["reply_tokens"]), list(turns), sum(counted["unlike"]))


def look(data: Data, tokenizer: Any, options: Options, config: str, console: Console) -> dict[str, int]:
    """Prints what would be trained on; how many rows of either split must reach the trainer.

    Raises:
        UserError: `--max_length` is below the shortest prompt, or loses more than `--max_lost` of the rows.
    """
    limit, script = options.training.max_length, options.script
    splits = {script.dataset_train_split: data.train, script.dataset_test_split: data.test}
    kept = {}
    for split, rows in splits.items():
        lengths = measure(rows, tokenizer, config, options.training.dataset_num_proc)
        dropped, cut = lengths.dropped(limit), lengths.cut(limit)
        kept[split] = len(rows) - len(dropped)
        console.print(_counts(split, lengths, data.left_out if rows is data.train else 0, limit), highlight=False)
        if limit is not None and limit <= min(lengths.prompt):
            raise UserError(
                f"--max_length {limit}: the shortest prompt of {split} alone has {min(lengths.prompt)} tokens; "
                f"{max(lengths.longest):,} holds all"
            )
        if dropped or cut:
            lost = (
                f"--max_length {limit} would drop {_by_turn(dropped, lengths.turn)} and cut "
                f"{_by_turn(cut, lengths.turn)} of {len(rows):,} rows; {max(lengths.longest):,} holds all"
            )
            if len(dropped) + len(cut) > options.data.max_lost * len(rows):
                raise UserError(f"{lost}. Give a larger --max_length, or allow more with --max_lost")
            console.print(f"warning: {lost}", style="yellow", highlight=False)
        if rows is data.train:
            _warn(lengths, data, console)
    console.print(example(data.train, tokenizer, config))
    return kept


def _counts(split: str, lengths: Lengths, left_out: int, limit: int | None) -> str:
    total = lengths.longest
    return (
        f"{split}: {len(total):,} rows"
        + (f" ({left_out:,} left out by --min_margin, --min_turn, --max_turn)" if left_out else "")
        + f", {lengths.tokens:,} tokens; a row has {median(total):,.0f} (median) to {max(total):,}"
        + ("" if limit is None else f", --max_length is {limit:,}")
    )


def _by_turn(rows: Sequence[int], turns: Sequence[int | None]) -> str:
    """`12 (turn 9: 4, turn 10: 8)`."""
    counts = Counter(turn for row in rows if (turn := turns[row]) is not None)
    told = ", ".join(f"turn {turn}: {count:,}" for turn, count in sorted(counts.items()))
    return f"{len(rows):,}" + (f" ({told})" if told else "")


def _warn(lengths: Lengths, data: Data, console: Console) -> None:
    warnings = []
    if data.rehearsal:
        warnings.append("this data was made by the rehearsal's rules: to try things with, not to train a model for use")
    if lengths.unlike:
        warnings.append(
            f"the chat template renders the prompts of {lengths.unlike:,} rows otherwise where a reply follows: the "
            "model is trained on another context than it meets later (see the example)"
        )
    share = told_apart(lengths.replies)
    if share >= TOLD_APART:
        longer = sum(chosen > rejected for chosen, rejected in lengths.replies) > len(lengths.replies) / 2
        warnings.append(
            f"the {'longer' if longer else 'shorter'} reply is the chosen one in {share:.0%} of the pairs that differ "
            "in length: a model can learn that instead of what it is about"
        )
    for warning in warnings:
        console.print(f"warning: {warning}", style="yellow", highlight=False)


def told_apart(replies: Sequence[Sequence[int]]) -> float:
    """The share of pairs of unequal length whose chosen reply a rule on length alone would guess; 0 without pairs.

    >>> told_apart([[30, 10], [20, 10], [10, 30], [7, 7]])
    0.6666666666666666
    """
    pairs = [(of[0], of[1]) for of in replies if len(of) == 2 and of[0] != of[1]]  # one reply each: SFT
    longer = sum(chosen > rejected for chosen, rejected in pairs)
    return max(longer, len(pairs) - longer) / len(pairs) if pairs else 0.0


def example(rows: Any, tokenizer: Any, config: str) -> Text:
    """The middle row, rendered by the chat template: what is trained on stands out, and between ⟦ and ⟧."""
    row = rows[len(rows) // 2]
    prompt, replies, _ = encode(row, tokenizer, config)
    before = tokenizer.decode(prompt)
    text = Text("an example; what the loss is taken over stands between ⟦ and ⟧:\n")
    text.append(("..." if len(before) > _SHOWN else "") + before[-_SHOWN:], style="dim")
    for name, reply in zip(COLUMNS[config][1:], replies, strict=True):
        text.append(f"\n{name}: " if len(replies) > 1 else "")
        text.append(f"⟦{tokenizer.decode(reply)}⟧", style="bold green")
    return text
