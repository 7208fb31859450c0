"""The search box: people, classes, organizations, subjects and pages, and what plugins find.

Everything is narrowed to where the actor has the permission first, which an index serves on both databases,
and matched by normalized columns: letter case and ё do not matter. Inside one organization any part of a
name may begin with what was typed; across a whole region the surname leads, so that the index on
`core_person.name_key` bounds what is read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, and_, exists, or_, select, union

from core.contributions import SearchResult
from core.database.base import in_force
from core.database.session import Session
from core.identity.models import Person
from core.identity.names import full_name, sort_key
from core.organizations.directory import PEOPLE, VIEW, current_year, today_of, years
from core.organizations.groupings import KIND_TITLES, shared_groups
from core.organizations.groupings import VIEW as GROUPINGS
from core.organizations.kinds import ABOVE_SCHOOLS
from core.organizations.models import AcademicYear, Enrollment, Organization, PupilGroup, SchoolClass, Subject
from core.roles.access import within
from core.roles.actor import Actor
from core.roles.models import StructuralRole
from core.roles.permissions import Reach
from core.web.i18n import gettext as _
from core.web.i18n import sentence

SHORTEST = 2
LONGEST = 100
BEFORE_A_WORD = (" ", "-", "«", '"')
AFTER_EVERYTHING = "\U0010ffff"
"""The last character in code order: `key < prefix + it` bounds everything that begins with a prefix."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What one source found; a plugin's source that failed gives `error_id`."""

    title: str
    results: Sequence[SearchResult] = ()
    error_id: str = ""


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the visitor's menu, which the search finds too."""

    title: str
    url: str
    icon: str


def search(
    db: Session, actor: Actor, text: str, *, limit: int = 20, menu: Sequence[Page] = ()
) -> list[Found]:
    """What `text` finds for `actor`, by source; empty for less than two characters."""
    wanted = sort_key(text[:LONGEST].replace("\x00", ""))
    if len(wanted) < SHORTEST:
        return []
    sources: list[tuple[str, str, Callable[[Session, Actor, str, int], Sequence[SearchResult]]]] = [
        (_("Люди"), PEOPLE, find_people),
        (_("Классы"), PEOPLE, find_classes),
        (_("Группы учеников"), GROUPINGS, find_pupil_groups),
        (_("Организации"), VIEW, find_organizations),
        (_("Предметы"), VIEW, find_subjects),
    ]
    found = [Found(title=_("Разделы"), results=_find_pages(menu, wanted, limit))]
    for title, permission, find in sources:
        if actor.role is not None and actor.can(permission):
            found.append(Found(title=title, results=find(db, actor, wanted, limit)))
    found += _from_plugins(db, actor, wanted, limit)
    return [each for each in found if each.results or each.error_id]


def starts_a_word(column: Any, wanted: str) -> ColumnElement[bool]:
    """Rows where each word of `wanted` begins a word of the normalized `column`, in any order."""
    return and_(
        *(
            or_(
                column.startswith(word, autoescape=True),
                *(column.contains(before + word, autoescape=True) for before in BEFORE_A_WORD),
            )
            for word in wanted.split()
        )
    )


def begins(column: Any, prefix: str) -> ColumnElement[bool]:
    """Rows whose normalized `column` begins with `prefix`; a range, so that the index serves."""
    return and_(column >= prefix, column < prefix + AFTER_EVERYTHING)


def find_people(db: Session, actor: Actor, wanted: str, limit: int) -> Sequence[SearchResult]:
    """People with a role or a class where the actor may see people."""
    today = today_of(actor)
    role = and_(
        within(actor, PEOPLE, StructuralRole.organization_id),
        StructuralRole.status == "active",
        in_force(StructuralRole, today),
    )
    enrolled = and_(within(actor, PEOPLE, Enrollment.organization_id), in_force(Enrollment, today))
    statement = select(Person.id, Person.last_name, Person.first_name, Person.middle_name).where(
        starts_a_word(Person.name_key, wanted)
    )
    if actor.reach(PEOPLE) is Reach.BELOW:
        # A region has too many people to list: the surname's index leads, each find is then checked.
        statement = statement.where(
            begins(Person.name_key, wanted.split()[0]),
            or_(
                exists().where(StructuralRole.person_id == Person.id, role),
                exists().where(Enrollment.person_id == Person.id, enrolled),
            ),
        )
    else:
        here = union(
            select(StructuralRole.person_id).where(role), select(Enrollment.person_id).where(enrolled)
        )
        statement = statement.where(Person.id.in_(here))
    rows = db.execute(statement.order_by(Person.name_key, Person.id).limit(limit)).all()
    about = _about(db, actor, [row[0] for row in rows])
    return [
        SearchResult(
            title=full_name(last, first, middle),
            url=f"/people/{key}",
            subtitle=about.get(key, ""),
            icon="person",
        )
        for key, last, first, middle in rows
    ]


def _about(db: Session, actor: Actor, ids: Sequence[Any]) -> dict[Any, str]:
    """What distinguishes namesakes: classes of pupils, positions of others."""
    today = today_of(actor)
    found: dict[Any, list[str]] = {}
    for person_id, name in db.execute(
        select(Enrollment.person_id, SchoolClass.name)
        .join(SchoolClass, SchoolClass.id == Enrollment.school_class_id)
        .where(
            Enrollment.person_id.in_(ids),
            within(actor, PEOPLE, Enrollment.organization_id),
            in_force(Enrollment, today),
        )
    ):
        found.setdefault(person_id, []).append(_("%(name)s класс") % {"name": name})
    kinds = db.portal.grants.kinds
    for person_id, kind in db.execute(
        select(StructuralRole.person_id, StructuralRole.kind)
        .where(
            StructuralRole.person_id.in_(ids),
            within(actor, PEOPLE, StructuralRole.organization_id),
            StructuralRole.status == "active",
        )
        .order_by(StructuralRole.created_at)
    ):
        title = str(kinds[kind].title) if kind in kinds else kind
        line = found.setdefault(person_id, [])
        if title not in line and not (kind == "pupil" and line):
            line.append(title)
    return {key: ", ".join(parts) for key, parts in found.items()}


