"""What the lists of the API have in common: pages by key, errors, limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

import msgspec
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import QueryParameter
from msgspec import Meta
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
    QueryParameter(description="Ключ, после которого продолжать: значение `next` прошлой страницы."),
]


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """A page of a list. `next` is what to pass as `after` for the following one; null at the end."""

    items: list[T]
    next: UUID | None


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """What went wrong (RFC 9457), in words for people; `fields` says which fields are wrong."""

    title: Annotated[str, Meta(description="Что не получилось, словами для человека.")]
    status: Annotated[int, Meta(description="Код ответа HTTP.")]
    detail: Annotated[str, Meta(description="Что делать дальше.")]
    fields: Annotated[
        dict[str, str] | None, Meta(description="Неверные поля запроса: имя поля → что с ним не так.")
    ] = None
    error_id: Annotated[
        str | None, Meta(description="Номер сбоя, если виноват портал: он же стоит в журнале работы.")
    ] = None


PROBLEMS = {
    400: "Запрос составлен неверно: тело – не JSON, или заголовок непонятен.",
    401: "Нет ключа доступа или он больше не действует.",
    403: "Ключ или роль не дают этого права.",
    404: "Такой записи нет, или она вам не доступна.",
    409: "Изменить нельзя: данные уже другие, или ключ повтора занят. Ничего не сохранено.",
    413: "Файл больше, чем принимает портал. Ничего не сохранено.",
    422: "Данные не подходят: какие поля и почему – в `fields`. Ничего не сохранено.",
    429: "Слишком часто: в `detail` сказано, когда можно снова. Ничего не сохранено.",
}


def problems(*statuses: int) -> Mapping[int, ResponseSpec]:
    """The documented refusals of an operation: those that any may answer with, and `statuses`."""
    return {
        status: ResponseSpec(
            data_container=Problem,
            description=PROBLEMS[status],
            media_type="application/problem+json",
            generate_examples=False,
        )
        for status in (400, 401, 403, *statuses)
    }


def by_key(statement: Select[Any], key: Any, after: UUID | None, limit: int) -> Select[Any]:
    """`statement` in the order of `key`, from after `after`, one row more than `limit`."""
    if after is not None:
        statement = statement.where(key > after)
    return statement.order_by(key).limit(limit + 1)
