"""The next academic year: made with its terms, the school moved into it, undone, and the archive."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, func, select, update

from core.audit.models import AuditRecord
from core.database.base import new_id
from core.identity.models import Guardianship, Person
from core.organizations.models import (
    AcademicYear,
    Enrollment,
    Organization,
    Promotion,
    PupilGroup,
    PupilGroupMembership,
    SchoolClass,
    TeachingAssignment,
    Term,
)
from core.roles.models import StructuralRole
from core.testing.portal import PortalUnderTest, Visitor

NEXT = {"first": "2027-09-01", "last": "2028-05-26"}


class School:
    """The demo's first school."""

    def __init__(self, portal: PortalUnderTest) -> None:
        self.portal = portal
        with self.reading() as db:
            found = db.scalars(
                select(Organization)
                .join(AcademicYear, AcademicYear.organization_id == Organization.id)
                .order_by(Organization.id)
                .limit(1)
            ).one()
            self.id, self.name = found.id, found.short_name
            self.year = db.scalars(
                select(AcademicYear.id)
                .where(AcademicYear.organization_id == self.id)
                .order_by(AcademicYear.starts_on)
                .limit(1)
            ).one()

    def reading(self) -> Any:
        return self.portal.portal.database.reading(fresh=True)

    def writing(self) -> Any:
        return self.portal.portal.database.transaction()

    def staff(self, kind: str = "head") -> Visitor:
        return self.portal.sign_in(kind, organization=self.name)

    def class_named(self, name: str, year: UUID | None = None) -> UUID:
        with self.reading() as db:
            return db.scalars(
                select(SchoolClass.id).where(
                    SchoolClass.academic_year_id == (year or self.year), SchoolClass.name == name
                )
            ).one()

    def pupils(self, name: str, year: UUID | None = None) -> list[UUID]:
        with self.reading() as db:
            return list(
                db.scalars(
                    select(Enrollment.person_id)
                    .join(SchoolClass, SchoolClass.id == Enrollment.school_class_id)
                    .where(
                        SchoolClass.academic_year_id == (year or self.year),
                        SchoolClass.name == name,
                        Enrollment.ends_on.is_(None) | (Enrollment.ends_on > date(2027, 8, 1)),
                    )
                    .order_by(Enrollment.person_id)
                )
            )

    def next_year(self) -> UUID | None:
        with self.reading() as db:
            return db.scalar(
                select(AcademicYear.id).where(
                    AcademicYear.organization_id == self.id, AcademicYear.name == "2027/28"
                )
            )

    def promotion(self) -> str:
        """The address of the passage to the next year, begun anew."""
        head = self.staff()
        if self.next_year() is None:
            assert head.post("/school-year", data=NEXT).status_code == 303
        answer = head.post(f"/school-year/{self.year}/promotion")
        assert answer.status_code == 303, answer.text
        return str(answer.headers["location"])

    def everything(self) -> Counter[str]:
        """How the school stands: what the passage changes."""
        with self.reading() as db:
            rows = [
                *db.execute(
                    select(
                        Enrollment.school_class_id,
                        Enrollment.person_id,
                        Enrollment.ends_on,
                        Enrollment.outcome,
                    ).where(Enrollment.organization_id == self.id)
                ),
                *db.execute(select(SchoolClass.id).where(SchoolClass.organization_id == self.id)),
                *db.execute(
                    select(PupilGroupMembership.person_id, PupilGroupMembership.ends_on)
                    .join(PupilGroup, PupilGroup.id == PupilGroupMembership.pupil_group_id)
                    .where(PupilGroup.organization_id == self.id)
                ),
                *db.execute(
                    select(StructuralRole.person_id, StructuralRole.kind, StructuralRole.ends_on).where(
                        StructuralRole.organization_id == self.id, StructuralRole.status == "active"
                    )
                ),
            ]
            return Counter(str(tuple(row)) for row in rows)


