"""A child whose СНИЛС nobody wrote down is known by the birth certificate, with birth date and name; never by these."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import msgspec
import pytest
from sqlalchemy import delete, select

from core.identity.models import Account, ExternalIdentity, Guardianship, Person
from core.portal import Portal
from core.requests.models import Request, RequestComment
from core.roles.models import StructuralRole
from plugins.auth_esia.installation import installation
from plugins.auth_esia.stand.personas import persona

from .conftest import SCOPES, StandRun
from .conftest import Browser as StandBrowser
from .test_relinking import decide, give_role, identities, open_requests, person_of, signed_in
from .whole_portal import Browser, browser, portal

__all__ = ["browser", "portal"]
CHILD, HEAD, PARENT = "97110725901", "97110311167", "97110518593"
PAPER = "III-ДН 710107"
WITH_PAPERS = (*SCOPES, "birth_cert_doc", "kid_birth_cert_doc")


@pytest.fixture
def child(portal: Portal) -> Iterator[Person]:
    """The pupil of 4А: the card has the certificate instead of СНИЛС."""
    with portal.database.transaction() as db:
        for table in (RequestComment, Request, StructuralRole, ExternalIdentity, Guardianship):
            db.execute(delete(table))
    give_role(portal, CHILD, "pupil")
    give_role(portal, HEAD, "head")
    person = person_of(portal, CHILD)
    card(portal, person, snils=None, birth_certificate=PAPER)
    yield person
    card(
        portal,
        person,
        snils=CHILD,
        birth_certificate=None,
        first_name=person.first_name,
        last_name=person.last_name,
        birth_date=person.birth_date,
    )


def card(portal: Portal, person: Person, **values: Any) -> None:
    with portal.database.transaction() as db:
        kept = db.get_one(Person, person.id)
        for name, value in values.items():
            setattr(kept, name, value)


def accounts(portal: Portal, person: Person) -> list[str]:
    with portal.database.reading(fresh=True) as db:
        found = (
            select(ExternalIdentity.subject)
            .join(Account, Account.id == ExternalIdentity.account_id)
            .where(Account.person_id == person.id)
        )
        return list(db.scalars(found))


def test_a_childs_account_is_known_by_the_certificate(portal: Portal, child: Person) -> None:
    assert signed_in(portal, "child").signed_in
    assert accounts(portal, child) == ["1000700008"]


@pytest.mark.parametrize(
    "values",
    [
        {"first_name": "Игорь"},
        {"last_name": "Иванов"},
        {"birth_date": date(2016, 3, 15)},
        {"birth_date": None},
    ],
    ids=str,
)
def test_birth_date_and_name_have_to_agree(portal: Portal, child: Person, values: dict[str, Any]) -> None:
    card(portal, child, **values)
    refused = signed_in(portal, "child")
    assert refused.status == 403 and "не совпали" in refused.text() and not accounts(portal, child)
    assert "III-ДН ••••07" in refused.text() and PAPER not in refused.page
    refused.ask_school()
    [asked] = open_requests(portal)
    assert asked.author_id == child.id
    assert decide(signed_in(portal, "head"), asked, "approve") == 303
    assert signed_in(portal, "child").signed_in


def test_a_card_with_another_snils_is_another_childs(portal: Portal, child: Person) -> None:
    card(portal, child, snils="33445566784")
    assert signed_in(portal, "child").status == 403
    assert not accounts(portal, child)


def test_without_the_certificate_nobody_is_known_by_name_and_birth_date(
    portal: Portal, child: Person
) -> None:
    card(portal, child, birth_certificate=None)
    signed_in(portal, "child")
    assert not accounts(portal, child)
    card(portal, child, birth_certificate="III-ДН 710108")
    signed_in(portal, "child")
    assert not accounts(portal, child)
    with portal.database.transaction() as db:
        db.execute(delete(ExternalIdentity))
        for other in db.scalars(select(Person).where(Person.snils == CHILD)):
            other.snils = None


def test_somebody_who_is_no_pupil_is_not_let_in_by_it(portal: Portal, child: Person) -> None:
    with portal.database.transaction() as db:
        db.execute(delete(StructuralRole).where(StructuralRole.person_id == child.id))
    refused = signed_in(portal, "child")
    assert refused.status == 403 and "учеником вас школа не записала" in refused.text()


def test_a_parent_is_tied_by_the_childs_certificate(portal: Portal, child: Person) -> None:
    signed_in(portal, "parent")
    with portal.database.reading(fresh=True) as db:
        assert child.id in db.scalars(select(Guardianship.child_id)).all()


def test_a_parent_is_not_tied_where_the_name_differs_or_the_paper_is_unchecked(
    portal: Portal, child: Person
) -> None:
    give_role(portal, PARENT, "guardian")
    card(portal, child, first_name="Игорь")
    parent = signed_in(portal, "parent")
    assert "ребёнка в школе не нашли" in parent.said and "III-ДН ••••07" in parent.said
    card(portal, child, first_name=child.first_name)
    stand = installation(portal).stand
    assert stand is not None
    people = stand.people
    stand.people = tuple(
        msgspec.structs.replace(
            each, kids=tuple(msgspec.structs.replace(kid, snils=None, verified=False) for kid in each.kids)
        )
        for each in people
    )
    try:
        signed_in(portal, "parent")
    finally:
        stand.people = people
    with portal.database.reading(fresh=True) as db:
        assert child.id not in db.scalars(select(Guardianship.child_id)).all()


def test_the_paper_of_a_childs_account_is_read_and_no_adults(
    stand: StandRun, browser: Browser, portal: Portal
) -> None:
    client = stand.client(scopes=WITH_PAPERS)
    own = StandBrowser(str(stand.base_url).removesuffix("/esia-stand"))
    login = client.begin()
    profile = client.sign_in(own.sign_in(login, "child")["code"], login.verifier)
    assert (profile.birth_certificate, profile.missing) == (PAPER, ())
    other = StandBrowser(str(stand.base_url).removesuffix("/esia-stand"))
    login = client.begin()
    profile = client.sign_in(other.sign_in(login, "parent")["code"], login.verifier)
    assert profile.birth_certificate is None
    assert [each.birth_certificate for each in profile.children] == ["II-ДН 710106", PAPER]
    assert persona("child").birth_certificate == ("III-ДН", "710107")
    assert identities(portal, CHILD) == []
