"""The records that cross stages: each column, its type and its meaning. Of `pipelines` and below, the only file that
names columns; `records.py` makes Arrow schemas and tables of them and reads them back.
"""

import hashlib
from dataclasses import dataclass
from typing import Literal

from pipelines.records import doc

Kind = Literal["profile", "personality"]
KINDS: tuple[Kind, Kind] = ("profile", "personality")
PLURAL: dict[Kind, str] = {"profile": "profiles", "personality": "personalities"}
SPLITS = ("train", "test", "heldout")

Responder = Literal["tailored", "generic"]
RESPONDERS: tuple[Responder, Responder] = ("tailored", "generic")

_ID_PREFIX = {"profile": "pr-", "personality": "pe-"}


@dataclass(frozen=True, slots=True)
class TextRow:
    """One profile or personality of the pool: a row of the configs `profiles` and `personalities`."""

    id: str = doc("pr- (profile) or pe- (personality) and 12 hex digits of a hash of the text; stable across runs")
    text: str = doc("the statements, joined by a space")
    statements: list[str] = doc("single statements, in the order of the text")
    split: str = doc("train, test or heldout; a text stands in one split")
    origin: str = doc("seed or generated")
    round: int = doc("the round of self-generation that made it, 0 for seeds")
    nearest: float | None = doc("highest cosine to what was in the pool when it was admitted; null for the first")
    nearest_id: str | None = doc("id of that nearest text")
    model: str | None = doc("who wrote the statements; null for a seed that came with them")
    rehearsal: bool = doc("made by the rehearsal cast: rule-made, for trying the pipeline only")
    replaces: str | None = doc("id of the text that a reviewer's edit replaced")


@dataclass(frozen=True, slots=True)
class PersonaRow:
    """One persona, a profile with a personality: a row of `personas`, and of each later stage's input."""

    persona_id: str = doc("p- and 12 hex digits of a hash of both texts; stable across runs")
    profile_id: str = doc("id of the profile, as in the config profiles")
    personality_id: str = doc("id of the personality, as in the config personalities")
    profile: str = doc("everyday facts of a life, as text")
    personality: str = doc("traits, as text; no name, no gender, no facts of life")
    facts: list[str] = doc("the statements of the profile, in the order of the text")
    traits: list[str] = doc("the statements of the personality, in the order of the text")
    origin: str = doc("seed or generated; of whichever of its two texts was made later")
    round: int = doc("round of self-generation of whichever of its two texts was made later, 0 for seeds")
    nearest: float | None = doc("highest cosine of the profile to what was in the pool when it was admitted")
    model: str | None = doc(
        "who wrote whichever of its two texts was made later; null for a seed that came with its statements"
    )
    rehearsal: bool = doc("made by the rehearsal cast: rule-made, for trying the pipeline only")


@dataclass(frozen=True, slots=True)
class AloeRow(PersonaRow):
    """A held-out persona of the benchmark with the certificate of its distance from the training split."""

    nearest_profile_id: str | None = doc("id of the training profile that is nearest to its profile")
    nearest_profile: float | None = doc("cosine of the two")
    nearest_personality_id: str | None = doc("id of the training personality that is nearest to its personality")
    nearest_personality: float | None = doc("cosine of the two")


@dataclass(frozen=True, slots=True)
class DroppedRow:
    """What did not stay, and why: a row of `dropped` in both datasets."""

    kind: str = doc("profile, personality, persona, tree or pair")
    id: str = doc("the id it has or would have had")
    reason: str = doc("why it was dropped, as a slug")
    detail: str = doc("what exactly: the offending words, the file and line of a seed, the judge's reason")
    nearest_id: str | None = doc("for near-duplicates: id of the text that it was too near to")
    nearest: float | None = doc("the cosine of the two")
    content: str = doc("what was dropped")
    withdrawn: str | None = doc(
        "of a text or persona that reviewers took out: its row or pair and its place as JSON, by which it comes back "
        "when they decide otherwise; null for all else",
        default=None,
    )


@dataclass(frozen=True, slots=True)
class Vote:
    """What the judge gave the two replies of a turn, in one order."""

    first: str = doc("which responder stood first: tailored or generic")
    tailored: float = doc("score of the tailored reply, 1 to 10")
    generic: float = doc("score of the generic reply, 1 to 10")


@dataclass(frozen=True, slots=True)
class Node:
    """One message of a tree. Under a user node stand two replies; under a reply that went on, the next user node."""

    id: int = doc("position in the list")
    parent: int | None = doc("id of the message that it answers; null at the root")
    turn: int = doc("which message of the user it is, or answers: 1 at the root")
    role: str = doc("user or assistant")
    content: str = doc("the message")
    responder: str | None = doc("tailored or generic; null on user nodes")
    label: str | None = doc(
        "preferred, rejected or undecided, by the judge's votes, or by people who decided otherwise; null on user nodes"
    )
    continued: bool = doc("whether the dialogue went on from here; not the same as preferred")
    disclosed: list[int] | None = doc(
        "on user nodes: indices into facts + traits that the user has shown so far on this path"
    )
    votes: list[Vote] | None = doc("what the judge gave; the same on both siblings; null on user nodes")
    margin: float | None = doc(
        "absolute mean of tailored less generic over the judge's votes, also where people decided, divided by 9; "
        "the same on both siblings; null on user nodes"
    )
    model: str = doc("who wrote it")
    tokens_in: int = doc("tokens of the prompt that it was written to")
    tokens_out: int = doc("tokens of the reply")


