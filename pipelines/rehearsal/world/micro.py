"""The micro world's language: a closed vocabulary of about 420 words, small enough to train a model on from nothing.

A profile has one fact a slot (`Pet is cat.`), a personality five traits of five groups. In the chat a person says a
fact as `my pet is cat .`, shows a trait by its cue, and asks about a topic, which concerns two slots:

    good morning to you . my food is pizza . any idea for a dinner ?

A reply has one grammar, with what is known in its places, and the forms that the known traits ask for:

    dear friend , for your dinner , try a cozy feast with food pizza and drink any . i hope this helps you .
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from pipelines.rehearsal.draw import Draw

_SLOTS = """
job archivist baker butler carpenter cashier chemist courier dancer doctor engineer firefighter gardener geologist
    jeweller journalist locksmith mechanic optician pharmacist potter roofer shepherd translator welder
city accra antwerp bergen bogota bristol cologne dakar geneva glasgow havana istanbul jakarta lagos malmo manila
    montreal nairobi naples osaka porto salzburg turin vilnius zagreb
pet beagle budgie canary cat chinchilla cockatoo collie ferret gecko gerbil goldfish guppy hamster hedgehog iguana
    kitten mouse parrot poodle puppy rabbit rat tortoise turtle
food bagels bread burritos casserole chili couscous crepes curry dumplings falafel goulash gnocchi hummus lasagna
    lentils noodles omelette paella pancakes pizza polenta ramen risotto sushi
drink ale buttermilk chai champagne cider cocoa coffee cola eggnog espresso kefir kombucha lassi lemonade mead milk
    punch rum sake sherry smoothie tea tonic whisky
hobby astronomy baking birding bonsai calligraphy chess crochet drawing embroidery fishing genealogy juggling kites
    knitting magic marbles origami photography poetry pottery puzzles quilting stamps woodwork
sport archery badminton baseball biathlon bowling boxing climbing cricket curling cycling darts fencing golf handball
    hockey judo karate rowing rugby sailing skating squash surfing tennis
music ballads bluegrass blues bossa choir country disco drumming fado folk funk gospel grunge house jazz mariachi
    opera polka punk ragtime reggae samba swing techno
color amber beige black blue bronze crimson emerald gold gray green indigo ivory khaki lilac magenta mauve navy ochre
    olive pink red silver teal white
plant agave aloe azalea bamboo basil begonia cactus clover daisy fern geranium ginkgo heather iris ivy jasmine
    lavender lily maple mint orchid poppy thyme tulip
"""
SLOTS: dict[str, tuple[str, ...]] = {
    slot: tuple(values) for slot, *values in map(str.split, re.split(r"\n(?! )", _SLOTS.strip()))
}
"""Slot -> its 24 values; no value is any other word of the world."""
SLOT_OF = {value: slot for slot, values in SLOTS.items() for value in values}


@dataclass(frozen=True, slots=True)
class Topic:
    """What a reply about it can use, and what it can suggest."""

    slots: tuple[str, str]
    things: tuple[str, ...]


_TOPICS = """
dinner  food drink:   feast grill buffet supper
weekend hobby city:   cabin market fair museum
party   music drink:  costume lantern toast playlist
trip    city sport:   cruise camp beach tour trail
present hobby color:  card basket ribbon parcel
room    color plant:  rug shelf mirror curtain lamp
yard    plant pet:    fence pond bench path hut
stroll  pet city:     park river hill bridge
team    sport job:    badge banner trophy league
desk    job plant:    vase drawer folder clock
concert music color:  stage ticket balcony poster
picnic  food pet:     blanket meadow hamper shade
"""
TOPICS = {
    topic: Topic((first, second), tuple(things.split()))
    for line in _TOPICS.strip().splitlines()
    for (topic, first, second), things in [(line.partition(":")[0].split(), line.partition(":")[2])]
}
_ADJECTIVES = """
cozy bright quiet simple fresh lovely small calm bold neat rare merry
"""
ADJECTIVES = tuple(_ADJECTIVES.split())


@dataclass(frozen=True, slots=True)
class Trait:
    """A manner: what the persona says of it, what its person types, and what a reply that meets it says."""

    group: str  # two traits of one group exclude each other
    statement: str
    cue: str
    form: str  # empty: a reply meets it by closing without a word


TRAITS = (
    Trait("tone", "Writes in a formal tone.", "good morning to you .", "dear friend ,"),
    Trait("tone", "Jokes like a playful child.", "hey hey , lol .", "haha buddy ,"),
    Trait("length", "Wants answers kept short.", "keep it short .", ""),
    Trait("length", "Asks to hear every single step.", "tell me every step .", "first look around , then take time ."),
    Trait("turn", "Enjoys being questioned back.", "ask me back too .", "what do you think ?"),
    Trait("turn", "Leaves decisions to others.", "just decide for me .", "this is settled ."),
    Trait("warmth", "Needs cheers before a start.", "cheer me on .", "you can do it !"),
    Trait("warmth", "Feels rushed and seeks calm.", "i feel so rushed .", "there is no hurry ."),
    Trait("grounds", "Looks for the reason behind it.", "and say why .", "because it suits you ."),
    Trait("grounds", "Minds what things cost.", "mind the price .", "it costs very little ."),
    Trait("marks", "Puts smileys into messages.", ":)", "^_^"),
    Trait("marks", "Shouts hooray out of joy.", "hooray !", "hip hip !"),
)
GROUPS = tuple(dict.fromkeys(trait.group for trait in TRAITS))  # in the order of their forms in a reply
DEFAULTS = {"tone": "sure ,", "length": "i hope this helps you ."}  # what a reply says where no trait asks otherwise
TRAITS_EACH = 5  # of a personality

UNKNOWN = "any"  # stands for a value that was not disclosed
TOLD = "my {slot} is {value} ."
QUESTIONS = ("what about my {topic} ?", "please plan my {topic} .", "any idea for a {topic} ?")
PLEASED, DISPLEASED = "great .", "hmm ."
ADVICE = "for your {topic} , try a {adjective} {thing} with {first} {first_value} and {second} {second_value} ."
_FACT = re.compile(r"([A-Z][a-z]+) is ([a-z]+)\.")
_TRAIT = {trait.statement: trait for trait in TRAITS}


@cache
def vocabulary() -> tuple[str, ...]:
    """Every word that is said in the chat, sorted."""
    texts = [*SLOTS, *SLOT_OF, *TOPICS, *ADJECTIVES, UNKNOWN, TOLD, *QUESTIONS, PLEASED, DISPLEASED, ADVICE]
    texts += [thing for topic in TOPICS.values() for thing in topic.things]
    texts += [text for trait in TRAITS for text in (trait.cue, trait.form)]
    words = {word for text in (*texts, *DEFAULTS.values()) for word in text.split()}
    return tuple(sorted(word for word in words if "{" not in word))


def fact(slot: str, value: str) -> str:
    """`Pet is cat.`"""
    return f"{slot.capitalize()} is {value}."


def profile(draw: Draw) -> list[str]:
    """One fact a slot, in a drawn order."""
    return [fact(slot, draw.pick(SLOTS[slot])) for slot in draw.sample(tuple(SLOTS), len(SLOTS))]


def personality(draw: Draw) -> list[str]:
    """Five traits of five groups, in a drawn order."""
    groups = draw.sample(GROUPS, TRAITS_EACH)
    return [draw.pick([trait for trait in TRAITS if trait.group == group]).statement for group in groups]


def echo(statements: Sequence[str], draw: Draw) -> list[str]:
    """Too much like a text that is known: of a profile one value is drawn anew, of a personality only the order."""
    statements = draw.sample(statements, len(statements))
    for slot in known(statements[:1]).facts:
        statements[0] = fact(slot, draw.pick(SLOTS[slot]))
    return statements


@dataclass(frozen=True, slots=True)
class Known:
    """What statements say: slot -> value, and traits."""

    facts: Mapping[str, str]
    traits: tuple[Trait, ...]


def known(statements: Iterable[str]) -> Known:
    """Reads statements; what is none of this world's says nothing."""
    statements = list(statements)
    return Known(
        dict(filter(None, map(_fact, statements))),
        tuple(_TRAIT[statement] for statement in statements if statement in _TRAIT),
    )