@pytest.fixture(scope="module")
def school(portal: PortalUnderTest) -> School:
    return School(portal)


@pytest.fixture
def clean(school: School) -> Iterator[School]:
    """The school before any passage; what a test decides is forgotten."""
    yield school
    with school.writing() as db:
        promotion = db.scalar(select(Promotion).where(Promotion.from_year_id == school.year))
        done = promotion is not None and promotion.done_at is not None
        address = f"/promotions/{promotion.id}" if promotion else ""
    if done:
        assert school.staff().post(f"{address}/undo").status_code == 303
    with school.writing() as db:
        db.execute(delete(Promotion).where(Promotion.from_year_id == school.year))


def test_the_next_year_is_made_with_the_terms_a_year_later(school: School) -> None:
    head = school.staff()
    page = head.get("/school-year").text
    assert 'value="2027-09-01"' in page
    answer = head.post("/school-year", data=NEXT)
    assert answer.status_code == 303, answer.text
    with school.reading() as db:
        year = db.get_one(AcademicYear, school.next_year())
        assert (year.starts_on, year.ends_on) == (date(2027, 9, 1), date(2028, 5, 26))
        old, new = (
            db.execute(
                select(Term.kind, Term.number, Term.name)
                .where(Term.academic_year_id == each)
                .order_by(Term.kind, Term.number)
            ).all()
            for each in (school.year, year.id)
        )
    assert old == new
    assert len(new) >= 4
    twice = head.post("/school-year", data=NEXT)
    assert (twice.status_code, "пересекается с другим" in twice.text) == (409, True)


@pytest.mark.parametrize(
    "days", [{"first": "2029-09-01", "last": "2029-08-01"}, {"first": "2029-09-01", "last": "2031-05-26"}]
)
def test_a_year_that_is_none_is_not_made(school: School, days: dict[str, str]) -> None:
    answer = school.staff().post("/school-year", data=days)
    assert (answer.status_code, days["last"] in answer.text) == (422, True)


def test_terms_are_set_in_their_order(clean: School) -> None:
    clean.promotion()
    head, year = clean.staff(), clean.next_year()
    page = f"/school-year/{year}/terms"
    with clean.reading() as db:
        terms = db.scalars(
            select(Term).where(Term.academic_year_id == year, Term.kind == "quarter").order_by(Term.number)
        ).all()
    days = {f"first:{each.id}": each.starts_on.isoformat() for each in terms}
    days |= {f"last:{each.id}": each.ends_on.isoformat() for each in terms}
    moved = {**days, f"last:{terms[0].id}": "2027-10-29"}
    assert head.post(page, data=moved).status_code == 303
    with clean.reading() as db:
        assert db.get_one(Term, terms[0].id).ends_on == date(2027, 10, 29)
    overlap = head.post(page, data={**days, f"first:{terms[1].id}": "2027-09-05"})
    assert (overlap.status_code, "2027-09-05" in overlap.text) == (422, True)
    assert "позже, чем кончился предыдущий" in overlap.text
    outside = head.post(page, data={**days, f"last:{terms[3].id}": "2028-07-01"})
    assert (outside.status_code, "внутри учебного года" in outside.text) == (422, True)
    assert head.post(page, data={**days, f"first:{terms[0].id}": "вчера"}).status_code == 422


def test_the_dry_run_changes_nothing_and_tells_everything(clean: School) -> None:
    before = clean.everything()
    address = clean.promotion()
    page = clean.staff().get(address).text
    for words in (
        "Пробный расчёт",
        "окончание школы",
        "5А",
        "Перевести школу",
    ):
        assert words in page
    assert clean.everything() == before


