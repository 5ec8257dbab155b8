"""Argilla's pages in Chromium: what a record's text brings along doesn't run, and answering works."""

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.argilla_local.api import Api, labels
from tests.argilla_local.browser import logged_in
from tests.argilla_local.local import Running

pytestmark = pytest.mark.slow

_EVIL = (
    "<script>window.ran=1</script><img src=x onerror='window.ran=2'><svg onload='window.ran=3'></svg>"
    "<iframe srcdoc='<script>top.ran=4</script>'></iframe><a href='javascript:window.ran=5'>html link</a>"
    "\n\n[markdown link](javascript:window.ran=6) ![m](https://outside.example/pixel.png)"
    '<img src="https://outside.example/pixel.png"><base href="https://outside.example/">'
)


def test_a_text_with_scripts_runs_nothing_and_can_be_answered(argilla: Running) -> None:
    owner = Api.owner(argilla)
    kinds = [{"type": kind, "use_markdown": markdown} for kind in ("text", "chat") for markdown in (False, True)]
    dataset = owner.dataset(
        fields=kinds,
        questions={"verdict": labels("keep", "edit"), "comment": {"type": "text"}},
        vectors={"embedding": 2},
    )
    questions = owner.question_ids(dataset)
    chat = [{"role": "user", "content": _EVIL}, {"role": "assistant", "content": _EVIL}]
    record = {
        "fields": {"text0": _EVIL, "text1": _EVIL, "text2": chat, "text3": chat},
        "suggestions": [{"question_id": questions["comment"], "value": _EVIL}],
    }
    pushed = owner.push(dataset, [record | {"vectors": {"embedding": [1, number]}} for number in range(2)])
    user, view = owner.annotator()
    with logged_in(argilla.api_url, user["username"], user["password"]) as visit:
        page, place = visit.page, f"{argilla.api_url}/dataset/{dataset}/annotation-mode"
        page.goto(place)
        expect(page.get_by_text("html link").first).to_be_visible()
        assert any("inline event handler" in refused for refused in visit.refused)  # the texts did try
        for link in page.get_by_text("html link", exact=True).all():
            link.click(force=True)
        assert page.evaluate("window.ran") is None
        assert page.url.startswith(place)
        _answer(page)
    answered = [view.call("GET", f"/records/{one['id']}")["responses"] for one in pushed]
    assert sorted(len(responses) for responses in answered) == [0, 1]
    assert next(one for one in answered if one)[0]["values"]["verdict"] == {"value": "keep"}
    assert {outcome for _, outcome in visit.outside} <= {"csp"}, visit.outside  # fonts, and what the texts ask for


def _answer(page: Page) -> None:
    page.get_by_text("keep", exact=True).click()
    with page.expect_response("**/responses") as posted:
        page.get_by_role("button", name="Submit").click()
    assert posted.value.ok


def test_an_annotator_finds_similar_records(argilla: Running) -> None:
    owner = Api.owner(argilla)
    dataset = owner.dataset(questions={"verdict": labels("keep", "edit")}, vectors={"embedding": 2})
    texts: dict[str, list[float]] = {"first": [1, 0], "much like it": [0.8, 0.6], "unlike": [-1, 0]}
    owner.push(dataset, [{"fields": {"text0": text}, "vectors": {"embedding": at}} for text, at in texts.items()])
    user, _ = owner.annotator()
    with logged_in(argilla.api_url, user["username"], user["password"]) as visit:
        page = visit.page
        page.goto(f"{argilla.api_url}/dataset/{dataset}/annotation-mode")
        with page.expect_response(lambda response: "vector" in (response.request.post_data or "")) as searched:
            page.get_by_role("button", name="Find similar").click()
        found = searched.value.json()["items"]
    (seen,) = texts.keys() - {item["record"]["fields"]["text0"] for item in found}
    wanted = sorted(texts.keys() - {seen}, key=lambda text: -np.dot(texts[text], texts[seen]))
    assert [item["record"]["fields"]["text0"] for item in found] == wanted
