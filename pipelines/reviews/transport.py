"""HTTP to a server that may be restarted at any time: it is waited for, and every other trouble is a `UserError`."""

import time

import httpx

from pipelines.cli import console
from pipelines.errors import UserError

PATIENCE = 120.0  # seconds that a server is waited for
_PAUSE = 1.0  # seconds between two tries
_RESTARTING = (502, 503)  # a proxy's words for nobody there
_REPEATABLE = ("GET", "PUT", "PATCH")  # what does the same when it is done twice


class PatientTransport(httpx.HTTPTransport):
    """What an httpx client sends its requests through."""

    def __init__(self, address: str, key: str, remedy: str) -> None:
        """Gives up at once, until `wait_from_now_on` is called.

        Args:
            key: where the key is from.
            remedy: what to do when nobody answers.
        """
        super().__init__()
        self._address = address
        self._key = key
        self._remedy = remedy
        self._patience = 0.0

    def wait_from_now_on(self) -> None:
        """It has answered: so it will come back when it goes away."""
        self._patience = PATIENCE

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """One request, made again until it is answered.

        Raises:
            UserError: nobody answers, or the answer is an error.
        """
        deadline, told = time.monotonic() + self._patience, False
        while True:
            try:
                response = super().handle_request(request)
            except httpx.ConnectError as error:
                trouble: Exception = error
            except httpx.TransportError as error:
                if request.method not in _REPEATABLE:
                    raise UserError(f"{self._address} went away while it was asked: try again") from error
                trouble = error
            else:
                if response.status_code not in _RESTARTING:
                    return self._checked(request, response)
                response.close()
                trouble = UserError(f"HTTP {response.status_code}")
            if time.monotonic() >= deadline:
                raise UserError(f"{self._address} does not answer ({trouble}): {self._remedy}") from trouble
            if not told:
                console.print(f"{self._address} does not answer; waiting for it, {PATIENCE:.0f} seconds at most")
                told = True
            time.sleep(_PAUSE)

    def _checked(self, request: httpx.Request, response: httpx.Response) -> httpx.Response:
        if not response.is_error:
            return response
        if response.status_code == httpx.codes.UNAUTHORIZED:
            raise UserError(f"{self._address} does not know the key in {self._key}")
        told = " ".join(response.read().decode(errors="replace").split())[:300]
        raise UserError(
            f"{self._address} refuses {request.method} {request.url.path}: HTTP {response.status_code}: {told}"
        )
