"""What the trees of a release say about themselves."""

import random
from collections import Counter
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.exports import pairs, preference_rows
from pipelines.features import FEATURES
from pipelines.schema import Responder, TreeRow
from pipelines.tree_audit import Audit, _auc, _content, quantile
from tests.pipelines.trees import FACTS, GENERIC_WINS, TIE, VOTES_DIFFER, Exchange, chain, grow, trees


def told(*grown: TreeRow, votes: int = 2) -> dict[str, Any]:
    audit = Audit(votes)
    for tree in grown:
        audit.add(tree)
    return audit.told()


def feature(name: str, *grown: TreeRow) -> dict[str, Any]:
    return next(one for one in told(*grown)["audit"] if one["feature"] == name)


def measured(name: str, text: str) -> float:
    """The mean of a feature over one preferred reply."""
    value = feature(name, chain([Exchange("u", text, "something else", goes_on=())]))["preferred"]
    assert isinstance(value, float)
    return value


@given(st.lists(trees(max_turns=3), max_size=5), st.randoms(use_true_random=False))
def test_the_order_of_the_trees_does_not_matter(grown: list[TreeRow], rng: random.Random) -> None:
    shuffled = rng.sample(grown, len(grown))
    assert told(*shuffled) == told(*grown)


@given(st.lists(trees(max_turns=3), max_size=4))
def test_every_pair_is_counted_once_and_the_figures_are_plain_json(grown: list[TreeRow]) -> None:
    figures = told(*grown)
    every = [pair for tree in grown for pair in pairs(tree)]
    assert figures["pairs"]["all"] == len(every)
    assert figures["pairs"]["decided"] == sum(1 for tree in grown for _ in preference_rows(tree))
    assert figures["pairs"]["decided"] + sum(figures["pairs"]["undecided"].values()) == len(every)
    assert orjson.loads(orjson.dumps(figures)) == figures


def test_nothing_is_told_of_no_trees() -> None:
    nothing = {"mean": None, "q10": None, "median": None, "q90": None}
    figures = told()
    assert figures["pairs"] == {"all": 0, "decided": 0, "undecided": {}, "generic_won": None}
    assert figures["margin"] == nothing
    assert figures["audit"] == [
        {"feature": name, "auc": None, "preferred": None, "rejected": None} for name in FEATURES
    ]
    assert figures["longer_won"] is None
    assert figures["disclosure"] == []
    assert figures["undisclosed"] == {"tailored": None, "generic": None}
    assert figures["max_length"] == {"tokens": 1024, "characters": 0}


def test_undecided_pairs_are_counted_by_reason_and_generic_wins_among_the_decided() -> None:
    tree = chain(
        [
            *[Exchange("u", "Yes.", "No.")] * 3,
            Exchange("u", "Yes.", "No.", GENERIC_WINS),
            Exchange("u", "Yes.", "No.", TIE),
            Exchange("u", "Yes.", "No.", VOTES_DIFFER),
            Exchange("u", "Yes.", "yes", GENERIC_WINS),
            Exchange("u", "Yes.", "No.", []),
        ]
    )
    assert told(tree)["pairs"] == {
        "all": 8,
        "decided": 4,
        "undecided": {"near-identical": 1, "tie": 1, "unjudged": 1, "votes-differ": 1},
        "generic_won": 0.25,
    }
    assert told(tree)["margin"] == {"mean": 0.4722, "q10": 0.4444, "median": 0.4444, "q90": 0.5222}


numbers = st.lists(st.integers(0, 5).map(float), min_size=1, max_size=30)


@given(numbers, numbers)
def test_the_auc_is_that_of_counting_all_comparisons(preferred: list[float], rejected: list[float]) -> None:
    above = sum((a > b) + (a == b) / 2 for a in preferred for b in rejected) / len(preferred) / len(rejected)
    assert _auc(Counter(preferred), Counter(rejected)) == round(above, 4)


@given(numbers, st.sampled_from([0.0, 0.1, 0.5, 0.9, 0.99, 1.0]))
def test_a_quantile_is_that_of_all_values_one_by_one(values: list[float], share: float) -> None:
    assert quantile(Counter(values), share) == pytest.approx(float(np.quantile(values, share)))


