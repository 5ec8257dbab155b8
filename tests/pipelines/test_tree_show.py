"""A tree in the terminal: all of it, in order, and inert."""

import io

import pytest
from rich.console import Console

from pipelines.schema import Responder, TreeRow
from pipelines.tree_show import show
from tests.pipelines.trees import VOTES_DIFFER, Exchange, chain, grow, with_node


def printed(tree: TreeRow, width: int = 80, *, terminal: bool = False) -> str:
    output = io.StringIO()
    show(tree, Console(file=output, width=width, force_terminal=terminal, highlight=False, soft_wrap=True))
    return output.getvalue()


def flat(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("width", [40, 80, 120])
def test_persona_messages_labels_and_what_was_shown_are_all_there(width: int) -> None:
    tree = grow(turns=3)
    told = flat(printed(tree, width))
    for text in (*tree.facts, *tree.traits, *(node.content for node in tree.nodes)):
        assert flat(text) in told
    assert told.count("+ tailored, preferred, went on") == 2
    assert told.count("- generic, rejected") == 3
    judged = "judge: margin 0.44; tailored to generic 9 to 4 (tailored first), 8 to 5 (generic first)"
    assert told.count(judged) == 3
    assert f"shows: {tree.facts[0]}" in told
    assert f"turn 3 {tree.facts[2]}" in told
    assert f"not yet {tree.facts[4]}" in told
    assert all(len(line) <= width for line in printed(tree, width).splitlines())


def test_an_undecided_pair_and_one_without_votes_say_so() -> None:
    tree = chain(
        [Exchange("Hello.", "Hi!", "Good day to you.", VOTES_DIFFER), Exchange("So?", "Yes.", "It depends.", [])]
    )
    told = flat(printed(tree))
    assert "= tailored, undecided, went on Hi!" in told
    assert "= generic, undecided It depends. judge: no votes" in told


def test_each_branch_is_told_once_with_all_the_forks_that_lead_to_it() -> None:
    def exchange(turn: int, place: int) -> Exchange:
        both: tuple[Responder, ...] = ("tailored", "generic") if turn <= 2 else ("tailored",)
        return Exchange(f"Said {place}.", f"Warm {place}!", f"In general, take {place} at a time.", goes_on=both)

    tree = grow(exchange, turns=4)
    told = printed(tree)
    assert [line.strip() for line in told.splitlines() if line.startswith("---")] == [
        "--- branch 1 of 4 ---",
        "--- branch 2 of 4: from turn 1, tailored reply > turn 2, generic reply ---",
        "--- branch 3 of 4: from turn 1, generic reply ---",
        "--- branch 4 of 4: from turn 1, generic reply > turn 2, generic reply ---",
    ]
    assert told.count("turn 4, user  (branch 3 of 4)") == 1
    assert all(told.count(node.content) == 1 for node in tree.nodes)
    assert "branch" not in printed(grow())


def test_markup_and_escape_sequences_of_a_text_are_shown_and_not_obeyed() -> None:
    hostile = "\x1b[2J\x1b]0;title\x07 [bold red]x[/bold red] [/] \u202egpj.exe\u202c \x9b31m"
    told = printed(with_node(grow(), 0, content=hostile), terminal=True)
    assert "[bold red]x[/bold red] [/]" in told
    assert "\x1b[2J" not in told
    assert not {"\x07", "\x9b", "\u202e", "\u202c"} & set(told)
