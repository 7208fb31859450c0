"""Academic years for programs: making one, its terms, the archive."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import delete, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta
from sqlalchemy import select

from core.api.lists import problems
from core.api.organizations import AcademicYearOut, TermOut
from core.database.engine import Database
from core.database.session import Session
from core.errors import Invalid
from core.organizations import academic_years
from core.organizations.academic_years import EDIT
from core.organizations.models import AcademicYear, Term
from core.roles.actor import Actor
from core.web.guards import needs

FIELDS = {"first": "starts_on", "last": "ends_on"}
"""What the fields of the page's form are called here."""


class YearIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An academic year to be made."""

    organization_id: Annotated[
        UUID | None, Meta(description="Ключ школы; null – школа роли, в которой действует ключ доступа.")
    ] = None
    starts_on: Annotated[date, Meta(examples=["2027-09-01"])]
    ends_on: Annotated[date, Meta(examples=["2028-05-26"])]


class TermIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """New days of a term."""

    id: Annotated[UUID, Meta(description="Ключ периода из `/api/v1/terms`.")]
    starts_on: date
    ends_on: date


class TermsIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Days of terms; those that are not named stay as they are."""

    terms: Annotated[list[TermIn], Meta(min_length=1, max_length=40, description="Периоды с новыми днями.")]


@post(
    "/api/v1/academic-years",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    tags=["organizations"],
    summary="Завести учебный год",
    description="Периоды – как в прошлом году, на год позже. 409 – год пересекается с другим.",
    responses=problems(404, 409, 422),
)
def begin_year(
    actor: NamedDependency[Actor], database: NamedDependency[Database], data: JSONBody[YearIn]
) -> AcademicYearOut:
    """Make an academic year with its terms."""
    with database.transaction() as db:
        place = data.organization_id or actor.organization_id
        try:
            return _year(academic_years.begin_year(db, actor, place, data.starts_on, data.ends_on))
        except Invalid as wrong:
            fields = {FIELDS.get(name, name): words for name, words in wrong.fields.items()}
            raise Invalid(wrong.message, advice=wrong.advice, fields=fields) from wrong


@put(
    "/api/v1/academic-years/{year_id:uuid}/terms",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    tags=["organizations"],
    summary="Изменить дни периодов",
    description="Все сразу или никакой. 409 – год в архиве; 422 – в `fields` по ключу периода, что с ним не так.",
    responses=problems(404, 409, 422),
)
def change_terms(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    year_id: FromPath[UUID],
    data: JSONBody[TermsIn],
) -> list[TermOut]:
    """Set the days of terms; all terms of the year come back."""
    days = {each.id: (each.starts_on, each.ends_on) for each in data.terms}
    with database.transaction() as db:
        academic_years.set_terms(db, actor, year_id, days)
        return _terms(db, year_id)


@post(
    "/api/v1/academic-years/{year_id:uuid}/archive",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    status_code=200,
    tags=["organizations"],
    summary="Отправить учебный год в архив",
    description="Год закончился: его периоды закрываются, в нём больше ничего не меняют. 409 – рано или уже в архиве.",
    responses=problems(404, 409, 422),
)
def archive_year(
    actor: NamedDependency[Actor], database: NamedDependency[Database], year_id: FromPath[UUID]
) -> AcademicYearOut:
    """Put a year that is over into the archive."""
    with database.transaction() as db:
        academic_years.archive(db, actor, year_id)
        return _year(db.get_one(AcademicYear, year_id))


@delete(
    "/api/v1/academic-years/{year_id:uuid}",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    tags=["organizations"],
    summary="Удалить пустой учебный год",
    description="Год, заведённый по ошибке, с его периодами. 409 – в нём уже есть классы, группы или записи.",
    responses=problems(404, 409, 422),
)
def remove_year(
    actor: NamedDependency[Actor], database: NamedDependency[Database], year_id: FromPath[UUID]
) -> None:
    """Delete a year in which there is nothing yet."""
    with database.transaction() as db:
        academic_years.remove(db, actor, year_id)


def _year(year: AcademicYear) -> AcademicYearOut:
    return AcademicYearOut(**{name: getattr(year, name) for name in AcademicYearOut.__struct_fields__})


def _terms(db: Session, year_id: UUID) -> list[TermOut]:
    found = db.scalars(
        select(Term).where(Term.academic_year_id == year_id).order_by(Term.kind.desc(), Term.number)
    )
    return [TermOut(**{name: getattr(each, name) for name in TermOut.__struct_fields__}) for each in found]


academic_year_api: list[Any] = [begin_year, change_terms, archive_year, remove_year]
