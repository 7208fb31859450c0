"""«Мои дети»: a guardian's children, and the account of a child under 14."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from core.database.engine import Database
from core.identity.child_sign_up import sign_up
from core.identity.children import own_children
from core.identity.relations import relation_words
from core.requests.child_accounts import waiting_for
from core.roles.actor import Actor
from core.web.guards import signed_in
from core.web.i18n import lazy
from core.web.pages import Page, redirect, render
from core.web.slots import render_slot

DONE = {
    "made": lazy("Учётная запись ребёнка создана."),
    "sent": lazy("Запрос отправлен в школу. Ответ придёт в уведомления."),
}
RIGHTS = {
    "full": lazy("законный представитель: видит всё и действует за ребёнка"),
    "view": lazy("только видит дневник и сведения о ребёнке"),
    "none": lazy("ничего не видит: права ограничены судом"),
}


@get("/account/children", guards=[signed_in], sync_to_thread=True, include_in_schema=False)
def children_page(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], database: NamedDependency[Database]
) -> Page:
    """The guardian's children: where they study, who else is tied to them, how they sign in."""
    with database.reading() as db:
        children = own_children(db, actor)
        return render(
            request,
            "account/children.html",
            children=[
                (
                    child,
                    waiting_for(db, actor, child.person.id),
                    render_slot(request, db, actor, "child.card", child),
                )
                for child in children
            ],
            relation_words=relation_words,
            rights=RIGHTS,
            done=DONE.get(request.query_params.get("done", ""), ""),
        )


@post(
    "/account/children/{child_id:uuid}/account",
    guards=[signed_in],
    sync_to_thread=True,
    include_in_schema=False,
)
def make_account(
    actor: NamedDependency[Actor], database: NamedDependency[Database], child_id: FromPath[UUID]
) -> Page:
    """Make the child's account, or ask the school to."""
    with database.transaction() as db:
        waiting = sign_up(db, actor, child_id)
    return redirect(f"/account/children?done={'sent' if waiting else 'made'}")


children_routes: list[Any] = [children_page, make_account]