def test_the_school_moves_and_moves_back(clean: School) -> None:
    before = clean.everything()
    address = clean.promotion()
    fourth, eleventh = clean.pupils("4А"), clean.pupils("11А")
    assert fourth and eleventh
    stays, leaves, debtor = fourth[:3]
    class_page = f"{address}/classes/{clean.class_named('4А')}"
    decided = {
        f"outcome:{stays}": "repeats",
        f"outcome:{leaves}": "left",
        f"outcome:{debtor}": "conditional",
    }
    head = clean.staff()
    assert head.post(class_page, data=decided).status_code == 303
    page = head.get(address).text
    assert "3 ученика" in page
    done = head.post(f"{address}/do")
    assert done.status_code == 303, done.text
    year = clean.next_year()
    assert set(clean.pupils("5А", year)) == set(fourth) - {stays, leaves}
    assert clean.pupils("4А", year)[0:] and stays in clean.pupils("4А", year)
    with clean.reading() as db:
        ended = dict(
            db.execute(
                select(Enrollment.person_id, Enrollment.outcome).where(
                    Enrollment.academic_year_id == clean.year, Enrollment.person_id.in_([*fourth, *eleventh])
                )
            ).all()
        )
        days = set(
            db.scalars(
                select(Enrollment.ends_on).where(
                    Enrollment.academic_year_id == clean.year, Enrollment.person_id.in_(fourth)
                )
            )
        )
        began = set(db.scalars(select(Enrollment.starts_on).where(Enrollment.academic_year_id == year)))
        successor = db.get_one(SchoolClass, clean.class_named("5А", year))
        left_role = db.scalars(
            select(StructuralRole.ends_on).where(
                StructuralRole.person_id == leaves, StructuralRole.kind == "pupil"
            )
        ).first()
    assert (ended[stays], ended[leaves], ended[debtor]) == ("repeats", "left", "conditional")
    assert {ended[each] for each in eleventh} == {"graduated"}
    assert days == {date(2027, 8, 31)}
    assert began == {date(2027, 9, 1)}
    assert successor.predecessor_id == clean.class_named("4А")
    assert left_role == date(2027, 8, 31)
    again = head.post(f"{address}/do")
    assert again.status_code == 409
    refused = head.post(f"{address}/classes", data={f"class:{clean.class_named('4А')}": "5Б"})
    assert refused.status_code == 409
    assert "Отменить перевод" in head.get(address).text
    assert head.post(f"{address}/undo").status_code == 303
    assert clean.everything() == before
    with clean.reading() as db:
        actions = set(
            db.scalars(select(AuditRecord.action).where(AuditRecord.action.startswith("core.promotion")))
        )
    assert actions == {"core.promotion.do", "core.promotion.undo"}


def test_class_teachers_and_subgroups_go_along(clean: School) -> None:
    with clean.reading() as db:
        row = db.execute(
            select(SchoolClass.id, SchoolClass.name, PupilGroup.id.label("group_id"))
            .join(PupilGroup, PupilGroup.school_class_id == SchoolClass.id)
            .where(SchoolClass.academic_year_id == clean.year, SchoolClass.grade_level.between(2, 8))
            .limit(1)
        ).one()
        members = set(
            db.scalars(
                select(PupilGroupMembership.person_id).where(
                    PupilGroupMembership.pupil_group_id == row.group_id,
                    PupilGroupMembership.ends_on.is_(None),
                )
            )
        )
        teacher = db.scalars(
            select(StructuralRole.person_id).where(
                StructuralRole.kind == "class_teacher", StructuralRole.school_class_id == row.id
            )
        ).one()
    address, head = clean.promotion(), clean.staff()
    assert head.post(f"{address}/do").status_code == 303
    with clean.reading() as db:
        successor = db.scalars(select(SchoolClass.id).where(SchoolClass.predecessor_id == row.id)).one()
        moved = set(
            db.scalars(
                select(PupilGroupMembership.person_id)
                .join(PupilGroup, PupilGroup.id == PupilGroupMembership.pupil_group_id)
                .where(PupilGroup.school_class_id == successor)
            )
        )
        role = db.scalars(
            select(StructuralRole).where(
                StructuralRole.person_id == teacher,
                StructuralRole.school_class_id == successor,
            )
        ).one()
    assert members <= moved
    assert role.starts_on == date(2027, 9, 1)


