"""Sessions, tokens, notifications and the person’s own account."""

from sqlalchemy import select

from core import unsent
from core.identity.models import Account, SignInSession
from core.organizations.models import Organization
from core.roles.models import StructuralRole
from core.unsent import Unsent

from .world import Sent, World, sends


@sends("POST /account/sessions/end")
def session_ended(world: World) -> Sent:
    world.portal.sign_in("head", person_id=world.head.person_id)
    return Sent(world.head, "/account/sessions/end", "/account")


@sends("POST /account/tokens")
def token_made(world: World) -> Sent:
    fields = {"name": "Программа", "scopes": "organization.read", "days": "30"}
    return Sent(world.head, "/account/tokens", "/account", fields)


@sends("POST /account/tokens/revoke")
def token_revoked(world: World) -> Sent:
    fields = {"name": "Лишний", "scopes": "organization.read", "days": "30"}
    page = world.head.post("/account/tokens", data=fields).text
    token = page.partition('name="token_id" value="')[2].partition('"')[0]
    return Sent(world.head, "/account/tokens/revoke", "/account", {"token_id": token})


@sends("POST /accounts/{person_id:uuid}/sign-out")
def signed_out_everywhere(world: World) -> Sent:
    with world.portal.portal.database.reading() as db:
        somebody = db.scalars(
            select(StructuralRole.person_id)
            .where(
                StructuralRole.kind == "guardian",
                StructuralRole.organization_id == world.found.organization_id,
                StructuralRole.person_id != world.guardian_id,
            )
            .order_by(StructuralRole.id)
            .limit(1)
        ).one()
    world.portal.sign_in("guardian", person_id=somebody)
    page = f"/accounts/{somebody}"
    return Sent(world.head, f"{page}/sign-out", page)


@sends("POST /unsent/{form_id:uuid}/discard")
def unsent_form_discarded(world: World) -> Sent:
    visitor = world.guardian
    form = Unsent(address="/requests", page="", fields=[("reason", "Опечатка")], files=[], key="once")
    with world.portal.portal.database.transaction() as db:
        account = select(Account.id).where(Account.person_id == world.guardian_id)
        page = f"/unsent/{unsent.keep(db, db.scalars(account).one(), form)}"
    return Sent(visitor, f"{page}/discard", page)


@sends("POST /notifications/{notification_id:uuid}/read")
def notification_read(world: World) -> Sent:
    return Sent(world.head, f"/notifications/{world.notification()}/read", "/notifications")


@sends("POST /notifications/read-all")
def all_read(world: World) -> Sent:
    world.notification()
    return Sent(world.head, "/notifications/read-all", "/notifications")


@sends("POST /account/esia-role")
def role_of_gosuslugi_asked_for(world: World) -> Sent:
    visitor = world.portal.sign_in_person(world.portal.new_person())
    with world.portal.portal.database.transaction() as db:
        school = db.get_one(Organization, world.found.organization_id)
        session = db.scalars(
            select(SignInSession)
            .join(Account, Account.id == SignInSession.account_id)
            .where(Account.person_id == visitor.person_id)
        ).one()
        session.provider = "esia"
        session.provider_state = {"places": [{"ogrn": school.ogrn, "chief": True}]}
    page = "/account/esia-role"
    return Sent(visitor, page, page, {"document": "Приказ № 7"})
