"""The connection to an Argilla: that of `review.py serve`, or another one that the environment names.

    server = connect(Path(".argilla"))
    dataset = server.opened("i2a/trees", settings)
    server.push(dataset, records, total=200)

A server that is being restarted is waited for; whatever else goes wrong on the way is a `UserError`.

Settings and users go through Argilla's SDK. Records go as its REST API takes and gives them, since the SDK does not
tell when an answer was given. Why a record was chosen, its sample, stands in a workspace that annotators are no members
of: Argilla shows them all metadata of a record that they ask for by its id, also what is marked as hidden from them.
"""

import json
import os
import re
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from pipelines.argilla_local.credentials import WORKSPACE
from pipelines.cli import console
from pipelines.errors import UserError
from pipelines.reviews.questions import Sample
from pipelines.reviews.transport import PatientTransport

if TYPE_CHECKING:
    import argilla as rg

OWNERS_WORKSPACE = "review-samples"  # what annotators are not to see

_UNFINISHED = ".new"  # ends the name of a dataset while it is made
_BATCH = 100  # records a request, each of which is one transaction of the server
_PAGE = 500

Record = dict[str, Any]  # as the REST API has it


def connect(home: Path) -> "Server":
    """The Argilla that ARGILLA_API_URL and ARGILLA_API_KEY name, else the one that `review.py serve` runs in `home`.

    Raises:
        UserError: none is named, it does not answer, or does not take the key for its owner's.
    """
    import argilla as rg

    address, key, whence, remedy = _credentials(home)
    with ExitStack() as undo:
        transport = undo.enter_context(PatientTransport(address, whence, remedy))
        try:
            argilla = rg.Argilla(api_url=address, api_key=key, mounts={"all://": transport})
            me = argilla.me
        except (ValueError, httpx.InvalidURL) as error:
            raise UserError(f"{address} is not the address of an Argilla: it answers otherwise") from error
        if me.role.value != "owner":
            raise UserError(f"{whence} holds the key of {me.username}, {me.role.value}: a review needs an owner's")
        undo.pop_all()
    transport.wait_from_now_on()
    return Server(argilla, address)


def dataset_name(repo_id: str) -> str:
    """What a release is called on the server: `--` stands in no name of the Hub.

    >>> dataset_name("i2a/trees")
    'i2a--trees'
    """
    return repo_id.replace("/", "--")


