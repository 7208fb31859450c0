"""Readiness: a school set up from nothing, an authority's own steps, and the list of schools."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from core.database.base import new_id
from core.demo.unfinished import add_unfinished_school
from core.identity.models import Guardianship, Person
from core.identity.sessions import today_in
from core.organizations.models import (
    AcademicYear,
    Enrollment,
    Organization,
    PluginSwitch,
    SchoolClass,
    Subject,
    TeachingAssignment,
)
from core.organizations.switches import raise_version
from core.portal import Portal
from core.roles.models import StructuralRole
from core.testing import PortalUnderTest, Visitor
from core.testing.portal import running

TODAY = today_in("Europe/Moscow")
SCHOOL = "Школа на реке"
CARD = {
    "name": "Средняя школа на реке",
    "short_name": SCHOOL,
    "inn": "6651002785",
    "ogrn": "1026602267780",
    "oktmo": "07558000101",
    "address": "село Речное, улица Мира, 1",
    "phone": "8 (865) 531-23-45",
    "email": "river@school.example",
}


@pytest.fixture
def portal(make_portal: Callable[..., Portal]) -> Any:
    """A portal of its own: what is set up counts."""
    with running(make_portal()) as under_test:
        yield under_test


def organization(portal: PortalUnderTest, **fields: Any) -> Organization:
    """One organization with these values."""
    with portal.portal.database.reading(fresh=True) as db:
        found = db.scalars(select(Organization).filter_by(**fields).order_by(Organization.id).limit(1)).one()
        db.expunge_all()
        return found


def new_school(portal: PortalUnderTest, **changes: str) -> UUID:
    """A school just made by the municipality's coordinator."""
    place = organization(portal, kind="municipality")
    form = {"parent": str(place.id), "kind": "school", "name": CARD["name"], "short_name": SCHOOL, **changes}
    answer = portal.sign_in("municipal_coordinator").post("/organizations/new", data=form)
    assert answer.status_code == 303, answer.text
    return organization(portal, short_name=form["short_name"]).id


def appointed(portal: PortalUnderTest, school: UUID, kind: str = "head", name: str = "Речная") -> Visitor:
    """Somebody who was given a role in the school by the coordinator above."""
    form = {
        "organization": str(school),
        "last_name": name,
        "first_name": "Анна",
        "kind": kind,
        "starts_on": TODAY.isoformat(),
        "basis": "Приказ № 1",
        "namesake": "yes",
    }
    answer = portal.sign_in("municipal_coordinator").post("/accounts", data=form)
    assert answer.status_code == 303, answer.text
    with portal.portal.database.reading(fresh=True) as db:
        held = select(StructuralRole.person_id).where(
            StructuralRole.organization_id == school, StructuralRole.kind == kind
        )
        person_id = db.scalars(held).one()
    return portal.sign_in(kind, person_id=person_id)


def steps(visitor: Visitor, identity: UUID) -> dict[str, dict[str, Any]]:
    """The steps of an organization by name, as programs read them."""
    answer = visitor.get(f"/api/v1/organizations/{identity}/readiness")
    assert answer.status_code == 200, answer.text
    return {each["name"]: each for each in answer.json()["steps"]}


def done(visitor: Visitor, identity: UUID) -> set[str]:
    """Names of the steps that are done."""
    return {name for name, each in steps(visitor, identity).items() if each["done"]}