def test_families_of_those_who_leave_see_the_school_until_the_new_year(clean: School) -> None:
    eleventh = clean.pupils("11А")
    with clean.reading() as db:
        guardian = db.scalars(
            select(Guardianship.guardian_id)
            .where(Guardianship.child_id.in_(eleventh))
            .order_by(Guardianship.guardian_id)
        ).first()
    if guardian is None:
        with clean.writing() as db:
            person = Person(id=new_id(), last_name="Выпускная", first_name="Мать")
            db.add(person)
            db.flush()
            db.add(
                Guardianship(
                    id=new_id(), guardian_id=person.id, child_id=eleventh[0], starts_on=date(2026, 9, 1)
                )
            )
            db.add(
                StructuralRole(
                    id=new_id(),
                    person_id=person.id,
                    kind="guardian",
                    organization_id=clean.id,
                    starts_on=date(2026, 9, 1),
                )
            )
            guardian = person.id
    with clean.writing() as db:
        db.execute(
            delete(Guardianship).where(
                Guardianship.guardian_id == guardian, Guardianship.child_id.not_in(eleventh)
            )
        )
    role = select(StructuralRole.ends_on).where(
        StructuralRole.person_id == guardian,
        StructuralRole.kind == "guardian",
        StructuralRole.organization_id == clean.id,
        StructuralRole.status == "active",
    )
    address, head = clean.promotion(), clean.staff()
    assert head.post(f"{address}/do").status_code == 303
    with clean.reading() as db:
        assert db.scalars(role).one() == date(2027, 8, 31)
    assert head.post(f"{address}/undo").status_code == 303
    with clean.reading() as db:
        assert db.scalars(role).one() is None


def test_who_cannot_be_moved_is_named_with_the_reason(clean: School) -> None:
    address, head = clean.promotion(), clean.staff()
    pupils = clean.pupils("4А")
    page = f"{address}/classes/{clean.class_named('4А')}"
    names = {}
    with clean.reading() as db:
        for each in pupils[:4]:
            names[each] = db.get_one(Person, each).full_name
    decided = {
        f"outcome:{pupils[0]}": "promoted",
        f"target:{pupils[0]}": "5Я",
        f"outcome:{pupils[1]}": "promoted",
        f"target:{pupils[1]}": "9А",
        f"outcome:{pupils[2]}": "graduated",
    }
    assert head.post(page, data=decided).status_code == 303
    told = head.get(address).text
    for reason in (
        "класса 5Я в новом году не будет",
        "не подходит класс 9А",
        "выпускают после 9 и 11 класса",
    ):
        assert reason in told
    assert names[pupils[0]] in told
    assert head.post(f"{address}/do").status_code == 303
    year = clean.next_year()
    with clean.reading() as db:
        enrolled = set(db.scalars(select(Enrollment.person_id).where(Enrollment.academic_year_id == year)))
        open_still = db.scalars(
            select(Enrollment.ends_on).where(
                Enrollment.academic_year_id == clean.year, Enrollment.person_id == pupils[0]
            )
        ).one()
    assert not enrolled & set(pupils[:3])
    assert open_still is None, "who was not moved stays where they were"
    wrong = head.post(page, data={f"outcome:{pupils[0]}": "вылетел"})
    assert wrong.status_code == 409, "done already"


