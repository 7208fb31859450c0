"""Journal pages with the hours of their lesson plans, for whoever keeps the curriculum (capability `lesson_plans`)."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select

from core.curricula import PlannedPage
from core.database.session import Session
from core.identity.sessions import school_today
from core.organizations.models import Organization, PupilGroup, SchoolClass, Subject
from core.roles.access import reaches
from core.roles.actor import Actor
from core.roles.permissions import Reach
from plugins.journal.access import VIEW
from plugins.journal.models import NOT_GIVEN, JournalLesson, JournalPage
from plugins.journal.topics.following import steps_of, uses_of
from plugins.journal.topics.layout import all_hours


class JournalLessonPlans:
    """Capability `lesson_plans`."""

    def of_year(
        self, db: Session, actor: Actor, organization_id: UUID, academic_year_id: UUID
    ) -> Sequence[PlannedPage]:
        """All pages of a year, by class and subject; empty for an actor who may not see all of the school's."""
        organization = db.get_one(Organization, organization_id)
        whole = actor.is_system or (actor.reach(VIEW) or Reach.OWN) >= Reach.ORGANIZATION
        if not whole or not reaches(db, actor, VIEW, organization):
            return []
        pages = db.execute(
            select(
                JournalPage.id,
                JournalPage.subject_id,
                JournalPage.school_class_id,
                JournalPage.pupil_group_id,
                Subject.name.label("subject"),
                SchoolClass.name.label("class_name"),
                PupilGroup.name.label("group_name"),
                PupilGroup.school_class_id.label("class_of_group"),
            )
            .join(Subject, Subject.id == JournalPage.subject_id)
            .outerjoin(PupilGroup, PupilGroup.id == JournalPage.pupil_group_id)
            .outerjoin(SchoolClass, SchoolClass.id == JournalPage.school_class_id)
            .where(
                JournalPage.organization_id == organization_id,
                JournalPage.academic_year_id == academic_year_id,
            )
            .order_by(SchoolClass.name_key, PupilGroup.name_key, Subject.name_key, JournalPage.id)
        ).all()
        uses = {use.page_id: use for use in uses_of(db, [page.id for page in pages])}
        steps = steps_of(db, list(uses.values()))
        given = {
            row.page_id: row.lessons
            for row in db.execute(
                select(JournalLesson.page_id, func.count().label("lessons"))
                .join(JournalPage, JournalPage.id == JournalLesson.page_id)
                .where(
                    JournalPage.organization_id == organization_id,
                    JournalPage.academic_year_id == academic_year_id,
                    JournalLesson.day <= school_today(actor),
                    JournalLesson.status.not_in(NOT_GIVEN),
                )
                .group_by(JournalLesson.page_id)
            )
        }
        return [
            PlannedPage(
                page_id=page.id,
                title=_title(page.class_name or "", page.group_name or ""),
                subject_id=page.subject_id,
                subject=page.subject,
                school_class_id=page.school_class_id or page.class_of_group,
                pupil_group_id=page.pupil_group_id,
                lessons_given=given.get(page.id, 0),
                plan_hours=all_hours(steps[page.id]) if page.id in uses else None,
                url=f"/journal/{page.id}",
                plan_url=f"/journal/{page.id}/plan",
            )
            for page in pages
        ]


def _title(class_name: str, group_name: str) -> str:
    """«7А, группа 1»; a group's name that begins with the class stays as it is."""
    if not class_name or group_name.startswith(class_name):
        return group_name
    return f"{class_name}, {group_name}" if group_name else class_name
