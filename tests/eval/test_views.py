"""Who sees what, read off the prompts that were really sent."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inspect_ai.log import EvalLog

from eval import views
from pipelines.prompts import render
from pipelines.rehearsal.tags import Message, tag
from pipelines.views import Persona, Turn
from tests.eval.players import FACTS, JUDGED, TRAITS, Answer, Call, Heard, only, persona, play, write_rows

Run = Callable[[str, str], tuple[EvalLog, Heard]]
PROTOCOLS, BASELINES = ("paper", "plus"), ("plain", "infer", "persona")
TURNS = 3
SECRET = "zwielicht"  # no role but the one that says it may ever see it
NOTES = "- keeps something in the garden (zettel)"
PLAYED = persona()
STATEMENTS = [*PLAYED["facts"], *PLAYED["traits"]]


def _speak(role: str, call: Call, number: int) -> Answer:
    """Words that occur nowhere else, so that each can be traced."""
    match role, call.task:
        case "user", _:
            return f"hello-{number + 1} from the user"
        case "assistant", "infer":
            return NOTES
        case "assistant", _:
            return f"answer-{sum(who == 'user' for who, _ in call.messages)} from the model"
        case "inducer", _:
            return f'{{"shown": [{number}, 7]}} {SECRET} of the inducer'
        case "judge", "criteria" | "rate":
            return f"{JUDGED[call.task]} {SECRET} of the judge"
    return None


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Plays each protocol and baseline once."""

    @cache
    def played(protocol: str, baseline: str) -> tuple[EvalLog, Heard]:
        folder = tmp_path_factory.mktemp(f"{protocol}-{baseline}")
        return play(folder, _speak, protocol=protocol, baseline=baseline, turns=TURNS)

    return played


def _dialogue(turns: int) -> list[tuple[str, str]]:
    """The conversation up to the user's message of a turn."""
    both = [
        said
        for turn in range(1, turns + 1)
        for said in (("user", f"hello-{turn} from the user"), ("assistant", f"answer-{turn} from the model"))
    ]
    return both[:-1]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_plain_model_is_given_the_conversation_and_nothing_else(run: Run, protocol: str) -> None:
    _, heard = run(protocol, "plain")
    assert [call.messages for call in heard.of("assistant")] == [_dialogue(turn) for turn in (1, 2, 3)]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_model_that_infers_is_given_its_own_notes_besides(run: Run, protocol: str) -> None:
    _, heard = run(protocol, "infer")
    calls = heard.of("assistant")
    assert [call.task for call in calls] == ["infer", "dialogue"] * TURNS
    for turn, call in enumerate(calls[::2], 1):
        chat = "\n".join(f"{who.capitalize()}: {text}" for who, text in _dialogue(turn))
        assert call.messages == [("user", render("infer", chat=chat))]
    for turn, call in enumerate(calls[1::2], 1):
        assert call.messages == [("system", render("noted", notes=NOTES)), *_dialogue(turn)]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_model_of_the_upper_bound_is_given_the_persona_besides(run: Run, protocol: str) -> None:
    _, heard = run(protocol, "persona")
    informed = render("informed", facts=PLAYED["facts"], traits=PLAYED["traits"])
    assert [call.messages for call in heard.of("assistant")] == [
        [("system", informed), *_dialogue(turn)] for turn in (1, 2, 3)
    ]


def test_the_upper_bound_is_given_the_texts_where_a_persona_has_no_statements(tmp_path: Path) -> None:
    """In `paper`, which takes no text apart."""
    texts = {name: PLAYED[name].replace(". ", ".\n", 1) for name in ("profile", "personality")}
    data = str(write_rows(tmp_path / "texts.jsonl", [texts]))
    _, heard = play(tmp_path, _speak, protocol="paper", baseline="persona", turns=2, data=data)
    informed = render("informed", facts=[PLAYED["profile"]], traits=[PLAYED["personality"]])
    assert all(f"\n- {PLAYED[name]}\n" in informed for name in texts)
    assert [call.messages[0] for call in heard.of("assistant")] == [("system", informed)] * 2


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("baseline", ["plain", "infer"])
def test_the_evaluated_model_sees_no_persona_no_role_text_and_no_score(run: Run, protocol: str, baseline: str) -> None:
    log, heard = run(protocol, baseline)
    seen = "\n".join(call.text for call in heard.of("assistant"))
    assert [statement for statement in STATEMENTS if statement.rstrip(".") in seen] == []
    others = [call for role in ("user", "judge", "inducer") for call in heard.of(role)]
    told = {
        line.strip() for call in others for who, text in call.messages if who == "system" for line in text.split("\n")
    }
    assert [line for line in told if len(line) > 20 and line in seen] == []
    hidden = (
        SECRET,
        only(log).id,
        PLAYED["profile"],
        '"score"',
        '"style"',
        '"shown"',
        "persona_id",
        "(The chat is open",
    )
    assert [text for text in hidden if str(text) in seen] == []


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("baseline", BASELINES)
def test_the_user_sees_the_dialogue_with_roles_swapped_and_never_a_score(
    run: Run, protocol: str, baseline: str
) -> None:
    _, heard = run(protocol, baseline)
    shown = (
        [[PLAYED["profile"]], [PLAYED["personality"]]] if protocol == "paper" else [PLAYED["facts"], PLAYED["traits"]]
    )
    system = render("user", facts=shown[0], traits=shown[1])
    swap = {"user": "assistant", "assistant": "user"}
    calls = heard.of("user")
    assert len(calls) == TURNS
    for turn, call in enumerate(calls, 1):
        assert call.messages[0] == ("system", system)
        assert call.messages[1][0] == "user"  # the cue
        assert call.messages[2:] == [(swap[who], text) for who, text in _dialogue(turn)[:-1]]
        assert SECRET not in call.text
        assert NOTES not in call.text


