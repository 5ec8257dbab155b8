"""A text about a person taken apart by rule: single checkable statements, without name, subject or gender.

`She is a 34-year-old baker who enjoys hiking and has two cats.` becomes `Is 34 years old.`, `Works as a baker.`,
`Enjoys hiking.`, `Has two cats.` Where a rule is not sure, the sentence stays whole: a compound statement is better
than a wrong one.
"""

import re

from pipelines.rehearsal import verbs
from pipelines.rehearsal.clauses import ADVERB, VERB, clauses, listed

_MAX_LENGTH = 1000  # characters; a longer sentence stays whole
_PEOPLE_WORDS = """
wife husband partner girlfriend boyfriend fiance mother father parent sister brother twin son daughter child baby
friend colleague boss aunt uncle cousin nephew niece grandmother grandfather grandson granddaughter neighbour
neighbor roommate flatmate family
"""
_PEOPLE = frozenset(_PEOPLE_WORDS.split())
_JOB = re.compile(
    r"(er|or|ist|ian|eer|ant|yst|chef|nurse|clerk|coach|guide|pilot|cook|vet|midwife|tailor|judge|agent|model|therapist"
    r"|assistant|technician|officer|analyst|barista|paramedic|detective|mechanic|surgeon|architect|principal|doctor"
    r"|astronaut|athlete)$"
)
_NO_JOB = re.compile(
    r"\b(student|mother|father|parent|retired|grand\w+|enthusiast|lover|collector|reader|listener|member|player|fan|"
    r"hiker|swimmer|runner|traveller|traveler|vegetarian|pescatarian|teetotaler|birdwatcher|watcher|avid|passionate|keen|amateur|"
    r"hobby|"
    r"dedicated|skilled|proud|natural|great|good|excellent|critical|independent|advocate|supporter|believer|thinker|"
    r"planner|learner|leader|communicator|solver|owner|sister|brother|survivor|veteran|widower|aspiring|holder|diver|"
    r"winner|speaker|former|"
    r"person|player|drinker|eater|dreamer|volunteer|introvert|extrovert|perfectionist|optimist|pessimist|realist)\b"
)
_SENTENCE = re.compile(r"(?<=[.!?\u3002\uff01\uff1f])[\"'\u201d\u2019)]?(?:\s+|(?<=[\u3002\uff01\uff1f]))(?=\S)")
_ABBREVIATION = re.compile(r"\b(?:Dr|Mr|Mrs|Ms|St|Jr|Sr|vs|etc|e\.g|i\.e|a\.m|p\.m|Ph\.D|No)\.$")
_SUBJECT = re.compile(r"(?:he|she|they)\s+(.+)", re.IGNORECASE)
_WITH_SOMEBODY = re.compile(r"s?he and (?:his|her) (\w+) ([a-z]+) (.+)", re.IGNORECASE)
_LED_IN = re.compile(r"([^,]{3,60}),\s+(?:he|she|they)\s+(.+)", re.IGNORECASE)
_POSSESSIVE = re.compile(r"(?:his|her|their)\s+(.+)", re.IGNORECASE)
_NAMED = re.compile(rf"[A-Z][\w'-]+(?: [A-Z][\w'-]+)? (?=(?:was|{VERB})\b)(.+)")


def split(text: str) -> list[str]:
    """The statements of a text in its order, each once."""
    return list(dict.fromkeys(part for sentence in sentences(text) for part in _statements(sentence)))


def sentences(text: str) -> list[str]:
    """Splits at the end of sentences; an abbreviation does not end one."""
    parts: list[str] = []
    for part in _SENTENCE.split(" ".join(text.replace("\u2019", "'").split())):
        if parts and (_ABBREVIATION.search(parts[-1]) or part[:1].islower()):
            parts[-1] += " " + part
        elif part.strip():
            parts.append(part.strip())
    return parts


def _statements(sentence: str) -> list[str]:
    bare = sentence.rstrip(" .!;,")
    if not bare:
        return []
    phrase = _predicate(_expanded(bare)) if len(bare) <= _MAX_LENGTH else None
    if phrase is None:
        return [sentence if sentence[-1] in ".!?\u3002\uff01\uff1f\u2026" else sentence + "."]
    return [_finished(part) for clause in clauses(phrase) for part in listed(clause)]


def _expanded(sentence: str) -> str:
    sentence = re.sub(
        r"\b(s?he)'s (been|got|had|always been|never been)\b", r"\1 has \2", sentence, flags=re.IGNORECASE
    )
    sentence = re.sub(r"\b(s?he)'s\b", r"\1 is", sentence, flags=re.IGNORECASE)
    sentence = re.sub(r"\b(s?he|they)'d\b", r"\1 would", sentence, flags=re.IGNORECASE)
    return re.sub(r"\b(s?he|they)'ll\b", r"\1 will", sentence, flags=re.IGNORECASE)


