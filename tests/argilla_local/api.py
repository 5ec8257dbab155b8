"""Argilla's HTTP API as the tests use it, without its SDK: what goes over the wire is what is meant."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from tests.argilla_local.local import Running


class Api:
    """One user's view of a server."""

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        none_kept = httpx.Limits(max_keepalive_connections=0)  # so that no test leaves a socket open
        self.http = httpx.Client(base_url=f"{url}/api/v1", headers=dict(headers), timeout=60, limits=none_kept)

    @classmethod
    def owner(cls, server: Running) -> "Api":
        return cls(server.api_url, server.headers)

    def call(self, method: str, path: str, **arguments: Any) -> Any:
        response = self.http.request(method, path, **arguments)
        assert response.is_success, f"{method} {path}: {response.status_code} {response.text}"
        return response.json() if response.content else None

    def annotator(self, workspace: str | None = None) -> tuple[dict[str, Any], "Api"]:
        """A new annotator (of the workspace `review`): their user, with the password, and their view."""
        password = secrets.token_urlsafe(12)
        made = {"username": f"ann-{secrets.token_hex(4)}", "first_name": "Ann", "password": password}
        user = self.call("POST", "/users", json=made | {"role": "annotator"})
        self.call("POST", f"/workspaces/{workspace or self.workspace()}/users", json={"user_id": user["id"]})
        return user | {"password": password}, Api(
            str(self.http.base_url).removesuffix("/api/v1/"), {"X-Argilla-Api-Key": user["api_key"]}
        )

    def workspace(self) -> str:
        found = [item["id"] for item in self.call("GET", "/me/workspaces")["items"] if item["name"] == "review"]
        return str(found[0])

    def dataset(
        self,
        *,
        fields: Sequence[dict[str, Any]] = ({"type": "text"},),
        questions: Mapping[str, dict[str, Any]],
        metadata: Mapping[str, dict[str, Any]] | None = None,
        hidden: Sequence[str] = (),
        vectors: Mapping[str, int] | None = None,
        min_submitted: int = 1,
    ) -> str:
        """Makes and publishes a dataset; its id. Fields are named text0, text1, ...; the first question is required."""
        made = {
            "name": f"d-{secrets.token_hex(4)}",
            "workspace_id": self.workspace(),
            "allow_extra_metadata": True,
            "distribution": {"strategy": "overlap", "min_submitted": min_submitted},
        }
        dataset = f"/datasets/{self.call('POST', '/datasets', json=made)['id']}"
        for number, field in enumerate(fields):
            named = {"name": f"text{number}", "title": "Text", "required": number == 0}
            self.call("POST", f"{dataset}/fields", json=named | {"settings": {"use_markdown": False} | field})
        for name, settings in questions.items():
            named = {"name": name, "title": name, "required": name == next(iter(questions))}
            self.call("POST", f"{dataset}/questions", json=named | {"settings": settings})
        for name, settings in (metadata or {}).items():
            named = {"name": name, "title": name, "visible_for_annotators": name not in hidden}
            self.call("POST", f"{dataset}/metadata-properties", json=named | {"settings": settings})
        for name, dimensions in (vectors or {}).items():
            named = {"name": name, "title": name, "dimensions": dimensions}
            self.call("POST", f"{dataset}/vectors-settings", json=named)
        self.call("PUT", f"{dataset}/publish")
        return dataset.removeprefix("/datasets/")

    def push(self, dataset: str, records: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Pushes records, and returns them as the server has them."""
        made = []
        for start in range(0, len(records), 100):
            items = {"items": list(records[start : start + 100])}
            made += self.call("POST", f"/datasets/{dataset}/records/bulk", json=items)["items"]
        return made

    def question_ids(self, dataset: str) -> dict[str, str]:
        questions = self.call("GET", f"/datasets/{dataset}/questions")["items"]
        return {question["name"]: question["id"] for question in questions}

    def search(self, dataset: str, body: dict[str, Any] | None = None, *, me: bool = False, **page: int) -> Any:
        path = f"/datasets/{dataset}/records/search"
        return self.call("POST", f"/me{path}" if me else path, json=body or {}, params=page)

    def answer(self, record_id: str, values: dict[str, Any], status: str = "submitted") -> Any:
        """This user's answer to a record."""
        body = {"values": {name: {"value": value} for name, value in values.items()}, "status": status}
        return self.call("POST", f"/records/{record_id}/responses", json=body)


def labels(*values: str, several: bool = False) -> dict[str, Any]:
    """The settings of a question with labels."""
    options = [{"value": value, "text": value} for value in values]
    return {"type": "multi_label_selection" if several else "label_selection", "options": options} | (
        {"visible_options": None} if several else {}
    )
