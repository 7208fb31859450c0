"""The audit record is append-only and notices whoever goes around it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

from sqlalchemy import delete, select, update

from core.audit.models import AuditRecord
from core.audit.record import Change, check, history, record
from core.organizations.models import Organization
from core.portal import Portal
from core.roles.actor import system_actor


def write_some(portal: Portal, count: int = 5) -> None:
    """Append a few changes to a school's chain."""
    with portal.database.transaction() as db:
        school = db.scalars(select(Organization.id).where(Organization.kind == "school")).first()
        for number in range(count):
            record(
                db,
                system_actor(),
                school,
                Change(
                    action="test.change",
                    subject_type="thing",
                    subject_id="1",
                    before={"value": number},
                    after={"value": number + 1, "note": "ё"},
                ),
            )


def findings(portal: Portal) -> list[str]:
    """What the check says."""
    with portal.database.reading(fresh=True) as db:
        return [finding.message for finding in check(db)]


def test_an_untouched_record_is_in_order(make_portal: Callable[..., Portal]) -> None:
    portal = make_portal()
    write_some(portal)
    assert findings(portal) == []
    with portal.database.reading() as db:
        assert [change.after["value"] for change in history(db, "thing", ["1"]) if change.after] == [
            5,
            4,
            3,
            2,
            1,
        ]


def test_a_changed_record_is_found(make_portal: Callable[..., Portal]) -> None:
    portal = make_portal()
    write_some(portal)
    with portal.database.transaction() as db:
        third = db.scalars(
            select(AuditRecord.id).where(AuditRecord.action == "test.change").offset(2)
        ).first()
        db.execute(update(AuditRecord).where(AuditRecord.id == third).values(after={"value": 5}))
    assert len(findings(portal)) == 1
    assert "изменена" in findings(portal)[0]


def test_a_removed_record_is_found(make_portal: Callable[..., Portal]) -> None:
    portal = make_portal()
    write_some(portal)
    with portal.database.transaction() as db:
        second = db.scalars(
            select(AuditRecord.id).where(AuditRecord.action == "test.change").offset(1)
        ).first()
        db.execute(delete(AuditRecord).where(AuditRecord.id == second))
    assert "нет записи" in findings(portal)[0]


def test_a_cut_off_end_is_found(make_portal: Callable[..., Portal]) -> None:
    portal = make_portal()
    write_some(portal)
    with portal.database.transaction() as db:
        last = db.scalars(
            select(AuditRecord.id)
            .where(AuditRecord.action == "test.change")
            .order_by(AuditRecord.sequence.desc())
        ).first()
        db.execute(delete(AuditRecord).where(AuditRecord.id == last))
    assert "не хватает" in findings(portal)[0]


def test_the_command_tells_a_broken_chain_by_its_exit_code(make_portal: Callable[..., Portal]) -> None:
    portal = make_portal()
    write_some(portal)

    def command() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "core.cli", "check", "audit"],
            env={
                "MOYASHKOLA_HOME": portal.config.home,
                "MOYASHKOLA_DATABASE_URL": portal.config.database_url,
            },
            capture_output=True,
            text=True,
            check=False,
        )

    assert command().returncode == 0
    with portal.database.transaction() as db:
        db.execute(update(AuditRecord).where(AuditRecord.action == "test.change").values(reason="подлог"))
    broken = command()
    assert broken.returncode == 1
    assert "изменена" in broken.stdout