@dataclass(frozen=True)
class Server:
    """An Argilla, by its owner's connection."""

    argilla: "rg.Argilla"
    address: str

    def datasets(self) -> "list[rg.Dataset]":
        """What has been pushed, by name."""
        found = [one.get() for one in self._workspace(WORKSPACE).datasets if not one.name.endswith(_UNFINISHED)]
        return sorted(found, key=lambda one: str(one.name))

    def dataset(self, repo_id: str) -> "rg.Dataset":
        """What has been pushed of a release.

        Raises:
            UserError: nothing.
        """
        name = dataset_name(repo_id)
        if found := self._found(WORKSPACE, name):
            return found
        raise UserError(
            f"{self.address} has no dataset {name}: `python pipelines/review.py push personas` (or trees) brings "
            f"{repo_id} there"
        )

    def opened(self, repo_id: str, settings: "rg.Settings") -> "rg.Dataset":
        """The dataset of a release, made where it is not there yet.

        Raises:
            UserError: one of that name has other fields or questions, or takes other vectors.
        """
        name = dataset_name(repo_id)
        dataset = self._found(WORKSPACE, name)
        if dataset is None:
            return self._made(name, settings)
        self.expect(dataset, settings, _to_push)
        return dataset

    def expect(
        self, dataset: "rg.Dataset", settings: "rg.Settings", shape: "Callable[[rg.Settings], set[str]]"
    ) -> None:
        """Holds what is there to what ought to be, as far as `shape` tells it.

        Raises:
            UserError: it has another shape.
        """
        if other := sorted(shape(dataset.settings) ^ shape(settings)):
            raise UserError(
                f"{self.address} has a dataset {dataset.name} that is made otherwise ({', '.join(other)}): collect "
                "what is in it, by the version that pushed it, then rename or delete it there"
            )

    def records(self, dataset: "rg.Dataset", *, responses: bool = False) -> list[Record]:
        """All records, without suggestions and vectors, in the order in which they came.

        Raises:
            UserError: some were deleted meanwhile.
        """
        found: dict[str, Record] = {}
        asked = {"limit": _PAGE} | ({"include": "responses"} if responses else {})
        while True:
            page = self._get(f"datasets/{dataset.id}/records", {**asked, "offset": len(found)})
            known = len(found)
            found |= {record["id"]: record for record in page["items"]}
            if len(found) >= page["total"]:
                return list(found.values())
            if len(found) == known:
                raise UserError(f"{dataset.name} changed while it was read: give the same command again")

    def push(self, dataset: "rg.Dataset", records: Iterable[Record], total: int) -> None:
        """Sends records, with a progress bar; one that is there already is replaced, and keeps its answers."""
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        records = iter(records)
        with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
            bar = progress.add_task("records", total=total)
            while batch := list(islice(records, _BATCH)):
                self._send("PUT", f"datasets/{dataset.id}/records/bulk", {"items": batch})
                progress.advance(bar, len(batch))

    def remove(self, dataset: "rg.Dataset", records: Sequence[Record]) -> None:
        """Deletes records, with any answers to them."""
        for start in range(0, len(records), _BATCH):
            ids = ",".join(record["id"] for record in records[start : start + _BATCH])
            self._send("DELETE", f"datasets/{dataset.id}/records?ids={ids}")

    def samples(self, dataset: "rg.Dataset") -> dict[str, Sample]:
        """Record -> why it was chosen."""
        samples: dict[str, Sample] = {}
        for note in self._notes(dataset):
            samples |= note["metadata"]["samples"]
        return samples

    def note_samples(self, dataset: "rg.Dataset", samples: Mapping[str, Sample]) -> None:
        """Adds to what `samples` gives.

        A note is the metadata of an unpublished dataset. It is made anew, since Argilla only pretends to change them;
        until the old one is gone, what is in both counts.
        """
        old, workspace = self._notes(dataset), self._workspace(OWNERS_WORKSPACE)
        note = {
            "name": f"{dataset.name} samples {datetime.now(UTC):%Y-%m-%d %H:%M:%S.%f}",
            "workspace_id": str(workspace.id),
            "metadata": {"dataset": str(dataset.id), "samples": {**self.samples(dataset), **samples}},
        }
        self._send("POST", "datasets", note)
        for one in old:
            self._send("DELETE", f"datasets/{one['id']}")

    def add_annotator(self, name: str) -> str:
        """Adds somebody who may answer what is pushed, and do nothing else; their password.

        Raises:
            UserError: the name is taken, or none.
        """
        import argilla as rg

        if not re.fullmatch(r"[\w.-]+", name):
            raise UserError(f"{name!r} can't be a name: choose letters, digits, dots, hyphens and underscores")
        if any(user.username == name for user in self.argilla.users):
            raise UserError(f"{self.address} has a user {name} already: choose another name")
        password, workspace = secrets.token_urlsafe(12), self._workspace(WORKSPACE)
        user = rg.User(username=name, password=password, role="annotator", client=self.argilla).create()
        user.add_to_workspace(workspace)
        return password

    def usernames(self) -> dict[str, str]:
        """Id of a user -> their name."""
        return {str(user.id): str(user.username) for user in self.argilla.users}

    def _made(self, name: str, settings: "rg.Settings") -> "rg.Dataset":
        """A new dataset. It gets its name last, so that a kill leaves none that lacks a question."""
        import argilla as rg
        from argilla._exceptions import SettingsError

        if left := self._found(WORKSPACE, name + _UNFINISHED):
            left.delete()
        workspace = self._workspace(WORKSPACE)
        dataset = rg.Dataset(name=name + _UNFINISHED, workspace=workspace, settings=settings, client=self.argilla)
        try:
            dataset.create()
        except SettingsError as error:  # what the SDK makes of any error on the way
            raise UserError(f"{self.address} does not make the dataset {name}: {error.__cause__}") from error
        self._send("PATCH", f"datasets/{dataset.id}", {"name": name})
        return dataset.get()

    def _notes(self, dataset: "rg.Dataset") -> list[dict[str, Any]]:
        """The oldest first."""
        workspace = self._workspace(OWNERS_WORKSPACE)
        found = self._get("me/datasets", {"workspace_id": str(workspace.id)})["items"]
        notes = [one for one in found if (one["metadata"] or {}).get("dataset") == str(dataset.id)]
        return sorted(notes, key=lambda one: str(one["inserted_at"]))

    def _found(self, workspace: str, name: str) -> "rg.Dataset | None":
        return next((one.get() for one in self._workspace(workspace).datasets if one.name == name), None)

    def _workspace(self, name: str) -> "rg.Workspace":
        import argilla as rg

        found = next((one for one in self.argilla.workspaces if one.name == name), None)
        return found or rg.Workspace(name=name, client=self.argilla).create()

    def _get(self, path: str, parameters: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
        return self.argilla.http_client.get(f"/api/v1/{path}", params=parameters).json()

    def _send(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> None:
        self.argilla.http_client.request(method, f"/api/v1/{path}", json=body)


def _credentials(home: Path) -> tuple[str, str, str, str]:
    """Address, key, where they are from, and what to do when nobody answers."""
    address, key = os.environ.get("ARGILLA_API_URL"), os.environ.get("ARGILLA_API_KEY")
    if address and key:
        if not (key.isascii() and key.isprintable()):
            raise UserError("ARGILLA_API_KEY holds characters that no key has")
        return address, key, "ARGILLA_API_KEY", "is ARGILLA_API_URL right, and does the server run?"
    if address or key:
        raise UserError("of ARGILLA_API_URL and ARGILLA_API_KEY only one is set: set both, or none")
    path = home / "credentials.json"
    start = f"`python pipelines/review.py serve{'' if home == Path('.argilla') else f' --home {home}'}`"
    try:
        found = json.loads(path.read_bytes())
        return found["api_url"], found["api_key"], str(path), f"{start} starts it"
    except FileNotFoundError:
        raise UserError(
            f"there are no credentials in {home}: {start} starts an Argilla here; ARGILLA_API_URL and ARGILLA_API_KEY "
            "name another one"
        ) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} can't be read ({error}): {start} writes it again") from error


def to_read(settings: "rg.Settings") -> set[str]:
    """What must be the same for answers to be understood."""
    named = [*settings.fields, *settings.questions, *settings.metadata]
    parts = [f"{type(one).__name__} {one.name}" for one in named]
    parts += [f"required {one.name}" for one in settings.questions if one.required]
    parts += [f"{one.name}: {label}" for one in settings.questions if "label" in one.type for label in one.labels]
    return set(parts)


def _to_push(settings: "rg.Settings") -> set[str]:
    """What must be the same for more records to go there."""
    vectors = {f"vector {one.title}, {one.dimensions}" for one in settings.vectors}
    return {*to_read(settings), *vectors, f"{settings.distribution.min_submitted} answers a record"}
