"""Names of people as schools write them, taken apart: «ИВАНОВА-ПЕТРОВА  анна», «Алиев Руслан Магомед оглы»."""

from __future__ import annotations

import re

import msgspec

from core.errors import Wrong
from core.identity.names import full_name, mend_lookalikes
from core.web.i18n import sentence

LONGEST_PART = 60
_SUFFIXES = frozenset({"оглы", "оглу", "кызы", "кизи", "гызы", "угли", "оғлы", "уулу", "улы", "заде"})
_PARTICLES = frozenset({"де", "дер", "ди", "да", "ла", "ле", "фон", "ван", "бен", "ибн", "аль", "эль"})
_PATRONYMIC = re.compile(r".{2,}(вич|вна|ьич|инична|ична)", re.IGNORECASE)
_LATIN = re.compile(r"[A-Za-z]")
_CYRILLIC = re.compile(r"[А-Яа-яЁёІіЎўҒғҚқҢңӘәӨөҮүҰұҺһӀ]")
_ALLOWED = re.compile(r"[^\W\d_]+(?:[-'’`.][^\W\d_]+)*\.?", re.UNICODE)
_BRACKETS = re.compile(r"\s*[(\[].*?[)\]]\s*")
_PHONE_INSIDE = re.compile(r"(?:\+7|\b8|\b7)[\s(\-]*\d{3}[\s)\-]*\d{3}[\s\-]*\d{2}[\s\-]*\d{2}")


class WrongName(Wrong):
    """The text cannot be taken for a person's name; the message says why."""


class WrittenName(msgspec.Struct, kw_only=True):
    """A name taken apart; `doubts` are sentences about what was mended or guessed."""

    last_name: str
    first_name: str
    middle_name: str | None = None
    doubts: list[str] = []

    @property
    def full(self) -> str:
        """«Фамилия Имя Отчество»."""
        return full_name(self.last_name, self.first_name, self.middle_name)


def split_name(text: str) -> WrittenName:
    """A name from one cell. Raises `WrongName` if surname and first name cannot be told apart."""
    doubts: list[str] = []
    words = _words(text, doubts)
    if not words:
        raise WrongName("Имя не указано.")
    if len(words) == 1:
        raise WrongName("Указано одно слово: нужны фамилия и имя.")
    if any(len(word.rstrip(".")) == 1 for word in words[1:]):
        raise WrongName("Вместо имени указаны инициалы: напишите имя и отчество полностью.")
    last, first, middle = _arrange(words, doubts)
    return WrittenName(last_name=last, first_name=first, middle_name=middle, doubts=doubts)


def join_name(last: str, first: str, middle: str) -> WrittenName:
    """A name from two or three cells. Raises `WrongName` for a missing or impossible part."""
    doubts: list[str] = []
    parts = [" ".join(_words(part, doubts)) for part in (last, first, middle)]
    if not parts[0]:
        raise WrongName("Фамилия не указана.")
    if not parts[1]:
        raise WrongName("Имя не указано.")
    if len(parts[1].rstrip(".")) == 1:
        raise WrongName("Вместо имени указан инициал: напишите имя полностью.")
    return WrittenName(last_name=parts[0], first_name=parts[1], middle_name=parts[2] or None, doubts=doubts)


def take_phone_out(text: str) -> tuple[str, str]:
    """A name with a telephone number written behind it, as the two; the number may be empty."""
    found = _PHONE_INSIDE.search(text)
    if found is None:
        return text, ""
    rest = text[: found.start()] + " " + text[found.end() :]
    rest = re.sub(r"[\s,;:]*(тел|т|моб|сот)?\.?[\s,;:]*$", "", rest.strip(), flags=re.IGNORECASE)
    return rest.strip(" ,;:-–"), found.group()


def _words(text: str, doubts: list[str]) -> list[str]:
    bare = _BRACKETS.sub(" ", text)
    if bare.strip() != text.strip() and bare.strip():
        doubts.append(sentence("Приписка в скобках не загружена."))
    bare = re.sub(r"\s*[-–—‐‑]\s*", "-", bare.replace("\u00a0", " ").replace(",", " ")).strip("- .;")
    words = bare.split()
    cyrillic = any(_CYRILLIC.search(word) for word in words)
    return [_word(word, cyrillic, doubts) for word in words]


def _word(word: str, cyrillic: bool, doubts: list[str]) -> str:
    if cyrillic and _LATIN.search(word):
        mended = mend_lookalikes(word)
        if mended != word:
            doubts.append(
                sentence("В слове «%(word)s» латинские буквы заменены на похожие русские.", word=word)
            )
            word = mended
        elif _CYRILLIC.search(word):
            raise WrongName(sentence("В слове «%(word)s» смешаны русские и латинские буквы.", word=word))
    if not _ALLOWED.fullmatch(word):
        raise WrongName(sentence("В имени лишние знаки: «%(word)s».", word=word))
    if len(word) > LONGEST_PART:
        raise WrongName("Слишком длинное имя: проверьте, тот ли это столбец.")
    return _cased(word)


def _cased(word: str) -> str:
    if word.casefold() in _SUFFIXES:
        return word.casefold()
    parts = re.split(r"([-'’`])", word)
    return "".join(
        part.casefold()
        if index and part.casefold() in _SUFFIXES
        else part.capitalize()
        if (part.isupper() and len(part) > 1) or part.islower()
        else part
        for index, part in enumerate(parts)
    )


def _arrange(words: list[str], doubts: list[str]) -> tuple[str, str, str | None]:
    if len(words) > 3 and words[-1] in _SUFFIXES:
        return " ".join(words[:-3]), words[-3], f"{words[-2]} {words[-1]}"
    if len(words) == 3 and words[-1] in _SUFFIXES:
        raise WrongName(
            sentence("Перед «%(word)s» не хватает слова: нужны фамилия, имя и отчество.", word=words[-1])
        )
    if len(words) == 2:
        if _PATRONYMIC.fullmatch(words[1]):
            raise WrongName("Похоже, указаны только имя и отчество: добавьте фамилию.")
        return words[0], words[1], None
    if len(words) == 3:
        if _PATRONYMIC.fullmatch(words[1]) and not _PATRONYMIC.fullmatch(words[2]):
            doubts.append(sentence("Порядок слов «имя отчество фамилия» исправлен."))
            return words[2], words[0], words[1]
        return words[0], words[1], words[2]
    doubts.append(sentence("В имени больше трёх слов: проверьте, верно ли выделена фамилия."))
    if _PATRONYMIC.fullmatch(words[-1]):
        return " ".join(words[:-2]), words[-2], words[-1]
    if words[0].casefold() in _PARTICLES:
        return " ".join(words[:-1]), words[-1], None
    return words[0], words[1], " ".join(words[2:])
