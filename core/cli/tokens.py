"""`moyashkola token`."""

from __future__ import annotations

from uuid import UUID

import click
from sqlalchemy import or_, select

from core.cli.context import console, open_portal
from core.database.session import Session
from core.errors import Conflict, NotFound
from core.identity import tokens
from core.identity.models import Account, Person
from core.identity.names import sort_key
from core.identity.sessions import actor_of


@click.group("token")
def token_command() -> None:
    """Ключи доступа к /api/v1."""


@token_command.command("create")
@click.option("--account", required=True, help="Кто: номер учётной записи, СНИЛС, почта или ФИО.")
@click.option("--scope", "scopes", multiple=True, required=True, help="Область доступа; можно несколько раз.")
@click.option("--role", help="Номер роли, в которой действует ключ; без него – последняя роль.")
@click.option("--name", default="Командная строка", show_default=True, help="Название ключа.")
@click.option("--days", type=int, help="Срок в днях; без него – бессрочно.")
def create(account: str, scopes: tuple[str, ...], role: str | None, name: str, days: int | None) -> None:
    """Создать ключ и напечатать его один раз."""
    with open_portal() as portal, portal.database.transaction() as db:
        actor = actor_of(db, find_account(db, account), UUID(role) if role else None)
        _token, text = tokens.create(db, actor, name, scopes, days)
    console.print(text, soft_wrap=True)


@token_command.command("scopes")
def scopes() -> None:
    """Перечислить области доступа."""
    with open_portal(tables=False) as portal:
        for scope in portal.grants.scopes.values():
            console.print(f"{scope.name:24} {scope.title}")


def find_account(db: Session, text: str) -> UUID:
    """The account somebody means by its id, СНИЛС, e-mail or full name.

    Raises `NotFound` if there is none, `Conflict` if there are several.
    """
    try:
        condition = Account.id == UUID(text)
    except ValueError:
        digits = "".join(character for character in text if character.isdigit())
        condition = or_(
            Person.snils == digits if len(digits) == 11 else Person.email == text,
            Person.name_key == sort_key(text),
        )
    found = db.scalars(
        select(Account.id).join(Person, Person.id == Account.person_id).where(condition).limit(2)
    ).all()
    if not found:
        raise NotFound(f"Учётной записи «{text}» нет.", advice="Укажите СНИЛС, почту, полное ФИО или номер.")
    if len(found) > 1:
        raise Conflict(f"Учётных записей «{text}» несколько.", advice="Укажите СНИЛС или номер.")
    return found[0]
