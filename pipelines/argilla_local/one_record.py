"""One record by its id, as its reader may see it: an annotator without others' answers and hidden metadata.

Argilla 2.8 gives every member of the workspace the whole record at this address, and fails where it has vectors; its
searches do neither. So the record is looked up by a search for its id.
"""

from typing import Any
from uuid import UUID

from argilla_server.api.handlers.v1.datasets.records import (
    search_current_user_dataset_records,
    search_dataset_records,
)
from argilla_server.api.routes import api_v1
from argilla_server.api.schemas.v1.records import Record as RecordSchema
from argilla_server.api.schemas.v1.records import RecordIncludeParam, SearchRecordsQuery
from argilla_server.database import get_async_db
from argilla_server.errors.future import NotFoundError
from argilla_server.models import Record, User
from argilla_server.search_engine import SearchEngine, get_search_engine
from argilla_server.security import auth
from argilla_server.telemetry import get_telemetry_client
from fastapi import Depends, Security
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

_ALL = RecordIncludeParam(keys=["responses", "suggestions", "vectors"])


def replace() -> None:
    """Puts the handler below before Argilla's own."""
    api_v1.add_api_route("/records/{record_id}", _get_record, methods=["GET"], response_model=RecordSchema)
    api_v1.router.routes.insert(0, api_v1.router.routes.pop())


async def _get_record(
    record_id: UUID,
    db: AsyncSession = Depends(get_async_db),  # noqa: B008 - FastAPI's way, and its names
    search_engine: SearchEngine = Depends(get_search_engine),  # noqa: B008
    current_user: User = Security(auth.get_current_user),  # noqa: B008
) -> Any:  # noqa: ANN401 - FastAPI makes the schema's JSON of it
    dataset_id = await db.scalar(select(Record.dataset_id).where(Record.id == record_id))
    if dataset_id is None:
        raise NotFoundError(f"Record with id `{record_id}` not found")
    by_id = {"type": "terms", "scope": {"entity": "record", "property": "id"}, "values": [str(record_id)]}
    asked = {
        "db": db,
        "search_engine": search_engine,
        "dataset_id": dataset_id,
        "body": SearchRecordsQuery.model_validate({"filters": {"and": [by_id]}}),
        "include": _ALL,
        "offset": 0,
        "limit": 1,
        "current_user": current_user,
    }
    if current_user.is_annotator:
        found = await search_current_user_dataset_records(**asked, telemetry_client=get_telemetry_client())
    else:
        found = await search_dataset_records(**asked)
    return found.items[0].record
