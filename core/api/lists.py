"""What the lists of the API have in common: pages by key, errors, limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

import msgspec
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import QueryParameter
from sqlalchemy import Select

T = TypeVar("T")
DEFAULT_LIMIT = 100
LARGEST_LIMIT = 500

Limit = Annotated[
    int,
    QueryParameter(ge=1, le=LARGEST_LIMIT, description="Сколько записей вернуть, не больше 500."),
]
After = Annotated[
    UUID | None,
    QueryParameter(description="Ключ, после которого продолжать: значение next прошлой страницы."),
]


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """A page of a list. `next` is what to pass as `after` for the following one; null at the end."""

    items: list[T]
    next: UUID | None


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """What went wrong (RFC 9457), in words for people; `fields` says which fields are wrong."""

    title: str
    status: int
    detail: str
    fields: dict[str, str] | None = None
    error_id: str | None = None


PROBLEMS = {
    400: "Запрос составлен неверно.",
    401: "Нет ключа доступа или он больше не действует.",
    403: "Ключ или роль не дают этого права.",
    404: "Такой записи нет или она относится к другой организации.",
    409: "Изменить нельзя: решение закреплено или данные уже изменились.",
    422: "Данные не подходят.",
}


def problems(*statuses: int) -> Mapping[int, ResponseSpec]:
    """The documented errors of an operation."""
    return {
        status: ResponseSpec(data_container=Problem, description=PROBLEMS[status], generate_examples=False)
        for status in (400, 401, 403, *statuses)
    }


def by_key(statement: Select[Any], key: Any, after: UUID | None, limit: int) -> Select[Any]:
    """`statement` in the order of `key`, from after `after`, one row more than `limit`."""
    if after is not None:
        statement = statement.where(key > after)
    return statement.order_by(key).limit(limit + 1)
