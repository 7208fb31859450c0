"""The invented people who have an account on the stand.

The demo school is generated around the same people: whoever has ``in_portal`` set exists in the
portal with this SNILS, in the roles of ``roles``. The module imports nothing but msgspec, so that the
generator can read it without starting the plugin.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Literal

import msgspec

Gender = Literal["M", "F"]
TrustLevel = Literal["PR", "P", "KD"]
"""`PR` confirmed account, `P` any unconfirmed one, `KD` a child's account made by the parent."""

PASSWORD = "demo"  # noqa: S105 - shown to everybody on purpose
"""The one password of every persona; the stand shows it on its sign-in page."""

SCHOOL_OGRN = "1022600001137"
SECOND_SCHOOL_OGRN = "1022602000145"
"""The demo's school that is still being set up (`core.demo.unfinished`): somebody works in both."""

SCHOOL_SHORT_NAME = "МБОУ «СОШ № 13»"
SCHOOL_FULL_NAME = (
    "Муниципальное бюджетное общеобразовательное учреждение "
    "«Средняя общеобразовательная школа № 13» села Надежда Шпаковского муниципального округа"
)


class Kid(msgspec.Struct, frozen=True, kw_only=True):
    """A child as it stands in the parent's profile; `record_id` is not the child's own OID."""

    record_id: int
    last_name: str
    first_name: str
    middle_name: str | None
    birth_date: date
    gender: Gender
    snils: str | None
    verified: bool = True
    birth_certificate: tuple[str, str] | None = None
    """Series and number."""
    school_class: str | None = None
    """Class of the demo school, for the generator; ESIA knows nothing of it."""


class OrganizationRole(msgspec.Struct, frozen=True, kw_only=True):
    """An employee's place in an organization, as ESIA keeps it."""

    oid: int
    ogrn: str
    full_name: str
    short_name: str
    type: Literal["LEGAL", "BUSINESS", "AGENCY"] = "LEGAL"
    chief: bool = False
    admin: bool = False
    active: bool = True


class Persona(msgspec.Struct, frozen=True, kw_only=True):
    """One account of the stand and what it is good for in a demonstration."""

    key: str
    title: str
    """What part the person plays, in Russian, for the sign-in page."""
    oid: int
    last_name: str
    first_name: str
    middle_name: str | None
    birth_date: date
    gender: Gender
    snils: str
    """Written as ESIA does, `NNN-NNN-NNN NN`, with valid check digits."""
    phone: str
    """The confirmed mobile number, `+7(9NN)NNNNNNN`; also a login."""
    email: str | None = None
    email_verified: bool = True
    """Only a confirmed address is a login: two people may name the same one."""
    level: TrustLevel = "PR"
    birth_certificate: tuple[str, str] | None = None
    """Series and number."""
    kids: tuple[Kid, ...] = ()
    organizations: tuple[OrganizationRole, ...] = ()
    in_portal: bool = True
    """Whether the demo school has a person with this SNILS."""
    roles: tuple[str, ...] = ()
    """Roles of this person in the demo: `teacher`, `class_teacher`, `head`, `deputy_head`, `parent`,
    `pupil`, `municipal_coordinator`, `regional_coordinator`, `federal_operator`."""
    school_class: str | None = None
    """The pupil's class, or the class that a class teacher leads."""
    subject: str | None = None
    """What a teacher teaches."""

    @property
    def full_name(self) -> str:
        return " ".join(part for part in (self.last_name, self.first_name, self.middle_name) if part)


def _in_school(
    *, chief: bool = False, admin: bool = False, active: bool = True
) -> tuple[OrganizationRole, ...]:
    return (
        OrganizationRole(
            oid=1000900013,
            ogrn=SCHOOL_OGRN,
            full_name=SCHOOL_FULL_NAME,
            short_name=SCHOOL_SHORT_NAME,
            chief=chief,
            admin=admin,
            active=active,
        ),
    )


