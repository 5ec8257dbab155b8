"""Nobody gets in, and those who are in see what is meant for them."""

import socket
from typing import Any

import httpx
import psutil
import pytest

from tests.argilla_local.api import Api, labels
from tests.argilla_local.local import Running

pytestmark = pytest.mark.slow

_OPEN = {  # what anybody on this machine may have: versions, memory, how to log in, the API's description
    ("GET", "/version"),
    ("GET", "/status"),
    ("GET", "/settings"),
    ("GET", "/oauth2/providers"),
    ("GET", "/openapi.json"),
    ("GET", "/docs"),
    ("GET", "/redoc"),
}


@pytest.fixture(scope="module")
def places(argilla: Running) -> dict[str, str]:
    """Ids of a dataset and all that belongs to it, for the addresses of the API."""
    owner = Api.owner(argilla)
    dataset = owner.dataset(
        questions={"verdict": labels("keep", "edit")},
        metadata={"origin": {"type": "terms"}, "nearest": {"type": "float"}},
        hidden=["nearest"],
        vectors={"embedding": 2},
        min_submitted=2,
    )
    question = owner.question_ids(dataset)["verdict"]
    (record,) = owner.push(
        dataset,
        [
            {
                "fields": {"text0": "for members only"},
                "external_id": "t-1/2",
                "metadata": {"origin": "seed", "nearest": 0.5, "sample": "targeted"},
                "vectors": {"embedding": [1, 0]},
                "suggestions": [{"question_id": question, "value": "keep"}],
            }
        ],
    )
    (_, first), (second_user, second) = owner.annotator(), owner.annotator()
    first.answer(record["id"], {"verdict": "edit"})
    return {
        "dataset_id": dataset,
        "record_id": record["id"],
        "question_id": question,
        "workspace_id": owner.workspace(),
        "user_id": second_user["id"],
        "response_id": second.answer(record["id"], {"verdict": "keep"})["id"],
        "suggestion_id": record["suggestions"][0]["id"],
        "field_id": owner.call("GET", f"/datasets/{dataset}/fields")["items"][0]["id"],
        "vector_settings_id": owner.call("GET", f"/datasets/{dataset}/vectors-settings")["items"][0]["id"],
        "metadata_property_id": owner.call("GET", f"/me/datasets/{dataset}/metadata-properties")["items"][1]["id"],
        "webhook_id": dataset,
        "job_id": dataset,
        "provider": "huggingface",
    }


def test_without_credentials_no_address_answers_but_a_named_few(argilla: Running, places: dict[str, str]) -> None:
    paths = Api.owner(argilla).call("GET", "/openapi.json")["paths"]
    assert len(paths) > 40
    visitor = Api(argilla.api_url, {})
    answered = set()
    for path in [*paths, "/openapi.json", "/docs", "/redoc"]:
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            for body in (None, dict[str, Any]()):
                response = visitor.http.request(method, path.format(**places), json=body)
                assert "for members only" not in response.text
                assert response.status_code < 500, f"{method} {path}: {response.text}"
                if response.is_success:
                    answered.add((method, path))
    assert answered == _OPEN


def test_no_default_account_nor_a_wrong_password_gets_in(argilla: Running) -> None:
    for username, password in (("argilla", "1234"), ("owner", "1234"), ("owner", ""), ("admin", "12345678")):
        refused = httpx.post(f"{argilla.api_url}/api/v1/token", data={"username": username, "password": password})
        assert refused.status_code in {401, 422}
    for key in ("argilla.apikey", "owner.apikey", "admin.apikey", ""):
        assert httpx.get(f"{argilla.api_url}/api/v1/me", headers={"X-Argilla-Api-Key": key}).status_code == 401
    login = {"username": argilla.credentials["username"], "password": argilla.credentials["password"]}
    assert httpx.post(f"{argilla.api_url}/api/v1/token", data=login).is_success


@pytest.mark.parametrize("path", ["/", "/api/v1/version", "/sign-in", "/_nuxt/none.js"])
def test_every_answer_carries_the_guards(argilla: Running, path: str) -> None:
    headers = httpx.get(argilla.api_url + path).headers
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'self'"
    assert "unsafe" not in policy["script-src"]
    assert policy["frame-ancestors"] == policy["object-src"] == "'none'"
    assert policy["form-action"] == policy["base-uri"] == "'self'"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    ("host", "welcome"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("localhost:16900", True),  # a tunnel's other end
        ("evil.example", False),
        ("localhost.evil.example", False),
        ("127.0.0.1.evil.example:80", False),
        ("192.168.0.1", False),
        ("", False),
    ],
)
def test_only_the_names_of_this_machine_are_answered(argilla: Running, host: str, *, welcome: bool) -> None:
    for path in ("/", "/api/v1/version"):
        assert httpx.get(argilla.api_url + path, headers={"host": host}).is_success is welcome


