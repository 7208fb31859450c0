"""Classes with half-years and trimesters beside classes with quarters: each follows terms of its own everywhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select, update

from core.database.base import new_id
from core.identity.models import Guardianship
from core.organizations.models import AcademicYear, Enrollment, SchoolClass, Term
from core.testing.portal import PortalUnderTest, Visitor
from plugins.journal.models import JournalLesson, JournalPage
from plugins.journal.terms.models import JournalTermMark
from tests.school_day import school_day

TODAY = school_day()
KINDS = ("quarter", "half_year", "trimester")


@dataclass(frozen=True)
class OneClass:
    """A class with a page, a pupil and the terms it follows."""

    class_id: UUID
    page_id: UUID
    pupil: UUID
    terms: list[Term]
    organization_id: UUID
    academic_year_id: UUID

    @property
    def url(self) -> str:
        return f"/api/v1/journal/pages/{self.page_id}"

    @property
    def now(self) -> Term:
        """The latest term that has begun."""
        return [each for each in self.terms if each.starts_on <= TODAY][-1]


@pytest.fixture(scope="module")
def school(portal: PortalUnderTest) -> dict[str, OneClass]:
    """Three classes of one school by the kind of their terms; the school had no trimesters before."""
    with portal.portal.database.transaction() as db:
        found = db.scalars(
            select(SchoolClass)
            .join(AcademicYear, AcademicYear.id == SchoolClass.academic_year_id)
            .where(
                SchoolClass.grade_level >= 5, AcademicYear.starts_on <= TODAY, AcademicYear.ends_on >= TODAY
            )
            .order_by(SchoolClass.organization_id, SchoolClass.name_key)
            .limit(3)
        ).all()
        year = db.get_one(AcademicYear, found[0].academic_year_id)
        third = (year.ends_on - year.starts_on) / 3
        for number in (1, 2, 3):
            db.add(
                Term(
                    id=new_id(),
                    organization_id=year.organization_id,
                    academic_year_id=year.id,
                    kind="trimester",
                    number=number,
                    name=f"{number} триместр",
                    starts_on=year.starts_on + third * (number - 1) + timedelta(days=number > 1),
                    ends_on=year.starts_on + third * number,
                )
            )
        db.flush()
        made: dict[str, OneClass] = {}
        for kind, each in zip(KINDS, found, strict=True):
            each.term_kind = kind
            pupil = db.scalars(
                select(Enrollment.person_id)
                .join(Guardianship, Guardianship.child_id == Enrollment.person_id)
                .where(Enrollment.school_class_id == each.id, Enrollment.ends_on.is_(None))
                .order_by(Enrollment.person_id)
                .limit(1)
            ).one()
            page = db.scalars(
                select(JournalPage.id)
                .where(
                    JournalPage.school_class_id == each.id,
                    JournalPage.pupil_group_id.is_(None),
                    JournalPage.id.in_(select(JournalLesson.page_id).where(JournalLesson.day < TODAY)),
                )
                .order_by(JournalPage.id)
                .limit(1)
            ).one()
            made[kind] = OneClass(
                class_id=each.id,
                page_id=page,
                pupil=pupil,
                terms=list(
                    db.scalars(
                        select(Term)
                        .where(Term.academic_year_id == year.id, Term.kind == kind)
                        .order_by(Term.number)
                    )
                ),
                organization_id=year.organization_id,
                academic_year_id=year.id,
            )
        return made


@pytest.fixture
def clean(portal: PortalUnderTest, school: dict[str, OneClass]) -> Iterator[dict[str, OneClass]]:
    """The classes without marks of terms; every term is open."""

    def forget() -> None:
        with portal.portal.database.transaction() as db:
            for each in school.values():
                db.execute(delete(JournalTermMark).where(JournalTermMark.page_id == each.page_id))
                db.execute(
                    update(Term).where(Term.academic_year_id == each.academic_year_id).values(closed_at=None)
                )

    forget()
    yield school
    forget()


@pytest.fixture
def deputy(portal: PortalUnderTest, school: dict[str, OneClass]) -> Visitor:
    """The deputy head of the school."""
    return portal.sign_in("deputy_head")


def put(visitor: Visitor, each: OneClass, value: str, column: str = "") -> Any:
    body = {"pupil": str(each.pupil), "column": column or str(each.now.number), "value": value}
    return visitor.put(f"{each.url}/term-marks", json={**body, "reason": "По итогам"})


def set_for(portal: PortalUnderTest, each: OneClass, *values: str) -> None:
    """Marks for all terms of the year, those to come too, behind the portal's back."""
    with portal.portal.database.transaction() as db:
        for term, value in zip(each.terms, values, strict=True):
            db.add(
                JournalTermMark(
                    id=new_id(),
                    organization_id=each.organization_id,
                    academic_year_id=each.academic_year_id,
                    page_id=each.page_id,
                    pupil_id=each.pupil,
                    kind="term",
                    term_id=term.id,
                    value=value,
                    score=int(value),
                )
            )