def test_a_wrong_decision_is_refused_by_name(clean: School) -> None:
    address, head = clean.promotion(), clean.staff()
    fourth, ninth = clean.class_named("4А"), clean.class_named("9А")
    wrong = head.post(f"{address}/classes", data={f"class:{fourth}": "8А"})
    assert (wrong.status_code, "на единицу больше" in wrong.text, 'value="8А"' in wrong.text) == (
        422,
        True,
        True,
    )
    assert head.post(f"{address}/classes", data={f"class:{fourth}": "graduate"}).status_code == 422
    assert (
        head.post(
            f"{address}/classes", data={f"class:{fourth}": "5 б", f"class:{ninth}": "graduate"}
        ).status_code
        == 303
    )
    page = head.get(address).text
    assert 'value="5Б"' in page
    unknown = head.post(f"{address}/classes/{fourth}", data={f"outcome:{clean.pupils('4А')[0]}": "вылетел"})
    assert unknown.status_code == 422


def test_what_is_in_use_is_not_taken_back(clean: School) -> None:
    address, head = clean.promotion(), clean.staff()
    assert head.post(f"{address}/do").status_code == 303
    year = clean.next_year()
    assignment = new_id()
    with clean.writing() as db:
        like = db.scalars(
            select(TeachingAssignment).where(TeachingAssignment.organization_id == clean.id).limit(1)
        ).one()
        db.add(
            TeachingAssignment(
                id=assignment,
                organization_id=clean.id,
                academic_year_id=year,
                teacher_id=like.teacher_id,
                subject_id=like.subject_id,
                school_class_id=clean.class_named("5А", year),
                starts_on=date(2027, 9, 1),
            )
        )
    before = clean.everything()
    refused = head.post(f"{address}/undo")
    assert (refused.status_code, "нагрузка" in refused.text) == (409, True)
    assert clean.everything() == before
    with clean.writing() as db:
        db.execute(delete(TeachingAssignment).where(TeachingAssignment.id == assignment))


def test_once_the_new_year_has_begun_nothing_is_undone(clean: School) -> None:
    address, head = clean.promotion(), clean.staff()
    assert head.post(f"{address}/do").status_code == 303
    year = clean.next_year()
    with clean.writing() as db:
        db.execute(update(AcademicYear).where(AcademicYear.id == year).values(starts_on=date(2026, 11, 1)))
    try:
        assert "новый учебный год уже начался" in head.get(address).text
        assert head.post(f"{address}/undo").status_code == 409
    finally:
        with clean.writing() as db:
            db.execute(update(AcademicYear).where(AcademicYear.id == year).values(starts_on=date(2027, 9, 1)))


def test_a_year_that_is_over_goes_into_the_archive_and_is_only_read(school: School) -> None:
    head, old = school.staff(), new_id()
    assert head.post(f"/school-year/{school.year}/archive").status_code == 409, "it lasts"
    with school.writing() as db:
        db.add(
            AcademicYear(
                id=old,
                organization_id=school.id,
                name="2024/25",
                starts_on=date(2024, 9, 1),
                ends_on=date(2025, 5, 26),
            )
        )
        db.flush()
        db.add(
            Term(
                id=new_id(),
                organization_id=school.id,
                academic_year_id=old,
                kind="quarter",
                number=1,
                name="1 четверть",
                starts_on=date(2024, 9, 1),
                ends_on=date(2024, 10, 27),
            )
        )
    assert "Отправить в архив" in head.get("/school-year").text
    assert head.post(f"/school-year/{old}/archive").status_code == 303
    with school.reading() as db:
        assert db.get_one(AcademicYear, old).archived
        assert (
            db.scalar(select(func.count()).where(Term.academic_year_id == old, Term.closed_at.is_(None))) == 0
        )
        term = db.scalars(select(Term.id).where(Term.academic_year_id == old)).one()
    days = {f"first:{term}": "2024-09-02", f"last:{term}": "2024-10-20"}
    assert head.post(f"/school-year/{old}/terms", data=days).status_code == 409
    assert head.post(f"/school-year/{old}/archive").status_code == 409
    assert head.post(f"/school-year/{old}/promotion").status_code == 409