def test_a_school_is_set_up_from_nothing_step_by_step(portal: PortalUnderTest) -> None:
    school = new_school(portal)
    head = appointed(portal, school)
    page = head.get("/setup").text
    assert "Сделано 2 из 10." in page
    assert done(head, school) == {"core.subjects", "core.sections"}
    assert "Не указаны: ИНН, ОГРН, ОКТМО, фактический адрес, телефон, почта." in page
    assert "Реквизиты вносит вышестоящая организация" in page
    assert "Учебного года, который идёт или впереди, нет." in page
    assert "Учителей ещё нет." in page
    coordinator = portal.sign_in("municipal_coordinator")
    assert coordinator.post(f"/organizations/{school}/edit", data=CARD).status_code == 303
    assert "core.card" in done(head, school)
    year = {"first": TODAY.isoformat(), "last": (TODAY + timedelta(days=240)).isoformat()}
    assert head.post("/school-year", data=year).status_code == 303
    assert "core.year" in done(head, school)
    with portal.portal.database.reading(fresh=True) as db:
        year_id = db.scalars(select(AcademicYear.id).where(AcademicYear.organization_id == school)).one()
    form = {"kind": "class", "name": "5А", "term_kind": "quarter", "days_per_week": "5", "shift": "1"}
    assert head.post("/groupings/new", data={**form, "year": str(year_id)}).status_code == 303
    assert "core.classes" in done(head, school)
    assert steps(head, school)["core.pupils"]["lacks"] == "Классы без учеников: 5А."
    assert steps(head, school)["core.class_teachers"]["lacks"] == "Без классного руководителя: 5А."
    pupil = enrolled(portal, school, year_id)
    assert "core.pupils" in done(head, school)
    assert steps(head, school)["core.guardians"]["lacks"] == "Без представителя 1 ученик."
    teacher = appointed(portal, school, "teacher", "Учителева")
    assert "core.staff" in done(head, school)
    lead(portal, school, teacher)
    assert "core.class_teachers" in done(head, school)
    tied(portal, school, pupil)
    assert "core.guardians" in done(head, school)
    assert steps(head, school)["diary.timetable"]["done"] is False
    assert "Готовность" in head.get("/").text
    confirmed = head.post(f"/organizations/{school}/setup", data={"step": "diary.timetable", "fine": "yes"})
    assert confirmed.status_code == 303
    page = head.get("/setup").text
    assert "Всё готово: можно работать." in page
    assert "Продолжить настройку" not in head.get("/").text
    assert head.get(f"/api/v1/organizations/{school}/readiness").json()["ready"] is True
    line = row_of(coordinator, SCHOOL)
    assert (line["Сделано"], line["На каком шаге"]) == ("10 из 10", "готова к работе")


def enrolled(portal: PortalUnderTest, school: UUID, year_id: UUID) -> UUID:
    """A pupil in the school's only class."""
    person_id = portal.new_person("Ручьёв", "Пётр")
    with portal.portal.database.transaction() as db:
        class_id = db.scalars(select(SchoolClass.id).where(SchoolClass.organization_id == school)).one()
        db.add(
            Enrollment(
                id=new_id(),
                organization_id=school,
                academic_year_id=year_id,
                school_class_id=class_id,
                person_id=person_id,
                starts_on=TODAY,
            )
        )
    return person_id


def lead(portal: PortalUnderTest, school: UUID, teacher: Visitor) -> None:
    """The teacher leads the school's only class."""
    assert teacher.person_id is not None
    with portal.portal.database.transaction() as db:
        class_id = db.scalars(select(SchoolClass.id).where(SchoolClass.organization_id == school)).one()
        db.add(
            StructuralRole(
                id=new_id(),
                person_id=teacher.person_id,
                kind="class_teacher",
                organization_id=school,
                school_class_id=class_id,
                starts_on=TODAY,
            )
        )


def tied(portal: PortalUnderTest, school: UUID, pupil: UUID) -> None:
    """A guardian of the pupil."""
    guardian = portal.new_person("Ручьёва", "Ольга")
    with portal.portal.database.transaction() as db:
        db.add(Guardianship(id=new_id(), guardian_id=guardian, child_id=pupil, starts_on=TODAY))
        db.add(
            StructuralRole(
                id=new_id(), person_id=guardian, kind="guardian", organization_id=school, starts_on=TODAY
            )
        )


def rows(visitor: Visitor, query: str = "") -> list[dict[str, str]]:
    """The list of schools as it is taken out."""
    text = visitor.get(f"/setup/schools/export/csv{query}").text.removeprefix("\ufeff")
    return list(csv.DictReader(io.StringIO(text), delimiter=";"))


