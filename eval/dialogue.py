"""One conversation of the benchmark: the user-LLM and the evaluated model in turns, the judging beside them.

`state.messages` holds the dialogue and nothing else, so it is what the evaluated model is given and what Inspect's
viewer shows; who was asked what meanwhile stands in the transcript, by turn.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

import anyio
from inspect_ai.model import ChatMessageAssistant, ChatMessageUser, GenerateConfig, Model, ModelOutput
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.util import span

from eval import judging, views
from eval.baselines import BASELINES
from eval.cast import Cast
from eval.scoring import CALLS, CHARACTER, SHORTENED, TURNS
from pipelines.views import Persona, Turn

_STRIDE = 10_000  # of seeds: between two turns, more than what is asked in one


@solver
def dialogue(protocol: str, turns: int, votes: int, baseline: str, seed: int) -> Solver:
    """Plays a conversation of so many turns and has each reply judged.

    Args:
        protocol: `paper` or `plus`.
        votes: of the judge on each reply.
        baseline: how the evaluated model comes to its reply, of `baselines.py`.
        seed: of every call that takes one.
    """
    apart: dict[str, list[str]] = {}  # text -> its statements, the same for all who share it
    taking_apart = defaultdict[str, anyio.Lock](anyio.Lock)

    async def statements(judge: Model, text: str) -> list[str]:
        async with taking_apart[text]:
            if text not in apart:
                apart[text] = await judging.statements(judge, text, seed)
            return apart[text]

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        cast, about = Cast.of_roles(), state.metadata
        if protocol == "plus":
            for column, text in (("facts", "profile"), ("traits", "personality")):
                about[column] = about[column] or await statements(cast.judge, about[text])
        talk = Conversation(cast, protocol, votes, seed, state)
        await talk.play(turns, BASELINES[baseline], generate)
        return state

    return solve


class Conversation:
    """A conversation under way, and what is written down of it, which `runs.py` describes."""

    def __init__(self, cast: Cast, protocol: str, votes: int, seed: int, state: TaskState) -> None:
        self.cast, self.protocol, self.votes, self.seed, self.state = cast, protocol, votes, seed, state
        about = state.metadata
        self.texts = about["profile"], about["personality"]
        paper = protocol == "paper"
        self.shown_to_user = Persona(*([views.one_line(text)] for text in self.texts)) if paper else _persona(about)
        self.persona = _persona(about)
        self.turns: list[Turn] = []
        self.known: list[int] = []  # what was disclosed
        self.records: list[dict[str, Any]] = []
        self.calls = Counter[str]()  # by role, of those beside the evaluated model
        state.messages = []

    async def play(self, turns: int, respond: Solver, generate: Generate) -> None:
        """All turns; the judging goes on beside the next one."""
        finished, to_judge = anyio.create_memory_object_stream[int](turns)
        try:
            async with to_judge, anyio.create_task_group() as beside:
                beside.start_soon(self._judge_all, to_judge, beside)
                async with finished:
                    for turn in range(1, turns + 1):
                        if why := await self._turn(turn, respond, generate):
                            self.state.store.set(SHORTENED, why)
                            break
                        await finished.send(turn)
        finally:  # a limit of Inspect's may end it anywhere; votes under way are lost then, and told as unscored
            self.state.store.set(TURNS, self.records)
            self.state.store.set(CALLS, dict(self.calls))

    async def _turn(self, turn: int, respond: Solver, generate: Generate) -> str:
        """Plays one turn; why the conversation can't go on, or nothing."""
        async with span(f"user turn {turn}"):
            message = await self._message(turn)
        if message is None:
            return f"the user said nothing at turn {turn}"
        self.state.messages.append(ChatMessageUser(content=message))
        async with span(f"reply {turn}"):
            await respond(self.state, generate)
        output = self.state.output
        if output.stop_reason == "model_length":
            del self.state.messages[2 * turn - 2 :]
            return f"the conversation was too long for the model at turn {turn}"
        reply = views.without_reasoning(output)
        self.state.messages[-1] = ChatMessageAssistant(content=reply)  # no thoughts, in whatever form they came
        self.records.append(_record(turn, message, reply, output))
        self.turns.append(Turn(message, (), views.heard(reply)))
        return ""

    async def _message(self, turn: int) -> str | None:
        """The user's next message; asked for again where it is empty, or holds what only the user may see."""
        prompt = views.user(self.shown_to_user, self.turns)
        for number in range(judging.ASKS):
            config = GenerateConfig(seed=self._seed_of(turn) + number)
            self.calls["user"] += 1
            text = views.without_reasoning(await self.cast.user.generate(prompt, config=config))
            if text and not views.TAG.search(text):
                return text
        return None

    async def _judge_all(self, finished: "anyio.abc.ObjectReceiveStream[int]", beside: "anyio.abc.TaskGroup") -> None:
        """Takes the turns in their order, since what is disclosed at one is known at the next; votes overlap."""
        plus, seen = self.protocol == "plus", list[Turn]()
        async for turn in finished:
            record = self.records[turn - 1]
            if plus:
                async with span(f"inducer turn {turn}"):
                    new = await self._disclose(turn, seen)
                seen.append(Turn(record["message"], new, self.turns[turn - 1].reply))
            if not plus or record["disclosed"] is not None:  # else nobody can say what the reply could know
                beside.start_soon(self._vote, turn, seen[:-1], list(self.known))
        if plus and self.records:
            async with span("character"):
                messages = [record["message"] for record in self.records]
                found, asks = await judging.in_character(self.cast.judge, self.persona, messages, self.seed)
            self.calls["judge"] += asks
            self.state.store.set(CHARACTER, found)

    async def _disclose(self, turn: int, seen: list[Turn]) -> list[int]:
        """What the message of a turn shows that no earlier one did."""
        record = self.records[turn - 1]
        prompt = views.inducer(self.persona, seen, record["message"])
        found, asks = await judging.disclosed(self.cast.inducer, prompt, self.persona, self._seed_of(turn))
        self.calls["inducer"] += asks
        new = [number for number in found or [] if number not in self.known]
        self.known += new
        record["disclosed"] = None if found is None else sorted(self.known)
        return new

    async def _vote(self, turn: int, before: list[Turn], known: list[int]) -> None:
        """Has one reply scored, and by the second judge too, where there is one."""
        record = self.records[turn - 1]
        message, reply = record["message"], record["reply"]
        if self.protocol == "paper":
            prompt = views.paper_judge(*self.texts, message, reply)
        else:
            prompt = views.plus_judge(self.persona, before, message, known, reply)
        async with span(f"judge turn {turn}"):
            given, asks = await judging.votes(self.cast.judge, prompt, self.protocol, self.votes, self._seed_of(turn))
            record |= {"votes": given, "asks": asks, "score": judging.mean(given)}
            self.calls["judge"] += asks
            if second_judge := self.cast.second_judge:
                second, asks = await judging.votes(second_judge, prompt, self.protocol, 1, self._seed_of(turn))
                self.calls["second_judge"] += asks
                record["second"] = judging.mean(second)

    def _seed_of(self, turn: int) -> int:
        return self.seed + turn * _STRIDE


def _persona(about: Mapping[str, Any]) -> Persona:
    return Persona(about["facts"], about["traits"])


def _record(turn: int, message: str, reply: str, output: ModelOutput) -> dict[str, Any]:
    return {
        "turn": turn,
        "message": message,
        "reply": reply,
        "score": None,
        "votes": [],
        "asks": 0,
        "disclosed": None,
        "cut": output.stop_reason == "max_tokens",
        "tokens": output.usage.output_tokens if output.usage else None,
    }
