"""A stand-in for the Hugging Face Hub's HTTP API, on loopback, for tests with the real client libraries.

It holds dataset repos as far as `huggingface_hub`, `datasets` and `hf_xet` ask for them, and runs in a thread of the
test's own process, so that a test looks at its state and orders faults directly:

    with Hub(tmp_path / "hub", xet=False) as hub:
        env = hub.env(token="hf_owner", home=tmp_path / "home")   # of a client process; no home: a fresh, empty one
        hub.faults.append(Fault("POST", "/commit/main", status=500, landed=True))
        subprocess.run([sys.executable, "-c", CLIENT], env=env, check=True)   # or run_client of tests/hub/client.py

        hub.files("i2a/trees", "v1.0.0")       # {path: bytes}
        hub.commits("i2a/trees")               # newest first; .oid .title .message .author .files
        hub.tags("i2a/trees")                  # {"v1.0.0": oid}
        hub.repo("i2a/trees").pulls            # {1: Pull}; also .private, .branches
        hub.received                           # bytes of file content that came in: LFS, xorbs, files inside commits
        [call for call in hub.log if call.method == "POST"]     # .method .path (with query) .status .sent

On leaving, `Hub` raises what went wrong in the stand-in itself (`hub.errors`), so that no client's retry hides it.
Tokens are in `tests/hub/users.py` (`hub.store.tokens`, which a test may change), faults in `tests/hub/faults.py`.
What it can't prove: the Hub's own checks of a card, its viewer and search, limits of size and rate, gated repos,
webhooks, and how soon a change is seen everywhere.
"""

import asyncio
import itertools
import os
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import web

from tests.hub import api, commits, lfs, xet
from tests.hub.faults import Fault, fail
from tests.hub.repos import Commit, HubError, Repo, history
from tests.hub.store import STORE, Store

__all__ = ["Call", "Fault", "Hub"]

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
BODY_LIMIT = 2**30  # bytes
DATASET = "/api/datasets/{namespace}/{name}"
WEB = "/datasets/{namespace}/{name}"


@dataclass
class Call:
    """A request that came in. `status` is 0 until it is answered, and stays 0 where the connection was broken."""

    method: str
    path: str
    status: int = 0
    sent: int = 0  # bytes of the request's body that arrived


class Hub:
    """The stand-in; a context manager that serves while it is entered. Its module tells how to use it."""

    def __init__(self, folder: Path, *, xet: bool) -> None:
        self.folder = folder
        self.store = Store(folder, xet=xet)
        self.faults: list[Fault] = []
        self.log: list[Call] = []
        self.errors: list[Exception] = []
        self._homes = itertools.count(1)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="hub", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._runner = asyncio.run_coroutine_threadsafe(self._start(), self._loop).result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        if self.errors and error is None:
            raise ExceptionGroup("the stand-in itself failed", self.errors)

    @property
    def url(self) -> str:
        return self.store.url

    @property
    def received(self) -> int:
        return self.store.received

    def env(self, token: str | None = "hf_owner", home: Path | None = None) -> dict[str, str]:
        """The environment of a client process; without `home` its caches are new and empty."""
        kept = {name: value for name, value in os.environ.items() if not _misleads(name)}
        home = home or self.folder / "homes" / str(next(self._homes))
        home.mkdir(parents=True, exist_ok=True)
        env = kept | {
            "HF_ENDPOINT": self.url,
            "HF_HOME": str(home),
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "HF_HUB_DISABLE_PROGRESS_BARS": "1",
            "HF_HUB_DISABLE_XET": "0" if self.store.xet else "1",
            "HF_XET_CLIENT_RETRY_BASE_DELAY": "50ms",  # seconds as it comes, which tests would have to wait for
            "HF_XET_CLIENT_RETRY_MAX_ATTEMPTS": "3",
        }
        return env | ({"HF_TOKEN": token} if token else {})

    def repo(self, repo_id: str) -> Repo:
        return self.store.repos[repo_id]

    def files(self, repo_id: str, revision: str = "main") -> dict[str, bytes]:
        """The content of every file at a revision."""
        found = self.repo(repo_id).at(revision).files
        return {path: self.store.blobs.get(file.sha256) for path, file in sorted(found.items())}

    def commits(self, repo_id: str, revision: str = "main") -> list[Commit]:
        """The commits up to a revision, newest first."""
        return history(self.repo(repo_id).at(revision))

    def tags(self, repo_id: str) -> dict[str, str]:
        """The oid of the commit that each tag names."""
        return {tag: commit.oid for tag, commit in self.repo(repo_id).tags.items()}

    async def _start(self) -> web.AppRunner:
        app = web.Application(middlewares=[self._answer], client_max_size=BODY_LIMIT)
        app[STORE] = self.store
        app.add_routes(ROUTES)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0]
        self.store.url = f"http://{host}:{port}"
        return runner

    @web.middleware
    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Writes the log, turns errors into the Hub's answers, and lets the faults happen that were ordered."""

        async def respond(request: web.Request) -> web.Response:
            try:
                response = await handler(request)
            except HubError as error:
                response = _refusal(error)
            except web.HTTPException:
                response = _refusal(HubError(404, f"The stand-in knows no {request.method} {request.path}"))
            assert isinstance(response, web.Response)
            return response

        call = Call(request.method, request.path_qs)
        self.log.append(call)
        fault = next((fault for fault in self.faults if fault.strikes(request)), None)
        try:
            response = await (fail(fault, request, respond) if fault else respond(request))
        except OSError:  # the client is gone
            response = None
        except Exception as error:
            self.errors.append(error)
            raise
        finally:
            call.sent = request.content.total_bytes
        call.status = response.status if response else 0
        return response or web.Response()  # the latter reaches nobody


