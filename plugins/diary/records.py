"""What the record says of pupils, whoever keeps it in their schools."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from uuid import UUID

from msgspec.structs import replace

from core.database.session import Session
from core.pupil_records import RECORDED, PupilPlace, PupilRecord, PupilRecords
from core.roles.actor import Actor
from plugins.diary.pupils import DiaryPupil, PupilSchool, reader_in


def records_of(
    db: Session, actor: Actor, pupils: Sequence[DiaryPupil], first: date, last: date
) -> Mapping[UUID, PupilRecord]:
    """Marks, absences, remarks, exemptions and homework of pupils that `circle` has let the actor see, by pupil.

    Whoever answers for several capabilities together is asked once for all pupils; the others for each pupil apart.
    """
    # The tie is checked: a provider need not ask again, and the child may go to another school than the acting role's.
    reader = replace(actor, is_system=True)
    found: dict[UUID, PupilRecord] = {pupil.id: PupilRecord() for pupil in pupils}
    together: dict[tuple[PupilRecords, frozenset[str]], list[PupilPlace]] = {}
    for pupil in pupils:
        for school in pupil.schools:
            for records, wanted in _asked_together(db, school).items():
                place = PupilPlace(
                    pupil_id=pupil.id, organization_id=school.id, organization_path=school.path
                )
                together.setdefault((records, frozenset(wanted)), []).append(place)
            _ask_apart(db, actor, pupil, school, first, last, found[pupil.id])
    for (records, wanted), places in together.items():
        for pupil_id, told in records.of_pupils(db, reader, places, first, last, wanted).items():
            _take(found[pupil_id], told, wanted)
    return found


def _asked_together(db: Session, school: PupilSchool) -> dict[PupilRecords, set[str]]:
    """Who answers for several capabilities of a school at once, and for which."""
    found: dict[PupilRecords, set[str]] = {}
    for capability in RECORDED:
        provider = db.portal.switches.implementation(capability, school.path)
        records: PupilRecords | None = getattr(provider, "records", None)
        if records is not None:
            found.setdefault(records, set()).add(capability)
    return found


def _ask_apart(
    db: Session,
    actor: Actor,
    pupil: DiaryPupil,
    school: PupilSchool,
    first: date,
    last: date,
    to: PupilRecord,
) -> None:
    for capability in RECORDED:
        provider = db.portal.switches.implementation(capability, school.path)
        if provider is not None and getattr(provider, "records", None) is None:
            told = provider.of_pupil(db, reader_in(school, actor), pupil.id, first, last)
            getattr(to, capability).extend(told)


def _take(record: PupilRecord, told: PupilRecord, wanted: Collection[str]) -> None:
    for capability in wanted:
        getattr(record, capability).extend(getattr(told, capability))
