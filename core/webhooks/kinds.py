"""What a webhook can hear of: the core's events and what plugins add by the hook `webhook_events`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin, get_type_hints
from uuid import UUID

from core.capabilities import MarkSet, TermMarkSet
from core.consents.standing import ConsentChanged
from core.contributions import WebhookEvent
from core.organizations.term_closing import TermClosed, TermReopened
from core.school_events import (
    AbsenceAnnounced,
    AbsenceDecided,
    AttendanceNoted,
    BehaviourMarkSet,
    FormerMarksTaken,
    HomeworkGiven,
    LessonOverridden,
    PointsSet,
    PupilExempted,
    RemarkWritten,
    TopicWritten,
    WorkHandedIn,
    WorkReviewed,
)
from core.web.i18n import lazy, sentence

if TYPE_CHECKING:
    from core.plugins import Plugins

TEST = "webhook.test"
"""The event sent to try a webhook; everybody hears it, nobody chooses it."""

SCHOOL = "organization_id"
ALLOWED = (UUID, int, bool, date, datetime, type(None))
"""Types of fields that may leave the portal: names, texts and marks may not."""

_ON_PAGE = (SCHOOL, "page_id", "lesson_id", "day", "version")

CORE_WEBHOOK_EVENTS = (
    WebhookEvent(
        name="marks.set",
        title=lazy("Отметки в клетке журнала"),
        event=MarkSet,
        fields=(SCHOOL, "page_id", "lesson_id", "pupil_id", "subject_id", "day", "version"),
    ),
    WebhookEvent(
        name="term_marks.set",
        title=lazy("Отметка за период, годовая или итоговая"),
        event=TermMarkSet,
        fields=(SCHOOL, "page_id", "pupil_id", "subject_id", "kind", "term_id", "version"),
    ),
    WebhookEvent(
        name="points.set",
        title=lazy("Баллы по критериям работы"),
        event=PointsSet,
        fields=(*_ON_PAGE, "pupil_id"),
    ),
    WebhookEvent(
        name="behaviour.set",
        title=lazy("Отметка за поведение"),
        event=BehaviourMarkSet,
        fields=(SCHOOL, "school_class_id", "pupil_id", "term_id"),
    ),
    WebhookEvent(
        name="former_marks.taken",
        title=lazy("Отметки прежней школы записаны или убраны"),
        event=FormerMarksTaken,
        fields=(SCHOOL, "page_id", "pupil_id", "subject_id", "step", "version"),
    ),
    WebhookEvent(
        name="attendance.noted",
        title=lazy("Посещаемость на уроке"),
        event=AttendanceNoted,
        fields=(*_ON_PAGE, "pupil_id"),
    ),
    WebhookEvent(name="lesson.topic_written", title=lazy("Тема урока"), event=TopicWritten, fields=_ON_PAGE),
    WebhookEvent(
        name="homework.given",
        title=lazy("Домашнее задание дано, изменено или убрано"),
        event=HomeworkGiven,
        fields=(*_ON_PAGE, "task_id", "step"),
    ),
    WebhookEvent(
        name="homework.handed_in",
        title=lazy("Сдана домашняя работа"),
        event=WorkHandedIn,
        fields=(SCHOOL, "lesson_id", "pupil_id", "work_id", "version"),
    ),
    WebhookEvent(
        name="homework.reviewed",
        title=lazy("Проверена домашняя работа"),
        event=WorkReviewed,
        fields=(SCHOOL, "lesson_id", "pupil_id", "work_id", "state", "version"),
    ),
    WebhookEvent(
        name="remark.written",
        title=lazy("Похвала или замечание"),
        event=RemarkWritten,
        fields=(*_ON_PAGE, "pupil_id", "remark_id", "step"),
    ),
    WebhookEvent(
        name="pupil.exempted",
        title=lazy("Освобождение от предмета дано, закончено раньше или отменено"),
        event=PupilExempted,
        fields=(SCHOOL, "exemption_id", "pupil_id", "subject_id", "first_day", "last_day", "step"),
    ),
    WebhookEvent(
        name="lesson.overridden",
        title=lazy("Урок расписания изменён на один день или возвращён"),
        event=LessonOverridden,
        fields=(SCHOOL, "lesson_id", "day", "step"),
    ),
    WebhookEvent(
        name="absence.announced",
        title=lazy("Семья сообщила о пропуске"),
        event=AbsenceAnnounced,
        fields=(SCHOOL, "absence_id", "pupil_id", "first_day", "last_day", "state"),
    ),
    WebhookEvent(
        name="absence.decided",
        title=lazy("Школа ответила на сообщение о пропуске"),
        event=AbsenceDecided,
        fields=(SCHOOL, "absence_id", "pupil_id", "first_day", "last_day", "state"),
    ),
    WebhookEvent(
        name="term.closed",
        title=lazy("Учебный период закрыт"),
        event=TermClosed,
        fields=(SCHOOL, "academic_year_id", "term_id"),
    ),
    WebhookEvent(
        name="term.reopened",
        title=lazy("Учебный период снова открыт"),
        event=TermReopened,
        fields=(SCHOOL, "academic_year_id", "term_id", "until"),
    ),
    WebhookEvent(
        name="consent.changed",
        title=lazy("Согласие дано или отозвано"),
        event=ConsentChanged,
        fields=(SCHOOL, "person_id", "standing"),
    ),
)


def all_kinds(plugins: Plugins) -> Mapping[str, WebhookEvent]:
    """Every event that can be heard of, by name; what a plugin declares wrongly is fenced off and left out."""
    found = {each.name: each for each in CORE_WEBHOOK_EVENTS}
    for plugin, each in plugins.each("webhook_events"):
        try:
            check(each)
        except ValueError as error:
            plugins.fence(plugin.name, sentence("хук %(hook)s", hook="webhook_events"), error)
            continue
        found.setdefault(each.name, each)
    return found


def check(kind: WebhookEvent) -> None:
    """Raise `ValueError` for an event without its organization, or with a field that may hold personal data."""
    if SCHOOL not in kind.fields:
        raise ValueError(f"webhook event {kind.name!r} does not say in which organization it happened")
    hints = get_type_hints(kind.event)
    for name in kind.fields:
        if name not in hints:
            raise ValueError(f"{kind.event.__name__} of webhook event {kind.name!r} has no field {name!r}")
        if not _may_leave(hints[name]):
            raise ValueError(
                f"field {name!r} of webhook event {kind.name!r} may hold personal data: only ids, numbers, days, "
                "moments and words of a fixed list leave the portal"
            )


def _may_leave(hint: Any) -> bool:
    if hint in ALLOWED:
        return True
    if get_origin(hint) is Literal:
        return True
    return bool(get_args(hint)) and all(_may_leave(each) for each in get_args(hint))
