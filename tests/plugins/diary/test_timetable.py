"""The timetable: its page and API, the lessons made from the pattern, and the check for clashes."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

from sqlalchemy import delete, func, select, update

from core.capabilities import ask
from core.errors import Forbidden, NotFound
from core.identity.sessions import visit_by_cookie
from core.roles.actor import Actor, system_actor
from core.testing.portal import PortalUnderTest, Visitor
from core.web import cookies
from plugins.diary import checks
from plugins.diary.models import DiaryLesson
from plugins.diary.timetable import generate
from plugins.diary.timetable_generator import Course, construct
from tests.school_day import school_day

from .school import MONDAY, START, Pair

WEEK = f"week={MONDAY.isoformat()}"


def actor_of(portal: PortalUnderTest, visitor: Visitor) -> Actor:
    with portal.portal.database.reading() as db:
        actor = visit_by_cookie(db, visitor.cookies[cookies.SESSION]).actor
    assert actor is not None
    return actor


def test_a_pupil_opens_the_timetable_of_the_own_class(portal: PortalUnderTest, pair: Pair) -> None:
    anna = portal.sign_in("pupil", person_id=pair.own.people["anna"])
    page = anna.get(f"/timetable?{WEEK}")
    assert "Расписание: 7А" in page.text
    assert "Громова О. П." in page.text and "группа 1" in page.text and "группа 2" in page.text


def test_a_teacher_opens_the_own_timetable_and_may_choose_any_class(
    portal: PortalUnderTest, pair: Pair
) -> None:
    teacher = portal.sign_in("teacher", person_id=pair.own.people["teacher"])
    own = teacher.get(f"/timetable?{WEEK}")
    assert "Расписание: Громова О. П." in own.text and "7Б" in own.text and "Физика" not in own.text
    chosen = teacher.get(f"/timetable?{WEEK}&school_class={pair.own.classes['7А'].id}")
    assert "Физика" in chosen.text


def test_the_timetable_of_another_school_is_not_there(portal: PortalUnderTest, pair: Pair) -> None:
    teacher = portal.sign_in("teacher", person_id=pair.own.people["teacher"])
    other = pair.other
    for url in (
        f"/timetable?school_class={other.classes['7А'].id}",
        f"/timetable?teacher={other.people['teacher']}",
        f"/timetable?teacher={uuid4()}",
        f"/api/v1/timetable/classes/{other.classes['7А'].id}",
        f"/api/v1/timetable/teachers/{other.people['teacher']}",
    ):
        assert teacher.get(url).status_code == 404, url


def test_the_api_gives_the_week_of_a_class(portal: PortalUnderTest, pair: Pair) -> None:
    teacher = portal.sign_in("teacher", person_id=pair.own.people["teacher"])
    week = teacher.get(f"/api/v1/timetable/classes/{pair.own.classes['7А'].id}?{WEEK}").json()
    assert week["title"] == "7А" and week["monday"] == MONDAY.isoformat()
    first = week["lessons"][0]
    assert (first["subject"], first["number"], first["starts_at"][:5], first["room"]) == (
        "Алгебра",
        1,
        "08:30",
        "12",
    )
    assert len(week["lessons"]) == 5


def test_lessons_are_made_on_school_days_only_and_only_once(portal: PortalUnderTest, pair: Pair) -> None:
    own = pair.own
    with portal.portal.database.transaction() as db:
        count = (
            select(func.count())
            .select_from(DiaryLesson)
            .where(DiaryLesson.organization_id == own.organization.id)
        )
        before = db.scalar(count)
        assert before and before > 150
        assert generate(db, system_actor(), own.organization.id, own.year.id, START, own.year.ends_on) == 0
        assert db.scalar(count) == before
        days = set(db.scalars(select(DiaryLesson.day)))
    assert not {day for day in days if day.isoweekday() not in (1, 2, 3)}
    assert not {day for day in days if date(START.year, 10, 26) <= day <= date(START.year, 11, 4)}
    assert date(START.year + 1, 2, 23) not in days


def test_a_lost_lesson_is_made_again(portal: PortalUnderTest, pair: Pair) -> None:
    own, day = pair.own, MONDAY + timedelta(days=14)
    with portal.portal.database.transaction() as db:
        db.execute(
            delete(DiaryLesson).where(
                DiaryLesson.organization_id == own.organization.id, DiaryLesson.day == day
            )
        )
        assert generate(db, system_actor(), own.organization.id, own.year.id, day, day) == 4


def test_only_who_may_compose_the_timetable_makes_lessons(portal: PortalUnderTest, pair: Pair) -> None:
    own = pair.own
    teacher = actor_of(portal, portal.sign_in("teacher", person_id=own.people["teacher"]))
    deputy = actor_of(portal, portal.sign_in("deputy_head", person_id=own.people["deputy_head"]))
    with portal.portal.database.transaction() as db:
        for actor, school, expected in (
            (teacher, own, Forbidden),
            (deputy, pair.other, NotFound),
        ):
            try:
                generate(db, actor, school.organization.id, school.year.id, START, START)
            except expected:
                continue
            raise AssertionError(expected)
        generate(db, deputy, own.organization.id, own.year.id, START, START)


def test_the_capability_gives_a_teachers_lessons_and_refuses_a_strangers_child(
    portal: PortalUnderTest, pair: Pair
) -> None:
    people = pair.own.people
    teacher = actor_of(portal, portal.sign_in("teacher", person_id=people["teacher"]))
    neighbour = actor_of(portal, portal.sign_in("guardian", person_id=people["neighbour"]))
    with portal.portal.database.reading() as db:
        lessons = ask(db, teacher, "lessons")
        assert lessons is not None
        found = lessons.of_teacher(db, teacher, people["teacher"], MONDAY, MONDAY + timedelta(days=5))
        assert [each.day for each in found] == sorted(each.day for each in found) and len(found) == 4
        assert len(lessons.of_pupil(db, neighbour, people["boris"], MONDAY, MONDAY + timedelta(days=5))) == 1
        try:
            lessons.of_pupil(db, neighbour, people["anna"], MONDAY, MONDAY)
        except NotFound:
            return
    raise AssertionError("the neighbour's child was shown")


def test_the_check_finds_a_teacher_in_two_places(portal: PortalUnderTest, pair: Pair) -> None:
    tomorrow = school_day() + timedelta(days=1)
    people = pair.own.people
    with portal.portal.database.transaction() as db:
        db.execute(delete(DiaryLesson).where(DiaryLesson.organization_id == pair.other.organization.id))
        assert list(checks.clashes(db)) == []
        moved = db.scalars(
            select(DiaryLesson.id)
            .where(
                DiaryLesson.teacher_id == people["teacher"],
                DiaryLesson.number == 1,
                DiaryLesson.status == "planned",
            )
            .order_by(DiaryLesson.day.desc())
            .limit(2)
        ).all()
        db.execute(update(DiaryLesson).where(DiaryLesson.id.in_(moved)).values(day=tomorrow))
        found = [finding.message for finding in checks.clashes(db)]
    assert any("Громова О. П." in message for message in found)


def test_a_constructed_week_has_no_clash_and_no_window() -> None:
    courses = [
        Course(
            key=f"{group}{course}",
            classes=frozenset([group]),
            teachers=frozenset([f"t{(course + 3 * number) % 11}", *([f"s{course}"] if course == 3 else [])]),
            subject=course,
            hours=3,
        )
        for number, group in enumerate(("5А", "5Б", "6А", "6Б", "7А"))
        for course in range(9)
    ]
    classes = {group: 5 for course in courses for group in course.classes}
    made = construct(courses, classes, dict.fromkeys(classes, 6))
    assert not made.unplaced
    assert construct(courses, classes, dict.fromkeys(classes, 6)) == made
    taken: set[tuple[object, tuple[int, int]]] = set()
    numbers: dict[tuple[object, int], list[int]] = {}
    for course in courses:
        slots = made.slots[course.key]
        assert len({day for day, _number in slots}) == course.hours
        for slot in slots:
            for each in (*course.classes, *course.teachers):
                assert (each, slot) not in taken
                taken.add((each, slot))
            for each in course.classes:
                numbers.setdefault((each, slot[0]), []).append(slot[1])
    assert all(sorted(found) == list(range(1, len(found) + 1)) for found in numbers.values())
    assert all(len(found) <= 6 for found in numbers.values())
