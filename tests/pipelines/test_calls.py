"""Every call: once, in the journal, tried again where it failed on its way, and counted."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest
from distilabel import models

from pipelines.calls import ATTEMPTS, Calls, Rejected
from pipelines.cast import Player, Price
from pipelines.errors import Stopped, UserError
from pipelines.generate import Reply
from pipelines.journal import Journal
from pipelines.openai_llm import MalformedReply, OpenAILLM
from pipelines.views import Messages

SCHEMA = {"type": "object"}
QUESTION = [{"role": "user", "content": "2 + 2?"}]


class Scripted(models.AsyncLLM):  # type: ignore[misc]  # Distilabel ships no types
    """Says what its script says, one entry a call: a text, or an exception to raise."""

    script: list[Any] = []
    seen: list[Any] = []
    delay: float = 0.0

    @property
    def model_name(self) -> str:
        return "scripted"

    async def agenerate(self, input: Messages, num_generations: int = 1, **kwargs: Any) -> Any:  # noqa: A002
        self.seen.append(input)
        said = self.script.pop(0) if self.script else "{}"
        await asyncio.sleep(self.delay)
        if isinstance(said, Exception):
            raise said
        return {"generations": [said], "statistics": {"input_tokens": [10], "output_tokens": [5]}}


class OnlyBatches(models.LLM):  # type: ignore[misc]  # as above
    """An LLM such as vLLM, that takes lists."""

    batches: list[int] = []
    fails: bool = False

    @property
    def model_name(self) -> str:
        return "batches"

    def generate(self, inputs: list[Messages], num_generations: int = 1, **kwargs: Any) -> Any:
        self.batches.append(len(inputs))
        if self.fails:
            raise ValueError("out of memory")
        statistics = {"input_tokens": [1], "output_tokens": [1]}
        return [{"generations": [m[0]["content"].upper()], "statistics": statistics} for m in inputs]


def status_error(status: int, **headers: str) -> openai.APIStatusError:
    response = httpx2.Response(status, headers=headers, request=httpx2.Request("POST", "http://x/v1"))
    return openai.APIStatusError(f"status {status}", response=response, body=None)


class Room:
    """A journal folder and what it takes to make Calls on it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.stop = folder / "journal", folder / "stop"

    def run(self, llm: Any, use: Callable[[Calls], Awaitable[Any]], **options: Any) -> tuple[Any, Calls]:
        """Runs `use(calls)`; returns what it returned, and the counts."""

        async def main() -> tuple[Any, Calls]:
            player = Player("writer", "Scripted", {"model": "m", "generation_kwargs": {}}, options.pop("price", None))
            settings = {"seed": 0, "concurrency": 4, "stop": self.stop, **options}
            with Journal(self.folder) as journal:
                calls = Calls({"writer": player}, {"writer": llm}, journal, **settings)
                try:
                    return await use(calls), calls
                finally:
                    await calls.finish()

        return asyncio.run(main())


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path)


def ask(sample: int = 0) -> Callable[[Calls], Coroutine[Any, Any, Reply]]:
    return lambda calls: calls.ask("writer", QUESTION, sample=sample)


def test_a_finished_call_is_not_made_again_in_the_next_run(room: Room) -> None:
    first, _ = room.run(Scripted(script=["four"]), ask())
    llm = Scripted(script=["five"])
    second, calls = room.run(llm, ask())
    assert first == second
    assert (second.text, second.tokens_in, second.tokens_out) == ("four", 10, 5)
    assert llm.seen == []
    assert (calls.counts.made, calls.counts.from_journal) == (0, 1)


@pytest.mark.parametrize("change", [{"seed": 1}, {"sample": 1}, {"messages": 1}])
def test_another_seed_sample_or_question_is_another_call(room: Room, change: dict[str, int]) -> None:
    room.run(Scripted(script=["four"]), ask())
    messages = QUESTION if "messages" not in change else [{"role": "user", "content": "3 + 3?"}]
    llm = Scripted(script=["another"])
    reply, _ = room.run(
        llm, lambda calls: calls.ask("writer", messages, sample=change.get("sample", 0)), seed=change.get("seed", 0)
    )
    assert reply.text == "another"


def test_the_same_question_asked_twice_at_once_is_one_call(room: Room) -> None:
    llm = Scripted(script=["four", "five"], delay=0.01)

    async def twice(calls: Calls) -> tuple[Reply, Reply]:
        return await asyncio.gather(ask()(calls), ask()(calls))

    (one, other), calls = room.run(llm, twice)
    assert one == other
    assert calls.counts.made == 1


