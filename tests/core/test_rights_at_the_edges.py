"""Ways around the rights that somebody may try: tokens, ended roles, a former school, markup in names."""

from __future__ import annotations

import stat
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select, update

from core.config import Config, prepare_home
from core.database.base import new_id
from core.identity import sessions, tokens
from core.identity.models import Account, Guardianship, Person
from core.identity.names import sort_key
from core.organizations.models import Enrollment, Organization, PupilGroupMembership, SchoolClass
from core.roles.models import StructuralRole
from core.testing import PortalUnderTest
from core.testing.portal import Visitor
from core.web import cookies
from plugins.diary.models import DiaryLesson
from plugins.journal.models import JournalLesson, JournalMark

TODAY = datetime.now(UTC).date()
MARKUP = '"><img src=x onerror=alert(1)>'


def token_of(portal: PortalUnderTest, visitor: Visitor, scopes: Sequence[str]) -> Visitor:
    """A program with a token of the visitor's acting role."""
    with portal.portal.database.transaction() as db:
        account_id = db.scalars(select(Account.id).where(Account.person_id == visitor.person_id)).one()
        _token, text = tokens.create(db, sessions.actor_of(db, account_id), "Проба", scopes)
    program = portal.visitor()
    program.token = text
    return program


def two_schools(portal: PortalUnderTest) -> tuple[Organization, Organization]:
    """Both demo schools."""
    with portal.portal.database.reading(fresh=True) as db:
        found = db.scalars(
            select(Organization).where(Organization.kind == "school").order_by(Organization.id)
        )
        first, second = found.all()
        db.expunge_all()
        return first, second


def test_a_narrow_token_cannot_make_a_wide_one(portal: PortalUnderTest) -> None:
    program = token_of(portal, portal.sign_in("head"), ["organization.read"])
    form = {"name": "Шире", "days": "30", "scopes": "plugins.manage"}
    assert program.post("/account/tokens", data=form, csrf=False).status_code == 401
    assert program.post("/account/tokens", data=form).status_code == 401
    assert (
        program.post("/api/v1/tokens", json={"name": "Шире", "scopes": ["plugins.manage"]}).status_code == 403
    )


