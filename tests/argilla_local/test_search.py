"""The search engine finds over the real API what brute force finds over the same records."""

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.argilla_local import corpus
from tests.argilla_local.api import Api
from tests.argilla_local.corpus import Corpus, expected, texts, values_of
from tests.argilla_local.local import Running

pytestmark = pytest.mark.slow

_TERMS = {
    "verdict": corpus.VERDICTS,
    "reasons": corpus.REASONS,
    "stars": tuple("12345"),
    "round": tuple(str(number) for number in range(-3, 8)),
}


def _metadata(name: str) -> dict[str, str]:
    return {"entity": "metadata", "metadata_property": name}


def _suggestion(question: str, name: str = "value") -> dict[str, str]:
    return {"entity": "suggestion", "question": question, "property": name}


def _response(question: str) -> dict[str, str]:
    return {"entity": "response", "question": question}


_STATUS = {"entity": "response", "property": "status"}
_RECORD_STATUS = {"entity": "record", "property": "status"}
_NUMBERS = [
    _metadata("round"),
    _metadata("nearest"),
    _response("stars"),
    _suggestion("stars"),
    *(_suggestion(question, "score") for question in corpus.QUESTIONS),
]
_SCOPED_TERMS = [
    (_metadata("origin"), corpus.ORIGINS),
    (_metadata("round"), _TERMS["round"]),
    (_RECORD_STATUS, ("pending", "completed")),
    (_STATUS, ("pending", *corpus.STATUSES)),
    *((_response(name), _TERMS[name]) for name in corpus.QUESTIONS),
    *((_suggestion(name), _TERMS[name]) for name in corpus.QUESTIONS),
    *((_suggestion(name, "agent"), corpus.AGENTS) for name in corpus.QUESTIONS),
]
_SORTS = [
    *_NUMBERS,
    *(scope for scope, _ in _SCOPED_TERMS),
    *({"entity": "record", "property": name} for name in ("id", "external_id", "inserted_at", "updated_at")),
]


@st.composite
def _terms(draw: st.DrawFn) -> dict[str, Any]:
    scope, values = draw(st.sampled_from(_SCOPED_TERMS))
    some = draw(st.lists(st.sampled_from([*values, "no such"]), min_size=1, max_size=3, unique=True))
    return {"type": "terms", "scope": scope, "values": some}


@st.composite
def _ranges(draw: st.DrawFn, found: Corpus) -> dict[str, Any]:
    """Bounds are often a record's own value, where `<=` and `<` differ."""
    scope = draw(st.sampled_from(_NUMBERS))
    own = sorted({value for record in found.records for value in values_of(found, record, scope, None)})
    bounds = sorted(draw(st.lists(st.sampled_from(own) | st.integers(-4, 9), min_size=2, max_size=2)))
    given_bounds = draw(st.sampled_from([{"ge", "le"}, {"ge"}, {"le"}]))
    return {"type": "range", "scope": scope} | {
        name: bound for name, bound in zip(("ge", "le"), bounds, strict=True) if name in given_bounds
    }


@st.composite
def _bodies(draw: st.DrawFn, found: Corpus) -> dict[str, Any]:
    filters = draw(st.lists(_terms() | _ranges(found), max_size=3))
    orders = draw(st.lists(st.sampled_from(_SORTS), max_size=2, unique_by=str))
    sort = [{"scope": scope, "order": draw(st.sampled_from(["asc", "desc"]))} for scope in orders]
    return ({"filters": {"and": filters}} if filters else {}) | ({"sort": sort} if sort else {})


@pytest.fixture(scope="module")
def found(argilla: Running) -> Corpus:
    return corpus.make(Api.owner(argilla))


def _pages(view: Api, dataset: str, body: dict[str, Any], *, me: bool, limit: int) -> list[str]:
    """The ids of all pages; each page, the empty one after the last too, tells their number."""
    ids: list[str] = []
    totals = set()
    while True:
        page = view.search(dataset, body, me=me, offset=len(ids), limit=limit)
        totals.add(page["total"])
        if not page["items"]:
            assert totals == {len(ids)}
            return ids
        ids += [item["record"]["id"] for item in page["items"]]


