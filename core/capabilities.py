"""Capabilities that plugins offer each other without knowing each other.

A plugin asks `ask(db, actor, "marks")` for whoever provides marks in the acting organization and gets an
object of the protocol below, or None. Structs are plain values, so that any plugin, ours or a region's
own, can be on either side. The provider checks the actor's rights, as every service does.

Further capabilities are published by plugins in their `hooks.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, time
from typing import TYPE_CHECKING, Annotated, Any, Literal, Protocol
from uuid import UUID

import msgspec
from msgspec import Meta

from core.content_library import Content, ContentItem
from core.curricula import CurriculumOfYear, LessonPlans
from core.gradebooks import Gradebook
from core.portal_documents import Documents

if TYPE_CHECKING:
    from core.database.session import Session
    from core.roles.actor import Actor


class PlannedLesson(msgspec.Struct, frozen=True, kw_only=True):
    """A lesson as the timetable has it on one school day.

    `status` is `planned`, `substituted`, `moved` or `cancelled`; `number` counts the lessons of the day.
    Exactly one of class and group may be missing: a group across classes has no class.
    """

    id: UUID
    organization_id: UUID
    academic_year_id: UUID
    day: date
    number: int
    starts_at: time | None
    ends_at: time | None
    subject_id: UUID
    teacher_id: UUID | None
    school_class_id: UUID | None
    pupil_group_id: UUID | None
    room: str = ""
    status: str = "planned"


class LessonsPlanned(msgspec.Struct, frozen=True, kw_only=True):
    """Event: lessons have been put into the timetable, changed, or taken out of it (`removed` are ids)."""

    lessons: Sequence[PlannedLesson] = ()
    removed: Sequence[UUID] = ()


class Lessons(Protocol):
    """Capability `lessons`: what is planned."""

    def of_teacher(
        self, db: Session, actor: Actor, teacher_id: UUID, first: date, last: date
    ) -> Sequence[PlannedLesson]:
        """A teacher's lessons of some days, both included."""
        ...

    def of_pupil(
        self, db: Session, actor: Actor, pupil_id: UUID, first: date, last: date
    ) -> Sequence[PlannedLesson]:
        """A pupil's lessons with the subgroups he is in."""
        ...

    def of_class(
        self, db: Session, actor: Actor, school_class_id: UUID, first: date, last: date
    ) -> Sequence[PlannedLesson]:
        """Everything a class has, all subgroups."""
        ...


class MarkCriterion(msgspec.Struct, frozen=True, kw_only=True):
    """Points that a work has got for one of its criteria."""

    title: Annotated[str, Meta(description="За что: «Содержание».")]
    points: Annotated[int, Meta(description="Сколько баллов.")]
    greatest: Annotated[int, Meta(description="Сколько можно было получить.")]


class PupilMark(msgspec.Struct, frozen=True, kw_only=True):
    """A mark as a family sees it. `lesson_id` is the planned lesson's where there is one."""

    id: UUID
    pupil_id: UUID
    day: date
    lesson_id: UUID | None
    lesson_number: int
    subject_id: UUID
    value: str
    weight: int
    work: str
    comment: str = ""
    is_retake: bool = False
    """Whether the mark before it, of the same lesson, was retaken."""

    criteria: Sequence[MarkCriterion] = ()
    """By what the work was judged; they stand with the first mark of a lesson."""

    source: str = ""
    """The former school that gave the mark; empty for marks of this one."""


class MarkSet(msgspec.Struct, frozen=True, kw_only=True):
    """Event: a cell of the journal has new marks; `value` is the cell's text, empty if all were taken back.

    `version` is the page's after the change (`core.school_events`); a journal without pages leaves it out.
    """

    organization_id: UUID
    pupil_id: UUID
    subject_id: UUID
    day: date
    value: str
    page_id: UUID | None = None
    lesson_id: UUID | None = None
    version: int = 0


TermMarkKind = Literal["term", "year", "exam", "final"]


class TermMarkSet(msgspec.Struct, frozen=True, kw_only=True):
    """Event: a pupil's mark of a term, the year, an exam or the final one has been set, changed or taken back.

    `value` is empty if the mark was taken back; `version` is the page's after the change.
    """

    organization_id: UUID
    pupil_id: UUID
    subject_id: UUID
    kind: TermMarkKind
    term_id: UUID | None
    value: str
    page_id: UUID | None = None
    version: int = 0


class Marks(Protocol):
    """Capability `marks`: current marks of pupils."""

    def of_pupil(
        self, db: Session, actor: Actor, pupil_id: UUID, first: date, last: date
    ) -> Sequence[PupilMark]:
        """A pupil's marks of some days, both included. Raises `NotFound` for somebody else's child."""
        ...

    def version_for_pupil(self, db: Session, actor: Actor, pupil_id: UUID) -> str:
        """A stamp that changes whenever any answer about this pupil changes."""
        ...


class PupilAbsence(msgspec.Struct, frozen=True, kw_only=True):
    """An attendance code a pupil got in a lesson; `absent` says whether it counts as absence."""

    pupil_id: UUID
    day: date
    lesson_id: UUID | None
    lesson_number: int
    subject_id: UUID
    code: str
    title: str
    absent: bool


class Attendance(Protocol):
    """Capability `attendance`: who was absent or late."""

    def of_pupil(
        self, db: Session, actor: Actor, pupil_id: UUID, first: date, last: date
    ) -> Sequence[PupilAbsence]:
        """A pupil's absences and latenesses of some days."""
        ...


class PupilRemark(msgspec.Struct, frozen=True, kw_only=True):
    """What a teacher said of a pupil at a lesson: `kind` is `praise` or `remark`."""

    pupil_id: UUID
    day: date
    lesson_id: UUID | None
    lesson_number: int
    subject_id: UUID
    kind: str
    text: str


