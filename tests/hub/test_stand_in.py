"""The real clients find in the stand-in what they find in the Hub, over LFS and over xet."""

import io
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.hub.client import ask, run_client
from tests.hub.repos import GIT_ATTRIBUTES
from tests.hub.server import Fault, Hub

pytestmark = pytest.mark.slow

CARD = b"""---
license: cc-by-4.0
configs:
- config_name: trees
  default: true
  data_files: trees/*.parquet
- config_name: preference
  data_files: preference/*.parquet
---
# Trees \xe2\x80\x94 \xd8\xb4\xd8\xac\xd8\xb1
"""
COMMIT = """
from pathlib import Path
def adds():
    files = sorted(path for path in Path(RELEASE).rglob("*") if path.is_file())
    return [CommitOperationAdd(path.relative_to(RELEASE).as_posix(), str(path)) for path in files]
def commit(repo, message, **options):
    return api.create_commit(repo, adds(), commit_message=message, repo_type="dataset", **options)
"""


@pytest.fixture(params=["lfs", "xet"])
def hub(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Hub]:
    with Hub(tmp_path / "hub", xet=request.param == "xet") as hub:
        yield hub


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """A folder with a card and two configs."""
    folder = tmp_path / "release"
    for name, rows in {"trees": 2000, "preference": 300}.items():
        (folder / name).mkdir(parents=True)
        (folder / name / "train.parquet").write_bytes(_parquet([f"{name} {row}" for row in range(rows)]))
    (folder / "README.md").write_bytes(CARD)
    return folder


def _parquet(texts: list[str]) -> bytes:
    file = io.BytesIO()
    table = pa.table({"id": range(len(texts)), "text": texts})
    pq.write_table(table, file, compression="zstd", use_content_defined_chunking=True, use_dictionary=False)
    return file.getvalue()


def _content(folder: Path) -> dict[str, bytes]:
    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return found | {".gitattributes": GIT_ATTRIBUTES}


def _push(release: Path) -> str:
    return f"RELEASE = {str(release)!r}\n{COMMIT}\napi.create_repo('i2a/trees', repo_type='dataset')\n"


READ = """
import datasets
from pathlib import Path
datasets.disable_progress_bars()
repo, revision = "i2a/trees", "v1.0.0"
fs = HfFileSystem()
with fs.open(f"datasets/{repo}@{revision}/trees/train.parquet") as file:
    file.seek(100)
    middle = file.read(50).hex()
folder = snapshot_download(repo, repo_type="dataset", revision=revision, local_dir="snapshot")
whole = Path(hf_hub_download(repo, "trees/train.parquet", repo_type="dataset"))
result = {
    "trees": datasets.load_dataset(repo)["train"].num_rows,
    "preference": datasets.load_dataset(repo, "preference")["train"]["text"][299],
    "pinned": datasets.load_dataset(repo, "preference", revision=revision, split="train").num_rows,
    "streamed": next(iter(datasets.load_dataset(repo, "trees", split="train", streaming=True, revision=revision))),
    "unknown": error(lambda: datasets.load_dataset(repo, revision="v9"))[0],
    "snapshot": sorted(path.name for path in Path(folder).rglob("*.parquet")),
    "mismatches": api.verify_repo_checksums(repo, repo_type="dataset", local_dir=folder, revision=revision).mismatches,
    "whole": whole.read_bytes().hex(),
    "middle": middle,
    "glob": sorted(fs.glob(f"datasets/{repo}@{revision}/**/*.parquet")),
    "card": str(DatasetCard.load(repo)),
    "missing": error(lambda: hf_hub_download(repo, "nope", repo_type="dataset")),
    "revision": error(lambda: hf_hub_download(repo, "README.md", repo_type="dataset", revision="v9")),
}
"""


