"""Which fields of its card an organization needs, and which of them are empty."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, func

from core.audit.words import FIELDS as FIELD_TITLES
from core.organizations.models import Organization
from core.organizations.requisites import AUTHORITY_FIELDS
from core.web.i18n import gettext, sentence

SCHOOL_FIELDS = ("inn", "ogrn", "oktmo", "address", "phone", "email")
AUTHORITY_CARD = ("region_code", *SCHOOL_FIELDS)
MUNICIPALITY_CARD = SCHOOL_FIELDS


def card_filled(fields: Sequence[str]) -> ColumnElement[bool]:
    """None of the fields is empty."""
    return and_(*(func.coalesce(getattr(Organization, name), "") != "" for name in fields))


def missing_of_card(organization: Organization, fields: Sequence[str]) -> str:
    """Which fields are empty, and who fills in those that are not the organization's own."""
    empty = [name for name in fields if not getattr(organization, name)]
    names = ", ".join(gettext(FIELD_TITLES.get(name, name)) for name in empty)
    if set(empty) & set(AUTHORITY_FIELDS):
        return sentence("Не указаны: %(names)s. Реквизиты вносит вышестоящая организация.", names=names)
    return sentence("Не указаны: %(names)s.", names=names)
