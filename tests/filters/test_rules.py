import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters import rules
from filters.rules import check_personality, check_profile

PROFILE = [
    "Is 61 and lives in a flat above a bakery on Mill Lane in Bergen, Norway.",
    "Drove a night tram for twenty-six years, from 1988 to 2014.",
    "Owns a 1979 Saab 96 with 310,000 kilometres on the clock.",
    "Pays 4,500 kroner a month for a mooring.",
    "Shares the flat with a brother and 14 canaries.",
    "Gets up at 4:40 and swims 1.5 km before breakfast.",
    "Once won a goose in a raffle, in 1995 - 96 nobody believed it.",
]
PERSONALITY = [
    "Answers a question with a better question.",
    "Counts to ten before disagreeing.",
    'Opens with "Right then" and closes with a joke.',
    "Hates being hurried, on Mondays most of all.",
    "Trusts a table more than a promise, and says OK to most of them.",
    "Likes replies of three lines. Skips the rest.",
    "Quotes French proverbs that nobody asked for.",
]

FINE_FACTS = [
    "Is 44.",
    "Is forty-four and has 42 chickens.",
    "Has a stall on Elm Street.",
    "Sells pies on 5th Avenue.",
    "Has lived on Elm Street since 1986.",
    "In 1986 Elm Street was flooded to the second step.",
    "Owes 12 000 000 yen on the shop.",
    "Owes 100 000 000 yen on the shop.",
    "Knows that a town of 1.500.000 has no bookshop.",
    "Can say pi as 3.14159265358 and stops there.",
    "Served from 1986-1990 and 1994-1998.",
    "Was born on 12.04.1980 in a lighthouse.",
    "Is 44 (1980-2024 on the family mug).",
    "Takes the first bus at 4:50 and the last at 23.15.",
    "Runs 100/200/400 metres at the county games.",
    "Works shifts of 24/7 for 2 weeks, then 1 week off.",
    "Collects keys of Route 66 motels, 1,240 so far.",
    "Swims 400-1500 metres on most days.",
    "Meets two friends at 12 at a street stall.",
    "Coaches 4 pupils through a screen.",
    "Has a tortoise called Licenciado 😀.",
    "Eats żurek and Käsespätzle in a house by the Łódka.",
    "يعيش في بيت صغير قرب البحر.",
    "Loves <3 on every cake.",
]


def with_statement(statement: str, statements: list[str] = PROFILE) -> list[str]:
    return [*statements[:3], statement, *statements[3:]]


def reason(statements: list[str], check: object = check_profile) -> str | None:
    drop = check_personality(statements) if check is check_personality else check_profile(statements)
    return drop.reason if drop else None


def test_sound_texts_are_kept() -> None:
    assert check_profile(PROFILE) is None
    assert check_personality(PERSONALITY) is None