def row_of(visitor: Visitor, school: str) -> dict[str, str]:
    """The line of one school."""
    return next(each for each in rows(visitor) if each["Школа"].startswith(school))


def test_the_list_and_the_page_of_a_school_say_the_same(portal: PortalUnderTest) -> None:
    untouched = new_school(portal)
    coordinator = portal.sign_in("regional_coordinator")
    demo = organization(portal, short_name="МБОУ «СОШ № 13»")
    for name, identity in ((SCHOOL, untouched), (demo.short_name, demo.id)):
        told = coordinator.get(f"/api/v1/organizations/{identity}/readiness").json()
        line = row_of(coordinator, name)
        assert line["Сделано"] == f"{told['done']} из {len(told['steps'])}"
        waiting = next((each["title"] for each in told["steps"] if not each["done"]), "готова к работе")
        assert line["На каком шаге"] == waiting
    assert coordinator.get(f"/api/v1/organizations/{demo.id}/readiness").json()["ready"] is True
    assert [each["Школа"] for each in rows(coordinator, "?state=unfinished")] == [SCHOOL]
    assert [each["Школа"] for each in rows(coordinator, "?step=core.card")] == [SCHOOL]
    assert SCHOOL not in [each["Школа"] for each in rows(coordinator, "?state=ready")]
    assert rows(coordinator, "?state=untouched") == []
    assert rows(coordinator, "?sort=progress")[0]["Школа"] == SCHOOL
    assert rows(coordinator, "?sort=-step")[-1]["Школа"] == SCHOOL
    assert [each["Школа"] for each in rows(coordinator, "?q=реке")] == [SCHOOL]


def test_the_list_stays_within_reach(portal: PortalUnderTest) -> None:
    new_school(portal)
    other = [each["Школа"] for each in rows(portal.sign_in("head"))]
    assert len(other) == 1
    assert portal.sign_in("teacher").get("/setup/schools").status_code == 403
    assert portal.sign_in("guardian").get("/setup").status_code == 403
    assert portal.sign_in("federal_operator").get("/setup").headers["location"] == "/setup/schools"
    assert len(rows(portal.sign_in("federal_operator"))) == 3


def test_the_number_of_statements_does_not_grow_with_the_schools(portal: PortalUnderTest) -> None:
    coordinator = portal.sign_in("regional_coordinator")
    coordinator.get("/setup/schools")
    with portal.counting_statements() as before:
        coordinator.get("/setup/schools?sort=progress")
    for number in range(8):
        new_school(portal, short_name=f"Школа № {number}", name=f"Новая школа № {number}")
    coordinator.get("/setup/schools")
    with portal.counting_statements() as after:
        coordinator.get("/setup/schools?sort=progress")
    assert len(after) == len(before)


def test_a_region_sees_its_own_steps_and_how_many_schools_are_ready(portal: PortalUnderTest) -> None:
    region = organization(portal, kind="region")
    coordinator = portal.sign_in("regional_coordinator")
    page = coordinator.get("/setup").text
    found = steps(coordinator, region.id)
    assert "Не указаны" in found["core.region_card"]["lacks"]
    assert found["core.schools_ready"]["done"] is True
    assert found["auth_esia.connected"]["done"] is True
    assert "Действует обычное оформление." in page
    new_school(portal)
    told = coordinator.get(f"/api/v1/organizations/{region.id}/readiness").json()
    assert (told["schools"], told["schools_ready"]) == (3, 2)
    assert steps(coordinator, region.id)["core.schools_ready"]["lacks"] == "Готовы 2 из 3 школ."
    assert steps(coordinator, region.id)["core.heads"]["lacks"] == "Без руководителя 1 школа."
    support = {"support_contact": "8 800 100-10-10", "phone": "88652371234", "email": "mo@region.example"}
    assert coordinator.post(f"/organizations/{region.id}/edit", data=support).status_code == 303
    assert "core.support" in done(coordinator, region.id)
    assert (
        coordinator.post(f"/organizations/{region.id}/theme", data={"theme": "stavropol"}).status_code == 303
    )
    assert "core.theme" in done(coordinator, region.id)
    text = {"text": "Согласие на обработку персональных данных. " * 3}
    assert coordinator.post("/consent-texts/core.processing", data=text).status_code == 303
    assert "core.consent_texts" in done(coordinator, region.id)
    with portal.portal.database.transaction() as db:
        municipality = db.scalars(select(Organization).where(Organization.kind == "municipality")).one()
        db.execute(
            update(StructuralRole)
            .where(StructuralRole.organization_id == municipality.id)
            .values(status="suspended")
        )
    assert steps(coordinator, region.id)["core.coordinators"]["lacks"] == "Без координатора 1 муниципалитет."