def _in_authority(oid: int, ogrn: str, name: str) -> tuple[OrganizationRole, ...]:
    return (OrganizationRole(oid=oid, ogrn=ogrn, full_name=name, short_name=name, type="AGENCY"),)


def _beside_school(oid: int, ogrn: str, name: str, *, active: bool = True) -> OrganizationRole:
    return OrganizationRole(oid=oid, ogrn=ogrn, full_name=name, short_name=name, active=active)


_PUPIL_RECORD = Kid(
    record_id=88001,
    last_name="Ковалёва",
    first_name="Дарья",
    middle_name="Андреевна",
    birth_date=date(2011, 5, 17),
    gender="F",
    snils="971-106-222 85",
    birth_certificate=("II-ДН", "710106"),
    school_class="9А",
)
_CHILD_RECORD = Kid(
    record_id=88002,
    last_name="Ковалёв",
    first_name="Егор",
    middle_name="Андреевич",
    birth_date=date(2016, 3, 14),
    gender="M",
    snils="971-107-259 01",
    birth_certificate=("III-ДН", "710107"),
    school_class="4А",
)
_TEACHERS_CHILD_RECORD = Kid(
    record_id=88003,
    last_name="Берёзкин",
    first_name="Матвей",
    middle_name="Ильич",
    birth_date=date(2014, 8, 2),
    gender="M",
    snils="971-116-592 12",
    birth_certificate=("II-ДН", "710116"),
    school_class="6Б",
)

