"""Chromium before Argilla's pages, with a note of what left for the outside, and of what the pages' policy refused."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from playwright.sync_api import Page, sync_playwright

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass
class Visit:
    """A page, what it asked of the outside with what came of it, and what its policy refused."""

    api_url: str
    page: Page
    outside: list[tuple[str, str]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def note(self, url: str, outcome: str) -> None:
        if not url.startswith((self.api_url, "data:", "blob:")):
            self.outside.append((url, outcome))


@contextmanager
def logged_in(api_url: str, username: str, password: str) -> Iterator[Visit]:
    """A new browser in which somebody has logged in through the page."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_context(viewport={"width": 1400, "height": 1000}).new_page()
        page.set_default_timeout(15_000)
        visit = Visit(api_url, page)
        page.on("requestfinished", lambda request: visit.note(request.url, "answered"))
        page.on("requestfailed", lambda request: visit.note(request.url, request.failure or ""))
        page.on("console", lambda message: visit.refused.append(message.text) if message.type == "error" else None)
        sign_in(page, api_url, username, password)
        yield visit
        browser.close()


def sign_in(page: Page, api_url: str, username: str, password: str) -> None:
    """Logs somebody in through the page."""
    page.goto(f"{api_url}/sign-in")
    page.fill("input[type=text]", username)
    page.fill("input[type=password]", password)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{api_url}/")
