"""The academic year of a OneRoster set, with its terms."""

from __future__ import annotations

from sqlalchemy import select

from core.database.base import new_id
from core.database.session import Session
from core.exchange.changes import Changes
from core.exchange.import_year import plan_year
from core.exchange.oneroster_files import Line, RosterSet
from core.exchange.report import ImportReport
from core.organizations.models import AcademicYear, Organization, Term
from core.web.i18n import sentence

KIND_BY_NUMBER = {2: "half_year", 3: "trimester", 4: "quarter", 5: "module", 6: "module"}
"""What terms are called in Russia when a year has so many of them."""


def plan_roster_year(
    db: Session,
    changes: Changes,
    organization: Organization,
    starts_in: int,
    roster: RosterSet,
    report: ImportReport,
) -> AcademicYear:
    """The year of the set's `schoolYear` session, else the one that begins in `starts_in`."""
    sessions = [line for line in roster.all("academicSessions") if not line.deleted]
    for line in sessions:
        _check(line, roster)
    years = [line for line in sessions if line["type"] == "schoolYear" and not line.report.failed]
    chosen = next(
        (line for line in years if _begins(line) == starts_in), years[0] if len(years) == 1 else None
    )
    if chosen is None:
        return plan_year(db, changes, organization, starts_in, report)
    begins = _begins(chosen)
    remarks = report.remarks
    year = plan_year(db, changes, organization, starts_in if begins is None else begins, report)
    starts_on, ends_on = chosen.day("startDate"), chosen.day("endDate")
    if db.get(AcademicYear, year.id) is None and starts_on and ends_on:
        year.starts_on, year.ends_on = starts_on, ends_on
        changes.update(
            AcademicYear, year.id, {"starts_on": starts_on, "ends_on": ends_on, "external_id": chosen.id}
        )
        chosen.report.outcome = "created"
        report.remarks = remarks
        report.remark(
            "note",
            sentence(
                "Будет создан учебный год %(year)s: %(first)s – %(last)s.",
                year=year.name,
                first=starts_on,
                last=ends_on,
            ),
        )
    elif not year.external_id and chosen.id != str(year.id):
        changes.update(AcademicYear, year.id, {"external_id": chosen.id})
    _terms(db, changes, year, chosen, sessions, report)
    return year


def _check(line: Line, roster: RosterSet) -> None:
    starts_on, ends_on = line.day("startDate"), line.day("endDate")
    if starts_on and ends_on and starts_on >= ends_on:
        line.report.remark(
            "error",
            "Период кончается раньше, чем начинается.",
            "Исправьте даты.",
            column="endDate",
            value=line["endDate"],
        )
    parent = line["parentSourcedId"]
    if parent and parent not in roster.tables["academicSessions"] and "academicSessions" not in roster.delta:
        line.report.remark(
            "error",
            "Такого периода в academicSessions.csv нет.",
            "Исправьте ссылку.",
            column="parentSourcedId",
            value=parent,
        )


def _begins(line: Line) -> int | None:
    starts_on = line.day("startDate")
    if starts_on is None:
        return None
    return starts_on.year if starts_on.month >= 6 else starts_on.year - 1


def _terms(
    db: Session,
    changes: Changes,
    year: AcademicYear,
    chosen: Line,
    sessions: list[Line],
    report: ImportReport,
) -> None:
    """Terms of the year, if the school has none yet; terms that are there are the school's own business."""
    terms = sorted(
        (
            line
            for line in sessions
            if line["parentSourcedId"] == chosen.id
            and line["type"] != "schoolYear"
            and not line.report.failed
        ),
        key=lambda line: line["startDate"],
    )
    kind = KIND_BY_NUMBER.get(len(terms))
    if kind is None or db.scalar(select(Term.id).where(Term.academic_year_id == year.id).limit(1)):
        return
    for number, line in enumerate(terms, 1):
        term_id = new_id()
        term = {
            "id": term_id, "organization_id": year.organization_id, "academic_year_id": year.id, "kind": kind,
            "number": number, "name": line["title"][:100],
            "starts_on": line.day("startDate"), "ends_on": line.day("endDate"),
        }  # fmt: skip
        changes.insert(Term, term)
        changes.of_thing(
            "core.term.create", "term", term_id, {"name": line["title"], "kind": kind, "number": number}
        )
        line.report.outcome = "created"
        report.count(sentence("учебные периоды"))
