"""What a region and a municipality need before their schools can work."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, exists, not_, select
from sqlalchemy.orm import aliased

from core.consents.models import ConsentText
from core.contributions import SetupScope, SetupStep
from core.database.session import Session
from core.organizations.models import Organization, PluginSwitch
from core.readiness import conditions
from core.readiness.cards import AUTHORITY_CARD, MUNICIPALITY_CARD, card_filled, missing_of_card
from core.web.i18n import counted, lazy, sentence

REGION, MUNICIPALITY = ("region",), ("municipality",)
ABOVE = (*REGION, *MUNICIPALITY)
PROCESSING = "core.processing"
"""The consent without whose text a school cannot ask families for any."""


def _own_municipality(scope: SetupScope) -> tuple[type[Organization], ColumnElement[bool]]:
    below = aliased(Organization)
    return below, and_(
        below.parent_id == Organization.id,
        below.kind == "municipality",
        conditions.is_open(below, scope.today),
    )


def _municipalities(_db: Session, scope: SetupScope) -> ColumnElement[bool]:
    return exists().where(_own_municipality(scope)[1])


def _coordinators(_db: Session, scope: SetupScope) -> ColumnElement[bool]:
    below, own = _own_municipality(scope)
    appointed = conditions.held("municipal_coordinator", scope.today, below)
    return and_(exists().where(own), not_(exists().where(own, not_(appointed))))


def _coordinators_lack(db: Session, organization: Organization, scope: SetupScope) -> str:
    below, own = _own_municipality(scope)
    appointed = conditions.held("municipal_coordinator", scope.today, below)
    here = select(below.id).join(Organization, own).where(Organization.id == organization.id)
    if not conditions.number(db, here):
        return sentence("Сначала заведите муниципалитеты.")
    without = conditions.number(db, here.where(not_(appointed)))
    return counted(
        "Без координатора %(count)s муниципалитет.", "Без координатора %(count)s муниципалитетов.", without
    )


def _schools(_db: Session, scope: SetupScope) -> ColumnElement[bool]:
    return exists().where(conditions.schools_below(scope.today)[1])


def _heads(_db: Session, scope: SetupScope) -> ColumnElement[bool]:
    school, own = conditions.schools_below(scope.today)
    appointed = conditions.held("head", scope.today, school)
    return and_(exists().where(own), not_(exists().where(own, not_(appointed))))


def _heads_lack(db: Session, organization: Organization, scope: SetupScope) -> str:
    school, own = conditions.schools_below(scope.today)
    appointed = conditions.held("head", scope.today, school)
    here = select(school.id).join(Organization, own).where(Organization.id == organization.id)
    if not conditions.number(db, here):
        return sentence("Сначала заведите школы.")
    without = conditions.number(db, here.where(not_(appointed)))
    return counted("Без руководителя %(count)s школа.", "Без руководителя %(count)s школ.", without)


def _sign_in(db: Session, scope: SetupScope) -> ColumnElement[bool]:
    plugins = {plugin.name for plugin, _way in db.portal.plugins.each("identity_providers")}
    is_on = db.portal.switches.is_on
    return conditions.those(scope, lambda path: any(is_on(each, path) for each in plugins))


def _consents(_db: Session, _scope: SetupScope) -> ColumnElement[bool]:
    later = aliased(ConsentText)
    replaced = exists().where(
        later.organization_id == ConsentText.organization_id,
        later.kind == ConsentText.kind,
        later.version > ConsentText.version,
    )
    in_force = (ConsentText.kind == PROCESSING, ConsentText.retired.is_(False), not_(replaced))
    return conditions.chain(ConsentText.organization_id, in_force)


AUTHORITY_STEPS = (
    SetupStep(
        name="core.region_card",
        title=lazy("Карточка региона"),
        explanation=lazy("Реквизиты и контакты органа, который ведёт регион."),
        kinds=REGION,
        done=lambda _db, _scope: card_filled(AUTHORITY_CARD),
        lacks=lambda _db, organization, _scope: missing_of_card(organization, AUTHORITY_CARD),
        url="/organizations/{organization}/edit",
        permission="core.organization.contacts",
        order=10,
    ),
    SetupStep(
        name="core.municipality_card",
        title=lazy("Карточка муниципалитета"),
        explanation=lazy("Реквизиты и контакты управления образования."),
        kinds=MUNICIPALITY,
        done=lambda _db, _scope: card_filled(MUNICIPALITY_CARD),
        lacks=lambda _db, organization, _scope: missing_of_card(organization, MUNICIPALITY_CARD),
        url="/organizations/{organization}/edit",
        permission="core.organization.contacts",
        order=10,
    ),
    SetupStep(
        name="core.support",
        title=lazy("Куда людям обращаться за помощью"),
        explanation=lazy(
            "Телефон или почта тех, кто помогает с порталом: люди видят их, когда не могут войти."
        ),
        kinds=REGION,
        done=lambda _db, _scope: card_filled(("support_contact",)),
        url="/organizations/{organization}/edit#support_contact",
        permission="core.organization.contacts",
        order=20,
    ),
    SetupStep(
        name="core.sign_in",
        title=lazy("Вход в портал"),
        explanation=lazy("Включён хотя бы один способ входа: Госуслуги или логин школы."),
        kinds=REGION,
        done=_sign_in,
        url="/plugins?organization={organization}",
        permission="core.plugins.switch",
        order=30,
    ),
    SetupStep(
        name="core.sections_chosen",
        title=lazy("Разделы портала"),
        explanation=lazy("Решите, какие разделы включены во всём регионе и что решают сами школы."),
        kinds=REGION,
        done=lambda _db, _scope: exists().where(PluginSwitch.organization_id == Organization.id),
        lacks=lambda _db, _organization, _scope: sentence(
            "Регион ещё ничего не решил: действуют обычные разделы."
        ),
        url="/plugins?organization={organization}",
        permission="core.plugins.switch",
        by_hand=True,
        order=40,
    ),
    SetupStep(
        name="core.theme",
        title=lazy("Оформление"),
        explanation=lazy("Цвета и эмблема региона."),
        kinds=REGION,
        done=lambda _db, _scope: Organization.theme.is_not(None),
        lacks=lambda _db, _organization, _scope: sentence("Действует обычное оформление."),
        url="/organizations/{organization}#theme-title",
        permission="core.theme.change",
        by_hand=True,
        order=50,
    ),
    SetupStep(
        name="core.consent_texts",
        title=lazy("Тексты согласий"),
        explanation=lazy(
            "Пока текст об обработке данных не опубликован, школы не могут спросить согласие у семей."
        ),
        kinds=REGION,
        done=_consents,
        url="/consent-texts",
        permission="core.consents.publish",
        order=60,
    ),
    SetupStep(
        name="core.municipalities",
        title=lazy("Муниципалитеты"),
        explanation=lazy("Каждый ведёт свои школы. В регионе без муниципалитетов отметьте, что так и нужно."),
        kinds=REGION,
        done=_municipalities,
        url="/organizations/new?parent={organization}",
        permission="core.organization.edit",
        by_hand=True,
        order=70,
    ),
    SetupStep(
        name="core.coordinators",
        title=lazy("Координаторы муниципалитетов"),
        explanation=lazy("Координатор заводит школы и назначает директоров."),
        kinds=REGION,
        done=_coordinators,
        lacks=_coordinators_lack,
        url="/organizations?kind=municipality&missing=head",
        permission="core.organization.list",
        by_hand=True,
        order=80,
    ),
    SetupStep(
        name="core.schools",
        title=lazy("Школы"),
        explanation=lazy("Заведите школы и детские сады."),
        kinds=ABOVE,
        done=_schools,
        url="/organizations/new?parent={organization}",
        permission="core.organization.edit",
        order=90,
    ),
    SetupStep(
        name="core.heads",
        title=lazy("Директора школ"),
        explanation=lazy("Директор получает роль от вас и дальше настраивает школу сам."),
        kinds=ABOVE,
        done=_heads,
        lacks=_heads_lack,
        url="/organizations?missing=head",
        permission="core.organization.list",
        order=100,
    ),
)
