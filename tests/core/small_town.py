"""A small invented town for the tests of the core's pages: two schools, their people, and a canteen plugin."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from types import ModuleType
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from core.database import migrations
from core.database.base import new_id
from core.database.session import Session
from core.hooks import (
    Manifest,
    Permission,
    PersonalData,
    PersonalDataSource,
    Reach,
    RequestKind,
    SearchResult,
    SearchSource,
    SlotFill,
    hookimpl,
)
from core.identity.models import Account, Guardianship, Person
from core.identity.names import sort_key
from core.organizations.models import (
    AcademicYear,
    Enrollment,
    Organization,
    OrganizationGroup,
    OrganizationGroupMember,
    SchoolClass,
    Subject,
    Term,
)
from core.portal import Portal
from core.roles.grants import Grants
from core.roles.models import StructuralRole
from core.testing import PortalUnderTest

START = date(2020, 9, 1)
approved: list[tuple[UUID, str]] = []


class Settings(msgspec.Struct, kw_only=True):
    """What a school may set of the canteen."""

    days: Annotated[int, Meta(title="Дней на ответ", ge=1, le=30)] = 5
    scale: Annotated[
        Literal["a", "b"], Meta(title="Шкала", extra_json_schema={"titles": {"a": "Первая", "b": "Вторая"}})
    ] = "a"
    remind: Annotated[bool, Meta(title="Напоминать")] = True


class Dish(msgspec.Struct, kw_only=True):
    """A dish somebody asks for."""

    name: Annotated[str, Meta(title="Блюдо", min_length=2, max_length=50)]


def broken(*_anything: Any) -> Any:
    """Fails, quoting a name."""
    raise RuntimeError("Петров из чужой школы")


def remember(_db: Session, _actor: Any, request_id: UUID, values: Dish) -> None:
    """Keeps what was approved; «сбой» breaks it."""
    if values.name == "сбой":
        broken()
    approved.append((request_id, values.name))


def column(_db: Session, _actor: Any, subject: Any) -> Mapping[str, Any]:
    """A column of the class list."""
    return {"title": "Обед", "cells": dict.fromkeys(subject.pupil_ids[:1], "обедает")}


@hookimpl
def manifest() -> Manifest:
    return Manifest(
        name="canteen",
        title="Столовая",
        version="1.0",
        core_api=">=1.0,<2",
        provides=["meals"],
        personal_data=[PersonalData(category="Питание", purpose="Учёт питающихся")],
    )


@hookimpl
def settings() -> type[Settings]:
    return Settings


@hookimpl
def permissions() -> Sequence[Permission]:
    roles = ("head", "teacher", "guardian")
    return [
        Permission(
            name="canteen.menu.view", title="Видеть меню", grants=dict.fromkeys(roles, Reach.ORGANIZATION)
        )
    ]


@hookimpl
def page_slots() -> Sequence[SlotFill]:
    return [
        SlotFill(slot="organization.card", template="", permission="canteen.menu.view", render=broken),
        SlotFill(
            slot="person.card", template="no_such.html", permission="canteen.menu.view", render=lambda *_: {}
        ),
        SlotFill(slot="class.column", template="", permission="canteen.menu.view", render=column),
    ]


@hookimpl
def request_kinds() -> Sequence[RequestKind]:
    return [
        RequestKind(
            name="canteen.dish",
            title="Блюдо по просьбе",
            form=Dish,
            permission="canteen.menu.view",
            decide_permission="core.requests.decide",
            on_approved=remember,
            days=3,
        )
    ]


@hookimpl
def search_sources() -> Sequence[SearchSource]:
    def find(_db: Session, _actor: Any, text: str, _limit: int) -> Sequence[SearchResult]:
        return broken() if text == "борщ" else [SearchResult(title=f"Меню: {text}", url="/canteen")]

    return [SearchSource(name="menu", title="Меню", permission="canteen.menu.view", find=find)]


@hookimpl
def personal_data() -> Sequence[PersonalDataSource]:
    return [
        PersonalDataSource(
            name="canteen",
            title="Питание",
            export=lambda _db, person_id: {"meals": [str(person_id), "28 обедов"]},
            erase=lambda _db, _actor, _person_id: ["Счета хранятся пять лет."],
            words={"meals": "обеды"},
        )
    ]


def plug_in(portal: Portal) -> Portal:
    """Take the canteen in, as if its wheel were installed."""
    here = sys.modules[__name__]
    module = ModuleType("canteen")
    module.__file__ = __file__
    hooks: list[Callable[[], Any]] = [
        manifest,
        settings,
        permissions,
        page_slots,
        request_kinds,
        search_sources,
        personal_data,
    ]
    for hook in hooks:
        setattr(module, hook.__name__, getattr(here, hook.__name__))
    plugin = portal.plugins.register("canteen", module, "school-canteen", "1.0")
    plugin.settings = Settings
    for hook in hooks[2:]:
        plugin.contributions[hook.__name__] = tuple(hook())
    portal.plugins.loaded["canteen"] = plugin
    portal.grants = Grants(portal.plugins, portal.switches)
    return portal


def build(portal: Portal) -> None:
    """Fill an empty database with the town."""
    assert not [name for name, problem in migrations.upgrade(portal) if problem]
    with portal.database.transaction() as db:
        _build(db)


def _organization(db: Session, kind: str, name: str, above: Organization | None = None) -> Organization:
    identity = new_id()
    made = Organization(
        id=identity,
        parent_id=above.id if above else None,
        kind=kind,
        name=name,
        short_name=name,
        name_key=sort_key(name),
        path=f"{above.path if above else ''}{identity}/",
    )
    db.add(made)
    db.flush()
    return made


def _person(db: Session, name: str, kind: str, where: Organization, class_id: UUID | None = None) -> Person:
    last, first, middle = [*name.split(), None][:3]
    person = Person(
        id=new_id(), last_name=last, first_name=first, middle_name=middle, birth_date=date(1980, 5, 1)
    )
    db.add(person)
    db.flush()
    db.add(Account(id=new_id(), person_id=person.id, preferences={}))
    db.add(
        StructuralRole(
            id=new_id(),
            person_id=person.id,
            kind=kind,
            organization_id=where.id,
            starts_on=START,
            school_class_id=class_id,
        )
    )
    db.flush()
    return person


def _build(db: Session) -> None:
    federal = _organization(db, "federal", "Федеральный оператор")
    region = _organization(db, "region", "Край", federal)
    town = _organization(db, "municipality", "Округ", region)
    _person(db, "Федотов Фёдор", "federal_operator", federal)
    _person(db, "Краев Иван", "regional_coordinator", region)
    _person(db, "Окружная Мария", "municipal_coordinator", town)
    db.add(
        Subject(id=new_id(), organization_id=region.id, name="Алгебра", short_name="Алг", name_key="алгебра")
    )
    schools = [_organization(db, "school", f"Школа {number}", town) for number in (1, 2)]
    group = OrganizationGroup(id=new_id(), organization_id=region.id, name="Сельские школы")
    db.add(group)
    db.flush()
    db.add(OrganizationGroupMember(group_id=group.id, organization_id=schools[0].id))
    for number, school in enumerate(schools, 1):
        year = AcademicYear(
            id=new_id(), organization_id=school.id, name="Год", starts_on=START, ends_on=date(2099, 5, 26)
        )
        db.add(year)
        db.flush()
        db.add(
            Term(
                id=new_id(),
                organization_id=school.id,
                academic_year_id=year.id,
                kind="quarter",
                number=1,
                name="1 четверть",
                starts_on=START,
                ends_on=date(2099, 5, 26),
            )
        )
        school_class = SchoolClass(
            id=new_id(),
            organization_id=school.id,
            academic_year_id=year.id,
            grade_level=7,
            label="А",
            name="7А",
            name_key="07а",
        )
        db.add(school_class)
        db.flush()
        _person(db, f"Берёзкина{'' if number == 1 else 'вторая'} Анна Сергеевна", "head", school)
        _person(db, f"Орлов{'' if number == 1 else 'второй'} Пётр Ильич", "teacher", school)
        pupil = _person(db, f"Семёнов{'' if number == 1 else 'второй'} Алексей Петрович", "pupil", school)
        db.add(
            Enrollment(
                id=new_id(),
                organization_id=school.id,
                academic_year_id=year.id,
                school_class_id=school_class.id,
                person_id=pupil.id,
                starts_on=START,
            )
        )
        guardian = _person(db, f"Семёнова{'' if number == 1 else 'вторая'} Вера", "guardian", school)
        db.add(Guardianship(id=new_id(), guardian_id=guardian.id, child_id=pupil.id, starts_on=START))


def id_of(town: PortalUnderTest, name: str) -> UUID:
    """The id of an organization by its name, or of a person by surname."""
    from sqlalchemy import select

    with town.portal.database.reading(fresh=True) as db:
        found = db.scalar(select(Organization.id).where(Organization.short_name == name)) or db.scalar(
            select(Person.id).where(Person.last_name == name)
        )
        assert found is not None
        return found
