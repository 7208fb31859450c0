"""What the journal knows of several pupils on some days, for pages that show a family: see `core.pupil_records`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import (
    BindParameter,
    Boolean,
    Date,
    Integer,
    Select,
    String,
    Text,
    Uuid,
    bindparam,
    case,
    cast,
    exists,
    literal,
    null,
    select,
    union_all,
)

from core.capabilities import MarkCriterion, PupilAbsence, PupilExemption, PupilMark, PupilRemark
from core.database.session import Session
from core.organizations.models import AcademicYear, Subject
from core.pupil_records import PupilPlace, PupilRecord
from core.roles.actor import Actor
from plugins.journal.capabilities import work_in_words
from plugins.journal.criteria.models import JournalCriterion, JournalPoints
from plugins.journal.exemptions.models import JournalExemption
from plugins.journal.external.models import MARK_KIND, JournalExternalMark
from plugins.journal.homework.of_pupils import homework_of_pupils
from plugins.journal.models import OUTSIDE, JournalAttendance, JournalLesson, JournalMark, JournalPage
from plugins.journal.remarks.models import JournalRemark
from plugins.journal.settings import JournalSettings, journal_settings
from plugins.journal.terms.elsewhere import on_page


class _Line(msgspec.Struct, array_like=True):
    """Something said of a pupil. What `text`, `more` and the others hold depends on `what` it is."""

    what: str
    id: UUID
    pupil_id: UUID
    organization_id: UUID
    day: date
    last_day: date | None
    number: int
    position: int
    planned_lesson_id: UUID | None
    lesson_id: UUID | None
    subject_id: UUID | None
    text: str
    more: str
    about: str
    kind: str
    count: int
    flag: bool


_KINDS: Mapping[str, Any] = {
    "id": Uuid,
    "pupil_id": Uuid,
    "organization_id": Uuid,
    "day": Date,
    "last_day": Date,
    "number": Integer,
    "position": Integer,
    "planned_lesson_id": Uuid,
    "lesson_id": Uuid,
    "subject_id": Uuid,
    "text": Text,
    "more": Text,
    "about": Text,
    "kind": Text,
    "count": Integer,
    "flag": Boolean,
}
_EMPTY: Mapping[Any, Any] = {
    Uuid: null(),
    Date: null(),
    Integer: literal(0),
    Text: literal(""),
    Boolean: literal(0),
}


def _many(name: str) -> BindParameter[UUID]:
    return bindparam(name, type_=Uuid(), expanding=True)


_FIRST, _LAST = bindparam("first", type_=Date()), bindparam("last", type_=Date())
_YEARS = select(AcademicYear.id).where(
    AcademicYear.organization_id.in_(_many("organizations")),
    AcademicYear.starts_on <= _LAST,
    AcademicYear.ends_on >= _FIRST,
)


def _lines(what: str, table: Any, **columns: Any) -> Select[Any]:
    """Rows of a table of the pupils' and the schools', in the columns that all lines share.

    The year is asked for because every index of these tables begins with school and year.
    """
    given = {
        "id": table.id,
        "pupil_id": table.pupil_id,
        "organization_id": table.organization_id,
        **columns,
    }
    statement: Any = select(
        cast(literal(what), String).label("what"),
        # Only what is empty is cast: SQLite makes a number of a day that is cast to a day.
        *(
            (given[name] if name in given else cast(_EMPTY[kind], kind)).label(name)
            for name, kind in _KINDS.items()
        ),
    )
    return statement.where(
        table.organization_id.in_(_many("organizations")),
        table.academic_year_id.in_(_YEARS),
        table.pupil_id.in_(_many("pupils")),
    )


def _at_lesson(what: str, table: Any, **columns: Any) -> Select[Any]:
    """Lines about the lessons of the days asked for."""
    return (
        _lines(
            what,
            table,
            day=table.day,
            number=JournalLesson.number,
            planned_lesson_id=JournalLesson.planned_lesson_id,
            lesson_id=JournalLesson.id,
            subject_id=JournalPage.subject_id,
            **columns,
        )
        .join(JournalLesson, JournalLesson.id == table.lesson_id)
        .join(JournalPage, JournalPage.id == table.page_id)
        .where(table.day.between(_FIRST, _LAST))
    )


_MARKS = _at_lesson(
    "mark",
    JournalMark,
    position=JournalMark.position,
    text=JournalMark.value,
    more=JournalMark.comment,
    about=case((JournalLesson.status == OUTSIDE, JournalLesson.topic), else_=""),
    kind=JournalMark.control_kind,
    count=JournalMark.weight,
    flag=JournalMark.is_retake,
)
_BROUGHT = _lines(
    "brought",
    JournalExternalMark,
    day=JournalExternalMark.day,
    subject_id=JournalExternalMark.subject_id,
    text=JournalExternalMark.value,
    more=JournalExternalMark.source,
    about=JournalExternalMark.work,
    count=JournalExternalMark.weight,
).where(
    JournalExternalMark.kind == MARK_KIND,
    JournalExternalMark.day.between(_FIRST, _LAST),
    exists().where(
        JournalPage.organization_id == JournalExternalMark.organization_id,
        JournalPage.academic_year_id == JournalExternalMark.academic_year_id,
        JournalPage.subject_id == JournalExternalMark.subject_id,
        on_page(JournalExternalMark.pupil_id),
    ),
)
_POINTS = (
    _lines(
        "points",
        JournalPoints,
        day=JournalLesson.day,
        number=JournalCriterion.greatest,
        position=JournalCriterion.position,
        lesson_id=JournalPoints.lesson_id,
        text=JournalCriterion.title,
        count=JournalPoints.points,
    )
    .join(JournalCriterion, JournalCriterion.id == JournalPoints.criterion_id)
    .join(JournalLesson, JournalLesson.id == JournalPoints.lesson_id)
    .where(JournalLesson.day.between(_FIRST, _LAST))
)
_ABSENCES = _at_lesson("attendance", JournalAttendance, text=JournalAttendance.code)
_REMARKS = _at_lesson("remark", JournalRemark, text=JournalRemark.text, kind=JournalRemark.kind)
_EXEMPTIONS = (
    _lines(
        "exemption",
        JournalExemption,
        day=JournalExemption.first_day,
        last_day=JournalExemption.last_day,
        subject_id=JournalExemption.subject_id,
        text=JournalExemption.reason,
        about=Subject.name,
        kind=JournalExemption.kind,
    )
    .join(Subject, Subject.id == JournalExemption.subject_id)
    .where(
        JournalExemption.withdrawn_at.is_(None),
        JournalExemption.first_day <= _LAST,
        JournalExemption.last_day >= _FIRST,
    )
)
# One statement for six tables: each more would be felt on a page that families open every evening.
_RECORD = union_all(_MARKS, _BROUGHT, _POINTS, _ABSENCES, _REMARKS, _EXEMPTIONS)
_CAPABILITY = {
    "mark": "marks",
    "brought": "marks",
    "points": "marks",
    "attendance": "attendance",
    "remark": "remarks",
    "exemption": "exemptions",
}


class JournalRecords:
    """Marks, attendance, remarks, exemptions and homework together, as `core.pupil_records` asks for them."""

    def of_pupils(
        self,
        db: Session,
        actor: Actor,
        places: Sequence[PupilPlace],
        first: date,
        last: date,
        wanted: Collection[str],
    ) -> Mapping[UUID, PupilRecord]:
        """What stands in the journals of these schools about these pupils; two statements, more with materials."""
        records: dict[UUID, PupilRecord] = {place.pupil_id: PupilRecord() for place in places}
        if not records:
            return records
        if set(wanted) - {"homework"}:
            _record(db, places, first, last, wanted, records)
        if "homework" in wanted:
            for pupil_id, homework in homework_of_pupils(db, actor, places, first, last).items():
                records[pupil_id].homework = homework
        return records


def _record(
    db: Session,
    places: Sequence[PupilPlace],
    first: date,
    last: date,
    wanted: Collection[str],
    records: Mapping[UUID, PupilRecord],
) -> None:
    settings = {
        (place.organization_id, place.pupil_id): journal_settings(db, place.organization_path)
        for place in places
    }
    lines = db.typed_rows(
        _Line,
        _RECORD,
        {
            "organizations": sorted({place.organization_id for place in places}),
            "pupils": sorted(records),
            "first": first,
            "last": last,
        },
    )
    lines.sort(key=lambda line: (line.day, line.number, line.position, line.id))
    criteria: dict[tuple[UUID, UUID | None], list[MarkCriterion]] = defaultdict(list)
    for line in sorted((each for each in lines if each.what == "points"), key=lambda each: each.position):
        criteria[line.pupil_id, line.lesson_id].append(
            MarkCriterion(title=line.text, points=line.count, greatest=line.number)
        )
    for line in lines:
        # A brother's school is not the sister's: only the pairs asked for are answered.
        of_school = settings.get((line.organization_id, line.pupil_id))
        if of_school is not None and _CAPABILITY[line.what] in wanted:
            _add(records[line.pupil_id], line, of_school, criteria)


def _add(
    record: PupilRecord,
    line: _Line,
    settings: JournalSettings,
    criteria: Mapping[tuple[UUID, UUID | None], Sequence[MarkCriterion]],
) -> None:
    if line.what == "exemption":
        record.exemptions.append(_exemption(line))
        return
    if line.subject_id is None:
        return
    place: dict[str, Any] = {
        "pupil_id": line.pupil_id,
        "day": line.day,
        "lesson_id": line.planned_lesson_id,
        "lesson_number": line.number,
        "subject_id": line.subject_id,
    }
    if line.what == "attendance":
        code = settings.codes.get(line.text)
        record.attendance.append(
            PupilAbsence(
                **place,
                code=line.text,
                title=code.shown_title if code else line.text,
                absent=code is None or code.absent,
            )
        )
    elif line.what == "remark":
        record.remarks.append(PupilRemark(**place, kind=line.kind, text=line.text))
    else:
        source = line.more if line.what == "brought" else ""
        record.marks.append(
            PupilMark(
                **place,
                id=line.id,
                value=line.text,
                weight=line.count,
                work=work_in_words(
                    settings.kinds,
                    value=line.text,
                    control_kind=line.kind,
                    outside=line.about,
                    is_retake=line.flag,
                    source=source,
                ),
                comment="" if source else line.more,
                is_retake=line.flag,
                criteria=criteria.get((line.pupil_id, line.lesson_id), ())
                if line.position == 0 and not source
                else (),
                source=source,
            )
        )


def _exemption(line: _Line) -> PupilExemption:
    assert line.subject_id is not None  # noqa: S101 -- an exemption is from a subject
    assert line.last_day is not None  # noqa: S101 -- and has an end
    return PupilExemption(
        pupil_id=line.pupil_id,
        subject_id=line.subject_id,
        subject=line.about,
        kind=line.kind,
        first_day=line.day,
        last_day=line.last_day,
        reason=line.text,
    )
