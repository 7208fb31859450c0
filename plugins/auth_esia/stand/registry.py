"""What the stand answers about its people, in the form of ESIA's REST interface."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from core.identity.identifiers import WrongIdentifier, snils
from plugins.auth_esia.stand.personas import Kid, OrganizationRole, Persona

Elements = Sequence[dict[str, Any]]
_WRITTEN_SNILS = re.compile(r"\d{3}-\d{3}-\d{3}[ -]\d{2}")


def digits(text: str) -> str:
    return "".join(character for character in text if character in "0123456789")


def find_by_login(people: Sequence[Persona], login: str) -> Persona | None:
    """The account with this phone, confirmed e-mail or SNILS, however it is spaced; the older one first."""
    login = login.strip()
    if "@" in login:
        wanted = login.casefold()
        return next(
            (p for p in people if p.email and p.email_verified and p.email.casefold() == wanted), None
        )
    number = digits(login)
    if len(number) == 11 and number[0] in "78" and not _WRITTEN_SNILS.fullmatch(login):
        found = next((p for p in people if digits(p.phone)[1:] == number[1:]), None)
        if found:
            return found
    if len(number) == 10:
        return next((p for p in people if digits(p.phone)[1:] == number), None)
    return next((p for p in people if digits(p.snils) == number), None) if number else None


def complaint(login: str) -> str:
    """What is wrong with a login by its form alone; nothing for one that may be right."""
    login = login.strip()
    if "@" in login:
        right = all(login.partition("@")[::2]) and "." in login.rpartition("@")[2]
        return "" if right else "Почта записана неверно: нужен вид имя@сайт.ру."
    number = digits(login)
    if any(character.isalpha() for character in login) or len(number) not in (10, 11):
        return "Это не похоже на номер телефона, почту или СНИЛС: в телефоне и СНИЛС 11 цифр."
    if len(number) == 11 and (number[0] not in "78" or _WRITTEN_SNILS.fullmatch(login)):
        try:
            snils(number)
        except WrongIdentifier:
            return "Контрольное число СНИЛС не сходится: в номере опечатка."
    return ""


def person(persona: Persona, scopes: frozenset[str]) -> dict[str, Any]:
    """`/rs/prns/{oid}`: only fields whose scope was granted, and only filled ones."""
    answer: dict[str, Any] = {
        "stateFacts": ["EntityRoot"],
        "trusted": persona.level == "PR",
        "status": "REGISTERED",
        "verifying": False,
        "rIdDoc": 3571,
        "updatedOn": 1760000000,
        "eTag": f"{persona.oid:X}",
    }
    if "fullname" in scopes:
        answer |= {"firstName": persona.first_name, "lastName": persona.last_name}
        if persona.middle_name:
            answer["middleName"] = persona.middle_name
    if "birthdate" in scopes:
        answer["birthDate"] = persona.birth_date.strftime("%d.%m.%Y")
    if "gender" in scopes:
        answer["gender"] = persona.gender
    if "snils" in scopes:
        answer["snils"] = persona.snils
    return answer


def contacts(persona: Persona, scopes: frozenset[str]) -> Elements:
    """`/ctts`; a person may have none."""
    found: list[dict[str, Any]] = []
    if scopes & {"mobile", "contacts"}:
        found.append(_contact(persona.oid * 10 + 1, "MBT", persona.phone, verified=True))
    if persona.email and scopes & {"email", "contacts"}:
        found.append(_contact(persona.oid * 10 + 2, "EML", persona.email, verified=persona.email_verified))
    return found


def _contact(number: int, kind: str, value: str, *, verified: bool) -> dict[str, Any]:
    return {
        "stateFacts": ["Identifiable"],
        "id": number,
        "type": kind,
        "vrfStu": "VERIFIED" if verified else "NOT_VERIFIED",
        "value": value,
    }


def kids(persona: Persona, scopes: frozenset[str]) -> Elements:
    """`/kids`."""
    return [_kid(kid, scopes) for kid in persona.kids]


def _kid(kid: Kid, scopes: frozenset[str]) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "stateFacts": ["Identifiable"],
        "id": kid.record_id,
        "firstName": kid.first_name,
        "lastName": kid.last_name,
        "trusted": kid.verified,
    }
    if kid.middle_name:
        answer["middleName"] = kid.middle_name
    if "kid_birthdate" in scopes:
        answer["birthDate"] = kid.birth_date.strftime("%d.%m.%Y")
    if "kid_gender" in scopes:
        answer["gender"] = kid.gender
    if kid.snils and "kid_snils" in scopes:
        answer["snils"] = kid.snils
    if kid.birth_certificate and "kid_birth_cert_doc" in scopes:
        document = _certificate(kid.birth_certificate, verified=kid.verified)
        answer["documents"] = {"size": 1, "elements": [document]}
    return answer


def documents(persona: Persona) -> Elements:
    """`/docs`: of all papers only the birth certificate, which is all that its scope opens."""
    if persona.birth_certificate is None:
        return []
    paper = _certificate(persona.birth_certificate, verified=True)
    return [{"stateFacts": ["Identifiable"], "id": persona.oid * 10 + 3, **paper}]


def _certificate(certificate: tuple[str, str], *, verified: bool) -> dict[str, Any]:
    series, number = certificate
    return {
        "type": "RF_BRTH_CERT",
        "vrfStu": "VERIFIED" if verified else "NOT_VERIFIED",
        "series": series,
        "number": number,
    }


def roles(persona: Persona) -> Elements:
    """`/roles`: whole objects, also without `embed`."""
    return [_role(persona, place) for place in persona.organizations]


def _role(persona: Persona, place: OrganizationRole) -> dict[str, Any]:
    return {
        "oid": place.oid,
        "prnOid": persona.oid,
        "fullName": place.full_name,
        "shortName": place.short_name,
        "ogrn": place.ogrn,
        "type": place.type,
        "chief": place.chief,
        "admin": place.admin,
        "active": place.active,
        "branchOid": None,
        "hasRightOfSubstitution": place.chief,
        "hasApprovalTabAccess": False,
        "isLiquidated": False,
    }


def collection(elements: Sequence[Any]) -> dict[str, Any]:
    """The frame that ESIA puts around a collection."""
    return {"stateFacts": ["hasSize"], "size": len(elements), "eTag": "1", "elements": list(elements)}
