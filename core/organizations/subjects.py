"""The subjects of a school: its own and those kept above it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from core.audit.record import Change, record
from core.database.base import new_id
from core.database.session import Session
from core.errors import Conflict, Invalid, NotFound
from core.identity.names import sort_key
from core.organizations.models import Organization, Subject
from core.roles.access import authorize
from core.roles.actor import Actor
from core.web.i18n import sentence

EDIT = "core.subjects.edit"
LONGEST = 120
MOST = 300
"""Subjects of one organization: far more than any curriculum has, few enough for every form that lists them."""

USUAL = (
    "Русский язык",
    "Литературное чтение",
    "Литература",
    "Иностранный язык",
    "Математика",
    "Алгебра",
    "Геометрия",
    "Вероятность и статистика",
    "Информатика",
    "Окружающий мир",
    "История",
    "Обществознание",
    "География",
    "Физика",
    "Химия",
    "Биология",
    "Основы религиозных культур и светской этики; ОРКСЭ",
    "Изобразительное искусство; ИЗО",
    "Музыка",
    "Труд (технология); Труд",
    "Физическая культура; Физ-ра",
    "Основы безопасности и защиты Родины; ОБЗР",
)
"""Subjects of the federal programmes for classes 1–11, for an organization that has none yet. ФОП НОО, ООО и СОО:
приказы Минпросвещения № 372, 370 и 371 от 18.05.2023. A school strikes out what it does not teach."""


class SubjectLine(msgspec.Struct, frozen=True, kw_only=True):
    """A subject; `owner` is the organization above that keeps it, «» for one's own."""

    id: UUID
    name: str
    short_name: str
    area: str
    owner: str


class Subjects(msgspec.Struct, frozen=True, kw_only=True):
    """The subjects that an organization uses."""

    organization: Organization
    lines: Sequence[SubjectLine]


def subjects_of(db: Session, actor: Actor, organization_id: UUID) -> Subjects:
    """The subjects of an organization in reach. Raises `Forbidden`, `NotFound`."""
    authorize(db, actor, EDIT, organization_id)
    organization = db.get_one(Organization, organization_id)
    rows = db.execute(
        select(Subject, Organization.short_name)
        .join(Organization, Organization.id == Subject.organization_id)
        .where(Subject.organization_id.in_(_line(organization)))
        .order_by(Subject.name_key, Subject.id)
    )
    return Subjects(
        organization=organization,
        lines=[
            SubjectLine(
                id=subject.id,
                name=subject.name,
                short_name=subject.short_name,
                area=subject.area,
                owner="" if subject.organization_id == organization_id else owner,
            )
            for subject, owner in rows
        ],
    )


def add_subjects(db: Session, actor: Actor, organization_id: UUID, text: str) -> int:
    """Add subjects, one a line, the short name after a semicolon; returns how many are new. Raises as `add` does."""
    return add(db, actor, organization_id, _read(text))


def add(db: Session, actor: Actor, organization_id: UUID, wanted: Sequence[tuple[str, str]]) -> int:
    """Add subjects by name and short name, the name where that is empty; returns how many are new.

    Those that the organization has already, its own or from above, are passed over. Raises `Invalid` with what
    cannot be taken; nothing is added then.
    """
    authorize(db, actor, EDIT, organization_id)
    names = _checked(wanted)
    organization = db.get_one(Organization, organization_id, with_for_update=True)
    known = set(db.scalars(select(Subject.name_key).where(Subject.organization_id.in_(_line(organization)))))
    own = db.scalar(
        select(func.count()).select_from(Subject).where(Subject.organization_id == organization_id)
    )
    last = db.scalar(
        select(func.coalesce(func.max(Subject.position), -1)).where(
            Subject.organization_id == organization_id
        )
    )
    made: list[Subject] = []
    for name, short_name in names:
        key = sort_key(name)
        if key not in known:
            known.add(key)
            made.append(
                Subject(
                    id=new_id(),
                    organization_id=organization_id,
                    name=name,
                    short_name=short_name,
                    name_key=key,
                    area="",
                    position=(-1 if last is None else last) + 1 + len(made),
                )
            )
    if (own or 0) + len(made) > MOST:
        raise _refused(sentence("Предметов не больше %(count)s.", count=MOST))
    db.add_all(made)
    db.flush()
    for each in made:
        _note(db, actor, each, "core.subject.create")
    return len(made)


def remove_subject(db: Session, actor: Actor, organization_id: UUID, subject_id: UUID) -> str:
    """Take an own subject away that nothing refers to; returns its name.

    Raises `Forbidden`, `NotFound`, `Conflict` for one that is taught or has been.
    """
    authorize(db, actor, EDIT, organization_id)
    subject = db.get(Subject, subject_id, with_for_update=True)
    if subject is None or subject.organization_id != organization_id:
        raise NotFound("Такого предмета в этой организации нет.", advice="Обновите страницу.")
    name = subject.name
    try:
        with db.begin_nested():
            db.delete(subject)
            db.flush()
    except IntegrityError:
        raise Conflict(
            sentence("Предмет «%(name)s» не удалить: по нему есть группы, нагрузка или уроки.", name=name),
            advice="Оставьте его: пустой предмет никому не мешает.",
        ) from None
    record(
        db,
        actor,
        organization_id,
        Change(
            action="core.subject.delete",
            subject_type="subject",
            subject_id=str(subject_id),
            before={"name": name},
            after=None,
        ),
    )
    return name


def _line(organization: Organization) -> list[UUID]:
    return [UUID(each) for each in organization.path.rstrip("/").split("/")]


def _read(text: str) -> Sequence[tuple[str, str]]:
    lines = (line.partition(";") for line in text.splitlines())
    return [(name, short) for name, _semicolon, short in lines if name.strip() or short.strip()]


def _checked(wanted: Sequence[tuple[str, str]]) -> Sequence[tuple[str, str]]:
    """Names and short names without superfluous spaces. Raises `Invalid`."""
    found: list[tuple[str, str]] = []
    for given in wanted:
        name, short = (" ".join(each.replace("\x00", "").split()) for each in given)
        if not name or max(len(name), len(short)) > LONGEST:
            line = f"{name}; {short}" if short else name
            raise _refused(
                sentence(
                    "Название – от одного до %(count)s знаков: «%(line)s».", count=LONGEST, line=line[:80]
                )
            )
        found.append((name, short or name))
    if not found:
        raise _refused(sentence("Напишите хотя бы один предмет."))
    return found


def _refused(words: str) -> Invalid:
    return Invalid("Предметы не добавлены.", fields={"names": words})


def _note(db: Session, actor: Actor, subject: Subject, action: str) -> None:
    record(
        db,
        actor,
        subject.organization_id,
        Change(
            action=action, subject_type="subject", subject_id=str(subject.id), after={"name": subject.name}
        ),
    )
