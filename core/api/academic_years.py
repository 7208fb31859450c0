"""Academic years for programs: making one, its terms, the archive, and the passage to the next year tried out."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta
from sqlalchemy import select

from core.api.lists import problems
from core.api.organizations import AcademicYearOut, TermOut
from core.database.engine import Database
from core.database.session import Session
from core.errors import Invalid
from core.organizations import academic_years, promotion
from core.organizations.academic_years import EDIT
from core.organizations.models import AcademicYear, Term
from core.organizations.promotion_plan import GRADUATE, rehearse
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


class PupilPlanOut(msgspec.Struct, frozen=True, kw_only=True):
    """What would become of a pupil."""

    person_id: UUID
    name: Annotated[str, Meta(description="Фамилия, имя и отчество.")]
    outcome: Annotated[
        str,
        Meta(
            description="`promoted`, `conditional` – переведён условно, `repeats`, `left` – выбыл, `graduated`."
        ),
    ]
    target: Annotated[str, Meta(description="Класс нового года; пусто, если его нет.")]
    problem: Annotated[str, Meta(description="Почему перевести нельзя; пусто, если можно.")]


class ClassPlanOut(msgspec.Struct, frozen=True, kw_only=True):
    """Where a class would go."""

    school_class_id: UUID
    school_class: str
    target: Annotated[str, Meta(description="Класс нового года; `graduate` – выпуск; пусто, если не решено.")]
    pupils: Annotated[list[PupilPlanOut], Meta(description="Ученики класса.")]


class RehearsalOut(msgspec.Struct, frozen=True, kw_only=True):
    """The passage to the next year as it would be carried out now. Nothing is changed."""

    from_year_id: Annotated[UUID, Meta(description="Ключ года, который кончается.")]
    to_year_id: Annotated[UUID, Meta(description="Ключ следующего года.")]
    done: Annotated[bool, Meta(description="Перевод уже сделан: показано, что было решено.")]
    totals: Annotated[dict[str, int], Meta(description="Исход → сколько учеников.")]
    classes: Annotated[list[ClassPlanOut], Meta(description="Классы по порядку.")]


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


@get(
    "/api/v1/academic-years/{year_id:uuid}/rehearsal",
    guards=[needs(EDIT)],
    sync_to_thread=True,
    tags=["organizations"],
    summary="Примерить перевод на новый год",
    description=(
        "Что стало бы с каждым учеником, если перевести школу сейчас, с тем, что уже решено в разделе «Учебный год». "
        "Ничего не меняется; переводят там же. 409 – следующего года ещё нет."
    ),
    responses=problems(404, 409),
)
def rehearsal(
    actor: NamedDependency[Actor], database: NamedDependency[Database], year_id: FromPath[UUID]
) -> RehearsalOut:
    """The passage from a year to the next, not carried out."""
    with database.reading() as db:
        planned = rehearse(db, actor, year_id)
        done = planned.promotion.done_at is not None
        counted = promotion.results(db, planned) if done else planned.totals
        return RehearsalOut(
            from_year_id=planned.year.id,
            to_year_id=planned.next_year.id,
            done=done,
            totals={str(outcome): number for outcome, number in counted.items()},
            classes=[
                ClassPlanOut(
                    school_class_id=line.school_class.id,
                    school_class=line.school_class.name,
                    target=line.target,
                    pupils=[
                        PupilPlanOut(
                            person_id=each.person_id,
                            name=each.name,
                            outcome=str(each.outcome),
                            target="" if each.target == GRADUATE else each.target,
                            problem=each.problem,
                        )
                        for each in line.pupils
                    ],
                )
                for line in planned.classes
            ],
        )


def _year(year: AcademicYear) -> AcademicYearOut:
    return AcademicYearOut(**{name: getattr(year, name) for name in AcademicYearOut.__struct_fields__})


def _terms(db: Session, year_id: UUID) -> list[TermOut]:
    found = db.scalars(
        select(Term).where(Term.academic_year_id == year_id).order_by(Term.kind.desc(), Term.number)
    )
    return [TermOut(**{name: getattr(each, name) for name in TermOut.__struct_fields__}) for each in found]


academic_year_api: list[Any] = [begin_year, change_terms, archive_year, rehearsal]
