"""What ESIA tells of a person, in the portal's terms."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Literal, cast

import msgspec

from core.identity.identifiers import WrongIdentifier, birth_certificate, email, phone, snils
from plugins.auth_esia.errors import EsiaError

_CERTIFICATES = ("RF_BRTH_CERT", "OLD_BRTH_CERT")


class ChildRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A child in the parent's profile. `record_id` is the record's number, not the child's own OID."""

    record_id: int
    last_name: str
    first_name: str
    middle_name: str | None
    birth_date: date | None
    gender: Literal["M", "F"] | None
    snils: str | None
    birth_certificate: str | None
    """As `normalized_certificate` writes it; only of a document that is checked."""
    verified: bool
    """False for a record that the parent typed and nobody checked: no access follows from it."""


class Employment(msgspec.Struct, frozen=True, kw_only=True):
    """A place of the person in an organization; it only proposes a role, never gives one."""

    oid: int
    ogrn: str
    name: str
    kind: str
    """`LEGAL`, `BUSINESS` or `AGENCY`."""
    chief: bool
    admin: bool


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """A person as ESIA knows them. Everything but the name may be missing."""

    issuer: str
    subject: str
    """The account's number at the issuer; ESIA's OID."""
    level: str
    """`PR` confirmed, `KD` a child's account, anything else unconfirmed."""
    last_name: str
    first_name: str
    middle_name: str | None
    birth_date: date | None
    gender: Literal["M", "F"] | None
    snils: str | None
    """Eleven digits with valid check digits."""
    birth_certificate: str | None = None
    """Of a child's account only; a checked document."""
    email: str | None = None
    """A confirmed address only."""
    phone: str | None = None
    """A confirmed mobile number only."""
    children: tuple[ChildRecord, ...] = ()
    unconfirmed_email: bool = False
    """There is an address, which its owner has not confirmed: the portal does not take it."""
    employments: tuple[Employment, ...] = ()
    blocked_at: tuple[Employment, ...] = ()
    """Where the organization has blocked the employee: nothing follows from such a place."""
    missing: tuple[str, ...] = ()
    """Collections that ESIA did not give this time: `ctts`, `roles`, `kids`, `docs`."""

    @property
    def confirmed(self) -> bool:
        """Whether the account's SNILS is checked by the state, and not only declared by its owner."""
        return self.level == "PR"

    @property
    def is_child_account(self) -> bool:
        return self.level == "KD"


def normalized_snils(value: object) -> str | None:
    """Eleven digits, or None when the number is absent or its check digits are wrong."""
    if not isinstance(value, str):
        return None
    try:
        return snils(value)
    except WrongIdentifier:
        return None


def normalized_certificate(documents: Sequence[dict[str, Any]]) -> str | None:
    """Series and number of the checked birth certificate among documents, as the portal keeps it, or None."""
    for document in documents:
        if document.get("type") not in _CERTIFICATES or document.get("vrfStu") != "VERIFIED":
            continue
        series, number = as_text(document.get("series")), as_text(document.get("number"))
        try:
            return birth_certificate(f"{series} {number}")
        except WrongIdentifier:
            continue
    return None


def normalized_phone(value: object) -> str | None:
    """A number as the portal keeps it, `+79007000001`, or None; ESIA writes `+7(900)7000001`."""
    if not isinstance(value, str):
        return None
    try:
        return phone(value)
    except WrongIdentifier:
        return None


def normalized_email(value: object) -> str | None:
    """An address in lower case, or None for what is none."""
    if not isinstance(value, str):
        return None
    try:
        return email(value)
    except WrongIdentifier:
        return None


