"""The class journal."""

from datetime import date, timedelta

from sqlalchemy import delete, select

from core.database.base import new_id, now
from core.identity.names import sort_key
from core.identity.sessions import today_in
from core.organizations.models import SchoolClass, Subject, TeachingAssignment, Term
from plugins.journal.behaviour.models import JournalBehaviour
from plugins.journal.models import JournalMark
from plugins.journal.terms.models import JournalTermMark
from tests.plugins.journal.attendance_people import with_role
from tests.plugins.journal.conftest import TeachersPage

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


@sends("POST /journal/{page_id:uuid}/columns/new")
def column_added(world: World) -> Sent:
    day = today_in("Europe/Moscow") - timedelta(days=1)
    page = f"{world.journal}/columns/new"
    return Sent(world.teacher, page, page, {"day": day.isoformat(), "title": "Олимпиада"})


@sends("POST /journal/{page_id:uuid}/columns/{lesson_id:uuid}/remove")
def column_removed(world: World) -> Sent:
    day = today_in("Europe/Moscow") - timedelta(days=2)
    body = {"day": day.isoformat(), "title": "Норматив"}
    made = world.teacher.post(f"/api/v1/journal/pages/{world.found.page_id}/columns", json=body)
    assert made.status_code == 201, made.text
    page = f"{world.journal}/columns/{made.json()['id']}/remove"
    return Sent(world.teacher, page, page, {})


@sends("POST /journal/{page_id:uuid}/lessons/{lesson_id:uuid}")
def homework_saved(world: World) -> Sent:
    page = f"{world.journal}/lessons/{world.found.lessons[0]}"
    return Sent(world.teacher, page, page, {"topic": "Дроби", "homework": "§ 4, № 12"})


@sends("POST /journal/{page_id:uuid}/lessons/{lesson_id:uuid}/restore")
def topic_restored(world: World) -> Sent:
    page = f"{world.journal}/lessons/{world.found.lessons[1]}"
    for topic in ("Дроби", "Дробь"):
        world.teacher.post(page, data={"topic": topic})
    return Sent(world.teacher, f"{page}/restore", page, {"record": latest_record(world, page)})


def latest_record(world: World, page: str) -> str:
    """The key of the latest change that the page offers to take back."""
    return world.teacher.get(page).text.partition('name="record" value="')[2].partition('"')[0]


@sends("POST /journal/{page_id:uuid}/cells/{lesson_id:uuid}/{pupil_id:uuid}")
def cell_written(world: World) -> Sent:
    page = f"{world.journal}/cells/{world.found.lessons[1]}/{world.found.pupils[3]}"
    return Sent(world.teacher, page, page, {"value": "5/4/3"})


@sends("POST /journal/{page_id:uuid}/cells/{lesson_id:uuid}/{pupil_id:uuid}/restore")
def cell_restored(world: World) -> Sent:
    page = f"{world.journal}/cells/{world.found.lessons[2]}/{world.found.pupils[3]}"
    was = world.teacher.get(page).text.partition('name="was" value="')[2].partition('"')[0]
    world.teacher.post(page, data={"value": "3/3/5", "was": was})
    return Sent(world.teacher, f"{page}/restore", page, {"record": latest_record(world, page)})


@sends("POST /journal/{page_id:uuid}/cells/{lesson_id:uuid}/{pupil_id:uuid}/remarks")
def praise_written(world: World) -> Sent:
    page = f"{world.journal}/cells/{world.found.lessons[2]}/{world.found.pupils[2]}"
    return Sent(world.teacher, f"{page}/remarks", page, {"kind": "praise", "text": "Молодец"})


@sends("POST /journal/{page_id:uuid}/cells/{lesson_id:uuid}/{pupil_id:uuid}/remarks/{remark_id:uuid}/remove")
def remark_removed(world: World) -> Sent:
    page = f"{world.journal}/cells/{world.found.lessons[1]}/{world.found.pupils[2]}"
    world.teacher.post(f"{page}/remarks", data={"kind": "remark", "text": "Лишнее"})
    action = world.teacher.get(page).text.partition('/remove"')[0].rpartition('action="')[2] + "/remove"
    return Sent(world.teacher, action, page, {"step": "remove"})


def behaviour_empty(world: World) -> str:
    """The behaviour of the class, with nothing put yet and its terms open; the column of the page's term."""
    with world.portal.portal.database.transaction() as db:
        db.execute(
            delete(JournalBehaviour).where(JournalBehaviour.school_class_id == world.found.school_class_id)
        )
        term = db.get_one(Term, world.found.term.id)
        term.closed_at = None
        return str(term.number)


@sends("POST /journal/classes/{class_id:uuid}/behaviour")
def behaviour_put(world: World) -> Sent:
    column, page = behaviour_empty(world), f"/journal/classes/{world.found.school_class_id}/behaviour"
    deputy = with_role(TeachersPage(world.found, world.portal, world.teacher), "deputy_head")
    return Sent(deputy, page, page, {f"mark:{world.found.pupils[0]}:{column}": "обр"})


@sends("POST /journal/classes/{class_id:uuid}/behaviour/fill")
def behaviour_filled(world: World) -> Sent:
    column, page = behaviour_empty(world), f"/journal/classes/{world.found.school_class_id}/behaviour"
    deputy = with_role(TeachersPage(world.found, world.portal, world.teacher), "deputy_head")
    return Sent(deputy, f"{page}/fill", page, {"column": column, "value": "обр"})


