"""Whatever is sent to the API, it never fails: schemathesis goes through the whole OpenAPI document."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from sqlalchemy import select

from core.identity import tokens
from core.identity.models import Account
from core.identity.sessions import actor_of
from core.portal import Portal
from core.roles.models import StructuralRole
from core.testing.server import Server

EXAMPLES = 12
"""Requests tried for each operation."""
CYRILLIC = re.compile("[а-яё]", re.IGNORECASE)


@pytest.fixture(scope="module")
def api(make_portal: Callable[..., Portal]) -> Iterator[tuple[str, str]]:
    """A server's address, and a token of the head with every scope."""
    portal = make_portal()
    with portal.database.transaction() as db:
        head = db.scalars(select(StructuralRole).where(StructuralRole.kind == "head")).first()
        assert head is not None
        account = Account(person_id=head.person_id, status="active", preferences={}, last_role_id=head.id)
        db.add(account)
        db.flush()
        actor = actor_of(db, account.id)
        _token, text = tokens.create(db, actor, "fuzz", sorted(portal.grants.scopes))
    portal.close()
    server = Server(portal)
    server.start()
    yield server.address, text
    server.stop()


def test_malformed_requests_get_a_clear_refusal(api: tuple[str, str]) -> None:
    address, token = api
    schema = schemathesis.openapi.from_url(f"{address}/api/v1/openapi.json")
    problems: list[str] = []
    tried: list[str] = []
    for result in schema.get_all_operations():
        operation = result.ok()
        tried.append(operation.label)
        well_formed = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
        malformed = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)

        @given(case=st.one_of(well_formed, malformed))
        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        def send(case: schemathesis.Case) -> None:
            answer = case.call(headers={"Authorization": f"Bearer {token}"})
            if answer.status_code >= 500:
                problems.append(f"{case.method} {answer.request.url} {case.body!r}: {answer.text[:300]}")
            elif answer.status_code >= 400 and not CYRILLIC.search(answer.json()["title"]):
                problems.append(f"{case.method} {answer.request.url}: {answer.text[:300]}")

        send()
    assert len(tried) > 20
    assert problems == []
