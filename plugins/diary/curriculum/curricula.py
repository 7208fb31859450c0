"""Curricula of a school: who may see and change them, how one is begun, renamed and taken away."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import delete, func, insert, select, update

from core.audit.record import Change, record
from core.database.base import new_id
from core.database.session import Session
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.identity.models import Person
from core.identity.names import short_name
from core.identity.sessions import school_today
from core.organizations.models import AcademicYear, Organization, SchoolClass
from core.roles.access import authorize, within
from core.roles.actor import Actor
from core.web.i18n import gettext as _
from core.web.i18n import lazy, sentence
from plugins.diary.curriculum.models import Curriculum, CurriculumColumn

VIEW = "diary.curriculum.view"
EDIT = "diary.curriculum.edit"
APPROVE = "diary.curriculum.approve"
CURRICULUM = "diary.curriculum"

DRAFT, SUBMITTED, APPROVED, SUPERSEDED = "draft", "submitted", "approved", "superseded"
STATE_TITLES = {
    DRAFT: lazy("Черновик"),
    SUBMITTED: lazy("На утверждении"),
    APPROVED: lazy("Утверждён"),
    SUPERSEDED: lazy("Заменён"),
}
STATE_TONES = {DRAFT: "", SUBMITTED: "warning", APPROVED: "positive", SUPERSEDED: ""}
LONGEST_TITLE = 160
LAST_GRADE = 12
MOST_CURRICULA = 500
WEEKS, WEEKS_OF_FIRST_GRADE = 34, 33

State = Annotated[
    str,
    Meta(
        description="`draft` – черновик, `submitted` – на утверждении, `approved` – утверждён, `superseded` – заменён."
    ),
]
Revision = Annotated[int, Meta(description="Растёт с каждой правкой плана.")]


class CurriculumLine(msgspec.Struct, frozen=True, kw_only=True):
    """A version in a list."""

    id: UUID
    organization_id: UUID
    academic_year_id: UUID
    year: Annotated[str, Meta(description="Учебный год: «2026/2027».")]
    title: Annotated[str, Meta(description="Название плана.")]
    number: Annotated[int, Meta(description="Номер версии в этом учебном году для этих классов.")]
    lowest_grade_level: Annotated[int, Meta(description="С какого класса.")]
    highest_grade_level: Annotated[int, Meta(description="По какой класс.")]
    state: State
    starts_on: Annotated[date, Meta(description="С какого дня действует или будет действовать, ГГГГ-ММ-ДД.")]
    ends_on: Annotated[
        date | None,
        Meta(description="По какой день действовал; null – действует до конца года или не действовал."),
    ]
    revision: Revision
    remark: Annotated[str, Meta(description="С чем директор вернул план; пусто, если не возвращал.")]
    author: Annotated[str, Meta(description="Кто начал: «Завьялова Н. П.»; пусто, если неизвестно.")]
    approved_by: Annotated[str, Meta(description="Кто утвердил; пусто, пока не утверждён.")]
    approved_on: Annotated[date | None, Meta(description="Когда утвердили; null, пока не утверждён.")]
    based_on_id: Annotated[
        UUID | None, Meta(description="Ключ версии, с которой сделана эта; null, если ни с какой.")
    ]
    template: Annotated[str, Meta(description="Код образца, с которого начат; пусто, если ни с какого.")]
    may_edit: Annotated[bool, Meta(description="Вам можно менять этот план.")]
    may_approve: Annotated[bool, Meta(description="Вам можно утвердить или вернуть этот план.")]

    @property
    def state_title(self) -> str:
        """The state in words."""
        return _(str(STATE_TITLES[self.state]))

    @property
    def tone(self) -> str:
        """How the state is coloured."""
        return STATE_TONES[self.state]

    @property
    def grades(self) -> str:
        """«1–4 классы», «10 класс»."""
        if self.lowest_grade_level == self.highest_grade_level:
            return _("%(grade)s класс") % {"grade": self.lowest_grade_level}
        return _("%(lowest)s–%(highest)s классы") % {
            "lowest": self.lowest_grade_level,
            "highest": self.highest_grade_level,
        }


class CurriculumIn(msgspec.Struct, frozen=True, kw_only=True):
    """A curriculum to be begun, empty."""

    academic_year_id: UUID
    lowest_grade_level: Annotated[int, Meta(description="С какого класса, от 1 до 12.")]
    highest_grade_level: Annotated[int, Meta(description="По какой класс, от 1 до 12.")]
    title: Annotated[str, Meta(description="Название, до 160 знаков; пусто – по классам и году.")] = ""


class CurriculumChange(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of a version as a whole."""

    title: Annotated[str, Meta(description="Название, до 160 знаков.")]
    starts_on: Annotated[
        date, Meta(description="С какого дня действует, ГГГГ-ММ-ДД: первый день года или день внутри него.")
    ]


