"""The portal in English, and Russian plural forms."""

from __future__ import annotations

import ast
import html
import re

import pytest
from sqlalchemy import select, union

from core.organizations.models import Subject
from core.testing import PortalUnderTest, Visitor
from core.web.i18n import current_locale, ngettext
from scripts import translations
from scripts.stray_words import stray_words

PAGES = {
    "teacher": ("/", "/journal", "/timetable", "/account", "/requests", "/requests/new", "/organization"),
    "guardian": ("/", "/diary", "/timetable", "/account", "/requests", "/notifications", "/organization"),
    "head": (
        "/",
        "/journal",
        "/journal/absent",
        "/diary",
        "/timetable",
        "/plugins",
        "/plugins/journal",
        "/plugins/diary",
        "/plugins/auth_esia",
        "/account",
        "/organization",
        "/import",
        "/audit",
        "/notifications",
        "/search?q=5",
        "/nowhere",
    ),
}
INTERFACE_WORDS = re.compile(
    r"\b(главная|журнал\w*|дневник\w*|расписани\w+|запрос\w*|организаци[яиюей]+|загрузк\w+|плагин\w*|"
    r"уведомлени\w+|настройк\w+|сохранить|отмен\w+|выбр\w+|выберите|войти|войдите|выйти|сегодня|завтра|вчера|"
    r"ученик\w*|родител\w+|учител[ьяию]+|директор|завуч|класс[аыу]?|предмет\w*|урок\w*|отметк\w+|"
    r"домашнее задание|кабинет|включ\w+|выключ\w+|показать|поиск|страниц\w+|период\w*|действи\w+|"
    r"понедельник|вторник|среда|четверг|пятница|суббота|болел|ноябр[ья])\b",
    re.IGNORECASE,
)
CYRILLIC = re.compile("[А-Яа-яЁё]")
# Words of the school's own data that look like words of the interface.
DATA = ("Учитель болеет", "Учитель на курсах", "Все предметы; зачёт")


def in_english(visitor: Visitor, url: str) -> str:
    """What a reader sees of a page: its texts and the words of its controls, without the settings' values."""
    text = visitor.get(url).text
    assert '<html lang="en"' in text, f"{url} is not in English"
    text = re.sub(r"<(script|style|textarea)\b.*?</\1>", " ", text, flags=re.DOTALL)
    text = re.sub(r'<(\w+)[^>]*\blang="ru"[^>]*>.*?</\1>', " ", text, flags=re.DOTALL)
    labels = re.findall(r'\b(?:title|aria-label|placeholder|alt|data-label)="([^"]*)"', text)
    return html.unescape(re.sub(r"<[^>]+>", "\n", text) + "\n" + "\n".join(labels))


def test_nothing_is_left_untranslated() -> None:
    assert translations.missing() == []


def test_no_russian_words_bypass_the_catalogues() -> None:
    assert [line for area in translations.areas() for line in translations.strays_of(*area)] == []


STRAYS = """
OUTCOME_TITLES = {"made": "создан"}

def told(name: str, actor: Any) -> str:
    if not name:
        raise Invalid(f"Файл «{name}» пустой.", advice="Проверьте имя.")
    fields = {"name": "Не заполнено."}
    fields["day"] = "Такого дня нет."
    return "Готово: " + name if name != "всё" else ("%s готово" % name)
"""
NO_STRAYS = """
\"\"\"О модуле.\"\"\"
MONTHS = ("январь", "февраль")
NAME = re.compile("[а-я]+")

def told(name: str, origin: str = "вход") -> str:
    \"\"\"О функции.\"\"\"
    if name in ("да", "нет") or name.startswith("не "):
        raise ConfigurationError(f"Папки «{name}» нет.", advice="Создайте её.")
    reason = f"Загрузка из файла {name}"
    record(Change(action="made", reason=reason, after={"файл": name}), basis="из файла")
    return sentence("Файл «%(name)s» пустой.", name=name)
"""


