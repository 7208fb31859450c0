"""Two marks that stand for one term, on pages a pupil went through: which one goes into the year, how it is told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select

from core.database.base import new_id
from core.organizations.models import PupilGroup, PupilGroupMembership
from plugins.journal.models import JournalPage
from plugins.journal.terms.models import JournalTermMark
from tests.plugins.journal.conftest import TeachersPage
from tests.school_day import school_day

TODAY = school_day()


@pytest.fixture
def groups(page: TeachersPage) -> Iterator[Sequence[UUID]]:
    """Pages of the same subject of two groups the first pupil has left; the year has no term marks before."""
    made: list[UUID] = []
    with page.under_test.portal.database.transaction() as db:
        db.execute(delete(JournalTermMark).where(JournalTermMark.pupil_id == page.pupils[0]))
        first = db.get_one(JournalPage, page.page_id)
        common = {"organization_id": first.organization_id, "academic_year_id": first.academic_year_id}
        for name in ("поток А", "поток Б"):
            group = PupilGroup(id=new_id(), **common, kind="stream", name=name)
            other = JournalPage(id=new_id(), **common, subject_id=first.subject_id, pupil_group_id=group.id)
            db.add(group)
            db.flush()
            db.add(other)
            made.append(other.id)
    yield made
    with page.under_test.portal.database.transaction() as db:
        taken = select(JournalPage.pupil_group_id).where(JournalPage.id.in_(made))
        group_ids = list(db.scalars(taken))
        db.execute(delete(JournalTermMark).where(JournalTermMark.pupil_id == page.pupils[0]))
        db.execute(delete(PupilGroupMembership).where(PupilGroupMembership.pupil_group_id.in_(group_ids)))
        db.execute(delete(JournalPage).where(JournalPage.id.in_(made)))
        db.execute(delete(PupilGroup).where(PupilGroup.id.in_(group_ids)))


def join(page: TeachersPage, group_page: UUID, starts_on: date, ends_on: date | None) -> None:
    """Put the first pupil into the group of a page."""
    with page.under_test.portal.database.transaction() as db:
        group_id = db.get_one(JournalPage, group_page).pupil_group_id
        member = {"pupil_group_id": group_id, "person_id": page.pupils[0]}
        db.add(PupilGroupMembership(id=new_id(), **member, starts_on=starts_on, ends_on=ends_on))


def set_marks(page: TeachersPage, page_id: UUID, value: str, *terms: UUID, hours_ago: int = 0) -> None:
    """Set marks of terms for the first pupil behind the portal's back."""
    at = datetime.now(UTC) - timedelta(hours=hours_ago)
    with page.under_test.portal.database.transaction() as db:
        found = db.get_one(JournalPage, page_id)
        common = {"organization_id": found.organization_id, "academic_year_id": found.academic_year_id}
        for term in terms:
            mark = {"kind": "term", "term_id": term, "value": value, "score": int(value), "changed_at": at}
            pupil = {"pupil_id": page.pupils[0], "page_id": page_id}
            db.add(JournalTermMark(id=new_id(), **common, **pupil, **mark))


def terms_of(page: TeachersPage) -> list[UUID]:
    return [UUID(each["id"]) for each in page.teacher.get(page.url).json()["terms"]]


def year(page: TeachersPage) -> dict[str, Any]:
    """What is proposed for the first pupil's year."""
    lines = page.teacher.get(f"{page.url}/term-marks").json()["pupils"]
    line = next(each for each in lines if each["id"] == str(page.pupils[0]))
    return next(mark for mark in line["marks"] if mark["column"] == "year")


def proposed_in_sheet(page: TeachersPage) -> str:
    """What the sheet of the class proposes for the year."""
    deputy = page.under_test.sign_in("deputy_head")
    sheet = deputy.get(f"/api/v1/journal/school-classes/{page.school_class_id}/term-marks?column=year").json()
    at = next(
        number for number, each in enumerate(sheet["subjects"]) if str(page.page_id) in str(each["pages"])
    )
    line = next(each for each in sheet["lines"] if each["id"] == str(page.pupils[0]))
    return str(line["cells"][at]["proposed"])


@pytest.mark.parametrize("later", [0, 1])
def test_the_mark_set_last_goes_into_the_year(page: TeachersPage, groups: Sequence[UUID], later: int) -> None:
    first, *rest = terms_of(page)
    set_marks(page, groups[later], "5", first, hours_ago=1)
    set_marks(page, groups[1 - later], "2", first, hours_ago=9)
    set_marks(page, page.page_id, "5", *rest)
    told = year(page)
    assert told["proposed"] == "5"
    assert "в счёт идёт 5, выставленная последней" in told["why"]
    assert ": 2." in told["why"]


def test_the_page_where_the_pupil_is_now_goes_first(page: TeachersPage, groups: Sequence[UUID]) -> None:
    first, *rest = terms_of(page)
    now, left = groups
    join(page, now, TODAY - timedelta(days=5), None)
    join(page, left, TODAY - timedelta(days=30), TODAY - timedelta(days=6))
    set_marks(page, now, "5", first, hours_ago=50)
    set_marks(page, left, "2", first, hours_ago=1)
    set_marks(page, page.page_id, "5", *rest)
    told = year(page)
    assert told["proposed"] == "5"
    assert "в счёт идёт 5 из класса или группы, где ученик сейчас" in told["why"]
    assert proposed_in_sheet(page) == "5"


def test_the_own_mark_of_a_page_stands_before_all_others(page: TeachersPage, groups: Sequence[UUID]) -> None:
    set_marks(page, page.page_id, "5", *terms_of(page), hours_ago=50)
    set_marks(page, groups[0], "2", terms_of(page)[0], hours_ago=1)
    told = year(page)
    assert told["proposed"] == "5"
    assert "в счёт идёт 5 с этой страницы" in told["why"]


def test_the_same_mark_twice_is_no_news(page: TeachersPage, groups: Sequence[UUID]) -> None:
    set_marks(page, page.page_id, "5", *terms_of(page))
    set_marks(page, groups[0], "5", terms_of(page)[0])
    assert "в счёт идёт" not in year(page)["why"]