def test_what_one_process_pushes_another_reads(hub: Hub, release: Path) -> None:
    """One commit and a tag; then each way of reading, in a fresh process with empty caches."""
    pushed = run_client(
        hub,
        _push(release)
        + """
head = api.repo_info("i2a/trees", repo_type="dataset").sha
first = commit("i2a/trees", "Release", parent_commit=head).oid
api.create_tag("i2a/trees", tag="v1.0.0", repo_type="dataset", revision=first)
result = {
    "oid": first,
    "again": commit("i2a/trees", "Again").oid,
    "exists": error(lambda: api.create_repo("i2a/trees", repo_type="dataset")),
    "exist_ok": str(api.create_repo("i2a/trees", repo_type="dataset", exist_ok=True)),
    "tag": error(lambda: api.create_tag("i2a/trees", tag="v1.0.0", repo_type="dataset")),
}
""",
    )
    assert pushed["again"] == pushed["oid"], "a second commit of the same files is none"
    assert pushed["exists"] == pushed["tag"] == ["HfHubHTTPError", 409]
    assert pushed["exist_ok"] == f"{hub.url}/datasets/i2a/trees"
    assert hub.files("i2a/trees") == _content(release)
    assert hub.tags("i2a/trees") == {"v1.0.0": pushed["oid"]}
    assert [commit.title for commit in hub.commits("i2a/trees")] == ["Release", "initial commit"]
    assert any("/v1/xorbs/" in call.path for call in hub.log) == (hub.store.xet is not None)
    assert any("/lfs/" in call.path for call in hub.log) == (hub.store.xet is None)

    read = run_client(hub, READ, token=None)
    _, _, headers = ask(hub, "HEAD", "/datasets/i2a/trees/resolve/main/trees/train.parquet")
    assert ("X-Xet-Hash" in headers) == (hub.store.xet is not None)
    assert any("/reconstructions/" in call.path for call in hub.log) == (hub.store.xet is not None)
    parquet = (release / "trees" / "train.parquet").read_bytes()
    assert read == {
        "trees": 2000,
        "preference": "preference 299",
        "pinned": 300,
        "streamed": {"id": 0, "text": "trees 0"},
        "unknown": "DatasetNotFoundError",
        "snapshot": ["train.parquet", "train.parquet"],
        "mismatches": [],
        "whole": parquet.hex(),
        "middle": parquet[100:150].hex(),
        "glob": [f"datasets/i2a/trees@v1.0.0/{name}/train.parquet" for name in ("preference", "trees")],
        "card": CARD.decode(),
        "missing": ["RemoteEntryNotFoundError", 404],
        "revision": ["RevisionNotFoundError", 404],
    }


def test_of_commits_with_one_parent_one_wins(hub: Hub, release: Path) -> None:
    """Four at once on the same head: one is made, three get 412, as does a later one on the old head."""
    result = run_client(
        hub,
        _push(release)
        + """
from concurrent.futures import ThreadPoolExecutor
head = api.repo_info("i2a/trees", repo_type="dataset").sha
def one(number):
    adds = [CommitOperationAdd("number.txt", str(number).encode())]
    return api.create_commit("i2a/trees", adds, commit_message=str(number), repo_type="dataset", parent_commit=head).oid
with ThreadPoolExecutor(4) as pool:
    result = list(pool.map(lambda number: error(lambda: one(number)), range(5)))
""",
    )
    assert sorted(result, key=str) == sorted([None] + [["HfHubHTTPError", 412]] * 4, key=str)
    winner = hub.commits("i2a/trees")[0].title
    assert hub.files("i2a/trees")["number.txt"] == winner.encode()
    assert len(hub.commits("i2a/trees")) == 2


def test_a_pull_request_changes_main_only_when_merged(hub: Hub, release: Path) -> None:
    """Somebody without rights proposes, the owner opens and merges; deletions and pagination work on the way."""
    hub.store.page = 2
    run_client(hub, _push(release) + "commit('i2a/trees', 'Release'); result = 0")
    proposed = run_client(
        hub,
        """
operations = [CommitOperationAdd("more.parquet", b"PAR1" * 99), CommitOperationDelete("preference/", is_folder=True)]
made = api.create_commit("i2a/trees", operations, commit_message="More", repo_type="dataset", create_pr=True)
files = api.list_repo_files("i2a/trees", repo_type="dataset", revision="refs/pr/1")
result = [made.pr_num, made.pr_revision, sorted(files)]
""",
        token="hf_other",
    )
    expected = sorted({*_content(release), "more.parquet"} - {"preference/train.parquet"})
    assert proposed == [1, "refs/pr/1", expected]
    assert hub.files("i2a/trees") == _content(release), "main is as it was"

    result = run_client(
        hub,
        """
result = [found.status for found in api.get_repo_discussions("i2a/trees", repo_type="dataset")]
result += [api.change_discussion_status("i2a/trees", 1, "open", repo_type="dataset").new_status]
api.merge_pull_request("i2a/trees", 1, repo_type="dataset")
result += [api.get_discussion_details("i2a/trees", 1, repo_type="dataset").status]
refs = api.list_repo_refs("i2a/trees", repo_type="dataset", include_pull_requests=True)
result += [ref.ref for ref in refs.branches + refs.pull_requests]
entries = api.list_repo_tree("i2a/trees", repo_type="dataset", recursive=True, expand=True)
result += sorted(entry.path for entry in entries)
""",
    )
    assert result == ["draft", "open", "merged", "refs/heads/main", "refs/pr/1", *sorted([*expected, "trees"])]
    assert sorted(hub.files("i2a/trees")) == expected
    assert hub.commits("i2a/trees")[0].title == "More (#1)"