def test_a_municipality_has_fewer_steps(portal: PortalUnderTest) -> None:
    place = organization(portal, kind="municipality")
    coordinator = portal.sign_in("municipal_coordinator")
    assert [*steps(coordinator, place.id)] == [
        "core.municipality_card",
        "core.schools",
        "core.heads",
        "core.schools_ready",
    ]
    assert "Готовность школ" in coordinator.get("/setup").text


def test_a_step_is_confirmed_only_where_the_data_cannot_tell(portal: PortalUnderTest) -> None:
    region = organization(portal, kind="region")
    coordinator = portal.sign_in("regional_coordinator")
    page = f"/organizations/{region.id}/setup"
    assert coordinator.post(page, data={"step": "core.region_card", "fine": "yes"}).status_code == 409
    assert coordinator.post(page, data={"step": "core.year", "fine": "yes"}).status_code == 404
    assert coordinator.post(page, data={"step": "нет", "fine": "yes"}).status_code == 404
    for _twice in range(2):
        assert coordinator.post(page, data={"step": "core.theme", "fine": "yes"}).status_code == 303
    shown = coordinator.get(f"{page}?done=confirmed").text
    assert "так и нужно" in shown
    assert "Шаг отмечен как сделанный." in shown
    assert "Шаг настройки отмечен" in coordinator.get("/audit").text
    assert coordinator.post(page, data={"step": "core.theme"}).status_code == 303
    assert "core.theme" not in done(coordinator, region.id)
    school = organization(portal, kind="school")
    teacher = portal.sign_in("teacher")
    assert (
        teacher.post(f"/organizations/{school.id}/setup", data={"step": "core.guardians"}).status_code == 403
    )
    deputy = portal.sign_in("deputy_head")
    assert "Оставить как есть" not in deputy.get("/setup").text
    head = portal.sign_in("head", nth=1)
    refused = head.post(f"/organizations/{school.id}/setup", data={"step": "core.guardians", "fine": "yes"})
    assert refused.status_code == 404


def test_a_step_opens_its_page_and_the_way_back_stays(portal: PortalUnderTest) -> None:
    school = new_school(portal)
    head = appointed(portal, school)
    assert "Вернуться к настройке" not in head.get("/school-year").text
    opened = head.get(f"/setup/step?organization={school}&step=core.year")
    assert (opened.status_code, opened.headers["location"]) == (303, "/school-year")
    back = f'href="/organizations/{school}/setup"'
    assert back in head.get("/school-year").text
    year = {"first": TODAY.isoformat(), "last": (TODAY + timedelta(days=240)).isoformat()}
    made = head.post("/school-year", data=year).headers["location"]
    assert "Вернуться к настройке" in head.get(made).text
    arrived = head.get(f"/organizations/{school}/setup")
    assert "Вернуться к настройке" not in arrived.text
    assert re.search(r"moyashkola_setup=[^;]*; .*Max-Age=0", arrived.headers["set-cookie"])
    other = portal.sign_in("head")
    other.cookies["moyashkola_setup"] = head.cookies["moyashkola_setup"]
    assert "Вернуться к настройке" not in other.get("/school-year").text
    for wrong in ("step=core.year", f"organization={school}&step=нет", "organization=1&step=core.year"):
        assert head.get(f"/setup/step?{wrong}").status_code == 404
    stranger = portal.sign_in("head")
    assert stranger.get(f"/setup/step?organization={school}&step=core.year").status_code == 404