def test_passing_trouble_is_tried_again_and_counted_by_kind(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.calls.random.uniform", lambda _low, _high: 0.001)
    trouble = [
        status_error(429, **{"retry-after": "0.01"}),
        status_error(500),
        openai.APIConnectionError(request=httpx2.Request("POST", "http://x/v1")),
        TimeoutError(),
        OSError("cut"),
    ]
    reply, calls = room.run(Scripted(script=[*trouble, "four"]), ask())
    assert reply.text == "four"
    assert calls.counts.retries == Counter({"429": 1, "500": 1, "connection": 1, "timeout": 1, "OSError": 1})


def test_the_wait_that_the_server_asks_for_is_kept(room: Room) -> None:
    began = time.monotonic()
    room.run(Scripted(script=[status_error(429, **{"retry-after": "0.3"}), "four"]), ask())
    assert time.monotonic() - began >= 0.3


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (status_error(401), "the key is not accepted: HTTP 401"),
        (status_error(403), "the key has no right to this"),
        (status_error(404), "no such model or address"),
        (status_error(400), "the request is refused"),
        (TypeError("no such argument"), "cannot be called: TypeError: no such argument"),
    ],
)
def test_what_can_never_succeed_ends_the_run_at_once_and_names_role_and_model(
    room: Room, error: Exception, told: str
) -> None:
    llm = Scripted(script=[error])
    with pytest.raises(UserError) as raised:
        room.run(llm, ask())
    assert str(raised.value).startswith("the writer (m)")
    assert told in str(raised.value)
    assert len(llm.seen) == 1


def test_an_endpoint_that_stays_down_ends_the_run_after_its_patience(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.calls.random.uniform", lambda _low, _high: 0.01)
    with pytest.raises(UserError, match=r"has not answered for 0 s, last: status 500\. Everything finished is kept"):
        room.run(Scripted(script=[status_error(500)] * 99), ask(), patience=0.05)


def test_a_wait_beyond_the_patience_is_not_waited_for(room: Room) -> None:
    with pytest.raises(UserError, match="has not answered for 600 s"):
        room.run(Scripted(script=[status_error(429, **{"retry-after": "86400"})]), ask())


@pytest.mark.parametrize("error", [MalformedReply("no choices"), json.JSONDecodeError("cut", "{", 1)])
def test_a_garbled_response_is_passing_trouble(room: Room, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    monkeypatch.setattr("pipelines.calls.random.uniform", lambda _low, _high: 0.001)
    reply, calls = room.run(Scripted(script=[error, "four"]), ask())
    assert reply.text == "four"
    assert calls.counts.retries == Counter(malformed=1)


def test_an_unreadable_reply_is_asked_for_again_and_the_good_one_is_used(room: Room) -> None:
    llm = Scripted(script=["", "I'm sorry, I can't help with that.", '{"answer": 4}'])

    async def read(calls: Calls) -> object:
        return await calls.ask_json("writer", QUESTION, SCHEMA, lambda value: value["answer"])

    answer, calls = room.run(llm, read)
    assert answer == 4
    assert calls.counts.unreadable == Counter(empty=1, refusal=1)
    again, calls = room.run(Scripted(script=["not asked"]), read)
    assert (again, calls.counts.made, calls.counts.unreadable.total()) == (4, 0, 2)


def test_a_reply_that_is_never_readable_is_rejected_with_its_reason(room: Room) -> None:
    llm = Scripted(script=["blah"] * ATTEMPTS)
    rejected, calls = room.run(llm, lambda calls: calls.ask_json("writer", QUESTION, SCHEMA, lambda value: value["x"]))
    assert rejected == Rejected("unreadable")
    assert calls.counts.made == ATTEMPTS


def test_no_more_calls_than_the_concurrency_are_under_way(room: Room) -> None:
    running: Counter[str] = Counter()

    class Counted(Scripted):
        async def agenerate(self, input: Messages, num_generations: int = 1, **kwargs: Any) -> Any:  # noqa: A002
            running["now"] += 1
            running["most"] = max(running["most"], running["now"])
            try:
                return await super().agenerate(input)
            finally:
                running["now"] -= 1

    async def many(calls: Calls) -> Any:
        await asyncio.gather(*(ask(sample)(calls) for sample in range(20)))

    room.run(Counted(delay=0.01), many, concurrency=3)
    assert running["most"] == 3


def test_a_stop_lets_the_calls_under_way_finish_and_makes_no_new_one(room: Room) -> None:
    llm = Scripted(script=["paid for"], delay=0.05)

    async def stop_meanwhile(calls: Calls) -> None:
        under_way = asyncio.create_task(ask(0)(calls))
        await asyncio.sleep(0.01)
        room.stop.touch()
        with pytest.raises(Stopped):
            await ask(1)(calls)
        await under_way

    room.run(llm, stop_meanwhile)
    room.stop.unlink()
    reply, calls = room.run(Scripted(), ask(0))
    assert (reply.text, calls.counts.made) == ("paid for", 0)


def test_a_run_stops_before_it_costs_more_than_allowed_and_a_higher_limit_goes_on(room: Room) -> None:
    price = Price(input=10_000, output=0)  # 0.10 a call of 10 tokens

    async def five(calls: Calls) -> None:
        for sample in range(5):
            await ask(sample)(calls)

    with pytest.raises(Stopped, match=r"--max-cost is 0\.25"):
        room.run(Scripted(), five, price=price, max_cost=0.25)
    with Journal(room.folder) as journal:
        assert len(journal) == 2
    _, calls = room.run(Scripted(), five, price=price, max_cost=1.0)
    assert calls.counts.made == 3
    assert calls.cost == pytest.approx(0.5)


def test_what_earlier_runs_spent_counts_before_any_of_it_is_asked_for_again(room: Room) -> None:
    """Else a resumed run spends the whole sum again on what it meets first."""
    price = Price(input=10_000, output=0)

    async def each(calls: Calls) -> None:
        for sample in (7, 8, 0):
            await ask(sample)(calls)

    room.run(Scripted(), ask(0), price=price)
    room.run(Scripted(), ask(1), price=price)
    llm = Scripted()
    with pytest.raises(Stopped, match=r"stopped at 0\.20 spent"):
        room.run(llm, each, price=price, max_cost=0.21)
    assert llm.seen == []


def test_what_was_spent_on_another_dataset_does_not_count(room: Room) -> None:
    price = Price(input=10_000, output=0)
    room.run(Scripted(), ask(0), price=price, stamp="other")
    _, calls = room.run(Scripted(), ask(1), price=price, stamp="mine", max_cost=0.15)
    assert calls.cost == pytest.approx(0.1)


def test_replicas_share_the_sum_and_what_was_spent(room: Room) -> None:
    price = Price(input=10_000, output=0)
    room.run(Scripted(), ask(0), price=price)
    with pytest.raises(Stopped, match=r"--max-cost is 0\.12, shared by 2 replicas"):
        room.run(Scripted(), ask(1), price=price, max_cost=0.12, replicas=2)
    _, calls = room.run(Scripted(), ask(1), price=price, max_cost=0.3, replicas=2)
    assert calls.cost == pytest.approx(0.15)


def test_tokens_that_an_endpoint_does_not_tell_are_estimated_so_that_money_counts(room: Room) -> None:
    class Silent(Scripted):
        async def agenerate(self, input: Messages, num_generations: int = 1, **kwargs: Any) -> Any:  # noqa: A002
            said = await super().agenerate(input, num_generations, **kwargs)
            return said | {"statistics": {}}

    reply, calls = room.run(Silent(script=["x" * 400]), ask(0), price=Price(0, 10_000))
    assert (reply.tokens_in, reply.tokens_out) == (2, 100)
    assert calls.cost == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ('<think>{"n": 5}</think>\n{"n": 8}', 8),
        ('<thinking>hm</thinking>{"n": 8}', 8),
        ('{"n": 8} <think>late</think>', 8),
        ('<think>{"n": 5}', Rejected("unreadable")),
    ],
)
def test_reasoning_before_a_reply_is_no_part_of_it(room: Room, said: str, read: object) -> None:
    async def asked(calls: Calls) -> Any:
        return await calls.ask_json("writer", QUESTION, SCHEMA, lambda value: value["n"])

    assert room.run(Scripted(script=[said] * ATTEMPTS), asked)[0] == read


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("context_length_exceeded", "This model's maximum context length is 8192 tokens."),
        (None, "This model's maximum context length is 8192 tokens. However, you requested 9000"),
        ("content_filter", "The response was filtered"),
    ],
)
def test_a_request_that_is_too_long_or_filtered_is_an_empty_answer_and_no_end_of_the_run(
    room: Room, monkeypatch: pytest.MonkeyPatch, code: str | None, message: str
) -> None:
    response = httpx2.Response(400, request=httpx2.Request("POST", "http://x/v1"))
    error = openai.BadRequestError(message, response=response, body={"code": code, "message": message})
    llm = OpenAILLM(model="m", base_url="http://127.0.0.1:1/v1")

    async def refuse(*_: Any, **__: Any) -> Any:
        raise error

    monkeypatch.setattr(OpenAILLM, "agenerate", refuse)
    reply, _ = room.run(llm, ask(0))
    assert reply.text == ""


