"""The way of a version: submitted by its authors, approved by the head or given back, superseded by a later one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from core.database.base import now
from core.database.session import Session
from core.errors import Conflict, Invalid
from core.identity.sessions import school_today
from core.notifications import notify
from core.organizations.models import AcademicYear
from core.roles.actor import Actor
from core.roles.models import StructuralRole
from core.web.i18n import sentence
from plugins.diary.curriculum.curricula import (
    APPROVE,
    APPROVED,
    DRAFT,
    EDIT,
    SUBMITTED,
    SUPERSEDED,
    CurriculumLine,
    note,
    open_curriculum,
)
from plugins.diary.curriculum.models import Curriculum
from plugins.diary.curriculum.table import read_table
from plugins.diary.curriculum.view import findings_of

NEWS = "diary.curriculum"
LONGEST_REMARK = 500


def submit(db: Session, actor: Actor, curriculum_id: UUID) -> None:
    """Hand a draft to the head. Raises `Conflict` for an empty one or one against a binding norm."""
    line = open_curriculum(db, actor, curriculum_id, edit=True, lock=True)
    _complete(db, line)
    _turn(db, actor, line, SUBMITTED, "diary.curriculum.submit", submitted_at=now(), remark="")
    heads = db.scalars(
        select(StructuralRole.person_id).where(
            StructuralRole.organization_id == line.organization_id,
            StructuralRole.kind == "head",
            StructuralRole.status == "active",
        )
    )
    _tell(
        db, actor, list(heads), sentence("Учебный план ждёт утверждения: %(title)s", title=line.title), line
    )


def take_back(db: Session, actor: Actor, curriculum_id: UUID) -> None:
    """Make a submitted version a draft again. Raises `Conflict` for one that is not submitted."""
    actor.require(EDIT)
    line = _submitted(db, actor, curriculum_id)
    _turn(db, actor, line, DRAFT, "diary.curriculum.take_back")


def send_back(db: Session, actor: Actor, curriculum_id: UUID, remark: str) -> None:
    """Give a submitted version back to its authors with a remark. Raises `Conflict`, `Invalid` without a remark."""
    actor.require(APPROVE)
    line = _submitted(db, actor, curriculum_id)
    text = " ".join(remark.replace("\x00", "").split())
    if not 1 <= len(text) <= LONGEST_REMARK:
        wrong = sentence("Напишите, что исправить, до %(most)s знаков.", most=LONGEST_REMARK)
        raise Invalid("План не возвращён.", advice=wrong, fields={"remark": wrong})
    _turn(db, actor, line, DRAFT, "diary.curriculum.send_back", reason=text, remark=text)
    title = sentence("Учебный план вернули: %(title)s", title=line.title)
    _tell(db, actor, _author(db, line), title, line, text)


def approve(db: Session, actor: Actor, curriculum_id: UUID) -> None:
    """Put a submitted version in force from its first day; the one before holds until the day before.

    Raises `Conflict` for one that is not submitted, is against a binding norm, would hold from a day that has passed
    although another version held on it, or overlaps with an approved plan of other grade levels.
    """
    actor.require(APPROVE)
    line = _submitted(db, actor, curriculum_id)
    _complete(db, line)
    # The year's row orders two approvals: the later one sees what the first has put in force.
    db.execute(select(AcademicYear.id).where(AcademicYear.id == line.academic_year_id).with_for_update())
    earlier = db.execute(
        select(
            Curriculum.id,
            Curriculum.title,
            Curriculum.starts_on,
            Curriculum.lowest_grade_level,
            Curriculum.highest_grade_level,
        ).where(
            Curriculum.organization_id == line.organization_id,
            Curriculum.academic_year_id == line.academic_year_id,
            Curriculum.state == APPROVED,
            Curriculum.lowest_grade_level <= line.highest_grade_level,
            Curriculum.highest_grade_level >= line.lowest_grade_level,
        )
    ).all()
    _refuse_overlap(db, actor, line, earlier)
    for each in earlier:
        last = line.starts_on - timedelta(days=1)
        ends_on = last if each.starts_on <= last else None
        db.execute(
            update(Curriculum).where(Curriculum.id == each.id).values(state=SUPERSEDED, ends_on=ends_on)
        )
        after = {"state": SUPERSEDED, "ends_on": ends_on.isoformat() if ends_on else ""}
        note(db, actor, each.id, "diary.curriculum.supersede", before={"state": APPROVED}, after=after)
    _turn(
        db,
        actor,
        line,
        APPROVED,
        "diary.curriculum.approve",
        approved_at=now(),
        approved_by_id=actor.person_id,
    )
    _tell(db, actor, _author(db, line), sentence("Учебный план утверждён: %(title)s", title=line.title), line)


def _refuse_overlap(db: Session, actor: Actor, line: CurriculumLine, earlier: Sequence[Any]) -> None:
    for each in earlier:
        if (each.lowest_grade_level, each.highest_grade_level) != (
            line.lowest_grade_level,
            line.highest_grade_level,
        ):
            raise Conflict(
                sentence("Часть этих классов уже в утверждённом плане «%(title)s».", title=each.title),
                advice="Сделайте новую версию того плана: два плана на один класс действовать не могут.",
            )
    year = db.get_one(AcademicYear, line.academic_year_id)
    today = school_today(actor)
    if earlier and year.starts_on <= today and line.starts_on <= today:
        raise Conflict(
            "План начинался бы с прошедшего дня: пройденное по прежней версии пропало бы.",
            advice="Верните план и перенесите его начало на будущий день.",
        )


def _complete(db: Session, line: CurriculumLine) -> None:
    """Raises `Conflict` for a version without hours or against a binding norm."""
    table = read_table(db, line.id, with_pupils=True)
    if not any(table.written.values()):
        raise Conflict("В плане нет ни одного часа.", advice="Впишите часы или загрузите их из xlsx.")
    errors = [each for each in findings_of(db, line, table) if each.level == "error"]
    if errors:
        first = errors[0]
        raise Conflict(
            sentence(
                "План нарушает обязательную норму. %(place)s: %(text)s", place=first.place, text=first.text
            ),
            advice=sentence("Исправьте часы. Норма: %(act)s.", act=first.act),
        )


def _submitted(db: Session, actor: Actor, curriculum_id: UUID) -> CurriculumLine:
    line = open_curriculum(db, actor, curriculum_id, lock=True)
    if line.state != SUBMITTED:
        raise Conflict(
            sentence("План не на утверждении: он «%(state)s».", state=line.state_title.lower()),
            advice="Обновите страницу: его могли уже утвердить или вернуть.",
        )
    return line


def _turn(
    db: Session,
    actor: Actor,
    line: CurriculumLine,
    state: str,
    action: str,
    *,
    reason: str = "",
    **values: Any,
) -> None:
    db.execute(update(Curriculum).where(Curriculum.id == line.id).values(state=state, **values))
    note(db, actor, line.id, action, before={"state": line.state}, after={"state": state}, reason=reason)


def _author(db: Session, line: CurriculumLine) -> list[UUID]:
    author = db.scalar(select(Curriculum.author_id).where(Curriculum.id == line.id))
    return [author] if author else []


def _tell(
    db: Session, actor: Actor, people: Sequence[UUID], title: str, line: CurriculumLine, body: str = ""
) -> None:
    others = [each for each in people if each != actor.person_id]
    notify(db, others, NEWS, title, body, f"/curriculum/{line.id}")
