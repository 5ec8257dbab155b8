"""Every call to a model goes through here: journal, concurrency, retries, counts, cost, and the stop.

A call that fails on its way (429, 500, a cut connection, a hang) is made again until it succeeds, so that trouble of an
endpoint never changes the data; when nothing comes for `patience` seconds the run ends, to be gone on with later. A
reply that came is journaled whatever it says; one that cannot be read is asked for again as the next sample.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import orjson
from distilabel import models

from filters.rules import declines, is_refusal
from pipelines.cast import Player
from pipelines.errors import Stopped, StopRequested, UserError
from pipelines.estimate import CHARS_PER_TOKEN
from pipelines.generate import Reply, generator, one_line, trouble
from pipelines.journal import Journal, call_key
from pipelines.replies import Unreadable, read_json, without_thoughts
from pipelines.views import Messages

T = TypeVar("T")

ATTEMPTS = 3  # how often an unreadable reply is asked for again before it is dropped
_ROUNDING = 1e-9  # sums of floating-point numbers are off by less
_LONGEST_WAIT = 30.0  # seconds between two tries of one call


@dataclass(frozen=True)
class Rejected:
    """No readable reply in ATTEMPTS samples: why the last one was none."""

    reason: str


@dataclass
class Book:
    """The calls that one question took, unreadable replies included, in their order."""

    replies: list[Reply] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    keys: list[bytes] = field(default_factory=list)


@dataclass
class Usage:
    """What a role was used for in this dataset, calls found in the journal included."""

    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0

    def add(self, reply: Reply) -> None:
        """Counts one call."""
        self.calls += 1
        self.tokens_in += reply.tokens_in
        self.tokens_out += reply.tokens_out


@dataclass
class Counts:
    """What a run tells of its calls. `usage` and `unreadable` are the same for a resumed run, the rest is not."""

    usage: dict[str, Usage] = field(default_factory=dict)
    unreadable: Counter[str] = field(default_factory=Counter)
    made: int = 0
    from_journal: int = 0
    retries: Counter[str] = field(default_factory=Counter)
    began: float | None = None
    ended: float = 0.0

    @property
    def seconds(self) -> float:
        """From the first call made to the end of the last one."""
        return 0.0 if self.began is None else self.ended - self.began


class Calls:
    """The roles of one process.

    Args:
        players: role -> who plays it.
        llms: role -> its loaded LLM.
        journal: where finished calls are looked up and kept.
        seed: of the run; part of a call's key and of the seed it is sent with.
        concurrency: how many calls are under way at most.
        stop: a file; once it exists no new call is made.
        max_cost: no new call is made that would pass this sum; needs a price for every role. Calls with this `stamp`
            that stand in the journal count towards it.
        stamp: marks the calls of one dataset in the journal.
        replicas: how many processes share max_cost, and what was spent before, in equal parts.
        patience: seconds for which a call is tried again.
    """

    def __init__(
        self,
        players: Mapping[str, Player],
        llms: Mapping[str, "models.LLM"],
        journal: Journal,
        *,
        seed: int,
        concurrency: int,
        stop: Path,
        max_cost: float | None = None,
        stamp: str = "",
        replicas: int = 1,
        patience: float = 600.0,
    ) -> None:
        self.counts = Counts(usage={role: Usage() for role in players})
        self._players, self._journal = players, journal
        self._seed, self._stop, self._patience = seed, stop, patience
        self._max_cost, self._stamp, self._replicas = max_cost, stamp, replicas
        self._spent = sum(self._price(role, *journal.tokens[stamp, role]) for role in players) / replicas
        self._slots = asyncio.Semaphore(concurrency)
        self._generate = {role: generator(llm) for role, llm in llms.items()}
        self._settings = {role: player.describe() for role, player in players.items()}
        self._under_way: dict[bytes, asyncio.Task[Reply]] = {}
        self._finishing = False
        self._made = {role: Usage() for role in players}  # in this process, calls found in the journal left out
        self._committed = 0.0  # expected cost of the calls under way

    @property
    def cost(self) -> float:
        """What the calls of this dataset cost so far: this replica's, and its part of those of earlier runs."""
        return self._spent + sum(self._price(role, use.tokens_in, use.tokens_out) for role, use in self._made.items())

    def told(self) -> dict[str, Any]:
        """What a run tells of its calls, beside what they gave."""
        counts = self.counts
        return {
            "made": counts.made,
            "from_journal": counts.from_journal,
            "retries": dict(sorted(counts.retries.items())),
            "cost": round(self.cost, 4),
            "seconds": round(counts.seconds, 2),
        }

    def forget(self, keys: Iterable[bytes]) -> None:
        """Lets go of calls that nobody will ask for again, so that memory does not grow with the run."""
        self._journal.forget(keys)

    async def finish(self) -> None:
        """Makes no new call and waits for those under way: what is paid for is journaled before the process ends."""
        self._finishing = True
        await asyncio.gather(*self._under_way.values(), return_exceptions=True)

    async def ask(
        self,
        role: str,
        messages: Messages,
        *,
        schema: dict[str, Any] | None = None,
        sample: int = 0,
        book: Book | None = None,
    ) -> Reply:
        """One reply of a role. The same question with the same `sample` gets the same reply, in this run and the next.

        It is counted for the run, and in `book` for whoever asks.

        Raises:
            Stopped: the run was asked to stop, or has spent `max_cost`.
            UserError: the endpoint refuses the call (no right, no such model), or is down for `patience` seconds.
        """
        key = call_key(
            run=self._seed, role=role, **self._settings[role], messages=messages, schema=schema, sample=sample
        )
        task = self._under_way.get(key)
        if task is None:
            task = self._under_way[key] = asyncio.create_task(self._reply(key, role, messages, schema, sample))
            task.add_done_callback(lambda _: self._under_way.pop(key, None))
        reply = await asyncio.shield(task)
        self.counts.usage[role].add(reply)
        if book is not None:
            book.replies.append(reply)
            book.keys.append(key)
        return reply

    async def ask_json(
        self,
        role: str,
        messages: Messages,
        schema: dict[str, Any],
        read: Callable[[Any], T],
        *,
        sample: int = 0,
        book: Book | None = None,
    ) -> T | Rejected:
        """A reply as `read` makes it out of JSON; `read` raises ValueError, KeyError or TypeError where it cannot.

        An unreadable reply is counted with its reason (`empty`, `refusal`, `unreadable`) and asked for again,
        ATTEMPTS times in all.
        """

        def read_text(text: str) -> T:
            value = read_json(text)
            orjson.dumps(value)  # a lone surrogate, escaped in the JSON, could be written to no file
            return read(value)

        return await self._ask_until(role, messages, schema, read_text, is_refusal, sample, book)

    async def ask_text(
        self, role: str, messages: Messages, read: Callable[[str], T], *, book: Book | None = None
    ) -> T | Rejected:
        """A reply in prose, as `read` makes it out of the text; else as `ask_json`. A refusal is no reply."""

        def read_text(text: str) -> T:
            if declines(text):
                raise ValueError("a refusal")
            return read(text)

        return await self._ask_until(role, messages, None, read_text, declines, 0, book)

    async def _ask_until(
        self,
        role: str,
        messages: Messages,
        schema: dict[str, Any] | None,
        read: Callable[[str], T],
        refuses: Callable[[str], bool],
        sample: int,
        book: Book | None,
    ) -> T | Rejected:
        """The first reply that can be read, of ATTEMPTS."""
        rejected = Rejected("unreadable")
        for attempt in range(ATTEMPTS):
            reply = await self.ask(role, messages, schema=schema, sample=sample * ATTEMPTS + attempt, book=book)
            try:
                return read(without_thoughts(reply.text))
            except (Unreadable, ValueError, KeyError, TypeError):
                rejected = Rejected(
                    "refusal" if refuses(reply.text) else "unreadable" if reply.text.strip() else "empty"
                )
                self.counts.unreadable[rejected.reason] += 1
                if book is not None:
                    book.unreadable.append(rejected.reason)
        return rejected

    async def _reply(
        self, key: bytes, role: str, messages: Messages, schema: dict[str, Any] | None, sample: int
    ) -> Reply:
        if (found := self._journal.get(key)) is not None:
            self.counts.from_journal += 1
            return Reply(found["reply"], found["tokens_in"], found["tokens_out"])
        async with self._slots:
            expected = self._expected_cost(role, messages)
            self._look_whether_to_stop(expected)
            self._committed += expected
            self.counts.began = self.counts.began or time.monotonic()
            try:
                reply = _with_tokens(await self._until_it_succeeds(role, messages, schema, sample), messages)
            finally:
                self._committed -= expected
            self._journal.put(key, {"for": self._stamp, "role": role, "reply": reply.text,
                                    "tokens_in": reply.tokens_in, "tokens_out": reply.tokens_out})  # fmt: skip
        self._made[role].add(reply)
        self.counts.made += 1
        self.counts.ended = time.monotonic()
        return reply

    async def _until_it_succeeds(
        self, role: str, messages: Messages, schema: dict[str, Any] | None, sample: int
    ) -> Reply:
        began, wait = time.monotonic(), 0.5
        seed = (self._seed * 1_000_003 + sample) % 2**31
        while True:
            self._look_whether_to_stop()
            try:
                return await self._generate[role](messages, schema, seed)
            except Exception as error:
                kind, after = trouble(role, self._players[role].model, error)
                self.counts.retries[kind] += 1
                if time.monotonic() - began + (after or 0.0) > self._patience:
                    raise UserError(
                        f"the {role} ({self._players[role].model}) has not answered for {self._patience:.0f} s, last: "
                        f"{one_line(error)}. Everything finished is kept: run the same command again later"
                    ) from error
            pause = after if after is not None else wait * random.uniform(0.5, 1.0)
            wait = min(2 * wait, _LONGEST_WAIT)
            until = time.monotonic() + pause
            while (left := until - time.monotonic()) > 0:
                self._look_whether_to_stop()
                await asyncio.sleep(min(left, 0.5))

    def _look_whether_to_stop(self, expected: float = 0.0) -> None:
        """Raises Stopped where a call that is expected to cost so much must not be made."""
        if self._finishing or self._stop.exists():
            raise StopRequested("stopped on request")
        limit = None if self._max_cost is None else self._max_cost / self._replicas + _ROUNDING
        if limit is not None and self.cost + self._committed + expected > limit:
            shared = f", shared by {self._replicas} replicas" if self._replicas > 1 else ""
            raise Stopped(
                f"stopped at {self.cost:.2f} spent and {self._committed:.2f} expected of calls under way: --max-cost "
                f"is {self._max_cost:.2f}{shared}. Everything finished is kept: the same command with a higher one "
                "goes on"
            )

    def _expected_cost(self, role: str, messages: Messages) -> float:
        """What the role's calls cost on average; before its first reply, what this one can cost at most."""
        usage = self.counts.usage[role]
        if usage.calls:
            return self._price(role, usage.tokens_in, usage.tokens_out) / usage.calls
        limit = self._players[role].settings["generation_kwargs"].get("max_new_tokens", 0)
        return self._price(role, _tokens_of(messages), limit)

    def _price(self, role: str, tokens_in: int, tokens_out: int) -> float:
        price = self._players[role].price
        return 0.0 if price is None else price.of(tokens_in, tokens_out)


def _with_tokens(reply: Reply, messages: Messages) -> Reply:
    """The reply with its tokens, estimated where the endpoint does not tell any: money must not go uncounted."""
    if reply.tokens_in:
        return reply
    return Reply(reply.text, _tokens_of(messages), round(len(reply.text) / CHARS_PER_TOKEN))


def _tokens_of(messages: Messages) -> int:
    return round(sum(len(message["content"]) for message in messages) / CHARS_PER_TOKEN)