def _predicate(sentence: str) -> str | None:
    """What is said of the person, beginning with its verb; None where the sentence stays as it is."""
    phrase = _of_pronoun(sentence)
    if phrase is None and re.match(r"(?:an? )?\d{1,3}-year-old\b", sentence, re.IGNORECASE):
        phrase = f"is {sentence[0].lower()}{sentence[1:]}"
    if phrase is None and not verbs.opening(sentence)[1] and (found := _NAMED.fullmatch(sentence)):
        phrase = found[1]
    return phrase


def _of_pronoun(sentence: str) -> str | None:
    if found := _WITH_SOMEBODY.fullmatch(sentence):
        return f"{verbs.third(found[2])} {found[3]} with their {found[1]}"
    if found := _SUBJECT.fullmatch(sentence):
        return found[1]
    if found := _LED_IN.fullmatch(sentence):
        first, *rest = clauses(found[2])
        return ", and ".join([f"{first} {found[1][0].lower()}{found[1][1:]}", *rest])
    found = _POSSESSIVE.fullmatch(sentence)
    return _belonging(found[1]) if found else None


def _belonging(rest: str) -> str | None:
    """`wife is a nurse` -> `has a wife who is a nurse`; the owner's possessive is already gone."""
    found = re.fullmatch(rf"(.{{2,50}}?) ({VERB}|are|include|range|were) (.+)", rest)
    if not found:
        return None
    noun, verb, said = found.groups()
    if noun.split()[0].lower() in ("favorite", "favourite") and verb == "is":
        return f"has {said} as a {noun}"
    uncountable = noun.endswith(("ness", "ity", "ence", "ance", "ing", "ism", "th", "tion", "sion", "ment"))
    plural = uncountable or verb in ("are", "include", "range", "were") or (noun.endswith("s") and verb != "is")
    article = "" if plural else ("an " if noun[0].lower() in "aeiou" else "a ")
    joint = "who" if noun.split()[-1].lower() in _PEOPLE else "that"
    return f"has {article}{noun} {joint} {verb} {said}"


def _finished(clause: str) -> str:
    """A clause as a statement: no gender, third person, capital letter, full stop."""
    clause = re.sub(r"^(?:also|even|especially|particularly|both) ", "", neutral(clause.strip(" ,;")))
    clause = re.sub(r"^are\b", "is", re.sub(r"^have\b", "has", clause))
    clause = re.sub(r"^is also\b", "is", clause)
    if (found := re.fullmatch(r"is (an?) (.+)", clause)) and _is_job(found[2]):
        clause = f"works as {found[1]} {found[2]}"
    return clause[:1].upper() + clause[1:].rstrip(".") + "."


def _is_job(noun: str) -> bool:
    head = re.split(r" (?:at|in|for|from|with|and|of|on|to) ", noun)[0]
    return bool(_JOB.search(head)) and not _NO_JOB.search(noun)


_PRONOUN_VERB = re.compile(rf"\b(?:he|she) ((?:{ADVERB} )?)(\w+)\b", re.IGNORECASE)
_OBJECT_HER = re.compile(
    r"\bher(?=$|[.,;!?]| (?:and|or|but|to|in|at|on|for|with|feel|that|who|when|as|from|by|a|the)\b)"
)


def neutral(text: str) -> str:
    """The text with `they` for he and she: `what she loves about her job` -> `what they love about their job`."""
    text = _PRONOUN_VERB.sub(lambda found: f"they {found[1]}{_plural(found[2])}", text)
    text = _OBJECT_HER.sub("them", text)
    for pattern, word in (
        (r"\bs?he\b", "they"),
        (r"\bhis/her\b|\bhis or her\b|\bhis\b|\bher\b", "their"),
        (r"\bhim\b", "them"),
        (r"\bhimself\b|\bherself\b", "themselves"),
        (r"\bhers\b", "theirs"),
    ):
        text = re.sub(pattern, word, text, flags=re.IGNORECASE)
    return text


def _plural(verb: str) -> str:
    lower = verb.lower()
    irregular = {"is": "are", "was": "were", "has": "have", "does": "do", "isn't": "aren't", "doesn't": "don't"}
    if lower in irregular:
        return irregular[lower]
    return verb if lower in verbs.ADVERBS else verbs.base(verb)


def describes(sentence: str) -> bool:
    """Whether a sentence says something of a person: of he or she, of a name, or as a statement without subject."""
    bare = _expanded(sentence[:_MAX_LENGTH].rstrip(" .!"))
    if re.match(r"(?:I|you|we|it|this|that|there|please)\b", bare, re.IGNORECASE):
        return False
    return _predicate(bare) is not None or bool(verbs.opening(bare)[1])
