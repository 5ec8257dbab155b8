"""Argilla's filters and orders as SQL over its own tables.

All but a record's own columns is JSON in the database: a value, or a list of values of which one suffices.
"""

from datetime import UTC, datetime
from typing import Any

from argilla_server.errors.future import UnprocessableEntityError
from argilla_server.models import Question, Record, Response, Suggestion
from argilla_server.search_engine import (
    AndFilter,
    Filter,
    MetadataFilterScope,
    Order,
    RangeFilter,
    RecordFilterScope,
    ResponseFilterScope,
    SuggestionFilterScope,
    TermsFilter,
)
from sqlalchemy import ColumnElement, Select, String, and_, exists, func, literal, not_, or_, select, true, type_coerce


def holds(condition: Filter) -> ColumnElement[bool]:
    """Whether a record passes a filter.

    Raises:
        UnprocessableEntityError: a filter that means nothing.
    """
    if isinstance(condition, AndFilter):
        return and_(true(), *(holds(part) for part in condition.filters))
    scope = condition.scope
    if isinstance(scope, RecordFilterScope):
        return _accepts(condition, _column(scope.property), scope.property)
    if isinstance(scope, ResponseFilterScope) and scope.question is None:
        return _has_status(condition)
    values = _values(scope)
    return exists(values.where(_accepts(condition, values.selected_columns[0])))


def order(by: Order) -> ColumnElement[Any]:
    """What records are sorted by: of several values the least when ascending, else the greatest; none comes last.

    Raises:
        UnprocessableEntityError: an order that means nothing.
    """
    descending = by.order == "desc"
    if isinstance(by.scope, RecordFilterScope):
        key = _column(by.scope.property)
    else:
        values = _values(by.scope)
        extreme = func.max if descending else func.min
        key = values.with_only_columns(extreme(values.selected_columns[0])).scalar_subquery()
    return (key.desc() if descending else key.asc()).nulls_last()


def _accepts(condition: TermsFilter | RangeFilter, value: ColumnElement[Any], name: str = "") -> ColumnElement[bool]:
    """Whether one value is among the terms, or within the bounds."""
    if isinstance(condition, TermsFilter):
        terms = [term for given in condition.values for term in _readings(given, name)]
        return value.in_(terms)
    least, most = (None if bound is None else _readings(bound, name)[0] for bound in (condition.ge, condition.le))
    return and_(
        true(), *([value >= least] if least is not None else []), *([value <= most] if most is not None else [])
    )


def _readings(given: str | float, name: str) -> list[Any]:
    """What a term or a bound stands for, as the database writes it: in JSON `3` may be text or number."""
    if name == "id":
        return [str(given).replace("-", "").lower()]
    if name in {"inserted_at", "updated_at"}:
        return [_moment(str(given))]
    if name:
        return [str(given)]
    try:
        return [given, float(given)]
    except ValueError:
        return [given]


def _moment(given: str) -> str:
    try:
        moment = datetime.fromisoformat(given)
    except ValueError as error:
        raise UnprocessableEntityError(f"{given!r} is not a time in ISO 8601") from error
    moment = moment.astimezone(UTC) if moment.tzinfo else moment
    return f"{moment:%Y-%m-%d %H:%M:%S.%f}"


def _column(name: str) -> ColumnElement[str]:
    """A record's own column, as the text that it is in the database."""
    columns = {
        "id": Record.id,
        "external_id": Record.external_id,
        "status": Record.status,
        "inserted_at": Record.inserted_at,
        "updated_at": Record.updated_at,
    }
    return type_coerce(columns[name], String)


def _values(scope: MetadataFilterScope | SuggestionFilterScope | ResponseFilterScope) -> Select[Any]:
    """The values of a record, one a row: `SELECT value FROM ...`, correlated to the record."""
    if isinstance(scope, MetadataFilterScope):
        found = _each(Record.metadata_, scope.metadata_property)
        return select(found).correlate(Record)
    if isinstance(scope, SuggestionFilterScope):
        return _suggested(scope)
    if scope.question is None:
        return _answers(scope, type_coerce(Response.status, String))
    return _answers(scope, _each(Response.values, scope.question, "value"))


def _suggested(scope: SuggestionFilterScope) -> Select[Any]:
    wanted = {
        "value": _each(Suggestion.value),
        "score": _each(Suggestion.score),
        "agent": Suggestion.agent,
        "type": type_coerce(Suggestion.type, String),
    }[scope.property]
    return (
        select(wanted)
        .join_from(Suggestion, Question)
        .where(
            Suggestion.record_id == Record.id, Question.dataset_id == Record.dataset_id, Question.name == scope.question
        )
        .correlate(Record)
    )


def _answers(scope: ResponseFilterScope, wanted: ColumnElement[Any]) -> Select[Any]:
    """Of one user where the scope names one, else of all."""
    answers = select(wanted).select_from(Response).where(Response.record_id == Record.id).correlate(Record)
    return answers if scope.user is None else answers.where(Response.user_id == scope.user.id)


def _each(column: ColumnElement[Any], *keys: str) -> ColumnElement[Any]:
    path = "$" + "".join(f'."{key}"' for key in keys)  # Argilla allows no quotes in such names
    return func.json_each(column, path).table_valued("value", name=None).c.value


def _has_status(condition: TermsFilter | RangeFilter) -> ColumnElement[bool]:
    """Whether a record has a response of one of the statuses, where `pending` stands for none at all."""
    scope = condition.scope
    if not isinstance(condition, TermsFilter) or scope.property != "status":
        raise UnprocessableEntityError("responses are filtered by a question, or by the terms of their status")
    any_answer = _answers(scope, literal(1))
    answered = exists(any_answer.where(type_coerce(Response.status, String).in_(condition.values)))
    return or_(answered, not_(exists(any_answer))) if "pending" in condition.values else answered
