"""The academic year that an import fills. Every kind of import opens it here: one in the archive is refused."""

from __future__ import annotations

from core.database.session import Session
from core.exchange.changes import Changes
from core.exchange.report import ImportReport
from core.exchange.school_state import new_year, year_of
from core.organizations.academic_years import archived_words
from core.organizations.models import AcademicYear, Organization
from core.web.i18n import sentence


def year_to_fill(
    db: Session, organization: Organization, starts_in: int, report: ImportReport
) -> AcademicYear:
    """The school's year that begins in `starts_in`, one that is not saved if the school has none.

    A year in the archive is an error of the report, so that nothing is loaded.
    """
    known = year_of(db, organization.id, starts_in)
    if known is not None and known.archived:
        report.remark("error", archived_words(known), sentence("Выберите другой учебный год."))
    year = known or new_year(organization.id, starts_in)
    report.year = year.name
    return year


def plan_year(
    db: Session, changes: Changes, organization: Organization, starts_in: int, report: ImportReport
) -> AcademicYear:
    """The academic year the data belongs to; planned if the school has none yet."""
    year = year_to_fill(db, organization, starts_in, report)
    if db.get(AcademicYear, year.id) is not None:
        return year
    row = {key: getattr(year, key) for key in ("id", "organization_id", "name", "starts_on", "ends_on")}
    changes.insert(AcademicYear, {**row, "archived": False})
    changes.of_thing("core.academic_year.create", "academic_year", year.id, {"name": year.name})
    report.count(sentence("учебный год"))
    report.remark(
        "note",
        sentence(
            "Учебного года %(year)s в портале не было: он будет создан с %(first)s по %(last)s.",
            year=year.name,
            first=year.starts_on,
            last=year.ends_on,
        ),
    )
    return year
