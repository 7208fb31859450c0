"""A OneRoster 1.1 CSV set, loaded by the command."""

# ruff: noqa: E501 -- OneRoster tables are as wide as they are

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from core.audit.models import AuditRecord
from core.database.base import new_id
from core.exchange.models import ImportRun
from core.identity.models import Guardianship, Person
from core.organizations.models import (
    AcademicYear,
    Enrollment,
    Organization,
    PupilGroup,
    PupilGroupMembership,
    SchoolClass,
    Subject,
    TeachingAssignment,
    Term,
)
from core.requests.models import Request
from core.roles.models import RoleGrant, RoleStep, StructuralRole
from core.testing.portal import Visitor
from tests.core.exchange.conftest import YEAR, School

MANIFEST = """propertyName,value
manifest.version,1.0
oneroster.version,1.1
file.academicSessions,bulk
file.categories,absent
file.classes,bulk
file.courses,bulk
file.demographics,bulk
file.enrollments,bulk
file.lineItems,absent
file.orgs,bulk
file.results,absent
file.users,bulk
source.systemName,Учебная система
"""
SET = {
    "manifest.csv": MANIFEST,
    "orgs.csv": """sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId
d1,,,Край,district,,
s1,,,Средняя школа,school,1026602267780,d1
""",
    "academicSessions.csv": """sourcedId,status,dateLastModified,title,type,startDate,endDate,parentSourcedId,schoolYear
y26,,,2026/27,schoolYear,2026-09-01,2027-05-31,,2027
h1,,,I полугодие,term,2026-09-01,2026-12-30,y26,2027
h2,,,II полугодие,term,2027-01-11,2027-05-31,y26,2027
""",
    "courses.csv": """sourcedId,status,dateLastModified,schoolYearSourcedId,title,courseCode,grades,orgSourcedId,subjects,subjectCodes
alg,,,y26,Алгебра,ALG,10,s1,Алгебра,
eng,,,y26,Английский язык,ENG,10,s1,,
""",
    "classes.csv": """sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods
c10a,,,10А,10,,10А,homeroom,,s1,y26,,,
c10b,,,10Б,10,,10Б,homeroom,,s1,y26,,,
alg10a,,,10А Алгебра,10,alg,,scheduled,12,s1,"h1,h2",,,
eng10a1,,,10А Английский 1,10,eng,,scheduled,,s1,"h1,h2",,,
flow,,,Поток,10,eng,,scheduled,,s1,h1,,,
""",
    "users.csv": """sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,givenName,familyName,middleName,identifier,email,sms,phone,agentSourcedIds,grades,password
p1,,,true,s1,student,p1,{SNILS:112-233-445 95},Анна,Иванова,Сергеевна,,anna@example.org,,,"m1",10,
p2,,,true,s1,student,p2,,Олег,Жук,,,,,,,10,
p3,,,true,s1,student,p3,,Яна,Лис,,,,,,,10,
t1,,,true,s1,teacher,t1,,Инна,Орлова,Львовна,,inna@example.org,,,,,
m1,,,true,s1,parent,m1,,Мария,Иванова,Петровна,,,,+79181234567,p1,,
""",
    "enrollments.csv": """sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate
e1,,,c10a,s1,p1,student,,2026-09-01,2027-05-31
e2,,,c10a,s1,p2,student,,2026-09-01,
e3,,,c10b,s1,p3,student,,2026-09-01,
e4,,,alg10a,s1,p1,student,,,
e5,,,alg10a,s1,p2,student,,,
e6,,,alg10a,s1,t1,teacher,true,,
e7,,,eng10a1,s1,p1,student,,,
e8,,,eng10a1,s1,t1,teacher,true,,
e9,,,flow,s1,p2,student,,,
e10,,,flow,s1,p3,student,,,
e11,,,flow,s1,t1,teacher,true,,
e12,,,c10a,s1,t1,teacher,true,,
""",
    "demographics.csv": """sourcedId,status,dateLastModified,birthDate,sex,countryOfBirthCode
p1,,,2010-03-05,female,RU
p2,,,2010-07-01,male,RU
""",
}


def test_a_set_becomes_classes_people_ties_and_teaching(school: School) -> None:
    loaded = school.load(school.archive(SET))
    assert loaded.exit_code == 0, loaded.output
    assert [(c.name, c.external_id) for c in school.all(SchoolClass)] == [("10А", "c10a"), ("10Б", "c10b")]
    anna = school.person("Иванова", "Анна")
    assert (anna.external_id, anna.source, anna.snils, anna.birth_date, anna.gender) == (
        "p1",
        "oneroster",
        "11223344595",
        date(2010, 3, 5),
        "F",
    )
    assert school.classes_of("Жук") == [("10А", date(2026, 9, 1), None)]
    assert [(term.kind, term.number) for term in school.all(Term)] == [("half_year", 1), ("half_year", 2)]
    assert school.all(AcademicYear)[0].ends_on == date(2027, 5, 31)
    [tie] = school.all(Guardianship)
    assert (tie.guardian_id, tie.child_id) == (school.person("Иванова", "Мария").id, anna.id)
    kinds = sorted(role.kind for role in school.all(StructuralRole))
    assert kinds == ["class_teacher", "guardian", "pupil", "pupil", "pupil", "teacher"]
    assert {subject.name for subject in school.all(Subject)} == {"Алгебра", "Английский язык"}


