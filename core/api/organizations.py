"""Organizations and what they consist of, for programs."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta
from sqlalchemy import Select, select

from core.api.lists import DEFAULT_LIMIT, After, Limit, Page, by_key, problems
from core.api.worklists import WantedWords, searched
from core.database.engine import Database
from core.organizations import changes, directory, groups
from core.organizations.models import (
    AcademicYear,
    Organization,
    OrganizationGroup,
    OrganizationGroupMember,
    SchoolClass,
    Subject,
    Term,
)
from core.organizations.requisites import FIELDS
from core.roles.access import within
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.organizations.organization_list import ORGANIZATIONS

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
    address: Annotated[str, Meta(description="Фактический адрес; пусто, если не указан.")]
    legal_address: Annotated[str, Meta(description="Юридический адрес; пусто, если не указан.")]
    phone: Annotated[str, Meta(description="Телефон, `+78655312345`; пусто, если не указан.")]
    email: Annotated[str, Meta(description="Электронная почта; пусто, если не указана.")]
    site: Annotated[str, Meta(description="Сайт: `https://школа.рф`; пусто, если не указан.")]
    timezone: Annotated[
        str | None, Meta(description="Часовой пояс: `Europe/Moscow`; null – как у всего портала.")
    ]
    closed_on: Annotated[date | None, Meta(description="С какого дня закрыта, ГГГГ-ММ-ДД; null – работает.")]
    external_id: str | None


Text = str | msgspec.UnsetType
Clearable = str | msgspec.UnsetType | None


class OrganizationChange(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be written about an organization; what is left out stays as it is."""

    name: Annotated[Text, Meta(description="Полное название.", examples=["Средняя школа № 13"])] = (
        msgspec.UNSET
    )
    short_name: Annotated[Text, Meta(description="Краткое название.", examples=["СОШ № 13"])] = msgspec.UNSET
    inn: Annotated[Clearable, Meta(description="ИНН, 10 цифр; null – стереть.")] = msgspec.UNSET
    kpp: Annotated[Clearable, Meta(description="КПП, 9 знаков; null – стереть.")] = msgspec.UNSET
    ogrn: Annotated[Clearable, Meta(description="ОГРН, 13 цифр; null – стереть.")] = msgspec.UNSET
    oktmo: Annotated[Clearable, Meta(description="ОКТМО, 8 или 11 цифр; null – стереть.")] = msgspec.UNSET
    region_code: Annotated[
        Clearable, Meta(description="Код субъекта федерации, две или три цифры; null – стереть.")
    ] = msgspec.UNSET
    address: Annotated[Text, Meta(description="Фактический адрес; пусто – стереть.")] = msgspec.UNSET
    legal_address: Annotated[Text, Meta(description="Юридический адрес; пусто – стереть.")] = msgspec.UNSET
    phone: Annotated[
        Text, Meta(description="Телефон в любой записи; пусто – стереть.", examples=["8 (865) 531-23-45"])
    ] = msgspec.UNSET
    email: Annotated[Text, Meta(description="Электронная почта; пусто – стереть.")] = msgspec.UNSET
    site: Annotated[Text, Meta(description="Сайт; пусто – стереть.")] = msgspec.UNSET
    support_contact: Annotated[
        Clearable, Meta(description="Куда людям обращаться за помощью с порталом; null – стереть.")
    ] = msgspec.UNSET
    timezone: Annotated[
        Clearable, Meta(description="Часовой пояс: `Europe/Moscow`; null – как у всего портала.")
    ] = msgspec.UNSET
    external_id: Annotated[Clearable, Meta(description="Ключ записи в вашей системе; null – стереть.")] = (
        msgspec.UNSET
    )

    def values(self) -> dict[str, Any]:
        """What is to be written, by field."""
        told = msgspec.structs.asdict(self)
        return {name: told[name] for name in FIELDS if told[name] is not msgspec.UNSET}


class OrganizationIn(OrganizationChange, frozen=True, kw_only=True):
    """A new organization; `name` and `short_name` cannot be left out."""

    parent_id: Annotated[UUID, Meta(description="Ключ организации, под которой она встанет.")]
    kind: Annotated[
        str,
        Meta(
            description="Вид: `region`, `municipality`, `school`, `kindergarten`, `college` …",
            examples=["school"],
        ),
    ]


class OrganizationClosing(msgspec.Struct, frozen=True, kw_only=True):
    """From which day an organization is closed, and why."""

    day: Annotated[date, Meta(description="Первый день, когда она закрыта.")]
    reason: Annotated[str, Meta(min_length=3, max_length=300, description="Основание.")]