_PERSONAS = (
    Persona(
        key="teacher",
        title="Учитель математики и мама ученика 6Б: две роли",
        oid=1000700001,
        last_name="Берёзкина",
        first_name="Анна",
        middle_name="Сергеевна",
        birth_date=date(1988, 3, 14),
        gender="F",
        snils="971-101-037 66",
        phone="+7(900)7000001",
        email="a.berezkina@example.org",
        kids=(_TEACHERS_CHILD_RECORD,),
        organizations=_in_school(),
        roles=("teacher", "parent"),
        subject="Математика",
    ),
    Persona(
        key="class_teacher",
        title="Классный руководитель 9А, учитель русского языка и литературы",
        oid=1000700002,
        last_name="Дорофеева",
        first_name="Ольга",
        middle_name="Николаевна",
        birth_date=date(1979, 11, 2),
        gender="F",
        snils="971-102-074 75",
        phone="+7(900)7000002",
        email="o.dorofeeva@example.org",
        organizations=_in_school(),
        roles=("teacher", "class_teacher"),
        school_class="9А",
        subject="Русский язык",
    ),
    Persona(
        key="teacher2",
        title="Учитель истории в двух школах: выбирает, где работает сейчас",
        oid=1000700003,
        last_name="Мельников",
        first_name="Павел",
        middle_name="Игоревич",
        birth_date=date(1991, 7, 21),
        gender="M",
        snils="971-113-481 95",
        phone="+7(900)7000003",
        email="p.melnikov@example.org",
        organizations=(
            *_in_school(),
            OrganizationRole(
                oid=1000900014,
                ogrn=SECOND_SCHOOL_OGRN,
                full_name="Муниципальное бюджетное общеобразовательное учреждение "
                "«Средняя общеобразовательная школа № 14»",
                short_name="МБОУ «СОШ № 14»",
            ),
        ),
        roles=("teacher",),
        subject="История",
    ),
    Persona(
        key="head",
        title="Директор школы",
        oid=1000700004,
        last_name="Савченко",
        first_name="Виктор",
        middle_name="Алексеевич",
        birth_date=date(1969, 1, 30),
        gender="M",
        snils="971-103-111 67",
        phone="+7(900)7000004",
        email="v.savchenko@example.org",
        organizations=_in_school(chief=True, admin=True),
        roles=("head",),
    ),
    Persona(
        key="deputy_head",
        title="Завуч: заместитель директора по учебной работе",
        oid=1000700005,
        last_name="Тарасова",
        first_name="Елена",
        middle_name="Викторовна",
        birth_date=date(1975, 6, 9),
        gender="F",
        snils="971-104-148 84",
        phone="+7(900)7000005",
        email="e.tarasova@example.org",
        organizations=_in_school(admin=True),
        roles=("deputy_head",),
    ),
    Persona(
        key="parent",
        title="Мама двоих: дочь 15 лет в 9А, сын 10 лет в 4А",
        oid=1000700006,
        last_name="Ковалёва",
        first_name="Марина",
        middle_name="Юрьевна",
        birth_date=date(1984, 9, 25),
        gender="F",
        snils="971-105-185 93",
        phone="+7(900)7000006",
        email="m.kovaleva@example.org",
        kids=(_PUPIL_RECORD, _CHILD_RECORD),
        roles=("parent",),
    ),
    Persona(
        key="pupil",
        title="Ученица 9А, 15 лет, со своей учётной записью",
        oid=1000700007,
        last_name=_PUPIL_RECORD.last_name,
        first_name=_PUPIL_RECORD.first_name,
        middle_name=_PUPIL_RECORD.middle_name,
        birth_date=_PUPIL_RECORD.birth_date,
        gender=_PUPIL_RECORD.gender,
        snils="971-106-222 85",
        phone="+7(900)7000007",
        roles=("pupil",),
        school_class="9А",
    ),
    Persona(
        key="child",
        title="Ученик 4А, 10 лет: детская учётная запись",
        oid=1000700008,
        last_name=_CHILD_RECORD.last_name,
        first_name=_CHILD_RECORD.first_name,
        middle_name=_CHILD_RECORD.middle_name,
        birth_date=_CHILD_RECORD.birth_date,
        gender=_CHILD_RECORD.gender,
        snils="971-107-259 01",
        phone="+7(900)7000008",
        level="KD",
        birth_certificate=_CHILD_RECORD.birth_certificate,
        roles=("pupil",),
        school_class="4А",
    ),
    Persona(
        key="municipal",
        title="Координатор муниципального округа",
        oid=1000700009,
        last_name="Панкратова",
        first_name="Светлана",
        middle_name="Борисовна",
        birth_date=date(1973, 4, 18),
        gender="F",
        snils="971-108-296 10",
        phone="+7(900)7000009",
        email="s.pankratova@example.org",
        organizations=_in_authority(
            1000900002, "1022600001050", "Комитет образования Шпаковского муниципального округа"
        ),
        roles=("municipal_coordinator",),
    ),
    Persona(
        key="regional",
        title="Координатор региона",
        oid=1000700010,
        last_name="Гончаров",
        first_name="Дмитрий",
        middle_name="Олегович",
        birth_date=date(1981, 12, 5),
        gender="M",
        snils="971-109-333 02",
        phone="+7(900)7000010",
        email="d.goncharov@example.org",
        organizations=_in_authority(
            1000900001, "1022600001214", "Министерство образования Ставропольского края"
        ),
        roles=("regional_coordinator",),
    ),
    Persona(
        key="federal",
        title="Федеральный оператор портала",
        oid=1000700011,
        last_name="Юдин",
        first_name="Роман",
        middle_name="Евгеньевич",
        birth_date=date(1986, 10, 11),
        gender="M",
        snils="971-110-370 77",
        phone="+7(900)7000011",
        email="r.yudin@example.org",
        roles=("federal_operator",),
    ),
    Persona(
        key="no_email",
        title="Учитель биологии, в профиле нет почты",
        oid=1000700012,
        last_name="Лаптева",
        first_name="Ирина",
        middle_name="Петровна",
        birth_date=date(1965, 2, 27),
        gender="F",
        snils="971-111-407 77",
        phone="+7(900)7000012",
        organizations=_in_school(),
        roles=("teacher",),
        subject="Биология",
    ),
    Persona(
        key="unverified",
        title="Неподтверждённая учётная запись: портал просит подтвердить её",
        oid=1000700013,
        last_name="Журавлёв",
        first_name="Антон",
        middle_name="Романович",
        birth_date=date(1990, 8, 8),
        gender="M",
        snils="971-112-444 86",
        phone="+7(900)7000013",
        email="a.zhuravlev@example.org",
        level="P",
        roles=("parent",),
    ),
    Persona(
        key="nobody",
        title="Человек без роли: школа его не знает",
        oid=1000700014,
        last_name="Рожков",
        first_name="Кирилл",
        middle_name="Данилович",
        birth_date=date(1994, 5, 3),
        gender="M",
        snils="971-114-518 95",
        phone="+7(900)7000014",
        email="k.rozhkov@example.org",
        in_portal=False,
    ),
    Persona(
        key="namesake",
        title="Полная тёзка учителя математики, назвала ту же почту",
        oid=1000700015,
        last_name="Берёзкина",
        first_name="Анна",
        middle_name="Сергеевна",
        birth_date=date(1996, 12, 19),
        gender="F",
        snils="971-115-555 03",
        phone="+7(900)7000015",
        email="a.berezkina@example.org",
        email_verified=False,
        in_portal=False,
    ),
    Persona(
        key="reregistered",
        title="Учитель математики завела новую учётную запись: тот же СНИЛС, другой номер",
        oid=1000700016,
        last_name="Берёзкина",
        first_name="Анна",
        middle_name="Сергеевна",
        birth_date=date(1988, 3, 14),
        gender="F",
        snils="971-101-037 66",
        phone="+7(900)7000016",
        organizations=_in_school(),
        roles=(),
        in_portal=False,
    ),
    Persona(
        key="blocked_employee",
        title="Уволенный сотрудник: организация заблокировала его",
        oid=1000700017,
        last_name="Фомин",
        first_name="Сергей",
        middle_name="Вадимович",
        birth_date=date(1983, 3, 29),
        gender="M",
        snils="971-117-629 12",
        phone="+7(900)7000017",
        email="s.fomin@example.org",
        organizations=_in_school(chief=True, active=False),
        in_portal=False,
    ),
    Persona(
        key="same_email",
        title="Другой человек с почтой учителя математики",
        oid=1000700018,
        last_name="Лукин",
        first_name="Егор",
        middle_name="Витальевич",
        birth_date=date(1992, 1, 17),
        gender="M",
        snils="971-118-666 21",
        phone="+7(900)7000018",
        email="a.berezkina@example.org",
        email_verified=False,
        in_portal=False,
    ),
    Persona(
        key="no_middle_name",
        title="Человек без отчества и без почты: школа его не знает",
        oid=1000700019,
        last_name="Ким",
        first_name="Инна",
        middle_name=None,
        birth_date=date(1987, 7, 7),
        gender="F",
        snils="971-119-703 13",
        phone="+7(900)7000019",
        in_portal=False,
    ),
    Persona(
        key="part_timer",
        title="Совместитель: две организации заблокировали его, третья – нет; школа его не знает",
        oid=1000700020,
        last_name="Гуляев",
        first_name="Роман",
        middle_name="Олегович",
        birth_date=date(1979, 6, 2),
        gender="M",
        snils="971-120-740 88",
        phone="+7(900)7000020",
        email="r.gulyaev@example.org",
        organizations=(
            *_in_school(active=False),
            _beside_school(1000900021, "1022600001203", "МБУ ДО «Дом детского творчества»", active=False),
            _beside_school(1000900022, "1022600001302", "ГБПОУ «Колледж связи»"),
        ),
        in_portal=False,
    ),
)


def personas() -> Sequence[Persona]:
    """Everybody who can sign in on the stand, in the order of its sign-in page."""
    return _PERSONAS


def persona(key: str) -> Persona:
    """The persona with this key; KeyError when there is none."""
    for candidate in _PERSONAS:
        if candidate.key == key:
            return candidate
    raise KeyError(key)