@pytest.mark.parametrize("statement", FINE_FACTS)
def test_facts_with_numbers_streets_and_any_script_are_kept(statement: str) -> None:
    assert check_profile(with_statement(statement)) is None


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("", "empty"),
        (" \u200b ", "empty"),
        ("😀 😀", "empty"),
        ("Hm 2", "too-short"),
        ("x" * 241, "too-long"),
        ("Keeps hens\x00 and ducks.", "broken-characters"),
        ("Keeps hens.\nKeeps ducks.", "broken-characters"),
        (f"Keeps hens {chr(0xD800)} and ducks.", "broken-characters"),
        ("Keeps hens \N{REPLACEMENT CHARACTER} and ducks.", "broken-characters"),
        ("I'm sorry, I can't help with that.", "refusal"),
        ("I\N{RIGHT SINGLE QUOTATION MARK}m sorry, but that is not possible.", "refusal"),
        ("As an AI language model, I have no hobbies.", "refusal"),
        ("Unfortunately, I cannot write this.", "refusal"),
        ("I cannot provide personal facts.", "refusal"),
        ("1. Keeps hens.", "list-marker"),
        ("12) Keeps hens.", "list-marker"),
        ("- Keeps hens.", "list-marker"),
        ("\N{EN DASH} Keeps hens.", "list-marker"),
        ("* Keeps hens.", "list-marker"),
        ("•Keeps hens.", "list-marker"),
        ("a) Keeps hens.", "list-marker"),
        ("## Keeps hens.", "list-marker"),
        ('{"profiles": [', "leaked-instruction"),
        ("Keeps {{ animal }} in the yard.", "leaked-instruction"),
        ("Keeps hens. </persona>", "leaked-instruction"),
        ("Lives in [city] with hens.", "leaked-instruction"),
        ("Keeps **eleven** hens.", "leaked-instruction"),
        ("Here are 20 profiles as you asked.", "leaked-instruction"),
        ("Keeps eleven hens, as requested.", "leaked-instruction"),
        ("Profile 3: Keeps hens.", "leaked-instruction"),
        ("Sure! Here you go.", "leaked-instruction"),
        ("Writes to hens.keeper+eggs@example.org daily.", "email"),
        ("Writes to hens\N{FULLWIDTH COMMERCIAL AT}example.org daily.", "email"),
        ("Writes to hens (at) example daily.", "email"),
        ("Writes to keeper at example dot org daily.", "email"),
        ("Sells eggs on https://example.test/eggs daily.", "url"),
        ("Sells eggs on www.example.test daily.", "url"),
        ("Sells eggs on example.com daily.", "url"),
        ("Posts as @hen_keeper every day.", "handle"),
        ("Lives at 12 Elm Street with hens.", "street-address"),
        ("Lives at 221B Baker St with hens.", "street-address"),
        ("Lives at 12 elm street with hens.", "street-address"),
        ("Lives at 1600 N. Main Road with hens.", "street-address"),
        ("Lives at 12 5th Avenue with hens.", "street-address"),
        ("Lives in Hauptstraße 12 with hens.", "street-address"),
        ("Lives at 8, rue de la Paix with hens.", "street-address"),
        ("Lives in Calle de Alcalá 45 with hens.", "street-address"),
        ("Gets letters at P.O. Box 1234 on Fridays.", "street-address"),
        ("Lives near SW1A 2AA with hens.", "street-address"),
        ("Lives in Flagstaff, AZ 86001 with hens.", "street-address"),
    ],
)
def test_what_has_no_place_in_any_text_is_dropped_with_its_reason(statement: str, expected: str) -> None:
    assert reason(with_statement(statement)) == expected
    assert reason(with_statement(statement, PERSONALITY), check_personality) == expected


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("Keeps his voice level.", "gender"),
        ("She asks why at least twice.", "gender"),
        ("Asks why until s/he is tired.", "gender"),
        ("Keeps h\u200ber voice level.", "gender"),
        ("Is a man of few words.", "gender"),
        ("Wants to be called Mrs Moss.", "gender"),
        ("Maria weighs each word.", "name"),
        ("Weighs each word that Łukasz says.", "name"),
        ("Weighs each word in Anna's letters.", "name"),
    ],
)
def test_a_personality_names_nobody_and_no_gender(statement: str, expected: str) -> None:
    assert reason(with_statement(statement, PERSONALITY), check_personality) == expected
    assert check_profile(with_statement(statement)) is None, "a profile may"


@pytest.mark.parametrize(
    "statement",
    [
        "Thinks that the theme of other people is there to be heard.",
        "Mentions human nature, then manages without it.",
        "Writes TV and PDF in capitals and everything else without.",
        "Starts many sentences with “Wait” or “No”.",
        "Is never late on Sundays. Minds when others are.",
        "Marks every joke as one.",
        "Prefers English tea to German plans.",
        "Says that I'm is two words.",
    ],
)
def test_ordinary_words_are_no_names_and_no_gender(statement: str) -> None:
    assert check_personality(with_statement(statement, PERSONALITY)) is None


def test_bounds_on_counts_and_on_the_whole_text() -> None:
    assert reason([]) == "empty"
    assert reason(PROFILE[:4]) == "too-few-statements"
    assert reason(PROFILE[:5]) is None
    many = [f"Owns {number} hens." for number in range(16)]
    assert reason(many) == "too-many-statements"
    assert reason(many[:15]) is None
    assert reason(["Is 9.", "Is 8.", "Is 7.", "Is 6.", "Is 5."]) == "too-short"
    assert reason([f"{number} " + "hens " * 40 for number in range(7)]) == "too-long"


