"""What the history of changes calls curricula and what stands in it about them; what is kept of people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select

from core.database.session import Session
from core.roles.access import within
from core.roles.actor import Actor
from core.web.i18n import lazy as _
from core.web.i18n import sentence
from plugins.diary.curriculum.curricula import VIEW
from plugins.diary.curriculum.models import Curriculum, CurriculumColumn

FIELDS: Mapping[str, str] = {
    "title": _("название"),
    "template": _("образец"),
    "based_on": _("сделан с плана"),
    "number": _("версия"),
    "starts_on": _("действует с"),
    "ends_on": _("действует по"),
    "state": _("состояние"),
    "subject": _("предмет"),
    "part": _("часть плана"),
    "place": _("столбец"),
    "kind": _("вид столбца"),
    "hours": _("часов в неделю"),
    "teacher": _("учитель"),
    "from_day": _("с какого дня"),
    "rows": _("строк"),
}
VALUES: Mapping[str, Mapping[str, str]] = {
    "state": {
        "draft": _("черновик"),
        "submitted": _("на утверждении"),
        "approved": _("утверждён"),
        "superseded": _("заменён"),
    },
    "part": {
        "mandatory": _("обязательная"),
        "school": _("формируемая школой"),
        "extracurricular": _("внеурочная деятельность"),
    },
    "kind": {"class": _("класс"), "group": _("группа"), "pupil": _("индивидуальный план")},
}


def curricula_named(db: Session, actor: Actor, ids: Sequence[str]) -> Mapping[str, tuple[str, str]]:
    """Curricula by their titles and versions."""
    rows = db.execute(
        select(Curriculum.id, Curriculum.title, Curriculum.number).where(
            Curriculum.id.in_([UUID(each) for each in ids]), within(actor, VIEW, Curriculum.organization_id)
        )
    )
    return {
        str(row.id): (
            sentence("%(title)s, версия %(number)s", title=row.title, number=row.number),
            f"/curriculum/{row.id}",
        )
        for row in rows
    }


def export(db: Session, person_id: UUID) -> Mapping[str, Any]:
    """The curricula with an individual plan of a person, and those a person has written or approved."""
    individual = select(CurriculumColumn.curriculum_id).where(CurriculumColumn.pupil_id == person_id)
    written = or_(Curriculum.author_id == person_id, Curriculum.approved_by_id == person_id)

    def titles(condition: Any) -> list[str]:
        return list(db.scalars(select(Curriculum.title).where(condition).order_by(Curriculum.starts_on)))

    return {"individual_plans": titles(Curriculum.id.in_(individual)), "curricula_written": titles(written)}


def erase(db: Session, actor: Actor, person_id: UUID) -> Sequence[str]:
    """Nothing is erased: a curriculum is a document of the school; says so if the person stands in one."""
    if not any(export(db, person_id).values()):
        return []
    return [sentence("Учебный план остаётся: это документ школы, имени ученика в нём больше нет.")]