def test_clients_raise_what_they_raise_on_the_hub(hub: Hub, release: Path) -> None:
    """Each token's rights to a private repo, as exceptions of the client library."""
    run_client(
        hub,
        _push(release)
        + """
api.update_repo_settings("i2a/trees", repo_type="dataset", private=True)
result = commit("i2a/trees", "Release").oid
""",
    )
    result = run_client(
        hub,
        """
tokens = ["hf_owner", "hf_reader", "hf_fine", "hf_fine_reader", "hf_member", "hf_contributor", "hf_other", "hf_wrong"]
tokens.append(False)
def status(call):
    found = error(call)
    return found and found[1]
def commit(token):
    adds = [CommitOperationAdd("x.txt", str(token).encode())]
    return api.create_commit("i2a/trees", adds, commit_message="x", repo_type="dataset", token=token)
result = {
    str(token): [
        status(lambda: api.dataset_info("i2a/trees", token=token)),
        status(lambda: api.auth_check("i2a/trees", repo_type="dataset", write=True, token=token)),
        status(lambda: commit(token)),
        status(lambda: api.create_repo(f"i2a/{token or 'nobody'}", repo_type="dataset", token=token)),
    ]
    for token in tokens
}
result["roles"] = [api.whoami(token=token)["auth"]["accessToken"]["role"] for token in tokens[:4]]
result["scoped"] = api.whoami(token="hf_fine")["auth"]["accessToken"]["fineGrained"]["scoped"]
result["invalid"] = error(lambda: api.whoami(token="hf_wrong"))
result["stranger"] = error(lambda: api.dataset_info("i2a/trees", token="hf_other"))
""",
    )
    assert result == {
        "hf_owner": [None, None, None, None],
        "hf_reader": [None, 403, 403, 403],
        "hf_fine": [None, None, None, None],
        "hf_fine_reader": [None, 403, 403, 403],
        "hf_member": [None, 403, 403, 403],
        "hf_contributor": [None, 403, 403, None],
        "hf_other": [404, 404, 404, 403],
        "hf_wrong": [401, 401, 401, 401],
        "False": [401, 401, 401, 401],
        "roles": ["write", "read", "fineGrained", "fineGrained"],
        "scoped": [
            {"entity": {"_id": "i2a", "type": "org", "name": "i2a"}, "permissions": ["repo.content.read", "repo.write"]}
        ],
        "invalid": ["HfHubHTTPError", 401],
        "stranger": ["RepositoryNotFoundError", 404],
    }


def test_xet_sends_only_chunks_that_nobody_sent_before(tmp_path: Path, release: Path) -> None:
    """A client with empty caches asks the stand-in for chunks: one row changed of many sends a fraction."""
    rows = [f"{row * 7919 % 104729:x} of a long dialogue {row}" for row in range(100_000)]
    (release / "trees" / "train.parquet").write_bytes(_parquet(rows))
    with Hub(tmp_path / "hub", xet=True) as hub:
        run_client(hub, _push(release) + "commit('i2a/trees', 'One'); result = 0")
        first = hub.received
        rows[90_000] = "changed"
        (release / "trees" / "train.parquet").write_bytes(_parquet(rows))
        run_client(hub, f"RELEASE = {str(release)!r}\n{COMMIT}\ncommit('i2a/trees', 'Two'); result = 0")
        assert hub.files("i2a/trees") == _content(release)
        assert 0 < hub.received - first < 0.5 * first


def test_a_client_survives_what_it_retries(hub: Hub, release: Path) -> None:
    """An upload that breaks off, an error, a rate limit: the commit is made nonetheless, once and whole."""
    upload = ("POST", "/v1/xorbs/") if hub.store.xet else ("PUT", "/lfs/")
    hub.faults += [
        Fault(*upload, drop_request=100),
        Fault(*upload, status=500),
        Fault("POST", "/preupload/", status=429, headers={"Retry-After": "0"}),
    ]
    run_client(hub, _push(release) + "commit('i2a/trees', 'Release'); result = 0")
    assert [fault.times for fault in hub.faults] == [0, 0, 0]
    assert hub.files("i2a/trees") == _content(release)
    assert len(hub.commits("i2a/trees")) == 2


def test_a_commit_may_land_though_its_answer_is_lost(hub: Hub, release: Path) -> None:
    """500 before and after: the client raises both times, and only the latter left a commit."""
    hub.faults += [Fault("POST", "/commit/", status=500), Fault("POST", "/commit/", status=500, landed=True)]
    result = run_client(
        hub, _push(release) + "result = [error(lambda: commit('i2a/trees', 'Release')) for _ in range(3)]"
    )
    assert result == [["HfHubHTTPError", 500], ["HfHubHTTPError", 500], None]
    assert len(hub.commits("i2a/trees")) == 2
    assert hub.files("i2a/trees") == _content(release)
