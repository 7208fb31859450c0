"""`moyashkola accounts`."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import click

from core.cli.context import console, open_portal
from core.cli.plugins import find_organizations
from core.errors import Conflict
from core.roles.actor import system_actor
from plugins.auth_local.cli import first_operator
from plugins.auth_local.cli.first_operator import Newcomer

DAY = click.DateTime(["%d.%m.%Y", "%Y-%m-%d"])
OWN_NAME = "Оператор портала"


@click.group("accounts")
def accounts_command() -> None:
    """Учётные записи: первый вход в новый портал."""


@accounts_command.command("create-operator")
@click.option("--last-name", prompt="Фамилия", help="Фамилия; без неё команда спросит.")
@click.option("--first-name", prompt="Имя", help="Имя; без него команда спросит.")
@click.option("--middle-name", default="", help="Отчество, если есть.")
@click.option(
    "--birth-date",
    type=DAY,
    prompt="Дата рождения, ДД.ММ.ГГГГ",
    metavar="ДД.ММ.ГГГГ",
    help="Дата рождения: её спросят вместе с кодом.",
)
@click.option(
    "--organization",
    help="Где: номер, ОГРН или название; без него – единственная организация верхнего уровня. В пустом портале – "
    f"название организации оператора, без него «{OWN_NAME}».",
)
@click.option("--yes", is_flag=True, help="Не спрашивать.")
def create_operator(
    last_name: str,
    first_name: str,
    middle_name: str,
    birth_date: datetime,
    organization: str | None,
    yes: bool,
) -> None:
    """Завести первого оператора и напечатать приглашение для входа без Госуслуг.

    Код действует один раз. Повтор команды с тем же человеком, пока он не вошёл, выдаёт новый код. Если
    оператор, который может войти, уже есть, команда переспросит.
    """
    told = Newcomer(
        last_name=_name(last_name),
        first_name=_name(first_name),
        middle_name=_name(middle_name) if middle_name.strip() else None,
        birth_date=birth_date.date(),
    )
    if told.birth_date >= datetime.now(ZoneInfo("UTC")).date():
        raise Conflict("Дата рождения ещё не наступила.", advice="Проверьте дату и повторите.")
    with open_portal() as portal:
        with portal.database.reading() as db:
            any_yet = bool(find_organizations(db, None))
            found = find_organizations(db, organization) if organization and any_yet else ()
            place_id: UUID | None = found[0].id if found else None
            before = first_operator.present(db, place_id)
        _make_sure(before, yes)
        with portal.database.transaction() as db:
            slip = first_operator.make(db, system_actor(), told, place_id, organization or OWN_NAME)
            expires = slip.expires_at.astimezone(ZoneInfo(portal.config.timezone))
        address = f"{portal.config.address}/invitation"
    console.print(f"{slip.person.full_name} – {slip.organization}", soft_wrap=True)
    console.print(f"Открыть:  {address}", soft_wrap=True)
    console.print(f"Код:      {slip.code}", soft_wrap=True)
    console.print(
        f"Действует до {expires:%d.%m.%Y %H:%M}, один раз; спросит и дату рождения.", soft_wrap=True
    )
    console.print("Код больше не покажут: передайте его этому человеку лично.", soft_wrap=True)


def _make_sure(before: first_operator.Present, yes: bool) -> None:
    """Ask where something is done that nobody may expect. Raises `Conflict` for «no»."""
    place = before.organization
    if place is None or yes:
        return
    if before.operators:
        console.print(
            f"{place.short_name}: уже есть, кому войти: {', '.join(before.operators)}.", soft_wrap=True
        )
        _ask("Завести ещё одного")
    if not before.logins_on:
        console.print(
            f"Вход с логином и паролем выключен. Он включится: {place.short_name} и всё, что ниже. Выключить потом "
            "можно по регионам и школам на странице «Плагины».",
            soft_wrap=True,
        )
        _ask("Включить")


def _ask(question: str) -> None:
    try:
        agreed = click.confirm(question, default=False)
    except click.Abort:
        agreed = False
    if not agreed:
        raise Conflict("Ничего не сделано.", advice="Чтобы команда не спрашивала, добавьте --yes.")


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not name or len(name) > 100 or any(letter.isdigit() or letter in "<>" for letter in name):
        raise Conflict(f"«{text}» – не имя.", advice="Напишите имя буквами.")
    return name