def cell(visitor: Visitor, each: OneClass, column: str) -> dict[str, Any]:
    """The pupil on the page of term marks."""
    answer = visitor.get(f"{each.url}/term-marks").json()
    line = next(line for line in answer["pupils"] if line["id"] == str(each.pupil))
    return next(mark for mark in line["marks"] if mark["column"] == column)


@pytest.mark.parametrize("kind", KINDS)
def test_a_class_has_its_own_terms_on_the_page_the_sheet_and_in_the_diary(
    portal: PortalUnderTest, clean: dict[str, OneClass], deputy: Visitor, kind: str
) -> None:
    each = clean[kind]
    names = [term.name for term in each.terms]
    assert [term["name"] for term in deputy.get(each.url).json()["terms"]] == names
    assert put(deputy, each, "5").status_code == 200
    shown = deputy.get(f"/api/v1/journal/school-classes/{each.class_id}/term-marks").json()
    titles = [column["title"] for column in shown["columns"]]
    assert titles[: len(names)] == names
    assert titles[len(names)] == "Год"
    assert shown["column"]["title"] == each.now.name, "the present one is shown"
    with portal.portal.database.reading(fresh=True) as db:
        guardian = db.scalars(
            select(Guardianship.guardian_id).where(Guardianship.child_id == each.pupil).limit(1)
        ).one()
    family = portal.sign_in("guardian", person_id=guardian)
    diary = family.get(f"/api/v1/diary/pupils/{each.pupil}/term-marks").json()
    assert [column["title"] for column in diary["columns"]][: len(names)] == names
    at = names.index(each.now.name)
    assert "5" in [subject["cells"][at]["value"] for subject in diary["subjects"]]


def test_closing_a_term_of_one_kind_leaves_the_others_open(
    clean: dict[str, OneClass], deputy: Visitor
) -> None:
    listed = [each["kind"] for each in deputy.get("/api/v1/journal/terms").json()]
    assert set(listed) >= set(KINDS)
    closed = clean["half_year"]
    assert deputy.post(f"/api/v1/journal/terms/{closed.now.id}/close").status_code == 201
    assert put(deputy, closed, "5").status_code == 409
    for kind in ("quarter", "trimester"):
        assert put(deputy, clean[kind], "5").status_code == 200


@pytest.mark.parametrize(
    ("kind", "values", "year"),
    [
        ("quarter", "5545", "5"),
        ("half_year", "54", "5"),
        ("trimester", "443", "4"),
        ("trimester", "344", "4"),
    ],
)
def test_the_year_is_proposed_by_the_terms_of_the_class(
    portal: PortalUnderTest,
    clean: dict[str, OneClass],
    deputy: Visitor,
    kind: str,
    values: str,
    year: str,
) -> None:
    each = clean[kind]
    assert cell(deputy, each, "year")["proposed"] == ""
    set_for(portal, each, *values)
    assert cell(deputy, each, "year")["proposed"] == year
    shown = deputy.get(f"/api/v1/journal/school-classes/{each.class_id}/term-marks?column=year").json()
    at = next(
        number for number, subject in enumerate(shown["subjects"]) if str(each.page_id) in subject["pages"]
    )
    line = next(line for line in shown["lines"] if line["id"] == str(each.pupil))
    assert line["cells"][at]["proposed"] == year
