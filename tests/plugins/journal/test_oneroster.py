"""The journal in a OneRoster set: works and results as the database has them, for those who may see all marks."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from sqlalchemy import select

from core.audit.models import AuditRecord
from core.identity import tokens
from core.identity.models import Account
from core.identity.sessions import actor_of
from core.organizations.models import AcademicYear, Term
from core.testing.portal import Visitor
from plugins.journal.models import JournalLesson, JournalMark, JournalPage
from plugins.journal.settings import journal_settings
from plugins.journal.terms.models import JournalTermMark
from tests.plugins.journal.conftest import TeachersPage

Rows = Sequence[Mapping[str, str]]


def files_of(content: bytes) -> dict[str, Rows]:
    """The files of a set by name."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {
            name.removesuffix(".csv"): list(csv.DictReader(io.StringIO(archive.read(name).decode("utf-8"))))
            for name in archive.namelist()
        }


def taken(page: TeachersPage, visitor: Visitor) -> dict[str, Rows]:
    answer = visitor.get(f"/export/oneroster/zip?organization_id={page.organization_id}")
    assert answer.status_code == 200, answer.text
    return files_of(answer.content)


def manifest(files: Mapping[str, Rows]) -> dict[str, str]:
    return {row["propertyName"]: row["value"] for row in files["manifest"]}


@pytest.fixture
def head(page: TeachersPage) -> Visitor:
    return page.under_test.sign_in("head")


def test_the_set_has_every_mark_of_those_who_are_in_it(page: TeachersPage, head: Visitor) -> None:
    page.put("5")
    page.put("2>4", lesson=1)
    page.put("4/зач", lesson=2)
    files = taken(page, head)
    assert {manifest(files)[f"file.{name}"] for name in ("categories", "lineItems", "results")} == {"bulk"}
    assert manifest(files)["file.resources"] == "absent"
    people = {row["sourcedId"] for row in files["users"]}
    with page.under_test.portal.database.reading(fresh=True) as db:
        year = db.scalars(select(AcademicYear).where(AcademicYear.id == page.term.academic_year_id)).one()
        of_year = (
            JournalMark.organization_id == page.organization_id,
            JournalMark.academic_year_id == year.id,
        )
        marks = db.scalars(
            select(JournalMark)
            .join(JournalLesson, JournalLesson.id == JournalMark.lesson_id)
            .where(*of_year, JournalLesson.status != "cancelled")
        ).all()
        finals = db.scalars(
            select(JournalTermMark).where(
                JournalTermMark.organization_id == page.organization_id,
                JournalTermMark.academic_year_id == year.id,
            )
        ).all()
    given = {row["sourcedId"]: row for row in files["results"]}
    wanted: dict[str, Any] = {
        str(each.id): each for each in (*marks, *finals) if str(each.pupil_id) in people
    }
    assert given.keys() == wanted.keys()
    assert finals
    for key, mark in wanted.items():
        row = given[key]
        assert row["studentSourcedId"] == str(mark.pupil_id)
        assert row["score"] == (mark.value if mark.value.isdecimal() else str(mark.score or ""))
        assert row["comment"] == ("" if mark.value.isdecimal() else mark.value)
    cell = {
        row["lineItemSourcedId"]: (row["score"], row["comment"])
        for row in files["results"]
        if row["studentSourcedId"] == str(page.pupils[0])
    }
    first, second, third = (str(each) for each in page.lessons[:3])
    assert cell[first] == ("5", "")
    assert (cell[second], cell[f"{second}-2"]) == (("2", ""), ("4", ""))
    assert (cell[third], cell[f"{third}-2"]) == (("4", ""), ("", "зач"))


