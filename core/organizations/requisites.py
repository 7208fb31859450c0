"""What is written about an organization: brought to the form it is kept in, and checked against the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import available_timezones

from sqlalchemy import select

from core.database.session import Session
from core.errors import Invalid
from core.identity import identifiers
from core.identity.identifiers import WrongIdentifier
from core.organizations.models import Organization
from core.roles.access import sees
from core.roles.actor import Actor
from core.roles.kinds import SCHOOL
from core.web.i18n import sentence

CONTACT_FIELDS = ("address", "phone", "email", "site", "support_contact")
"""What an organization says of itself."""

AUTHORITY_FIELDS = (
    "name",
    "short_name",
    "inn",
    "kpp",
    "ogrn",
    "oktmo",
    "region_code",
    "legal_address",
    "timezone",
    "external_id",
)
"""What the authority above answers for."""

FIELDS = (*AUTHORITY_FIELDS, *CONTACT_FIELDS)
REQUIRED = ("name", "short_name")
NULLABLE = ("inn", "kpp", "ogrn", "oktmo", "region_code", "timezone", "external_id", "support_contact")
LONGEST = 500


def _region_code(text: str) -> str:
    if not text.isascii() or not text.isdigit() or len(text) not in (2, 3):
        raise WrongIdentifier("Код региона – две или три цифры, например 26.")
    return text


def _timezone(text: str) -> str:
    if text not in available_timezones():
        raise WrongIdentifier("Такого часового пояса нет. Нужен вид Europe/Moscow.")
    return text


FORMS: Mapping[str, Callable[[str], str]] = {
    "inn": identifiers.organization_inn,
    "kpp": identifiers.kpp,
    "ogrn": identifiers.organization_ogrn,
    "oktmo": identifiers.oktmo,
    "phone": identifiers.phone,
    "email": identifiers.email,
    "site": identifiers.site,
    "region_code": _region_code,
    "timezone": _timezone,
}


def as_kept(values: Mapping[str, Any]) -> dict[str, str | None]:
    """Values of some of `FIELDS` in the form they are kept in.

    Raises `Invalid` with a sentence for each wrong field, all at once.
    """
    kept: dict[str, str | None] = {}
    wrong: dict[str, str] = {}
    for name, value in values.items():
        text = " ".join(str(value or "").split())
        try:
            if "\x00" in text:
                raise WrongIdentifier("В тексте есть недопустимый знак.")
            if len(text) > LONGEST:
                raise WrongIdentifier(sentence("Не длиннее %(count)s знаков.", count=LONGEST))
            if not text and name in REQUIRED:
                raise WrongIdentifier("Заполните поле.")
            if text and name in FORMS:
                text = FORMS[name](text)
        except WrongIdentifier as error:
            wrong[name] = error.message
        kept[name] = text or (None if name in NULLABLE else "")
    refuse(wrong)
    return kept


def refuse(wrong: Mapping[str, str]) -> None:
    """Raise `Invalid` if anything is wrong: name of a field → what is."""
    if wrong:
        raise Invalid(
            "Не сохранено: в форме есть ошибки.",
            advice="Исправьте отмеченное и отправьте снова.",
            fields=dict(wrong),
        )


def check_unique(db: Session, actor: Actor, organization: Organization, parent: Organization | None) -> None:
    """Refuse an ИНН or ОГРН of another organization; a branch shares those of its school.

    Raises `Invalid`. An organization out of the actor's reach is not named.
    """
    family = _family(organization, parent)
    wrong: dict[str, str] = {}
    for name, title in (("inn", "ИНН"), ("ogrn", "ОГРН")):
        value = getattr(organization, name)
        if value is None:
            continue
        others = db.scalars(
            select(Organization).where(
                getattr(Organization, name) == value, Organization.id != organization.id
            )
        )
        for other in others:
            if family and other.path.startswith(family):
                continue
            if sees(db, actor, other):
                wrong[name] = sentence(
                    "Такой %(title)s уже есть у другой организации: %(name)s.",
                    title=title,
                    name=other.short_name,
                )
            else:
                wrong[name] = sentence(
                    "Такой %(title)s уже есть у организации вне вашего подчинения.", title=title
                )
    refuse(wrong)


def _family(organization: Organization, parent: Organization | None) -> str:
    """The path of the school and its branches that `organization` belongs to; «» for anything else."""
    if organization.kind not in SCHOOL:
        return ""
    return parent.path if parent is not None and parent.kind in SCHOOL else organization.path