def work_by_criteria(world: World, number: int) -> str:
    """The address of the criteria of a lesson that has become a work with two of them."""
    lesson = f"{world.journal}/lessons/{world.found.lessons[number]}"
    assert world.teacher.post(lesson, data={"control_kind": "control"}).status_code == 303
    saved = world.teacher.post(f"{lesson}/criteria", data={"criteria": "Содержание; 5\nРечь; 3"})
    assert saved.status_code == 303, saved.text
    return f"{lesson}/criteria"


def criterion_keys(world: World, page: str) -> list[str]:
    """The keys of the criteria of a work."""
    found = world.teacher.get(f"/api/v1/journal/pages/{page.removeprefix('/journal/')}").json()
    return [each["id"] for each in found["criteria"]]


@sends("POST /journal/{page_id:uuid}/lessons/{lesson_id:uuid}/criteria")
def criteria_saved(world: World) -> Sent:
    page = work_by_criteria(world, 1)
    return Sent(world.teacher, page, page, {"criteria": "Содержание; 5\nРечь; 3\nОформление; 2"})


@sends("POST /journal/{page_id:uuid}/lessons/{lesson_id:uuid}/criteria/copy")
def criteria_copied(world: World) -> Sent:
    work_by_criteria(world, 1)
    page = work_by_criteria(world, 2)
    world.teacher.post(page, data={"criteria": ""})
    return Sent(world.teacher, f"{page}/copy", page, {"source": str(world.found.lessons[1])})


@sends("POST /journal/{page_id:uuid}/lessons/{lesson_id:uuid}/criteria/points")
def points_saved(world: World) -> Sent:
    page = work_by_criteria(world, 1)
    key = criterion_keys(world, page)[0]
    return Sent(world.teacher, f"{page}/points", page, {f"points:{world.found.pupils[0]}:{key}": "4"})


@sends("POST /journal/{page_id:uuid}/lessons/{lesson_id:uuid}/criteria/marks")
def proposed_marks_put(world: World) -> Sent:
    page = work_by_criteria(world, 2)
    pupil = world.found.pupils[4]
    cell = f"{world.journal}/cells/{world.found.lessons[2]}/{pupil}"
    was = world.teacher.get(cell).text.partition('name="was" value="')[2].partition('"')[0]
    world.teacher.post(cell, data={"value": "", "was": was})
    given = {f"points:{pupil}:{key}": "3" for key in criterion_keys(world, page)}
    assert world.teacher.post(f"{page}/points", data=given).status_code == 303
    return Sent(world.teacher, f"{page}/marks", page, {"step": "accept"})


@sends("POST /journal/{page_id:uuid}/cells/{lesson_id:uuid}/{pupil_id:uuid}/points")
def points_saved_in_the_cell(world: World) -> Sent:
    key = criterion_keys(world, work_by_criteria(world, 1))[1]
    page = f"{world.journal}/cells/{world.found.lessons[1]}/{world.found.pupils[5]}"
    return Sent(world.teacher, f"{page}/points", page, {f"points:{key}": "2"})


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


def without_term_marks(world: World, closed: bool = False) -> str:
    """The term of the journal page without term marks, closed or open; the column's name."""
    with world.portal.portal.database.transaction() as db:
        db.execute(delete(JournalTermMark).where(JournalTermMark.page_id == world.found.page_id))
        term = db.get_one(Term, world.found.term.id)
        term.closed_at = now() if closed else None
        return str(term.number)


@sends("POST /journal/{page_id:uuid}/term-marks")
def term_mark_saved(world: World) -> Sent:
    column, pupil = without_term_marks(world), world.found.pupils[0]
    page = f"{world.journal}/term-marks"
    return Sent(world.teacher, page, page, {f"mark:{pupil}:{column}": "осв"})


@sends("POST /journal/{page_id:uuid}/term-marks/{pupil_id:uuid}/{column:str}")
def term_mark_explained(world: World) -> Sent:
    page = f"{world.journal}/term-marks/{world.found.pupils[1]}/{without_term_marks(world)}"
    return Sent(world.teacher, page, page, {"value": "5", "reason": "Пересдал"})


@sends("POST /journal/{page_id:uuid}/term-marks/accept/{column:str}")
def term_marks_accepted(world: World) -> Sent:
    page = f"{world.journal}/term-marks/accept/{without_term_marks(world)}"
    return Sent(world.teacher, page, page)


@sends("POST /journal/terms/{term_id:uuid}/close")
def term_closed(world: World) -> Sent:
    without_term_marks(world)
    page = f"/journal/terms/{world.found.term.id}"
    return Sent(world.head, f"{page}/close", page)


@sends("POST /journal/terms/{term_id:uuid}/remind")
def teachers_reminded(world: World) -> Sent:
    without_term_marks(world)
    page = f"/journal/terms/{world.found.term.id}"
    return Sent(world.head, f"{page}/remind", page)


@sends("POST /journal/terms/{term_id:uuid}/reopen")
def term_reopened(world: World) -> Sent:
    without_term_marks(world, closed=True)
    page = f"/journal/terms/{world.found.term.id}"
    until = today_in("Europe/Moscow").isoformat()
    return Sent(world.head, f"{page}/reopen", page, {"reason": "Болел учитель", "until": until})
