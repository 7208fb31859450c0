"""Absences that families of an invented school have announced: some answered, some waiting."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select

from core.database.base import new_id
from core.database.session import Session
from core.demo.school import DemoSchool
from core.identity.families import Rights
from core.identity.models import Guardianship
from core.organizations.models import Enrollment
from core.roles.models import StructuralRole
from plugins.journal.attendance.models import JournalAbsence

COMMENTS = {
    "б": ("Температура, были у врача.", "Простуда, справку принесём.", ""),
    "уп": ("Едем на соревнования.", "Семейные обстоятельства.", "Приём у стоматолога в Ставрополе."),
}
WAITING = 8
TO_COME = 4
LONGEST = 200


def announce(db: Session, school: DemoSchool, away: Mapping[UUID, Mapping[date, str]]) -> None:
    """Families announce what `away` says of the pupils' absences, by pupil and day; the latest wait for an answer."""
    guardians = {
        row.child_id: row.guardian_id
        for row in db.execute(
            select(Guardianship.child_id, Guardianship.guardian_id)
            .where(Guardianship.rights == Rights.FULL)
            .join(Enrollment, Enrollment.person_id == Guardianship.child_id)
            .where(
                Enrollment.organization_id == school.organization.id,
                Enrollment.academic_year_id == school.year.id,
            )
            .order_by(Guardianship.id.desc())
        )
    }
    if not guardians:
        return
    class_teachers = {
        row.school_class_id: row.person_id
        for row in db.execute(
            select(StructuralRole.school_class_id, StructuralRole.person_id).where(
                StructuralRole.kind == "class_teacher",
                StructuralRole.organization_id == school.organization.id,
            )
        )
    }
    classes = {
        row.person_id: row.school_class_id
        for row in db.execute(
            select(Enrollment.person_id, Enrollment.school_class_id).where(
                Enrollment.organization_id == school.organization.id,
                Enrollment.academic_year_id == school.year.id,
            )
        )
    }
    draw = Random(school.random.getrandbits(64))  # noqa: S311 -- invented data
    told = sorted(
        (day, pupil, code)
        for pupil, days in away.items()
        if pupil in guardians
        for day, code in days.items()
        if code in COMMENTS and day <= school.today and days.get(day - timedelta(days=1)) != code
    )[-LONGEST:]
    coming = draw.sample(sorted(guardians), min(TO_COME, len(guardians)))
    told += [(school.today + timedelta(days=draw.randint(1, 3)), pupil, "уп") for pupil in coming]
    rows: list[dict[str, Any]] = []
    for place, (day, pupil, code) in enumerate(told):
        last = day
        while away.get(pupil, {}).get(last + timedelta(days=1)) == code:
            last += timedelta(days=1)
        sent = datetime.combine(min(day, school.today), time(6, draw.randint(0, 59)), UTC)
        waits = place >= len(told) - WAITING
        answered_by = None if waits else class_teachers.get(classes[pupil])
        rows.append(
            {
                "id": new_id(),
                "organization_id": school.organization.id,
                "academic_year_id": school.year.id,
                "pupil_id": pupil,
                "first_day": day,
                "last_day": min(last, school.year.ends_on),
                "code": code,
                "comment": draw.choice(COMMENTS[code]),
                "state": "announced" if answered_by is None else "confirmed",
                "author_id": guardians[pupil],
                "created_at": sent,
                "decided_by": answered_by,
                "decided_at": None if answered_by is None else sent + timedelta(hours=2),
                "answer": "",
            }
        )
    db.execute(insert(JournalAbsence), rows)
