"""Terms of storage: what has served its time goes, what has not stays, and the operators' page tells of both."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from core.audit.models import CardView
from core.config import Config
from core.consents.models import Consent, ConsentText
from core.database.base import new_id, now
from core.files import StoredFile
from core.identity.models import Notification
from core.requests.models import Request
from core.retention.applying import BATCH, KIND
from core.retention.models import RetentionRun
from core.retention.rules import RULES, Edition, Rule
from core.support.models import SupportMessage
from core.tasks import Worker
from core.tasks.queue import enqueue
from core.testing import PortalUnderTest
from tests.core.small_town import id_of
from tests.core.town_fixtures import town

__all__ = ["town"]


def apply(town: PortalUnderTest) -> None:
    """Run the rules once."""
    with town.portal.database.transaction() as db:
        enqueue(db, KIND)
    worker = Worker(town.portal)
    while worker.run_once():
        pass


def view(town: PortalUnderTest, days: int) -> Any:
    return CardView(
        id=new_id(),
        person_id=id_of(town, "Семёнов"),
        viewer_id=id_of(town, "Берёзкина"),
        role="head",
        what="card",
        at=now() - timedelta(days=days),
    )


def notification(town: PortalUnderTest, days: int) -> Any:
    return Notification(
        id=new_id(),
        person_id=id_of(town, "Семёнов"),
        kind="core.request.step",
        title="Старое",
        created_at=now() - timedelta(days=days),
    )


def file(subject: str) -> Callable[[PortalUnderTest, int], Any]:
    def made(town: PortalUnderTest, days: int) -> Any:
        key = new_id()
        return StoredFile(
            id=key,
            owner_id=id_of(town, "Берёзкина"),
            purpose="core.own",
            subject=subject,
            name="файл.zip",
            size=1,
            media_type="application/zip",
            sha256="0" * 64,
            storage_key=str(key),
            created_at=now() - timedelta(days=days),
        )

    return made


def draft(town: PortalUnderTest, days: int) -> Any:
    return Request(
        id=new_id(),
        kind="core.person_correction",
        organization_id=id_of(town, "Школа 1"),
        author_id=id_of(town, "Семёнов"),
        status="draft",
        values={},
        created_at=now() - timedelta(days=days),
    )


def question(town: PortalUnderTest, days: int) -> Any:
    return SupportMessage(
        id=new_id(),
        organization_id=id_of(town, "Школа 1"),
        subject="Старое",
        text="Старое",
        created_at=now() - timedelta(days=days),
    )


def consent(town: PortalUnderTest, days: int) -> Any:
    school = id_of(town, "Школа 1")
    text_id = new_id()
    with town.portal.database.transaction() as db:
        text = ConsentText(
            id=text_id, organization_id=school, kind=f"core.{text_id.hex[-8:]}", version=1, text="Согласие"
        )
        db.add(text)
    day = (now() - timedelta(days=days)).date()
    return Consent(
        id=new_id(),
        organization_id=school,
        person_id=id_of(town, "Семёнов"),
        kind="core.partners",
        text_id=text_id,
        given_on=day,
        way="paper",
        withdrawn_on=day,
        withdrawn_way="paper",
    )


OLD: dict[str, Callable[[PortalUnderTest, int], Any]] = {
    "views": view,
    "notifications": notification,
    "exports": file("personal-data:1"),
    "papers": file("paper:1"),
    "imports": file("import-source"),
    "drafts": draft,
    "questions": question,
    "consents": consent,
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_what_is_older_than_its_term_goes(town: PortalUnderTest, rule: Rule) -> None:
    days = rule.days(town.portal.config, now().date())
    old, young = OLD[rule.name](town, days + 2), OLD[rule.name](town, days - 1)
    table = old.__class__
    keys = (old.id, young.id)
    with town.portal.database.transaction() as db:
        db.add_all([old, young])
    apply(town)
    with town.portal.database.reading(fresh=True) as db:
        assert db.get(table, keys[0]) is None
        assert db.get(table, keys[1]) is not None
        run = db.scalars(
            select(RetentionRun).where(RetentionRun.rule == rule.name).order_by(RetentionRun.at.desc())
        ).first()
        assert run is not None
        assert (run.days, run.removed) == (days, 1)


def test_many_rows_go_in_pieces(town: PortalUnderTest) -> None:
    with town.portal.database.transaction() as db:
        db.add_all([notification(town, 1000) for _each in range(BATCH + 3)])
    apply(town)
    with town.portal.database.reading(fresh=True) as db:
        run = db.scalars(
            select(RetentionRun).where(RetentionRun.rule == "notifications").order_by(RetentionRun.at.desc())
        ).first()
        assert run is not None
        assert run.removed == BATCH + 3


def test_a_consent_that_stands_stays_however_old(town: PortalUnderTest) -> None:
    old = consent(town, 5000)
    old.withdrawn_on, old.withdrawn_way = None, ""
    key = old.id
    with town.portal.database.transaction() as db:
        db.add(old)
    apply(town)
    with town.portal.database.reading(fresh=True) as db:
        assert db.get(Consent, key) is not None


def test_an_operator_sets_the_days_within_the_limits_of_the_edition_in_force() -> None:
    rule = Rule(
        name="tiny",
        title="Крошки",
        setting="keep_views_days",
        editions=(
            Edition(since=date(2026, 9, 1), act="Первый акт", least=90, most=400),
            Edition(since=date(2027, 9, 1), act="Второй акт", least=180, most=200),
        ),
        delete=lambda _db, _before, _limit: 0,
    )
    days = [rule.days(Config(keep_views_days=asked), date(2027, 1, 1)) for asked in (5, 120, 1000)]
    assert days == [90, 120, 400]
    assert rule.days(Config(keep_views_days=120), date(2027, 9, 1)) == 180
    assert rule.edition(date(2020, 1, 1)).act == "Первый акт"


def test_the_operators_page_tells_the_terms_and_what_went(town: PortalUnderTest) -> None:
    with town.portal.database.transaction() as db:
        db.add_all([view(town, 800), view(town, 801)])
    apply(town)
    page = town.sign_in("regional_coordinator").get("/retention").text
    assert "Записи о том, кто смотрел данные" in page
    assert "152-ФЗ, статья 19" in page
    assert "365" in page
    assert "keep_views_days" in page
    assert town.sign_in("head", organization="Школа 1").get("/retention").status_code == 403