def _refusal(error: HubError) -> web.Response:
    headers = {"X-Error-Message": error.message, "X-Request-Id": "stand-in"}
    if error.code:
        headers["X-Error-Code"] = error.code
    return web.json_response({"error": error.message} | error.body, status=error.status, headers=headers)


def _misleads(name: str) -> bool:
    """Whether a variable of ours would lead a client elsewhere than to the stand-in."""
    return name.upper().startswith(("HF_", "HUGGING")) or name.upper().endswith("_PROXY")


ROUTES = [
    web.get("/api/whoami-v2", api.who_am_i),
    web.post("/api/repos/create", api.create),
    web.post("/api/validate-yaml", api.validate_yaml),
    web.get(DATASET, api.info),
    web.put(f"{DATASET}/settings", api.settings),
    web.get(f"{DATASET}/revision/{{revision}}", api.info),
    web.get(f"{DATASET}/tree/{{revision}}", api.tree),
    web.get(f"{DATASET}/tree/{{revision}}/{{path:.*}}", api.tree),
    web.post(f"{DATASET}/paths-info/{{revision}}", api.paths_info),
    web.get(f"{DATASET}/refs", api.refs),
    web.get(f"{DATASET}/commits/{{revision}}", api.commits),
    web.post(f"{DATASET}/branch/{{revision}}", api.create_branch),
    web.post(f"{DATASET}/tag/{{revision}}", api.create_tag),
    web.delete(f"{DATASET}/tag/{{revision}}", api.delete_tag),
    web.get(f"{DATASET}/auth-check", api.check_auth),
    web.get(f"{DATASET}/auth-check/write", api.check_auth_write),
    web.post(f"{DATASET}/preupload/{{revision}}", commits.preupload),
    web.post(f"{DATASET}/commit/{{revision}}", commits.commit),
    web.get(f"{DATASET}/discussions", commits.discussions),
    web.post(f"{DATASET}/discussions", commits.open_discussion),
    web.get(f"{DATASET}/discussions/{{num}}", commits.discussion),
    web.post(f"{DATASET}/discussions/{{num}}/status", commits.set_status),
    web.post(f"{DATASET}/discussions/{{num}}/merge", commits.merge),
    web.post(f"{WEB}.git/info/lfs/objects/batch", lfs.batch),
    web.post(f"{WEB}.git/info/lfs/verify", lfs.verify),
    web.put("/lfs/{oid}", lfs.put),
    web.get(f"{WEB}/resolve/{{revision}}/{{path:.*}}", lfs.resolve),
    *xet.ROUTES,
]
