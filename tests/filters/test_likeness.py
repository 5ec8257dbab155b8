"""Which replies are the same to a reader."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.likeness import _common, nearly_identical

texts = st.text(st.sampled_from("abAB ß.,!?'-\u00ad 🙃👍\ufe0f面包กाฟ\uff177"), max_size=30) | st.text(max_size=30)


@given(texts)
def test_a_text_is_nearly_identical_to_itself(text: str) -> None:
    assert nearly_identical(text, text)


@given(texts, texts)
def test_the_order_of_the_two_does_not_matter(one: str, other: str) -> None:
    assert nearly_identical(one, other) == nearly_identical(other, one)


@given(st.lists(st.sampled_from(["Water", "it", "ON", "面包", "🙃", "हाँ", "Straße"]), max_size=20))
def test_case_punctuation_and_white_space_are_set_aside(words: list[str]) -> None:
    assert nearly_identical(" ".join(words), "\n\u2014".join(words).swapcase() + "!?\u3002 ")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Don't worry.", "don\u2019t worry"),
        ("\uff37\uff41\uff54\uff45\uff52 it", "water it"),
        ("**Water** `it`", "Water it"),
        ("well-known", "well known"),
        ("every day", "everyday"),
        ("\u210cello", "hello"),
        ("🙃" * 10, "🙃" * 9 + "👍"),
        ("co\u00adoperate", "cooperate"),
        ("\u2764\ufe0f", "\u2764"),
        ("", "..."),
        ("每天给植物浇水吧。", "每天给植物浇水吧"),
        ("caf\u00e9", "cafe\u0301"),
        (" ".join("abcdefghij"), " ".join("abcdefghiX")),
        (" ".join("abcdefghij"), " ".join("abcdefghi")),
        ("今天晚上给你的植物浇一点水吧", "今天晚上给你的植物浇一点水"),
    ],
)
def test_the_same_to_a_reader(one: str, other: str) -> None:
    assert nearly_identical(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Yes.", "No."),
        ("", "Yes."),
        ("👍", "👎"),
        ("👍", ""),
        ("👍👍👍", "👎👎👎"),
        ("Water it on Sunday.", "Water it on Monday."),
        ("我喜欢面包", "我喜欢米饭"),
        ("पानी दो", "पानी मत दो"),
        ("ฉันชอบขนมปัง", "ฉันชอบข้าว"),
        (" ".join("abcdefghi"), " ".join("abcdefghX")),
        (" ".join("abcdefghij"), " ".join("jihgfedcba")),
        ("Yes.", "Yes, and then water it twice."),
    ],
)
def test_not_the_same_to_a_reader(one: str, other: str) -> None:
    assert not nearly_identical(one, other)


@given(st.lists(st.sampled_from("abc"), max_size=12), st.lists(st.sampled_from("abc"), max_size=12))
def test_the_common_words_are_those_of_the_longest_common_subsequence(one: list[str], other: list[str]) -> None:
    table = [[0] * (len(other) + 1) for _ in range(len(one) + 1)]
    for i, a in enumerate(one):
        for j, b in enumerate(other):
            table[i + 1][j + 1] = table[i][j] + 1 if a == b else max(table[i][j + 1], table[i + 1][j])
    assert _common(one, other) == table[-1][-1]


def test_texts_of_thousands_of_words_are_no_trouble() -> None:
    text = " ".join(map(str, range(20_000)))
    assert nearly_identical(text, text.replace("7", "seven ", 1_000))
    assert not nearly_identical(text, text.replace("7", "seven "))