def test_with_nothing_to_spend_no_call_is_made(room: Room) -> None:
    async def many(calls: Calls) -> None:
        await asyncio.gather(*(ask(sample)(calls) for sample in range(20)))

    llm = Scripted()
    with pytest.raises(Stopped):
        room.run(llm, many, price=Price(1.0, 1.0), max_cost=0.0)
    assert llm.seen == []


def test_calls_that_wait_for_a_slot_do_not_count_as_spent(room: Room) -> None:
    async def many(calls: Calls) -> None:
        await asyncio.gather(*(ask(sample)(calls) for sample in range(20)))

    _, calls = room.run(Scripted(), many, price=Price(10_000, 0), max_cost=2.0)
    assert calls.cost == pytest.approx(2.0)


def test_what_waits_while_a_batch_runs_is_the_next_batch(room: Room) -> None:
    llm = OnlyBatches()

    async def many(calls: Calls) -> Any:
        messages = [[{"role": "user", "content": f"q{n}"}] for n in range(6)]
        return await asyncio.gather(*(calls.ask("writer", m) for m in messages))

    replies, _ = room.run(llm, many, concurrency=6)
    assert [reply.text for reply in replies] == [f"Q{n}" for n in range(6)]
    assert llm.batches == [6]


def test_a_failing_batch_is_told_to_each_of_its_callers(room: Room) -> None:
    with pytest.raises(UserError, match="ValueError: out of memory"):
        room.run(OnlyBatches(fails=True), ask())
