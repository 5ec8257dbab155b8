"""The full world: people from everywhere, as profiles (facts of a life) and personalities (traits)."""

import re
from collections.abc import Sequence
from functools import cache

from pipelines.rehearsal.draw import Draw
from pipelines.rehearsal.world import hobbies, homes, life, places, stories, traits, work
from pipelines.rehearsal.world.grammar import Line, Person, choose, fill, lines

NOW = 2025  # years in the texts are counted back from here
# The share of each household at an age from the one given up to the next.
_HOUSEHOLDS = {
    18: {"parents": 45, "flatmates": 35, "alone": 15, "partner": 5},
    23: {"flatmates": 25, "parents": 18, "alone": 20, "partner": 22, "kids": 15},
    30: {"kids": 45, "partner": 20, "alone": 25, "parents": 6, "flatmates": 4},
    46: {"kids": 28, "partner": 30, "alone": 27, "grandkids": 15},
    59: {"partner": 34, "grandkids": 30, "alone": 16, "widowed": 20},
    76: {"widowed": 40, "care": 24, "partner": 15, "grandkids": 21},
}
_EXTRAS = ("animal", "thing", "habit", "circumstance", "detail")
_PLACE = re.compile(r"(.+?) \[(.+?)\] (.+)")


def profile(draw: Draw) -> list[str]:
    """8 to 11 facts of a life that hang together."""
    person, dishes = _person(draw)
    job, _, detail = _work(person, draw).partition(" // ")
    old = "care" in person.tags
    said = {
        "age": choose(homes.AGES, person, draw),
        "home": choose(homes.HOMES, person, draw),
        "work": job,
        "household": choose(homes.HOUSEHOLDS, person, draw),
        "meal": choose(life.MEALS, person, draw),
        "hobby": choose(life.CARE_HOBBIES if old else hobbies.HOBBIES, person, draw),
        "animal": choose(life.ANIMALS, person, draw),
        "thing": choose(life.THINGS, person, draw),
        "habit": choose(life.CARE_HABITS if old else life.HABITS, person, draw),
        "circumstance": choose(life.CIRCUMSTANCES, person, draw),
        "detail": detail,
        "story": choose(stories.STORIES, person, draw),
    }
    slots = {**person.slots, "dish": draw.pick(dishes)}
    order = [part for part in _order(draw) if said[part]]
    return [fill(said[part], draw, {**slots, "year": _year(person.age, draw)}) for part in order]


def _order(draw: Draw) -> list[str]:
    """Which parts a profile has, in which order: mostly who and where first, a story last."""
    extras = draw.sample(_EXTRAS, draw.between(2, 4))
    middle = draw.sample(["household", "meal", "hobby", *(extra for extra in extras if extra != "detail")], 9)
    job = ["work", "detail"] if "detail" in extras else ["work"]
    opening = draw.pick((["age", "home", *job], ["age", "home", *job], ["home", "age", *job], [*job, "age", "home"]))
    story = ["story"] if len(middle) < 5 or draw.chance(0.75) else []
    return [*opening, *middle, *story]


def _person(draw: Draw) -> tuple[Person, list[str]]:
    age = draw.between(18, 95) if draw.chance(0.5) else draw.between(18, 66)  # most adults are not old
    household = _household(age, draw)
    stage = _stage(age, draw)
    # Nobody studies, shares a flat or finds a care home in the middle of nowhere.
    away = {"remote", "village"} if stage == "student" or household in ("care", "flatmates") else set()
    while True:
        name, tags, dishes = draw.pick(_places())
        if tags.isdisjoint(away):
            break
    slots = {"age": str(age), "next_age": str(age + 1), "an_age_th": _ordinal(age), "place": name}
    person = Person(age, frozenset(tags | {household, stage}), slots)
    return person, dishes


@cache
def _places() -> tuple[tuple[str, set[str], list[str]], ...]:
    found = [_PLACE.fullmatch(line) for line in places.PLACES.splitlines() if line]
    return tuple((place[1], set(place[2].split()), place[3].split("; ")) for place in found if place)


def _household(age: int, draw: Draw) -> str:
    shares = next(shares for start, shares in reversed(_HOUSEHOLDS.items()) if age >= start)
    left = draw.below(sum(shares.values()))
    for household, share in shares.items():
        if left < share:
            return household
        left -= share
    raise AssertionError


def _stage(age: int, draw: Draw) -> str:
    if age > 66 or (age > 59 and draw.chance(0.5)):
        return "retired"
    if age < 27 and draw.chance(0.5):
        return "student"
    return "idle" if draw.chance(0.15) else "working"


def _work(person: Person, draw: Draw) -> str:
    if "retired" in person.tags:
        return choose(work.RETIRED, person, draw)
    if "idle" in person.tags:
        return choose(work.IDLE, person, draw)
    if "student" in person.tags:
        return f"{choose(work.STUDY, person, draw)} // {choose(work.STUDENT_JOBS, person, draw)}"
    return choose(work.WORK, person, draw)


def _year(age: int, draw: Draw) -> str:
    """A year of the person's adult life."""
    return str(NOW - draw.below(max(2, min(age - 17, 30))) - 1)


def _ordinal(number: int) -> str:
    """33 -> a 33rd, with the article that the number's word asks for."""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    article = "an" if number in (8, 11, 18) or 80 <= number < 90 else "a"
    return f"{article} {number}{ending}"


def personality(draw: Draw) -> list[str]:
    """8 to 10 traits, at least two of them about replies, none the opposite of another."""
    manners = draw.sample(traits.MANNERS, draw.between(6, 7))
    wishes = [draw.pick(traits.LIKES), draw.pick(traits.DISLIKES)]
    if draw.chance(0.4):
        wishes.append(draw.pick([axis for axis in traits.LIKES + traits.DISLIKES if axis not in wishes]))
    tags: set[str] = set()
    said = []
    for axis in [*manners, *wishes]:
        line = _agreeing(axis, tags, draw)
        tags |= line.needs
        said.append(line.text.partition(" ~ ")[0])
    return said


def echo(statements: Sequence[str], draw: Draw) -> list[str]:
    """Too much like a text that is known: all of it but one statement."""
    left_out = draw.pick(range(len(statements)))  # nothing new is put in: it could be a second age or home
    return [statement for number, statement in enumerate(statements) if number != left_out]


def _agreeing(axis: str, tags: set[str], draw: Draw) -> Line:
    barred = {other for pair in traits.OPPOSED for tag, other in (pair, pair[::-1]) if tag in tags}
    return draw.pick([line for line in lines(axis) if not line.needs & barred])


@cache
def voices() -> dict[str, str]:
    """What somebody types who has a trait, by trait; `@...` is a manner of writing."""
    axes = traits.MANNERS + traits.LIKES + traits.DISLIKES
    return dict(line.text.split(" ~ ") for axis in axes for line in lines(axis))
