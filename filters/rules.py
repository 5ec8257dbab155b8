"""What a rule can tell about a text: its form, and what has no place in it. Both kinds of text are English.

    >>> kept = ["Asks why at least twice.", "Likes a plain no.", "Jokes when afraid.", "Wants the reason first."]
    >>> check_personality([*kept, "Keeps his voice level."])
    Drop(reason='gender', detail='"his" in: Keeps his voice level.')

The first failing rule wins. A rule reads a statement as a person would: compatibility forms (full-width digits),
invisible characters and typographic dashes and quotes make no difference to it.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence

from filters.verdict import Drop
from filters.words import GIVEN_NAMES, ORDINARY_CAPITALS

MIN_STATEMENTS = 5
"""Fewer are too few to be found out in ten turns."""
MAX_STATEMENTS = 15
"""The writer is asked for 8 to 12: more is a list that ran on."""
MIN_STATEMENT = 5
"""Characters; `Is 9.` still says something."""
MAX_STATEMENT = 240
"""Characters; twice the longest sentence in 350 real profiles. A longer one is no single claim."""
MIN_TEXT = 60
"""Characters; five statements of a dozen each."""
MAX_TEXT = 1200
"""Characters; about what the sentence-transformers models of the presets read, 256 word pieces."""
BROKEN = {"Cc", "Cs", "Co", "Zl", "Zp"}
"""Unicode categories that no statement holds: control, halves of surrogate pairs, private use, line separators."""
LONGEST_REFUSAL = 60
"""Words; a longer message says more than that its writer declines."""
QUOTED = 200
"""Characters of a statement that a detail quotes."""

Finder = Callable[[str], str | None]
"""Finds in a plain statement what is wrong with it, if anything."""


def check_profile(statements: Sequence[str]) -> Drop | None:
    """Why these facts of a life may not stay, or None. Ages, years, places, quantities and prices do no harm."""
    return _check(statements, FOR_BOTH)


def check_personality(statements: Sequence[str]) -> Drop | None:
    """Why these traits may not stay, or None: as for a profile, and they name nobody and no gender."""
    return _check(statements, FOR_BOTH | FOR_PERSONALITIES)


def is_refusal(reply: str) -> bool:
    """Whether a whole reply reads as a model that declines, or speaks of itself, instead of doing what was asked."""
    return _find_refusal(reply.strip()) is not None


def declines(message: str) -> bool:
    """Whether a message of a conversation is nothing but a model that refuses its task or steps out of it.

    At most LONGEST_REFUSAL words, of which each clause is an apology, an offer of other help or a refusal, and one at
    least a refusal. That is "I can't" with a task ("help with that", "continue this roleplay", "fulfil your request"),
    or "As an AI, I can't" or "don't have" with anything. Any other clause is something to go on with, so the
    conversation goes on: a false alarm costs a whole dialogue, while a refusal missed is seen by the judge and by
    people. "I'm an AI" alone is no refusal: whoever asks is told so.

    >>> declines("I'm sorry, but I can't help with that. Is there anything else I can do for you?")
    True
    >>> declines("I'm sorry, but I can't help with that. A vet can, and today: hens hide it when they are ill.")
    False
    """
    if len(message.split()) > LONGEST_REFUSAL:
        return False
    text = " ".join(_plain(message.translate(_APOSTROPHES)).split()).strip("\"'*_ ")
    clauses = [_OPENING.sub("", clause) for clause in _CLAUSE_END.split(text)]
    refusals = [_REFUSAL.fullmatch(clause) is not None for clause in clauses]
    rest = (clause for clause, refuses in zip(clauses, refusals, strict=True) if not refuses)
    return any(refusals) and all(map(_COURTESY.fullmatch, rest))


def _check(statements: Sequence[str], finders: dict[str, Finder]) -> Drop | None:
    if drop := _check_size(statements):
        return drop
    plain = [_plain(statement) for statement in statements]
    for reason, find in finders.items():
        for statement, read in zip(statements, plain, strict=True):
            if (found := find(read)) is not None:
                return Drop(reason, f'"{found}" in: {_quote(statement)}')
    if len(statements) < MIN_STATEMENTS:
        return Drop("too-few-statements", f"{len(statements)} statements, at least {MIN_STATEMENTS}")
    length = sum(map(len, statements)) + len(statements) - 1
    if not MIN_TEXT <= length <= MAX_TEXT:
        reason = "too-short" if length < MIN_TEXT else "too-long"
        return Drop(reason, f"{length} characters in all, {MIN_TEXT} to {MAX_TEXT}")
    return _check_repeats(statements, plain)


def _check_size(statements: Sequence[str]) -> Drop | None:
    """What must be known before anything looks into the statements, which may be megabytes."""
    if not statements:
        return Drop("empty", "no statements")
    if len(statements) > MAX_STATEMENTS:
        return Drop("too-many-statements", f"{len(statements)} statements, at most {MAX_STATEMENTS}")
    return next(filter(None, map(_check_characters, statements)), None)


def _check_characters(statement: str) -> Drop | None:
    if len(statement) > MAX_STATEMENT:
        return Drop("too-long", f"{len(statement)} characters, at most {MAX_STATEMENT}, in: {_quote(statement)}")
    if any(unicodedata.category(char) in BROKEN or char == "\N{REPLACEMENT CHARACTER}" for char in statement):
        return Drop("broken-characters", _quote(statement))
    if not any(map(str.isalnum, statement)):
        return Drop("empty", _quote(statement))
    if len(_plain(statement).strip()) < MIN_STATEMENT:
        return Drop("too-short", f"less than {MIN_STATEMENT} characters in: {_quote(statement)}")
    return None


def _check_repeats(statements: Sequence[str], plain: list[str]) -> Drop | None:
    seen = set()
    for statement, read in zip(statements, plain, strict=True):
        core = "".join(filter(str.isalnum, read.casefold()))
        if core in seen:
            return Drop("repeated-statement", _quote(statement))
        seen.add(core)
    return None


_TYPOGRAPHY = str.maketrans(
    dict.fromkeys("\u2010\u2012\u2013\u2014\u2015\u2212", "-")  # hyphen, dashes, minus
    | dict.fromkeys("\u2018\u2019\u201a", "'")
    | dict.fromkeys("\u201c\u201d\u201e\u00ab\u00bb", '"')
)
_NAMES = frozenset(GIVEN_NAMES.split())
_ORDINARY = frozenset(ORDINARY_CAPITALS.split())


def _plain(statement: str) -> str:
    text = unicodedata.normalize("NFKC", statement).translate(_TYPOGRAPHY)
    return "".join(char for char in text if unicodedata.category(char) != "Cf")


def _quote(statement: str) -> str:
    quoted = statement[:QUOTED].encode("utf-8", "backslashreplace").decode()
    return quoted + ("..." if len(statement) > QUOTED else "")


def _pattern(expression: str, flags: re.RegexFlag = re.IGNORECASE) -> Finder:
    compiled = re.compile(expression, flags | re.VERBOSE)

    def find(text: str) -> str | None:
        match = compiled.search(text)
        return match.group() if match else None

    return find


_find_refusal = _pattern(
    r"""
    ^["']? (i'm|i\ am|we're|we\ are)\ (\w+\ )? (sorry|afraid|unable|not\ able)\b
  | ^["']? (sorry|unfortunately),?\ (but\ )?i\b
  | ^["']? i\ apologi[sz]e\b
  | \bi\ (can't|cannot|can\ not|won't|will\ not)\ (\w+\ )?
    (help\ (you|with)|assist|provide|create|generate|comply|fulfill?|continue|produce)\b
  | \bas\ an?\ (ai|artificial\ intelligence|(large\ )?language)\ (language\ )?(model|assistant|system|chatbot)\b
  | \bas\ an\ ai,
  | \b(against|violates?)\ (my|our|openai's)\ (\w+\ )?(policy|policies|guidelines|programming)\b
    """
)

_APOSTROPHES = str.maketrans(dict.fromkeys("\u00b4\u02bc`", "'"))
_CLAUSE_END = re.compile(r"(?<=[.!?;])['\"*]*\s+|,?\s(?:but|however)\b,?\s*|\s-+\s", re.IGNORECASE)
_AI = (
    r"an?\ (ai|artificial\ intelligence|(large\ )?language\ model)"
    r"(\ (language\ )?(model|assistant|system|chatbot))?(\ (created|developed|made|trained)\ by\ \w+)?"
)
_CANNOT = (
    r"(can'?t|cannot|can\ not|(won'?t|will\ not)(\ be\ able\ to)?"
    r"|('m|\ am)\ (unable|not\ (able|allowed|permitted))\ to)"
)
_THIS = r"(this|that|these|those|such|your|the\ requested)"
_TASK = r"(requests?|task|prompts?|instructions?|role-?\ ?play(ing)?|conversation|dialogue|discussion|scenario)"
_CONTENT = r"(content|material|responses?|repl(y|ies)|information|advice|personas?)"
_POLICY = (
    r"\b(guidelines|polic(y|ies)|inappropriate|harmful|unethical|illegal|programming|as\ an\ ai|language\ model)\b"
)

_OPENING = re.compile(
    rf"""
    ^( ( (i'm|i\ am|we're|we\ are)\ ((so|very|really|truly)\ )?(sorry|afraid)(\ that)? | (my\ )?apologies | sorry
       | i\ apologi[sz]e(\ for\ (the|any)\ \w+)? | unfortunately | (i'm|i\ am)\ (just\ |only\ )?{_AI}(,?\ (and|so))?
       )\b [\s,.;:!-]* )+
    """,
    re.IGNORECASE | re.VERBOSE,
)
_REFUSAL = re.compile(
    rf"""
    (i|we)\ ?{_CANNOT}\ (\w+ly\ )?
    ( (help|assist)(\ you)?\ with\ (this|that|{_THIS}\ (\w+\ )?{_TASK})
    | comply(\ with\ {_THIS}\ (\w+\ )?{_TASK})?
    | (fulfill?|complete|continue|engage|participate|take\ part|write|create|generate|produce|provide|discuss)
      (\ (with|in))?\ {_THIS}\ ((kind|type|sort)s?\ of\ )?(\w+\ )?({_TASK}|{_CONTENT}|topics?|subjects?)
    | (provide|generate|produce|create)\ (an?\ |any\ )?(\w+\ ){{0,2}}{_CONTENT}(\ (that|which|to|on|about)\b[^,;]*)?
    | (engage|participate)\ in\ (\w+\ )?{_TASK} (\ (that|which|as|about)\b[^,;]*)?
    | role-?\ ?play\ (as\ )?(an?|the|{_THIS})\ (\w+\ ){{0,2}}(person|human|user|character|persona|scenario)
    ) (\ (any\ )?further|\ at\ this\ time|,?\ .*{_POLICY}.*)? [.!]*
  | as\ {_AI},?\ i\ ?({_CANNOT}|('m|\ am)\ not|(don't|do\ not)\ (\w+ly\ )?(have|possess|experience)|have\ no|lack)\b
    [^,;]* (,\ (?!and,|or,|nor,)\w+(?=,) | ,\ ((and|or|nor)\b|so\ i\ ?{_CANNOT})[^,;]*)*
    """,
    re.IGNORECASE | re.VERBOSE,
)
_COURTESY = re.compile(
    rf"""
    | (please\ )? (feel\ free\ to | let\ me\ know\ if\ (you|there)) \b.*
    | (is|if)\ there('s|\ is)?\ (something|anything|another)\b.*
    | if\ you\ (have|need|want|would\ like)\ (any\ )?(other|another|something|anything|help|assistance|further)\b.*
    | if\ you('d|\ would)\ like,?\ i\ can\ (help|assist)\b.*
    | (how|what)\ (else\ )?(can|may)\ i\ (help|assist|do)\b.*
    | i\ ?('m|'d\ be|am|would\ be|can)\ (\w+\ )?(happy|glad|here)\ to\ (help|assist|answer)\b.*
    | (thank\ you|thanks)\ for\ (your\ )?understanding[.!]* | i\ hope\ you\ understand[.!]*
    | (it|this|that|doing\ so)\b.*{_POLICY}.*
    """,
    re.IGNORECASE | re.VERBOSE,
)

_find_instruction = _pattern(
    r"""
    [{}] | ``` | \*\* | </?[a-z][\w-]*\s*/?> | \[[a-z][a-z _-]*\]
  | \bas\ (you\ )?requested\b
  | \b(here|below)\ (are|is)\b .{0,40} \b(profiles?|personalit(y|ies)|personas?|statements?|facts|traits)\b
  | ^(profile|personality|persona|statement|fact|trait|name|age|example|output|note)(\ ?\#?\d+)?\s*:
  | ^(assistant|user|system)\s*:
  | ^(sure|certainly|of\ course|absolutely)[!,.]\ (here|i\b)
  | \b(profile|personality|persona|statement)\ (\#|no\.?\ ?)?\d+\b
  | \b(let\ me\ know\ if|i\ hope\ (this|these|that)|(previous|above)\ instructions|lorem\ ipsum)\b
    """
)

_find_list_marker = _pattern(r"^\s* ([-*+•‣◦▪●·>]\s | [*•‣◦▪●·] | \(?\d{1,2}[.)]\s | \(?[a-z]\)\s | \#{1,6}\s)")

_find_email = _pattern(r"[^\s@]+@[^\s@]+\.\w{2,} | \b[\w.-]+\s?[(\[]\s?at\s?[)\]]\s?\w+ | \b\w+\ at\ \w+\ dot\ \w{2,}")

_find_url = _pattern(r"\b(https?://|www\.)\S+ | \b[\w-]+\.(com|org|net|edu|gov|info|io|co\.uk|app|dev)\b")

_find_handle = _pattern(r"(?<![\w.])@[a-z_]\w+")

_STREET = r"(street|avenue|road|lane|drive|boulevard|court|crescent|terrace|place|square|way|highway|st|ave|rd|ln|blvd)"
_WORD = r"([A-Z][\w'.-]*|\d+(st|nd|rd|th))\ "

_find_address = _pattern(
    rf"""
    (?<!\bin\ ) (?<!\bIn\ ) (?<!\bsince\ ) (?<!\bSince\ ) (?<!\bfrom\ ) (?<!\buntil\ ) (?<!\bof\ )  # a year
    \b\d{{1,5}}[A-Za-z]?,?\ {_WORD}({_WORD}){{0,2}} (?i:{_STREET})\b  # 12 Elm Street
  | \bat\ (?i:no\.?\ )?\d{{1,5}}[a-z]?,?\ ((?!(?:an?|the|at|on|in|of|by|and|from|near)\b)\w+\ ){{1,2}}
    (street|avenue|road|lane)\b
  | \b\d{{1,4}},?\ (?i:rue|avenue|boulevard|chemin)\ ((de|du|des|la|le|l')\ ?)*[A-Z]\w+
  | \b[A-Z]\w*(stra(ß|ss)e|gasse|weg|platz|allee|straat|gatan)\ \d+
  | \b(Calle|Rua|Avenida|Piazza|Rue|Via)\ (([A-Z][\w']*|de|da|do|la|las|los|del|della)\ ){{1,4}}\d+
  | \b(?i:p\.?\ ?o\.?\ ?box)\ \d+
  | \b[A-Z]{{1,2}}\d[A-Z\d]?\ \d[A-Z]{{2}}\b | ,\ [A-Z]{{2}}\ \d{{5}}\b  # postcodes: UK, US
    """,
    re.NOFLAG,
)

_NUMBER = re.compile(r"\+?\(?\d[\d ().\-/]*\d")
_QUANTITY = re.compile(r"[1-9]\d{0,2}([ .]000)+|[1-9]\d{0,2}(\.\d{3})+|\d\.\d+")
_YEAR = re.compile(r"1[5-9]\d\d|20\d\d")
_PHONE_WORD = re.compile(r"\b(phone|tel|telephone|mobile|cell|fax|whatsapp|call|text|dial)\b\D{0,15}$", re.IGNORECASE)


def _find_phone(text: str) -> str | None:
    """A run of digits that is long enough to be dialled, and no date, no span of years and no round quantity."""
    for match in _NUMBER.finditer(text):
        run, groups = match.group(), re.findall(r"\d+", match.group())
        digits = sum(map(len, groups))
        years = [group for group in groups if _YEAR.fullmatch(group)]
        dates = bool(years) and all(len(group) <= 2 or group in years for group in groups)
        if run.startswith("+") and digits >= 7:
            return run
        if dates or _QUANTITY.fullmatch(run) or run.count("/") > 1:
            continue
        if digits >= (6 if _PHONE_WORD.search(text[: match.start()]) else 9) or re.fullmatch(r"555[-. ]\d{4}", run):
            return run
    return None


_find_gender = _pattern(
    r"""
    \b(he|she|s/he|him|his|her|hers|himself|herself)\b
  | \b(man|woman|boy|girl|gentleman|lady|guy|lad|lass|male|female)\b
  | \b(mr|mrs|ms|miss)\b\.?\ (?-i:[A-Z])
    """
)


def _find_name(text: str) -> str | None:
    """A capitalised word within a sentence that is no ordinary one, or a common given name anywhere."""
    for match in re.finditer(r"[^\W\d_]+('[^\W\d_]+)?", text):
        word = match.group().removesuffix("'s")
        before = text[: match.start()].rstrip("( ")
        opens = not before or before[-1] in ".!?:;\"'"
        titled = word[0].isupper() and not word.isupper() and word.casefold() not in _ORDINARY
        if (titled and not opens) or word in _NAMES:
            return word
    return None


FOR_BOTH: dict[str, Finder] = {
    "refusal": _find_refusal,
    "list-marker": _find_list_marker,
    "leaked-instruction": _find_instruction,
    "email": _find_email,
    "url": _find_url,
    "handle": _find_handle,
    "phone": _find_phone,
    "street-address": _find_address,
}
FOR_PERSONALITIES: dict[str, Finder] = {"gender": _find_gender, "name": _find_name}