def test_a_statement_is_not_said_twice_even_with_other_signs_and_case() -> None:
    assert (
        reason([*PROFILE, "owns a 1979 SAAB 96 \N{EN DASH} with 310,000 kilometres on the clock!"])
        == "repeated-statement"
    )


def test_a_refusal_is_told_as_one_and_not_as_a_short_list() -> None:
    assert reason(["I'm sorry, but I can't help with that."]) == "refusal"


def test_the_detail_quotes_what_was_found_and_can_be_written_to_a_file() -> None:
    drop = check_personality(with_statement("Keeps his voice level.", PERSONALITY))
    assert drop is not None
    assert drop.detail == '"his" in: Keeps his voice level.'
    broken = check_profile(with_statement("Hens \ud800."))
    assert broken is not None
    assert broken.detail.encode() == rb"Hens \ud800."


def test_ten_megabytes_are_dropped_without_being_read() -> None:
    drop = check_profile(with_statement("hen " * 2_500_000))
    assert drop is not None
    assert drop.reason == "too-long"
    assert len(drop.detail) < 300


PHONES = [
    "+44 20 7946 0958",
    "+442079460958",
    "(555) 123-4567",
    "202-555-0147",
    "2025550147",
    "202.555.0147",
    "+1 (202) 555-0147",
    "555-0123",
    "0800 123 4567",
    "06 12 34 56 78",
    "030/1234567",
    "020 7946 0958".translate({ord("0") + digit: 0xFF10 + digit for digit in range(10)}),  # full-width
    "0\u200b20 79\u200b46 0958",
    "020\u00a07946\u00a00958",
    "020\N{EN DASH}7946\N{EN DASH}0958",
]


@given(
    phone=st.sampled_from(PHONES),
    form=st.sampled_from(["Answers {} at night.", "Has had {} since 1990.", "Is 44, {}.", "Call {}"]),
    place=st.integers(0, len(PROFILE)),
)
def test_a_phone_number_drops_any_profile(phone: str, form: str, place: int) -> None:
    statements = [*PROFILE[:place], form.format(phone), *PROFILE[place:]]
    assert reason(statements) == "phone"


def test_composed_and_decomposed_letters_are_the_same_to_every_rule() -> None:
    for statement in ("Lives in Calle de Alcalá 45 with hens.", "Eats Käsespätzle with hens."):
        composed, decomposed = (unicodedata.normalize(form, statement) for form in ("NFC", "NFD"))
        assert composed != decomposed
        assert reason(with_statement(composed)) == reason(with_statement(decomposed))
    twice = [
        *PROFILE,
        unicodedata.normalize("NFC", "Eats Käsespätzle."),
        unicodedata.normalize("NFD", "Eats Käsespätzle."),
    ]
    assert reason(twice) == "repeated-statement"


def test_a_short_number_is_a_phone_number_beside_the_word() -> None:
    assert reason(with_statement("Can be called: phone 7946 0958.")) == "phone"
    assert reason(with_statement("Owns 7946 0958 stamps.")) is None


@given(st.lists(st.text(alphabet=st.characters(), max_size=300), max_size=18))
def test_any_strings_get_a_verdict(statements: list[str]) -> None:
    for check in (check_profile, check_personality):
        drop = check(statements)
        assert drop is None or (drop.reason and drop.detail.encode() is not None)


@given(st.lists(st.sampled_from([*FINE_FACTS, *PERSONALITY, "Keeps his hens.", "Has Anna over.", "", "- Hens."])))
def test_what_is_kept_as_a_personality_is_kept_as_a_profile(statements: list[str]) -> None:
    if check_personality(statements) is None:
        assert check_profile(statements) is None


@given(st.permutations(PROFILE))
def test_the_verdict_on_a_sound_text_does_not_depend_on_the_order(statements: list[str]) -> None:
    assert check_profile(statements) is None


def test_each_reason_has_a_slug_of_its_own() -> None:
    assert not rules.FOR_BOTH.keys() & rules.FOR_PERSONALITIES.keys()
