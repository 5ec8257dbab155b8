"""One tree: a persona's conversation, turn by turn, with two replies to each message and the judge's votes on them.

Each call waits for what it needs and for nothing else. The generic reply needs no inducer, so the two go out together;
the judge's votes go out together, and beside the next turn, unless the branch is decided by them.
"""

import asyncio
import random
import re
from collections import Counter
from collections.abc import Awaitable, Mapping
from typing import Any, TypeVar, cast

import orjson

from filters.likeness import nearly_identical
from pipelines import views
from pipelines.calls import Book, Calls, Rejected
from pipelines.generate import Reply
from pipelines.labels import decide
from pipelines.schema import RESPONDERS, DroppedRow, Node, PersonaRow, Responder, TreeRow, Vote, tree_id
from pipelines.steps.growth import Grown, Pair, Path, RoleUse, Said, nodes_of
from pipelines.tree_job import Job
from pipelines.views import Messages

S = TypeVar("S")
T = TypeVar("T")

_TAG = re.compile(r"</?\s*(persona|disclosed|text|first|second|task)\s*>", re.IGNORECASE)
SHOWN_SCHEMA = {
    "type": "object",
    "properties": {"shown": {"type": "array", "items": {"type": "integer"}}},
    "required": ["shown"],
    "additionalProperties": False,
}
VOTE_SCHEMA = {
    "type": "object",
    "properties": {"first": {"type": "number"}, "second": {"type": "number"}},
    "required": ["first", "second"],
    "additionalProperties": False,
}


class _Failed(Exception):  # noqa: N818 - the tree has, which is no defect of the program
    """A role gave no readable reply, so this path can't go on."""

    def __init__(self, turn: int, path: str, role: str, why: str) -> None:
        super().__init__(f"turn {turn}: the {role} gave no readable reply, last: {why}")
        self.place = (turn, path, role)
        self.reason = f"{role}-{why}"