def sees_individual_plans(actor: Actor) -> bool:
    """Whether individual plans, which name pupils, are shown: to those who write and who approve curricula."""
    return actor.can(EDIT) or actor.can(APPROVE)


def _statement(actor: Actor) -> Any:
    author, approver = Person.__table__.alias("author"), Person.__table__.alias("approver")
    return (
        select(
            *Curriculum.__table__.c,
            AcademicYear.name.label("year"),
            AcademicYear.archived,
            author.c.last_name.label("author_last"),
            author.c.first_name.label("author_first"),
            author.c.middle_name.label("author_middle"),
            approver.c.last_name.label("approver_last"),
            approver.c.first_name.label("approver_first"),
            approver.c.middle_name.label("approver_middle"),
        )
        .join(AcademicYear, AcademicYear.id == Curriculum.academic_year_id)
        .outerjoin(author, author.c.id == Curriculum.author_id)
        .outerjoin(approver, approver.c.id == Curriculum.approved_by_id)
        .where(within(actor, VIEW, Curriculum.organization_id))
    )


def _line(actor: Actor, row: Any) -> CurriculumLine:
    return CurriculumLine(
        **{
            name: getattr(row, name)
            for name in CurriculumLine.__struct_fields__
            if name not in ("author", "approved_by", "approved_on", "may_edit", "may_approve")
        },
        author=short_name(row.author_last, row.author_first, row.author_middle) if row.author_last else "",
        approved_by=(
            short_name(row.approver_last, row.approver_first, row.approver_middle)
            if row.approver_last
            else ""
        ),
        approved_on=row.approved_at.date() if row.approved_at else None,
        may_edit=actor.can(EDIT) and row.state == DRAFT and not row.archived,
        may_approve=actor.can(APPROVE) and row.state == SUBMITTED and not row.archived,
    )


def list_curricula(db: Session, actor: Actor, academic_year_id: UUID | None = None) -> list[CurriculumLine]:
    """The curricula of the school, the latest year and version first. One statement.

    Only approved ones, and those that were, for whoever neither writes nor approves curricula.
    """
    actor.require(VIEW)
    statement = _statement(actor).order_by(
        AcademicYear.starts_on.desc(), Curriculum.lowest_grade_level, Curriculum.number.desc(), Curriculum.id
    )
    if academic_year_id is not None:
        statement = statement.where(Curriculum.academic_year_id == academic_year_id)
    if not sees_individual_plans(actor):
        statement = statement.where(Curriculum.state.in_((APPROVED, SUPERSEDED)))
    return [_line(actor, row) for row in db.execute(statement.limit(MOST_CURRICULA))]


def open_curriculum(
    db: Session, actor: Actor, curriculum_id: UUID, *, edit: bool = False, lock: bool = False
) -> CurriculumLine:
    """A version, if the actor may see it; with `edit`, if they may change it.

    `lock` holds its row until the transaction ends, which orders its writers. Raises `NotFound`, `Forbidden`,
    `Conflict` for one that is a draft no more.
    """
    actor.require(EDIT if edit else VIEW)
    if lock:
        db.execute(select(Curriculum.id).where(Curriculum.id == curriculum_id).with_for_update())
    row = db.execute(_statement(actor).where(Curriculum.id == curriculum_id)).one_or_none()
    hidden = row is not None and row.state in (DRAFT, SUBMITTED) and not sees_individual_plans(actor)
    if row is None or hidden:
        raise NotFound(
            "Такого учебного плана нет или он вам не доступен.",
            advice="Откройте «Учебный план» и выберите из списка.",
        )
    line = _line(actor, row)
    if edit and not line.may_edit:
        if row.archived:
            raise Conflict(
                "Учебный год этого плана в архиве: план можно только читать.",
                advice="Заведите план в новом учебном году: его можно начать с этого.",
            )
        raise Conflict(
            sentence("План уже не черновик: он «%(state)s».", state=line.state_title.lower()),
            advice=sentence("Утверждённый план не меняется: сделайте его новую версию.")
            if row.state in (APPROVED, SUPERSEDED)
            else sentence("Отзовите его с утверждения и тогда меняйте."),
        )
    return line


