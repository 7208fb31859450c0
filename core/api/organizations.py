"""Organizations and what they consist of, for programs."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from msgspec import Meta
from sqlalchemy import Select, select

from core.api.lists import DEFAULT_LIMIT, After, Limit, Page, by_key, problems
from core.database.engine import Database
from core.organizations import directory
from core.organizations.models import AcademicYear, Organization, SchoolClass, Subject, Term
from core.roles.access import within
from core.roles.actor import Actor
from core.web.guards import needs

InOrganization = Annotated[
    UUID | None, QueryParameter(description="Только этой организации; без него – все доступные.")
]
InYear = Annotated[UUID | None, QueryParameter(description="Только этого учебного года.")]
Name = Annotated[str, Meta(description="Название.")]
ShortName = Annotated[str, Meta(description="Короткое название, для тесных мест.")]
TermKind = Annotated[
    str,
    Meta(description="`quarter` – четверть, `trimester`, `half_year` – полугодие, `module`."),
]


class OrganizationOut(msgspec.Struct, frozen=True, kw_only=True):
    """An organization; ids are strings with leading zeros."""

    id: UUID
    parent_id: Annotated[UUID | None, Meta(description="Ключ организации над этой; null у самой верхней.")]
    kind: Annotated[
        str,
        Meta(description="Вид: `federal`, `region`, `municipality`, `school`, `kindergarten`, `college` …"),
    ]
    name: Name
    short_name: ShortName
    region_code: Annotated[str | None, Meta(description="Код субъекта федерации, две или три цифры.")]
    inn: Annotated[str | None, Meta(description="ИНН, строка с ведущими нулями.")]
    kpp: Annotated[str | None, Meta(description="КПП, строка с ведущими нулями.")]
    ogrn: Annotated[str | None, Meta(description="ОГРН, строка с ведущими нулями.")]
    oktmo: Annotated[str | None, Meta(description="ОКТМО, строка с ведущими нулями.")]
    address: Annotated[str, Meta(description="Почтовый адрес; пусто, если не указан.")]
    timezone: Annotated[
        str | None, Meta(description="Часовой пояс: `Europe/Moscow`; null – как у организации выше.")
    ]
    external_id: str | None


class AcademicYearOut(msgspec.Struct, frozen=True, kw_only=True):
    """An academic year; both days belong to it."""

    id: UUID
    organization_id: UUID
    name: Annotated[str, Meta(description="Название: «2026/2027».")]
    starts_on: date
    ends_on: date
    archived: Annotated[bool, Meta(description="Год в архиве: менять в нём ничего нельзя.")]
    external_id: str | None


class TermOut(msgspec.Struct, frozen=True, kw_only=True):
    """A quarter, trimester, half-year or module."""

    id: UUID
    organization_id: UUID
    academic_year_id: UUID
    kind: TermKind
    number: Annotated[int, Meta(description="Который в году, считая с 1.")]
    name: Annotated[str, Meta(description="Название: «1 четверть».")]
    starts_on: date
    ends_on: date


class SubjectOut(msgspec.Struct, frozen=True, kw_only=True):
    """A subject; it may be kept by an organization above."""

    id: UUID
    organization_id: UUID
    name: Name
    short_name: ShortName
    area: Annotated[str, Meta(description="Предметная область; пусто, если не указана.")]
    external_id: str | None


class SchoolClassOut(msgspec.Struct, frozen=True, kw_only=True):
    """A class of one academic year."""

    id: UUID
    organization_id: UUID
    academic_year_id: UUID
    name: Annotated[str, Meta(description="Название: «7А».")]
    grade_level: int
    label: Annotated[str, Meta(description="Буква или слово после номера: «А»; пусто, если класс один.")]
    term_kind: TermKind
    days_per_week: Annotated[int, Meta(description="Учебных дней в неделе: 5 или 6.")]
    shift: Annotated[int, Meta(description="Смена: 1 или 2.")]
    external_id: str | None


def _page(
    database: Database,
    statement: Select[Any],
    key: Any,
    kind: type[msgspec.Struct],
    after: UUID | None,
    limit: int,
) -> Page[Any]:
    with database.reading() as db:
        rows = db.scalars(by_key(statement, key, after, limit)).all()
        items = [
            kind(**{name: getattr(row, name) for name in kind.__struct_fields__}) for row in rows[:limit]
        ]
        return Page(items=items, next=rows[limit - 1].id if len(rows) > limit else None)


@get(
    "/api/v1/organizations",
    guards=[needs(directory.VIEW)],
    sync_to_thread=True,
    tags=["organizations"],
    summary="Организации",
    description="Своя организация и все подчинённые, до которых достаёт роль.",
    responses=problems(422),
)
def list_organizations(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    after: After = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[OrganizationOut]:
    """Organizations in reach."""
    statement = select(Organization).where(within(actor, directory.VIEW, Organization.id))
    return _page(database, statement, Organization.id, OrganizationOut, after, limit)


@get(
    "/api/v1/organizations/{organization_id:uuid}",
    guards=[needs(directory.VIEW)],
    sync_to_thread=True,
    tags=["organizations"],
    summary="Одна организация",
    description="Карточка организации, до которой достаёт роль.",
    responses=problems(404),
)
def one_organization(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    organization_id: FromPath[UUID],
) -> OrganizationOut:
    """An organization in reach."""
    with database.reading() as db:
        found = directory.organization(db, actor, organization_id)
        return OrganizationOut(**{name: getattr(found, name) for name in OrganizationOut.__struct_fields__})


@get(
    "/api/v1/academic-years",
    guards=[needs(directory.VIEW)],
    sync_to_thread=True,
    tags=["organizations"],
    summary="Учебные годы",
    description="Учебные годы доступных организаций.",
    responses=problems(422),
)
def list_years(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    organization_id: InOrganization = None,
    after: After = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[AcademicYearOut]:
    """Academic years in reach."""
    statement = select(AcademicYear).where(within(actor, directory.VIEW, AcademicYear.organization_id))
    if organization_id is not None:
        statement = statement.where(AcademicYear.organization_id == organization_id)
    return _page(database, statement, AcademicYear.id, AcademicYearOut, after, limit)


@get(
    "/api/v1/terms",
    guards=[needs(directory.VIEW)],
    sync_to_thread=True,
    tags=["organizations"],
    summary="Четверти и другие учебные периоды",
    description="Учебные периоды доступных организаций.",
    responses=problems(422),
)
def list_terms(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    academic_year_id: InYear = None,
    after: After = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[TermOut]:
    """Terms in reach."""
    statement = select(Term).where(within(actor, directory.VIEW, Term.organization_id))
    if academic_year_id is not None:
        statement = statement.where(Term.academic_year_id == academic_year_id)
    return _page(database, statement, Term.id, TermOut, after, limit)


@get(
    "/api/v1/subjects",
    guards=[needs(directory.VIEW)],
    sync_to_thread=True,
    tags=["organizations"],
    summary="Предметы",
    description="Предметы доступных организаций и те, что заведены выше.",
    responses=problems(422),
)
def list_subjects(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    after: After = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[SubjectOut]:
    """Subjects in reach, and those kept above the acting organization."""
    above = [UUID(each) for each in actor.acting_role.organization_path.rstrip("/").split("/")]
    statement = select(Subject).where(
        within(actor, directory.VIEW, Subject.organization_id) | Subject.organization_id.in_(above)
    )
    return _page(database, statement, Subject.id, SubjectOut, after, limit)


@get(
    "/api/v1/school-classes",
    guards=[needs(directory.VIEW)],
    sync_to_thread=True,
    tags=["organizations"],
    summary="Классы",
    description="Классы доступных организаций.",
    responses=problems(422),
)
def list_classes(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    organization_id: InOrganization = None,
    academic_year_id: InYear = None,
    after: After = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[SchoolClassOut]:
    """Classes in reach."""
    statement = select(SchoolClass).where(within(actor, directory.VIEW, SchoolClass.organization_id))
    if organization_id is not None:
        statement = statement.where(SchoolClass.organization_id == organization_id)
    if academic_year_id is not None:
        statement = statement.where(SchoolClass.academic_year_id == academic_year_id)
    return _page(database, statement, SchoolClass.id, SchoolClassOut, after, limit)


organization_api: list[Any] = [
    list_organizations,
    one_organization,
    list_years,
    list_terms,
    list_subjects,
    list_classes,
]
