"""What the micro model learns before it meets the data: to speak its language, and to recall what it was told.

A pretrained chat model brings both. Here they come as rows written from the train split of the trees:

| row | prompt | completion |
| --- | --- | --- |
| told | `my pet is cat . my city is paris . list all you know of me .` | `city paris color any ... pet cat ... .` |
| asked | a user's message out of a dialogue | the generic reply to it |
| talked | a dialogue as it went | the generic reply to its last message |
| recalled | a dialogue as it went, then `list all you know of me .` | every slot, with what the user has told |

The list has all slots in one order, since a free order was never learnt. No row gives the reply that is fitted to its
user: what is trained on these rows recalls, but adapts to nobody.
"""

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from training.micro.dialogue import UNKNOWN, Messages, Tree, Turn, turns, values
from training.options import UserError

ASK = "list all you know of me ."
Row = dict[str, Messages]
"""`prompt` and `completion`, as TRL's SFTTrainer reads them."""


@dataclass(frozen=True)
class Language:
    """What the rows are written from."""

    values: Mapping[str, Sequence[str]]  # of each slot, both in order of the alphabet
    sentences: Sequence[str]  # in which users tell a fact: `my {slot} is {value} .`


def language(trees: Sequence[Tree]) -> Language:
    """Slots and values out of the facts, and sentences that tell them out of what the users wrote.

    Raises:
        UserError: the trees are not of the micro world, or no user tells a fact in them.
    """
    spoken = {sentence for tree in trees for turn in turns(tree) for sentence in _telling(turn)}
    if not spoken:
        raise UserError(f"no user tells a fact in these {len(trees)} trees, as in 'my pet is cat .'")
    return Language(values(trees), sorted(spoken))


def _telling(turn: Turn) -> list[str]:
    """The sentences of a message that tell a fact, with the fact left open."""
    sentences = [sentence.split() for sentence in re.findall(r"\w[^.?!]*[.?!]", turn.path[-1]["content"])]
    return [
        " ".join({slot: "{slot}", value: "{value}"}.get(word, word) for word in sentence)
        for sentence in sentences
        for slot, value in turn.facts.items()
        if slot in sentence and value in sentence
    ]


def lessons(trees: Sequence[Tree], rows: int, rng: random.Random) -> list[list[Row]]:
    """Three lessons of `rows` rows each, to be learnt one after the other: copying emerges on short rows only.

    Args:
        trees: of the train split.
        rows: of one lesson.
        rng: where everything that is left to chance comes from.

    Raises:
        UserError: the trees are not of the micro world.
    """
    words = language(trees)
    dialogues = [turns(tree) for tree in trees]

    def draw(number: int, latest: int | None = None) -> list[Turn]:
        return [rng.choice(rng.choice(dialogues)[:latest]) for _ in range(number)]

    most, part = len(words.values), rows // 4
    short = [told(words, rng, 3, 5) for _ in range(3 * part)] + [asked(turn) for turn in draw(part)]
    full = [told(words, rng, 4, most) for _ in range(3 * part)] + [talked(turn) for turn in draw(part, latest=3)]
    real = [told(words, rng, 1, most) for _ in range(part)] + [talked(turn) for turn in draw(part)]
    return [short, full, real + [recalled(words, turn) for turn in draw(2 * part)]]


def told(words: Language, rng: random.Random, least: int, most: int) -> Row:
    """From `least` to `most` facts in one message, then the list."""
    slots = rng.sample(list(words.values), min(len(words.values), rng.randint(least, most)))
    facts = {slot: rng.choice(words.values[slot]) for slot in slots}
    said = [rng.choice(words.sentences).format(slot=slot, value=value) for slot, value in facts.items()]
    return _row([{"role": "user", "content": " ".join([*said, ASK])}], _listed(words, facts))


def asked(turn: Turn) -> Row:
    """The message without what led to it, and the generic reply."""
    return _row(turn.path[-1:], turn.replies["generic"])


def talked(turn: Turn) -> Row:
    """The dialogue up to here, and the generic reply."""
    return _row(turn.path, turn.replies["generic"])


def recalled(words: Language, turn: Turn) -> Row:
    """The dialogue up to here, the generic reply, then the list."""
    prompt = [*turn.path, {"role": "assistant", "content": turn.replies["generic"]}, {"role": "user", "content": ASK}]
    return _row(prompt, _listed(words, turn.facts))


def vocabulary(trees: Sequence[Tree]) -> list[str]:
    """Every word of the trees' messages and of the rows, sorted."""
    words = language(trees)
    texts = [node["content"] for tree in trees for node in tree["nodes"]] + [ASK, _listed(words, {})]
    texts += [value for found in words.values.values() for value in found]
    return sorted({word for text in texts for word in text.split()})


def _listed(words: Language, facts: Mapping[str, str]) -> str:
    return " ".join(f"{slot} {facts.get(slot, UNKNOWN)}" for slot in words.values) + " ."


def _row(prompt: Messages, completion: str) -> Row:
    return {"prompt": prompt, "completion": [{"role": "assistant", "content": completion}]}
