"""Where what is known of a person came from: the last change of each group of fields, or how the card began."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from core.audit.record import history
from core.database.session import Session
from core.identity.former import former_ids
from core.identity.models import Person
from core.web.i18n import lazy, sentence

GROUPS: Sequence[tuple[str, Sequence[str]]] = (
    (lazy("Имя, пол и дата рождения"), ("last_name", "first_name", "middle_name", "gender", "birth_date")),
    (lazy("СНИЛС"), ("snils",)),
    (lazy("Свидетельство о рождении"), ("birth_certificate",)),
    (lazy("Телефон и почта"), ("phone", "email")),
)
SOURCES: Mapping[str, str] = {
    "portal": lazy("внесён в портале"),
    "table": lazy("загружен из таблицы"),
    "oneroster": lazy("загружен из OneRoster"),
    "demo": lazy("демонстрационные данные"),
}
BY_SIGN_IN = lazy("пришёл через внешний вход")
"""Of whoever the portal knows from an identity provider: the source is its issuer's address."""

WHOLE = "core.person.create"
CHANGES: Mapping[str, str] = {
    WHOLE: lazy("внесено вручную"),
    "core.person.update": lazy("изменено вручную"),
    "core.person.correct": lazy("исправлено по запросу человека"),
    "core.person.merge": lazy("взято из второй карточки при объединении"),
}
FROM_A_FILE = "Загрузка из файла: "
"""How the reason of a change begins that an import has made (`core.exchange.run`)."""


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """A group of fields: how it came, from whom («» for nobody in particular), when."""

    fields: str
    how: str
    who: str
    at: datetime


def origins(db: Session, person: Person) -> Sequence[Origin]:
    """The origin of each group that is filled in. The caller has checked who may see the person."""
    changes = history(db, "person", [str(each) for each in (person.id, *former_ids(db, person.id))])
    own = [each for each in changes if each.action in CHANGES]
    found: list[Origin] = []
    for title, fields in GROUPS:
        if not any(getattr(person, name) for name in fields):
            continue
        latest = next((each for each in own if _touches(each, fields, person)), None)
        if latest is None:
            found.append(
                Origin(fields=title, how=SOURCES.get(person.source, BY_SIGN_IN), who="", at=person.created_at)
            )
        else:
            found.append(Origin(fields=title, how=_how(latest), who=latest.person_name, at=latest.at))
    return found


def _touches(change: Any, fields: Sequence[str], person: Person) -> bool:
    """Whether a change wrote one of the fields; a card made by hand names only the person: it wrote them all."""
    after: Mapping[str, Any] = change.after or {}
    if change.action == WHOLE and change.subject_id == str(person.id) and "last_name" not in after:
        return True
    return any(name in after for name in fields)


def _how(change: Any) -> str:
    if change.reason.startswith(FROM_A_FILE):
        return sentence("загружено из файла «%(name)s»", name=change.reason.removeprefix(FROM_A_FILE))
    return CHANGES[change.action]