class Remarks(Protocol):
    """Capability `remarks`: praise and remarks."""

    def of_pupil(
        self, db: Session, actor: Actor, pupil_id: UUID, first: date, last: date
    ) -> Sequence[PupilRemark]:
        """What was said of a pupil on some days, both included. Raises `NotFound` for somebody else's child."""
        ...


class PupilTermMark(msgspec.Struct, frozen=True, kw_only=True):
    """A pupil's mark in a subject for a term, the year, an exam, or the final one.

    `kind` is `term`, `year`, `exam` or `final`; `term_id` is empty but for a term. `value` is empty while no mark is
    set, `average` is the weighted mean of the term's marks as shown, «4,44». `source` is the former school that set the
    mark; without a mark it is the one whose marks are in the average. Empty where all is of this school.
    """

    pupil_id: UUID
    subject_id: UUID
    subject: str
    kind: str
    term_id: UUID | None
    term: str
    value: str
    average: str
    source: str = ""


class TermMarks(Protocol):
    """Capability `term_marks`: marks of terms and years."""

    def of_pupil(self, db: Session, actor: Actor, pupil_id: UUID, day: date) -> Sequence[PupilTermMark]:
        """Those of the academic year of `day`, by subject. Raises `NotFound` for somebody else's child."""
        ...


class PupilExemption(msgspec.Struct, frozen=True, kw_only=True):
    """A pupil who does not take a subject with the class on some days, both included.

    `kind` is `exempt`, or `apart` for one taught the subject apart from the class: at home, by an individual plan.
    """

    pupil_id: UUID
    subject_id: UUID
    subject: str
    kind: str
    first_day: date
    last_day: date
    reason: str


class Exemptions(Protocol):
    """Capability `exemptions`: pupils exempt from subjects."""

    def of_pupil(
        self, db: Session, actor: Actor, pupil_id: UUID, first: date, last: date
    ) -> Sequence[PupilExemption]:
        """Those that hold on some of the days, both included. Raises `NotFound` for somebody else's child."""
        ...


class PupilBehaviour(msgspec.Struct, frozen=True, kw_only=True):
    """A pupil's behaviour in a term, or in the year where `term_id` is empty; `title` is the mark in words."""

    term_id: UUID | None
    value: str
    title: str
    failing: bool = False


class Behaviour(Protocol):
    """Capability `behaviour`: how pupils behave, which is not a subject."""

    def of_pupil(self, db: Session, actor: Actor, pupil_id: UUID, day: date) -> Sequence[PupilBehaviour]:
        """Marks of the academic year of `day`. Raises `NotFound` for somebody else's child."""
        ...


class ReportCards(Protocol):
    """Capability `report_cards`: the pupil's marks of a year as a document to be taken out."""

    def address(self, db: Session, actor: Actor, pupil_id: UUID) -> str:
        """Where a guardian, or the pupil, takes it out; empty for whoever may not."""
        ...


class HomeworkFile(msgspec.Struct, frozen=True, kw_only=True):
    """A stored file that came with homework."""

    id: UUID
    name: str


class HomeworkItem(ContentItem, frozen=True, kw_only=True):
    """An item of the content library that came with homework, as the library has it now.

    Of one that the library has no more (`withdrawn`), and while nobody provides a library, only id and title are known:
    the title as it was when it was given.
    """

    withdrawn: Annotated[bool, Meta(description="Материала больше нет в библиотеке.")] = False


class GivenHomework(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of homework: that of the class, or what this pupil has got besides (`own`).

    `minutes` is an estimate. `items` are of the content library, in the teacher's order. `url` is the page where the
    reader sees it whole and the pupil hands it in, empty for those who have no such page; `state` says in words what
    has become of the work, `tone` how that is coloured.
    """

    text: str
    minutes: int | None = None
    own: bool = False
    links: Sequence[str] = ()
    files: Sequence[HomeworkFile] = ()
    items: Sequence[HomeworkItem] = ()
    url: str = ""
    state: str = ""
    tone: str = ""


class LessonHomework(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be prepared for a lesson, and what the lesson was about.

    `homework` is the text of the class's, `given` all pieces with what belongs to them; a provider that knows only
    the text leaves it empty.
    """

    day: date
    lesson_id: UUID | None
    lesson_number: int
    subject_id: UUID
    school_class_id: UUID | None
    pupil_group_id: UUID | None
    topic: str
    homework: str
    given: Sequence[GivenHomework] = ()


class Homework(Protocol):
    """Capability `homework`: topics and tasks."""

    def of_pupil(
        self, db: Session, actor: Actor, pupil_id: UUID, first: date, last: date
    ) -> Sequence[LessonHomework]:
        """Topics of the lessons of some days, and the homework due at them."""
        ...


def ask(db: Session, actor: Actor, capability: str) -> Any | None:
    """Whoever provides `capability` for the acting organization, or None."""
    path = actor.acting_role.organization_path
    return db.portal.switches.implementation(capability, path)


def ask_for(db: Session, organization_path: str, capability: str) -> Any | None:
    """Whoever provides `capability` for the organization with this path, or None."""
    return db.portal.switches.implementation(capability, organization_path)


KNOWN: Mapping[str, type[Any]] = {
    "lessons": Lessons,
    "marks": Marks,
    "attendance": Attendance,
    "remarks": Remarks,
    "term_marks": TermMarks,
    "behaviour": Behaviour,
    "report_cards": ReportCards,
    "exemptions": Exemptions,
    "homework": Homework,
    "gradebook": Gradebook,
    "curriculum": CurriculumOfYear,
    "lesson_plans": LessonPlans,
    "content": Content,
    "documents": Documents,
}