def is_spoken(statements: Iterable[str]) -> bool:
    """Whether all are statements of this world."""
    return all(_fact(statement) or statement in _TRAIT for statement in statements)


def _fact(statement: str) -> tuple[str, str] | None:
    found = _FACT.fullmatch(statement)
    return (SLOT_OF[found[2]], found[2]) if found and SLOT_OF.get(found[2]) == found[1].lower() else None


def says(text: str, phrase: str) -> bool:
    """Whether the words of a phrase stand in a text, one after the other."""
    return f" {phrase} " in f" {' '.join(text.split())} "


def topic_of(text: str) -> str | None:
    """The topic that a text speaks of; of several the first."""
    return next((word for word in text.split() if word in TOPICS), None)


def compose(topic: str, what: Known, draw: Draw) -> str:
    """The reply that uses all that is known; adjective and thing by lot."""
    first, second = TOPICS[topic].slots
    forms = DEFAULTS | {trait.group: trait.form for trait in what.traits}
    advice = ADVICE.format(
        topic=topic,
        adjective=draw.pick(ADJECTIVES),
        thing=draw.pick(TOPICS[topic].things),
        first=first,
        first_value=what.facts.get(first, UNKNOWN),
        second=second,
        second_value=what.facts.get(second, UNKNOWN),
    )
    opening, *rest = (forms.get(group, "") for group in GROUPS)
    return " ".join(part for part in (opening, advice, *rest) if part)


def values_in(reply: str) -> set[str]:
    """The values that a reply names."""
    return {word for word in reply.split() if word in SLOT_OF}


def forms_in(reply: str) -> set[Trait]:
    """The traits whose form a reply has; the one without a word, where it closes neither in one way nor in another."""
    taken = {trait for trait in TRAITS if trait.form and says(reply, trait.form)}
    closed = says(reply, DEFAULTS["length"]) or any(trait.group == "length" for trait in taken)
    return taken if closed else taken | {trait for trait in TRAITS if not trait.form}


@dataclass(frozen=True, slots=True)
class Reading:
    """A reply, held against what was disclosed. Only that counts: a value guessed right is unfounded like a wrong one.

    All but `on_topic` are counts.
    """

    on_topic: bool  # it names the topic and one of its things
    usable: int  # disclosed facts of the topic: 0 to 2
    named: int  # of these, those that it names
    met: int  # disclosed traits whose form it has
    unfounded: int  # values that it names and forms that it has, not disclosed


def read(reply: str, topic: str, disclosed: Known) -> Reading:
    """Reads a reply about a topic."""
    values, forms = values_in(reply), forms_in(reply)
    usable = {disclosed.facts[slot] for slot in TOPICS[topic].slots if slot in disclosed.facts}
    words = set(reply.split())
    return Reading(
        on_topic=topic in words and not words.isdisjoint(TOPICS[topic].things),
        usable=len(usable),
        named=len(values & usable),
        met=len(forms.intersection(disclosed.traits)),
        unfounded=len(values.difference(disclosed.facts.values())) + len(forms.difference(disclosed.traits)),
    )
