"""The class journal."""

from datetime import date, timedelta

from sqlalchemy import select

from core.database.base import new_id
from core.identity.names import sort_key
from core.identity.sessions import today_in
from core.organizations.models import SchoolClass, Subject, TeachingAssignment
from plugins.journal.models import JournalMark

from .world import Sent, World, sends


@sends("POST /journal/pages")
def page_begun(world: World) -> Sent:
    """The teacher is given a subject that has no journal page in this class yet."""
    with world.portal.portal.database.transaction() as db:
        school_class = db.get_one(SchoolClass, world.found.school_class_id)
        subject = Subject(
            id=new_id(),
            organization_id=world.found.organization_id,
            name="Черчение",
            short_name="Черч.",
            name_key=sort_key("Черчение"),
        )
        db.add(subject)
        db.flush()
        db.add(
            TeachingAssignment(
                id=new_id(),
                organization_id=world.found.organization_id,
                academic_year_id=school_class.academic_year_id,
                teacher_id=world.found.teacher_id,
                subject_id=subject.id,
                school_class_id=school_class.id,
                starts_on=date(2020, 9, 1),
            )
        )
        fields = {"subject_id": str(subject.id), "school_class_id": str(school_class.id)}
    return Sent(world.teacher, "/journal/pages", "/journal", fields)


@sends("POST /journal/{page_id:uuid}/lessons/new")
def lesson_created(world: World) -> Sent:
    day = today_in("Europe/Moscow") - timedelta(days=1)
    page = f"{world.journal}/lessons/new"
    return Sent(world.teacher, page, page, {"day": day.isoformat(), "number": "15"})


@sends("POST /journal/{page_id:uuid}/lessons/{lesson_id:uuid}")
def homework_saved(world: World) -> Sent:
    page = f"{world.journal}/lessons/{world.found.lessons[0]}"
    return Sent(world.teacher, page, page, {"topic": "Дроби", "homework": "§ 4, № 12"})


@sends("POST /journal/{page_id:uuid}/cells/{lesson_id:uuid}/{pupil_id:uuid}/marks/{mark_id:uuid}")
def mark_commented(world: World) -> Sent:
    with world.portal.portal.database.reading(fresh=True) as db:
        mark = db.scalars(
            select(JournalMark)
            .where(JournalMark.page_id == world.found.page_id, JournalMark.lesson_id.in_(world.found.lessons))
            .order_by(JournalMark.id)
            .limit(1)
        ).one()
    page = f"{world.journal}/cells/{mark.lesson_id}/{mark.pupil_id}"
    return Sent(world.teacher, f"{page}/marks/{mark.id}", page, {"comment": "Молодец"})
