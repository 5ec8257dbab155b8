"""What a text is, by rule: a profile, a personality or neither, and in which language."""

import re
from collections import Counter
from collections.abc import Sequence
from functools import cache

from pipelines.rehearsal import statements, verbs
from pipelines.rehearsal.tags import items
from pipelines.rehearsal.world import full

_FACT = re.compile(
    r"\d|\b(years?|old|aged|birthday|lives?|lived|works?|worked|retired|owns?|rents?|married|divorced|single|engaged|"
    r"widow\w*|wife|husband|son|sons|daughters?|child|children|grand\w+|brothers?|sisters?|mother|father|aunt|uncle|"
    r"cousin|twins?|partner|girlfriend|boyfriend|cats?|dogs?|pet|hens|goats?|horses?|parrot|bees|degree|phd|college|"
    r"university|school|student|studies|teaches|plays|collects|collection|drives|rides|cooks|bakes|eats|drinks|brews|"
    r"grows(?! (?:more|less|quiet|restless|formal|impatient|louder))|gardens?|knits|sews|paints|builds|restores|"
    r"repairs|keeps(?! (?:score|a running|a straight|the voice|feelings))|swims|runs|hikes?|hiking|cycling|yoga|"
    r"reading|"
    r"enjoys(?! (?:being|repl|a repl))|volunteers?|club|team|league|band|choir|house|flat|apartment|village|town|"
    r"city|farm|once|every|"
    r"has been|was|got|weekends?|"
    r"sundays?|mondays?|tuesdays?|wednesdays?|thursdays?|fridays?|saturdays?|breakfast|novels?|guitar|piano|job|shop|"
    r"factory|hospital|car|boat|bicycle|travel\w*|fluent|speaks|recipes?|vegan|vegetarian|born|allergic)\b",
    re.IGNORECASE,
)
_TRAIT = re.compile(
    r"\b(repl(?:y|ies)|answers?|questions?|advice|jok(?:e|es|ing)|humou?r\w*|moods?|feelings?|emotion\w*|opinions?|"
    r"argu\w+|disagree\w*|agrees?|criticism|compliments?|praise|sentences?|messages?|words?|tone|silence|patien\w+|"
    r"decisions?|decides?|choices?|doubts?|trusts?|mistrusts?|honest\w*|empath\w+|compassion\w*|curio\w+|optimis\w+|"
    r"pessimis\w+|introver\w+|extrover\w+|outgoing|sociable|shy|reserved|confiden\w+|creative|creativity|analytical|"
    r"loyal\w*|reliable|dependable|disciplin\w+|organi[sz]ed|punctual\w*|independent|adventurous|sensitive|stubborn|"
    r"humble|modest|diplomatic|pragmatic|practical|articulate|intuiti\w+|thoughtful|generous|kind|warm\w*|calm\w*|"
    r"introspective|reflective|resourceful|innovative|persuasive|assertive|charismatic|enthusiastic|enthusiasm|"
    r"values|prefers|tends|seeks|avoids|thinks|dislikes|hates|wants|admits|apologi\w+|forgives|laughs|exaggerates|"
    r"conflicts?|others|problems?|details?|perspectives?|plan|types|emoji|full stops?|lower case|"
    r"capitals|listener|communicator|leader|thinker|easy-going|open-minded|detail-oriented|spontaneous|impulsive|"
    r"polite|boasts?|gloats?|concessions?|losing|outwitted|contests|annoyed|irritat\w+|bored|praised|teas\w+|rude|"
    r"gently|openly|secretly|straight|silent|quiet\w*|loud\w*|"
    r"determined|driven|ambitious|supportive|attentive|perceptive|observant|playful|witty|wit)\b",
    re.IGNORECASE,
)
_NAME_INSIDE = re.compile(r"(?<=[a-z,] )[A-Z][a-z]+")
_SCRIPTS = (
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("ko", re.compile(r"[\uac00-\ud7af]")),
    ("zh", re.compile(r"[\u4e00-\u9fff]")),
    ("ru", re.compile(r"[\u0400-\u04ff]")),
    ("ar", re.compile(r"[\u0600-\u06ff]")),
    ("hi", re.compile(r"[\u0900-\u097f]")),
    ("el", re.compile(r"[\u0370-\u03ff]")),
    ("he", re.compile(r"[\u0590-\u05ff]")),
    ("th", re.compile(r"[\u0e00-\u0e7f]")),
)
_STOP_WORDS = {
    "en": "the and is a of to in with for has who at on from she he by an that are was not or as every i my you we am",
    "de": "der die das und ist ein eine einen mit in von zu im auf nicht sie er hat den dem für sich als auch",
    "fr": "le la les et est un une des du dans avec pour elle il son sa ses qui que au aux ne pas sur",
    "es": "el la los las y es un una de en con por para ella su sus que del al no se le años tiene",
    "it": "il lo la gli e è un una di in con per che del della nel ha suo sua non si le al anni",
    "pt": "o a os as e é um uma de em com por para ela ele seu sua que do da no na não se anos tem",
    "nl": "de het een en is van in met op voor zij hij haar zijn die dat niet te aan als ook heeft",
    "pl": "i w z na jest się nie do to że jej jego od lat ma oraz dla po przy",
    "sv": "och är en ett i på med som för hon han av att det inte har till den sin",
}
_WORDS = {language: frozenset(words.split()) for language, words in _STOP_WORDS.items()}