@pytest.mark.parametrize("path", ["/account", "/requests", "/plugins", "/search?q=ива", "/journal"])
def test_a_token_opens_no_pages(portal: PortalUnderTest, path: str) -> None:
    program = token_of(portal, portal.sign_in("head"), ["organization.read", "plugins.manage"])
    assert program.get("/api/v1/organizations").status_code == 200
    answer = program.get(path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in")


def test_a_token_ends_with_its_role_though_the_person_has_another(portal: PortalUnderTest) -> None:
    teacher = portal.sign_in("teacher")
    program = token_of(portal, teacher, ["organization.read", "import", "plugins.manage"])
    assert program.get("/api/v1/organizations").status_code == 200
    with portal.portal.database.transaction() as db:
        held = db.scalars(select(StructuralRole).where(StructuralRole.person_id == teacher.person_id)).all()
        for role in held:
            role.status = "terminated"
        db.add(
            StructuralRole(
                id=new_id(),
                person_id=held[0].person_id,
                kind="head",
                organization_id=held[0].organization_id,
                starts_on=date(2020, 9, 1),
            )
        )
    assert teacher.get("/plugins").status_code == 200
    assert program.get("/api/v1/organizations").status_code == 403
    assert program.get("/api/v1/plugins").status_code == 403


def test_open_live_updates_ask_for_the_rights_of_now(portal: PortalUnderTest) -> None:
    teacher = portal.sign_in("teacher", nth=1)
    hashed = sessions.digest(teacher.cookies[cookies.SESSION])
    database = portal.portal.database
    with database.reading(fresh=True) as db:
        actor = sessions.actor_of_session(db, hashed)
        assert actor is not None and actor.can("journal.page.view")
    with database.transaction() as db:
        person = StructuralRole.person_id == teacher.person_id
        db.execute(update(StructuralRole).where(person).values(status="suspended"))
    with database.reading(fresh=True) as db:
        actor = sessions.actor_of_session(db, hashed)
        assert actor is not None and not actor.can("journal.page.view")
    with database.transaction() as db:
        account = Account.person_id == teacher.person_id
        db.execute(update(Account).where(account).values(status="blocked"))
    with database.reading(fresh=True) as db:
        assert sessions.actor_of_session(db, hashed) is None
    assert teacher.get("/live?topic=person:1").status_code in (401, 303)
    listening = teacher.get("/live?topic=person:1", headers={"accept": "text/event-stream"})
    assert listening.status_code == 401


def week_of(visitor: Visitor, pupil_id: UUID, day: date) -> tuple[list[Any], list[Any]]:
    """Lessons of the timetable and marks of a pupil's week, as the API gives them."""
    answer = visitor.get(f"/api/v1/diary/pupils/{pupil_id}/week?week={day}")
    assert answer.status_code == 200
    lines = [line for each in answer.json()["days"] for line in each["lessons"]]
    return [line for line in lines if line["id"]], [mark for line in lines for mark in line["marks"]]


def move(portal: PortalUnderTest, there: Organization, day: date) -> tuple[UUID, UUID]:
    """A pupil of the first school goes to a class of the other from `day` on; the pupil and a guardian."""
    with portal.portal.database.transaction() as db:
        mark = db.scalars(
            select(JournalMark)
            .where(JournalMark.organization_id != there.id, JournalMark.day < day - timedelta(days=7))
            .where(JournalMark.pupil_id.in_(select(Enrollment.person_id).where(Enrollment.ends_on.is_(None))))
            .order_by(JournalMark.day.desc())
            .limit(1)
        ).one()
        school_class = db.scalars(
            select(SchoolClass).where(SchoolClass.organization_id == there.id).order_by(SchoolClass.name_key)
        ).first()
        assert school_class is not None
        enrolled = Enrollment.person_id == mark.pupil_id
        db.execute(update(Enrollment).where(enrolled).values(ends_on=day - timedelta(days=1)))
        in_group = PupilGroupMembership.person_id == mark.pupil_id
        db.execute(update(PupilGroupMembership).where(in_group).values(ends_on=day - timedelta(days=1)))
        db.add(
            Enrollment(
                id=new_id(),
                organization_id=there.id,
                academic_year_id=school_class.academic_year_id,
                school_class_id=school_class.id,
                person_id=mark.pupil_id,
                starts_on=day,
            )
        )
        guardian = Person(id=new_id(), last_name="Переездова", first_name="Ия", source="test")
        db.add(guardian)
        db.flush()
        db.add(
            Guardianship(
                id=new_id(), guardian_id=guardian.id, child_id=mark.pupil_id, starts_on=date(2020, 9, 1)
            )
        )
        db.add(
            StructuralRole(
                id=new_id(),
                person_id=guardian.id,
                kind="guardian",
                organization_id=there.id,
                starts_on=date(2020, 9, 1),
            )
        )
        return mark.pupil_id, guardian.id


def test_a_school_sees_neither_what_came_after_nor_what_was_before(portal: PortalUnderTest) -> None:
    here, there = two_schools(portal)
    with portal.portal.database.reading(fresh=True) as db:
        last = db.scalar(select(func.max(DiaryLesson.day)).where(DiaryLesson.organization_id == there.id))
        marked = db.scalar(select(func.max(JournalMark.day)).where(JournalMark.organization_id == here.id))
        assert last and marked
    day = min(last, marked) - timedelta(days=7)
    pupil_id, guardian_id = move(portal, there, day)
    with portal.portal.database.reading(fresh=True) as db:
        old = db.scalars(
            select(JournalMark.day)
            .where(JournalMark.pupil_id == pupil_id, JournalMark.day < day - timedelta(days=7))
            .order_by(JournalMark.day.desc())
        ).first()
        assert old
    former = portal.sign_in("head", organization=here.short_name)
    present = portal.sign_in("head", organization=there.short_name)
    family = portal.sign_in_person(guardian_id)
    after = day + timedelta(days=7)
    assert week_of(family, pupil_id, after)[0]
    assert week_of(present, pupil_id, after)[0]
    assert week_of(former, pupil_id, after)[0] == []
    assert week_of(former, pupil_id, old)[1]
    assert week_of(present, pupil_id, old) == ([], [])


def test_refusals_carry_the_headers_that_protect(portal: PortalUnderTest) -> None:
    teacher, stranger = portal.sign_in("teacher"), portal.visitor()
    answers = [
        teacher.post("/account/data", csrf=False),
        stranger.post("/view", csrf=False, headers={"origin": "https://evil.example"}),
        stranger.get("/people/no-id"),
        stranger.get("/api/v1/journal/pages/no-id"),
        stranger.get("/static/no-such-file.js"),
        stranger.request("PATCH", "/sign-in"),
        stranger.get("/healthz"),
    ]
    for answer in answers:
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "SAMEORIGIN"


@pytest.mark.parametrize(
    ("role", "url"),
    [
        ("regional_coordinator", "/search?q=²²"),
        ("regional_coordinator", "/search?q=1²"),
        ("regional_coordinator", "/search/suggest?q=²²"),
        ("head", "/audit?first=0001-01-01"),
        ("head", "/audit?last=0001-01-01"),
        ("head", "/audit?first=9999-12-31&last=9999-12-31"),
        ("head", "/journal/absent?day=0001-01-01"),
        ("head", "/journal/absent?day=9999-12-31"),
        ("pupil", "/diary?week=9999-12-31"),
        ("pupil", "/diary?day=0001-01-01"),
        ("head", "/timetable?week=0001-01-01"),
        ("head", "/requests?before=%00"),
        ("head", "/plugins/%00"),
        ("head", "/search?q=%00%25_%5C"),
    ],
)
def test_odd_addresses_are_no_faults_of_the_portal(portal: PortalUnderTest, role: str, url: str) -> None:
    assert portal.sign_in(role).get(url).status_code < 500


def test_json_nested_without_end_is_refused(portal: PortalUnderTest) -> None:
    head, headers = portal.sign_in("head"), {"content-type": "application/json"}
    for text in ('{"name":' * 100_000, "[" * 100_000):
        assert head.post("/api/v1/tokens", content=text, headers=headers).status_code in (400, 422)


@pytest.mark.parametrize(
    "target", ["//evil.example", "/\\evil.example", "https://evil.example", "/\t/evil.example"]
)
def test_nobody_is_led_to_another_site(portal: PortalUnderTest, target: str) -> None:
    teacher = portal.sign_in("teacher")
    for answer in (
        teacher.post("/locale", data={"locale": "ru", "next": target}),
        teacher.post("/view", data={"next": target}),
        teacher.get("/sign-in", params={"next": target}),
        teacher.get("/auth/esia/login", params={"next": target}),
    ):
        assert answer.headers["location"] == "/"


def test_markup_in_what_people_write_stays_text(portal: PortalUnderTest) -> None:
    school, _other = two_schools(portal)
    with portal.portal.database.transaction() as db:
        mark = db.scalars(select(JournalMark).where(JournalMark.organization_id == school.id).limit(1)).one()
        mark.comment = MARKUP
        lesson = db.get_one(JournalLesson, mark.lesson_id)
        lesson.topic, lesson.homework = MARKUP, MARKUP
        pupil = db.get_one(Person, mark.pupil_id)
        pupil.last_name = f"Ящеркин{MARKUP}"
        pupil.name_key = sort_key(pupil.full_name)
        page_id, lesson_id, pupil_id, day = mark.page_id, mark.lesson_id, mark.pupil_id, mark.day
        class_id = db.scalars(
            select(Enrollment.school_class_id).where(Enrollment.person_id == pupil_id)
        ).first()
        db.get_one(SchoolClass, class_id).name = f"7{MARKUP}"
        db.get_one(Organization, school.id).short_name = f"Школа{MARKUP}"
    head = portal.sign_in("deputy_head", organization=f"Школа{MARKUP}")
    head.post("/account/tokens", data={"name": MARKUP, "days": "30", "scopes": "organization.read"})
    for path in (
        "/",
        "/account",
        "/organization",
        f"/people/{pupil_id}",
        f"/classes/{class_id}",
        "/search?q=ящеркин",
        "/search/suggest?q=ящеркин",
        "/journal",
        f"/journal/{page_id}",
        f"/journal/switch?page={page_id}",
        f"/journal/{page_id}/lessons/{lesson_id}",
        f"/journal/{page_id}/cells/{lesson_id}/{pupil_id}",
        f"/journal/absent?day={day}",
        f"/diary/{pupil_id}?week={day}",
        f"/diary?school_class={class_id}",
        f"/timetable?school_class={class_id}",
    ):
        answer = head.get(path)
        assert answer.status_code == 200, path
        assert "<img src=x" not in answer.text, path


def test_an_unknown_file_or_task_answers_like_somebody_elses(portal: PortalUnderTest) -> None:
    teacher = portal.sign_in("teacher")
    for path in ("/files/", "/api/v1/tasks/", "/requests/"):
        assert teacher.get(f"{path}{uuid4()}").status_code == 404


def test_nobody_else_on_the_machine_looks_into_the_data_folder(tmp_path: Path) -> None:
    home = tmp_path / "new" / "home"
    prepare_home(Config(home=str(home)))
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
