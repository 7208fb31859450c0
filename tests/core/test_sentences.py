"""Sentences with values in them: Russian in records, each reader's language where they are shown."""

from __future__ import annotations

import copy
import json
from datetime import date

import pytest
from markupsafe import Markup, escape
from sqlalchemy import create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from core.database.words import Words
from core.errors import Invalid
from core.testing import PortalUnderTest
from core.web.i18n import Sentence, counted, gettext, lazy, sentence, speaking

pytestmark = pytest.mark.usefixtures("portal")


def english(words: str) -> str:
    with speaking("en"):
        return gettext(words)


def test_a_sentence_is_russian_in_records_and_translated_where_it_is_shown() -> None:
    with speaking("en"):
        said = sentence("Файл «%(name)s» пустой.", name="100 %<b>.csv")
    assert said == "Файл «100 %<b>.csv» пустой."
    assert json.dumps({said: said}, ensure_ascii=False) == f'{{"{said}": "{said}"}}'
    assert english(said) == "The file “100 %<b>.csv” is empty."
    with speaking("en"):
        assert escape(said) == Markup("The file “100 %&lt;b&gt;.csv” is empty.")
    assert english(copy.deepcopy(said)) == english(said)


def test_values_that_are_words_are_translated_too_and_days_are_written_as_people_do() -> None:
    where = sentence("строка %(row)s", row=7)
    assert english(sentence("Повтор: этот ученик уже есть в файле (%(where)s).", where=where)) == (
        "Repeated: the file has this pupil already (row 7)."
    )
    assert english(sentence("роль: %(role)s", role=lazy("учитель"))) == "role: teacher"
    left = sentence("выбыл из %(name)s %(day)s", name="5А", day=date(2026, 11, 3))
    assert (left, english(left)) == ("выбыл из 5А 03.11.2026", "left 5А on 03.11.2026")


@pytest.mark.parametrize(
    ("age", "russian", "in_english"),
    [
        (1, "Ученику 1 год.", "The pupil is 1 year old."),
        (3, "Ученику 3 года.", "The pupil is 3 years old."),
        (41, "Ученику 41 год.", "The pupil is 41 years old."),
        (45, "Ученику 45 лет.", "The pupil is 45 years old."),
    ],
)
def test_counts_have_the_form_of_each_language(age: int, russian: str, in_english: str) -> None:
    said = counted("Ученику %(count)s год.", "Ученику %(count)s лет.", age)
    assert (said, english(said)) == (russian, in_english)


def test_the_words_of_an_error_are_sentences(portal: PortalUnderTest) -> None:
    error = Invalid("Файл не выбран.", fields={"file": counted("%(count)s урок", "%(count)s уроков", 5)})
    assert str(error) == "Файл не выбран."
    assert english(error.message) == "No file is chosen."
    shown = portal.portal.templates.environment("base").from_string(
        "{{ words }}, {{ _(words) }}, {{ ['a', words]|join(' ') }}"
    )
    with speaking("en"):
        assert shown.render(words=error.message) == (
            "No file is chosen., No file is chosen., a No file is chosen."
        )


class _Base(DeclarativeBase):
    pass


class _Said(_Base):
    __tablename__ = "said"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(Words(20))


def test_a_column_keeps_a_sentence_with_its_values_and_any_other_text_as_it_is() -> None:
    role = sentence("роль: %(role)s", role=lazy("учитель"))
    said = sentence("Повтор: этот ученик уже есть в файле (%(where)s).", where=role)
    aged = counted("Ученику %(count)s год.", "Ученику %(count)s лет.", 2)
    forged = '\x1e["роль: %(role)s", "", {}]'
    engine = create_engine("sqlite://")
    _Base.metadata.create_all(engine)
    with Session(engine) as db:
        db.add_all(_Said(id=number, text=text) for number, text in enumerate((said, aged, forged, "")))
        db.commit()
        kept = db.scalars(select(_Said.text).order_by(_Said.id)).all()
    assert kept[0] == said
    assert english(kept[0]) == "Repeated: the file has this pupil already (role: teacher)."
    assert (kept[1], english(kept[1])) == ("Ученику 2 года.", "The pupil is 2 years old.")
    assert kept[2:] == [forged[1:21], ""]
    assert not isinstance(kept[2], Sentence)
