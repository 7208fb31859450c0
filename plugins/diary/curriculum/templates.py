"""Federal curricula as data, with act and years of validity: one JSON file each.

Those of `data/templates` come with the portal; an operator adds others by the setting `curriculum_templates`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from core.errors import ConfigurationError, NotFound
from core.web.i18n import sentence
from plugins.diary.curriculum.norms import Trust

TEMPLATES = Path(__file__).parent / "data" / "templates"


class TemplateRow(msgspec.Struct, frozen=True, kw_only=True):
    """A subject with hours a week by grade level; `also` are other names it goes by."""

    subject: Annotated[str, Meta(description="Предмет.")]
    area: Annotated[str, Meta(description="Предметная область.")] = ""
    also: Annotated[Sequence[str], Meta(description="Другие названия предмета.")] = ()
    part: Annotated[str, Meta(description="Часть плана: `mandatory`, `school` или `extracurricular`.")] = (
        "mandatory"
    )
    hours: Annotated[Sequence[float], Meta(description="Часов в неделю по классам, с младшего.")]


class CurriculumTemplate(msgspec.Struct, frozen=True, kw_only=True):
    """A federal curriculum. `checked_for` is the year its figures were compared with approved plans of schools."""

    code: Annotated[str, Meta(description="Код образца.", examples=["noo_1"])]
    title: Annotated[str, Meta(description="Название образца.")]
    act: Annotated[str, Meta(description="Акт, из которого он взят.")]
    trust: Annotated[
        Trust,
        Meta(
            description="Насколько сверены цифры: `verified` – сверены, `partly` – отчасти, `general` – нет."
        ),
    ]
    valid_from: Annotated[date, Meta(description="С какого дня действует, ГГГГ-ММ-ДД.")]
    valid_until: Annotated[date | None, Meta(description="По какой день действует; null – и теперь.")]
    checked_for: Annotated[
        str, Meta(description="По планам какого учебного года сверен; может быть пусто.")
    ] = ""
    days_per_week: Annotated[int, Meta(description="Дней в учебной неделе: 5 или 6.")]
    lowest_grade_level: Annotated[int, Meta(description="С какого класса.")]
    highest_grade_level: Annotated[int, Meta(description="По какой класс.")]
    school_part: Annotated[
        Sequence[float],
        Meta(description="Сколько часов в неделю школа распределяет сама, по классам с младшего."),
    ] = ()
    rows: Annotated[Sequence[TemplateRow], Meta(description="Предметы по порядку.")]

    def holds_on(self, day: date) -> bool:
        """Whether it is in force on a day."""
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)


@lru_cache(maxsize=8)
def all_templates(folder: str = "") -> Sequence[CurriculumTemplate]:
    """The templates of the portal and of the operator's `folder`, by level and title.

    A file of the folder stands in for one of the portal's with the same code. Raises `ConfigurationError` for a
    file that is no template.
    """
    found: dict[str, CurriculumTemplate] = {}
    for place in (TEMPLATES, *([Path(folder)] if folder else [])):
        for path in sorted(place.glob("*.json")):
            try:
                template = msgspec.json.decode(path.read_bytes(), type=CurriculumTemplate)
            except (OSError, msgspec.MsgspecError) as error:
                raise ConfigurationError(
                    sentence(
                        "Образец учебного плана %(name)s не читается: %(why)s", name=path.name, why=str(error)
                    ),
                    advice="Исправьте файл или уберите его из папки образцов.",
                ) from error
            found[template.code] = template
    return sorted(found.values(), key=lambda each: (each.lowest_grade_level, each.title))


def template_by_code(code: str, folder: str = "") -> CurriculumTemplate:
    """The template with this code. Raises `NotFound`."""
    found = next((each for each in all_templates(folder) if each.code == code), None)
    if found is None:
        raise NotFound("Такого образца нет.", advice="Выберите образец из списка.")
    return found
