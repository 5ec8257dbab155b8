"""Trees of the micro world as the commands here read them: turn by turn along the path that a dialogue took."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import Any

from training.options import UserError, first_line

UNKNOWN = "any"
"""Stands where a value would, as long as the user has not told it."""
Tree = Mapping[str, Any]
"""A row of the config `trees`."""
Messages = list[dict[str, str]]


@dataclass(frozen=True)
class Turn:
    """One message of a user, what led to it, and what can be answered."""

    number: int  # from 1
    path: Messages  # as the dialogue went; ends with the message
    facts: Mapping[str, str]  # slot to value, as far as they have been disclosed
    traits: int  # how many have been disclosed
    replies: Mapping[str, str]  # by responder


def load(dataset: str, split: str) -> list[Tree]:
    """The trees of one split.

    Raises:
        UserError: no such dataset or split, or what it holds are no trees.
    """
    import datasets

    try:
        with TemporaryDirectory() as cache:  # the usual one keeps the rows of a folder that was made anew since
            rows = datasets.load_dataset(dataset, split=split, cache_dir=cache, keep_in_memory=True)
    except (OSError, ValueError, datasets.exceptions.DatasetsError) as error:
        raise UserError(f"--dataset_name {dataset}, split {split}: {first_line(error)}") from error
    if missing := {"facts", "nodes", "profile"}.difference(rows.column_names):
        raise UserError(
            f"--dataset_name {dataset}: no column {', '.join(sorted(missing))}; trees are needed, as of "
            "`python pipelines/trees.py --world micro`"
        )
    if not len(rows):
        raise UserError(f"--dataset_name {dataset}: split {split} is empty")
    return list(rows.to_list())


def read_fact(statement: str) -> tuple[str, str]:
    """Slot and value.

    >>> read_fact("Pet is cat.")
    ('pet', 'cat')

    Raises:
        UserError: the statement is of another form.
    """
    if not (found := re.fullmatch(r"(\w+) is (\w+)\.", statement)):
        raise UserError(
            f"{statement!r} is no fact of the micro world, such as 'Pet is cat.': these commands need trees of "
            "`python pipelines/trees.py --world micro`"
        )
    return found[1].lower(), found[2]


def turns(tree: Tree) -> list[Turn]:
    """The turns of a tree along the path that its dialogue took.

    Raises:
        UserError: a fact is not of the micro world.
    """
    facts = [read_fact(statement) for statement in tree["facts"]]
    path: Messages = []
    found = []
    for node in tree["nodes"]:
        if node["role"] != "user":
            continue
        path = [*path, {"role": "user", "content": node["content"]}]
        replies = [reply for reply in tree["nodes"] if reply["parent"] == node["id"]]
        told = [number for number in node["disclosed"] if number < len(facts)]
        found.append(
            Turn(
                number=node["turn"],
                path=path,
                facts=dict(facts[number] for number in told),
                traits=len(node["disclosed"]) - len(told),
                replies={reply["responder"]: reply["content"] for reply in replies},
            )
        )
        path = path + [{"role": "assistant", "content": reply["content"]} for reply in replies if reply["continued"]]
    return found


def values(trees: Sequence[Tree]) -> dict[str, list[str]]:
    """The values of each slot, both in order of the alphabet.

    Raises:
        UserError: a fact is not of the micro world.
    """
    found: dict[str, set[str]] = {}
    for slot, value in (read_fact(statement) for tree in trees for statement in tree["facts"]):
        found.setdefault(slot, set()).add(value)
    return {slot: sorted(found[slot]) for slot in sorted(found)}
