"""A pair of replies as a record to review: blind, so nothing in it tells which is which.

A tree that is grown again, by another cast, has the same id and other replies. So a record is named by what it shows
too, and an answer to it never counts for other texts.
"""

import hashlib
from html import escape
from typing import TYPE_CHECKING

from pipelines.exports import Pair, pair_id, path
from pipelines.reviews.client import Record
from pipelines.reviews.questions import COMMENT, IN_CHARACTERS
from pipelines.reviews.sampling import shown_first
from pipelines.schema import Responder, TreeRow

if TYPE_CHECKING:
    import argilla as rg

MIN_SUBMITTED = 2  # answers that a record needs

_SEED = 0  # of the order of the replies

GUIDELINES = """\
Each record is a moment of a dialogue between an invented **person** and an assistant. It ends at what the person said
last; then come two replies to it. The assistant knows nothing of the person but what they have said; you know all.

1. **Which reply would this person prefer?** Put yourself in their place: what would they like to be told, and in which
   manner? It is not about which reply is right, longer, or more to your own liking. *No difference* where they would
   not mind.
2. **Does the user talk like this person?** Look at all their messages: *no* where something contradicts the
   description, in what they say or in how.
3. **Which reply knows what the user hasn't shown?** One that uses a fact or a trait which nothing in the dialogue has
   shown yet, so that it can't be known. A lucky guess counts.

Which assistant wrote which reply is not told, and their order is random.

Comments are published with the data, under a pseudonym: write nothing there that tells who you are.

**Keys**: a digit chooses a label and goes on to the next question, so `2` `1` `1` `Enter` is a whole answer. `Arrow
down` and `Arrow up` go from question to question, `Shift Enter` into the comment and `Esc` out of it; `Enter` submits,
`Backspace` discards, `Ctrl S` saves a draft, `Arrow right` and `Arrow left` turn the pages.
"""


def record_id(tree: TreeRow, pair: Pair) -> str:
    """TREE_ID/NODE#HASH, the pair's id and 12 hex digits of SHA-256 over the dialogue, the tailored reply and the
    generic one, NUL between any two messages.
    """
    shown = [*(one.content for one in path(tree, pair.user)), pair.tailored.content, pair.generic.content]
    digest = hashlib.sha256("\0".join(shown).encode()).hexdigest()[:12]
    return f"{pair_id(tree, pair)}#{digest}"


def pair_of(record_id: str) -> str:
    """The id of the pair that a record shows.

    >>> pair_of("t-7bc7bd592969/3#6b86b273ff34")
    't-7bc7bd592969/3'
    """
    return record_id.partition("#")[0]


def first(pair: str) -> Responder:
    """Whose reply stands first of a pair (TREE_ID/NODE). It is computed where it is needed, and stands on no server."""
    return shown_first(pair, _SEED)


def settings() -> "rg.Settings":
    """Fields, questions and metadata."""
    import argilla as rg

    return rg.Settings(
        guidelines=GUIDELINES,
        fields=[
            rg.TextField("persona", title="The person"),
            rg.ChatField("dialogue", title="The dialogue so far", use_markdown=False),
            rg.TextField("first", title="First reply"),
            rg.TextField("second", title="Second reply"),
        ],
        questions=[
            rg.LabelQuestion(
                "preference",
                labels={"first": "first", "second": "second", "no-difference": "no difference"},
                title="Which reply would this person prefer?",
            ),
            rg.LabelQuestion("in_character", labels=list(IN_CHARACTERS), title="Does the user talk like this person?"),
            rg.LabelQuestion(
                "undisclosed",
                labels=["neither", "first", "second", "both"],
                title="Which reply knows what the user hasn't shown?",
            ),
            rg.TextQuestion(COMMENT, title="Comment", required=False),
        ],
        metadata=[rg.IntegerMetadataProperty("turn")],
        distribution=rg.TaskDistribution(min_submitted=MIN_SUBMITTED),
    )


def record(tree: TreeRow, pair: Pair) -> Record:
    """The pair as Argilla's REST API takes it."""
    replies = [pair.tailored, pair.generic]
    if first(pair_id(tree, pair)) == "generic":
        replies.reverse()
    return {
        "external_id": record_id(tree, pair),
        "fields": {
            "persona": _shown(f"{tree.profile}\n\n{tree.personality}"),
            "dialogue": [{"role": one.role, "content": _shown(one.content)} for one in path(tree, pair.user)],
            "first": _shown(replies[0].content),
            "second": _shown(replies[1].content),
        },
        "metadata": {"turn": pair.user.turn},
    }


def _shown(text: str) -> str:
    """Argilla's pages take what is no Markdown for HTML."""
    return escape(text, quote=False)
