"""The micro world's model: its curriculum, its recall, and the command that makes it."""

import json
import random
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.rehearsal.world import micro
from tests.training.micro_trees import TURNS, grown
from tests.training.runs import REPO, Runs
from tests.training.tiny import Row, write_trees
from training.micro import base, curriculum, recall
from training.micro.dialogue import Turn, load, read_fact, turns
from training.options import UserError

TREES = [grown(number) for number in range(6)]
KNOWN = set(micro.SLOT_OF)


def said(row: curriculum.Row) -> str:
    """All that the user of a row has said."""
    return " ".join(message["content"] for message in row["prompt"] if message["role"] == "user")


@given(st.integers(0, 2**32), st.integers(1, 6))
def test_a_row_is_a_dialogue_that_the_users_message_ends_and_one_reply(seed: int, trees: int) -> None:
    for row in (row for lesson in curriculum.lessons(TREES[:trees], 8, random.Random(seed)) for row in lesson):
        roles = [message["role"] for message in row["prompt"]]
        assert roles == ["user", "assistant"] * (len(roles) // 2) + ["user"]
        (reply,) = row["completion"]
        assert reply["role"] == "assistant"
        assert all(message["content"] == " ".join(message["content"].split()) for message in row["prompt"] + [reply])


@given(st.integers(0, 2**32))
def test_a_list_holds_what_the_user_has_told_in_the_order_of_the_slots_and_nothing_else(seed: int) -> None:
    lists = 0
    for row in (row for lesson in curriculum.lessons(TREES, 16, random.Random(seed)) for row in lesson):
        reply = row["completion"][0]["content"]
        if not row["prompt"][-1]["content"].endswith(curriculum.ASK):
            assert reply.startswith("sure , for your ")
            assert not KNOWN.intersection(reply.split())
            continue
        lists += 1
        told = dict(re.findall(r"my (\w+) is (\w+) \.", said(row)))
        *words, end = reply.split()
        assert end == "."
        assert words[::2] == sorted(micro.SLOTS)
        assert dict(zip(words[::2], words[1::2], strict=True)) == {slot: told.get(slot, "any") for slot in words[::2]}
    assert lists == 12 + 12 + 4 + 8


def test_nobody_is_adapted_to_the_last_reply_is_generic_whatever_the_dialogue_was() -> None:
    generic = {turn.replies["generic"] for tree in TREES for turn in turns(tree)}
    for lesson in curriculum.lessons(TREES, 40, random.Random(0)):
        for row in lesson:
            if not row["prompt"][-1]["content"].endswith(curriculum.ASK):
                assert row["completion"][0]["content"] in generic


def test_a_dialogue_is_the_path_that_was_taken_and_the_reply_before_the_list_is_generic() -> None:
    roles = {"user": "user", "tailored": "assistant", "generic": "assistant"}
    for tree in TREES:
        taken = [node for node in tree["nodes"] if node["continued"]]
        path = [{"role": roles[node["responder"] or "user"], "content": node["content"]} for node in taken]
        for number, turn in enumerate(turns(tree)):
            assert turn.path == path[: 2 * number + 1]
            prompt = curriculum.recalled(curriculum.language(TREES), turn)["prompt"]
            assert prompt[:-2] == turn.path
            assert prompt[-2]["content"] == turn.replies["generic"]


def test_lessons_grow_longer_and_only_the_last_has_whole_dialogues() -> None:
    lengths = [max(len(row["prompt"]) for row in one) for one in curriculum.lessons(TREES, 200, random.Random(0))]
    assert lengths == [1, 5, 2 * TURNS + 1]


def test_the_language_is_that_of_the_dataset_it_is_given() -> None:
    words = curriculum.language(TREES[:2])
    told = [read_fact(fact) for tree in TREES[:2] for fact in tree["facts"]]
    assert {(slot, value) for slot, values in words.values.items() for value in values} == set(told)
    assert words.sentences == ["my {slot} is {value} ."]


def test_the_seed_decides_the_lessons() -> None:
    first, again, other = (curriculum.lessons(TREES, 8, random.Random(seed)) for seed in (0, 0, 1))
    assert first == again != other


def test_the_curriculum_needs_no_torch() -> None:
    code = "import sys, training.micro.curriculum, training.micro.recall; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=REPO, check=True, timeout=60)


@pytest.mark.parametrize(
    ("reply", "topic", "facts", "manner"),
    [
        (
            "sure , for your walk , try a calm park with pet cat and city any . i hope this helps you .",
            "walk",
            {("pet", "cat")},
            {"sure ,", "i hope this helps you ."},
        ),
        (
            "dear friend , for your walk , try a park with pet cat and city oslo . what do you think ? hip hip ! ^_^",
            "walk",
            {("pet", "cat"), ("city", "oslo")},
            {"dear friend ,", "what do you think ?", "hip hip !", "^_^"},
        ),
        ("sure , for your walk , try a calm park with pet any and city any .", "walk", set(), {"sure ,"}),
        ("sure , for your walk , try a park with city cat .", "walk", {("city", "cat")}, {"sure ,"}),
        ("cat cat", "", {("", "cat"), ("cat", "cat")}, {"cat cat"}),
        ("", "", set(), {""}),
        ("sure , for your", "", set(), {"sure , for your"}),
    ],
)
def test_a_reply_is_read_by_its_shape(reply: str, topic: str, facts: set[tuple[str, str]], manner: set[str]) -> None:
    assert recall.read(reply, {"cat", "oslo"}) == recall.Reading(topic, frozenset(facts), frozenset(manner))


WALK = Turn(
    number=3,
    path=[{"role": "user", "content": "keep it short . my city is oslo . please plan my walk ."}],
    facts={"pet": "cat", "city": "oslo", "food": "pie"},
    traits=2,
    replies={
        "tailored": "dear friend , for your walk , try a calm park with pet cat and city oslo .",
        "generic": "sure , for your walk , try a neat hill with pet any and city any . i hope this helps you .",
    },
)


@pytest.mark.parametrize(
    ("reply", "found"),
    [
        (WALK.replies["tailored"], [1, 0, 1, 1, 1]),
        (WALK.replies["generic"], [0, 0, 0, 0, 1]),
        ("dear friend , for your walk , try a bold hill with pet cat and city any .", [0.5, 0, 1, 1, 1]),
        ("dear friend , for your walk , try a bold hill with pet dog and city oslo . ^_^", [0.5, 1, 0.5, 0, 1]),
        ("dear friend , for your walk , try a bold hill with pet oslo and city cat .", [0, 2, 1, 1, 1]),  # other slots
        ("dear friend , for your meal , try a hot pot with food pie and pet cat .", [0.5, 0, 1, 1, 0]),
        ("cat oslo", [0, 2, 0, 0, 0]),
        ("", [0, 0, 0, 0, 0]),
    ],
)
def test_each_figure_of_one_reply(reply: str, found: list[float]) -> None:
    shares = recall.shares(reply, WALK, {"cat", "dog", "oslo", "pie"})
    assert [counted / of for counted, of in shares] == found


def test_manner_counts_only_where_a_trait_and_recall_only_where_a_fact_has_been_disclosed() -> None:
    stranger = Turn(1, WALK.path, {}, 0, dict.fromkeys(WALK.replies, WALK.replies["generic"]))
    assert [of for _, of in recall.shares(WALK.replies["generic"], stranger, KNOWN)] == [0, 1, 0, 0, 1]


def measured(replies: list[str], trees: list[Row]) -> dict[str, recall.Figure]:
    rows = [(turn, tree["profile"]) for tree in trees for turn in turns(tree)]
    asked, profiles = [turn for turn, _ in rows], [profile for _, profile in rows]
    return dict(zip(recall.FIGURES, recall.figures(replies, asked, profiles, KNOWN), strict=True))


@pytest.mark.parametrize(("responder", "bound"), [("tailored", 1.0), ("generic", 0.0)])
def test_the_datas_own_replies_are_the_bounds(responder: str, bound: float) -> None:
    found = measured([turn.replies[responder] for tree in TREES for turn in turns(tree)], TREES)
    assert (found["recall"].all, found["recall"].low, found["recall"].high) == (bound, bound, bound)
    assert found["whole manner"].all == bound
    assert found["unfounded"].by_turn == [0.0] * TURNS
    assert found["on topic"].by_turn == [1.0] * TURNS
    assert np.isnan(found["manner"].by_turn[0])  # no trait is shown in the first message
    assert found["manner"].all == 1 if bound else 0 < found["manner"].all < 0.5


def test_turns_are_told_apart() -> None:
    replies = [turn.replies["tailored" if turn.number > 3 else "generic"] for tree in TREES for turn in turns(tree)]
    found = measured(replies, TREES)["whole manner"].by_turn
    assert found[1:] == [0.0, 0.0, 1.0, 1.0, 1.0]


def test_personas_of_one_profile_are_no_independent_evidence() -> None:
    """Half of the profiles right, half wrong: copies of the same profiles must not narrow the interval."""

    def width(copies: int) -> float:
        trees = [grown(100 * copy + number, profile=number) for copy in range(copies) for number in range(8)]
        replies = [
            turn.replies["tailored" if number % 2 else "generic"]
            for number, tree in enumerate(trees)
            for turn in turns(tree)
        ]
        found = measured(replies, trees)["whole manner"]
        return found.high - found.low

    assert width(8) > 0.9 * width(1)


def test_the_table_has_a_line_for_each_model_in_each_block() -> None:
    replies = [turn.replies["generic"] for tree in TREES for turn in turns(tree)]
    text = recall.table({"out/a": list(measured(replies, TREES).values())})
    blocks = text.split("\n\n")
    assert [block.splitlines()[0].split("  ")[0] for block in blocks] == list(recall.FIGURES)
    assert all(len(block.splitlines()) == 2 for block in blocks)
    assert all(len(one) == len(other) for block in blocks for one, other in pairwise(block.splitlines()[1:]))
    assert "nan" not in text


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    splits = {"train": TREES, "test": [grown(number) for number in (10, 11)]}
    return write_trees(tmp_path_factory.mktemp("micro") / "i2a/trees", {"trees": splits})


def test_without_a_model_the_command_tells_the_bounds(release: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = release.parent / "figures.json"
    assert recall.main(["--dataset_name", str(release), "--json", str(out)]) == 0
    assert capsys.readouterr().out.startswith("12 messages of 2 dialogues with users of 2 profiles")
    figures = json.loads(out.read_text())
    assert figures["(tailored reply)"]["recall"]["all"] == 1
    assert figures["(generic reply)"]["recall"]["all"] == 0
    assert figures["(generic reply)"]["manner"]["by_turn"][0] is None


def test_only_the_train_split_is_used(release: Path, tmp_path: Path) -> None:
    """A test split in which nothing is as it should be makes no difference."""
    other = {"train": TREES, "test": [{**TREES[0], "facts": ["This is no fact"], "nodes": TREES[0]["nodes"][:1]}]}
    again = load(str(write_trees(tmp_path / "i2a/trees", {"trees": other})), "train")
    assert curriculum.vocabulary(again) == curriculum.vocabulary(load(str(release), "train"))


@pytest.mark.parametrize(
    ("trees", "message"),
    [
        ([{**TREES[0], "facts": ["Keeps a cat."]}], "'Keeps a cat.' is no fact of the micro world"),
        ([{"tree_id": "t-0"}], "no column facts, nodes, profile; trees are needed"),
    ],
)
def test_other_data_is_told_apart(
    trees: list[Row], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_trees(tmp_path / "i2a/trees", {"trees": {"train": trees, "test": trees}})
    assert recall.main(["--dataset_name", str(folder)]) == 2
    assert message in capsys.readouterr().err


def test_trees_in_which_nobody_tells_a_fact_are_an_error() -> None:
    silent = {**TREES[0], "nodes": [{**node, "content": "hello ."} for node in TREES[0]["nodes"]]}
    with pytest.raises(UserError, match="no user tells a fact in these 1 trees"):
        curriculum.lessons([silent], 8, random.Random(0))


def test_a_missing_dataset_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert recall.main(["--dataset_name", str(tmp_path / "none")]) == 2
    assert "--dataset_name" in capsys.readouterr().err


@pytest.mark.slow
def test_base_makes_a_model_folder_that_stock_classes_load(runs: Runs, release: Path) -> None:
    output = str(release.parent / "models/base")
    (release.parent / "models/base.part").mkdir(parents=True)  # what a kill left
    (release.parent / "models/base.part/model.safetensors").write_text("half of")
    made = runs.wait(runs.start("tests.training.micro_trees:learn", release.parent, str(release), output))
    assert (made.code, made.result) == (0, 0), made.err
    assert [path.name for path in (release.parent / "models").iterdir()] == ["base"]
    seen = runs.wait(runs.start("tests.training.micro_trees:look_at", release.parent, output)).result
    assert seen["parameters"] < 1_000_000
    assert seen["chat"] == ["<user>", "my", "pet", "is", "<unk>", ".", "<end>", "<assistant>", "sure", ",", "<end>"]
    assert seen["end"] == "<end>"
    spoken = {word for tree in TREES for node in tree["nodes"] for word in node["content"].split()}
    assert spoken < set(seen["words"])
    ended = runs.wait(
        runs.start("training.micro.recall:main", release.parent, [output, "--dataset_name", str(release)])
    )
    assert ended.code == 0, ended.err
    assert ended.out.count(output) == len(recall.FIGURES)
    files = {path: path.stat().st_mtime_ns for path in Path(output).iterdir()}
    again = runs.wait(runs.start("tests.training.micro_trees:learn", release.parent, str(release), output))
    assert again.out == f"nothing to do: {output} was made by this very command\n"
    assert {path: path.stat().st_mtime_ns for path in Path(output).iterdir()} == files


def test_base_refuses_a_folder_of_another_command(
    release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(place: Path = tmp_path / "base", seed: int = 0) -> str:
        before = {path: path.read_bytes() for path in tmp_path.rglob("*.*")}
        argv = ["--dataset_name", str(release), "--output_dir", str(place), "--seed", str(seed)]
        assert base.main(argv) == 2
        assert {path: path.read_bytes() for path in tmp_path.rglob("*.*")} == before
        return capsys.readouterr().err

    (tmp_path / "base").mkdir()
    (tmp_path / "base/model.safetensors").write_text("somebody's")
    (tmp_path / "file.txt").write_text("a file")
    assert "base holds something else (no run.json that can be read): give another --output_dir" in refused()
    assert "file.txt holds something else" in refused(tmp_path / "file.txt")
    for note in ("{", "[]", "\udcff"):
        (tmp_path / "base/run.json").write_text(note, errors="surrogateescape")
        assert "no run.json that can be read" in refused()
    (tmp_path / "base/run.json").write_text('{"learning_rate": 1e-5}')  # of sft.py
    assert "seed: None -> 0" in refused()
    (tmp_path / "base/run.json").write_text(json.dumps(base.made_of(load(str(release), "train"), 0)))
    assert "base holds something else (seed: 0 -> 1): " in refused(seed=1)


def test_what_the_base_was_made_of_tells_other_trees_and_other_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    notes = [base.made_of(trees, seed) for trees, seed in ((TREES, 0), (TREES[1:], 0), (TREES, 1))]
    monkeypatch.setattr(base, "RATES", (1e-3, 1e-3, 1e-3))
    notes.append(base.made_of(TREES, 0))
    assert len({json.dumps(note) for note in notes}) == 4
    assert all(json.loads(json.dumps(note)) == note for note in notes)


@pytest.mark.slow
def test_a_model_that_is_none_is_told(runs: Runs, release: Path) -> None:
    argv = [str(release), "--dataset_name", str(release)]
    ended = runs.wait(runs.start("training.micro.recall:main", release.parent, argv))
    assert ended.code == 2
    assert str(release) in ended.err
    assert "Traceback" not in ended.err
