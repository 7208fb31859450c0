"""What the changes give to the portal, for the plugin's front door."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from core.database.session import Session
from core.hooks import AuditedAction, AuditedSubject, LiveTopic
from core.roles.actor import Actor
from core.web.i18n import lazy as _
from plugins.diary.changes.absence_pages import absence_page_routes
from plugins.diary.changes.absences import ABSENCE
from plugins.diary.changes.api import changes_api_routes
from plugins.diary.changes.cards import CARDS
from plugins.diary.changes.day_pages import day_page_routes
from plugins.diary.changes.lesson_pages import lesson_page_routes
from plugins.diary.changes.models import CorridorScreen, TeacherAbsence
from plugins.diary.changes.named import absences_named
from plugins.diary.changes.notices import CHANGE_KINDS, TIMETABLE_TOPIC
from plugins.diary.changes.screen import SCREEN
from plugins.diary.changes.screen_pages import screen_routes
from plugins.diary.lessons import TIMETABLE


def _unnamed(_db: Session, _actor: Actor, _ids: Sequence[str]) -> Mapping[str, tuple[str, str]]:
    """A school has one screen: it needs no name."""
    return {}


tables = (TeacherAbsence, CorridorScreen)
routes = [*changes_api_routes, *absence_page_routes, *lesson_page_routes, *day_page_routes, *screen_routes]
cards = CARDS
notification_kinds = CHANGE_KINDS
personal_words = {
    "teacher_absences": _("отсутствия"),
    "first_day": _("первый день"),
    "last_day": _("последний день"),
    "reason": _("причина"),
    "note": _("заметка"),
}
audited_actions = [
    AuditedAction(name="diary.lesson.merge", title=_("Подгруппы объединены на уроке")),
    AuditedAction(name="diary.lesson.move", title=_("Урок перенесён")),
    AuditedAction(name="diary.lesson.room", title=_("Кабинет урока изменён")),
    AuditedAction(name="diary.lesson.restore", title=_("Урок возвращён по расписанию")),
    AuditedAction(name="diary.absence.enter", title=_("Записано отсутствие учителя")),
    AuditedAction(name="diary.absence.change", title=_("Изменено отсутствие учителя")),
    AuditedAction(name="diary.absence.remove", title=_("Убрано отсутствие учителя")),
    AuditedAction(name="diary.absence.erase", title=_("Стёрто отсутствие учителя")),
    AuditedAction(name="diary.screen.open", title=_("Выдан адрес экрана в коридоре")),
    AuditedAction(name="diary.screen.close", title=_("Закрыт экран в коридоре")),
]
audited_subjects = [
    AuditedSubject(
        type=ABSENCE,
        title=_("отсутствие учителя"),
        name=absences_named,
        fields={
            "first_day": _("первый день"),
            "last_day": _("последний день"),
            "first_number": _("с урока"),
            "last_number": _("по урок"),
        },
    ),
    AuditedSubject(type=SCREEN, title=_("экран в коридоре"), name=_unnamed),
]


def _may_listen(_db: Session, actor: Actor, identifier: str) -> bool:
    try:
        organization_id = UUID(identifier)
    except ValueError:
        return False
    return actor.can(TIMETABLE) and actor.role is not None and actor.organization_id == organization_id


topic = LiveTopic(name=TIMETABLE_TOPIC, may_listen=_may_listen)