def may_begin(actor: Actor) -> bool:
    """Whether the actor may begin curricula: in a school, with the right to write them."""
    return actor.can(EDIT) and actor.role is not None and actor.role.organization_kind == "school"


def years_of(db: Session, actor: Actor) -> Sequence[AcademicYear]:
    """The academic years of the school, the latest first."""
    return db.scalars(
        select(AcademicYear)
        .where(AcademicYear.organization_id == actor.organization_id)
        .order_by(AcademicYear.starts_on.desc())
    ).all()


def current_year(years: Sequence[AcademicYear], today: date) -> AcademicYear | None:
    """The academic year that goes on, the last one that began, or the first to come."""
    begun = [year for year in years if year.starts_on <= today]
    return begun[0] if begun else (years[-1] if years else None)


def begin(
    db: Session, actor: Actor, wanted: CurriculumIn, *, template: str = "", based_on: UUID | None = None
) -> UUID:
    """Begin an empty draft with columns for its grade levels and their classes; returns its id.

    Raises `Invalid` for what was typed, `NotFound` for a year of another school, `Conflict` for an archived one.
    """
    authorize(db, actor, EDIT, actor.organization_id)
    if not may_begin(actor):
        raise Forbidden("Учебный план ведёт школа.", advice="Выберите роль в школе.")
    year = db.get(AcademicYear, wanted.academic_year_id)
    if year is None or year.organization_id != actor.organization_id:
        raise NotFound("Такого учебного года у школы нет.", advice="Выберите учебный год из списка.")
    if year.archived:
        raise Conflict("Учебный год в архиве.", advice="Выберите нынешний или будущий учебный год.")
    lowest, highest = wanted.lowest_grade_level, wanted.highest_grade_level
    if not 1 <= lowest <= highest <= LAST_GRADE:
        wrong = sentence("Классы – от 1 до %(last)s, первый не больше последнего.", last=LAST_GRADE)
        raise Invalid("План не создан.", advice=wrong, fields={"lowest_grade_level": wrong})
    # The year's row orders whoever begins two versions at once: each gets its own number.
    db.execute(select(AcademicYear.id).where(AcademicYear.id == year.id).with_for_update())
    number = db.scalar(
        select(func.coalesce(func.max(Curriculum.number), 0)).where(
            Curriculum.organization_id == actor.organization_id,
            Curriculum.academic_year_id == year.id,
            Curriculum.lowest_grade_level == lowest,
            Curriculum.highest_grade_level == highest,
        )
    )
    title = checked_title(wanted.title or _usual_title(lowest, highest, year.name))
    curriculum_id = new_id()
    db.execute(
        insert(Curriculum).values(
            id=curriculum_id,
            organization_id=actor.organization_id,
            academic_year_id=year.id,
            title=title,
            lowest_grade_level=lowest,
            highest_grade_level=highest,
            number=(number or 0) + 1,
            template=template,
            based_on_id=based_on,
            author_id=actor.person_id,
            starts_on=year.starts_on,
        )
    )
    _add_usual_columns(db, curriculum_id, year.id, lowest, highest)
    after = {"title": title, "template": template, "based_on": str(based_on or "")}
    note(
        db,
        actor,
        curriculum_id,
        "diary.curriculum.begin",
        after={key: each for key, each in after.items() if each},
    )
    return curriculum_id


def _usual_title(lowest: int, highest: int, year: str) -> str:
    grades = str(lowest) if lowest == highest else f"{lowest}–{highest}"
    return _("Учебный план, %(grades)s классы, %(year)s") % {"grades": grades, "year": year}


def weeks_of_grade(grade_level: int) -> int:
    """Weeks of lessons in a year: 33 in class 1, 34 in others (ФОП, календарный учебный график)."""
    return WEEKS_OF_FIRST_GRADE if grade_level == 1 else WEEKS


