"""The connection: who may have it, and what a review keeps on the server."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from pipelines.errors import UserError
from pipelines.exports import pairs
from pipelines.reviews import client, pair_records, persona_records
from pipelines.reviews.answers import What, fetch
from pipelines.reviews.client import Server, connect
from pipelines.schema import Kind
from tests.argilla_local.local import Running
from tests.pipelines.trees import grow
from tests.reviews.releases import persona
from tests.reviews.test_transport import answering


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (None, "no credentials in .*serve --home .*ARGILLA_API_URL"),
        ("", "can't be read.*serve --home"),
        ("[]", "can't be read"),
        ("{}", "can't be read"),
        ('{"api_url": "http://127.0.0.1:1"}', "can't be read"),
        ('{"api_url": "http://127.0.0.1:1", "api_key": "k"}', "127.0.0.1:1 does not answer.*serve --home .* starts it"),
    ],
)
def test_a_home_without_a_running_server_says_how_to_start_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | None, expected: str
) -> None:
    monkeypatch.delenv("ARGILLA_API_URL", raising=False)
    monkeypatch.delenv("ARGILLA_API_KEY", raising=False)
    if content is not None:
        (tmp_path / "credentials.json").write_text(content)
    with pytest.raises(UserError, match=expected):
        connect(tmp_path)


@pytest.mark.parametrize(
    ("address", "key", "expected"),
    [
        ("http://127.0.0.1:1", None, "only one is set"),
        (None, "k", "only one is set"),
        ("http://127.0.0.1:1", "k", "127.0.0.1:1 does not answer.*is ARGILLA_API_URL right"),
        ("127.0.0.1:1", "k", "does not answer|is not the address"),
        ("http://127.0.0.1:1", "k\n", "characters that no key has"),
    ],
)
def test_the_environment_wins_over_a_home_and_its_mistakes_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str | None, key: str | None, expected: str
) -> None:
    for name, value in (("ARGILLA_API_URL", address), ("ARGILLA_API_KEY", key)):
        monkeypatch.delenv(name, raising=False) if value is None else monkeypatch.setenv(name, value)
    with pytest.raises(UserError, match=expected):
        connect(tmp_path)


def test_what_is_no_argilla_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with answering((200, "<html>Hello</html>")) as (address, _):
        monkeypatch.setenv("ARGILLA_API_URL", address)
        monkeypatch.setenv("ARGILLA_API_KEY", "k")
        with pytest.raises(UserError, match="is not the address of an Argilla"):
            connect(tmp_path)


@contextmanager
def as_annotator(server: Server, name: str) -> Iterator[httpx.Client]:
    """Logged in as a new annotator."""
    password = server.add_annotator(name)
    with httpx.Client(base_url=f"{server.address}/api/v1/") as sender:
        token = sender.post("token", data={"username": name, "password": password}).json()["access_token"]
        sender.headers["authorization"] = f"Bearer {token}"
        yield sender


@pytest.mark.slow
def test_only_an_owners_key_will_do(argilla: Running, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    with as_annotator(server, "key-holder") as annotator:
        key = annotator.get("me").json()["api_key"]
    monkeypatch.setenv("ARGILLA_API_URL", argilla.api_url)
    monkeypatch.setenv("ARGILLA_API_KEY", key)
    with pytest.raises(
        UserError, match="ARGILLA_API_KEY holds the key of key-holder, annotator: a review needs an own"
    ):
        connect(argilla.home)
    monkeypatch.setenv("ARGILLA_API_KEY", "another")
    with pytest.raises(UserError, match="does not know the key in ARGILLA_API_KEY"):
        connect(argilla.home)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["", "two words", "a/b", "a\x1b"])
def test_an_annotators_name_can_be_typed(server: Server, name: str) -> None:
    with pytest.raises(UserError, match="can't be a name"):
        server.add_annotator(name)


@pytest.mark.slow
def test_an_annotators_name_is_given_once(server: Server) -> None:
    server.add_annotator("twice")
    with pytest.raises(UserError, match="has a user twice already"):
        server.add_annotator("twice")


@pytest.mark.slow
def test_a_dataset_that_was_never_pushed_is_told(server: Server) -> None:
    with pytest.raises(UserError, match=r"has no dataset me--nothing: .*push"):
        server.dataset("me/nothing")


def _pairs_settings() -> Any:
    return pair_records.settings()


def _other_vectors() -> Any:
    return persona_records.settings(3, "test")


def _other_embedder() -> Any:
    """Whose vectors are as long."""
    return persona_records.settings(2, "another")


def _more_answers() -> Any:
    settings = persona_records.settings(2, "test")
    settings.distribution.min_submitted = 3
    return settings


@pytest.mark.slow
@pytest.mark.parametrize("other", [_pairs_settings, _other_vectors, _other_embedder, _more_answers])
def test_a_dataset_of_another_shape_is_refused_and_left_alone(
    server: Server, other: Callable[[], Any], request: pytest.FixtureRequest
) -> None:
    repo_id = f"me/shape{other.__name__}"
    made = server.opened(repo_id, persona_records.settings(2, "test"))
    assert server.opened(repo_id, persona_records.settings(2, "test")).id == made.id
    with pytest.raises(UserError, match=r"is made otherwise .*rename or delete it there"):
        server.opened(repo_id, other())
    assert server.dataset(repo_id).id == made.id


@pytest.mark.slow
@pytest.mark.parametrize("what", ["personas", "trees"])
def test_answers_are_read_from_no_dataset_of_another_shape(server: Server, what: What) -> None:
    repo_id = f"me/other-than-{what}"
    server.opened(repo_id, pair_records.settings() if what == "personas" else persona_records.settings(2, "test"))
    with pytest.raises(UserError, match=r"is made otherwise .*rename or delete it there"):
        fetch(server, repo_id, what, {})


@pytest.mark.slow
@pytest.mark.parametrize("made", [_other_embedder, _more_answers])
def test_answers_are_read_whatever_the_vectors_and_however_many_a_record_needs(
    server: Server, made: Callable[[], Any], request: pytest.FixtureRequest
) -> None:
    repo_id = f"me/read{made.__name__}"
    server.opened(repo_id, made())
    assert fetch(server, repo_id, "personas", {}).rows == []


@pytest.mark.slow
def test_a_dataset_gets_its_name_when_it_is_whole(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kill while it is made leaves one of another name, which the next try replaces."""
    import argilla as rg

    with monkeypatch.context() as patched:
        patched.setattr(rg.Dataset, "_publish", lambda self: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            server.opened("me/killed", pair_records.settings())
    assert "me--killed" not in [dataset.name for dataset in server.datasets()]
    assert len(server.opened("me/killed", pair_records.settings()).settings.questions) == 4
    left = [dataset.name for dataset in server.argilla.workspaces("review").datasets]
    assert [name for name in left if name.startswith("me--killed")] == ["me--killed"]


@pytest.mark.slow
def test_samples_add_up_and_annotators_can_not_see_them(server: Server) -> None:
    dataset = server.opened("me/samples", pair_records.settings())
    assert server.samples(dataset) == {}
    server.note_samples(dataset, {"t-1/0": "random", "t-1/3": "targeted"})
    server.note_samples(dataset, {"t-1/3": "random", "t-2/0": "targeted"})
    assert server.samples(dataset) == {"t-1/0": "random", "t-1/3": "random", "t-2/0": "targeted"}
    assert len(server._notes(dataset)) == 1
    with as_annotator(server, "curious") as annotator:
        names = [one["name"] for one in annotator.get("me/datasets").json()["items"]]
        assert "me--samples" in names
        assert [name for name in names if " " in name] == []
        assert annotator.get(f"datasets/{server._notes(dataset)[0]['id']}").status_code == 403


@pytest.mark.slow
def test_an_annotator_reads_no_secret_of_a_pair_in_any_way(server: Server) -> None:
    """Argilla gives all metadata of a record that is asked for by its id: so what is secret is not there."""
    dataset, tree = server.opened("me/blind", pair_records.settings()), grow()
    records = [pair_records.record(tree, pair) for pair in pairs(tree)]
    server.note_samples(dataset, {record["external_id"]: "targeted" for record in records})
    server.push(dataset, records, len(records))
    with as_annotator(server, "prying") as annotator:
        found = annotator.post(f"me/datasets/{dataset.id}/records/search", json={}).json()["items"]
        assert len(found) == len(records)
        told = [json.dumps(annotator.get(f"records/{one['record']['id']}").json()) for one in found]
        of_dataset = ("", "/fields", "/questions", "/vectors-settings")
        told += [annotator.get(f"datasets/{dataset.id}{path}").text for path in of_dataset]
        told += [annotator.get(f"me/datasets/{dataset.id}/metadata-properties").text]
    for secret in ("tailored", "generic", "preferred", "rejected", "margin", "targeted", "m/"):
        assert not any(re.search(secret, text) for text in told), secret


@pytest.mark.slow
def test_all_records_are_read_whatever_the_page(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "_PAGE", 3)
    dataset = server.opened("me/pages", persona_records.settings(2, "test"))
    questions = {question.name: str(question.id) for question in dataset.settings.questions}
    vectors: dict[Kind, list[float]] = {"profile": [1.0, 0.0], "personality": [0.0, 1.0]}
    rows = [persona(number) for number in range(10)]
    for _ in range(2):
        server.push(dataset, (persona_records.record(row, "train", vectors, questions) for row in rows), len(rows))
    assert [one["external_id"] for one in server.records(dataset)] == [row.persona_id for row in rows]
