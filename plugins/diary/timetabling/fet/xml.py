"""Reading the XML of FET: elements, and errors that say where."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from core.errors import Invalid
from core.web.i18n import lazy, sentence

NEEDED = lazy("Нужен файл, который записал FET.")
Number = TypeVar("Number", int, float)
MEND = lazy("Откройте файл в FET, исправьте и сохраните снова.")


def read_xml(path: Path, root: str) -> Element:
    """The root of a file. Raises `Invalid` for a file that is none, or has another root."""
    try:
        # Older files begin with a mark of byte order.
        found: Element = fromstring(path.read_bytes().decode("utf-8-sig"))
    except (ParseError, DefusedXmlException, UnicodeDecodeError, OSError) as error:
        raise Invalid(
            sentence("Файл %(file)s не прочитан: %(why)s.", file=path.name, why=str(error)), advice=NEEDED
        ) from error
    if found.tag != root:
        raise Invalid(
            sentence(
                "%(file)s: в файле <%(found)s>, а нужен <%(root)s>.",
                file=path.name,
                found=found.tag,
                root=root,
            ),
            advice=NEEDED,
        )
    return found


def text(element: Element, name: str, default: str = "") -> str:
    """The text of a child as it stands: names differ by spaces too."""
    return element.findtext(name) or default


def number(element: Element, name: str, default: int = 0) -> int:
    """The whole number in a child. Raises `Invalid` for something else."""
    return _read(int, element, name, text(element, name)) if text(element, name).strip() else default


def decimal(element: Element, name: str) -> float:
    """The number in a child. Raises `Invalid` for something else."""
    return _read(float, element, name, text(element, name))


def ids(element: Element, name: str) -> tuple[int, ...]:
    """The whole numbers in all children of a name. Raises `Invalid` for something else."""
    return tuple(_read(int, element, name, each) for each in texts(element, name) if each.strip())


def _read(kind: Callable[[str], Number], element: Element, name: str, said: str) -> Number:
    try:
        return kind(said)
    except ValueError:
        raise Invalid(
            sentence(
                "%(rule)s: в %(name)s стоит «%(said)s», а нужно число.",
                rule=element.tag,
                name=name,
                said=said,
            ),
            advice=MEND,
        ) from None


def flag(element: Element, name: str, *, default: bool) -> bool:
    """Whether a child says `true`, or `yes` as older files do."""
    return text(element, name, str(default)).strip().casefold() in ("true", "yes", "1")


def texts(element: Element, name: str) -> tuple[str, ...]:
    """The texts of all children of a name."""
    return tuple(each.text or "" for each in element.findall(name))