def _add_usual_columns(db: Session, curriculum_id: UUID, year_id: UUID, lowest: int, highest: int) -> None:
    classes = db.execute(
        select(SchoolClass.id, SchoolClass.grade_level)
        .where(
            SchoolClass.academic_year_id == year_id,
            SchoolClass.grade_level.between(lowest, highest),
            SchoolClass.closed_on.is_(None),
        )
        .order_by(SchoolClass.name_key)
    ).all()
    # A school of classes 1–9 has no 10th grade in a plan «1–11» unless nobody has made classes yet.
    grades = sorted({each.grade_level for each in classes}) or range(lowest, highest + 1)
    places = [(grade, None) for grade in grades] + [(each.grade_level, each.id) for each in classes]
    db.execute(
        insert(CurriculumColumn),
        [
            {
                "id": new_id(),
                "curriculum_id": curriculum_id,
                "grade_level": grade,
                "school_class_id": class_id,
                "pupil_group_id": None,
                "pupil_id": None,
                "weeks": weeks_of_grade(grade),
            }
            for grade, class_id in places
        ],
    )


def checked_title(title: str) -> str:
    """A title as it is stored. Raises `Invalid`."""
    text = " ".join(title.replace("\x00", "").split())
    if not 1 <= len(text) <= LONGEST_TITLE:
        wrong = sentence("Назовите план, до %(most)s знаков.", most=LONGEST_TITLE)
        raise Invalid("План не сохранён.", advice=wrong, fields={"title": wrong})
    return text


def change(db: Session, actor: Actor, curriculum_id: UUID, wanted: CurriculumChange) -> None:
    """Give a draft another title or first day. Raises as `open_curriculum`, `Invalid`."""
    line = open_curriculum(db, actor, curriculum_id, edit=True, lock=True)
    title = checked_title(wanted.title)
    year = db.get_one(AcademicYear, line.academic_year_id)
    if not year.starts_on <= wanted.starts_on <= year.ends_on:
        wrong = sentence("Укажите день внутри учебного года.")
        raise Invalid("План не сохранён.", advice=wrong, fields={"starts_on": wrong})
    values = {"title": title, "starts_on": wanted.starts_on}
    changed = {name: value for name, value in values.items() if getattr(line, name) != value}
    if not changed:
        return
    db.execute(
        update(Curriculum)
        .where(Curriculum.id == curriculum_id)
        .values(**changed, revision=Curriculum.revision + 1)
    )
    note(
        db,
        actor,
        curriculum_id,
        "diary.curriculum.change",
        before={name: _told(getattr(line, name)) for name in changed},
        after={name: _told(value) for name, value in changed.items()},
    )


def _told(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def delete_draft(db: Session, actor: Actor, curriculum_id: UUID) -> None:
    """Take a draft away for good. Raises as `open_curriculum`."""
    line = open_curriculum(db, actor, curriculum_id, edit=True, lock=True)
    db.execute(update(Curriculum).where(Curriculum.based_on_id == curriculum_id).values(based_on_id=None))
    db.execute(delete(Curriculum).where(Curriculum.id == curriculum_id))
    note(db, actor, curriculum_id, "diary.curriculum.delete", before={"title": line.title})


def default_start(db: Session, actor: Actor, line: CurriculumLine) -> date:
    """From which day a new version of `line` would hold: the first day of the year, or of next week within it."""
    year = db.get_one(AcademicYear, line.academic_year_id)
    today = school_today(actor)
    if today < year.starts_on:
        return year.starts_on
    return min(today + timedelta(days=8 - today.isoweekday()), year.ends_on)


def path_of(db: Session, organization_id: UUID) -> str:
    """The path of a school in the tree, by which settings hold."""
    return db.scalars(select(Organization.path).where(Organization.id == organization_id)).one()


def note(
    db: Session,
    actor: Actor,
    curriculum_id: UUID,
    action: str,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
) -> None:
    """Record a change of a curriculum."""
    record(
        db,
        actor,
        actor.organization_id,
        Change(
            action=action,
            subject_type=CURRICULUM,
            subject_id=str(curriculum_id),
            before=before,
            after=after,
            reason=reason,
        ),
    )
