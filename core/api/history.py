"""Who changed what and who looked at whose data, for programs: the same records and words as on the pages."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from msgspec import Meta

from core.api.lists import DEFAULT_LIMIT, Limit, problems
from core.audit import reading, views
from core.audit.telling import RecordLine, told
from core.audit.views import ViewPage
from core.database.engine import Database
from core.roles.actor import Actor
from core.web.guards import needs

LARGEST_SEQUENCE = 2**31 - 1
Name = "^[a-z0-9_.]{1,80}$"


class DifferenceOut(msgspec.Struct, frozen=True, kw_only=True):
    """One field before and after."""

    field: Annotated[str, Meta(description="Поле словами, как на странице.")]
    before: Annotated[str, Meta(description="Что было; личные номера закрыты точками, пусто – ничего.")]
    after: Annotated[str, Meta(description="Что стало, так же.")]


class ChangeOut(msgspec.Struct, frozen=True, kw_only=True):
    """A change as the record of an organization tells it."""

    sequence: Annotated[int, Meta(description="Номер записи в истории организации, по порядку от 1.")]
    at: Annotated[datetime, Meta(description="Когда: момент с часовым поясом.")]
    action: Annotated[str, Meta(description="Что сделано: `core.role.give`.")]
    title: Annotated[str, Meta(description="То же словами: «Дана роль».")]
    author_id: Annotated[UUID | None, Meta(description="Ключ того, кто это сделал; null – сам портал.")]
    author: Annotated[str, Meta(description="Кто это сделал, как его звали тогда; пусто – сам портал.")]
    role: Annotated[str, Meta(description="В какой роли, словами.")]
    origin: Annotated[str, Meta(description="Откуда: сеанс, ключ доступа, командная строка – словами.")]
    subject_type: Annotated[str, Meta(description="Что изменено: `person`, `role`, `request` и другое.")]
    subject_id: Annotated[str, Meta(description="Ключ того, что изменено.")]
    subject: Annotated[str, Meta(description="Как оно называется, если вам это видно; иначе пусто.")]
    reason: Annotated[str, Meta(description="Основание; может быть пусто.")]
    differences: Annotated[list[DifferenceOut], Meta(description="Что изменилось, по полям.")]


class ChangesOut(msgspec.Struct, frozen=True, kw_only=True):
    """A page of changes, the latest first."""

    items: list[ChangeOut]
    next: Annotated[
        int | None, Meta(description="Значение `before` следующей страницы; null, если эта последняя.")
    ]


class ViewOut(msgspec.Struct, frozen=True, kw_only=True):
    """That somebody looked."""

    id: UUID
    at: Annotated[datetime, Meta(description="Когда: момент с часовым поясом.")]
    name: Annotated[str, Meta(description="Кто смотрел: фамилия, имя и отчество.")]
    role: Annotated[str, Meta(description="В какой роли, словами.")]
    organization: Annotated[str, Meta(description="Где: короткое название организации.")]
    what: Annotated[str, Meta(description="Что открывали: карточка, телефон, СНИЛС – словами.")]


class ViewsOut(msgspec.Struct, frozen=True, kw_only=True):
    """A page of views, the latest first."""

    items: list[ViewOut]
    next: Annotated[
        UUID | None, Meta(description="Значение `before` следующей страницы; null, если эта последняя.")
    ]


@get(
    "/api/v1/audit",
    guards=[needs(reading.VIEW)],
    sync_to_thread=True,
    tags=["audit"],
    summary="История изменений",
    description=(
        "Кто и что изменил в организации, последнее – первым; о ком или о чём – `subject_type` и `subject_id`. Слова "
        "те же, что на странице; имена – только тех, кто вам виден."
    ),
    responses=problems(404, 422),
)
def list_changes(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    organization_id: Annotated[
        UUID | None, QueryParameter(description="Чья история; без него – организации роли.")
    ] = None,
    of_portal: Annotated[
        bool,
        QueryParameter(description="История самого портала, выше организаций: для федерального оператора."),
    ] = False,
    subject_type: Annotated[
        str | None, QueryParameter(pattern="^[a-z_]{1,60}$", description="Только о таком: `person`.")
    ] = None,
    subject_id: Annotated[
        str | None, QueryParameter(pattern="^[A-Za-z0-9_.:-]{1,80}$", description="Только об этом: ключ.")
    ] = None,
    author: Annotated[
        str,
        QueryParameter(max_length=100, pattern="^[^\\u0000]*$", description="Кто изменил: слова имени."),
    ] = "",
    action: Annotated[
        str | None, QueryParameter(pattern=Name, description="Только это: `core.role.give`.")
    ] = None,
    first: Annotated[
        date | None, QueryParameter(description="С этого дня по времени организации роли.")
    ] = None,
    last: Annotated[date | None, QueryParameter(description="По этот день, он сам входит.")] = None,
    before: Annotated[
        int | None, QueryParameter(ge=1, le=LARGEST_SEQUENCE, description="Значение `next` прошлой страницы.")
    ] = None,
    limit: Limit = DEFAULT_LIMIT,
) -> ChangesOut:
    """The changes of an organization in reach."""
    with database.reading() as db:
        chain = reading.chain_of(db, actor, None if of_portal else organization_id or actor.organization_id)
        page = reading.changes(
            db,
            chain,
            person=author.strip(),
            action=action or "",
            subject_type=subject_type or "",
            subject_id=subject_id or "",
            first=reading.day_with_a_moment(first),
            last=reading.day_with_a_moment(last),
            timezone=actor.acting_role.timezone,
            before=before,
            limit=limit,
        )
        return ChangesOut(items=[_change(each) for each in told(db, actor, page.records)], next=page.before)


@get(
    "/api/v1/people/{person_id:uuid}/views",
    guards=[needs(views.SEE)],
    sync_to_thread=True,
    tags=["audit"],
    summary="Кто смотрел данные человека",
    description="Кто открывал карточку, контакты и документы человека, последнее – первым. Записи хранятся по сроку.",
    responses=problems(404, 422),
)
def list_views(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    person_id: FromPath[UUID],
    before: Annotated[UUID | None, QueryParameter(description="Значение `next` прошлой страницы.")] = None,
    limit: Limit = DEFAULT_LIMIT,
) -> ViewsOut:
    """Who looked at the data of somebody of an organization in reach."""
    with database.reading() as db:
        return views_out(views.views_of(db, actor, person_id, before, limit))


def views_out(page: ViewPage) -> ViewsOut:
    """A page of views as programs read it."""
    return ViewsOut(
        items=[
            ViewOut(**{name: getattr(each, name) for name in ViewOut.__struct_fields__})
            for each in page.lines
        ],
        next=page.before,
    )


def _change(line: RecordLine) -> ChangeOut:
    kept = line.record
    return ChangeOut(
        sequence=kept.sequence,
        at=kept.at,
        action=kept.action,
        title=line.action,
        author_id=kept.person_id,
        author=kept.person_name,
        role=line.role,
        origin=line.origin,
        subject_type=kept.subject_type,
        subject_id=kept.subject_id,
        subject=line.subject.text,
        reason=kept.reason,
        differences=[
            DifferenceOut(field=each.field, before=each.before, after=each.after) for each in line.differences
        ],
    )


history_api: list[Any] = [list_changes, list_views]
