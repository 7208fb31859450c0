"""What the history of changes calls plans and what stands in it about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import select

from core.database.session import Session
from core.roles.actor import Actor
from core.web.i18n import lazy as _
from plugins.journal.topics.models import LessonPlan
from plugins.journal.topics.plans import seen

PLAN_FIELDS: Mapping[str, str] = {
    "title": _("название"),
    "hours": _("часов"),
    "copied_from": _("скопирован из плана"),
    "topics": _("темы"),
    "topic": _("тема"),
    "topic_id": _("ключ темы"),
    "page": _("только для страницы"),
    "number": _("номер"),
    "section": _("раздел"),
    "homework": _("домашнее задание"),
    "control_kind": _("вид работы"),
    "links": _("ссылки"),
    "remark": _("примечание"),
}
PAGE_FIELDS: Mapping[str, str] = {
    "plan": _("план"),
    "from_day": _("с какого дня"),
    "topic": _("тема"),
    "kind": _("отступление"),
    "lessons": _("уроков"),
}
PAGE_VALUES: Mapping[str, Mapping[str, str]] = {
    "kind": {
        "": _("нет"),
        "skipped": _("пропущена"),
        "joined": _("вместе с предыдущей"),
        "stretched": _("растянута"),
        "removed": _("убрана"),
    }
}


def plans_named(db: Session, actor: Actor, ids: Sequence[str]) -> Mapping[str, tuple[str, str]]:
    """Plans by their titles."""
    rows = db.execute(
        select(LessonPlan.id, LessonPlan.title).where(
            LessonPlan.id.in_([UUID(each) for each in ids]), seen(actor)
        )
    )
    return {str(row.id): (row.title, f"/journal/plans/{row.id}") for row in rows}