def test_a_year_begun_by_mistake_is_deleted_while_it_is_empty(clean: School) -> None:
    head = clean.staff()
    assert head.post("/school-year", data={"first": "2049-09-01", "last": "2050-05-26"}).status_code == 303

    def known(name: str) -> UUID | None:
        with clean.reading() as db:
            found = select(AcademicYear.id).where(
                AcademicYear.organization_id == clean.id, AcademicYear.name == name
            )
            return db.scalar(found)

    mistake = known("2049/50")
    page = head.get("/school-year").text
    assert f"/school-year/{mistake}/remove" in page
    assert f"/school-year/{clean.year}/remove" not in page, "there are classes in it"
    refused = head.post(f"/school-year/{clean.year}/remove")
    assert refused.status_code == 409
    assert "в нём уже есть классы" in refused.text
    assert head.delete(f"/api/v1/academic-years/{clean.year}").status_code == 409
    assert head.post(f"/school-year/{mistake}/remove").status_code == 303
    assert known("2049/50") is None
    with clean.reading() as db:
        assert db.scalar(select(func.count()).where(Term.academic_year_id == mistake)) == 0
    assert head.post("/school-year", data={"first": "2049-09-01", "last": "2050-05-26"}).status_code == 303
    assert head.delete(f"/api/v1/academic-years/{known('2049/50')}").status_code == 204


def test_a_class_may_be_let_go_or_left_undecided(clean: School) -> None:
    address, head = clean.promotion(), clean.staff()
    ninth, fourth = clean.class_named("9А"), clean.class_named("4А")
    page = head.get(address).text
    assert "можно выпустить целиком" in page
    assert '<datalist id="ways-9"><option value="выпуск">' in page
    assert '<option value="5А">' in page
    form = {f"class:{ninth}": "выпуск", f"class:{fourth}": ""}
    assert head.post(f"{address}/classes", data=form).status_code == 303
    page = head.get(address).text
    assert "не решено, в какой класс идёт ученик" in page
    assert head.get(f"{address}/classes/{fourth}").status_code == 200


@pytest.mark.parametrize("kind", ["teacher", "guardian", "secretary"])
def test_who_has_no_right_reads_and_changes_nothing(clean: School, kind: str) -> None:
    address, visitor = clean.promotion(), clean.staff(kind)
    before = clean.everything()
    answers: list[Any] = [
        visitor.get("/school-year"),
        visitor.get(address),
        visitor.post("/school-year", data={"first": "2030-09-01", "last": "2031-05-26"}),
        visitor.post(f"/school-year/{clean.year}/archive"),
        visitor.post(f"{address}/do"),
        visitor.post(f"{address}/undo"),
    ]
    assert {each.status_code for each in answers} == {403}
    assert clean.everything() == before


def test_the_neighbour_school_reads_and_changes_nothing(clean: School) -> None:
    address = clean.promotion()
    with clean.reading() as db:
        other = db.scalars(
            select(Organization.short_name)
            .join(StructuralRole, StructuralRole.organization_id == Organization.id)
            .where(StructuralRole.kind == "head", Organization.id != clean.id)
            .limit(1)
        ).one()
    neighbour = clean.portal.sign_in("head", organization=other)
    before = clean.everything()
    fourth = clean.class_named("4А")
    answers: list[Any] = [
        neighbour.get(address),
        neighbour.get(f"{address}/classes/{fourth}"),
        neighbour.get(f"/school-year/{clean.year}/terms"),
        neighbour.post(f"{address}/classes", data={f"class:{fourth}": "5Б"}),
        neighbour.post(f"{address}/classes/{fourth}", data={}),
        neighbour.post(f"{address}/do"),
        neighbour.post(f"{address}/undo"),
        neighbour.post(f"/school-year/{clean.year}/archive"),
        neighbour.post(f"/school-year/{clean.year}/promotion"),
        neighbour.post(f"/school-year/{clean.year}/terms", data={}),
    ]
    assert {each.status_code for each in answers} == {404}
    assert clean.everything() == before
    assert not re.search("promotions/", neighbour.get("/school-year").text)
