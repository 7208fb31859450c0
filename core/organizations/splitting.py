"""Splitting a class into subgroups in one step: evenly by the alphabet, by language, by sex, like another split."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Literal
from uuid import UUID

import msgspec
from sqlalchemy import func, or_, select

from core.database.base import in_force
from core.database.session import Session
from core.errors import Conflict
from core.identity.models import Person
from core.identity.names import sort_key
from core.organizations.grouping_changes import NewGroup, create_group, refuse
from core.organizations.groupings import SUBGROUP, Grouping, grouping_to_change
from core.organizations.models import (
    Enrollment,
    PupilGroup,
    PupilGroupMembership,
    PupilMove,
    SchoolClass,
    Subject,
)
from core.organizations.pupil_steps import Steps, lock_people
from core.roles.actor import Actor
from core.web.i18n import sentence

How = Literal["alphabet", "language", "sex", "like", "hand"]
SEXES = (("F", sentence("девочки")), ("M", sentence("мальчики")))
FEWEST, MOST_PARTS = 2, 6


class SplitWish(msgspec.Struct, frozen=True, kw_only=True):
    """How a class is to be split. `names` are languages, `like` is a part of the split to be copied."""

    subject_id: UUID
    how: How
    parts: int = 2
    names: Sequence[str] = ()
    like: UUID | None = None


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A subgroup to be: its whole name and what tells it from the others, and who gets into it."""

    name: str
    title: str
    people: Sequence[Person]


class Split(msgspec.Struct, frozen=True, kw_only=True):
    """What a class is split into; `rest` has to be put somewhere by hand."""

    subject: str
    parts: Sequence[Part]
    rest: Sequence[Person]


def preview(db: Session, actor: Actor, class_id: UUID, wish: SplitWish, day: date) -> Split:
    """What a class would be split into on a day.

    Raises `Invalid` for a day out of the year, a subject that is split already, languages that are not named;
    `NotFound` for a class that is not the actor's to change.
    """
    school_class = _class(db, actor, class_id)
    year = school_class.year
    if not year.starts_on <= day <= year.ends_on:
        raise refuse(
            "day",
            sentence(
                "Год %(year)s идёт с %(first)s по %(last)s.",
                year=year.name,
                first=year.starts_on,
                last=year.ends_on,
            ),
        )
    subject = db.get(Subject, wish.subject_id)
    if subject is None:
        raise refuse("subject", sentence("Такого предмета в школе нет."))
    taken = db.scalar(
        select(func.count()).where(
            PupilGroup.school_class_id == class_id,
            or_(PupilGroup.subject_id == subject.id, PupilGroup.split == subject.name),
            or_(PupilGroup.closed_on.is_(None), PupilGroup.closed_on > day),
        )
    )
    if taken:
        raise refuse(
            "subject",
            sentence("По этому предмету класс уже делится. Переведите учеников или закройте прежние части."),
        )
    people = db.scalars(
        select(Person)
        .join(Enrollment, Enrollment.person_id == Person.id)
        .where(Enrollment.school_class_id == class_id, in_force(Enrollment, day))
        .order_by(Person.name_key, Person.id)
    ).all()
    placed = _placed(db, school_class, wish, people, day)
    among = {person.id for _name, chosen in placed for person in chosen}
    title = f"{school_class.name}, {subject.name}"
    return Split(
        subject=subject.name,
        parts=[Part(name=f"{title}, {name}", title=name, people=chosen) for name, chosen in placed],
        rest=[person for person in people if person.id not in among],
    )


def _class(db: Session, actor: Actor, class_id: UUID) -> Grouping:
    school_class = grouping_to_change(db, actor, class_id)
    if not school_class.is_class:
        raise Conflict("Делят только класс.", advice="Откройте карточку класса.")
    return school_class


def _placed(
    db: Session, school_class: Grouping, wish: SplitWish, people: Sequence[Person], day: date
) -> list[tuple[str, Sequence[Person]]]:
    if wish.how == "language":
        if len(wish.names) < FEWEST:
            raise refuse("names", sentence("Назовите хотя бы два языка, по одному в строке."))
        return _by_language(db, wish.names, people)
    if wish.how == "sex":
        return [(str(title), [person for person in people if person.gender == sex]) for sex, title in SEXES]
    if wish.how == "like":
        return _like(db, school_class, wish.like, people, day)
    numbers = [_numbered(number) for number in range(1, wish.parts + 1)]
    if wish.how == "hand":
        return [(name, []) for name in numbers]
    least, more = divmod(len(people), wish.parts)
    found: list[tuple[str, Sequence[Person]]] = []
    at = 0
    for number, name in enumerate(numbers):
        size = least + (number < more)
        found.append((name, people[at : at + size]))
        at += size
    return found


def _numbered(number: int) -> str:
    return str(sentence("%(number)s подгруппа", number=number))