class Dialogue:
    """Grows the tree of one persona."""

    def __init__(self, persona: PersonaRow, calls: Calls, job: Job) -> None:
        self.row, self.calls, self.seed = persona, calls, job.seed
        self.turns, self.branch, self.votes = job.turns, job.branch, job.votes
        self.models = {role: player.model for role, player in job.cast.players.items()}
        self.rehearsal = job.cast.rehearsal or persona.rehearsal
        self.persona = views.Persona(persona.facts, persona.traits)
        self.tree_id = tree_id(job.seed, persona.persona_id)
        self.usage = {role: RoleUse() for role in self.models}
        self.unreadable: Counter[str] = Counter()
        self.keys: list[bytes] = []  # of calls that nobody will ask for again once this tree is finished
        self._said: list[Said] = []
        self._failed: list[_Failed] = []

    async def grow(self) -> Grown:
        """The tree, or why there is none. The same whatever the order in which replies arrive.

        Raises:
            Stopped, UserError: as `Calls.ask`.
        """
        await self._walk(Path())
        nodes = nodes_of(self._said)
        if not self._failed:
            return Grown(self._tree(nodes), None, self.usage, self.unreadable)
        failed = min(self._failed, key=lambda one: one.place)
        content = orjson.dumps(self._tree(nodes)).decode()
        dropped = DroppedRow("tree", self.tree_id, failed.reason, str(failed), None, None, content)
        return Grown(None, dropped, self.usage, self.unreadable)

    async def _walk(self, path: Path) -> None:
        """One path from here to its end, with all that branches off it."""
        try:
            pair = await self._turn(path)
        except _Failed as failed:  # other paths go on: what stands in the tree must not depend on who was faster
            self._failed.append(failed)
            return
        judging = asyncio.create_task(self._judge(pair))
        if self.branch.way == "preferred":
            await judging
        chosen = self._goes_on(pair)
        for responder in chosen:
            pair.replies[responder].continued = True
        await asyncio.gather(judging, *(self._walk(pair.after(responder)) for responder in chosen))

    async def _turn(self, path: Path) -> Pair:
        """The user's message, what it shows, and the two replies.

        Raises:
            _Failed: one of the roles gave no readable reply; what the others gave stands among what was said.
        """
        turn, prompts = len(path.turns) + 1, dict(path.prompts)
        prompts["user"] = views.user(self.persona, path.turns)
        message = await self._say("user", path, turn, prompts)
        user = self._add(Said(turn, path.name, "user", message, self.models["user"], path.last))
        prompts["generic"] = views.generic(path.turns, message.text)
        (new, tailored), generic = await _both(
            self._answer_knowing(path, user, prompts), self._answer("generic", path, user, prompts)
        )
        first = RESPONDERS[self._coin("order", turn, path)]
        pair = Pair(path, user, new, {"tailored": tailored, "generic": generic}, prompts, first)
        prompts["judge"] = self._to_judge(pair, first)
        return pair

    async def _answer_knowing(
        self, path: Path, user: Said, prompts: dict[str, Messages]
    ) -> tuple[tuple[int, ...], Said]:
        """What the message shows, and the reply of the responder who is told."""
        prompts["inducer"] = views.inducer(self.persona, path.turns, user.reply.text)
        book, known = Book(), set(path.shown)

        def read(value: Any) -> tuple[int, ...]:  # noqa: ANN401 - any JSON value
            shown = value["shown"]
            if not all(type(number) is int and 0 <= number < len(self.persona.statements) for number in shown):
                raise ValueError("a number that stands for no statement")
            return tuple(sorted(set(shown) - known))

        shown = await self.calls.ask_json("inducer", prompts["inducer"], SHOWN_SCHEMA, read, book=book)
        self._enter("inducer", book, prompts["inducer"], path)
        new = _accepted(shown, user.turn, path, "inducer")
        user.disclosed = sorted((*path.shown, *new))
        prompts["tailored"] = views.tailored(self.persona, path.turns, user.reply.text, new)
        return new, await self._answer("tailored", path, user, prompts)

    async def _answer(self, role: Responder, path: Path, user: Said, prompts: Mapping[str, Messages]) -> Said:
        """A responder's reply to the user's message."""
        reply = await self._say(role, path, user.turn, prompts)
        return self._add(Said(user.turn, path.name, "assistant", reply, self.models[role], user, role, continued=False))

    async def _say(self, role: str, path: Path, turn: int, prompts: Mapping[str, Messages]) -> Reply:
        """What a role says in prose."""
        book = Book()
        text = await self.calls.ask_text(role, prompts[role], _prose, book=book)
        self._enter(role, book, prompts[role], path)
        text, wrote = _accepted(text, turn, path, role), book.replies[-1]
        return Reply(text, wrote.tokens_in, wrote.tokens_out)

    async def _judge(self, pair: Pair) -> None:
        """Asks for the votes and labels the pair."""
        first, second = pair.first, _other(pair.first)
        prompts = {first: pair.prompts["judge"], second: self._to_judge(pair, second)}
        earlier = [pair.path.prompts.get("judge", []), *[prompts[first]] * (self.votes - 1)]
        asked = await asyncio.gather(
            *(
                self._vote(ahead := (first, second)[number % 2], prompts[ahead], number, earlier[number])
                for number in range(self.votes)
            )
        )
        votes = [vote for vote in asked if vote is not None]
        texts = {responder: said.reply.text for responder, said in pair.replies.items()}
        decision = decide(texts["tailored"], texts["generic"], votes, self.votes)
        for said in pair.replies.values():
            said.votes, said.decision = votes, decision

    async def _vote(self, first: Responder, prompt: Messages, sample: int, earlier: Messages) -> Vote | None:
        def read(value: Any) -> Vote:  # noqa: ANN401 - any JSON value
            scores = {first: _score(value["first"]), _other(first): _score(value["second"])}
            return Vote(first, scores["tailored"], scores["generic"])

        book = Book()
        vote = await self.calls.ask_json("judge", prompt, VOTE_SCHEMA, read, sample=sample, book=book)
        self._book("judge", book, prompt, earlier)
        self.keys += book.keys
        return None if isinstance(vote, Rejected) else vote

    def _to_judge(self, pair: Pair, first: Responder) -> Messages:
        texts = [pair.replies[responder].reply.text for responder in (first, _other(first))]
        shown = [*pair.path.shown, *pair.new]
        return views.judge(self.persona, pair.path.turns, pair.user.reply.text, shown, *texts)

    def _goes_on(self, pair: Pair) -> list[Responder]:
        """The replies that the dialogue goes on from; none after the last turn."""
        turn = pair.user.turn
        if turn == self.turns:
            return []
        tailored, generic = (pair.replies[responder] for responder in RESPONDERS)
        alike = nearly_identical(tailored.reply.text, generic.reply.text)
        if self.branch.way == "both" and turn <= self.branch.depth and not alike:
            return list(RESPONDERS)
        if self.branch.way == "preferred" and tailored.decision and tailored.decision.winner:
            return [tailored.decision.winner]
        return [RESPONDERS[self._coin("branch", turn, pair.path)]]

    def _coin(self, what: str, turn: int, path: Path) -> int:
        """0 or 1, from the run's seed and the place in the tree alone."""
        place = f"{self.seed}/{self.tree_id}/{what}/{turn}/{path.name}"
        return random.Random(place).getrandbits(1)

    def _add(self, said: Said) -> Said:
        self._said.append(said)
        return said

    def _enter(self, role: str, book: Book, prompt: Messages, path: Path) -> None:
        self._book(role, book, prompt, path.prompts.get(role, []))
        if path.turns:  # in the first turn, another tree may ask the very same
            self.keys += book.keys

    def _book(self, role: str, book: Book, prompt: Messages, earlier: Messages) -> None:
        """Counts the calls of one question; what is asked again repeats its whole prompt."""
        use = self.usage[role]
        first, *again = book.replies
        for reply in book.replies:
            use.add(reply)
        use.repeated += round(first.tokens_in * views.repeated(prompt, earlier))
        use.repeated += sum(reply.tokens_in for reply in again)
        self.unreadable.update(book.unreadable)

    def _tree(self, nodes: list[Node]) -> TreeRow:
        row = self.row
        return TreeRow(
            self.tree_id, row.persona_id, row.profile, row.personality, row.facts, row.traits, nodes, self.rehearsal
        )


async def _both(knowing: Awaitable[T], generic: Awaitable[S]) -> tuple[T, S]:
    """Both results; where one has failed, not before the other has ended too, so that what was asked is the same."""
    results = await asyncio.gather(knowing, generic, return_exceptions=True)
    errors = [result for result in results if isinstance(result, BaseException)]
    for error in (*(error for error in errors if not isinstance(error, _Failed)), *errors):
        raise error
    return cast("tuple[T, S]", tuple(results))


def _accepted(answer: T | Rejected, turn: int, path: Path, role: str) -> T:
    if isinstance(answer, Rejected):
        raise _Failed(turn, path.name, role, answer.reason)
    return answer


def _prose(text: str) -> str:
    """A reply as it goes into the tree.

    Raises:
        ValueError: it is empty, or holds a tag of a prompt: what only the role may see would go on to others.
    """
    text = text.strip()
    if not text or _TAG.search(text):
        raise ValueError("no message")
    return text


def _score(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 1 <= value <= 10:
        raise ValueError(f"{value!r} is no score from 1 to 10")
    return float(value)


def _other(responder: Responder) -> Responder:
    return RESPONDERS[1 - RESPONDERS.index(responder)]