def test_no_record_points_to_nothing(page: TeachersPage, head: Visitor) -> None:
    page.put("5")
    files = taken(page, head)
    keys = {name: {row["sourcedId"] for row in rows} for name, rows in files.items() if name != "manifest"}
    for name, rows in files.items():
        assert name == "manifest" or len(keys[name]) == len(rows), name
    assert len(files["lineItems"]) > 100
    for row in files["lineItems"]:
        assert row["classSourcedId"] in keys["classes"]
        assert row["categorySourcedId"] in keys["categories"]
        assert row["gradingPeriodSourcedId"] in keys["academicSessions"]
        assert row["title"]
        assert int(row["resultValueMin"]) < int(row["resultValueMax"])
        assert row["assignDate"] <= row["dueDate"]
    for row in files["results"]:
        assert row["lineItemSourcedId"] in keys["lineItems"]
        assert row["studentSourcedId"] in keys["users"]
        assert row["scoreStatus"] in ("fully graded", "exempt")
        assert row["score"] or row["comment"]


def test_works_are_called_by_their_topics_and_kinds(page: TeachersPage, head: Visitor) -> None:
    lesson = f"{page.url}/lessons/{page.lessons[0]}"
    page.teacher.put(lesson, json={"topic": "Дроби; «доли»", "control_kind": "control"})
    page.put("5")
    files = taken(page, head)
    (work,) = [row for row in files["lineItems"] if row["sourcedId"] == str(page.lessons[0])]
    assert (work["title"], work["categorySourcedId"]) == ("Дроби; «доли»", "control")
    assert work["gradingPeriodSourcedId"] == str(page.term.id)
    titles = {row["sourcedId"]: row["title"] for row in files["categories"]}
    with page.under_test.portal.database.reading() as db:
        kinds = journal_settings(db, "").kinds
        terms = {str(each.id): each.name for each in db.scalars(select(Term))}
        assert db.scalar(select(JournalPage.id).where(JournalPage.id == page.page_id))
    assert titles["control"] == kinds["control"].title
    finals = [row for row in files["lineItems"] if row["categorySourcedId"] == "term"]
    assert finals
    for row in finals:
        if row["gradingPeriodSourcedId"] in terms:
            assert row["title"] == f"Итог: {terms[row['gradingPeriodSourcedId']]}"


def test_marks_are_given_only_to_those_who_may_see_them_all(page: TeachersPage, head: Visitor) -> None:
    """A coordinator takes the set of classes and people; a token needs the journal's scope besides."""
    coordinator = page.under_test.sign_in("regional_coordinator")
    files = taken(page, coordinator)
    assert not {"categories", "lineItems", "results"} & files.keys()
    assert manifest(files)["file.results"] == "absent"
    with page.under_test.portal.database.transaction() as db:
        account_id = db.scalars(select(Account.id).where(Account.person_id == head.person_id)).one()
        actor = actor_of(db, account_id)
        keys = [
            tokens.create(db, actor, "Выгрузка", scopes)[1]
            for scopes in (["import"], ["import", "journal.read"])
        ]
    url = f"/api/v1/organizations/{page.organization_id}/oneroster"
    plain = page.under_test.visitor()
    narrow, wide = (plain.get(url, headers={"authorization": f"Bearer {key}"}) for key in keys)
    assert narrow.status_code == wide.status_code == 200
    assert "results" not in files_of(narrow.content)
    assert "results" in files_of(wide.content)


def test_taking_the_marks_out_is_recorded(page: TeachersPage, head: Visitor) -> None:
    files = taken(page, head)
    with page.under_test.portal.database.reading(fresh=True) as db:
        latest = db.scalars(
            select(AuditRecord)
            .where(AuditRecord.action == "core.export.oneroster")
            .order_by(AuditRecord.id.desc())
            .limit(1)
        ).one()
    assert latest.after is not None
    assert latest.after["results"] == len(files["results"])
    assert page.under_test.sign_in("teacher").get("/export/oneroster/zip").status_code == 403


def test_a_set_with_marks_is_read_back_without_changing_anything(page: TeachersPage, head: Visitor) -> None:
    content = head.get("/export/oneroster/zip").content
    sent = head.post(
        "/import", files=[("files", ("oneroster.zip", content, "application/zip"))], data={"kind": "auto"}
    )
    assert sent.status_code == 303, sent.text
    from core.tasks import Worker

    Worker(page.under_test.portal).run_once()
    report = head.get(sent.headers["location"]).text
    assert "results.csv портал не загружает" in report
    assert "Ошибок нет" in report or "изменений нет" in report
