"""English verbs, as far as statements need them: is this a verb, and what is its base form."""

import re

_BASES = """
accept act add admit adopt advise agree aim allow announce answer apologise appear appreciate argue arrange arrive
ask attend attract avoid bake balance bargain barter bathe battle be become begin believe belong blog bottle bounce
box breed brew bring brush build buy call camp care carry carve catch cause change charge chase chat check cheer
chew choose claim clean climb coach coax collect comb come commit communicate commute compare compete complete
compose conduct confide connect consider consult contribute converse cook coordinate correct count cover crack craft
create crochet cross cultivate curate cut cycle dance deal decide decorate dedicate defend delight deliver
demonstrate deny design develop devote devour dig direct dislike dive do donate doubt draw dread dream drink drive
dry earn eat edit embody embrace emerge empathize employ encounter encourage end engage enjoy ensure enter entertain
envy escape exercise exhibit expect experiment explain explore express extend face fear feed feel fight fill finance
find finish fish fit fix flinch fly focus fold follow forage forget forgive foster frame freeze gain garden gather
gaze get give go greet grill grow grumble guard guide hand handle harvest hate haul have heal hear help hesitate
hide hike hold hope host hum hunt hurry identify ignore illustrate imagine import improve improvise include inherit
insist inspect inspire install instigate instruct interpret interrupt invest invite iron jog joke juggle jump kayak
keep kick knit know label lack laugh lead lean learn leave lend let lift light like listen live lock log long look
lose love maintain make manage march mark mean measure mediate meditate meet mend mentor milk mind miss mistake
mistrust mix motivate mourn move mow name nap navigate need notice nurture observe occupy offer open operate oppose
order organise organize overthink own paddle paint park participate pass patrol pay perceive perform persist phone
photograph pick picture plan plant play polish possess pour practice practise preach predict prefer prepare press
print prioritize process produce program promise promote protect prove provide publish pull purchase pursue push put
queue quit quote race raise react read rebuild recall recite recommend record reflect refuse regret relate relax
release rely remain remark remember remind rent repair repeat reply report rescue research resent reside respect
respond restore retain return review reward ride rise roast rock-climb roll rotate row run rush sail save say scan
score scroll scuba-dive sculpt search seat see seek seem sell send sense serve set settle sew shake shape share
shift shop show shut sign sing sit skate sketch ski skim skip sleep slip smell smile smoke sneak snowboard solve
sort spar speak specialise specialize spend spot spread squeeze stack stand stargaze start stay steer stem stick
stitch stop store stretch strive stroll struggle strum study style suffer suggest sum supervise support surf
surprise swear sweep swim swing switch tackle take talk taste teach tease tell tend test thank think thrive throw
tidy tie tinker tire touch tour trace trade train transform translate trap travel treat trim trust try tune turn
tutor type umpire undergo understand unwind upcycle update uphold use value vent view visit voice volunteer vote
wait wake walk wander want warm warn wash watch water wave wear weave weigh welcome whisper whittle wield win wish
withdraw wonder work worry wrangle wrap wrestle wring write yearn yell
"""
IRREGULAR = {"is": "be", "has": "have", "does": "do", "goes": "go", "was": "was", "were": "were"}
# Third-person forms that are as often the plural of a noun: a verb only where what follows says so.
_AMBIGUOUS_WORDS = """
acts answers arts bakes bands boxes calls cares changes cooks crafts cycles dances designs dives dreams drinks
drives faces feeds fights fishes gardens guides hikes hopes hunts interests jokes jumps laughs leads looks moves
paints parks plans plants plays programs promises races rides rocks rolls runs sails sculpts sets shares shops shows
sketches smiles sounds stands stops studies supports surfs swims talks tends tests tours trades trains travels turns
tutors types values views visits voices volunteers walks watches waters wishes wonders works smokes searches returns
repairs respects results remarks reports reviews rewards rows scores signs sorts spots stores styles tastes ties
"""
AMBIGUOUS = frozenset(_AMBIGUOUS_WORDS.split())
_PAST_WORDS = """
ate began bent bit blew bought broke brought built burnt came can cannot caught chose could cut dealt did drank
dreamt drew drove fell felt flew forged forgot fought found froze gave got grew had heard held hid hit hung hurt
kept knew lay learnt led left lent lost made meant met might must paid put quit ran rang read rode sang sank sat saw
sent set shot should slept sold spent spoke stole stood struck stuck swam swept swore taught thought threw told took
tore was went wept were will woke won wore would wrote
"""
_PAST = frozenset(_PAST_WORDS.split())
_ADVERBS_WORDS = """
once never always often usually rarely sometimes still also only just currently recently now frequently regularly
occasionally even typically generally seldom mostly normally really truly especially particularly then later hardly
passionately actively easily genuinely deeply simply constantly consistently quickly already almost nearly
previously formerly secretly proudly happily quietly openly readily naturally highly fully both
"""
ADVERBS = frozenset(_ADVERBS_WORDS.split())
_WORD = re.compile(r"[A-Za-z][A-Za-z'-]*")


def third(base: str) -> str:
    """Keep -> keeps, watch -> watches, carry -> carries."""
    if base in ("be", "have", "do", "go"):
        return {"be": "is", "have": "has", "do": "does", "go": "goes"}[base]
    if base.endswith(("s", "sh", "ch", "x", "z", "o")):
        return base + "es"
    if base.endswith("y") and base[-2] not in "aeiou":
        return base[:-1] + "ies"
    return base + "s"


BASES = frozenset(_BASES.split())
THIRD = {third(base): base for base in BASES} | {"quits": "quit", "cannot": "cannot"}


def is_third(word: str) -> bool:
    """Whether the word can be a verb in the third person: known, or it looks like one."""
    word = word.lower()
    return word in THIRD or word in IRREGULAR


def is_past(word: str) -> bool:
    word = word.lower()
    return word in _PAST or (word.endswith("ed") and len(word) > 4)


def base(word: str) -> str:
    """The base form of a third-person verb, by the book for unknown ones; what is none comes back as it was."""
    lower = word.lower()
    if lower in THIRD:
        return THIRD[lower]
    if lower in IRREGULAR:
        return IRREGULAR[lower]
    if lower.endswith("ies") and len(lower) > 4:
        return lower[:-3] + "y"
    if lower.endswith(("sses", "shes", "ches", "xes", "zzes", "oes")):
        return lower[:-2]
    if lower.endswith("s") and not lower.endswith(("ss", "us", "is")):
        return lower[:-1]
    return lower


def opening(text: str) -> tuple[list[str], str, str]:
    """Adverbs, verb and rest of a text that begins like a statement; the verb is empty where it does not."""
    words = text.split()
    adverbs = []
    while words and words[0].lower() in ADVERBS and len(words) > 1:
        adverbs.append(words.pop(0))
    if words and _WORD.fullmatch(words[0]) and _looks_like_verb(words):
        return adverbs, words[0], " ".join(words[1:])
    return adverbs, "", " ".join(words)


def _looks_like_verb(words: list[str]) -> bool:
    first = words[0].lower()
    if is_third(first) or is_past(first):
        return True
    # An unknown word in -s at the beginning ("Umpires schoolboy cricket"), unless what follows makes it a noun.
    following = words[1].lower() if len(words) > 1 else ""
    return (
        first.endswith("s")
        and not first.endswith(("ss", "us", "is", "'s"))
        and first not in ("his", "hers", "as", "this", "its")
        and following not in ("is", "are", "was", "were", "of", "have", "has", "and")
    )
