"""What an organization and an installation decide about the plan of the school."""

from __future__ import annotations

from typing import Annotated, cast

import msgspec
from msgspec import Meta

from core.database.session import Session
from core.portal import Portal
from core.web.i18n import sentence
from plugins.diary.curriculum.norms import norm_codes

PLUGIN = "diary"


class DiarySettings(msgspec.Struct, frozen=True, kw_only=True):
    """Учебный план: какие нормы обязательны, сколько часов в ставке."""

    binding_norms: Annotated[
        str,
        Meta(
            title="Обязательные нормы учебного плана",
            description="Коды через запятую: weekly_load – недельная нагрузка, week_of_five_days – пятидневка "
            "в 1 классе, year_load – нагрузка за год, level_load – за уровень, extracurricular – внеурочная "
            "деятельность. План, который нарушает обязательную норму, нельзя утвердить; об остальных портал "
            "предупреждает.",
        ),
    ] = ""
    stake_hours: Annotated[
        int,
        Meta(
            title="Часов в неделю за ставку учителя",
            description="Приказ Минобрнауки № 1601 от 22.12.2014: у учителя 18 часов.",
        ),
    ] = 18

    def __post_init__(self) -> None:
        unknown = self.binding - set(norm_codes())
        if unknown:
            raise ValueError(
                sentence(
                    "Такой нормы нет: %(unknown)s. Есть: %(known)s.",
                    unknown=", ".join(sorted(unknown)),
                    known=", ".join(norm_codes()),
                )
            )
        if not 1 <= self.stake_hours <= 40:
            raise ValueError(sentence("Часов за ставку – от 1 до 40."))

    @property
    def binding(self) -> frozenset[str]:
        """Codes of the norms whose violation keeps a curriculum from being approved."""
        return frozenset(code.strip() for code in self.binding_norms.split(",") if code.strip())


class DiaryConfiguration(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the installation keeps curricula of its own: section `[plugins.diary]` or `MOYASHKOLA_DIARY_*`."""

    curriculum_templates: Annotated[
        str,
        Meta(
            description="Папка с образцами учебных планов, файлы .json: к тем, что есть в портале. Пусто – только они."
        ),
    ] = ""


def diary_settings(db: Session, path: str) -> DiarySettings:
    """The settings as they hold for the organization with this path."""
    return db.portal.switches.settings(PLUGIN, path, DiarySettings)


def configuration_of(portal: Portal) -> DiaryConfiguration:
    """The installation's settings of the diary."""
    return cast("DiaryConfiguration", portal.plugins.loaded[PLUGIN].configuration)
