"""From a release to the server: what is chosen, and that no record stands there twice, whatever happens on the way."""

import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipelines.errors import UserError
from pipelines.exports import pairs
from pipelines.reviews import client
from pipelines.reviews.answers import fetch
from pipelines.reviews.client import Server, connect
from pipelines.reviews.pair_records import record_id
from pipelines.reviews.pushing import push_personas, push_trees
from pipelines.schema import review_id
from tests.argilla_local.local import ROOT, Running, running
from tests.pipelines.trees import Exchange, chain
from tests.reviews.releases import ODD, persona, some_trees, write_personas, write_trees

if TYPE_CHECKING:
    import argilla as rg

pytestmark = pytest.mark.slow

MANY = 400  # records: four requests


def stands(server: Server, repo_id: str) -> list[str]:
    """The external ids on the server."""
    return [record["external_id"] for record in server.records(server.dataset(repo_id))]


def answer(server: Server, dataset: "rg.Dataset", place: int, status: str) -> None:
    """The owner's, to one of the records of a dataset of pairs."""
    values = {"preference": "first", "in_character": "yes", "undisclosed": "neither"}
    given = {"values": {name: {"value": value} for name, value in values.items()}, "status": status}
    record = server.records(dataset)[place]
    server.argilla.http_client.post(f"/api/v1/records/{record['id']}/responses", json=given)


def test_by_default_every_text_of_the_personas_is_asked_about_once(server: Server, tmp_path: Path) -> None:
    """Half as many personalities as profiles: so a persona a profile covers both."""
    rows = [persona(number) for number in range(20)]
    twice = [persona(number, traits=persona(0).traits) for number in range(4, 8)]
    write_personas(tmp_path / "p", [*rows, *twice], "me/cover")
    push_personas(server, tmp_path / "p", tmp_path, None, None)
    there = stands(server, "me/cover")
    assert len(there) == len({row.profile_id for row in rows}) == 20
    assert set(server.samples(server.dataset("me/cover")).values()) == {"cover"}
    push_personas(server, tmp_path / "p", tmp_path, None, None)
    assert stands(server, "me/cover") == there


def test_a_grown_pool_is_asked_about_where_it_is_new(server: Server, tmp_path: Path) -> None:
    for size in (8, 12):
        write_personas(tmp_path / f"{size}", [persona(number) for number in range(size)], "me/grown")
        push_personas(server, tmp_path / f"{size}", tmp_path, None, None)
    assert stands(server, "me/grown")[:8] == sorted(persona(number).persona_id for number in range(8))
    assert len(stands(server, "me/grown")) == 12


def test_what_was_asked_about_once_is_not_asked_about_in_other_company(server: Server, tmp_path: Path) -> None:
    texts = [persona(2 * number) for number in range(4)]
    pool = [persona(0, one.facts, other.traits) for one in texts for other in texts]
    for name, rows in (("few", pool[::5]), ("all", pool)):
        write_personas(tmp_path / name, rows, "me/company")
        push_personas(server, tmp_path / name, tmp_path, None, None)
    assert sorted(stands(server, "me/company")) == sorted(row.persona_id for row in pool[::5])


def test_a_record_keeps_the_sample_that_it_was_first_chosen_for(server: Server, tmp_path: Path) -> None:
    write_personas(tmp_path / "p", [persona(number) for number in range(20)], "me/both")
    push_personas(server, tmp_path / "p", tmp_path, None, None)
    push_personas(server, tmp_path / "p", tmp_path, 8, None)
    samples = server.samples(server.dataset("me/both"))
    assert Counter(samples.values()) == {"cover": 20}
    assert len(stands(server, "me/both")) == 20


def test_half_of_the_pairs_are_random_and_more_can_be_asked_for(server: Server, tmp_path: Path) -> None:
    write_trees(tmp_path / "t", some_trees(20), "me/pairs")
    push_trees(server, tmp_path / "t", 10)
    first = server.samples(server.dataset("me/pairs"))
    assert Counter(first.values()) == {"random": 5, "targeted": 5}
    assert sorted(stands(server, "me/pairs")) == sorted(first)
    push_trees(server, tmp_path / "t", 30)
    second = server.samples(server.dataset("me/pairs"))
    assert len(stands(server, "me/pairs")) == len(second) == 30
    assert first.items() <= second.items()
    assert Counter(second.values())["random"] >= 5


def test_a_pair_that_was_grown_again_is_a_record_of_its_own(server: Server, tmp_path: Path) -> None:
    """Its tree and its node have the ids of before: what was said of the other replies stays with them."""
    old, new = chain([Exchange("one", "two", "three")]), chain([Exchange("one", "two", "four")])
    for name, tree in (("old", old), ("new", new)):
        write_trees(tmp_path / name, [tree], "me/again")
    push_trees(server, tmp_path / "old", None)
    dataset = server.dataset("me/again")
    answer(server, dataset, 0, "submitted")
    push_trees(server, tmp_path / "new", None)
    names = [record_id(tree, next(pairs(tree))) for tree in (old, new)]
    assert stands(server, "me/again") == names
    assert names[0].partition("#")[0] == names[1].partition("#")[0]
    assert server.samples(dataset) == dict.fromkeys(names, "random")
    assert {row.review_id for row in fetch(server, "me/again", "trees", {}).rows} == {review_id(names[0])}


