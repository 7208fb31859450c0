"""What a school may decide about its journal: control kinds, attendance codes, the scale of marks.

Lists are kept as text with one entry to a line, so that they can be edited in any form. The defaults are
those that schools commonly use; the weights of control kinds are set by a school's local act.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated

import msgspec
from msgspec import Meta

from core.database.session import Session
from core.errors import Invalid
from core.identity.names import sort_key
from core.roles.actor import Actor
from core.web.i18n import counted, gettext, lazy, sentence
from plugins.journal.homework.norms import MOST_OVER_WEEKEND, norms_of
from plugins.journal.homework.norms import USUAL as HOMEWORK_NORMS
from plugins.journal.scales import (
    FAILED,
    FIVE_POINT,
    PASS_FAIL,
    PASSED,
    USUAL_BOUNDS,
    USUAL_LEVELS,
    BehaviourKind,
    MarkScale,
    levels_of,
    own_scales,
)
from plugins.journal.terms.scales import USUAL, Scale, subject_scales, usual_scale

CATEGORIES = frozenset({"unknown", "unexcused", "excused", "ill", "late", "exempt"})

CONTROL_KINDS = """\
answer; Ответ на уроке; О; 1
homework; Домашняя работа; Д; 1
independent; Самостоятельная работа; С; 2
test; Тест; Т; 2
dictation; Диктант; Ди; 3
practical; Практическая работа; П; 2
laboratory; Лабораторная работа; Л; 2
essay; Сочинение; Сч; 3
project; Проект; Пр; 3
control; Контрольная работа; К; 4
diagnostic; Диагностическая работа; Дг; 1"""

ATTENDANCE_CODES = """\
н; Не был, причина не указана; unknown; да
нп; Не был без уважительной причины; unexcused; да
уп; Не был по уважительной причине; excused; да; у
б; Болел; ill; да
оп; Опоздал; late; нет; о
осв; Освобождён от занятия; exempt; нет"""

WORD_MARKS = """\
зач; Зачёт; зачёт, зачет
нз; Незачёт; незачёт, незачет, незач"""

STANDARD_TITLES = (
    lazy("Ответ на уроке"),
    lazy("Домашняя работа"),
    lazy("Самостоятельная работа"),
    lazy("Тест"),
    lazy("Диктант"),
    lazy("Практическая работа"),
    lazy("Лабораторная работа"),
    lazy("Сочинение"),
    lazy("Проект"),
    lazy("Контрольная работа"),
    lazy("Диагностическая работа"),
    lazy("Не был, причина не указана"),
    lazy("Не был без уважительной причины"),
    lazy("Не был по уважительной причине"),
    lazy("Болел"),
    lazy("Опоздал"),
    lazy("Освобождён от занятия"),
)
"""The defaults' titles, for the catalogues: pages show them in the reader's language."""


class ControlKind(msgspec.Struct, frozen=True):
    """A kind of work: its code, title, the letter in the journal's head, and the weight of its marks."""

    code: str
    title: str
    letter: str
    weight: int

    @property
    def shown_title(self) -> str:
        """The title in the reader's language; a school's own words stay as they are."""
        return gettext(self.title)


class AttendanceCode(msgspec.Struct, frozen=True):
    """What may be noted about presence.

    `category` is one of unknown, unexcused, excused, ill, late, exempt: reports tell these apart.
    `absent` says whether it counts as an absence.
    """

    code: str
    title: str
    category: str
    absent: bool
    aliases: tuple[str, ...] = ()

    @property
    def shown_title(self) -> str:
        """The title in the reader's language; a school's own words stay as they are."""
        return gettext(self.title)


class WordMark(msgspec.Struct, frozen=True):
    """A mark that is a word and does not count for the average."""

    code: str
    title: str
    aliases: tuple[str, ...] = ()


class JournalSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Журнал: виды работ, коды посещаемости, шкала отметок.

    `grades_without_marks` lists grade levels taught without marks, e.g. `1` or `1, 2`.
    """

    lowest_mark: Annotated[int, Meta(title="Низшая отметка")] = 1
    highest_mark: Annotated[int, Meta(title="Высшая отметка")] = 5
    subject_scales: Annotated[
        str,
        Meta(
            title="Шкалы предметов",
            description="Где шкала не та, что во всей школе. По одной в строке: предмет; шкала; классы; пороги. "
            "Шкала – зачёт, высшая отметка (10) или границы (0–20). Классы и пороги можно не писать: «ОРКСЭ; зачёт», "
            "«Музыка; зачёт; 5–7», «Физика; 10; 10, 11; 9,6; 8,6», «Все предметы; зачёт; 2». Выставленные раньше "
            "отметки не меняются, поэтому шкалу лучше менять с начала года.",
            extra_json_schema={"rows": 3},
        ),
    ] = ""
    behaviour: Annotated[
        BehaviourKind,
        Meta(
            title="Поведение",
            description="Ставит классный руководитель за период и за год. Это не предмет, в средние не входит.",
            extra_json_schema={
                "titles": {
                    "off": "Не ставится",
                    "pass_fail": "Зачёт или незачёт",
                    "levels": "Три уровня: образцовое, удовлетворительное, неудовлетворительное",
                    "five": "По пятибалльной шкале",
                }
            },
        ),
    ] = "off"
    work_bounds: Annotated[
        str,
        Meta(
            title="Отметка за работу по критериям",
            description="С какого процента баллов предлагать 5, 4 и 3. По другой шкале предлагается та же доля высшей "
            "отметки, зачёт – с последнего процента.",
            extra_json_schema={"rows": 3},
        ),
    ] = USUAL_BOUNDS
    mark_levels: Annotated[
        str,
        Meta(
            title="Уровни отметок других шкал",
            description="С какого процента высшей отметки она считается в отчётах пятёркой, четвёркой и тройкой. "
            "Пятибалльные отметки считаются сами по себе.",
            extra_json_schema={"rows": 3},
        ),
    ] = USUAL_LEVELS
    marks_in_cell: Annotated[int, Meta(title="Сколько отметок может быть в одной клетке")] = 4
    grades_without_marks: Annotated[
        str, Meta(title="Классы без отметок", description="Номера классов через запятую, например: 1, 2.")
    ] = "1"
    control_kinds: Annotated[
        str,
        Meta(
            title="Виды работ",
            description="По одному в строке: код; название; буква; вес отметки.",
            extra_json_schema={"rows": 11},
        ),
    ] = CONTROL_KINDS
    attendance_codes: Annotated[
        str,
        Meta(
            title="Коды посещаемости",
            description="По одному в строке: код; название; вид (unknown, unexcused, excused, ill, late, "
            "exempt); считать пропуском (да или нет); другие написания.",
            extra_json_schema={"rows": 6},
        ),
    ] = ATTENDANCE_CODES
    word_marks: Annotated[
        str,
        Meta(
            title="Отметки словами",
            description="По одной в строке: запись; название; другие написания. В средний балл не входят.",
            extra_json_schema={"rows": 3},
        ),
    ] = WORD_MARKS
    debt_counts_as: Annotated[
        int,
        Meta(
            title="Долг («точка») в среднем балле",
            description="Отметка, которой считается несданная работа, например 2. 0 – долг в средний балл не входит.",
        ),
    ] = 0
    retaken_counts: Annotated[
        bool,
        Meta(
            title="Пересданная отметка остаётся в среднем балле",
            description="Если нет, считается только отметка за пересдачу; видны обе.",
        ),
    ] = False
    term_thresholds: Annotated[
        str,
        Meta(
            title="Пороги отметок за период",
            description="По одному в строке, от высшей отметки: отметка; наименьший средний балл. Пусто – "
            "округлять по правилам математики.",
            extra_json_schema={"rows": 3},
        ),
    ] = USUAL
    subject_thresholds: Annotated[
        str,
        Meta(
            title="Пороги отдельных предметов",
            description="По одному предмету в строке: предмет; пороги тех же отметок по порядку. Например: "
            "Русский язык; 4,65; 3,65; 2,65.",
            extra_json_schema={"rows": 3},
        ),
    ] = ""
    least_marks_in_term: Annotated[
        int,
        Meta(
            title="Сколько отметок нужно для отметки за период",
            description="Если отметок меньше, портал предлагает н/а. 0 – хватит и одной.",
        ),
    ] = 3
    most_absences: Annotated[
        int,
        Meta(
            title="Больше скольких процентов уроков пропущено – н/а",
            description="Портал предложит н/а тому, кто пропустил больше. 0 – не смотреть на пропуски.",
        ),
    ] = 0
    lessons_without_marks: Annotated[
        int,
        Meta(
            title="Сколько уроков подряд без отметок – замечание",
            description="Об этом говорит контроль журнала. 0 – не смотреть.",
        ),
    ] = 5
    exam_grades: Annotated[
        str,
        Meta(
            title="Классы с экзаменами и итоговыми отметками",
            description="Номера классов через запятую, например: 9, 11.",
        ),
    ] = "9, 11"
    homework_norms: Annotated[
        str,
        Meta(
            title="Сколько минут домашнего задания в день",
            description="По одной норме в строке: классы; минуты на все предметы. Школа может задавать меньше "
            "санитарной нормы, но не больше.",
            extra_json_schema={"rows": 5},
        ),
    ] = HOMEWORK_NORMS
    weekend_homework: Annotated[
        int,
        Meta(
            title="Сколько процентов нормы можно задать на понедельник",
            description="Задание на выходные – не больше 70 процентов обычного дня.",
        ),
    ] = MOST_OVER_WEEKEND
    homework_reminder: Annotated[
        int,
        Meta(
            title="В котором часу напомнить о незаписанном задании",
            description="Учителю, который провёл сегодня уроки и не записал задания. «Без задания» – тоже ответ. "
            "0 – не напоминать.",
        ),
    ] = 17
    control_work_kinds: Annotated[
        str,
        Meta(
            title="Какие виды работ – контрольные",
            description="Коды видов работ через запятую: для них портал ведёт календарь и считает пределы.",
        ),
    ] = "control, dictation, essay, diagnostic"
    control_works_a_day: Annotated[int, Meta(title="Сколько контрольных в день можно одному классу")] = 1
    control_works_share: Annotated[
        int,
        Meta(
            title="Сколько процентов уроков предмета могут занимать контрольные",
            description="За учебный год. Больше – предупреждение, а не запрет.",
        ),
    ] = 10
    control_works_apart: Annotated[
        int,
        Meta(
            title="Через сколько дней возможна новая контрольная по предмету",
            description="По рекомендации – не чаще раза в две с половиной недели. 0 – не смотреть.",
        ),
    ] = 17
    control_works_at_edges: Annotated[
        bool,
        Meta(
            title="Контрольные можно на первом и последнем уроке дня",
            description="Если нет, портал предупредит; предмета с одним уроком в неделю это не касается.",
        ),
    ] = False

    def __post_init__(self) -> None:
        if not 0 <= self.lowest_mark < self.highest_mark <= 100:
            raise ValueError(sentence("Низшая отметка должна быть меньше высшей, обе от 0 до 100."))
        if self.debt_counts_as and not self.lowest_mark <= self.debt_counts_as <= self.highest_mark:
            raise ValueError(sentence("Долг считается отметкой школы или не считается вовсе (0)."))
        if not 1 <= self.marks_in_cell <= 10:
            raise ValueError(sentence("В одной клетке может быть от 1 до 10 отметок."))
        _grades(self.grades_without_marks)
        _control_kinds(self.control_kinds)
        _attendance_codes(self.attendance_codes)
        _word_marks(self.word_marks)
        if not 0 <= self.least_marks_in_term <= 50:
            raise ValueError(sentence("Число отметок для отметки за период – от 0 до 50."))
        if not 0 <= self.most_absences <= 100:
            raise ValueError(sentence("Доля пропущенных уроков – от 0 до 100 процентов."))
        if not 0 <= self.lessons_without_marks <= 100:
            raise ValueError(sentence("Число уроков подряд без отметок – от 0 до 100."))
        _grades(self.exam_grades)
        norms_of(self.homework_norms)
        if not 0 <= self.weekend_homework <= MOST_OVER_WEEKEND:
            raise ValueError(
                sentence("Задание на выходные – от 0 до %(most)s процентов нормы.", most=MOST_OVER_WEEKEND)
            )
        if not 1 <= self.control_works_a_day <= 5:
            raise ValueError(sentence("Контрольных в день – от 1 до 5."))
        if not 1 <= self.control_works_share <= 100:
            raise ValueError(sentence("Доля контрольных – от 1 до 100 процентов."))
        if not 0 <= self.control_works_apart <= 60:
            raise ValueError(sentence("Дней между контрольными – от 0 до 60."))
        if not 0 <= self.homework_reminder <= 23:
            raise ValueError(sentence("Час напоминания – от 0 до 23."))
        subject_scales(self.subject_thresholds, self._usual_scale)
        levels_of(self.mark_levels)
        levels_of(self.work_bounds)
        passes = any(each.passes for each in own_scales(self.subject_scales))
        if passes and not {PASSED, FAILED} <= set(self.words):
            raise ValueError(
                sentence("Для шкалы «зачёт» нужны отметки словами «зач» и «нз»: верните их в список.")
            )

    @property
    def _usual_scale(self) -> Scale:
        return usual_scale(self.term_thresholds, self.lowest_mark, self.highest_mark)

    def scale_of(self, subject: str) -> Scale:
        """The thresholds of term marks in a subject, by its name."""
        usual = self._usual_scale
        return subject_scales(self.subject_thresholds, usual).get(sort_key(subject), usual)

    @property
    def work_percents(self) -> tuple[int, int, int]:
        """From which percent of the points of a work on a 5, a 4 and a 3 are proposed."""
        return levels_of(self.work_bounds)

    @property
    def has_other_numbers(self) -> bool:
        """Whether some subject is marked by numbers of another scale than the five-point one."""
        highest = {self.highest_mark, *(each.highest for each in own_scales(self.subject_scales))}
        return bool(highest - {0, FIVE_POINT})

    def mark_scale(self, subject: str, grade_level: int | None) -> MarkScale:
        """How a subject is marked in a grade level; a page of several classes has none."""
        return _mark_scale(self, subject, grade_level)

    def with_exams(self, grade_level: int | None) -> bool:
        """Whether a grade level ends with exams and final marks."""
        return grade_level is not None and grade_level in _grades(self.exam_grades)

    @property
    def kinds(self) -> dict[str, ControlKind]:
        """Control kinds by code, in the school's order."""
        return _control_kinds(self.control_kinds)

    @property
    def codes(self) -> dict[str, AttendanceCode]:
        """Attendance codes by what stands in the cell."""
        return _attendance_codes(self.attendance_codes)

    @property
    def words(self) -> dict[str, WordMark]:
        """Marks that are words, by what stands in the cell."""
        return _word_marks(self.word_marks)

    @property
    def control_work_codes(self) -> list[str]:
        """The codes of the kinds of work that count as control works."""
        named = self.control_work_kinds.replace(",", " ").split()
        return [code for code in self.kinds if code in named]

    def without_marks(self, grade_level: int | None) -> bool:
        """Whether a grade level is taught without marks."""
        return grade_level is not None and grade_level in _grades(self.grades_without_marks)

    def weight_of(self, control_kind: str) -> int:
        """The weight of a mark for this kind of work; 1 for an ordinary answer."""
        kind = self.kinds.get(control_kind)
        return kind.weight if kind else 1