def test_a_quantile_of_a_billion_values_takes_no_more_than_of_two() -> None:
    assert quantile(Counter({1.0: 10**9, 3.0: 10**9}), 0.5) == 2


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("characters", "Ja — 好", 6),
        ("words", "Don't re-read it, it\u2019s 7 \U0001f643.", 5),
        ("words", "", 0),
        ("words_per_sentence", "One two three. Four! Five six?", 2),
        ("words_per_sentence", "Wait... version 1.5 it is", 3),
        ("words_per_sentence", "no end at all", 4),
        ("questions", "Why? And how?!", 2),
        ("exclamations", "No! Never!! \uff01", 4),
        ("list_or_heading_lines", "# Head\n- one\n  * two\n3. three\n12) four\n1979 was - well -\n#tag", 5),
        ("emoji", "\U0001f643 and \U0001f44d\U0001f3fd, \u2764\ufe0f \U0001f1e7\U0001f1ea", 4),
        ("first_person", "I think my hens, I'm sure, I\u2019ll say", 0.5),
        ("first_person", "", 0),
    ],
)
def test_what_each_feature_measures(name: str, text: str, value: float) -> None:
    assert measured(name, text) == value


def test_a_feature_that_tells_the_labels_apart_has_auc_1_and_one_that_does_not_a_half() -> None:
    tree = chain([Exchange("u", "Yes! Do!", "Well no."), Exchange("u", "Never! So?", "If only so.", goes_on=())])
    assert feature("exclamations", tree) == {"feature": "exclamations", "auc": 1, "preferred": 1.5, "rejected": 0}
    assert feature("emoji", tree)["auc"] == 0.5
    assert feature("exclamations", chain([Exchange("u", "No.", "Yes!", goes_on=())]))["auc"] == 0


def test_longer_won_leaves_out_pairs_of_equal_length() -> None:
    tree = chain(
        [
            Exchange("u", "longer one", "short"),
            Exchange("u", "longer one", "short", GENERIC_WINS),
            Exchange("u", "longest of all", "short"),
            Exchange("u", "same", "size"),
            Exchange("u", "undecided one", "short", TIE),
        ]
    )
    assert told(tree)["longer_won"] == 0.666667


def test_disclosure_is_counted_at_the_user_nodes_of_each_turn_facts_apart_from_traits() -> None:
    few = chain([Exchange("u", "Yes.", "No.", disclosed=[0]), Exchange("u", "Yes.", "No.", disclosed=[5, 7])])
    many = chain([Exchange("u", "Yes.", "No.", disclosed=[0, 1, 2]), Exchange("u", "Yes.", "No.", disclosed=[3, 9])])
    first, second = told(few, many)["disclosure"]
    assert first == {
        "turn": 1,
        "facts": {"mean": 2, "q10": 1.2, "median": 2, "q90": 2.8},
        "traits": {"mean": 0, "q10": 0, "median": 0, "q90": 0},
    }
    assert (second["turn"], second["facts"]["mean"], second["traits"]["mean"]) == (2, 2.5, 1.5)


HIDDEN = "Sews carnival costumes on a borrowed machine."
LONG = "Makes ricotta in a copper pot while a brother plays the zampogna to a goat behind the pharmacy fence."


def undisclosed(user: str, reply: str, *, disclosed: list[int] | None = None) -> float:
    """1 where the tailored reply counts as using an undisclosed statement, else 0."""
    tree = chain(
        [Exchange(user, reply, "That depends.", goes_on=(), disclosed=disclosed or [])],
        facts=[HIDDEN, "Owns a goldfish won at a fair.", "Is 36 years old.", "Cooks green chile stew.", LONG],
    )
    share = told(tree)["undisclosed"]
    assert share["generic"] == 0
    assert isinstance(share["tailored"], float)
    return share["tailored"]


@pytest.mark.parametrize(
    "reply",
    [
        "How is that borrowed machine of yours?",
        "A CARNIVAL needs its Costumes!",
        "I'd sew a costume if I were you.",
        "Feed the goldfish, then go to the fair.",
    ],
)
def test_a_reply_that_names_what_it_cannot_know_is_counted(reply: str) -> None:
    assert undisclosed("Hello, I have a day off.", reply) == 1


