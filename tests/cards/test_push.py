"""A push, by the real client over real HTTP, against the stand-in for the Hub: one version whole, whatever happens."""

import json
import random
import shutil
import signal
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cards import release
from cards.release import build
from tests.cards.conftest import Tables, configs_of
from tests.cards.pusher import Pusher
from tests.hub.client import run_client
from tests.hub.server import Fault, Hub

pytestmark = pytest.mark.slow

ID = "i2a/people"
Make = Callable[..., Path]
both_ways = pytest.mark.parametrize("hub", ["lfs", "xet"], indirect=True)


@pytest.fixture(scope="module")
def hub(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """Large files go by LFS, where a test does not ask for both ways."""
    with Hub(tmp_path_factory.mktemp("hub"), xet=getattr(request, "param", "lfs") == "xet") as hub:
        yield hub


@pytest.fixture(scope="module")
def pusher(hub: Hub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pusher]:
    with Pusher(hub.env(), tmp_path_factory.mktemp("pusher")) as pusher:
        yield pusher


@pytest.fixture(autouse=True)
def clean(request: pytest.FixtureRequest) -> Iterator[None]:
    """Each test finds an empty Hub without faults."""
    yield
    if "hub" in request.fixturenames:
        hub = request.getfixturevalue("hub")
        hub.faults.clear()
        hub.log.clear()
        hub.store.repos.clear()


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, facts: dict[str, Any], tables: Tables) -> Make:
    """Builds a release of the tables, without the process that loads it. Each `salt` gives content of its own."""
    import pyarrow as pa

    def make(
        name: str = "people",
        *,
        rows: int = 5,
        salt: str = "",
        repo_id: str = ID,
        manifest: dict[str, Any] | None = None,
    ) -> Path:
        monkeypatch.setattr(release, "_check", lambda folder, written: None)
        people = tables["people"]["train"].slice(0, rows)
        people = people.set_column(1, "text", pa.array([f"{text} {salt}" for text in people["text"].to_pylist()]))
        given = {**tables, "people": {**tables["people"], "train": people}}
        told = {
            "dataset": "personas",
            "rehearsal": False,
            "recipe": {"seed": 7},
            "counts": {config: {split: table.num_rows for split, table in of.items()} for config, of in given.items()},
        }
        out = tmp_path / "i2a" / name
        shutil.rmtree(out, ignore_errors=True)
        build(
            out,
            repo_id,
            configs_of(given),
            template="personas",
            facts=facts,
            manifest=told | (manifest or {}),
            figures={"map.png": b"\x89PNG picture"},
            siblings=["i2a/aloe"],
        ).publish()
        return out

    return make


def files_on(hub: Hub, revision: str = "main") -> dict[str, bytes]:
    """The files that the Hub shows, but its own."""
    return {path: content for path, content in hub.files(ID, revision).items() if path != ".gitattributes"}


def titles(hub: Hub) -> list[str]:
    return [commit.title for commit in hub.commits(ID)]


def card_there(hub: Hub, revision: str = "main") -> str:
    return hub.files(ID, revision)["README.md"].decode()


def upload(hub: Hub, path: str, content: str) -> None:
    """By hand, as somebody would in the web editor."""
    where = f"path_in_repo={path!r}, repo_id={ID!r}, repo_type='dataset'"
    run_client(hub, f"result = api.upload_file(path_or_fileobj={content.encode()!r}, {where}).oid")


@both_ways
def test_a_push_is_one_commit_with_exactly_what_the_manifest_names(hub: Hub, pusher: Pusher, make: Make) -> None:
    out = make()

    told = pusher.push(out, "--tag", "v1.0.0", loads=True)

    assert told.code == 0, told
    assert titles(hub) == [
        "v1.0.0: the first version: 7 rows of people, 3 rows of texts",
        "initial commit",
    ]
    assert hub.tags(ID) == {"v1.0.0": hub.commits(ID)[0].oid}
    there = files_on(hub)
    assert sorted(there) == sorted(p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file())
    for path, content in there.items():
        if path not in ("README.md", "manifest.json"):
            assert content == (out / path).read_bytes()
    assert "tagged it v1.0.0" in told.told
    assert hub.url + "/datasets/i2a/people" in told.told


def test_what_is_on_the_hub_is_a_release_again(hub: Hub, pusher: Pusher, make: Make, tmp_path: Path) -> None:
    pusher.push(make(), "--tag", "v1.0.0")

    for path, content in files_on(hub).items():
        (tmp_path / "back" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "back" / path).write_bytes(content)
    manifest = release.read_manifest(tmp_path / "back")

    assert manifest is not None
    assert manifest["repo_id"] == ID
    assert [entry["version"] for entry in manifest["changelog"]] == ["v1.0.0"]


