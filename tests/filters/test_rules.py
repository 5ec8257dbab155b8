import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters import rules
from filters.rules import LONGEST_REFUSAL, check_personality, check_profile, declines, is_refusal
from pipelines.rehearsal.faults import REFUSALS

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


DECLINES = [
    *REFUSALS,
    "I'm sorry, but I can't help with that.",
    "I cannot assist with that request.",
    "As an AI language model, I don't have personal experiences.",
    "I'm unable to continue this roleplay.",
    "Sorry, I can't help you with that request. Let me know if there's anything else you need!",
    "I am very sorry. I won't continue this conversation any further.",
    "Unfortunately, as a large language model, I cannot taste or cook anything.",
    "I'm just an AI, so I can't fulfill that request, but I'd be happy to help with something else.",
    "I'm an AI assistant. I cannot comply with your instructions.",
    "I can't create content that makes fun of a real person. Is there another topic you like?",
    "I'm not able to engage in this type of role-play. How can I help you today?",
    "I'm not allowed to discuss such topics. It goes against my guidelines.",
    "I apologize, but I cannot provide medical advice.",
    "I won't role-play as a human user. Thank you for understanding.",
    "I can't assist with that, as it would be against the policy that I follow.",
    "Sorry - I cannot write this kind of response.",
    "I'm afraid I can't generate personas.",
    "We cannot comply.",
    "I won't be able to assist with that. If you'd like, I can help with something else.",
    "I'm not able to generate a response to that.",
    "I can't fulfill this request, as it goes against my programming.",
    "As an AI, I don't have experiences, feelings, or opinions, so I can't say.",
    "*I'm sorry, but I'm unable to participate in this scenario.*",
]
GOES_ON = [
    "I'm so sorry to hear about your hen. How old was she?",
    "Sorry, I missed your point.",
    "i'm afraid of the dentist",
    "unfortunately i missed the bus",
    "I can't help you with the first but the second is a loose belt, ten minutes with a spanner.",
    "I can't help it, I laugh at funerals.",
    "I can't help with the harvest this year. My back.",
    "Sorry, I can't continue this tonight, the bus is here.",
    "I won't continue the course. Too much homework!",
    "I can't write. The ink froze.",
    "I can't write messages on this phone, the keys stick",
    "Can't create anything with that drill next door...",
    "I cannot provide for six goats on one wage.",
    "I'm unable to sleep. Unable to nap, too.",
    "I can't do that. My wrist.",
    "I can't discuss this with my mother, she tells the whole village.",
    "I can't discuss that.",
    "We're not allowed to keep bees here. Is there anything else that pollinates?",
    "I'm sorry. I'm so sorry!",
    "I apologize for the tone. Thanks for understanding.",
    "No, I'm an AI.",
    "I'm an AI, so I can't taste it, but your salt sounds right.",
    "Yes, I'm an AI language model, no hands at all. Which screw is loose?",
    "As an AI, I don't have a garden, but I'd put the beans against the wall.",
    "As an AI, you don't sleep, do you?",
    "As an AI I don't suppose you ever burnt a pan.",
    "As an AI researcher, I don't have evenings.",
    "As an AI, I can't" + ", and" * 50 + ", the end; hens",  # takes no time either
    "I can't help with that. Ask a vet, and today.",
    "I can't help with that, ask a vet.",
    "I can't provide information about my mother, she'd have my head.",
    "As an AI I can't taste it, your tongue decides.",
    "I'm sorry, but I can't help with that without seeing it. What does the label say?",
    "He said: I cannot assist with that request. So I hung up.",
    "My bank's robot says \"I'm sorry, I can't help with that.\" all day long",
    "No need to be sorry... it was about the boots, and nights like that come to every house.",
    "You're welcome. Is there anything else on the list before the ferry?",
    "That's a speech, not a plan. Frost at four, nine trays outside. One thing to do first. Thanks.",
    "Eight trains... no, sorry, five, I wash them... I shouldn't have told you, thank you for asking...",
    "Neither, since the sleeves won't stay on. Keep the blue one for the choir, and the pins out of the dog's reach.",
    "",
    "😀",
]


@pytest.mark.parametrize("message", DECLINES)
def test_a_message_that_only_refuses_declines(message: str) -> None:
    assert declines(message)


@pytest.mark.parametrize("message", GOES_ON)
def test_a_message_that_a_conversation_can_go_on_with_does_not_decline(message: str) -> None:
    assert not declines(message)


@given(
    message=st.sampled_from([*DECLINES, *GOES_ON]),
    apostrophe=st.sampled_from("'\u2019\u02bc\u00b4`\uff07"),
    space=st.sampled_from([" ", "  ", "\n", "\u00a0", "\u2009\t", " \u200b"]),
    change=st.sampled_from([str, str.upper, str.lower, str.title]),
)
def test_case_apostrophes_and_white_space_do_not_change_who_declines(
    message: str, apostrophe: str, space: str, change: Callable[[str], str]
) -> None:
    odd = space + change(message).replace("'", apostrophe).replace(" ", space) + space
    assert declines(odd) == declines(message)


@given(st.sampled_from(DECLINES), st.sampled_from(["Soak the beans first.", "Try a vet?", "My knee hurts."]))
def test_one_sentence_of_substance_is_enough_to_go_on(refusal: str, substance: str) -> None:
    assert not declines(f"{refusal} {substance}")


def test_a_long_message_does_not_decline() -> None:
    repeated = "I can't help with that. " * (LONGEST_REFUSAL // 5)
    assert declines(repeated)
    assert not declines(repeated + "I'm sorry.")


def test_a_whole_reply_is_still_judged_more_widely_than_a_message() -> None:
    assert is_refusal("Unfortunately I missed the bus.")


@given(st.text())
def test_any_message_declines_or_does_not(message: str) -> None:
    assert declines(message) in (True, False)