def read_profile(
    issuer: str,
    oid: int,
    level: str,
    person: dict[str, Any],
    *,
    contacts: Sequence[dict[str, Any]],
    roles: Sequence[dict[str, Any]],
    kids: Sequence[dict[str, Any]],
    documents: Sequence[dict[str, Any]] = (),
    missing: Sequence[str] = (),
) -> Profile:
    """Put ESIA's answers together; raises EsiaError `bad-answer` when the person has no name."""
    first_name, last_name = as_text(person.get("firstName")), as_text(person.get("lastName"))
    if not first_name and not last_name:
        raise EsiaError("bad-answer", "the person has no name")
    return Profile(
        issuer=issuer,
        subject=str(oid),
        level=level,
        last_name=last_name or "",
        first_name=first_name or "",
        middle_name=as_text(person.get("middleName")),
        birth_date=_date(person.get("birthDate")),
        gender=_gender(person.get("gender")),
        snils=normalized_snils(person.get("snils")),
        birth_certificate=normalized_certificate(documents),
        email=normalized_email(_contact(contacts, "EML")),
        unconfirmed_email=any(each.get("type") == "EML" and as_text(each.get("value")) for each in contacts)
        and _contact(contacts, "EML") is None,
        phone=normalized_phone(_contact(contacts, "MBT")),
        children=tuple(child for child in map(_child, kids) if child),
        employments=_employments(roles, active=True),
        blocked_at=_employments(roles, active=False),
        missing=tuple(missing),
    )


def _child(element: dict[str, Any]) -> ChildRecord | None:
    record_id, first_name = element.get("id"), as_text(element.get("firstName"))
    if not isinstance(record_id, int) or not first_name:
        return None
    return ChildRecord(
        record_id=record_id,
        last_name=as_text(element.get("lastName")) or "",
        first_name=first_name,
        middle_name=as_text(element.get("middleName")),
        birth_date=_date(element.get("birthDate")),
        gender=_gender(element.get("gender")),
        snils=normalized_snils(element.get("snils")),
        birth_certificate=normalized_certificate(_elements(element.get("documents"))),
        verified=element.get("trusted") is True,
    )


def _elements(collection: object) -> list[dict[str, Any]]:
    """The objects of a collection that stands within an answer."""
    elements = cast("dict[str, Any]", collection).get("elements") if isinstance(collection, dict) else None
    if not isinstance(elements, list):
        return []
    found = cast("list[object]", elements)
    return [cast("dict[str, Any]", each) for each in found if isinstance(each, dict)]


def _employments(elements: Sequence[dict[str, Any]], *, active: bool) -> tuple[Employment, ...]:
    """An employee's places, or those where they are blocked; not in organizations that are no more."""
    wanted = [
        each for each in elements if each.get("active") is active and each.get("isLiquidated") is not True
    ]
    return tuple(place for place in map(_employment, wanted) if place)


def _employment(element: dict[str, Any]) -> Employment | None:
    oid, ogrn = element.get("oid"), as_text(element.get("ogrn"))
    if not isinstance(oid, int) or not ogrn:
        return None
    return Employment(
        oid=oid,
        ogrn=ogrn,
        name=as_text(element.get("shortName")) or as_text(element.get("fullName")) or ogrn,
        kind=as_text(element.get("type")) or "",
        chief=element.get("chief") is True,
        admin=element.get("admin") is True,
    )


def _contact(contacts: Sequence[dict[str, Any]], kind: str) -> str | None:
    for contact in contacts:
        if contact.get("type") == kind and contact.get("vrfStu") == "VERIFIED":
            return as_text(contact.get("value"))
    return None


def as_text(value: object) -> str | None:
    """A text without superfluous spaces, or None for anything else."""
    return " ".join(value.split())[:300] or None if isinstance(value, str) else None


def _date(value: object) -> date | None:
    if not isinstance(value, str):
        return None
    try:
        return datetime.strptime(value, "%d.%m.%Y").date()  # noqa: DTZ007 - a birthday has no zone
    except ValueError:
        return None


def _gender(value: object) -> Literal["M", "F"] | None:
    if value == "M":
        return "M"
    return "F" if value == "F" else None