def test_words_that_are_not_marked_are_found_and_those_kept_in_russian_are_not() -> None:
    known = {"Проверьте имя.", "Файл «%(name)s» пустой."}
    found = [words for _line, words in stray_words(ast.parse(STRAYS), known)]
    assert found == [
        "создан",
        "Файл «…» пустой.",
        "Не заполнено.",
        "Такого дня нет.",
        "Готово: ",
        "%s готово",
    ]
    assert list(stray_words(ast.parse(NO_STRAYS), known)) == []


@pytest.mark.parametrize("role", PAGES)
def test_pages_in_english_have_no_russian_interface_words(portal: PortalUnderTest, role: str) -> None:
    visitor = portal.sign_in(role)
    visitor.post("/locale", data={"locale": "en", "next": "/"})
    found = {
        f"{url}: {line.strip()}"
        for url in PAGES[role]
        for line in in_english(visitor, url).splitlines()
        if INTERFACE_WORDS.search(line) and not any(word in line for word in DATA)
    }
    assert found == set()


@pytest.mark.only_sqlite
@pytest.mark.parametrize("role", PAGES)
def test_no_page_that_links_lead_to_shows_a_catalogues_words_in_russian(
    portal: PortalUnderTest, role: str
) -> None:
    """Every kind of page once; words of one letter are data, such as the sign of a kind of work; so are subjects."""
    with portal.portal.database.reading() as db:
        subjects = set(db.scalars(union(select(Subject.name), select(Subject.short_name))))
    messages = {
        message
        for name, folder in translations.areas()
        for message in translations.messages_of(name, folder)
        if isinstance(message, str) and len(message) > 1 and CYRILLIC.search(message)
    } - subjects
    visitor = portal.sign_in(role)
    visitor.post("/locale", data={"locale": "en", "next": "/"})
    urls, kinds, found = ["/"], {"/"}, set[str]()
    for url in urls:
        answer = visitor.get(url)
        if answer.status_code >= 300 or "text/html" not in answer.headers["content-type"]:
            continue
        lines = {line.strip() for line in in_english(visitor, url).splitlines()}
        found |= {f"{url}: {line}" for line in lines & messages}
        for link in map(html.unescape, re.findall(r'href="(/[^"#]*)"', answer.text)):
            kind = re.sub(r"[0-9a-f-]{32,36}|=[^&]*|\d+", "*", link)
            if kind not in kinds and not link.startswith(("/static/", "/files/", "/export/")):
                kinds.add(kind)
                urls.append(link)
    assert len(urls) > 10
    assert found == set()


def test_a_stranger_reads_an_error_in_english(portal: PortalUnderTest) -> None:
    visitor = portal.visitor()
    visitor.get("/sign-in")
    visitor.post("/locale", data={"locale": "en", "next": "/sign-in"})
    shown = in_english(visitor, "/nowhere")
    assert "There is no such page" in shown
    assert not INTERFACE_WORDS.search(shown)


@pytest.mark.parametrize(
    ("count", "words"),
    [(1, "ученик"), (2, "ученика"), (5, "учеников"), (11, "учеников"), (21, "ученик"), (112, "учеников")],
)
def test_russian_counts_have_the_right_form(portal: PortalUnderTest, count: int, words: str) -> None:
    token = current_locale.set("ru")
    try:
        assert ngettext("%(num)d ученик", "%(num)d учеников", count) == f"%(num)d {words}"
    finally:
        current_locale.reset(token)


def test_english_counts_have_the_right_form(portal: PortalUnderTest) -> None:
    token = current_locale.set("en")
    try:
        shown = [ngettext("%(num)d класс", "%(num)d классов", count) for count in (0, 1, 2, 21)]
    finally:
        current_locale.reset(token)
    assert shown == ["%(num)d classes", "%(num)d class", "%(num)d classes", "%(num)d classes"]
