"""What is taught in the demo school: lessons a week by grade level and who may teach them.

After the federal curricula (ФОП: приказы № 372, 370, 371 от 18.05.2023), five-day week, mandatory part;
classes 10–11 follow a universal profile. History of class 9 (2.5) is rounded to 3.
"""

from __future__ import annotations

HOURS: dict[str, tuple[str, str, tuple[int, ...]]] = {
    "Русский язык": ("Рус. яз.", "language", (5, 5, 5, 5, 5, 6, 4, 3, 3, 2, 2)),
    "Литературное чтение": ("Лит. чт.", "primary", (4, 4, 4, 4, 0, 0, 0, 0, 0, 0, 0)),
    "Литература": ("Лит.", "language", (0, 0, 0, 0, 3, 3, 2, 2, 3, 3, 3)),
    "Иностранный язык": ("Ин. яз.", "foreign", (0, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3)),
    "Математика": ("Матем.", "mathematics", (4, 4, 4, 4, 5, 5, 0, 0, 0, 0, 0)),
    "Алгебра": ("Алг.", "mathematics", (0, 0, 0, 0, 0, 0, 3, 3, 3, 4, 4)),
    "Геометрия": ("Геом.", "mathematics", (0, 0, 0, 0, 0, 0, 2, 2, 2, 2, 2)),
    "Вероятность и статистика": ("Вер. и ст.", "mathematics", (0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1)),
    "Информатика": ("Инф.", "informatics", (0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1)),
    "Окружающий мир": ("Окр. мир", "primary", (2, 2, 2, 2, 0, 0, 0, 0, 0, 0, 0)),
    "ОРКСЭ": ("ОРКСЭ", "history", (0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0)),
    "ОДНКНР": ("ОДНКНР", "history", (0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0)),
    "История": ("Ист.", "history", (0, 0, 0, 0, 2, 2, 2, 2, 3, 2, 2)),
    "Обществознание": ("Общ.", "history", (0, 0, 0, 0, 0, 1, 1, 1, 1, 4, 4)),
    "География": ("Геогр.", "geography", (0, 0, 0, 0, 1, 1, 2, 2, 2, 1, 1)),
    "Физика": ("Физ.", "physics", (0, 0, 0, 0, 0, 0, 2, 2, 3, 2, 2)),
    "Химия": ("Хим.", "chemistry", (0, 0, 0, 0, 0, 0, 0, 2, 2, 1, 1)),
    "Биология": ("Биол.", "biology", (0, 0, 0, 0, 1, 1, 1, 2, 2, 1, 1)),
    "Изобразительное искусство": ("ИЗО", "arts", (1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0)),
    "Музыка": ("Муз.", "music", (1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0)),
    "Труд (технология)": ("Труд", "labour", (1, 1, 1, 1, 2, 2, 2, 1, 1, 0, 0)),
    "Физическая культура": ("Физ-ра", "sport", (2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2)),
    "ОБЗР": ("ОБЗР", "safety", (0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1)),
    "Индивидуальный проект": ("Проект", "informatics", (0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1)),
}
"""Subject → short name, staff that teaches it from class 5, lessons a week in classes 1–11."""

POOLS = {
    "language": 5, "mathematics": 5, "informatics": 2, "foreign": 6, "history": 3, "geography": 1,
    "physics": 2, "chemistry": 1, "biology": 2, "arts": 1, "music": 1, "labour": 1, "sport": 3, "safety": 1,
}  # fmt: skip
"""Subject teachers; with a teacher for each of the eight primary classes they are 42."""

SPECIALISTS_IN_PRIMARY = frozenset({"foreign", "history", "music", "sport"})
SPLIT = {"Иностранный язык": "foreign_language", "Информатика": "informatics"}
SPLIT_FROM_PUPILS = 20