def test_what_left_the_release_leaves_the_queue_unless_somebody_has_touched_it(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "_BATCH", 2)
    trees = [chain([Exchange("one", "two", "three")], persona_id=persona(n).persona_id) for n in range(8)]
    write_trees(tmp_path / "all", trees, "me/left")
    push_trees(server, tmp_path / "all", None)
    dataset, before = server.dataset("me/left"), stands(server, "me/left")
    for place, status in enumerate(["submitted", "draft", "discarded"]):
        answer(server, dataset, place, status)
    own = {"fields": server.records(dataset)[0]["fields"], "external_id": "somebody's own"}
    server.push(dataset, [own], 1)
    kept = next(tree for tree in trees if before[3].startswith(tree.tree_id))
    write_trees(tmp_path / "one", [kept], "me/left")
    capsys.readouterr()
    push_trees(server, tmp_path / "one", None)
    assert stands(server, "me/left") == [*before[:4], "somebody's own"]
    told = "".join(capsys.readouterr())
    assert "0 records sent to" in told
    assert "5 were there; 4 removed, which left the release" in " ".join(told.split())
    push_trees(server, tmp_path / "all", None)
    assert sorted(stands(server, "me/left")) == sorted([*before, "somebody's own"])


def test_personas_that_left_the_release_leave_the_queue(server: Server, tmp_path: Path) -> None:
    rows = [persona(number) for number in range(6)]
    for name, some in (("all", rows), ("few", rows[:4])):
        write_personas(tmp_path / name, some, "me/fewer")
        push_personas(server, tmp_path / name, tmp_path, None, None)
    assert stands(server, "me/fewer") == sorted(row.persona_id for row in rows[:4])


def test_odd_texts_arrive_and_can_be_searched_for_by_their_neighbours(server: Server, tmp_path: Path) -> None:
    rows = [persona(0, ODD), persona(1), persona(2)]
    write_personas(tmp_path / "p", rows, "me/odd")
    push_personas(server, tmp_path / "p", tmp_path, None, None)
    dataset = server.dataset("me/odd")
    record = next(one for one in server.records(dataset) if one["external_id"] == rows[0].persona_id)
    query = {"query": {"vector": {"name": "profile_vector", "record_id": record["id"], "order": "most_similar"}}}
    found = server.argilla.http_client.post(f"/api/v1/datasets/{dataset.id}/records/search", json=query).json()
    assert {one["record"]["external_id"] for one in found["items"]} == {row.persona_id for row in rows[1:]}


@pytest.mark.parametrize("what", [push_personas, push_trees])
def test_what_is_no_such_release_is_told(what: Callable[..., None], server: Server, tmp_path: Path) -> None:
    write_trees(tmp_path / "t", some_trees(1))
    write_personas(tmp_path / "p", [persona(0)])
    rest = (tmp_path, None, None) if what is push_personas else (None,)
    other = tmp_path / ("t" if what is push_personas else "p")
    for folder in (tmp_path / "nothing", other):
        with pytest.raises(UserError, match=f"{folder} holds .*: make .* with pipelines"):
            what(server, folder, *rest)


class Push:
    """The command, as a process of its own, with many personas."""

    def __init__(self, home: Path, folder: Path, repo_id: str) -> None:
        self.rows = [persona(number) for number in range(MANY)]
        self.home, self.folder, self.repo_id = home, folder, repo_id
        write_personas(folder / "p", self.rows, repo_id)

    def start(self) -> subprocess.Popen[str]:
        options = ["--home", str(self.home), "--out", str(self.folder / "p"), "--work", str(self.folder)]
        command = [sys.executable, str(ROOT / "pipelines/review.py"), "push", "personas", *options]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def ends(self) -> str:
        process = self.start()
        told, _ = process.communicate(timeout=60)
        assert process.returncode == 0, told
        return told

    def wait_for_some(self, server: Server) -> None:
        """Until the first records are there, and not yet all."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            dataset = server._found("review", self.repo_id.replace("/", "--"))
            if dataset is not None and (there := dataset.progress()["total"]):
                assert there < MANY
                return
        raise AssertionError("nothing was sent")

    def expect_all_once(self, server: Server) -> None:
        assert sorted(stands(server, self.repo_id)) == sorted(row.persona_id for row in self.rows)
        assert len(server.samples(server.dataset(self.repo_id))) == MANY


@pytest.mark.parametrize(("how", "code"), [(signal.SIGKILL, -signal.SIGKILL), (signal.SIGINT, 130)])
def test_a_push_that_was_cut_off_goes_on_by_the_same_command(
    argilla: Running, server: Server, tmp_path: Path, how: signal.Signals, code: int
) -> None:
    push = Push(argilla.home, tmp_path, f"me/cut-{how.name}")
    process = push.start()
    push.wait_for_some(server)
    process.send_signal(how)
    told, _ = process.communicate(timeout=30)
    assert process.returncode == code
    assert "Traceback" not in told
    assert 0 < len(stands(server, push.repo_id)) < MANY
    assert "were there" in push.ends()
    push.expect_all_once(server)


def test_a_push_waits_for_a_server_that_is_restarted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ARGILLA_API_URL", raising=False)
    monkeypatch.delenv("ARGILLA_API_KEY", raising=False)
    home = tmp_path / "home"
    with running(home) as first:
        push = Push(home, tmp_path, "me/restarted")
        server = connect(home)
        process = push.start()
        push.wait_for_some(server)
        first.stop()
        server.argilla.http_client.close()
    with running(home, first.port):
        told, _ = process.communicate(timeout=60)
        assert process.returncode == 0, told
        assert told.count("does not answer; waiting for it") == 1
        server = connect(home)
        push.expect_all_once(server)
        server.argilla.http_client.close()
