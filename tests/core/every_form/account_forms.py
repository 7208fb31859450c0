"""Sessions, tokens, notifications and the person’s own account."""

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
    page = f"/accounts/{world.guardian.person_id}"
    return Sent(world.head, f"{page}/sign-out", page)


@sends("POST /notifications/{notification_id:uuid}/read")
def notification_read(world: World) -> Sent:
    return Sent(world.head, f"/notifications/{world.notification()}/read", "/notifications")


@sends("POST /notifications/read-all")
def all_read(world: World) -> Sent:
    world.notification()
    return Sent(world.head, "/notifications/read-all", "/notifications")
