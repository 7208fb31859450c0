"""Kinds of consents: the core's own and what plugins declare."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from core.contributions import ConsentKind
from core.web.i18n import lazy

if TYPE_CHECKING:
    from core.portal import Portal

PUPILS, STAFF = "pupils", "staff"
_TEXTS = Path(__file__).parent / "texts"


@cache
def _sample(name: str) -> str:
    return (_TEXTS / f"{name}.txt").read_text(encoding="utf-8").strip()


CORE_CONSENT_KINDS = (
    ConsentKind(
        name="core.processing",
        title=lazy("Обработка данных ученика"),
        purpose=lazy("Журнал, дневник, личное дело и связь школы с семьёй."),
        text=_sample("processing"),
        withdrawal=lazy(
            "Школа перестанет обрабатывать то, на что нужно согласие. То, что закон обязывает её вести (зачисление, "
            "отметки, посещаемость), останется: на это согласие не требуется."
        ),
    ),
    ConsentKind(
        name="core.publication",
        title=lazy("Публикация имени и фотографий"),
        purpose=lazy("Рассказ о школе на её сайте и страницах в социальных сетях."),
        text=_sample("publication"),
        withdrawal=lazy(
            "Школа уберёт опубликованное в течение трёх рабочих дней и больше публиковать не станет. Учёбы это не "
            "касается."
        ),
    ),
    ConsentKind(
        name="core.partners",
        title=lazy("Передача данных организаторам олимпиад и поездок"),
        purpose=lazy("Участие в олимпиадах, конкурсах, соревнованиях и поездках."),
        text=_sample("partners"),
        withdrawal=lazy(
            "Школа не сможет подать новую заявку на участие. То, что организаторы уже получили, они хранят по своим "
            "правилам: обратитесь к ним."
        ),
    ),
    ConsentKind(
        name="core.staff_contacts",
        title=lazy("Показ контактов сотрудника"),
        purpose=lazy("Фотография, рабочий телефон, почта и часы приёма для учеников и родителей."),
        text=_sample("staff"),
        withdrawal=lazy(
            "Школа перестанет показывать эти сведения. Фамилию, должность и то, что закон обязывает публиковать, она "
            "показывает и дальше."
        ),
        asked_of=(STAFF,),
    ),
)


def all_kinds(portal: Portal) -> dict[str, tuple[str, ConsentKind]]:
    """Every kind by name, with the plugin it comes from (empty for the core's)."""
    found = {kind.name: ("", kind) for kind in CORE_CONSENT_KINDS}
    for plugin, kind in portal.plugins.each("consent_kinds"):
        found.setdefault(kind.name, (plugin.name, kind))
    return found