def _lines(text: str, least: int) -> list[list[str]]:
    found: list[list[str]] = []
    for line in text.splitlines():
        if not line.strip():
            continue
        parts = [part.strip() for part in line.split(";")]
        if len(parts) < least or not all(parts[:least]):
            raise ValueError(
                counted(
                    "Строка «%(line)s»: нужно не меньше %(count)s значения через точку с запятой.",
                    "Строка «%(line)s»: нужно не меньше %(count)s значений через точку с запятой.",
                    least,
                    line=line.strip(),
                )
            )
        found.append(parts)
    return found


@lru_cache(maxsize=256)
def _control_kinds(text: str) -> dict[str, ControlKind]:
    found: dict[str, ControlKind] = {}
    for parts in _lines(text, 4):
        if not parts[3].isdigit() or not 1 <= int(parts[3]) <= 100:
            raise ValueError(
                sentence("Вид работы «%(title)s»: вес – целое число от 1 до 100.", title=parts[1])
            )
        if len(parts[0]) > 24:
            raise ValueError(sentence("Вид работы «%(title)s»: код длиннее 24 знаков.", title=parts[1]))
        found[parts[0]] = ControlKind(parts[0], parts[1], parts[2], int(parts[3]))
    return found


@lru_cache(maxsize=256)
def _attendance_codes(text: str) -> dict[str, AttendanceCode]:
    found: dict[str, AttendanceCode] = {}
    for parts in _lines(text, 4):
        if len(parts[0]) > 8:
            raise ValueError(sentence("Код посещаемости «%(code)s» длиннее 8 знаков.", code=parts[0]))
        if parts[2] not in CATEGORIES:
            raise ValueError(
                sentence(
                    "Код «%(code)s»: вид – одно из %(known)s.",
                    code=parts[0],
                    known=", ".join(sorted(CATEGORIES)),
                )
            )
        aliases = tuple(parts[4].replace(",", " ").casefold().split()) if len(parts) > 4 else ()
        absent = parts[3].casefold() in ("да", "yes", "true", "1")
        found[parts[0].casefold()] = AttendanceCode(parts[0].casefold(), parts[1], parts[2], absent, aliases)
    return found


