"""Russian identifiers: brought to the form they are stored in, with their check digits verified.

Rules: СНИЛС – постановление Правления ПФР 192п; ИНН – приказ ФНС ЕД-7-14/559@; ОГРН – приказ Минфина 165н.
Every function takes text as people write it and raises `WrongIdentifier` with a sentence for them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from core.errors import Wrong
from core.web.i18n import sentence

SNILS_UNCHECKED_UP_TO = 1001998
"""Numbers up to 001-001-998 were given out before there were check digits."""

_ORGANIZATION_WEIGHTS = (2, 4, 10, 3, 5, 9, 4, 6, 8)
_PERSON_WEIGHTS_11 = (7, 2, 4, 10, 3, 5, 9, 4, 6, 8)
_PERSON_WEIGHTS_12 = (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)
_CERTIFICATE = re.compile(r"([IVXLCУХЛСІ1]{1,7}?)([А-ЯЁ]{2})(\d{6})")
_ROMAN = str.maketrans("УХЛСІ1", "VXLCII")
"""What people type for Roman numerals, and the numerals."""
_KPP = re.compile(r"\d{4}[\dA-Z]{2}\d{3}")
_PHONE_NOISE = re.compile(r"[\s()\-–—.\u00a0]+")
_EXTENSION = re.compile(r"\s*(доб|ext|вн)\.?\s*\d+\s*$", re.IGNORECASE)
_SITE = re.compile(r"https?://[\w\-]+(\.[\w\-]+)+(:\d+)?(/[^\s<>\"]*)?", re.IGNORECASE)
_EMAIL = re.compile(r"[^@\s,;<>\"()]+@[^@\s,;<>\"()]+\.[^@\s.,;<>\"()]{2,}")


class WrongIdentifier(Wrong):
    """The text is no such identifier; the message says why."""


def _only_digits(text: str, name: str, lengths: tuple[int, ...]) -> str:
    digits = re.sub(r"[\s\-–—.\u00a0]+", "", text)
    wanted = str(lengths[0])
    if len(lengths) > 1:
        wanted = sentence("%(shorter)s или %(longer)s", shorter=lengths[0], longer=lengths[1])
    if not digits.isascii() or not digits.isdigit():
        raise WrongIdentifier(
            sentence("%(name)s состоит только из цифр, их должно быть %(wanted)s.", name=name, wanted=wanted)
        )
    if len(digits) not in lengths:
        raise WrongIdentifier(
            sentence(
                "В %(name)s должно быть %(wanted)s цифр, а здесь %(count)s.",
                name=name,
                wanted=wanted,
                count=len(digits),
            )
        )
    return digits


def snils(text: str) -> str:
    """СНИЛС as eleven digits. Raises `WrongIdentifier` for a wrong length or check number."""
    digits = _only_digits(text, sentence("СНИЛС"), (11,))
    if digits == "0" * 11:
        raise WrongIdentifier("СНИЛС из одних нулей не бывает.")
    number, check = digits[:9], int(digits[9:])
    if int(number) <= SNILS_UNCHECKED_UP_TO:
        return digits
    total = sum(int(digit) * (9 - index) for index, digit in enumerate(number))
    if total % 101 % 100 != check:
        raise WrongIdentifier("Контрольное число СНИЛС не сходится: в номере опечатка.")
    return digits


def show_snils(digits: str) -> str:
    """`112-233-445 95`."""
    return f"{digits[:3]}-{digits[3:6]}-{digits[6:9]} {digits[9:]}"


def birth_certificate(text: str) -> str:
    """Series and number of a Russian birth certificate, «III-ДН 710107»; Roman numerals in Latin letters.

    The form: приказ Минюста России от 13.08.2018 № 167. Raises `WrongIdentifier` for anything else.
    """
    bare = re.sub(r"[\s№\-–—.\u00a0]+", "", text).upper()
    found = _CERTIFICATE.fullmatch(bare)
    if found is None:
        raise WrongIdentifier(
            "Серия и номер свидетельства пишутся так: III-ДН 710107 – римские цифры, две русские буквы, шесть цифр."
        )
    return f"{found[1].translate(_ROMAN)}-{found[2]} {found[3]}"


def _control(digits: str, weights: tuple[int, ...]) -> int:
    return sum(weight * int(digit) for weight, digit in zip(weights, digits, strict=False)) % 11 % 10


def inn(text: str) -> str:
    """ИНН of an organization (10 digits) or of a person (12). Raises `WrongIdentifier`."""
    digits = _only_digits(text, sentence("ИНН"), (10, 12))
    if len(digits) == 10:
        right = _control(digits, _ORGANIZATION_WEIGHTS) == int(digits[9])
    else:
        right = _control(digits, _PERSON_WEIGHTS_11) == int(digits[10]) and _control(
            digits, _PERSON_WEIGHTS_12
        ) == int(digits[11])
    if not right or not int(digits):
        raise WrongIdentifier("Контрольная цифра ИНН не сходится: в номере опечатка.")
    return digits


def ogrn(text: str) -> str:
    """ОГРН (13 digits) or ОГРНИП (15). Raises `WrongIdentifier`."""
    digits = _only_digits(text, sentence("ОГРН"), (13, 15))
    if int(digits[:-1]) % (11 if len(digits) == 13 else 13) % 10 != int(digits[-1]) or not int(digits):
        raise WrongIdentifier("Контрольная цифра ОГРН не сходится: в номере опечатка.")
    return digits


def organization_inn(text: str) -> str:
    """ИНН of an organization, ten digits. Raises `WrongIdentifier`."""
    return inn(_only_digits(text, sentence("ИНН организации"), (10,)))


def organization_ogrn(text: str) -> str:
    """ОГРН of an organization, thirteen digits. Raises `WrongIdentifier`."""
    return ogrn(_only_digits(text, sentence("ОГРН организации"), (13,)))


def oktmo(text: str) -> str:
    """ОКТМО of a municipality (8 digits) or of a settlement in it (11); no check digit. Raises `WrongIdentifier`."""
    digits = _only_digits(text, sentence("ОКТМО"), (8, 11))
    if digits.startswith("00"):
        raise WrongIdentifier("ОКТМО начинается с кода региона: 07 – Ставропольский край, 45 – Москва.")
    return digits


def kpp(text: str) -> str:
    """КПП, nine characters; it has no check digit. Raises `WrongIdentifier`."""
    code = re.sub(r"[\s\u00a0]+", "", text).upper()
    if not _KPP.fullmatch(code):
        raise WrongIdentifier("КПП – девять знаков: четыре цифры, две цифры или латинские буквы, три цифры.")
    return code


def phone(text: str) -> str:
    """A telephone number as E.164. Ten digits and a leading 8 are Russian numbers. Raises `WrongIdentifier`."""
    bare = _PHONE_NOISE.sub("", _EXTENSION.sub("", text))
    plus = bare.startswith("+")
    digits = bare.removeprefix("+")
    if not digits.isascii() or not digits.isdigit():
        raise WrongIdentifier("В номере телефона лишние знаки.")
    if plus and not digits.startswith("7"):
        if 8 <= len(digits) <= 15:
            return f"+{digits}"
        raise WrongIdentifier("В международном номере должно быть от 8 до 15 цифр.")
    if len(digits) == 11 and digits[0] in "78" and not (plus and digits[0] == "8"):
        digits = digits[1:]
    if len(digits) != 10 or digits[0] in "012":
        raise WrongIdentifier("Номер телефона записывают с кодом, всего 11 цифр: +7 (918) 123-45-67.")
    return f"+7{digits}"


def show_phone(number: str) -> str:
    """`+7 (918) 123-45-67`; foreign numbers as they are."""
    if len(number) != 12 or not number.startswith("+7"):
        return number
    return f"+7 ({number[2:5]}) {number[5:8]}-{number[8:10]}-{number[10:]}"


def site(text: str) -> str:
    """A site's address with its scheme. Raises `WrongIdentifier` for what cannot be one."""
    address = text.strip().rstrip("/")
    if "://" not in address:
        address = f"https://{address}"
    if len(address) > 200 or not _SITE.fullmatch(address):
        raise WrongIdentifier("Адрес сайта записан неверно: нужен вид https://школа.рф.")
    scheme, _separator, rest = address.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme.lower()}://{host.lower()}{slash}{path}"


def email(text: str) -> str:
    """An e-mail address in lower case. Raises `WrongIdentifier` for what cannot be one."""
    address = text.strip().rstrip(".,;").lower()
    if len(address) > 254 or not _EMAIL.fullmatch(address):
        raise WrongIdentifier("Адрес почты записан неверно: нужен вид имя@сайт.ру.")
    return address


READERS: Mapping[str, Callable[[str], str]] = {"snils": snils, "phone": phone, "email": email}
"""How the fields of a person that are such identifiers are read, by their names."""
