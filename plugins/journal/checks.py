"""Checks of the journal's data, and what the journal knows about one person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select, update

from core.audit.record import Change, record
from core.contributions import Finding
from core.database.session import Session
from core.organizations.models import AcademicYear, Organization, Subject, Term
from core.roles.actor import Actor
from core.web.i18n import sentence
from plugins.journal.attendance.personal import absences_of, erase_absences
from plugins.journal.behaviour.personal import behaviour_of
from plugins.journal.criteria.personal import points_of
from plugins.journal.exemptions.personal import erase_exemptions, exemptions_of
from plugins.journal.homework.personal import erase_homework, homework_of
from plugins.journal.models import JournalAttendance, JournalLesson, JournalMark, JournalPage
from plugins.journal.remarks.personal import erase_remarks, remarks_about
from plugins.journal.settings import journal_settings
from plugins.journal.terms.journal_term_marks import TERM_MARK, TITLES, subject_id_of
from plugins.journal.terms.models import JournalTermMark
from plugins.journal.terms.standings import TERM
from plugins.journal.topics.models import LessonPlan


def check_journal(db: Session) -> Iterable[Finding]:
    """Marks and attendance that do not agree with their lesson."""
    for table, what in (
        (JournalMark, sentence("Отметок")),
        (JournalAttendance, sentence("Записей о посещаемости")),
    ):
        count = db.scalar(
            select(func.count())
            .select_from(table)
            .join(JournalLesson, JournalLesson.id == table.lesson_id)
            .where(
                or_(
                    table.day != JournalLesson.day,
                    table.page_id != JournalLesson.page_id,
                    table.organization_id != JournalLesson.organization_id,
                )
            )
        )
        if count:
            yield Finding(
                level="error",
                message=sentence(
                    "%(what)s, у которых день или страница расходятся с уроком: %(count)s.",
                    what=what,
                    count=count,
                ),
                advice=sentence("Их правили в обход портала. Сравните с резервной копией."),
            )
    wrong = db.scalar(
        select(func.count())
        .select_from(JournalMark)
        .where(or_(JournalMark.weight < 1, JournalMark.score < 0))
    )
    if wrong:
        yield Finding(
            level="error",
            message=sentence("Отметок с неверным весом или баллом: %(count)s.", count=wrong),
            advice=sentence("Проверьте настройки."),
        )
    strayed = db.scalar(
        select(func.count())
        .select_from(JournalPage)
        .where(JournalPage.school_class_id.is_(None), JournalPage.pupil_group_id.is_(None))
    )
    if strayed:
        yield Finding(
            level="error",
            message=sentence("Страниц журнала без класса и группы: %(count)s.", count=strayed),
            advice=sentence("Удалите их."),
        )


def export_person(db: Session, person_id: UUID) -> Mapping[str, Any]:
    """Marks and attendance of a pupil, and what a teacher has put."""
    marks = db.execute(
        select(JournalMark.day, Subject.name, JournalMark.value, JournalMark.weight, JournalMark.comment)
        .join(JournalPage, JournalPage.id == JournalMark.page_id)
        .join(Subject, Subject.id == JournalPage.subject_id)
        .where(JournalMark.pupil_id == person_id)
        .order_by(JournalMark.day)
    )
    absences = db.execute(
        select(
            JournalAttendance.day,
            Subject.name,
            JournalAttendance.code,
            JournalAttendance.minutes,
            Organization.path,
        )
        .join(JournalPage, JournalPage.id == JournalAttendance.page_id)
        .join(Subject, Subject.id == JournalPage.subject_id)
        .join(Organization, Organization.id == JournalAttendance.organization_id)
        .where(JournalAttendance.pupil_id == person_id)
        .order_by(JournalAttendance.day)
    )
    term_marks = db.execute(
        select(
            AcademicYear.name,
            Subject.name,
            JournalTermMark.kind,
            Term.name,
            JournalTermMark.value,
            JournalTermMark.proposed,
            JournalTermMark.reason,
        )
        .join(JournalPage, JournalPage.id == JournalTermMark.page_id)
        .join(Subject, Subject.id == JournalPage.subject_id)
        .join(AcademicYear, AcademicYear.id == JournalTermMark.academic_year_id)
        .outerjoin(Term, Term.id == JournalTermMark.term_id)
        .where(JournalTermMark.pupil_id == person_id)
        .order_by(AcademicYear.starts_on, Subject.name_key, JournalTermMark.kind, Term.number)
    )
    return {
        "отметки за периоды": [
            {
                "учебный год": year,
                "предмет": subject,
                "за что": term if kind == TERM else str(TITLES[kind]),
                "отметка": value,
                "было предложено": proposed,
                "причина": reason,
            }
            for year, subject, kind, term, value, proposed, reason in term_marks
        ],
        "отметки": [
            {"день": str(day), "предмет": subject, "отметка": value, "вес": weight, "комментарий": comment}
            for day, subject, value, weight, comment in marks
        ],
        "посещаемость": [
            {
                "день": str(day),
                "предмет": subject,
                "код": code,
                "что значит": _meaning(db, path, code),
                "минут": minutes,
            }
            for day, subject, code, minutes, path in absences
        ],
        **points_of(db, person_id),
        **behaviour_of(db, person_id),
        **absences_of(db, person_id),
        **remarks_about(db, person_id),
        **exemptions_of(db, person_id),
        **homework_of(db, person_id),
        "поставлено отметок": db.scalar(
            select(func.count()).select_from(JournalMark).where(JournalMark.author_id == person_id)
        ),
        "выставлено отметок за периоды": db.scalar(
            select(func.count()).select_from(JournalTermMark).where(JournalTermMark.author_id == person_id)
        ),
        "проведено уроков": db.scalar(
            select(func.count()).select_from(JournalLesson).where(JournalLesson.teacher_id == person_id)
        ),
        "планы уроков": list(
            db.scalars(
                select(LessonPlan.title).where(LessonPlan.author_id == person_id).order_by(LessonPlan.id)
            )
        ),
    }


def _meaning(db: Session, path: str, code: str) -> str:
    known = journal_settings(db, path).codes.get(code)
    return known.shown_title if known else ""


def erase_person(db: Session, actor: Actor, person_id: UUID) -> Sequence[str]:
    """Take out comments to the pupil's marks, reasons and what is written of absences; the journal is kept by law."""
    _erase_reasons(db, actor, person_id)
    commented = db.execute(
        select(JournalMark.organization_id, JournalMark.id, JournalMark.value).where(
            JournalMark.pupil_id == person_id, JournalMark.comment != ""
        )
    ).all()
    db.execute(update(JournalMark).where(JournalMark.pupil_id == person_id).values(comment=""))
    for organization_id in {row.organization_id for row in commented}:
        record(
            db,
            actor,
            organization_id,
            *(
                Change(action="journal.comment.erase", subject_type="journal.mark", subject_id=str(row.id))
                for row in commented
                if row.organization_id == organization_id
            ),
        )
    erase_absences(db, actor, person_id)
    erase_remarks(db, actor, person_id)
    erase_exemptions(db, actor, person_id)
    erase_homework(db, actor, person_id)
    kept = db.scalar(
        select(func.count())
        .select_from(JournalMark)
        .where(or_(JournalMark.pupil_id == person_id, JournalMark.author_id == person_id))
    )
    absences = db.scalar(
        select(func.count())
        .select_from(JournalAttendance)
        .where(or_(JournalAttendance.pupil_id == person_id, JournalAttendance.author_id == person_id))
    )
    term_marks = db.scalar(
        select(func.count())
        .select_from(JournalTermMark)
        .where(or_(JournalTermMark.pupil_id == person_id, JournalTermMark.author_id == person_id))
    )
    if not kept and not absences and not term_marks:
        return []
    return [
        sentence(
            "Отметки (%(marks)s), отметки за периоды (%(term_marks)s) и посещаемость (%(absences)s) остаются: "
            "классный журнал – документ школы с установленным сроком хранения.",
            marks=kept,
            term_marks=term_marks,
            absences=absences,
        )
    ]


def _erase_reasons(db: Session, actor: Actor, person_id: UUID) -> None:
    """Why a teacher set another term mark than was proposed: words about the pupil."""
    told = db.execute(
        select(
            JournalTermMark.organization_id,
            JournalTermMark.page_id,
            JournalTermMark.term_id,
            JournalTermMark.kind,
        ).where(JournalTermMark.pupil_id == person_id, JournalTermMark.reason != "")
    ).all()
    db.execute(update(JournalTermMark).where(JournalTermMark.pupil_id == person_id).values(reason=""))
    for organization_id in {row.organization_id for row in told}:
        record(
            db,
            actor,
            organization_id,
            *(
                Change(
                    action="journal.term_mark.erase",
                    subject_type=TERM_MARK,
                    subject_id=subject_id_of(row.page_id, person_id, row.term_id or row.kind),
                )
                for row in told
                if row.organization_id == organization_id
            ),
        )