@lru_cache(maxsize=256)
def _word_marks(text: str) -> dict[str, WordMark]:
    found: dict[str, WordMark] = {}
    for parts in _lines(text, 2):
        aliases = tuple(parts[2].replace(",", " ").casefold().split()) if len(parts) > 2 else ()
        found[parts[0].casefold()] = WordMark(parts[0].casefold(), parts[1], aliases)
    return found


@lru_cache(maxsize=64)
def _grades(text: str) -> frozenset[int]:
    parts = text.replace(",", " ").split()
    if not all(part.isdigit() for part in parts):
        raise ValueError(sentence("Номера классов перечисляют числами через запятую, например: 1, 2."))
    return frozenset(int(part) for part in parts)


@lru_cache(maxsize=1024)
def _mark_scale(settings: JournalSettings, subject: str, grade_level: int | None) -> MarkScale:
    key, levels = sort_key(subject), levels_of(settings.mark_levels)
    own = next((each for each in own_scales(settings.subject_scales) if each.fits(key, grade_level)), None)
    if own is not None and own.passes:
        return PASS_FAIL
    if own is None or (
        own.highest == settings.highest_mark and own.lowest in (None, settings.lowest_mark) and not own.bounds
    ):
        return MarkScale(
            lowest=settings.lowest_mark,
            highest=settings.highest_mark,
            thresholds=settings.scale_of(subject),
            levels=levels,
            debt=settings.debt_counts_as or None,
        )
    lowest = own.lowest
    if lowest is None:
        lowest = settings.lowest_mark if own.highest == settings.highest_mark else 1
    return MarkScale(
        lowest=lowest,
        highest=own.highest,
        thresholds=own.thresholds(lowest),
        levels=levels,
        debt=lowest if settings.debt_counts_as else None,
    )


def journal_settings(db: Session, path: str) -> JournalSettings:
    """The settings that hold for the organization with this path. Costs no statement."""
    return db.portal.switches.settings("journal", path, JournalSettings)


def settings_of(db: Session, actor: Actor) -> JournalSettings:
    """The settings of the acting organization."""
    return journal_settings(db, actor.acting_role.organization_path)


def known_kind(settings: JournalSettings, code: str) -> str:
    """`code` if the school has such a kind of work, or empty for none. Raises `Invalid` otherwise."""
    if code and code not in settings.kinds:
        raise Invalid(
            "Такого вида работы в школе нет.",
            advice="Выберите вид работы из списка.",
            fields={"control_kind": "Выберите вид работы из списка."},
        )
    return code