def test_a_coordinator_is_led_to_the_pages_of_a_school_that_are_theirs(portal: PortalUnderTest) -> None:
    school = new_school(portal)
    page = portal.sign_in("municipal_coordinator").get(f"/organizations/{school}/setup").text
    assert f"organization={school}&amp;step=core.card" in page
    assert "step=core.year" not in page
    assert "Это делает тот, у кого есть право: Вести учебные годы" in page


def test_what_has_ended_or_is_closed_does_not_count(portal: PortalUnderTest) -> None:
    school = organization(portal, short_name="МБОУ «СОШ № 13»")
    coordinator = portal.sign_in("regional_coordinator")
    with portal.portal.database.transaction() as db:
        yesterday = TODAY - timedelta(days=1)
        db.execute(
            update(StructuralRole)
            .where(StructuralRole.organization_id == school.id, StructuralRole.kind == "head")
            .values(ends_on=yesterday)
        )
        empty = db.scalars(
            select(SchoolClass).where(SchoolClass.organization_id == school.id).order_by(SchoolClass.name_key)
        ).first()
        assert empty is not None
        db.execute(update(Enrollment).where(Enrollment.school_class_id == empty.id).values(ends_on=yesterday))
        name = empty.name
    found = steps(coordinator, school.id)
    assert found["core.staff"]["lacks"].startswith("Директора ещё нет")
    assert found["core.pupils"]["lacks"] == f"Классы без учеников: {name}."
    assert row_of(coordinator, school.short_name)["На каком шаге"] == "Ученики"
    with portal.portal.database.transaction() as db:
        db.execute(update(SchoolClass).where(SchoolClass.id == empty.id).values(closed_on=TODAY))
        db.execute(
            update(AcademicYear).where(AcademicYear.organization_id == school.id).values(ends_on=yesterday)
        )
    assert {"core.year", "core.classes"} & done(coordinator, school.id) == set()
    with portal.portal.database.transaction() as db:
        db.execute(update(Organization).where(Organization.id == school.id).values(closed_on=TODAY))
    assert school.short_name not in [each["Школа"] for each in rows(coordinator)]


def test_a_school_where_the_journal_is_off_is_told_so_in_the_list_too(portal: PortalUnderTest) -> None:
    first, second = (
        organization(portal, short_name="МБОУ «СОШ № 13»"),
        organization(portal, short_name="МБОУ «СОШ № 101»"),
    )
    with portal.portal.database.transaction() as db:
        db.add(PluginSwitch(id=new_id(), plugin="journal", organization_id=first.id, enabled=False))
        db.add(PluginSwitch(id=new_id(), plugin="diary", organization_id=second.id, enabled=False))
        raise_version(db)
    coordinator = portal.sign_in("regional_coordinator")
    assert steps(coordinator, first.id)["core.sections"]["lacks"] == "Не включены: журнал."
    assert row_of(coordinator, first.short_name)["Сделано"] == "9 из 10"
    assert "diary.timetable" not in steps(coordinator, second.id)
    assert row_of(coordinator, second.short_name)["Сделано"] == "8 из 9"


