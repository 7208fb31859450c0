"""The reports of a class and by subjects as papers."""

from __future__ import annotations

from uuid import UUID

from core.database.session import Session
from core.roles.actor import Actor
from core.web.i18n import gettext as _
from plugins.journal.papers.headings import paper_of
from plugins.journal.papers.reading import Given
from plugins.journal.papers.sheet_parts import sheet_parts
from plugins.journal.reports.class_report import report_class
from plugins.journal.reports.subject_report import report_subjects
from plugins.journal.reports.tables import class_sheets, class_title, subject_sheets


def class_report_paper(db: Session, actor: Actor, class_id: UUID, column: str, *, preliminary: bool) -> Given:
    """The report of a class. Raises as `report_class`."""
    report = report_class(db, actor, class_id, column, preliminary=preliminary)
    title = class_title(report)
    return Given(
        list_name="journal.class_report",
        paper=paper_of(actor, title, school=actor.acting_role.organization_name),
        parts=sheet_parts(title, class_sheets(report)),
        count=report.pupils,
    )


def subject_report_paper(db: Session, actor: Actor, period: str, teacher: UUID | None) -> Given:
    """The report by subjects. Raises as `report_subjects`."""
    report = report_subjects(db, actor, period, teacher)
    title = _("Отчёт по предметам")
    if report.period:
        title = f"{title}, {report.period.title}"
    return Given(
        list_name="journal.subject_report",
        paper=paper_of(actor, title, school=actor.acting_role.organization_name),
        parts=sheet_parts(title, subject_sheets(report)),
        count=len(report.lines),
    )
