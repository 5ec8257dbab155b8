"""Argilla's search engine over Argilla's own database: there is nothing to index and nothing to keep in step.

It searches exactly, row by row: some hundred milliseconds a page at 20,000 records, which suits a laptop or a small
team. Beyond that, run a real deployment with Elasticsearch (see the package's docstring).
"""

import hashlib
import json
from functools import cache
from typing import Any
from uuid import UUID

import numpy as np
from argilla_server.enums import MetadataPropertyType, SimilarityOrder
from argilla_server.models import Dataset, MetadataProperty, Record, Response, User, VectorSettings
from argilla_server.search_engine import (
    Filter,
    FloatMetadataMetrics,
    IntegerMetadataMetrics,
    MetadataMetrics,
    Order,
    SearchEngine,
    SearchResponseItem,
    SearchResponses,
    TermsMetrics,
    TextQuery,
)
from argilla_server.settings import settings
from sqlalchemy import ColumnElement, Select, event, func, select, true
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from pipelines.argilla_local import conditions, similarity, text

NAME = "database"


@cache
def _database() -> AsyncEngine:
    """A pool of its own: a request holds one of Argilla's connections while it waits for the engine's."""
    database = create_async_engine(
        settings.database_url,
        **settings.database_engine_args,
        enable_from_linting=False,  # takes json_each of a column for a product of two tables
    )
    event.listen(database.sync_engine, "connect", _prepare)
    return database


def _prepare(connection: Any, _: object) -> None:  # noqa: ANN401 - what SQLAlchemy wraps around sqlite3's
    connection.create_function("text_matches", 3, text.matches, deterministic=True)
    connection.create_function("shuffled", 2, _shuffled, deterministic=True)
    connection.execute("PRAGMA query_only = ON")


def _shuffled(record_id: str, lot: str) -> bytes:
    return hashlib.blake2b(f"{lot} {record_id}".encode(), digest_size=8).digest()


async def close() -> None:
    """Closes the engine's connections."""
    await _database().dispose()