def test_whole_classes_subgroups_and_streams_are_told_apart(school: School) -> None:
    school.load(school.archive(SET))
    groups = {group.external_id: group for group in school.all(PupilGroup)}
    assert {key: group.kind for key, group in groups.items()} == {"eng10a1": "subgroup", "flow": "stream"}
    assert groups["flow"].school_class_id is None
    assert school.count(PupilGroupMembership) == 3
    assert [bool(each.school_class_id) for each in school.all(TeachingAssignment)].count(True) == 1
    assert school.count(TeachingAssignment) == 3


def test_the_same_set_again_changes_nothing(school: School) -> None:
    school.load(school.archive(SET))
    before = school.count(AuditRecord)
    again = school.load(school.archive(SET))
    assert again.exit_code == 0, again.output
    assert "Всё уже загружено, изменений нет." in again.output
    assert school.count(AuditRecord) == before
    assert school.command("check", "audit").exit_code == 0


def test_a_folder_is_as_good_as_an_archive(school: School) -> None:
    folder = school.folder / "набор"
    folder.mkdir()
    for name, text in SET.items():
        (folder / name).write_text(text, encoding="utf-8")
    assert school.load(folder, options=["--dry-run"]).exit_code == 0
    assert school.load(*sorted(folder.iterdir())).exit_code == 0
    assert school.count(Person) == 5


def test_broken_references_are_reported_by_file_and_line_and_nothing_is_loaded(school: School) -> None:
    broken = {
        **SET,
        "enrollments.csv": SET["enrollments.csv"].replace("c10b,s1,p3", "c99,s1,p3"),
        "users.csv": SET["users.csv"].replace('"m1"', '"m9"'),
        "classes.csv": SET["classes.csv"].replace("10,alg,", "10,geo,"),
    }
    loaded = school.load(school.archive(broken))
    assert loaded.exit_code == 1
    for words in (
        "enrollments.csv, строка 4",
        "Такого класса в classes.csv нет. (в файле «c99»)",
        "users.csv, строка 2",
        "Такого человека в users.csv нет. (в файле «m9»)",
        "classes.csv, строка 4",
        "Такого курса в courses.csv нет. (в файле «geo»)",
    ):
        assert words in loaded.output
    assert school.count(Person) == school.count(Enrollment) == 0
    assert all(each.external_id is None for each in school.all(Organization))


def test_a_delta_changes_and_takes_away_only_what_it_names(school: School) -> None:
    school.load(school.archive(SET))
    delta = {
        "manifest.csv": MANIFEST.replace("bulk", "absent")
        .replace("file.users,absent", "file.users,delta")
        .replace("file.enrollments,absent", "file.enrollments,delta"),
        "users.csv": SET["users.csv"].splitlines()[0]
        + "\np2,active,2026-11-01T00:00:00Z,true,s1,student,p2,,Олег,Жуков,,,,,,,10,"
        + "\np3,tobedeleted,2026-11-01T00:00:00Z,true,s1,student,p3,,Яна,Лис,,,,,,,10,\n",
        "enrollments.csv": SET["enrollments.csv"].splitlines()[0]
        + "\ne2,active,2026-11-01T00:00:00Z,c10b,s1,p2,student,,,\n",
    }
    loaded = school.load(school.archive(delta))
    assert loaded.exit_code == 0, loaded.output
    assert [name for name, _from, _to in school.classes_of("Жуков")] == ["10А", "10Б"]
    assert school.classes_of("Лис")[0][2] is not None
    ended = [role for role in school.all(StructuralRole) if role.status == "terminated"]
    assert [role.person_id for role in ended] == [school.person("Лис").id]
    assert school.classes_of("Иванова")[0][2] is None


def test_a_set_of_another_school_is_refused(school: School) -> None:
    other = {**SET, "orgs.csv": SET["orgs.csv"].replace("1026602267780", "").replace("s1,,", "s1,,")}
    school.load(school.archive(SET))
    foreign = {name: text.replace("s1", "s7") for name, text in other.items()}
    loaded = school.load(school.archive(foreign))
    assert loaded.exit_code == 1
    assert "нет в наборе" in loaded.output


def test_wrong_headers_versions_and_manifests_are_explained(school: School) -> None:
    headless = {**SET, "users.csv": "id,name\n1,Анна\n"}
    assert "users.csv: нет колонок sourcedId" in school.load(school.archive(headless)).output
    missing = {name: text for name, text in SET.items() if name != "classes.csv"}
    assert "classes.csv назван в manifest.csv, но его нет" in school.load(school.archive(missing)).output
    newer = {**SET, "manifest.csv": MANIFEST.replace("version,1.1", "version,2.0")}
    refused = school.load(school.archive(newer))
    assert "Версия OneRoster 2.0 не поддерживается." in str(refused.exception)


