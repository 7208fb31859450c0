"""Tables to be filled in, one of each kind: the columns the portal knows, and a sheet that explains them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.errors import NotFound
from core.exchange.kinds import GUARDIAN_TABLE, SCHOOL_TABLE, STAFF_TABLE, TABLES, tables_for
from core.exchange.report_table import Marked, as_xlsx
from core.exchange.tables import EXPLANATIONS
from core.roles.actor import Actor
from core.web.i18n import gettext as _
from core.web.i18n import lazy, sentence, speaking

SPELT_OTHERWISE: Mapping[str, frozenset[str]] = {
    SCHOOL_TABLE: frozenset({"grade", "letter", "name", "mother.relation", "father.relation"}),
    STAFF_TABLE: frozenset({"name"}),
    GUARDIAN_TABLE: frozenset({"name", "birth_date"}),
}
"""Fields left out of a sample, because others of it say the same."""

NEEDED: Mapping[str, frozenset[str]] = {
    SCHOOL_TABLE: frozenset({"class", "last_name", "first_name"}),
    STAFF_TABLE: frozenset({"last_name", "first_name", "position"}),
    GUARDIAN_TABLE: frozenset({"last_name", "first_name", "child.name", "child.class"}),
}
_PART_OF_NAME = frozenset({"last_name", "first_name", "middle_name"})

ABOUT: Mapping[str, tuple[str, str]] = {
    "class": (lazy("Номер и буква или название."), "5А"),
    "name": (lazy("Фамилия, имя и отчество полностью."), "Орлова Инна Львовна"),
    "last_name": (lazy("Как в документе."), "Орлов"),
    "first_name": (lazy("Как в документе."), "Пётр"),
    "middle_name": (lazy("Если его нет, оставьте пустым."), "Ильич"),
    "birth_date": (lazy("День, месяц, год. По ней и имени портал узнаёт человека."), "01.02.2015"),
    "gender": (lazy("«м» или «ж»."), "м"),
    "snils": (lazy("11 цифр, с чёрточками или без. По нему портал узнаёт человека вернее всего."), "112-233-445 95"),
    "phone": (lazy("Один номер."), "+7 918 000-00-01"),
    "email": (lazy("Один адрес."), "orlova@example.ru"),
    "personal_file": (lazy("Номер личного дела: по нему портал узнаёт ученика."), "О-15"),
    "admitted_on": (lazy("С какого дня в этом классе. Пусто – с сегодняшнего дня или с начала года."), "01.09.2026"),
    "subgroup": (
        lazy("К какой части класса относится. Что делят, допишите в название колонки: «Подгруппа английский»."),
        "1 подгруппа",
    ),
    "relation": (lazy("Мать, отец, опекун, бабушка."), "мать"),
    "position": (lazy("Должность или роль портала; несколько – через запятую."), "Учитель"),
    "subjects": (lazy("Что преподаёт. С классами – так: «Алгебра: 7А, 7Б; Физика: 9А»."), "Алгебра"),
    "classes": (lazy("Где преподаёт, если в «Предметах» один предмет."), "7А, 7Б"),
    "class_teacher_of": (lazy("Класс, которым руководит."), "7А"),
    "starts_on": (lazy("С какого дня действует роль. Пусто – с сегодняшнего."), "01.09.2026"),
    "basis": (lazy("Номер и дата документа."), "Приказ № 5 от 28.08.2026"),
    "rights": (lazy("Пусто – полные. Для ограниченных назовите документ."), "полные"),
}  # fmt: skip
"""By the last part of a field: what to write, and an example."""


def sample_table(actor: Actor, kind: str) -> bytes:
    """An .xlsx of a kind with titles alone, and explanations on the second sheet.

    Titles are Russian whoever asks: schools exchange these files. Raises `NotFound` for a kind that the actor does
    not load.
    """
    if kind not in dict(tables_for(actor)):
        raise NotFound("Такого образца нет.", advice="Откройте «Загрузка данных» и выберите из списка.")
    fields = _fields(kind)
    with speaking("ru"):
        titles = [str(TABLES[kind].vocabulary.fields[field]) for field in fields]
    rows: list[Sequence[object]] = [
        [Marked(value=each, bold=True) for each in (_("Колонка"), _("Нужна"), _("Что писать"), _("Пример"))]
    ]
    for field, title in zip(fields, titles, strict=True):
        words, example = ABOUT[field.rpartition(".")[2]]
        needed = _("да") if field in NEEDED[kind] else _("нет")
        rows.append([title, needed, Marked(value=_(words), wrap=True), example])
    rows.append([])
    rows.append(
        [
            _(
                sentence(
                    "Порядок колонок любой, лишние удалите. Этот лист портал не читает: его можно оставить в файле."
                )
            )
        ]
    )
    return as_xlsx(
        [(_(TABLES[kind].title), [[Marked(value=each, bold=True) for each in titles]]), (EXPLANATIONS, rows)]
    )


def _fields(kind: str) -> list[str]:
    """The fields of a sample. Others than the one a row is about have their name in one cell."""
    left_out = SPELT_OTHERWISE[kind]
    return [
        field
        for field in TABLES[kind].vocabulary.fields
        if field != "ignore"
        and field not in left_out
        and not ("." in field and field.rpartition(".")[2] in _PART_OF_NAME)
    ]