@both_ways
def test_a_second_push_of_the_same_has_nothing_to_send(hub: Hub, pusher: Pusher, make: Make) -> None:
    out = make()
    pusher.push(out, "--tag", "v1.0.0")
    before, received = hub.commits(ID), hub.received

    told = pusher.push(out, "--tag", "v1.0.0")

    assert told.code == 0, told
    assert "nothing to send: the Hub has this version of i2a/people" in told.told
    assert (hub.commits(ID), hub.received) == (before, received)


def test_a_new_version_deletes_what_is_gone_and_tells_what_changed(hub: Hub, pusher: Pusher, make: Make) -> None:
    pusher.push(make(), "--tag", "v1.0.0")
    out = make(rows=4, manifest={"recipe": {"seed": 8}})
    (out / "figures/map.png").unlink()
    edit_manifest(out, lambda manifest: manifest["files"].pop("figures/map.png"))

    told = pusher.push(out, "--tag", "v1.1.0")

    assert told.code == 0, told
    assert "figures/map.png" not in files_on(hub)
    assert ".gitattributes" in hub.files(ID)
    assert "figures/map.png" in files_on(hub, "v1.0.0")
    assert titles(hub)[0] == "v1.1.0: people: 7 -> 6 rows"
    assert hub.commits(ID)[0].message == "- people: 7 -> 6 rows\n- other settings: seed 7 -> 8"
    card = card_there(hub)
    assert card.index("v1.1.0") < card.index("v1.0.0")
    assert 'revision="v1.1.0"' in card


def test_pushes_between_two_versions_stand_in_no_changelog(hub: Hub, pusher: Pusher, make: Make) -> None:
    """A version tells what changed since the last one, however many pushes lie between."""
    pusher.push(make(), "--tag", "v1.0.0")
    pusher.push(make(rows=4))
    pusher.push(out := make(rows=3))

    pusher.push(out, "--tag", "v2.0.0")

    log = json.loads(files_on(hub)["manifest.json"])["changelog"]
    assert [entry["version"] for entry in log] == ["v2.0.0", "v1.0.0"]
    assert log[0]["changes"] == ["people: 7 -> 5 rows"]


def test_another_repo_gets_its_own_name_into_the_card(hub: Hub, pusher: Pusher, make: Make) -> None:
    pusher.push(make(), "--repo", "alice/mine")

    card = hub.files("alice/mine")["README.md"].decode()
    assert 'load_dataset("alice/mine")' in card
    assert ID not in card
    assert "alice/aloe" in card
    assert json.loads(hub.files("alice/mine")["manifest.json"])["siblings"] == ["alice/aloe"]
    assert json.loads(hub.files("alice/mine")["manifest.json"])["repo_id"] == "alice/mine"


@pytest.mark.parametrize("private", [True, False])
def test_private_is_for_a_new_dataset(hub: Hub, pusher: Pusher, make: Make, private: bool) -> None:
    pusher.push(make(), *(["--private"] if private else []))

    assert hub.repo(ID).private is private


def test_without_a_tag_the_title_tells_what_changed_since_the_last_push(hub: Hub, pusher: Pusher, make: Make) -> None:
    pusher.push(make(), "--tag", "v1.0.0")
    pusher.push(make(rows=4))
    pusher.push(make(rows=3))
    pusher.push(make(rows=3, salt="other"))

    assert titles(hub)[:3] == [
        "New version: other rows, as many as before",
        "New version: people: 6 -> 5 rows",
        "New version: people: 7 -> 6 rows",
    ]


def test_a_public_dataset_is_not_taken_for_a_private_one(hub: Hub, pusher: Pusher, make: Make) -> None:
    pusher.push(make())

    told = pusher.push(make(rows=4), "--private")

    assert told.code == 2
    assert "is public" in told.told
    assert len(titles(hub)) == 2


def test_a_dry_run_lists_adds_changes_deletes_and_bytes_and_sends_nothing(hub: Hub, pusher: Pusher, make: Make) -> None:
    pusher.push(make())
    make(rows=4)
    out = make(rows=4)
    (out / "figures/map.png").rename(out / "figures/more.png")
    edit_manifest(out, lambda m: m["files"].__setitem__("figures/more.png", m["files"].pop("figures/map.png")))
    calls = len(hub.log)

    told = pusher.push(out, "--dry-run")

    assert told.code == 0, told
    assert "add     figures/more.png (12 bytes)" in told.told
    assert "change  people/train-00000-of-00001.parquet" in told.told
    assert "delete  figures/map.png" in told.told
    assert "1 to add, 3 to change, 1 to delete; " in told.told
    assert "commit  'New version: people: 7 -> 6 rows' to i2a/people" in told.told
    assert {call.method for call in hub.log[calls:]} <= {"GET", "HEAD"}