def test_a_set_given_out_and_read_back_changes_nothing(school: School) -> None:
    table = school.table(
        "Класс;ФИО;Дата рождения;Мать;Подгруппа (англ)\n7А;Волк Лев;01.02.2013;Волк Инна;1\n"
    )
    assert school.load(table).exit_code == 0
    assert school.load(school.archive(SET)).exit_code == 0
    head = school.sign_in("head")
    given = head.get("/export/oneroster/zip")
    assert given.status_code == 200
    path = school.folder / "выгрузка.zip"
    path.write_bytes(given.content)
    back = school.load(path)
    assert back.exit_code == 0, back.output
    assert "Всё уже загружено, изменений нет." in back.output
    assert any(each.action == "core.export.oneroster" for each in school.all(AuditRecord))
    assert school.sign_in("teacher").get("/export/oneroster/zip").status_code == 403
    elsewhere = head.get(f"/export/oneroster/zip?organization_id={school.neighbour}")
    assert elsewhere.status_code == 404


def _upload(school: School, visitor: Visitor, files: Mapping[str, str]) -> str:
    """Rehearse a set on the page as somebody; the address of the report."""
    archive = school.archive(files).read_bytes()
    answer = visitor.post(
        "/import",
        files=[("files", ("oneroster.zip", archive, "application/zip"))],
        data={"kind": "auto", "year": YEAR},
    )
    assert answer.status_code == 303, answer.text
    school.work()
    return str(answer.headers["location"])


def _confirm(school: School, visitor: Visitor, page: str) -> None:
    answer = visitor.post(f"{page}/confirm")
    assert answer.status_code == 303, answer.text
    school.work()
    assert "Данные загружены." in visitor.get(answer.headers["location"]).text


def _roles_of_staff(school: School, last_name: str) -> list[tuple[str, str]]:
    person = school.person(last_name)
    return sorted(
        (role.kind, role.status) for role in school.all(StructuralRole) if role.person_id == person.id
    )


def test_a_teachers_roles_wait_for_the_coordinator_as_if_the_head_had_given_them(school: School) -> None:
    region = next(each for each in school.all(Organization) if each.kind == "region")
    school.sign_in("regional_coordinator", region.id)
    head = school.sign_in("head")
    page = _upload(school, head, SET)
    assert "роль, ждёт подтверждения: Учитель" in head.get(page).text
    _confirm(school, head, page)
    assert _roles_of_staff(school, "Орлова") == [("class_teacher", "requested"), ("teacher", "requested")]
    assert [request.kind for request in school.all(Request)] == ["core.staff_role"] * 2
    assert school.count(TeachingAssignment) == 3
    again = _upload(school, head, SET)
    assert "Всё уже загружено, изменений нет." in head.get(again).text
    assert school.count(Request) == 2


def test_who_may_not_give_roles_loads_the_rest_of_a_set(school: School) -> None:
    region = next(each for each in school.all(Organization) if each.kind == "region")
    with school.portal.database.transaction() as db:
        db.add(
            RoleGrant(
                id=new_id(),
                organization_id=region.id,
                role_kind="head",
                permission="core.roles.grant",
                reach=0,
            )
        )
    head = school.sign_in("head")
    page = _upload(school, head, SET)
    assert "Роль «Учитель» не дана: у вас нет права давать роли." in head.get(page).text
    _confirm(school, head, page)
    assert _roles_of_staff(school, "Орлова") == []
    assert school.count(TeachingAssignment) == 0
    assert school.count(Enrollment) == 3


def test_a_teacher_who_is_taken_out_of_the_set_ends_by_the_ordinary_rules(school: School) -> None:
    head = school.sign_in("head")
    _confirm(school, head, _upload(school, head, SET))
    assert _roles_of_staff(school, "Орлова") == [("class_teacher", "active"), ("teacher", "active")]
    gone = SET["users.csv"].replace("t1,,,true", "t1,tobedeleted,2026-11-01T00:00:00Z,true")
    delta = {
        "manifest.csv": MANIFEST.replace("bulk", "absent").replace("file.users,absent", "file.users,delta"),
        "users.csv": "\n".join(line for line in gone.splitlines() if line.startswith(("sourcedId", "t1"))),
    }
    page = _upload(school, head, delta)
    _confirm(school, head, page)
    assert _roles_of_staff(school, "Орлова") == [("class_teacher", "terminated"), ("teacher", "terminated")]
    ended = [step for step in school.all(RoleStep) if step.status == "terminated"]
    assert {step.basis for step in ended} != {""}
    assert len(ended) == 2
    run = max(school.all(ImportRun), key=lambda each: each.id)
    assert head.post(f"/import/history/{run.id}/undo").status_code == 303
    school.work()
    assert _roles_of_staff(school, "Орлова") == [("class_teacher", "active"), ("teacher", "active")]