def find_classes(db: Session, actor: Actor, wanted: str, limit: int) -> Sequence[SearchResult]:
    """Classes of the current year by name: `7а`, `7 а`, `7`."""
    compact = wanted.replace(" ", "")
    if not compact[0].isdecimal() or actor.role is None:
        return []
    conditions = [within(actor, PEOPLE, SchoolClass.organization_id)]
    year = None
    if actor.role.organization_kind not in ABOVE_SCHOOLS:
        year = current_year(years(db, actor.organization_id), today_of(actor))
    if year is not None:
        conditions.append(SchoolClass.academic_year_id == year.id)
    else:
        conditions.append(SchoolClass.grade_level == int("".join(filter(str.isdecimal, compact[:2]))))
    rows = db.execute(
        select(SchoolClass.id, SchoolClass.name, Organization.short_name)
        .join(Organization, Organization.id == SchoolClass.organization_id)
        .where(*conditions)
        .order_by(SchoolClass.name_key)
        .limit(500)
    ).all()
    return [
        SearchResult(
            title=_("Класс %(name)s") % {"name": name}, url=f"/classes/{key}", subtitle=where, icon="class"
        )
        for key, name, where in rows
        if sort_key(name).replace(" ", "").startswith(compact)
    ][:limit]


def find_pupil_groups(db: Session, actor: Actor, wanted: str, limit: int) -> Sequence[SearchResult]:
    """Subgroups, streams, electives and groups of several schools by words of their names."""
    mine = within(actor, GROUPINGS, PupilGroup.organization_id)
    shared = shared_groups(db, actor)
    fits = starts_a_word(PupilGroup.name_key, wanted)
    if actor.reach(GROUPINGS) is Reach.BELOW:
        # A region has too many groups for looking into each word of their names.
        fits = and_(*(PupilGroup.name_key.contains(word, autoescape=True) for word in wanted.split()))
    rows = db.execute(
        select(PupilGroup.id, PupilGroup.name, PupilGroup.kind, AcademicYear.name)
        .join(AcademicYear, AcademicYear.id == PupilGroup.academic_year_id)
        .where(
            or_(mine, PupilGroup.id.in_(shared)) if shared else mine,
            fits,
        )
        .order_by(PupilGroup.name_key, PupilGroup.id)
        .limit(limit)
    )
    return [
        SearchResult(
            title=name,
            url=f"/groupings/{key}",
            subtitle=f"{_(KIND_TITLES.get(kind, kind))}, {year}",
            icon="people",
        )
        for key, name, kind, year in rows
    ]


def find_organizations(db: Session, actor: Actor, wanted: str, limit: int) -> Sequence[SearchResult]:
    """Organizations in reach by words of the full or short name, or by ИНН or ОГРН."""
    match = starts_a_word(Organization.search_key, wanted)
    if wanted.isdigit() and len(wanted) >= 10:
        match = or_(match, Organization.ogrn == wanted, Organization.inn == wanted)
    rows = db.execute(
        select(Organization.id, Organization.short_name, Organization.name)
        .where(within(actor, VIEW, Organization.id), match)
        .order_by(Organization.name_key, Organization.id)
        .limit(limit)
    )
    return [
        SearchResult(title=short, url=f"/organizations/{key}", subtitle=name, icon="school")
        for key, short, name in rows
    ]


def find_subjects(db: Session, actor: Actor, wanted: str, limit: int) -> Sequence[SearchResult]:
    """Subjects the acting organization uses."""
    line = [UUID(each) for each in actor.acting_role.organization_path.rstrip("/").split("/")]
    rows = db.execute(
        select(Subject.name, Subject.area)
        .where(Subject.organization_id.in_(line), starts_a_word(Subject.name_key, wanted))
        .order_by(Subject.name_key)
        .limit(limit)
    )
    return [
        SearchResult(title=name, url="/organization#subjects-title", subtitle=area, icon="book")
        for name, area in rows
    ]


def _find_pages(menu: Sequence[Page], wanted: str, limit: int) -> list[SearchResult]:
    return [
        SearchResult(title=page.title, url=page.url, icon=page.icon)
        for page in menu
        if any(word.startswith(wanted.split()[0]) for word in sort_key(page.title).split())
    ][:limit]


def _from_plugins(db: Session, actor: Actor, wanted: str, limit: int) -> list[Found]:
    found: list[Found] = []
    plugins = db.portal.plugins
    for plugin, source in plugins.each("search_sources"):
        if not actor.can(source.permission) or not db.portal.is_on_for(plugin.name, actor):
            continue
        try:
            with db.begin_nested():
                results = list(source.find(db, actor, wanted, limit))[:limit]
            for each in results:
                if not isinstance(each, SearchResult):
                    raise TypeError(f"поиск вернул {each!r}, а не SearchResult")
        except Exception as error:  # a plugin may raise anything
            error_id = plugins.fence(plugin.name, sentence("поиск «%(title)s»", title=source.title), error)
            found.append(Found(title=str(source.title), error_id=error_id))
        else:
            found.append(Found(title=str(source.title), results=results))
    return found