def test_a_dry_run_of_a_new_dataset_creates_none(hub: Hub, pusher: Pusher, make: Make) -> None:
    told = pusher.push(make(), "--dry-run", HF_TOKEN=None)

    assert told.code == 0, told
    assert "would be refused as it is: there is no token" in told.told
    assert "create  i2a/people (public, unless" in told.told
    assert "6 to add" in told.told
    assert not hub.store.repos


def edit_manifest(out: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    """Another manifest for a release, as another build would have written it."""
    manifest = json.loads((out / "manifest.json").read_text())
    edit(manifest)
    (out / "manifest.json").write_text(release.as_text(manifest))


@pytest.mark.parametrize("hub", ["xet"], indirect=True)
def test_a_version_with_two_in_a_hundred_rows_changed_sends_little(
    hub: Hub, pusher: Pusher, make: Make, tables: Tables
) -> None:
    """One in a hundred new, in a block, and one in a hundred gone, in another."""
    import pyarrow as pa

    draw = random.Random(0)
    words = ["".join(draw.choices("abcdefghijklmnopqrstuvwxyz", k=draw.randint(2, 9))) for _ in range(20_000)]
    rows = [{"id": f"p-{i}", "text": " ".join(draw.choices(words, k=900))} for i in range(8_160)]
    old, new = rows[:8_000], rows[:500] + rows[8_080:] + rows[500:4_000] + rows[4_080:8_000]
    sent = []
    for version in (old, new):
        tables["texts"]["train"] = pa.Table.from_pylist(version)
        before = hub.received
        assert pusher.push(make(salt="no")).code == 0
        sent.append(hub.received - before)

    assert sent[0] > 10_000_000
    assert sent[1] < 0.15 * sent[0]


# What never leaves the machine


def test_strays_in_the_folder_stay_here(hub: Hub, pusher: Pusher, make: Make, tmp_path: Path) -> None:
    out = make()
    (tmp_path / "secret.txt").write_text("outside")
    (out / ".env").write_text("HF_TOKEN=hf_x")
    (out / ".DS_Store").write_text("x")
    (out / "__pycache__").mkdir()
    (out / "__pycache__/a.pyc").write_text("x")
    (out / "people/notes.txt").write_text("my key: hf_" + "a" * 34)
    (out / "link.txt").symlink_to(tmp_path / "secret.txt")
    (out / "linked").symlink_to(tmp_path)

    told = pusher.push(out)

    assert told.code == 0, told
    assert set(files_on(hub)) == {*json.loads((out / "manifest.json").read_text())["files"], "manifest.json"}
    assert "no part of the release, so left here: .DS_Store, .env, __pycache__/a.pyc, link.txt, linked" in told.told


@pytest.mark.parametrize("where", ["figures/map.png", "README.md", "people"])
def test_a_named_file_that_became_a_link_is_refused(
    hub: Hub, pusher: Pusher, make: Make, tmp_path: Path, where: str
) -> None:
    out = make()
    (out / where).rename(tmp_path / "moved")
    (out / where).symlink_to(tmp_path / "moved")

    told = pusher.push(out)

    assert told.code == 2
    assert "is not as it was published" in told.told
    assert not hub.store.repos


def test_a_manifest_that_names_hidden_files_or_others_is_refused(hub: Hub, pusher: Pusher, make: Make) -> None:
    out = make()
    (out / ".env").write_text("x=1")
    edit_manifest(out, lambda m: m["files"].__setitem__(".env", release._fingerprints(out)[".env"]))
    assert "names the hidden file .env" in pusher.push(out).told

    edit_manifest(out, lambda m: m["files"].__setitem__("../secret.txt", {"bytes": 1, "sha256": "0" * 64}))
    assert "../secret.txt changed or removed" in pusher.push(out).told
    assert not hub.store.repos


@pytest.mark.parametrize("secret", ["hf_" + "a" * 34, "sk-marker-4711-that-is-long", "hf_owner-or-so-and-more"])
def test_a_secret_in_a_row_is_found(hub: Hub, pusher: Pusher, make: Make, tables: Tables, secret: str) -> None:
    """By its shape, or as the value of a variable of this machine."""
    import pyarrow as pa

    column = pa.array([["fine"], [f"my key is {secret}."], []], pa.list_(pa.string()))
    tables["texts"]["train"] = tables["texts"]["train"].set_column(2, "facts", column)

    told = pusher.push(make(), OPENAI_API_KEY="sk-marker-4711-that-is-long", MY_SECRET="hf_owner-or-so-and-more")

    assert told.code == 2
    assert "texts/train-00000-of-00001.parquet holds " in told.told
    assert "in the column 'facts' among the rows 0 to 2" in told.told
    assert secret not in told.told
    assert not hub.store.repos


def test_a_secret_in_the_card_is_found(hub: Hub, pusher: Pusher, make: Make, facts: dict[str, Any]) -> None:
    facts["cast"][0]["model"] = "ghp_" + "a" * 36

    told = pusher.push(make())

    assert told.code == 2
    assert "README.md holds a GitHub token" in told.told


def test_rehearsal_data_is_refused_unless_it_is_meant(hub: Hub, pusher: Pusher, make: Make) -> None:
    out = make(manifest={"rehearsal": True})

    told = pusher.push(out)
    assert told.code == 2
    assert "--allow-rehearsal" in told.told
    assert not hub.store.repos

    assert pusher.push(out, "--allow-rehearsal").code == 0


def test_a_release_that_does_not_load_is_refused(hub: Hub, pusher: Pusher, make: Make) -> None:
    out = make()
    card = (out / "README.md").read_text().replace("num_examples: 5", "num_examples: 6")
    (out / "README.md").write_text(card)
    edit_manifest(out, lambda m: m["files"].__setitem__("README.md", release._fingerprints(out)["README.md"]))

    told = pusher.push(out, loads=True)

    assert told.code == 2
    assert "load_dataset can't read" in told.told
    assert not hub.store.repos


@pytest.mark.parametrize("place", ["nothing", "empty", "else"])
def test_a_folder_that_is_no_release_is_told(pusher: Pusher, tmp_path: Path, place: str) -> None:
    if place != "nothing":
        (tmp_path / place).mkdir()
    if place == "else":
        (tmp_path / place / "thesis.tex").write_text("x")

    told = pusher.push(tmp_path / place)

    assert told.code == 2
    assert "Traceback" not in told.told
    assert str(tmp_path / place) in told.told


# Rights


@pytest.mark.parametrize(
    ("token", "says"),
    [
        (None, "there is no token to push i2a/people with: run `hf auth login`"),
        ("hf_nonsense", "does not accept the token in HF_TOKEN"),
        ("hf_reader", "of alice) can only read"),
        ("hf_other", "of bob) may not write to i2a/people: it needs a token of i2a"),
        ("hf_member", "of carol) may not write to i2a/people"),
        ("hf_fine_reader", "of alice) may not write to i2a/people"),
    ],
)
@pytest.mark.parametrize("exists", [True, False])
def test_who_may_not_push_is_told_what_is_missing(
    hub: Hub, pusher: Pusher, make: Make, token: str | None, says: str, exists: bool
) -> None:
    if exists:
        pusher.push(make())
    before = dict(hub.files(ID)) if exists else None

    told = pusher.push(make(rows=4), HF_TOKEN=token)

    assert told.code == 2
    assert says in told.told
    assert "Traceback" not in told.told
    assert (dict(hub.files(ID)) if exists else None) == before
    assert ID in hub.store.repos or not exists


def test_a_fine_grained_token_that_writes_may_push(hub: Hub, pusher: Pusher, make: Make) -> None:
    assert pusher.push(make(), HF_TOKEN="hf_fine").code == 0
    assert pusher.push(make(rows=4), HF_TOKEN="hf_fine").code == 0


def test_another_datasets_place_is_not_overwritten(hub: Hub, pusher: Pusher, make: Make) -> None:
    pusher.push(make())
    before = hub.commits(ID)

    told = pusher.push(make("other", repo_id="i2a/other", manifest={"dataset": "trees"}), "--repo", ID)

    assert told.code == 2
    assert "is a dataset of personas, and this one of trees" in told.told
    assert hub.commits(ID) == before


def test_what_i2a_did_not_make_is_not_deleted(hub: Hub, pusher: Pusher, make: Make) -> None:
    out = make()
    pusher.push(out)
    commit = hub.repo(ID).at("main")
    commit.files.pop("manifest.json")

    told = pusher.push(make(rows=4))

    assert told.code == 2
    assert "holds what i2a did not make" in told.told


def test_a_benchmark_of_others_is_not_replaced(hub: Hub, pusher: Pusher, make: Make) -> None:
    """Under one name, its certificate would be about other personas than those that it stands beside."""
    mine = {"dataset": "aloe", "belongs_to": "i2a/aloe"}
    pusher.push(make(manifest=mine))
    before = hub.commits(ID)

    told = pusher.push(make(rows=4, manifest=mine | {"belongs_to": "i2a/other"}))

    assert told.code == 2
    assert "belongs to i2a/aloe, and this one to i2a/other" in told.told
    assert hub.commits(ID) == before


def test_a_gitignore_on_the_hub_is_told(hub: Hub, pusher: Pusher, make: Make) -> None:
    """By it the client would leave out files, and say nothing."""
    pusher.push(make())
    upload(hub, ".gitignore", "*.png")
    before = hub.commits(ID)

    for more in ([], ["--create-pr"]):
        told = pusher.push(make(rows=4), *more)
        assert told.code == 2
        assert "has a .gitignore on the Hub" in told.told
    assert hub.commits(ID) == before
    assert not hub.repo(ID).pulls


def test_a_dataset_of_another_name_is_told(hub: Hub, pusher: Pusher, make: Make) -> None:
    """The Hub answers to a name in other case, and to that of before a renaming."""
    pusher.push(make())
    hub.store.repos["i2a/People"] = hub.repo(ID)

    told = pusher.push(make(), "--repo", "i2a/People")

    assert told.code == 2
    assert "i2a/People is called i2a/people on the Hub: give --repo i2a/people" in told.told


def test_a_folder_whose_name_no_dataset_can_have_needs_another(pusher: Pusher, make: Make) -> None:
    told = pusher.push(make(repo_id="i2a/my people"))

    assert told.code == 2
    assert "can't be a dataset's name on the Hub: give --repo ORG/NAME" in told.told


@pytest.mark.parametrize("content", ["{}", '{"files": {}, "changelog": [{}]}', '{"files": {}, "changelog": null}', "["])
def test_a_manifest_on_the_hub_that_is_none_is_told(hub: Hub, pusher: Pusher, make: Make, content: str) -> None:
    pusher.push(make())
    upload(hub, "manifest.json", content)

    told = pusher.push(make(rows=4))

    assert told.code == 2
    assert "manifest.json of i2a/people on the Hub is none of a release" in told.told


def test_a_release_of_an_earlier_i2a_is_told(pusher: Pusher, make: Make) -> None:
    out = make()
    edit_manifest(out, lambda manifest: manifest.pop("siblings"))

    told = pusher.push(out)

    assert told.code == 2
    assert "manifest.json does not tell siblings" in told.told


def test_what_was_edited_on_the_hub_is_not_undone(hub: Hub, pusher: Pusher, make: Make) -> None:
    """A proposal is the way past it: who merges it sees what goes."""
    pusher.push(make())
    upload(hub, "README.md", card_there(hub) + "Thanks.")
    upload(hub, "NOTES.md", "x")
    before = hub.commits(ID)

    told = pusher.push(make(rows=4))

    assert told.code == 2
    assert "NOTES.md, README.md of i2a/people were changed on the Hub since the last push" in told.told
    assert hub.commits(ID) == before
    told = pusher.push(make(rows=4), "--create-pr")
    assert told.code == 0, told
    assert "1 deleted (NOTES.md)" in told.told


# Tags


def test_a_tag_is_never_moved(hub: Hub, pusher: Pusher, make: Make) -> None:
    pusher.push(make(), "--tag", "v1.0.0")
    before = hub.tags(ID), hub.commits(ID)

    told = pusher.push(make(rows=4), "--tag", "v1.0.0")

    assert told.code == 2
    assert "a tag is never moved" in told.told
    assert (hub.tags(ID), hub.commits(ID)) == before


def test_a_version_that_is_tagged_has_nothing_to_send_even_when_main_has_gone_on(
    hub: Hub, pusher: Pusher, make: Make
) -> None:
    pusher.push(make(), "--tag", "v1.0.0")
    pusher.push(make(rows=4), "--tag", "v1.1.0")
    before = hub.commits(ID)

    told = pusher.push(make(), "--tag", "v1.0.0")

    assert told.code == 0, told
    assert "v1.0.0 of i2a/people is this version, and main has gone on since" in told.told
    assert hub.commits(ID) == before


def test_a_version_that_was_pushed_without_a_tag_gets_one(hub: Hub, pusher: Pusher, make: Make) -> None:
    """Its card names the version, so card and manifest go up once more, and no data."""
    out = make()
    pusher.push(out)

    told = pusher.push(out, "--tag", "v1.0.0")

    assert told.code == 0, told
    assert "0 added, 2 changed, 0 deleted" in told.told
    assert hub.tags(ID) == {"v1.0.0": hub.commits(ID)[0].oid}


@pytest.mark.parametrize("tag", ["main", "a b", "../x", "v1..2", "x" * 200, "", "-x"])
def test_a_name_that_is_none_of_a_version_is_refused(pusher: Pusher, make: Make, tag: str) -> None:
    told = pusher.push(make(), f"--tag={tag}")

    assert told.code == 2
    assert "argument --tag" in told.told


def test_the_changelog_names_only_versions_that_are_tagged(hub: Hub, pusher: Pusher, make: Make) -> None:
    """A push was killed before its tag; another one without a tag came after it."""
    hub.faults.append(Fault("POST", "/tag/", status=400))
    assert "its tag v1.0.0 is not" in pusher.push(make(), "--tag", "v1.0.0").told
    hub.faults.clear()

    pusher.push(make(rows=4))

    assert json.loads(files_on(hub)["manifest.json"])["changelog"] == []
    assert "v1.0.0" not in card_there(hub)


def test_a_tag_that_somebody_sets_meanwhile_is_left_alone(hub: Hub, pusher: Pusher, make: Make) -> None:
    pusher.push(make())
    old = hub.commits(ID)[0]
    hub.faults.append(Fault("POST", "/tag/", delay=1))
    running = pusher.start(make(rows=4), "--tag", "v1.0.0")
    while hub.faults[0].times:
        time.sleep(0.01)
    hub.repo(ID).tags["v1.0.0"] = old

    ended = running.wait()

    assert ended.code == 2
    assert "somebody else has set v1.0.0 on another one meanwhile" in ended.told
    assert hub.tags(ID)["v1.0.0"] == old.oid


# Pull requests


@both_ways
def test_a_proposal_changes_nothing_until_it_is_merged(hub: Hub, pusher: Pusher, make: Make) -> None:
    pusher.push(make())
    before = hub.commits(ID)
    out = make(rows=4)

    told = pusher.push(out, "--create-pr", HF_TOKEN="hf_other")

    assert told.code == 0, told
    assert f"{hub.url}/datasets/{ID}/discussions/1" in told.told
    assert hub.commits(ID) == before
    assert files_on(hub, "refs/pr/1")["texts/train-00000-of-00001.parquet"]
    assert files_on(hub, "refs/pr/1") != files_on(hub)


def test_a_proposal_that_waits_is_not_made_twice(hub: Hub, pusher: Pusher, make: Make) -> None:
    pusher.push(make())
    out = make(rows=4)
    pusher.push(out, "--create-pr")

    told = pusher.push(out, "--create-pr")

    assert told.code == 0, told
    assert "waits already" in told.told
    assert len(hub.repo(ID).pulls) == 1


def test_a_proposal_needs_a_dataset_and_no_tag(hub: Hub, pusher: Pusher, make: Make) -> None:
    out = make()

    assert "there is no dataset i2a/people" in pusher.push(out, "--create-pr").told
    assert "merge the pull request first" in pusher.push(out, "--create-pr", "--tag", "v1").told
    assert not hub.store.repos


def test_a_proposal_that_was_closed_can_be_made_again(hub: Hub, pusher: Pusher, make: Make) -> None:
    pusher.push(make())
    out = make(rows=4)
    pusher.push(out, "--create-pr")
    hub.repo(ID).pulls[1].status = "closed"

    assert pusher.push(out, "--create-pr").code == 0
    assert len(hub.repo(ID).pulls) == 2


def test_of_what_is_there_nothing_is_proposed(hub: Hub, pusher: Pusher, make: Make) -> None:
    pusher.push(make())

    assert "nothing to propose" in pusher.push(make(), "--create-pr").told
    assert not hub.repo(ID).pulls


# Faults and kills


def two_versions(hub: Hub, pusher: Pusher, make: Make) -> tuple[Path, dict[str, bytes]]:
    """A Hub with a first version and a second one here; and what the Hub shows."""
    salt = uuid.uuid4().hex  # or else the Hub would have these files from another test
    pusher.push(make(rows=5, salt=f"old {salt}"), "--tag", "v1.0.0")
    out = make(rows=3, salt=f"new {salt}")
    hub.faults.clear()
    hub.log.clear()
    return out, files_on(hub)


def settled(hub: Hub, old: dict[str, bytes], out: Path) -> bool:
    """Whether the Hub shows the new version; it must show one of the two, whole."""
    there = files_on(hub)
    if there == old:
        return False
    for path, content in there.items():
        if path not in ("README.md", "manifest.json"):
            assert content == (out / path).read_bytes(), path
    assert json.loads(there["manifest.json"])["counts"]["people"]["train"] == 3
    assert "v1.1.0" in there["README.md"].decode()
    return True


@both_ways
def test_killed_at_any_request_the_hub_shows_one_version_and_a_rerun_completes(
    hub: Hub, pusher: Pusher, make: Make
) -> None:
    landed = []
    number = 0
    while True:
        out, old = two_versions(hub, pusher, make)
        stop = Fault(".*", ".", skip=number, delay=60)
        hub.faults.append(stop)
        running = pusher.start(out, "--tag", "v1.1.0")
        while stop.times and not running.ended():
            time.sleep(0.002)
        if stop.times:  # it came to its end before
            break
        running.stop(signal.SIGKILL)
        landed.append(settled(hub, old, out))
        hub.faults.clear()
        received = hub.received
        again = pusher.push(out, "--tag", "v1.1.0")
        assert again.code == 0, again
        assert settled(hub, old, out)
        assert hub.tags(ID)["v1.1.0"] == hub.commits(ID)[0].oid
        if landed[-1]:
            assert hub.received == received
        hub.store.repos.clear()
        number += 1
    assert number >= 8
    assert landed == sorted(landed)  # once it is there it stays
    assert {*landed} == {True, False}


@both_ways
@pytest.mark.parametrize("landed", [True, False])
@pytest.mark.parametrize("status", [500, 504])
def test_a_commit_that_the_hub_failed_on_is_looked_up(
    hub: Hub, pusher: Pusher, make: Make, status: int, landed: bool
) -> None:
    out, _ = two_versions(hub, pusher, make)
    hub.faults.append(Fault("POST", "/commit/main", status=status, landed=landed))

    told = pusher.push(out, "--tag", "v1.1.0")

    assert told.code == 0, told
    assert len(titles(hub)) == 3
    assert hub.tags(ID)["v1.1.0"] == hub.commits(ID)[0].oid


@pytest.mark.parametrize("landed", [True, False])
def test_a_tag_that_the_hub_failed_on_is_looked_up(hub: Hub, pusher: Pusher, make: Make, landed: bool) -> None:
    out, _ = two_versions(hub, pusher, make)
    hub.faults.append(Fault("POST", "/tag/", status=500, landed=landed))

    assert pusher.push(out, "--tag", "v1.1.0").code == 0
    assert hub.tags(ID)["v1.1.0"] == hub.commits(ID)[0].oid


def test_a_proposal_that_the_hub_failed_on_is_not_made_twice(hub: Hub, pusher: Pusher, make: Make) -> None:
    out, _ = two_versions(hub, pusher, make)
    hub.faults.append(Fault("POST", "/commit/main", status=500, landed=True))

    assert pusher.push(out, "--create-pr").code == 0
    assert len(hub.repo(ID).pulls) == 1


@both_ways
@pytest.mark.parametrize("what", ["drop_request", "drop_response"])
def test_a_broken_connection_is_tried_again(hub: Hub, pusher: Pusher, make: Make, what: str) -> None:
    """In the upload of a file, and in the commit itself."""
    out, old = two_versions(hub, pusher, make)
    upload = ("PUT", "/lfs/") if not hub.store.xet else ("POST", "/v1/xorbs/")
    hub.faults += [Fault(*upload, **{what: 5}), Fault("POST", "/commit/main", **{what: 5})]  # type: ignore[arg-type]

    told = pusher.push(out, "--tag", "v1.1.0")

    assert told.code == 0, told
    assert settled(hub, old, out)
    assert len(titles(hub)) == 3
    assert not any(fault.times for fault in hub.faults)


def test_a_hub_that_asks_for_patience_gets_it(hub: Hub, pusher: Pusher, make: Make) -> None:
    out, _ = two_versions(hub, pusher, make)
    hub.faults.append(Fault("POST", "/commit/main", status=429, headers={"Retry-After": "2"}))
    began = time.monotonic()

    assert pusher.push(out).code == 0
    assert time.monotonic() - began >= 2


def test_a_refused_commit_says_why_and_changes_nothing(hub: Hub, pusher: Pusher, make: Make) -> None:
    out, old = two_versions(hub, pusher, make)
    hub.faults.append(Fault("POST", "/commit/main", status=413))

    told = pusher.push(out)

    assert told.code == 2
    assert "the Hub refuses i2a/people (HTTP 413)" in told.told
    assert files_on(hub) == old


def test_a_hub_that_is_not_there_is_told(pusher: Pusher, make: Make) -> None:
    told = pusher.push(make(), HF_HUB_OFFLINE="1")

    assert told.code == 2
    assert "Traceback" not in told.told
    assert "the Hub can't be reached for i2a/people" in told.told


@both_ways
def test_of_two_pushes_at_once_one_wins_and_the_other_says_who(hub: Hub, pusher: Pusher, make: Make) -> None:
    out, old = two_versions(hub, pusher, make)
    other = out.with_name("other")
    shutil.copytree(make(rows=2), other)
    out = make(rows=3)
    hub.faults.append(Fault("POST", "/preupload/", times=2, delay=1))  # both have looked at the head by then

    ended = [running.wait() for running in [pusher.start(out), pusher.start(other)]]

    assert sorted(one.code for one in ended) == [0, 2]
    loser = next(one for one in ended if one.code)
    assert "alice pushed 'New version: people: 7 -> " in loser.told
    assert len(titles(hub)) == 3
    hub.faults.clear()
    again = pusher.push((out, other)[ended.index(loser)])
    assert again.code == 0, again
    assert len(titles(hub)) == 4
    assert files_on(hub) != old


def test_a_foreign_push_in_the_middle_is_not_overwritten(hub: Hub, pusher: Pusher, make: Make) -> None:
    """Somebody pushes after our look at the head, and the Hub fails on our commit: it is not tried on top of theirs."""
    out, _ = two_versions(hub, pusher, make)
    theirs = shutil.copytree(make(rows=2), out.with_name("theirs"))
    out = make(rows=3)
    hub.faults.append(Fault("POST", "/commit/main", delay=4, status=500))
    ours = pusher.start(out)
    while hub.faults[0].times:
        time.sleep(0.01)
    assert pusher.push(theirs).code == 0

    ended = ours.wait()

    assert ended.code == 2
    assert "alice pushed 'New version: people: 7 -> 4 rows'" in ended.told
    assert len(titles(hub)) == 3


@both_ways
def test_ctrl_c_leaves_one_version_and_says_how_to_go_on(hub: Hub, pusher: Pusher, make: Make) -> None:
    out, old = two_versions(hub, pusher, make)
    hub.faults.append(Fault("POST", "/commit/main", delay=3))
    running = pusher.start(out, "--tag", "v1.1.0")
    while hub.faults[0].times:
        time.sleep(0.01)

    ended = running.stop(signal.SIGINT)

    assert ended.code == 130
    assert "the same command finishes the work" in ended.told
    settled(hub, old, out)
    assert pusher.push(out, "--tag", "v1.1.0").code == 0
    assert settled(hub, old, out)


def test_of_two_first_pushes_at_once_one_wins(hub: Hub, pusher: Pusher, make: Make) -> None:
    """The loser found no dataset when it looked, and one with a version when it came to make it."""
    theirs = make(rows=2)
    theirs = shutil.copytree(theirs, theirs.with_name("theirs"))
    out = make(rows=3)
    hub.faults.append(Fault("POST", "/api/repos/create", delay=3))
    ours = pusher.start(out)
    while hub.faults[0].times:
        time.sleep(0.01)
    assert pusher.push(theirs).code == 0
    before = hub.commits(ID)

    ended = ours.wait()

    assert ended.code == 2
    assert "alice pushed 'New version: the first version: 4 rows of people" in ended.told
    assert hub.commits(ID) == before


def test_a_version_that_landed_under_somebody_elses_is_known_for_ours(hub: Hub, pusher: Pusher, make: Make) -> None:
    out, _ = two_versions(hub, pusher, make)
    theirs = shutil.copytree(make(rows=2), out.with_name("theirs"))
    out = make(rows=3)
    hub.faults.append(Fault("POST", "/commit/main", delay=4, status=500, landed=True))
    ours = pusher.start(out, "--tag", "v1.1.0")
    while len(titles(hub)) < 3:
        time.sleep(0.01)
    assert pusher.push(theirs).code == 0

    ended = ours.wait()

    assert ended.code == 0, ended
    assert hub.tags(ID)["v1.1.0"] == hub.commits(ID)[1].oid


def test_a_hub_that_goes_down_before_the_tag_is_told(hub: Hub, pusher: Pusher, make: Make) -> None:
    out, _ = two_versions(hub, pusher, make)
    hub.faults += [Fault("POST", "/tag/", status=503, times=9), Fault("GET", "/refs", skip=2, status=503, times=9)]

    told = pusher.push(out, "--tag", "v1.1.0")

    assert told.code == 2
    assert "its tag v1.1.0 is not: the Hub fails (HTTP 503)" in told.told
    hub.faults.clear()
    assert pusher.push(out, "--tag", "v1.1.0").code == 0
    assert hub.tags(ID)["v1.1.0"] == hub.commits(ID)[0].oid