@SearchEngine.register(engine_name=NAME)
class DatabaseSearchEngine(SearchEngine):  # type: ignore[misc] # Argilla isn't installed where mypy runs
    """What Argilla asks of a search engine. One is made for each request."""

    @classmethod
    async def new_instance(cls) -> "DatabaseSearchEngine":
        return cls()

    async def close(self) -> None:
        """Nothing: the pool outlives the request."""

    async def ping(self) -> bool:
        return True

    async def info(self) -> dict[str, Any]:
        return {"name": NAME, "version": {"number": "1"}}

    async def _nothing_to_do(self, *_: object, **__: object) -> None:
        """What is committed to the database is found there."""

    create_index = delete_index = configure_metadata_property = configure_index_vectors = _nothing_to_do
    index_records = partial_record_update = delete_records = _nothing_to_do
    update_record_response = delete_record_response = _nothing_to_do
    update_record_suggestion = delete_record_suggestion = _nothing_to_do

    async def get_dataset_progress(self, dataset: Dataset) -> dict[str, int]:
        """Counts of records by status, and `total`."""
        return await _counts(select(Record.status).where(Record.dataset_id == dataset.id))

    async def get_dataset_user_progress(self, dataset: Dataset, user: User) -> dict[str, int]:
        """Counts of a user's responses by status, and `total`."""
        answers = select(Response.status).join(Record).where(Record.dataset_id == dataset.id)
        return await _counts(answers.where(Response.user_id == user.id))

    async def search(
        self,
        dataset: Dataset,
        query: TextQuery | str | None = None,
        filter: Filter | None = None,  # noqa: A002 - Argilla's name
        sort: list[Order] | None = None,
        offset: int = 0,
        limit: int = 100,
        user_id: UUID | None = None,
    ) -> SearchResponses:
        """A page of records, unsorted in an order by lot that stays.

        Where a record takes one answer, each user has an order of their own, so that two don't meet at each record;
        where it takes several, all have the same, so that the records that were begun get them.
        """
        own = user_id if dataset.distribution["min_submitted"] == 1 else dataset.id
        found = _found(dataset, query, filter)
        page = (
            found.add_columns(func.count().over()).order_by(*_orders(sort, user_id and own)).offset(offset).limit(limit)
        )
        async with AsyncSession(_database()) as session:
            rows = (await session.execute(page)).all()
            total = rows[0][1] if rows else await session.scalar(select(func.count()).select_from(found.subquery()))
        return SearchResponses(items=[SearchResponseItem(record_id=row[0]) for row in rows], total=total)

    async def similarity_search(
        self,
        dataset: Dataset,
        vector_settings: VectorSettings,
        value: list[float] | None = None,
        record: Record | None = None,
        query: TextQuery | str | None = None,
        filter: Filter | None = None,  # noqa: A002 - Argilla's name
        max_results: int = 100,
        order: SimilarityOrder = SimilarityOrder.most_similar,
        threshold: float | None = None,
    ) -> SearchResponses:
        """The records nearest to a vector or to a record (which is left out), or farthest from it, by cosine."""
        wanted = record.vector_value_by_vector_settings(vector_settings) if record else value
        sign = -1.0 if order == SimilarityOrder.least_similar else 1.0
        async with AsyncSession(_database()) as session:
            vectors = await similarity.of(session, vector_settings)
            allowed = set(await session.scalars(_found(dataset, query, filter)))
        if record is not None:
            allowed.discard(record.id)
        ranked = similarity.ranked(vectors, sign * np.asarray(wanted, dtype=np.float32), allowed)
        near = [item for item in ranked if threshold is None or item[1] >= threshold]
        items = [SearchResponseItem(record_id=record_id, score=score) for record_id, score in near[:max_results]]
        return SearchResponses(items=items, total=min(len(near), similarity.MOST))

    async def compute_metrics_for(self, metadata_property: MetadataProperty) -> MetadataMetrics:
        """What values a metadata property has, for the page's filters."""
        each = func.json_each(Record.metadata_, f'$."{metadata_property.name}"').table_valued("value", name=None)
        found = select(each.c.value).select_from(Record).join(each, true())
        found = found.where(Record.dataset_id == metadata_property.dataset_id, each.c.value.is_not(None))
        async with AsyncSession(_database()) as session:
            if metadata_property.type == MetadataPropertyType.terms:
                count = func.count()
                by_term = found.add_columns(count).group_by(each.c.value).order_by(count.desc(), each.c.value)
                terms = [TermsMetrics.TermCount(term=term, count=n) for term, n in await session.execute(by_term)]
                return TermsMetrics(total=sum(term.count for term in terms), values=terms)
            extremes = found.with_only_columns(func.min(each.c.value), func.max(each.c.value))
            least, most = (await session.execute(extremes)).one()
        integer = metadata_property.type == MetadataPropertyType.integer
        return (IntegerMetadataMetrics if integer else FloatMetadataMetrics)(min=least, max=most)


async def _counts(statuses: Select[Any]) -> dict[str, int]:
    async with AsyncSession(_database()) as session:
        status = statuses.selected_columns[0]
        rows = await session.execute(statuses.add_columns(func.count()).group_by(status))
        counts = {str(value): count for value, count in rows}
    return {"total": sum(counts.values())} | counts


def _found(dataset: Dataset, query: TextQuery | str | None, condition: Filter | None) -> Select[Any]:
    """The ids of a dataset's records that answer a text query and pass a filter."""
    found = select(Record.id).where(Record.dataset_id == dataset.id)
    if query is not None:
        asked = TextQuery(q=query) if isinstance(query, str) else query
        names = [asked.field] if asked.field else [field.name for field in dataset.fields if not field.is_image]
        found = found.where(func.text_matches(Record.fields, json.dumps(names), asked.q) == 1)
    return found if condition is None else found.where(conditions.holds(condition))


def _orders(sort: list[Order] | None, lot: UUID | None) -> list[ColumnElement[Any]]:
    as_pushed = [Record.inserted_at, Record.id]
    if sort:
        return [conditions.order(by) for by in sort] + as_pushed
    return [func.shuffled(Record.id, str(lot))] if lot else as_pushed