def language(text: str) -> str:
    """ISO 639-1 code, or `und` where no rule can tell."""
    letters = sum(character.isalpha() for character in text)
    for code, script in _SCRIPTS:
        if len(script.findall(text)) * 4 > letters:  # Japanese and Korean mix their scripts with others
            return code
    words = re.findall(r"[^\W\d_]+", text.lower())
    hits = Counter({code: sum(word in known for word in words) for code, known in _WORDS.items()})
    hits["en"] += sum(verbs.is_third(word) for word in words)
    best, count = hits.most_common(1)[0]
    return best if count else "und"


def kind(text: str) -> str:
    """`profile` (facts of a life), `personality` (traits), or `other`: no person, or as much of each."""
    if language(text) not in ("en", "und"):
        return "profile"  # its language drops it anyway
    parts = statements.sentences(text)
    described = [part for part in parts if statements.describes(part)]
    if not parts or len(described) * 2 < len(parts):
        return "other"
    leanings = [leaning(part) for part in described]
    facts, traits = sum(lean > 0 for lean in leanings), sum(lean < 0 for lean in leanings)
    if facts == traits:
        return "other"
    return "profile" if facts > traits else "personality"


@cache
def leaning(statement: str) -> float:
    """Above 0 where a statement speaks more like a fact, below 0 where it speaks more like a trait."""
    if statement in full.voices():
        return -1
    return len(_FACT.findall(statement)) + len(_NAME_INSIDE.findall(statement)) - 1.5 * len(_TRAIT.findall(statement))


def parted(persona: Sequence[str]) -> tuple[list[str], list[str]]:
    """Facts and traits of a list that holds first the ones, then the others, with no mark between them."""
    known = [place for place, statement in enumerate(persona) if statement in full.voices()]
    if known:
        return list(persona[: known[0]]), list(persona[known[0] :])
    leanings = [leaning(statement) for statement in persona]
    # Of equally good places the last: what leans neither way is rather an odd fact than an odd trait.
    cut = max(reversed(range(len(persona) + 1)), key=lambda place: sum(leanings[:place]) - sum(leanings[place:]))
    return list(persona[:cut]), list(persona[cut:])


def persona(block: str | None) -> tuple[list[str], list[str]]:
    """Facts and traits of a <persona> block: of single statements, or of two whole texts, which are taken apart."""
    listed = items(block)
    if len(listed) == 2 and any(len(statements.sentences(text)) > 1 for text in listed):
        return statements.split(listed[0]), statements.split(listed[1])
    return parted(listed)