def test_subjects_are_added_once_and_taken_away_unless_they_are_used(portal: PortalUnderTest) -> None:
    school = new_school(portal)
    head = appointed(portal, school)
    page = f"/organizations/{school}/subjects"
    shown = head.get(page).text
    assert "Федеральный оператор портала" in shown
    names = "Русский язык\nШахматы; Шахм.\n\nшахматы\nРобототехника"
    answer = head.post(page, data={"names": names})
    assert answer.headers["location"].endswith("added=2")
    assert "Добавлено 2 предмета." in head.get(answer.headers["location"]).text
    assert head.post(page, data={"names": names}).headers["location"].endswith("added=0")
    assert head.post(page, data={"names": "  "}).status_code == 422
    long = head.post(page, data={"names": "Химия\n" + "я" * 121})
    assert long.status_code == 422
    assert "яяя" in long.text
    with portal.portal.database.transaction() as db:
        own = {
            each.name: each for each in db.scalars(select(Subject).where(Subject.organization_id == school))
        }
        assert {name: each.short_name for name, each in own.items()} == {
            "Шахматы": "Шахм.",
            "Робототехника": "Робототехника",
        }
        common = db.scalars(select(Subject.id).where(Subject.name == "Русский язык")).one()
        year = AcademicYear(
            id=new_id(), organization_id=school, name="2026/27", starts_on=TODAY, ends_on=TODAY
        )
        db.add(year)
        db.flush()
        db.add(
            TeachingAssignment(
                id=new_id(),
                organization_id=school,
                academic_year_id=year.id,
                teacher_id=db.scalars(select(Person.id).limit(1)).one(),
                subject_id=own["Шахматы"].id,
                starts_on=TODAY,
            )
        )
    refused = head.post(page, data={"remove": str(own["Шахматы"].id)})
    assert refused.status_code == 409
    assert "Предмет «Шахматы» не удалить" in refused.text
    assert head.post(page, data={"remove": str(own["Робототехника"].id)}).status_code == 303
    assert head.post(page, data={"remove": str(common)}).status_code == 404
    assert portal.sign_in("head").get(page).status_code == 404
    assert portal.sign_in("teacher").get(page).status_code == 403


def test_an_organization_without_subjects_begins_with_the_usual_ones(portal: PortalUnderTest) -> None:
    with portal.portal.database.transaction() as db:
        operator = db.scalars(select(Organization).where(Organization.kind == "federal")).one()
        region = Organization(
            id=new_id(),
            parent_id=operator.id,
            kind="region",
            name="Новый регион",
            short_name="Новый регион",
            name_key="новый регион",
            path="",
        )
        region.path = f"{operator.path}{region.id}/"
        db.add(region)
        db.execute(update(Subject).values(organization_id=region.id))
        identity = operator.id
    page = f"/organizations/{identity}/subjects"
    shown = portal.sign_in("federal_operator").get(page).text
    assert "Предметов ещё нет" in shown
    assert re.search(r"Литературное чтение\s+Литература", shown)
    assert "Физическая культура; Физ-ра" in shown


def test_the_step_of_subjects_heeds_everybody_above(portal: PortalUnderTest) -> None:
    school = new_school(portal)
    coordinator = portal.sign_in("regional_coordinator")
    for kind in ("region", "municipality"):
        owner = organization(portal, kind=kind).id
        with portal.portal.database.transaction() as db:
            db.execute(update(Subject).values(organization_id=owner))
        assert "core.subjects" in done(coordinator, school), kind
    with portal.portal.database.transaction() as db:
        other = db.scalars(select(Organization.id).where(Organization.short_name == "МБОУ «СОШ № 13»")).one()
        db.execute(update(Subject).values(organization_id=other))
    assert "core.subjects" not in done(coordinator, school)


def test_the_demo_shows_a_school_that_is_still_being_set_up(portal: PortalUnderTest) -> None:
    place = organization(portal, kind="municipality")
    with portal.portal.database.transaction() as db:
        assert add_unfinished_school(db, place.id, 13, TODAY)
    with portal.portal.database.transaction() as db:
        assert not add_unfinished_school(db, place.id, 13, TODAY)
    line = row_of(portal.sign_in("regional_coordinator"), "МБОУ «СОШ № 14»")
    assert (line["Сделано"], line["На каком шаге"]) == ("4 из 10", "Классы")
    assert "Продолжить настройку" in portal.sign_in("head", organization="МБОУ «СОШ № 14»").get("/").text
