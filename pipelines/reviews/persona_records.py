"""A persona as a record to review: what is shown, what is asked, and what one can filter and search by."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from pipelines.reviews.client import Record
from pipelines.reviews.questions import COMMENT, PAIRING_VERDICTS, REASON, REASONS, VERDICTS
from pipelines.schema import KINDS, Kind, PersonaRow

if TYPE_CHECKING:
    import argilla as rg

MIN_SUBMITTED = 1  # answers that a record needs

GUIDELINES = """\
Each record is an invented person: a **profile** (facts of a life) and a **personality** (traits), one statement a line.
Dialogues will be written for them. Could this person exist, and is there enough to tell them from others?

There are three things to judge:

- **Profile** and **personality**, each by itself: the same text stands in several persons, and what you say of it holds
  for all of them. *Keep* it as it is; *edit* it when a small change makes it good; *reject* it when none would.
- **Together**: *reject* where one person can't have both.

What speaks against a text:

- *contradiction*: its statements can't all be true
- *stereotype*: it makes a cliché of a group of people
- *real person*: somebody who exists, or could be taken for them
- *unsafe*: hateful, sexual, or a help to do harm
- *too vague*: it could be said of nearly anybody
- *near duplicate*: too much like another; *Find similar*, above the text, shows its neighbours
- *bad language*: not plain, correct English

**To edit**, choose *edit* and change the text further down: one statement a line, as little as possible. What stands
there counts only where you chose *edit*.

Comments are published with the data, under a pseudonym: write nothing there that tells who you are.

**Keys**: a digit chooses a label and goes on to the next question, so `1` `1` `1` `Enter` keeps a person. `Arrow down`
and `Arrow up` go from question to question, `Shift Enter` into a text and `Esc` out of it; `Enter` submits, `Backspace`
discards, `Ctrl S` saves a draft, `Arrow right` and `Arrow left` turn the pages.
"""


def settings(dimensions: int, embedder: str) -> "rg.Settings":
    """Fields, questions, metadata and vectors.

    Args:
        dimensions: numbers in a vector.
        embedder: whose vectors; those of two embedders can't be compared.
    """
    import argilla as rg

    all_ = asked()
    all_.vectors = [rg.VectorField(f"{kind}_vector", dimensions, title=f"{kind} ({embedder})") for kind in KINDS]
    return all_


def asked() -> "rg.Settings":
    """Fields, questions and metadata: all that it takes to read answers."""
    import argilla as rg

    return rg.Settings(
        guidelines=GUIDELINES,
        fields=[rg.TextField(kind, title=kind.capitalize()) for kind in KINDS],
        questions=_questions(),
        metadata=[
            rg.TermsMetadataProperty("split"),
            rg.TermsMetadataProperty("origin"),
            rg.IntegerMetadataProperty("round"),
            rg.FloatMetadataProperty("nearest", title="nearest (cosine)"),
            *(rg.TermsMetadataProperty(f"{kind}_id", visible_for_annotators=False) for kind in KINDS),
        ],
        distribution=rg.TaskDistribution(min_submitted=MIN_SUBMITTED),
    )


def _questions() -> list[Any]:
    import argilla as rg

    verdicts = [rg.LabelQuestion(f"{kind}_verdict", labels=list(VERDICTS), title=kind.capitalize()) for kind in KINDS]
    edits = [
        rg.TextQuestion(
            f"{kind}_edit",
            title=f"{kind.capitalize()}, edited",
            description="One statement a line. Counts where you chose edit.",
            required=False,
        )
        for kind in KINDS
    ]
    return [
        *verdicts,
        rg.LabelQuestion("pairing_verdict", labels=list(PAIRING_VERDICTS), title="Together"),
        rg.MultiLabelQuestion(
            REASONS,
            labels={reason: reason.replace("-", " ") for reason in REASON},
            title="Why not keep it?",
            required=False,
        ),
        *edits,
        rg.TextQuestion(COMMENT, title="Comment", required=False),
    ]


def record(
    persona: PersonaRow, split: str, vectors: Mapping[Kind, Sequence[float]], questions: Mapping[str, str]
) -> Record:
    """The persona as Argilla's REST API takes it.

    Args:
        vectors: the embeddings of its two texts.
        questions: name of a question -> its id on the server.
    """
    texts = {"profile": "\n".join(persona.facts), "personality": "\n".join(persona.traits)}
    metadata = {
        "split": split,
        "origin": persona.origin,
        "round": persona.round,
        "nearest": persona.nearest,
        "profile_id": persona.profile_id,
        "personality_id": persona.personality_id,
    }
    return {
        "external_id": persona.persona_id,
        "fields": {kind: escape(texts[kind], quote=False) for kind in KINDS},  # else shown as HTML
        "metadata": {name: value for name, value in metadata.items() if value is not None},
        "vectors": {f"{kind}_vector": [round(float(one), 5) for one in vectors[kind]] for kind in KINDS},
        "suggestions": [{"question_id": questions[f"{kind}_edit"], "value": texts[kind]} for kind in KINDS],
    }