_over_http = settings(
    max_examples=100, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@_over_http
@given(st.data())
def test_filters_orders_and_pages_give_what_brute_force_gives(found: Corpus, data: st.DataObject) -> None:
    body = data.draw(_bodies(found))
    user = data.draw(st.sampled_from([None, *found.annotators]))
    view = found.annotators[user] if user else found.owner
    limit = data.draw(st.sampled_from([37, 1000]))
    ids = _pages(view, found.dataset, body, me=user is not None, limit=limit)
    wanted = expected(found, body, user)
    if user and "sort" not in body:
        assert sorted(ids) == sorted(wanted)
    else:
        assert ids == wanted


def test_the_queues_hold_what_their_names_say(found: Corpus) -> None:
    """Pending is what a user, or for the owner anybody, has given no response to at all, not even a draft."""
    statuses = ("pending", *corpus.STATUSES)
    for user in (None, *found.annotators):
        view = found.annotators[user] if user else found.owner
        for some in (named for size in (1, 2, 3) for named in itertools.combinations(statuses, size)):
            body = {"filters": {"and": [{"type": "terms", "scope": _STATUS, "values": some}]}}
            ids = _pages(view, found.dataset, body, me=user is not None, limit=1000)
            assert sorted(ids) == sorted(expected(found, body, user))
            assert 0 < len(ids) < len(found.records)


@st.composite
def _queries(draw: st.DrawFn, found: Corpus) -> tuple[str, Callable[[list[str]], bool], str | None]:
    """A query as it is typed, and whether texts in lower case answer it."""
    field = draw(st.sampled_from([None, "text0", "text1"]))
    alternatives = draw(st.lists(st.lists(_terms_of(found), min_size=1, max_size=3), min_size=1, max_size=2))

    def answers(given_texts: list[str]) -> bool:
        return any(
            all(any(text.casefold() in one for one in given_texts) != negated for text, _, negated in terms)
            for terms in alternatives
        )

    typed = (" ".join("-" * negated + shown for _, shown, negated in terms) for terms in alternatives)
    return " | ".join(typed), answers, field


@st.composite
def _terms_of(draw: st.DrawFn, found: Corpus) -> tuple[str, str, bool]:
    text = draw(st.sampled_from(sorted({one for record in found.records for one in texts(record)})))
    start = draw(st.integers(0, len(text) - 1))
    part = text[start : start + draw(st.integers(1, 12))].replace('"', "").replace("|", "")
    part = draw(st.sampled_from([part, part.upper(), part.strip() + "zzz"]))
    word = part.strip().lstrip("-")
    negated = draw(st.integers(0, 3)) == 0
    if word and not any(letter.isspace() for letter in word) and draw(st.booleans()):
        return word, word, negated
    part = part or "tea"
    return part, f'"{part}"', negated


@_over_http
@given(st.data())
def test_a_text_query_finds_what_brute_force_finds(found: Corpus, data: st.DataObject) -> None:
    query, answers, field = data.draw(_queries(found))
    text = {"q": query} | ({"field": field} if field else {})
    ids = _pages(found.owner, found.dataset, {"query": {"text": text}}, me=False, limit=1000)
    assert ids == [record["id"] for record in found.records if answers(texts(record, field))]


@_over_http
@given(st.data())
def test_similar_records_come_by_cosine_among_those_that_pass(found: Corpus, data: st.DataObject) -> None:
    body = data.draw(_bodies(found))
    body.pop("sort", None)
    having = [record for record in found.records if record["vectors"]]
    to = data.draw(st.sampled_from(having))
    by_record = data.draw(st.booleans())
    least = data.draw(st.booleans())
    limit = data.draw(st.sampled_from([1, 7, 300]))
    vector = {"record_id": to["id"]} if by_record else {"value": to["vectors"]["embedding"]}
    order = "least_similar" if least else "most_similar"
    page = found.owner.search(
        found.dataset, body | {"query": {"vector": {"name": "embedding", "order": order} | vector}}, limit=limit
    )
    allowed = set(expected(found, body, None)) - ({to["id"]} if by_record else set())
    scores = {record["id"]: _cosine(record, to) for record in having if record["id"] in allowed}
    ranked = sorted(scores.values(), reverse=not least)
    got = [item["record"]["id"] for item in page["items"]]
    assert page["total"] == len(scores)
    assert len(set(got)) == len(got) == min(limit, len(scores))
    assert [scores[record_id] for record_id in got] == pytest.approx(ranked[:limit], abs=1e-6)
    wanted = [(1 - score if least else 1 + score) / 2 for score in ranked[:limit]]
    assert [item["query_score"] for item in page["items"]] == pytest.approx(wanted, abs=1e-6)


def _cosine(one: dict[str, Any], other: dict[str, Any]) -> float:
    first, second = (np.array(record["vectors"]["embedding"]) for record in (one, other))
    return float(first @ second / np.linalg.norm(first) / np.linalg.norm(second))


def test_vectors_that_come_and_go_are_seen_by_the_next_search(argilla: Running) -> None:
    owner = Api.owner(argilla)
    dataset = owner.dataset(questions={"verdict": corpus.QUESTIONS["verdict"]}, vectors={"embedding": 2})

    def nearest() -> list[str]:
        query = {"query": {"vector": {"name": "embedding", "value": [1, 0]}}}
        return [item["record"]["fields"]["text0"] for item in owner.search(dataset, query)["items"]]

    def record(text: str, *vector: float) -> dict[str, Any]:
        return {"fields": {"text0": text}, "vectors": {"embedding": vector}}

    assert nearest() == []
    first, second = owner.push(dataset, [record("a", 1, 1), record("b", 0, 1)])
    assert nearest() == ["a", "b"]
    owner.call("PATCH", f"/records/{second['id']}", json={"vectors": {"embedding": [1, 0]}})
    assert nearest() == ["b", "a"]
    owner.call("DELETE", f"/datasets/{dataset}/records", params={"ids": second["id"]})
    owner.push(dataset, [record("c", -1, 0)])
    assert nearest() == ["a", "c"]
    assert first["fields"]["text0"] == "a"


@pytest.mark.parametrize("min_submitted", [1, 2])
def test_unsorted_records_come_by_lot_and_in_one_order_where_several_people_are_to_answer(
    found: Corpus, min_submitted: int
) -> None:
    """Where one answer is enough, two people ought not to meet at each record; else they ought to."""
    dataset = found.owner.dataset(questions={"verdict": corpus.QUESTIONS["verdict"]}, min_submitted=min_submitted)
    pushed = [one["id"] for one in found.owner.push(dataset, [{"fields": {"text0": str(n)}} for n in range(40)])]
    orders = []
    for view in found.annotators.values():
        once, again = (_pages(view, dataset, {}, me=True, limit=30) for _ in range(2))
        assert once == again
        assert once != pushed
        assert sorted(once) == sorted(pushed)
        orders.append(once)
    assert (orders[0] == orders[1]) == (min_submitted == 2)


def test_many_searches_at_once_all_succeed(found: Corpus) -> None:
    """Each holds a connection of Argilla's while the engine asks for one: from one pool, they wait for each other."""
    body = {"query": {"text": {"q": "tea"}}, "sort": [{"scope": _metadata("round"), "order": "asc"}]}
    with ThreadPoolExecutor(40) as pool:
        views = list(found.annotators.values()) * 20
        totals = list(pool.map(lambda view: view.search(found.dataset, body, me=True)["total"], views))
    assert len(set(totals)) == 1
    assert totals[0] > 0


def test_progress_and_the_values_of_metadata_are_those_of_the_records(found: Corpus) -> None:
    progress = found.owner.call("GET", f"/datasets/{found.dataset}/progress")
    statuses = [record["status"] for record in found.records]
    assert {name: progress[name] for name in ("total", "completed", "pending")} == {
        "total": len(statuses),
        "completed": statuses.count("completed"),
        "pending": statuses.count("pending"),
    }
    for user, view in found.annotators.items():
        own = [one["status"] for record in found.records for one in record["responses"] if one["user_id"] == user]
        mine = view.call("GET", f"/me/datasets/{found.dataset}/metrics")["responses"]
        counted = {status: own.count(status) for status in corpus.STATUSES}
        assert mine == {"total": len(statuses), "pending": len(statuses) - len(own)} | counted
    for prop in found.owner.call("GET", f"/me/datasets/{found.dataset}/metadata-properties")["items"]:
        told = found.owner.call("GET", f"/metadata-properties/{prop['id']}/metrics")
        scope = _metadata(prop["name"])
        values = [value for record in found.records for value in values_of(found, record, scope, None)]
        if prop["name"] == "origin":
            assert {one["term"]: one["count"] for one in told["values"]} == {
                one: values.count(one) for one in set(values)
            }
        else:
            assert (told["min"], told["max"]) == pytest.approx((min(values), max(values)), abs=1e-5)


@pytest.mark.parametrize(
    "condition",
    [
        {"type": "range", "scope": _STATUS, "ge": 1},
        {"type": "range", "scope": {"entity": "record", "property": "inserted_at"}, "ge": "yesterday"},
        {"type": "terms", "scope": {"entity": "response"}, "values": ["keep"]},
    ],
)
def test_a_filter_that_means_nothing_is_refused(found: Corpus, condition: dict[str, Any]) -> None:
    body = {"filters": {"and": [condition]}}
    refused = found.owner.http.post(f"/datasets/{found.dataset}/records/search", json=body)
    assert refused.status_code == 422, refused.text


def test_times_are_compared_as_times_whatever_their_zone(found: Corpus) -> None:
    middle = found.records[100]["inserted_at"]
    scope = {"entity": "record", "property": "inserted_at"}
    for moment in (middle, f"{middle}Z", f"{middle}+00:00"):
        body = {"filters": {"and": [{"type": "range", "scope": scope, "ge": moment}]}}
        late = {record["id"] for record in found.records if record["inserted_at"] >= middle}
        assert set(_pages(found.owner, found.dataset, body, me=False, limit=1000)) == late