def _by_language(
    db: Session, names: Sequence[str], people: Sequence[Person]
) -> list[tuple[str, Sequence[Person]]]:
    """Whoever was ever in a group that is named after a language goes on with it; the latest group counts."""
    rows = db.execute(
        select(PupilGroupMembership.person_id, PupilGroup.name_key, Subject.name_key)
        .join(PupilGroup, PupilGroup.id == PupilGroupMembership.pupil_group_id)
        .outerjoin(Subject, Subject.id == PupilGroup.subject_id)
        .where(PupilGroupMembership.person_id.in_([person.id for person in people]))
        .order_by(PupilGroupMembership.starts_on)
    )
    chosen: dict[UUID, str] = {}
    for person_id, group, subject in rows:
        for name in names:
            if sort_key(name) in f"{group} {subject or ''}":
                chosen[person_id] = name
    return [(name, [person for person in people if chosen.get(person.id) == name]) for name in names]


def _like(
    db: Session, school_class: Grouping, like: UUID | None, people: Sequence[Person], day: date
) -> list[tuple[str, Sequence[Person]]]:
    pattern = db.get(PupilGroup, like) if like else None
    known = {str(key) for key, _title in patterns(db, school_class)}
    if pattern is None or str(pattern.id) not in known:
        raise refuse("like", sentence("Выберите деление, по образцу которого делить."))
    groups = db.scalars(
        select(PupilGroup)
        .where(PupilGroup.school_class_id == pattern.school_class_id, PupilGroup.split == pattern.split)
        .order_by(PupilGroup.name_key)
    ).all()
    # Of last year's split the last state counts.
    rows = db.execute(
        select(PupilGroupMembership.person_id, PupilGroupMembership.pupil_group_id)
        .where(
            PupilGroupMembership.pupil_group_id.in_([group.id for group in groups]),
            PupilGroupMembership.starts_on <= day,
        )
        .order_by(PupilGroupMembership.starts_on)
    )
    last: dict[UUID, UUID] = {row.person_id: row.pupil_group_id for row in rows}
    return [
        (_numbered(number), [person for person in people if last.get(person.id) == group.id])
        for number, group in enumerate(groups, 1)
    ]


def patterns(db: Session, school_class: Grouping) -> Sequence[tuple[str, str]]:
    """Splits to copy: of the class and of the one it was last year, as (id of a part, words)."""
    row = school_class.row
    classes = [row.id]
    if isinstance(row, SchoolClass) and row.predecessor_id:
        classes.append(row.predecessor_id)
    rows = db.execute(
        select(PupilGroup.id, PupilGroup.split, Subject.name.label("subject"), SchoolClass.name.label("home"))
        .join(SchoolClass, SchoolClass.id == PupilGroup.school_class_id)
        .outerjoin(Subject, Subject.id == PupilGroup.subject_id)
        .where(PupilGroup.school_class_id.in_(classes), PupilGroup.split != "", PupilGroup.kind == SUBGROUP)
        .order_by(SchoolClass.name_key, PupilGroup.name_key, PupilGroup.id)
    )
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for each in rows:
        title = f"{each.home}, {each.subject or each.split}"
        found.setdefault((each.home, each.split), (str(each.id), title))
    return list(found.values())


def knows_sexes(db: Session, school_class: Grouping, day: date) -> bool:
    """Whether the sex of any pupil of the class is stored."""
    return (
        db.scalar(
            select(Person.id)
            .join(Enrollment, Enrollment.person_id == Person.id)
            .where(
                Enrollment.school_class_id == school_class.id,
                in_force(Enrollment, day),
                Person.gender.is_not(None),
            )
            .limit(1)
        )
        is not None
    )


def split(
    db: Session, actor: Actor, class_id: UUID, wish: SplitWish, day: date, reason: str
) -> tuple[Sequence[PupilGroup], PupilMove | None]:
    """Make the subgroups and put the pupils into them; the move is None if nobody was put anywhere.

    Raises what `preview` does.
    """
    school_class = _class(db, actor, class_id)
    shown = preview(db, actor, class_id, wish, day)
    lock_people(db, [person.id for part in shown.parts for person in part.people])
    steps = Steps(db, school_class, day, reason)
    groups: list[PupilGroup] = []
    for part in shown.parts:
        group = create_group(
            db,
            actor,
            school_class.year.id,
            NewGroup(
                kind=SUBGROUP,
                name=part.name,
                school_class_id=class_id,
                split=shown.subject,
                subject_id=wish.subject_id,
            ),
        )
        groups.append(group)
        steps.made.append(group.id)
        for person in part.people:
            steps.join_group(person.id, group.id)
            steps.note("core.pupil.join", person.id, {"pupil_group": None}, {"pupil_group": group.name})
    return groups, steps.save(actor, "split") if steps.people else None
