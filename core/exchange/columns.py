"""What the columns of a school's table mean, told by their titles in whatever words and order."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice

import msgspec

from core.database.base import now
from core.exchange.tables import Cell, Sheet, is_empty, text_of
from core.exchange.written_dates import WrongDate, read_date
from core.identity.families import MAJORITY_YEARS
from core.web.i18n import lazy, sentence, speaking

HEADER_WITHIN = 40
"""Rows from the top among which the titles are looked for."""

OFFERED_ROWS = 8
"""Rows from the top that are shown where the titles were not found."""

REPEATED = re.compile(r" \(\d+\)$")
"""What is put behind a title that another column has too."""

DATES_LOOKED_AT = 50
"""Rows whose dates tell whether a column is about children."""

FIELDS: Mapping[str, str] = {
    "class": lazy("Класс"),
    "grade": lazy("Параллель"),
    "letter": lazy("Литера класса"),
    "name": lazy("ФИО ученика"),
    "last_name": lazy("Фамилия"),
    "first_name": lazy("Имя"),
    "middle_name": lazy("Отчество"),
    "birth_date": lazy("Дата рождения"),
    "gender": lazy("Пол"),
    "snils": lazy("СНИЛС"),
    "phone": lazy("Телефон"),
    "email": lazy("Эл. почта"),
    "personal_file": lazy("Номер личного дела"),
    "admitted_on": lazy("Дата зачисления"),
    "subgroup": lazy("Подгруппа"),
    "ignore": lazy("Не загружать"),
    **{
        f"{who}.{field}": sentence("%(who)s: %(field)s", who=title, field=word)
        for who, title in (
            ("mother", lazy("Мать")), ("father", lazy("Отец")), ("guardian", lazy("Родитель")),
            ("guardian2", lazy("Родитель 2")),
        )
        for field, word in (
            ("name", lazy("ФИО")), ("last_name", lazy("фамилия")), ("first_name", lazy("имя")),
            ("middle_name", lazy("отчество")), ("phone", lazy("телефон")), ("email", lazy("эл. почта")),
            ("snils", lazy("СНИЛС")), ("birth_date", lazy("дата рождения")),
            ("relation", lazy("кем приходится")),
        )
    },
}  # fmt: skip
"""Every field a column may be mapped to, with its title."""

ORDINAL = re.compile(r"(?:№|n|no|номер|п п|№ п п|п п №|номер п п|номер по порядку|№ п/п|порядковый номер)")
GIVEN_BACK = frozenset({"итог", "что исправить", "замечания"})
"""Titles of the columns that the portal itself adds to a file it gives back."""

_WHO = (
    ("mother", re.compile(r"\b(мат[ьи]|матер\w*|мам\w*)\b")),
    ("father", re.compile(r"\b(отец|отц\w*|пап[аыу]\w*)\b")),
    ("guardian", re.compile(r"\b(родител\w*|законн\w* представ\w*|представител\w*|опекун\w*|зп)\b")),
)
WHAT = (
    ("snils", re.compile(r"\b(снилс|страхов\w* (номер|свидетельств\w*))\b")),
    ("phone", re.compile(r"\b(тел|телефон\w*|моб\w*|сотов\w*|phone)\b")),
    ("email", re.compile(r"\b(e ?mail|email|mail|эл\w* ?(почт\w*|адрес\w*)|почта|электронн\w*)\b")),
    ("birth_date", re.compile(r"\b(рожд\w*|д р|др|г р|birth\w*)\b")),
    (
        "name",
        re.compile(
            r"\b(фио|ф и о|фамилия,? имя\w*( и)?,? ?отчество|фамилия,? имя|фамилия и имя|полное имя)\b"
        ),
    ),
    ("last_name", re.compile(r"\b(фамилия|last ?name|surname)\b")),
    ("first_name", re.compile(r"\b(имя|first ?name|name)\b")),
    ("middle_name", re.compile(r"\b(отчество|middle ?name)\b")),
    ("relation", re.compile(r"\b(кем приходится|степень родства|родство|статус родителя)\b")),
)
_PUPIL = (
    ("ignore", ORDINAL),
    ("personal_file", re.compile(r".*\b(личн\w* дел\w*|л д|лд|алфавитн\w* книг\w*|табельн\w*|код ученика|id)\b.*")),
    ("admitted_on", re.compile(r".*\b(зачисл\w*|прибы\w*|поступл\w*|приема?|принят\w*)\b.*")),
    ("letter", re.compile(r"(литер\w*|буква\w*)( класса)?")),
    ("grade", re.compile(r"(параллель\w*|номер класса|ступень)")),
    ("class", re.compile(r"(наименование |название |учебный )?класс(а|ы)?( группа)?( обучения| ученика)?|class")),
    ("gender", re.compile(r"пол( ребенка| ученика| обучающегося| учащегося)?( м ж)?|gender|sex")),
)  # fmt: skip
_MOVED, _NAMES = ("phone", "email", "snils", "birth_date"), ("name", "last_name", "first_name", "middle_name")
_SUBGROUP = re.compile(r"(?:под)?групп[аы]\b\s*(.*)|(.*?)\s*\bподгрупп[аы]")
_NOT_SUBGROUP = re.compile(r"здоров|физк|физич|инвалид|кров|продлен|гпд")
_OF_CHILD = r"\b(учени\w*|учащ\w*|обучающ\w*|ребен\w*|дет\w*|воспитанник\w*|школьник\w*)\b"
_CHILD = re.compile(
    r"(учени\w*|учащ\w*|обучающ\w*|ребен\w*|дет\w*|воспитанник\w*|школьник\w*)( полностью)?|pupil|student"
)
FOREIGN = re.compile(
    r"\b(работ\w*|долж\w*|адрес\w*|паспорт\w*|гражданств\w*|образован\w*|руководител\w*|учител\w*)\b"
)


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """A column: its place (from 0), its title, the field it was taken for, and of a subgroup, which split.

    Of columns with the same title the second is called «Телефон (2)»: each can be named and marked by itself.
    """

    index: int
    title: str
    field: str
    split: str = ""

    @property
    def who(self) -> str:
        """Whose field it is: empty for the pupil, else `mother`, `father`, `guardian` …"""
        return self.field.rpartition(".")[0]


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """The row of titles: its number from 0, and the columns."""

    row: int
    columns: Sequence[Column]

    def has(self, *fields: str) -> bool:
        """Whether there is a column for one of these fields."""
        return any(column.field in fields for column in self.columns)


class Vocabulary(msgspec.Struct, frozen=True, kw_only=True):
    """What the columns of one kind of table may mean.

    `fields` are all there are, with their titles; `meaning` tells by a normal title the field and, of a subgroup,
    the split. A row of titles has one of `named_by`. A field that begins with a key of `again` becomes the second
    of its kind where the first is taken; those in `many` may stand in several columns. A contact whose title has
    no word of `whose` it is belongs to those whose columns it stands right of.
    """

    fields: Mapping[str, str]
    meaning: Callable[[str], tuple[str, str]]
    named_by: Sequence[str]
    again: Mapping[str, str] = {}
    many: Sequence[str] = ("ignore",)
    whose: re.Pattern[str] | None = None


def normal(title: str) -> str:
    """A title for comparison: lower case, ё as е, words and № only."""
    return " ".join(re.sub(r"[^\w№/]+|_", " ", title.casefold().replace("ё", "е")).split())


def meaning_of(
    title: str, mapping: Mapping[str, str] = {}, vocabulary: Vocabulary | None = None
) -> tuple[str, str]:
    """The field a title stands for, and the split of a subgroup; an empty field if it is not understood."""
    text = normal(title)
    if text in mapping:
        return mapping[text], title.strip() if mapping[text] == "subgroup" else ""
    if text in GIVEN_BACK:
        return "ignore", ""
    if not text:
        return "", ""
    known = vocabulary or SCHOOL
    with speaking("ru"):
        own = next((field for field, words in known.fields.items() if normal(str(words)) == text), "")
    return (own, "") if own else known.meaning(text)


def _of_pupil(text: str) -> tuple[str, str]:
    who = next((who for who, pattern in _WHO if pattern.search(text)), "")
    if who:
        return _of_guardian(who, text), ""
    for field, pattern in _PUPIL:
        if pattern.fullmatch(text):
            return field, ""
    if (found := _SUBGROUP.fullmatch(text)) and not _NOT_SUBGROUP.search(text):
        return "subgroup", (found[1] or found[2] or "").strip(" ()").capitalize()
    if FOREIGN.search(text) and not re.search(r"\b(эл\w*|e)\b", text):
        return "", ""
    for field, pattern in WHAT[:-1]:
        if pattern.search(text):
            return field, ""
    if WHAT[-1][1].search(text):
        return "guardian.relation", ""
    return ("name", "") if _CHILD.fullmatch(text) else ("", "")


def _of_guardian(who: str, text: str) -> str:
    if re.search(r"\b(2|второ\w*)\b", text) and who == "guardian":
        who = "guardian2"
    if FOREIGN.search(text) and not re.search(r"\b(эл\w*|e)\b", text):
        return ""
    for field, pattern in WHAT:
        if pattern.search(text):
            return f"{who}.{field}"
    known = re.sub(
        r"\b(1|2|ученика|ребенка|или|законн\w*|опекун\w*|представ\w*|родител\w*|мат\w*|мам\w*|от[ец]\w*|пап\w*)\b",
        "",
        text,
    )
    return f"{who}.name" if not known.strip(" /") else ""


SCHOOL = Vocabulary(
    fields=FIELDS,
    meaning=_of_pupil,
    named_by=("name", "last_name"),
    again={"guardian.": "guardian2."},
    many=("subgroup", "ignore"),
    whose=re.compile("|".join((_OF_CHILD, *(pattern.pattern for _who, pattern in _WHO)))),
)
"""A list of classes and pupils."""


def find_header(
    sheet: Sheet, mapping: Mapping[str, str] = {}, vocabulary: Vocabulary = SCHOOL
) -> Header | None:
    """The row of titles: the one near the top whose titles tell the most. None if no row names people."""
    best: Header | None = None
    for number, row in enumerate(sheet.rows[:HEADER_WITHIN]):
        if is_empty(row):
            continue
        columns = _columns(row, mapping, vocabulary, sheet.rows[number + 1 :])
        header = Header(row=number, columns=columns)
        if not header.has(*vocabulary.named_by):
            continue
        known = sum(1 for column in columns if column.field)
        if best is None or known > sum(1 for column in best.columns if column.field):
            best = header
    if best is None:
        return None
    return _merged_with_next(sheet, best, mapping, vocabulary)


def header_at(sheet: Sheet, number: int, mapping: Mapping[str, str], vocabulary: Vocabulary) -> Header:
    """The row of this number from 0, which somebody has said to be the titles, whatever it has."""
    row = [text_of(cell) for cell in sheet.rows[number]]
    below = sheet.rows[number + 1 :]
    return Header(row=number, columns=_columns(row, mapping, vocabulary, below))


def first_rows(sheet: Sheet) -> list[int]:
    """Numbers from 0 of the first rows with two cells or more: among them people look for the titles."""
    filled = (
        number
        for number, row in enumerate(sheet.rows[:HEADER_WITHIN])
        if sum(1 for cell in row if text_of(cell)) > 1
    )
    return list(islice(filled, OFFERED_ROWS))


def likely_titles(sheet: Sheet, numbers: Sequence[int], vocabulary: Vocabulary) -> int:
    """Which of these rows looks most like titles: it is understood in part, or has the most texts."""

    def score(number: int) -> tuple[int, int]:
        row = sheet.rows[number]
        known = sum(1 for column in _columns(row, {}, vocabulary) if column.field)
        return known, sum(1 for cell in row if isinstance(cell, str) and not re.search(r"\d{2}", cell))

    return max(numbers, key=score)


def _columns(
    row: Sequence[Cell],
    mapping: Mapping[str, str],
    vocabulary: Vocabulary,
    below: Sequence[Sequence[Cell]] = (),
) -> list[Column]:
    columns: list[Column] = []
    times = Counter[str]()
    for index, cell in enumerate(row):
        title = text_of(cell)
        if not title:
            continue
        text = normal(title)
        times[text] += 1
        again = times[text] > 1 and mapping.get(text) not in vocabulary.many
        field, split = meaning_of(title, {} if again else mapping, vocabulary)
        if not isinstance(cell, str):
            field = split = ""
        if times[text] > 1:
            title = f"{title} ({times[text]})"
        if (named := mapping.get(normal(title))) is not None:
            field = named
        else:
            field = _by_position(
                field, text, columns, vocabulary, (each[index] for each in below if index < len(each))
            )
        columns.append(
            Column(index=index, title=title, field=_next_free(field, columns, vocabulary), split=split)
        )
    return columns


def _by_position(
    field: str, text: str, columns: Sequence[Column], vocabulary: Vocabulary, cells: Iterable[Cell]
) -> str:
    """The field of those whose columns stand to the left, if the title does not say whose it is.

    A name moves along only where those a row is about have theirs already. Birth dates of children are no adults'.
    """
    part = field.rpartition(".")[2]
    left = next((each for each in reversed(columns) if each.field not in ("", "ignore")), None)
    if left is None or vocabulary.whose is None or vocabulary.whose.search(text):
        return field
    named = any(each.field in vocabulary.named_by for each in columns)
    if part not in _MOVED and not (part in _NAMES and field == part and named):
        return field
    moved = f"{left.who}.{part}" if left.who else part
    taken = any(each.field == moved for each in columns)
    if moved not in vocabulary.fields or taken or (part == "birth_date" and _of_children(cells)):
        return field
    return moved


def _of_children(cells: Iterable[Cell]) -> bool:
    """Whether most of the dates in a column are of people under age."""
    today = now().date()
    ages: list[float] = []
    for cell in islice(cells, DATES_LOOKED_AT):
        try:
            born = read_date(cell, today)
        except WrongDate:
            continue
        if born is not None:
            ages.append((today - born).days / 365.25)
    return sum(1 for age in ages if age < MAJORITY_YEARS) * 2 > len(ages)


def _next_free(field: str, columns: Sequence[Column], vocabulary: Vocabulary) -> str:
    """The field, or the second of its kind where the first is taken; none where all are."""
    seen = {column.field for column in columns}
    while field and field in seen and field not in vocabulary.many:
        first = next((prefix for prefix in vocabulary.again if field.startswith(prefix)), "")
        field = vocabulary.again[first] + field.removeprefix(first) if first else ""
    return field


def _merged_with_next(
    sheet: Sheet, header: Header, mapping: Mapping[str, str], vocabulary: Vocabulary
) -> Header:
    """Titles in two storeys («Мать»: «ФИО», «Телефон»): join them where the lower row has titles too."""
    if header.row + 1 >= len(sheet.rows):
        return header
    upper, lower = sheet.rows[header.row], sheet.rows[header.row + 1]
    words = [text_of(cell) for cell in lower]
    if sum(1 for word in words if word and meaning_of(word, {}, vocabulary)[0]) < 2 or any(
        re.search(r"\d{2}", word) for word in words
    ):
        return header
    joined: list[Cell] = []
    above = ""
    for index in range(max(len(upper), len(lower))):
        over = text_of(upper[index]) if index < len(upper) else ""
        under = words[index] if index < len(words) else ""
        above = over or (above if under else "")
        joined.append(f"{above} {under}".strip() if under else over)
    return Header(
        row=header.row + 1, columns=_columns(joined, mapping, vocabulary, sheet.rows[header.row + 2 :])
    )
