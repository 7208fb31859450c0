"""What was decided today about a pupil's class is not overwritten by a file of the same day."""

from __future__ import annotations

from datetime import timedelta

from core.identity.sessions import today_in
from core.organizations.models import Enrollment
from tests.core.exchange.conftest import School
from tests.core.exchange.test_school_table import LIST


def test_a_class_of_today_stays_and_the_file_says_so(school: School) -> None:
    assert school.load(school.table(LIST)).exit_code == 0
    other = LIST.replace("5A;", "5Б;")
    today = today_in("Europe/Moscow")
    assert school.load(school.table(other)).exit_code == 0
    before = school.classes_of("Алиев")
    assert before[-1][:2] == ("5Б", today)
    answer = school.load(school.table(LIST))
    assert answer.exit_code == 0 and "сегодня уже зачислен в 5Б" in answer.output
    assert "загрузите файл завтра" in answer.output
    assert school.classes_of("Алиев") == before
    with school.portal.database.transaction() as db:
        for span in db.query(Enrollment).filter(Enrollment.starts_on == today):
            span.starts_on = today - timedelta(days=1)
        for span in db.query(Enrollment).filter(Enrollment.ends_on == today - timedelta(days=1)):
            span.ends_on = today - timedelta(days=2)
    assert "класс: 5Б → 5А" in school.load(school.table(LIST)).output
