"""The hook `setup_steps` and what kinds of requests may ask for, by a tiny plugin and seen from outside."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta
from sqlalchemy import ColumnElement, exists, literal_column, select, true

from core.database import Session
from core.errors import Invalid
from core.hooks import RequestKind, SetupScope, SetupStep
from core.organizations.models import Organization, OrganizationSetting
from core.organizations.switches import switch_plugin
from core.testing import PortalUnderTest

from .plugging import Workshop, broken


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """The form of the tiny plugin's request."""

    what: Annotated[str, Meta(title="Чего хочется", min_length=2)]


class Colours(msgspec.Struct, frozen=True, kw_only=True):
    """The tiny plugin's settings."""

    colour: Annotated[str, Meta(title="Цвет стен")] = "белый"


def painted(_db: Session, _scope: SetupScope) -> ColumnElement[bool]:
    """The organization has chosen a colour itself."""
    return exists().where(
        OrganizationSetting.organization_id == Organization.id, OrganizationSetting.plugin == "tiny"
    )


def step(**changes: Any) -> SetupStep:
    """A step of the tiny plugin."""
    plain = SetupStep(
        name="tiny.colour",
        title="Стены покрашены",
        explanation="Красивые стены радуют.",
        kinds=("school",),
        done=painted,
        lacks=lambda _db, organization, _scope: f"Стены белые: {organization.short_name}",
        url="/plugins/tiny?organization={organization}",
        permission="core.plugins.switch",
        order=5,
    )
    return msgspec.structs.replace(plain, **changes)


def schools(portal: PortalUnderTest) -> list[Organization]:
    """The schools, by name."""
    with portal.portal.database.reading(fresh=True) as db:
        found = db.scalars(
            select(Organization).where(Organization.kind == "school").order_by(Organization.id)
        ).all()
        db.expunge_all()
        return list(found)


def test_setup_steps_stand_in_the_checklist_and_count_in_the_list(workshop: Workshop) -> None:
    workshop.plugin(settings=Colours, setup_steps=[step()])
    portal = workshop.running()
    head, coordinator = portal.sign_in("head"), portal.sign_in("regional_coordinator")
    own, other = schools(portal)
    page = head.get("/setup").text
    assert "Красивые стены радуют." in page
    assert f"Стены белые: {own.short_name}" in page
    assert "Стены покрашены" in coordinator.get("/setup/schools?step=tiny.colour").text
    opened = head.get(f"/setup/step?organization={own.id}&step=tiny.colour")
    assert opened.headers["location"] == f"/plugins/tiny?organization={own.id}"
    form = {"_organization": str(own.id), "colour": "зелёный"}
    assert head.post("/plugins/tiny/settings", data=form).status_code == 303
    assert f"Стены белые: {own.short_name}" not in head.get("/setup").text
    waiting = coordinator.get("/setup/schools?step=tiny.colour").text
    assert other.short_name in waiting
    assert own.short_name not in waiting
    with portal.portal.database.transaction() as db:
        switch_plugin(db, "tiny", enabled=False, organization=db.get_one(Organization, other.id))
    there = coordinator.get(f"/api/v1/organizations/{other.id}/readiness").json()["steps"]
    assert "tiny.colour" not in [each["name"] for each in there]
    assert other.short_name not in coordinator.get("/setup/schools?step=tiny.colour").text


def test_a_step_that_fails_is_left_out_and_the_others_stay(workshop: Workshop) -> None:
    def no_sql(_db: Session, _scope: SetupScope) -> ColumnElement[bool]:
        return literal_column("no_such_column = 1", type_=true().type)

    workshop.plugin(
        setup_steps=[
            step(name="tiny.raises", title="Падает", done=broken),
            step(name="tiny.sql", title="Не по-SQLному", done=no_sql),
            step(name="tiny.silent", title="Молчит", lacks=broken),
            step(),
        ]
    )
    portal = workshop.running()
    coordinator = portal.sign_in("regional_coordinator")
    listed = coordinator.get("/setup/schools?sort=progress")
    assert listed.status_code == 200
    assert "12" in listed.text
    assert coordinator.get("/setup/schools?step=tiny.raises").text.count("МБОУ") == 0
    shown = portal.sign_in("head").get("/setup").text
    for words in ("Падает", "Не по-SQLному", "RuntimeError", "no_such_column"):
        assert words not in shown
    assert "Молчит" in shown
    assert "Стены покрашены" in shown
    assert "шаг настройки «Падает»" in coordinator.get("/plugins/tiny").text


def test_a_kind_of_requests_says_who_sends_it_and_how_it_is_kept(workshop: Workshop) -> None:
    def checked(_db: Session, _actor: Any, values: Wish) -> Wish:
        if "дракон" in values.what:
            raise Invalid("Драконов нет.", fields={"what": "Попросите что-нибудь другое."})
        return msgspec.structs.replace(values, what=values.what.upper())

    kind = RequestKind(
        name="tiny.wish",
        title="Желание",
        form=Wish,
        permission="core.requests.send",
        decide_permission="core.requests.decide",
        objection=lambda _db, actor: "" if actor.can("core.children.own") else "Просят родители.",
        checked=checked,
        needs_file="рисунок",
        guidance="Загадывайте одно.",
        facts=lambda _db, values: [("Длина", str(len(values.what)))],
        outcome_at="/wishes/{request}",
    )
    broken_kind = msgspec.structs.replace(kind, name="tiny.broken", title="Сломанное", objection=broken)
    workshop.plugin(request_kinds=[kind, broken_kind])
    portal = workshop.running()
    pupil, guardian, head = (portal.sign_in(role) for role in ("pupil", "guardian", "head"))
    assert "Желание" not in pupil.get("/requests/new").text
    assert "Просят родители." in pupil.get("/requests/new?kind=tiny.wish").text
    listed = guardian.get("/requests/new").text
    assert "Желание" in listed
    assert "Сломанное" not in listed
    assert "Загадывайте одно." in guardian.get("/requests/new?kind=tiny.wish").text
    form = {"_kind": "tiny.wish", "step": "send", "what": "дракон"}
    drawing = {"files": ("рисунок.png", b"\x89PNG\r\n\x1a\n" + b"0" * 20, "image/png")}
    assert "Попросите что-нибудь другое." in guardian.post("/requests", data=form, files=drawing).text
    assert "Приложите: рисунок." in guardian.post("/requests", data={**form, "what": "лыжи"}).text
    url = guardian.post("/requests", data={**form, "what": "лыжи"}, files=drawing).headers["location"]
    card = head.get(url).text
    assert "ЛЫЖИ" in card
    assert "<dt>Длина</dt><dd>4</dd>" in card
    assert head.post(url, data={"step": "approve"}).status_code == 303
    assert f'href="/wishes/{url.rpartition("/")[2]}"' in guardian.get(url).text
