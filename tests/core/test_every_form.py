"""Every form of the portal, sent twice as a double click without scripts sends it: saved once.

The routes come from the running application: a new one that takes forms needs a case in `every_form`, or a line
in `OTHERWISE` with its reason.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from core.roles.models import StructuralRole
from core.testing.portal import PortalUnderTest
from tests.core.test_every_route import FROM_OTHER_SITES, addresses
from tests.plugins.journal.conftest import find_page

from .every_form.reading import read_form
from .every_form.world import CASES, Case, World

OTHERWISE: Mapping[str, str] = {
    "POST /auth/logout": "signed out twice is signed out",
    "POST /account/role": "the role chosen twice is the same",
    "POST /view": "the look chosen twice is the same",
    "POST /locale": "the language chosen twice is the same",
    "POST /privacy/counter": "the answer given twice is the same",
    "POST /auth/esia/refused": "a request that is open is not sent again, see `test_relinking`",
    "POST /auth/local": "every attempt is counted, and one that succeeds begins a session of its own",
    "POST /auth/local/passkey": "its challenge is spent once, and a session begins",
    "POST /account/login/passkeys/begin": "keeps nothing: shows a button with a challenge, another each time",
    "POST /account/login/passkeys": "its challenge is spent once",
    "POST /auth/local/code": "every attempt is counted, and one that succeeds begins a session of its own",
    "POST /auth/local/second-factor": "every attempt is counted",
    "POST /auth/local/go-on": "the step is over once it is done, and a session begins",
    "POST /auth/local/new-password": "the step is over once it is done, and a session begins",
    "POST /invitation": "every attempt is counted",
    "POST /auth/local/new-login": "the invitation is spent once, and a session begins",
    "POST /account/login/password": "the session changes with the password",
    "POST /journal/plans/{plan_id:uuid}/import": "changes nothing: shows what would be loaded",
    "POST /curriculum/{curriculum_id:uuid}/import": "changes nothing: shows what would be loaded",
    "POST /people/{person_id:uuid}/pupil-file/download": "changes nothing but the record of it; each is a fresh one",
    "POST /account/data": "changes nothing but the record of it; each download is a fresh one",
}


def writing(statements: list[str]) -> list[str]:
    """Those that change a table."""
    return [each for each in statements if each.lstrip("( ").startswith(("INSERT", "UPDATE", "DELETE"))]


@pytest.fixture(scope="module")
def world(portal: PortalUnderTest) -> World:
    """People of one school, and a journal page of it."""
    found = find_page(portal.portal)

    def somebody(kind: str) -> UUID:
        with portal.portal.database.reading() as db:
            return db.scalars(
                select(StructuralRole.person_id)
                .where(StructuralRole.kind == kind, StructuralRole.organization_id == found.organization_id)
                .order_by(StructuralRole.id)
                .limit(1)
            ).one()

    return World(
        portal=portal,
        found=found,
        head=portal.sign_in("head", person_id=somebody("head")),
        coordinator=portal.sign_in("regional_coordinator"),
        teacher=portal.sign_in("teacher", person_id=found.teacher_id),
        guardian_id=somebody("guardian"),
    )


def test_every_form_is_tried_below(portal: PortalUnderTest) -> None:
    routes = {
        str(each)
        for each in addresses(portal)
        if each.method == "POST" and not each.path.startswith("/api/") and str(each) not in FROM_OTHER_SITES
    }
    assert routes == {*CASES.values(), *OTHERWISE}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_a_form_sent_twice_is_saved_once(world: World, case: Case) -> None:
    sent = case(world)
    form = read_form(sent.visitor.get(sent.page).text, sent.action) if sent.page else {}
    key = form.get("idempotency_key") if sent.page else str(uuid4())
    assert key, "the form has no key"
    form |= {"csrf_token": sent.visitor.csrf_token(), "idempotency_key": key, **sent.fields}

    def click() -> Any:
        return sent.visitor.post(sent.action, data=form, files=sent.files, csrf=False)

    with world.portal.counting_statements() as statements:
        first = click()
    assert first.status_code in (200, 303), first.text
    assert [each for each in writing(statements) if "core_idempotency_key" not in each]
    with world.portal.counting_statements() as statements:
        again = click()
    assert writing(statements) == []
    assert again.headers["idempotent-replayed"] == "true"
    assert again.status_code == first.status_code
    assert again.headers.get("location") == first.headers.get("location")
    assert again.text == first.text