@pytest.mark.parametrize("baseline", BASELINES)
def test_the_papers_judge_sees_persona_message_and_reply_and_nothing_before(run: Run, baseline: str) -> None:
    _, heard = run("paper", baseline)
    calls = sorted(heard.of("judge"), key=lambda call: call.text)
    assert len(calls) == TURNS  # a vote each, and nothing else is asked
    for turn, call in enumerate(calls, 1):
        expected = render(
            "rate",
            profile=PLAYED["profile"],
            personality=PLAYED["personality"],
            message=f"hello-{turn} from the user",
            reply=f"answer-{turn} from the model",
        )
        assert call.messages == [("user", expected)]
    assert heard.of("inducer") == []


@pytest.mark.parametrize("baseline", BASELINES)
def test_the_judge_of_plus_sees_the_dialogue_so_far_and_what_was_disclosed_by_then(run: Run, baseline: str) -> None:
    _, heard = run("plus", baseline)
    calls = sorted(heard.of("judge", "criteria"), key=lambda call: len(call.text))
    assert len(calls) == 3 * TURNS
    for number, call in enumerate(calls):
        turn = number // 3 + 1
        assert call.messages[0] == ("system", render("criteria", facts=PLAYED["facts"], traits=PLAYED["traits"]))
        [(who, text)] = call.messages[1:]
        asked = [Message(who, text)]
        assert who == "user"
        before = text.partition("<disclosed>")[0].strip().split("\n")
        lines = [f"{'Person' if who == 'user' else 'Assistant'}: {text}" for who, text in _dialogue(turn)[:-1]]
        assert before == ["The chat so far:", *(lines or ["(nothing yet)"])]
        disclosed = [f"- {STATEMENTS[index]}" for index in sorted({*range(turn), 7})]
        assert (tag(asked, "disclosed") or "").split("\n") == disclosed
        assert tag(asked, "message") == f"hello-{turn} from the user"
        assert tag(asked, "reply") == f"answer-{turn} from the model"
        assert SECRET not in text
        assert f"answer-{turn + 1}" not in text


def test_the_inducer_sees_the_dialogue_and_its_own_earlier_answers(run: Run) -> None:
    _, heard = run("plus", "plain")
    third = heard.of("inducer")[2].messages
    assert third[0] == ("system", render("inducer", facts=PLAYED["facts"], traits=PLAYED["traits"]))
    assert [text for who, text in third if who == "assistant"] == ['{"shown":[0,7]}', '{"shown":[1]}']
    assert [f"hello-{turn}" in third[2 * turn - 1][1] for turn in (1, 2, 3)] == [True] * 3
    assert "answer-2" in third[5][1]
    assert "answer-3" not in heard.of("inducer")[2].text


def test_fidelity_is_judged_from_the_users_messages_alone(run: Run) -> None:
    _, heard = run("plus", "plain")
    [call] = heard.of("judge", "character")
    messages = [f"hello-{turn} from the user" for turn in (1, 2, 3)]
    assert call.messages == [
        ("user", render("character", facts=PLAYED["facts"], traits=PLAYED["traits"], messages=messages))
    ]
    assert "answer-" not in call.text


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("baseline", BASELINES)
def test_the_logs_messages_are_the_clean_dialogue(run: Run, protocol: str, baseline: str) -> None:
    log, _ = run(protocol, baseline)
    assert [(message.role, message.text) for message in only(log).messages] == [
        *_dialogue(TURNS),
        ("assistant", f"answer-{TURNS} from the model"),
    ]


def test_the_views_are_those_of_a_persona_with_line_breaks_on_one_line() -> None:
    """A list item of the prompt would end at the line break."""
    [prompt] = views.paper_judge("Is 44.\n- Ignore this.", "Is\r\nshy.", "hi", "hello")
    assert "- Is 44. - Ignore this.\n- Is shy.\n" in prompt.text


@given(st.text(), st.text(min_size=1), st.text())
def test_a_judge_finds_the_reply_again_whatever_it_holds(message: str, reply: str, earlier: str) -> None:
    turns = [Turn(earlier, (), reply)]
    for prompt in (
        views.plus_judge(Persona(FACTS, TRAITS), turns, message, [0], reply),
        views.paper_judge("Is 44.", "Is shy.", message, reply),
    ):
        found = tag([Message(one.role, one.text) for one in prompt], "reply")
        assert found is not None
        assert found == views.heard(reply).strip() or "<" in reply + message


@pytest.mark.parametrize(
    ("reply", "seen"),
    [
        ("", "(no answer)"),
        (" \n\t", "(no answer)"),
        ("x" * views.LONGEST, "x" * views.LONGEST),
        ("x" * (views.LONGEST + 1), "x" * views.LONGEST + " ... (the reply goes on)"),
        ("Ça va ? 👩‍👩‍👧", "Ça va ? 👩‍👩‍👧"),
    ],
)
def test_a_reply_without_end_is_cut_and_an_empty_one_named(reply: str, seen: str) -> None:
    assert views.heard(reply) == seen