class OrganizationMove(msgspec.Struct, frozen=True, kw_only=True):
    """Below which organization another one is to stand."""

    parent_id: Annotated[UUID, Meta(description="Ключ организации, под которую переместить.")]


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
    description=(
        "Своя организация и все подчинённые, до которых достаёт роль. `q` ищет по словам названия и по началу ИНН, "
        "ОГРН или ОКТМО."
    ),
    responses=problems(422),
)
def list_organizations(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    q: WantedWords = "",
    kind: Annotated[
        str | None,
        QueryParameter(pattern="^[a-z_]{1,24}$", description="Только этого вида, например `school`."),
    ] = None,
    inn: Annotated[str | None, QueryParameter(pattern=r"^\d{10}$", description="Только с этим ИНН.")] = None,
    ogrn: Annotated[
        str | None, QueryParameter(pattern=r"^\d{13}$", description="Только с этим ОГРН.")
    ] = None,
    external_id: Annotated[
        str | None, QueryParameter(max_length=200, description="Только с этим ключом вашей системы.")
    ] = None,
    group_id: Annotated[UUID | None, QueryParameter(description="Только из этой группы организаций.")] = None,
    after: After = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[OrganizationOut]:
    """Organizations in reach."""
    statement = select(Organization).where(within(actor, directory.VIEW, Organization.id))
    asked = {"kind": kind, "inn": inn, "ogrn": ogrn, "external_id": external_id}
    for name, value in asked.items():
        if value is not None:
            statement = statement.where(getattr(Organization, name) == value)
    if group_id is not None:
        members = select(OrganizationGroupMember.organization_id).join(
            OrganizationGroup, OrganizationGroup.id == OrganizationGroupMember.group_id
        )
        known = within(actor, groups.VIEW, OrganizationGroup.organization_id)
        statement = statement.where(
            Organization.id.in_(members.where(OrganizationGroup.id == group_id, known))
        )
    if q:
        with database.reading() as db:
            statement = searched(db, actor, ORGANIZATIONS, statement, q)
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
        return _out(directory.organization(db, actor, organization_id))


@post(
    "/api/v1/organizations",
    guards=[needs(changes.EDIT)],
    sync_to_thread=True,
    tags=["organizations"],
    summary="Завести организацию",
    description=(
        "Новая организация под другой, до которой достаёт роль: под регионом – муниципалитет или школа, под "
        "муниципалитетом – школа, под школой – её филиал. Телефон, почта, сайт и номера приводятся к одному виду."
    ),
    responses=problems(404, 409, 422),
)
def create_organization(
    actor: NamedDependency[Actor], database: NamedDependency[Database], data: JSONBody[OrganizationIn]
) -> OrganizationOut:
    """Make an organization."""
    with database.transaction() as db:
        return _out(changes.create(db, actor, data.parent_id, data.kind, data.values()))


@put(
    "/api/v1/organizations/{organization_id:uuid}",
    guards=[needs(changes.CONTACTS)],
    sync_to_thread=True,
    tags=["organizations"],
    summary="Исправить сведения об организации",
    description=(
        "Что не названо, остаётся как было. Адрес, телефон, почту, сайт и `support_contact` меняет и сама "
        "организация, остальное – только вышестоящая: иначе 403."
    ),
    responses=problems(404, 409, 422),
)
def change_organization(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    organization_id: FromPath[UUID],
    data: JSONBody[OrganizationChange],
) -> OrganizationOut:
    """Correct what is known of an organization."""
    with database.transaction() as db:
        return _out(changes.update_fields(db, actor, organization_id, data.values()))


@post(
    "/api/v1/organizations/{organization_id:uuid}/close",
    guards=[needs(changes.EDIT)],
    sync_to_thread=True,
    tags=["organizations"],
    summary="Закрыть организацию",
    description="С этого дня роли в ней не действуют; ничего не удаляется. Решает вышестоящая организация.",
    responses=problems(404, 409, 422),
)
def close_organization(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    organization_id: FromPath[UUID],
    data: JSONBody[OrganizationClosing],
) -> OrganizationOut:
    """Close an organization."""
    with database.transaction() as db:
        changes.close(db, actor, organization_id, data.day, data.reason)
        return _out(directory.organization(db, actor, organization_id))


@post(
    "/api/v1/organizations/{organization_id:uuid}/reopen",
    guards=[needs(changes.EDIT)],
    sync_to_thread=True,
    tags=["organizations"],
    summary="Открыть организацию снова",
    description="Роли в ней действуют как прежде.",
    responses=problems(404, 409, 422),
)
def reopen_organization(
    actor: NamedDependency[Actor], database: NamedDependency[Database], organization_id: FromPath[UUID]
) -> OrganizationOut:
    """Open an organization again."""
    with database.transaction() as db:
        changes.reopen(db, actor, organization_id)
        return _out(directory.organization(db, actor, organization_id))


@put(
    "/api/v1/organizations/{organization_id:uuid}/parent",
    guards=[needs(changes.EDIT)],
    sync_to_thread=True,
    tags=["organizations"],
    summary="Переместить организацию",
    description="Под другую организацию, до которой достаёт роль; подчинённые идут вместе с ней.",
    responses=problems(404, 409, 422),
)
def move_organization(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    organization_id: FromPath[UUID],
    data: JSONBody[OrganizationMove],
) -> OrganizationOut:
    """Put an organization below another one."""
    with database.transaction() as db:
        changes.move(db, actor, organization_id, data.parent_id)
        return _out(directory.organization(db, actor, organization_id))


def _out(found: Organization) -> OrganizationOut:
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
    create_organization,
    change_organization,
    close_organization,
    reopen_organization,
    move_organization,
    list_years,
    list_terms,
    list_subjects,
    list_classes,
]
