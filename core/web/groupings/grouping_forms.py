"""What is asked when a class or a group is made, corrected, split, or pupils are moved."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import select

from core.database.session import Session
from core.errors import NotFound
from core.identity.sessions import school_today
from core.organizations import grouping_filters
from core.organizations.grouping_changes import NewClass, NewGroup, subjects_of
from core.organizations.groupings import CLASS, EDIT, KIND_TITLES, NETWORK, NETWORK_KIND, SUBGROUP, Grouping
from core.organizations.models import AcademicYear, Organization, PupilGroup, SchoolClass, Subject
from core.roles.access import within
from core.roles.actor import Actor
from core.web.i18n import lazy
from core.web.struct_form import Choices

Count = Annotated[int, Meta(ge=1, le=1000)]
Places = Annotated[
    Count | None,
    Meta(
        title="Мест",
        description="Сколько учеников здесь может быть по решению школы. Пусто – не ограничено.",
    ),
]
Reason = Annotated[
    str,
    Meta(title="Основание", description="Например, номер и дата приказа.", min_length=3, max_length=200),
]
Level = Annotated[int, Meta(ge=1, le=12)]
Grade = Annotated[Level | None, Meta(title="Параллель", description="Если группа для одной параллели.")]


class ClassFields(msgspec.Struct, kw_only=True):
    """What a class is."""

    name: Annotated[
        str, Meta(title="Класс", description="Например, 7А или 10 физмат.", max_length=50, min_length=1)
    ]
    term_kind: Annotated[
        Literal["quarter", "trimester", "half_year", "module"],
        Meta(
            title="Учебные периоды",
            extra_json_schema={
                "titles": {
                    "quarter": "Четверти",
                    "trimester": "Триместры",
                    "half_year": "Полугодия",
                    "module": "Модули",
                }
            },
        ),
    ] = "quarter"
    days_per_week: Annotated[Literal[5, 6], Meta(title="Учебных дней в неделе")] = 5
    shift: Annotated[Literal[1, 2], Meta(title="Смена")] = 1
    places: Places = None


class ClassForm(ClassFields, kw_only=True):
    """A new class."""

    year: Annotated[UUID, Meta(title="Учебный год")]


class SubgroupForm(msgspec.Struct, kw_only=True):
    """A new part of a class."""

    school_class: Annotated[UUID, Meta(title="Класс")]
    subject: Annotated[
        UUID, Meta(title="Предмет", description="По одному предмету ученик бывает только в одной подгруппе.")
    ]
    name: Annotated[
        str, Meta(title="Название", description="Например, 1 подгруппа.", min_length=1, max_length=100)
    ]
    places: Places = None


class GroupFields(msgspec.Struct, kw_only=True):
    """What a group is."""

    name: Annotated[str, Meta(title="Название", min_length=2, max_length=100)]
    subject: Annotated[UUID | None, Meta(title="Предмет")] = None
    grade_level: Grade = None
    places: Places = None


class GroupForm(GroupFields, kw_only=True):
    """A new group across classes."""

    year: Annotated[UUID, Meta(title="Учебный год")]
    split: Annotated[
        str,
        Meta(
            title="Что делят",
            description="Если ученик ходит только в одну из нескольких групп, напишите у всех одно и то же, например "
            "«профили 10 классов».",
            max_length=100,
        ),
    ] = ""


class NetworkForm(GroupFields, kw_only=True):
    """A new group of several schools."""

    year: Annotated[str, Meta(title="Учебный год")]


class PartFields(msgspec.Struct, kw_only=True):
    """What may be corrected of a part of a class."""

    name: Annotated[str, Meta(title="Название", min_length=1, max_length=100)]
    places: Places = None


class MoveForm(msgspec.Struct, kw_only=True):
    """From which day pupils are moved, and why."""

    day: Annotated[date, Meta(title="С какого дня", description="Первый день на новом месте.")]
    reason: Reason


class SplitForm(msgspec.Struct, kw_only=True):
    """How a class is split."""

    subject: Annotated[UUID, Meta(title="Предмет")]
    how: Annotated[
        str,
        Meta(title="Как разделить", description="Что получится, портал покажет до сохранения.", min_length=1),
    ] = "alphabet"
    parts: Annotated[int, Meta(title="Сколько подгрупп", ge=2, le=6)] = 2
    names: Annotated[
        list[str],
        Meta(
            title="Языки",
            description="Нужны, только если делить по языку: английский, немецкий.",
            max_length=6,
        ),
    ] = []
    like: Annotated[
        UUID | None, Meta(title="Образец", description="Нужен, только если делить так же, как уже делились.")
    ] = None
    day: Annotated[date, Meta(title="С какого дня")]
    reason: Reason


HOWS: Mapping[str, str] = {
    "alphabet": lazy("поровну по алфавиту"),
    "language": lazy("по языку, который ученик учил раньше"),
    "sex": lazy("мальчики и девочки"),
    "like": lazy("так же, как другое деление"),
    "hand": lazy("вручную на следующей странице"),
}

EXPLAINED: Mapping[str, str] = {
    CLASS: lazy("7А, 10 физмат – на один учебный год."),
    SUBGROUP: lazy("Часть класса на одном предмете: своя страница журнала, свой учитель."),
    "stream": lazy("Ученики нескольких классов на обычном предмете: профиль, уровень."),
    "elective": lazy("Курс, который ученики выбирают сами."),
    "extracurricular": lazy("Кружок, секция, «Разговоры о важном»."),
    NETWORK_KIND: lazy("Ученики нескольких школ; каждая школа видит только своих."),
}


def kinds_to_make(actor: Actor) -> list[str]:
    """Which groupings the actor may make."""
    kinds = [kind for kind in KIND_TITLES if kind != NETWORK_KIND] if actor.can(EDIT) else []
    return [*kinds, NETWORK_KIND] if actor.can(NETWORK) else kinds


def form_of(kind: str) -> type[msgspec.Struct]:
    """The form of a new grouping. Raises `NotFound` for a kind there is none of."""
    if kind not in KIND_TITLES:
        raise NotFound("Такой группы не бывает.", advice="Выберите вид из списка.")
    return {CLASS: ClassForm, SUBGROUP: SubgroupForm, NETWORK_KIND: NetworkForm}.get(kind, GroupForm)


def fields_of(grouping: Grouping) -> type[msgspec.Struct]:
    """The form of what may be corrected."""
    if grouping.is_class:
        return ClassFields
    return PartFields if grouping.parent is not None else GroupFields


def stored(grouping: Grouping) -> dict[str, Any]:
    """A grouping as its form shows it."""
    row = grouping.row
    if isinstance(row, SchoolClass):
        return {name: getattr(row, name) for name in ClassFields.__struct_fields__}
    return {
        "name": row.name,
        "subject": str(row.subject_id) if row.subject_id else None,
        "grade_level": row.grade_level,
        "places": row.places,
    }


def choices_for(db: Session, actor: Actor, kind: str) -> Choices:
    """What may be chosen in the form of a new grouping."""
    keeper = db.get_one(Organization, actor.organization_id)
    subjects = subjects_of(db, keeper)
    if kind == NETWORK_KIND:
        return {"year": grouping_filters.years(db, actor), "subject": subjects}
    if kind == SUBGROUP:
        rows = db.execute(
            select(SchoolClass.id, SchoolClass.name, AcademicYear.name)
            .join(AcademicYear, AcademicYear.id == SchoolClass.academic_year_id)
            .where(
                within(actor, EDIT, SchoolClass.organization_id),
                AcademicYear.archived.is_(False),
                SchoolClass.closed_on.is_(None),
            )
            .order_by(
                AcademicYear.starts_on > school_today(actor),
                AcademicYear.starts_on.desc(),
                SchoolClass.name_key,
            )
        )
        return {
            "school_class": [(str(key), f"{name}, {year}") for key, name, year in rows],
            "subject": subjects,
        }
    rows = db.execute(
        select(AcademicYear.id, AcademicYear.name)
        .where(within(actor, EDIT, AcademicYear.organization_id), AcademicYear.archived.is_(False))
        .order_by(AcademicYear.starts_on.desc())
    )
    return {"year": [(str(key), name) for key, name in rows], "subject": subjects}


def present_year(db: Session, actor: Actor, kind: str) -> str:
    """The choice of the year that goes on today, or of the latest that has begun; «» where none has.

    A next year that is begun in spring is chosen by hand.
    """
    column = AcademicYear.name if kind == NETWORK_KIND else AcademicYear.id
    permission = grouping_filters.VIEW if kind == NETWORK_KIND else EDIT
    found = db.scalar(
        select(column)
        .where(
            within(actor, permission, AcademicYear.organization_id),
            AcademicYear.archived.is_(False),
            AcademicYear.starts_on <= school_today(actor),
        )
        .order_by(AcademicYear.starts_on.desc())
        .limit(1)
    )
    return str(found or "")


def new_class(form: ClassForm) -> NewClass:
    """What the form says of a new class."""
    return NewClass(
        name=form.name,
        term_kind=form.term_kind,
        days_per_week=form.days_per_week,
        shift=form.shift,
        places=form.places,
    )


def new_group(kind: str, form: GroupForm | NetworkForm) -> NewGroup:
    """What the form says of a new group across classes or schools."""
    return NewGroup(
        kind=kind,
        name=form.name,
        split=form.split if isinstance(form, GroupForm) else "",
        subject_id=form.subject,
        grade_level=form.grade_level,
        places=form.places,
    )


def new_subgroup(db: Session, form: SubgroupForm) -> tuple[UUID, NewGroup]:
    """The year of a new part of a class, and what the form says of it: it joins the split of its subject."""
    school_class = db.get(SchoolClass, form.school_class)
    subject = db.get(Subject, form.subject)
    if school_class is None or subject is None:
        raise NotFound("Такого класса или предмета нет.", advice="Обновите страницу.")
    known = db.scalar(
        select(PupilGroup.split)
        .where(
            PupilGroup.school_class_id == school_class.id,
            PupilGroup.subject_id == subject.id,
            PupilGroup.closed_on.is_(None),
        )
        .limit(1)
    )
    title = f"{school_class.name}, {subject.name}, "
    return school_class.academic_year_id, NewGroup(
        kind=SUBGROUP,
        name=form.name if form.name.startswith(title) else title + form.name,
        school_class_id=school_class.id,
        split=known or subject.name,
        subject_id=subject.id,
        places=form.places,
    )