def test_other_sites_get_no_leave_to_read(argilla: Running) -> None:
    for origin in ("https://evil.example", "null", argilla.api_url):
        answer = httpx.get(f"{argilla.api_url}/api/v1/version", headers={"origin": origin})
        assert "access-control-allow-origin" not in answer.headers


def test_it_says_where_it_is_and_what_comes_next(argilla: Running) -> None:
    assert argilla.told[:4] == [
        f"Argilla answers at {argilla.api_url}",
        f"log in as owner; the password is in {argilla.home}/credentials.json",
        f"add an annotator: python pipelines/review.py annotator NAME --home {argilla.home}",
        "stop: Ctrl-C",
    ]


def test_it_listens_on_the_loopback_interface_only(argilla: Running) -> None:
    connections = psutil.Process(argilla.process.pid).net_connections("inet")
    listening = [(one.family, one.laddr) for one in connections if one.status == psutil.CONN_LISTEN]
    assert listening == [(socket.AF_INET, ("127.0.0.1", argilla.port))]


def test_its_files_are_its_owners_alone(argilla: Running, places: dict[str, str]) -> None:
    assert places  # something has been written
    for folder in (argilla.home, argilla.home / "tmp"):
        assert folder.stat().st_mode & 0o777 == 0o700
    files = [path for path in argilla.home.iterdir() if path.is_file()]
    names = {path.name for path in files}
    assert {"argilla.db", "argilla.db-wal", "argilla.db-shm", "credentials.json", "auth_secret"} <= names
    assert {oct(path.stat().st_mode & 0o777) for path in files} == {"0o600"}


def test_an_annotator_sees_neither_others_answers_nor_hidden_metadata(argilla: Running, places: dict[str, str]) -> None:
    owner = Api.owner(argilla)
    _, me = owner.annotator()
    dataset, record = places["dataset_id"], places["record_id"]
    everything = {"include": "responses,suggestions,vectors"}
    mine = me.answer(record, {"verdict": "keep"})
    found = me.call("POST", f"/me/datasets/{dataset}/records/search", json={}, params=everything)["items"][0]["record"]
    alone = me.call("GET", f"/records/{record}")
    for seen in (found, alone):
        assert seen["metadata"] == {"origin": "seed"}
        assert [response["id"] for response in seen["responses"]] == [mine["id"]]
        assert seen["vectors"] == {"embedding": [1, 0]}
    for method, path in (
        ("GET", f"/datasets/{dataset}/records"),
        ("POST", f"/datasets/{dataset}/records/search"),
        ("PUT", f"/responses/{places['response_id']}"),
        ("DELETE", f"/responses/{places['response_id']}"),
        ("GET", f"/metadata-properties/{places['metadata_property_id']}/metrics"),
        ("GET", "/users"),
    ):
        body = {"values": {}, "status": "discarded"} if method in {"POST", "PUT"} else None
        assert me.http.request(method, path, json=body).status_code == 403, path
    asked = {"and": [{"type": "terms", "scope": _metadata("sample"), "values": ["targeted"]}]}
    refused = me.http.post(f"/me/datasets/{dataset}/records/search", json={"filters": asked})
    assert refused.status_code == 422  # what is no property can't be asked for either


def test_an_annotator_of_another_workspace_sees_no_record(argilla: Running, places: dict[str, str]) -> None:
    owner = Api.owner(argilla)
    elsewhere = owner.call("POST", "/workspaces", json={"name": f"elsewhere-{argilla.port}"})["id"]
    _, stranger = owner.annotator(elsewhere)
    dataset = places["dataset_id"]
    assert stranger.http.get(f"/records/{places['record_id']}").status_code == 403
    assert stranger.http.post(f"/me/datasets/{dataset}/records/search", json={}).status_code == 403


def test_the_owner_sees_a_record_whole(argilla: Running, places: dict[str, str]) -> None:
    record = Api.owner(argilla).call("GET", f"/records/{places['record_id']}")
    assert record["metadata"] == {"origin": "seed", "nearest": 0.5, "sample": "targeted"}
    assert len(record["responses"]) >= 2
    unknown = Api.owner(argilla).http.get(f"/records/{places['dataset_id']}")
    assert unknown.status_code == 404


def _metadata(name: str) -> dict[str, Any]:
    return {"entity": "metadata", "metadata_property": name}