@pytest.mark.parametrize(
    ("user", "reply"),
    [
        ("Hello, I have a day off.", "Enjoy your day off."),
        ("Hello, I have a day off.", "Is there a machine for that?"),  # one word, by chance
        ("Hello, I have a day off.", "A copper goat?"),  # two of the ten words of one statement
        (
            "Hello, I have a day off.",
            "You're 36 years old, so you like it and you keep it on a day.",
        ),  # nothing distinctive
        ("My machine is borrowed.", "Then give the borrowed machine back."),  # the user has said so
        ("I sew for carnival.", "Sewing for carnival is fun!"),
    ],
)
def test_a_reply_that_does_not_is_not(user: str, reply: str) -> None:
    assert undisclosed(user, reply) == 0


def test_a_disclosed_statement_may_be_used_and_its_words_point_to_no_other() -> None:
    assert undisclosed("Guess what!", "A costume on a borrowed machine?", disclosed=[0]) == 0
    tree = chain(
        [Exchange("Guess.", "You cook stew on Sundays.", "No.", goes_on=(), disclosed=[0])],
        facts=["Cooks stew on Sundays.", "Cooks stew for a choir on Sundays."],
    )
    assert told(tree)["undisclosed"]["tailored"] == 0


def test_what_was_said_in_an_earlier_turn_may_be_used() -> None:
    said = [
        Exchange("I borrowed a sewing machine.", "Nice.", "OK."),
        Exchange("Well.", "That borrowed machine?", "OK."),
    ]
    assert told(chain(said, facts=[HIDDEN]))["undisclosed"]["tailored"] == 0


def test_a_generic_reply_is_counted_apart_and_what_was_said_on_another_path_is_not_known() -> None:
    """Both replies go on; the path of the generic one has never heard of the machine, so its reply guesses."""

    def said(turn: int, place: int) -> Exchange:
        both: tuple[Responder, ...] = ("tailored", "generic") if turn == 1 else ()
        text = "I borrowed a sewing machine for carnival." if place == 1 else "Well."
        return Exchange(text, "Yes.", "Your borrowed machine!" if turn == 2 else "No.", goes_on=both)

    tree = grow(said, turns=2, facts=[HIDDEN, *FACTS])
    assert told(tree)["undisclosed"] == {"tailored": 0, "generic": 0.333333}


@given(st.text())
def test_content_words_of_any_text_are_found_without_error(text: str) -> None:
    assert all(word == word.lower() for word in _content(text))


@given(st.lists(trees(), max_size=3))
def test_every_row_fits_the_stated_length_at_two_characters_a_token(grown: list[TreeRow]) -> None:
    """And the length is no larger than it must be: the characters are those of some row."""
    rows = [row for tree in grown for row in preference_rows(tree)]
    lengths = []
    for row in rows:
        replies = max(len(row.chosen[0].content), len(row.rejected[0].content))
        lengths.append((sum(len(message.content) for message in row.prompt) + replies, len(row.prompt) + 1))
    bound = told(*grown)["max_length"]
    assert bound["characters"] == max((characters for characters, _ in lengths), default=0)
    assert all(characters / 2 + 8 * messages <= bound["tokens"] for characters, messages in lengths)


@pytest.mark.parametrize(("characters", "tokens"), [(10, 1024), (2016, 1024), (2017, 2048), (4064, 2048), (4066, 4096)])
def test_the_stated_length_is_a_power_of_two(characters: int, tokens: int) -> None:
    """A prompt of one message and a reply of ten characters: 16 tokens for the template."""
    tree = chain([Exchange("x" * (characters - 10), "0123456789", "No.", goes_on=())])
    assert told(tree)["max_length"] == {"tokens": tokens, "characters": characters}


def test_an_undecided_pair_adds_nothing_to_the_stated_length() -> None:
    assert told(chain([Exchange("x" * 5000, "Yes.", "No.", TIE)]))["max_length"]["characters"] == 0


def test_memory_does_not_grow_with_trees_that_say_the_same() -> None:
    audit, tree = Audit(2), grow(turns=3)
    sizes = []
    for _ in range(2):
        for _ in range(20):
            audit.add(tree)
        counters = (*audit._margins.values(), *audit._preferred.values(), *audit._rejected.values())
        sizes.append([len(counts) for counts in counters])
    assert sizes[0] == sizes[1]
