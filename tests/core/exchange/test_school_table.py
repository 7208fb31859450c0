"""A school's own table of classes and pupils, loaded by the command."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from core.audit.models import AuditRecord
from core.exchange.run import Job, run_import
from core.identity.models import Guardianship, Person
from core.organizations.models import Enrollment, Organization, PupilGroup, SchoolClass
from core.roles.actor import system_actor
from core.roles.models import StructuralRole
from core.testing.portal import count_statements
from tests.core.exchange.conftest import School

LIST = """МБОУ «СОШ № 1»;;;;;;;
Список учащихся на 01.09.2026;;;;;;;

№ п/п;Дата рождения;Ф.И.О. ученика;Класс;СНИЛС;Мать;Телефон матери;Подгруппа (англ.)
1;05.03.2015;ИВАНОВА  анна сергеевна;5 а;112-233-445 95;Иванова Мария Петровна;8 (918) 123-45-67;1
2;41000;Алиев Руслан Магомед оглы;5A;;;;2
3;2015-07-01;Петрова-Водкина Ольга;05-Б;;Петрова Ирина, т. 89187654321;;
Итого;3;;;;;;
"""


@pytest.mark.parametrize(
    ("encoding", "delimiter"),
    [("utf-8", ";"), ("utf-8-sig", ","), ("windows-1251", ";"), ("utf-16", "\t"), ("windows-1251", "\t")],
)
def test_a_list_is_understood_in_every_usual_encoding_and_separator(
    school: School, encoding: str, delimiter: str
) -> None:
    text = LIST.replace("Ирина, т.", "Ирина т.").replace(";", delimiter)
    loaded = school.load(school.table(text, encoding=encoding))
    assert loaded.exit_code == 0, loaded.output
    anna = school.person("Иванова", "Анна")
    assert (anna.middle_name, anna.birth_date, anna.snils) == ("Сергеевна", date(2015, 3, 5), "11223344595")
    assert school.person("Алиев").middle_name == "Магомед оглы"
    assert school.person("Алиев").birth_date == date(2012, 4, 1)
    assert [row.name for row in school.all(SchoolClass)] == ["5А", "5Б"]
    assert school.person("Иванова", "Мария").phone == "+79181234567"
    assert school.person("Петрова", "Ирина").phone == "+79187654321"
    assert {group.name for group in school.all(PupilGroup)} == {"1", "2"}


def test_people_get_roles_ties_enrollments_and_one_audit_record_each(school: School) -> None:
    assert school.load(school.table(LIST)).exit_code == 0
    roles = sorted(role.kind for role in school.all(StructuralRole))
    assert roles == ["guardian"] * 2 + ["pupil"] * 3
    assert {tie.relation for tie in school.all(Guardianship)} == {"mother"}
    assert school.classes_of("Алиев") == [("5А", date(2026, 9, 1), None)]
    people = [record for record in school.all(AuditRecord) if record.subject_type == "person"]
    assert len(people) == len({record.subject_id for record in people}) == 5
    assert all("список.csv" in record.reason for record in people)
    assert school.command("check", "audit").exit_code == 0


def test_loading_the_same_file_again_changes_nothing(school: School) -> None:
    school.load(school.table(LIST))
    before = school.count(AuditRecord)
    again = school.load(school.table(LIST))
    assert again.exit_code == 0
    assert "Всё уже загружено, изменений нет." in again.output
    assert school.count(AuditRecord) == before


def test_a_dry_run_writes_nothing_and_says_what_would_happen(school: School) -> None:
    rehearsal = school.load(school.table(LIST), options=["--dry-run"])
    assert rehearsal.exit_code == 0
    assert "новый – 3" in rehearsal.output
    assert "можно загружать" in rehearsal.output
    assert school.count(Person) == 0
    assert school.count(AuditRecord) == 0


def test_one_wrong_row_keeps_all_rows_out(school: School) -> None:
    wrong = LIST.replace("112-233-445 95", "112-233-445 96").replace("41000", "31.02.2012")
    loaded = school.load(school.table(wrong))
    assert loaded.exit_code == 1
    assert "Контрольное число СНИЛС не сходится" in loaded.output
    assert "Такого дня в календаре нет." in loaded.output
    assert "ничего не загружено" in loaded.output
    assert school.count(Person) == school.count(SchoolClass) == school.count(AuditRecord) == 0


def test_a_changed_cell_is_an_update_with_before_and_after(school: School) -> None:
    school.load(school.table(LIST))
    loaded = school.load(school.table(LIST.replace("8 (918) 123-45-67", "89180000000")))
    assert "телефон: +79181234567 → +79180000000" in loaded.output
    mother = school.person("Иванова", "Мария")
    record = [each for each in school.all(AuditRecord) if each.subject_id == str(mother.id)][-1]
    assert (record.action, record.before["phone"], record.after["phone"]) == (
        "core.person.update",
        "+79181234567",
        "+79180000000",
    )


def test_a_pupil_who_moves_to_another_class_keeps_the_old_enrollment_closed(school: School) -> None:
    school.load(school.table(LIST))
    assert "класс: 5А → 5Б" in school.load(school.table(LIST.replace("5A;", "5Б;"))).output
    first, second = school.classes_of("Алиев")
    assert (first[0], second[0]) == ("5А", "5Б")
    assert first[2] == second[1] - timedelta(days=1)
    assert second[2] is None


def test_pupils_missing_from_the_file_are_reported_and_stay(school: School) -> None:
    school.load(school.table(LIST))
    shorter = "\n".join(line for line in LIST.splitlines() if "Алиев" not in line)
    loaded = school.load(school.table(shorter))
    assert "нет в файле (1)" in loaded.output
    assert "Алиев Руслан" in loaded.output
    assert school.classes_of("Алиев")[0][2] is None


def test_unknown_columns_are_named_and_can_be_mapped(school: School) -> None:
    table = school.table(
        "Класс;ФИО;Дата рождения;Прозвище;Мобила мамина\n5А;Козлов Олег;1.2.2015;Козёл;89180000001\n"
    )
    loaded = school.load(table)
    assert "Колонка «Прозвище» (список) не понята и не загружается." in loaded.output
    mapped = school.load(table, options=["--map", "Прозвище=Отчество"])
    assert "отчество: – → Козёл" in mapped.output


def test_a_book_with_a_sheet_for_each_class_needs_no_class_column(school: School) -> None:
    titles = ["Фамилия", "Имя", "Отчество", "Дата рождения", "Пол", "Телефон"]
    book = school.book(
        {
            "5А": [
                ["Список класса"],
                titles,
                ["Орлов", "Пётр", None, date(2015, 5, 1), "м", 89181112233],
            ],
            "10 физмат": [titles, [], ["Лис", "Яна", "Игоревна", 40179, "жен.", None]],
            "Пустой": [],
        }
    )
    loaded = school.load(book)
    assert loaded.exit_code == 0, loaded.output
    assert school.classes_of("Орлов")[0][0] == "5А"
    assert school.classes_of("Лис")[0][0] == "10 физмат"
    assert (school.person("Лис").birth_date, school.person("Лис").gender) == (date(2010, 1, 1), "F")
    assert (school.person("Орлов").birth_date, school.person("Орлов").phone) == (
        date(2015, 5, 1),
        "+79181112233",
    )


def test_formulas_count_as_their_kept_values_and_never_run(school: School) -> None:
    book = school.book(
        {
            "5А": [
                ["ФИО", "Дата рождения"],
                ['=HYPERLINK("x")', date(2015, 1, 1)],
                ["Гусь Лев", date(2015, 1, 2)],
            ]
        }
    )
    assert school.load(book).exit_code in (0, 1)


def test_latin_letters_that_look_russian_are_mended_with_a_warning(school: School) -> None:
    loaded = school.load(school.table("Класс;ФИО;Дата рождения\n5A;Cидopoв Ивaн;01.02.2015\n"))
    assert "латинские буквы заменены" in loaded.output
    assert school.person("Сидоров").first_name == "Иван"


def test_a_repeated_row_is_skipped_and_a_contradicting_one_is_an_error(school: School) -> None:
    rows = "Класс;ФИО;Дата рождения\n5А;Орлов Пётр;01.02.2015\n5А;Орлов Петр;01.02.2015\n"
    assert "Повтор: этот ученик уже есть в файле (строка 2)" in school.load(school.table(rows)).output
    contradiction = school.load(school.table(rows + "6А;Орлов Пётр;01.02.2015\n"))
    assert contradiction.exit_code == 1
    assert "уже есть в файле в другом классе" in contradiction.output


def test_the_same_name_without_a_date_of_birth_asks_for_more(school: School) -> None:
    school.load(school.table("Класс;ФИО;Дата рождения\n5А;Орлов Пётр;01.02.2015\n"))
    loaded = school.load(school.table("Класс;ФИО\n6А;Орлов Пётр\n"))
    assert loaded.exit_code == 1
    assert "Добавьте дату рождения, СНИЛС или номер личного дела." in loaded.output
    assert school.load(school.table("Класс;ФИО\n5А;Орлов Пётр\n")).exit_code == 0
    assert school.count(Person) == 1


def test_a_married_name_is_matched_by_snils_and_a_foreign_number_is_refused(school: School) -> None:
    head = "Класс;ФИО;Дата рождения;СНИЛС\n"
    school.load(school.table(f"{head}10А;Орлова Анна;01.02.2010;112-233-445 95\n"))
    married = school.load(school.table(f"{head}10А;Соколова Анна;01.02.2010;11223344595\n"))
    assert "фамилия: Орлова → Соколова" in married.output
    stranger = school.load(school.table(f"{head}10А;Жук Борис;05.05.2010;11223344595\n"))
    assert stranger.exit_code == 1
    assert "Этот СНИЛС принадлежит другому человеку" in stranger.output


def test_a_pupil_of_another_school_is_found_by_snils_but_not_rewritten(school: School) -> None:
    head = "Класс;ФИО;Дата рождения;СНИЛС;Телефон\n"
    school.load(school.table(f"{head}5А;Орлова Анна;01.02.2015;11223344595;89180000001\n"))
    other = school.table(f"{head}5Б;Орлова Анна;01.02.2015;11223344595;89180000002\n")
    loaded = school.command("import", other, "--organization", school.neighbour, "--year", "2026/27")
    assert loaded.exit_code == 0, loaded.output
    assert school.person("Орлова").phone == "+79180000001"
    assert school.count(Person) == 1
    assert school.count(Enrollment) == 2


def test_a_tie_closed_by_court_is_not_reopened_by_a_file(school: School) -> None:
    school.load(school.table(LIST))
    with school.portal.database.transaction() as db:
        db.query(Guardianship).update({"rights": "none"})
    loaded = school.load(school.table(LIST))
    assert "связь с ребёнком закрыта" in loaded.output
    assert all(tie.rights == "none" for tie in school.all(Guardianship))


def test_siblings_share_a_guardian_who_has_a_phone(school: School) -> None:
    head = "Класс;ФИО;Дата рождения;Мать;Телефон матери\n"
    one = "5А;Орлов Пётр;01.02.2015;Орлова Инна Львовна;89180000001\n"
    two = "7А;Орлов Яков;01.02.2013;Орлова Инна Львовна;+7 918 000-00-01\n"
    assert school.load(school.table(head + one + two)).exit_code == 0
    assert school.count(Guardianship) == 2
    assert school.count(Person) == 3


def test_the_report_comes_back_as_the_original_table_with_remarks(school: School) -> None:
    from openpyxl import load_workbook

    wrong = LIST.replace("41000", "31.02.2012").replace("Подгруппа (англ.)", "=1+1")
    report = school.folder / "замечания.xlsx"
    assert school.load(school.table(wrong), options=["--report", str(report)]).exit_code == 1
    rows = list(load_workbook(report).active.values)  # type: ignore[union-attr]
    assert rows[3][-3:] == ("Итог", "Что исправить", "Замечания")
    assert rows[3][-4] == "=1+1"
    assert load_workbook(report).active.cell(4, 8).data_type == "s"  # type: ignore[union-attr]
    assert "Такого дня в календаре нет." in rows[5][-2]
    assert rows[4][2] == "ИВАНОВА  анна сергеевна"
    as_text = school.folder / "замечания.csv"
    school.load(school.table(wrong), options=["--report", str(as_text)])
    assert "'=1+1" in as_text.read_text(encoding="utf-8-sig")


def test_a_thousand_rows_need_as_many_statements_as_ten(school: School) -> None:
    def statements(rows: int) -> int:
        lines = [
            f"{i % 9 + 1}А;Ученик{chr(1072 + i % 30)}{chr(1072 + i // 30)} Иван;{i % 28 + 1}.01.2014"
            for i in range(rows)
        ]
        table = school.table("Класс;ФИО;Дата рождения\n" + "\n".join(lines))

        with count_statements(school.portal.database) as counted:
            report = run_import(
                school.portal,
                system_actor(),
                Job(paths=[table], organization_id=school.ours, starts_in=2026),
                dry_run=True,
            )
        assert report.totals["created"] == rows
        return len(counted)

    assert statements(900) == statements(10) < 25


def test_the_school_is_named_by_ogrn_or_name_and_asked_for_when_unclear(school: School) -> None:
    table = school.table("Класс;ФИО;Дата рождения\n5А;Орлов Пётр;01.02.2015\n")
    unclear = school.command("import", table)
    assert "В портале несколько школ." in str(unclear.exception.message if unclear.exception else "")
    assert school.command("import", table, "--organization", "1026602267780").exit_code == 0
    assert school.command("import", table, "--organization", "сош № 1").exit_code == 0
    assert school.count(Organization) == 3
    assert school.count(Enrollment) == 1