@dataclass(frozen=True, slots=True)
class TreeRow:
    """One dialogue tree: a row of `trees`."""

    tree_id: str = doc("t- and 12 hex digits of a hash of the run's seed and the persona_id; stable across runs")
    persona_id: str = doc("id of the persona, as in the dataset of personas")
    profile: str = doc("everyday facts of a life, as text")
    personality: str = doc("traits, as text")
    facts: list[str] = doc("the statements of the profile")
    traits: list[str] = doc("the statements of the personality")
    nodes: list[Node] = doc("the messages, parents before children, turn by turn")
    rehearsal: bool = doc("made by the rehearsal cast or from its personas: for trying the pipeline only")


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation, as chat templates read it."""

    role: str = doc("user or assistant")
    content: str = doc("the message")


@dataclass(frozen=True, slots=True)
class PreferenceRow:
    """One decided pair: a row of `preference`, as a DPO trainer reads it."""

    prompt: list[Message] = doc("the path that the dialogue took, from the first message to the user's last")
    chosen: list[Message] = doc("the preferred reply")
    rejected: list[Message] = doc("the other one")
    tree_id: str = doc("the tree that it comes from")
    node: int = doc("id of the user node that the prompt ends at")
    turn: int = doc("turn of that node, from 1")
    persona_id: str = doc("id of the persona")
    margin: float = doc(
        "absolute mean of tailored less generic over the judge's votes, also where people decided, divided by 9: 0 to 1"
    )
    rehearsal: bool = doc("made by the rehearsal cast: rule-made, for trying the pipeline only")


@dataclass(frozen=True, slots=True)
class SftRow:
    """One preferred reply: a row of `sft`, as an SFT trainer reads it, with its loss on the completion alone."""

    prompt: list[Message] = doc("the path that the dialogue took, from the first message to the user's last")
    completion: list[Message] = doc("the preferred reply")
    tree_id: str = doc("the tree that it comes from")
    node: int = doc("id of the user node that the prompt ends at")
    turn: int = doc("turn of that node, from 1")
    persona_id: str = doc("id of the persona")
    margin: float = doc(
        "absolute mean of tailored less generic over the judge's votes, also where people decided, divided by 9: 0 to 1"
    )
    rehearsal: bool = doc("made by the rehearsal cast: rule-made, for trying the pipeline only")


@dataclass(frozen=True, slots=True)
class KtoRow:
    """One reply of a decided pair, with its label: a row of `kto`, as a KTO trainer reads it."""

    prompt: list[Message] = doc("the path that the dialogue took, from the first message to the user's last")
    completion: list[Message] = doc("a reply")
    label: bool = doc("whether it is the preferred one")
    tree_id: str = doc("the tree that it comes from")
    node: int = doc("id of the user node that the prompt ends at")
    turn: int = doc("turn of that node, from 1")
    persona_id: str = doc("id of the persona")
    margin: float = doc(
        "absolute mean of tailored less generic over the judge's votes, also where people decided, divided by 9: 0 to 1"
    )
    rehearsal: bool = doc("made by the rehearsal cast: rule-made, for trying the pipeline only")


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """One answer of one annotator: a row of `reviews` in both datasets."""

    review_id: str = doc("rv- and 12 hex digits of a hash of what was shown; answers of several annotators share it")
    kind: str = doc("what the answer is about: profile, personality, persona (the pairing of the two) or pair")
    object_id: str = doc("its id; of a pair TREE_ID/NODE, the user's message that both replies answer")
    question: str = doc("verdict, reasons, edit; preference, in-character, undisclosed; comment")
    value: str = doc("the answer; several reasons are joined by a comma and a space")
    annotator: str = doc("a01, a02, ...: a pseudonym, one a person in this dataset")
    sample: str = doc("why it was chosen: cover, random or targeted")
    submitted: str = doc("when, in UTC")
    first: str | None = doc("which responder's reply was shown first, tailored or generic; null but for pairs")


def text_id(kind: Kind, text: str) -> str:
    """Id of a profile or personality: the first 12 hex digits of SHA-256 over its UTF-8 text.

    >>> text_id("profile", "Repairs bicycles in Ghent.")
    'pr-91cceec54a5b'
    """
    return _ID_PREFIX[kind] + _digest(text)


def persona_id(profile: str, personality: str) -> str:
    """Id of a pairing, from both texts.

    >>> persona_id("Repairs bicycles in Ghent.", "Asks why at least twice.")
    'p-27e83ce28972'
    """
    return "p-" + _digest(profile + "\0" + personality)


def tree_id(seed: int, persona_id: str) -> str:
    """Id of the tree that a run with this seed grows for a persona.

    >>> tree_id(0, "p-27e83ce28972")
    't-7bc7bd592969'
    """
    return "t-" + _digest(f"{seed}\0{persona_id}")


def review_id(record: str) -> str:
    """Id of the review of a record: a persona by its id, a pair by its id and a hash of its messages.

    >>> review_id("p-27e83ce28972")
    'rv-981ba4c0bf2f'
    """
    return "rv-" + _digest(record)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
