"""What a school needs before its people can work."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, exists, not_, or_, select

from core.contributions import SetupScope, SetupStep
from core.database.session import Session
from core.identity.models import Guardianship
from core.organizations.models import AcademicYear, Enrollment, Organization, SchoolClass, Subject, Term
from core.readiness import conditions
from core.readiness.cards import SCHOOL_FIELDS, card_filled, missing_of_card
from core.roles.kinds import SCHOOL
from core.roles.models import StructuralRole
from core.web.i18n import counted, gettext, lazy, sentence

WITH_LESSONS = ("school", "college")
"""Kinds of organizations with classes that have subjects, marks and a timetable."""

LESSON_CAPABILITIES = ("marks", "lessons")
NAMED = 5
"""So many classes are named, the rest are counted."""


def _year(_db: Session, scope: SetupScope) -> ColumnElement[bool]:
    return exists().where(Term.academic_year_id == AcademicYear.id, conditions.present_year(scope.today))


def _year_lacks(db: Session, organization: Organization, scope: SetupScope) -> str:
    years = select(AcademicYear.id).where(
        AcademicYear.organization_id == organization.id, AcademicYear.ends_on >= scope.today
    )
    if conditions.number(db, years):
        return sentence("Учебный год есть, периодов в нём нет.")
    return sentence("Учебного года, который идёт или впереди, нет.")


def _subjects(_db: Session, _scope: SetupScope) -> ColumnElement[bool]:
    return conditions.chain(Subject.organization_id)


def _classes(_db: Session, scope: SetupScope) -> ColumnElement[bool]:
    return exists().where(conditions.present_year(scope.today), conditions.open_class(scope.today))


def _has_pupils(scope: SetupScope) -> ColumnElement[bool]:
    return exists().where(
        Enrollment.school_class_id == SchoolClass.id, conditions.goes_on(Enrollment, scope.today)
    )


def _pupils(_db: Session, scope: SetupScope) -> ColumnElement[bool]:
    here = (conditions.present_year(scope.today), conditions.open_class(scope.today))
    return and_(
        exists().where(*here, _has_pupils(scope)), not_(exists().where(*here, not_(_has_pupils(scope))))
    )


def _pupils_lack(db: Session, organization: Organization, scope: SetupScope) -> str:
    return _named(
        _classes_where(db, organization, scope, not_(_has_pupils(scope))), sentence("Классы без учеников")
    )


def _staff(_db: Session, scope: SetupScope) -> ColumnElement[bool]:
    return and_(conditions.held("head", scope.today), conditions.held("teacher", scope.today))


def _staff_lack(db: Session, organization: Organization, scope: SetupScope) -> str:
    row = db.execute(
        select(conditions.held("head", scope.today), conditions.held("teacher", scope.today)).where(
            Organization.id == organization.id
        )
    ).one()
    if row[0]:
        return sentence("Учителей ещё нет.")
    said = sentence("Директора ещё нет: его роль даёт вышестоящая организация.")
    return said if row[1] else sentence("%(head)s Учителей тоже нет.", head=said)


def _led(scope: SetupScope) -> ColumnElement[bool]:
    return exists().where(
        StructuralRole.school_class_id == SchoolClass.id,
        StructuralRole.kind == "class_teacher",
        StructuralRole.status == "active",
        conditions.goes_on(StructuralRole, scope.today),
    )


def _class_teachers(_db: Session, scope: SetupScope) -> ColumnElement[bool]:
    here = (conditions.present_year(scope.today), conditions.open_class(scope.today))
    return and_(exists().where(*here), not_(exists().where(*here, not_(_led(scope)))))


def _class_teachers_lack(db: Session, organization: Organization, scope: SetupScope) -> str:
    return _named(
        _classes_where(db, organization, scope, not_(_led(scope))), sentence("Без классного руководителя")
    )


def _guardians(_db: Session, scope: SetupScope) -> ColumnElement[bool]:
    return conditions.held("guardian", scope.today)


def _guardians_lack(db: Session, organization: Organization, scope: SetupScope) -> str:
    tied = exists().where(
        Guardianship.child_id == Enrollment.person_id,
        Guardianship.rights != "none",
        conditions.goes_on(Guardianship, scope.today),
    )
    alone = (
        select(Enrollment.person_id)
        .where(
            Enrollment.organization_id == organization.id,
            conditions.goes_on(Enrollment, scope.today),
            not_(tied),
        )
        .distinct()
    )
    number = conditions.number(db, alone)
    if not number:
        return sentence("Сначала заведите учеников.")
    return counted("Без представителя %(count)s ученик.", "Без представителя %(count)s учеников.", number)


def _plugins(db: Session, scope: SetupScope) -> ColumnElement[bool]:
    provider = db.portal.switches.provider
    return conditions.those(scope, lambda path: all(provider(each, path) for each in LESSON_CAPABILITIES))


def _plugins_lack(db: Session, organization: Organization, _scope: SetupScope) -> str:
    titles = {"marks": lazy("журнал"), "lessons": lazy("расписание")}
    provider = db.portal.switches.provider
    missing = [gettext(titles[each]) for each in LESSON_CAPABILITIES if not provider(each, organization.path)]
    return sentence("Не включены: %(names)s.", names=", ".join(missing))


def _classes_where(
    db: Session, organization: Organization, scope: SetupScope, condition: ColumnElement[bool]
) -> Sequence[str]:
    return db.scalars(
        select(SchoolClass.name)
        .join(AcademicYear, AcademicYear.id == SchoolClass.academic_year_id)
        .where(
            SchoolClass.organization_id == organization.id,
            AcademicYear.archived.is_(False),
            AcademicYear.ends_on >= scope.today,
            or_(SchoolClass.closed_on.is_(None), SchoolClass.closed_on > scope.today),
            condition,
        )
        .order_by(SchoolClass.name_key)
    ).all()


def _named(names: Sequence[str], what: str) -> str:
    if not names:
        return sentence("Сначала заведите классы.")
    shown = ", ".join(names[:NAMED])
    if len(names) <= NAMED:
        return sentence("%(what)s: %(names)s.", what=what, names=shown)
    return sentence("%(what)s: %(names)s и ещё %(more)s.", what=what, names=shown, more=len(names) - NAMED)


SCHOOL_STEPS = (
    SetupStep(
        name="core.card",
        title=lazy("Карточка школы"),
        explanation=lazy("Реквизиты, адрес, телефон и почта: по ним школу находят и пишут документы."),
        kinds=SCHOOL,
        done=lambda _db, _scope: card_filled(SCHOOL_FIELDS),
        lacks=lambda _db, organization, _scope: missing_of_card(organization, SCHOOL_FIELDS),
        url="/organizations/{organization}/edit",
        permission="core.organization.contacts",
        order=10,
    ),
    SetupStep(
        name="core.year",
        title=lazy("Учебный год и периоды"),
        explanation=lazy("С учебного года начинаются классы, журналы и отчёты."),
        kinds=SCHOOL,
        done=_year,
        lacks=_year_lacks,
        url="/school-year",
        permission="core.years.edit",
        order=20,
    ),
    SetupStep(
        name="core.subjects",
        title=lazy("Предметы"),
        explanation=lazy("Чему учат: свои предметы или общие для региона."),
        kinds=WITH_LESSONS,
        done=_subjects,
        url="/organizations/{organization}/subjects",
        permission="core.subjects.edit",
        order=30,
    ),
    SetupStep(
        name="core.classes",
        title=lazy("Классы"),
        explanation=lazy("Заведите их по одному или загрузите вместе с учениками из таблицы."),
        kinds=SCHOOL,
        done=_classes,
        url="/groupings/new?kind=class",
        permission="core.groupings.edit",
        order=40,
    ),
    SetupStep(
        name="core.pupils",
        title=lazy("Ученики"),
        explanation=lazy(
            "Загрузите их из таблицы: портал сам найдёт столбцы и сначала покажет, что получится."
        ),
        kinds=SCHOOL,
        done=_pupils,
        lacks=_pupils_lack,
        url="/import",
        permission="core.import",
        order=50,
    ),
    SetupStep(
        name="core.staff",
        title=lazy("Сотрудники и роли"),
        explanation=lazy("У каждого сотрудника своя роль: она решает, что он видит и может."),
        kinds=SCHOOL,
        done=_staff,
        lacks=_staff_lack,
        url="/accounts/new?organization={organization}",
        permission="core.roles.grant",
        order=60,
    ),
    SetupStep(
        name="core.class_teachers",
        title=lazy("Классные руководители"),
        explanation=lazy("У каждого класса – свой: он видит журналы класса и отвечает за связь с семьями."),
        kinds=WITH_LESSONS,
        done=_class_teachers,
        lacks=_class_teachers_lack,
        url="/roles/new?organization={organization}",
        permission="core.roles.grant",
        order=70,
    ),
    SetupStep(
        name="core.guardians",
        title=lazy("Родители"),
        explanation=lazy("Свяжите учеников с представителями: тогда семьи увидят дневник."),
        kinds=SCHOOL,
        done=_guardians,
        lacks=_guardians_lack,
        url="/import",
        permission="core.import",
        by_hand=True,
        order=80,
    ),
    SetupStep(
        name="core.sections",
        title=lazy("Журнал и расписание включены"),
        explanation=lazy("Без них нет уроков и отметок. Их включает регион, муниципалитет или сама школа."),
        kinds=WITH_LESSONS,
        done=_plugins,
        lacks=_plugins_lack,
        url="/plugins?organization={organization}",
        permission="core.plugins.switch",
        order=90,
    ),
)
