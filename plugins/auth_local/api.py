"""JSON routes for logins: how somebody signs in, invitations and one-time passwords, each given once."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, PathParameter
from msgspec import Meta

from core.api.lists import problems
from core.database.engine import Database
from core.database.session import Session
from core.identity import accounts
from core.portal import Portal
from core.roles.actor import Actor
from core.web.guards import needs
from plugins.auth_local import access, class_slips, invitations, logins, passkeys, second_factor
from plugins.auth_local.access import INVITE_CHILD, ISSUE
from plugins.auth_local.browsers import NOT_KEPT
from plugins.auth_local.invitations import Slip
from plugins.auth_local.pages import INVITATION_PATH
from plugins.auth_local.settings import PLUGIN

LOGIN = "/api/v1/accounts/{person_id:uuid}/login"
CLASS = "/api/v1/auth-local/school-classes/{school_class_id:uuid}/invitations"
MOST_AT_ONCE = 200


class LoginOut(msgspec.Struct, frozen=True, kw_only=True):
    """How somebody signs in with the school's login; never a secret."""

    login: Annotated[str, Meta(description="Логин; пусто, если его ещё нет.")]
    one_time: Annotated[
        bool, Meta(description="Пароль одноразовый: выдан школой, человек его ещё не сменил.")
    ]
    expires_at: Annotated[
        datetime | None, Meta(description="До какого момента действует одноразовый пароль; null у прочих.")
    ]
    used_at: Annotated[datetime | None, Meta(description="Когда входили с логином; null – ни разу.")]
    second_factor: Annotated[bool, Meta(description="Включён код из приложения.")]
    passkeys: Annotated[int, Meta(description="Сколько ключей входа.")]
    invited_until: Annotated[
        datetime | None, Meta(description="До какого момента действует приглашение; null, если его нет.")
    ]
    objection: Annotated[
        str, Meta(description="Почему вам нельзя выдать этому человеку вход, словами; пусто, если можно.")
    ]


class InvitationOut(msgspec.Struct, frozen=True, kw_only=True):
    """An invitation just issued. The code is in this answer only."""

    person_id: UUID
    name: Annotated[str, Meta(description="Фамилия, имя и отчество того, кто приглашён.")]
    child: Annotated[str, Meta(description="Ученик, чьим представителем приглашён человек; пусто у прочих.")]
    code: Annotated[str, Meta(description="Код. Больше его нигде не увидеть; прежний код уже не действует.")]
    expires_at: Annotated[datetime, Meta(description="До какого момента код действует.")]
    address: Annotated[str, Meta(description="Где его вводят.")]
    child_asked: Annotated[
        bool, Meta(description="При входе спросят дату рождения ребёнка: своей у человека не записано.")
    ]


class PasswordOut(msgspec.Struct, frozen=True, kw_only=True):
    """A one-time password just issued. It is in this answer only."""

    person_id: UUID
    login: Annotated[str, Meta(description="Логин: прежний или новый, если его не было.")]
    password: Annotated[str, Meta(description="Одноразовый пароль. Больше его нигде не увидеть.")]
    expires_at: Annotated[datetime, Meta(description="До какого момента с ним можно войти.")]


class MemberOut(msgspec.Struct, frozen=True, kw_only=True):
    """A pupil of a class, or a guardian of one."""

    person_id: UUID
    name: Annotated[str, Meta(description="Фамилия, имя и отчество.")]
    child: Annotated[str, Meta(description="Чей представитель; пусто у самих учеников.")]
    state: Annotated[
        str, Meta(description="`login` – логин есть, `invited` – приглашён, пусто – ни того ни другого.")
    ]


class MembersIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who is to be invited."""

    person_ids: Annotated[
        list[UUID],
        Meta(min_length=1, max_length=MOST_AT_ONCE, description="Ученики класса и их представители."),
    ]


class InvitationsOut(msgspec.Struct, frozen=True, kw_only=True):
    """Invitations of a class. The codes are in this answer only."""

    invitations: Annotated[list[InvitationOut], Meta(description="Кому выдано.")]
    left_out: Annotated[list[str], Meta(description="Кому нет и почему, словами.")]


@get(
    LOGIN,
    guards=[needs(ISSUE)],
    sync_to_thread=True,
    tags=[PLUGIN],
    summary="Логин человека",
    description="Есть ли логин или приглашение и до какого срока. Кода и пароля здесь нет: их отдают один раз.",
    responses=problems(404),
)
def read_login(
    actor: NamedDependency[Actor], database: NamedDependency[Database], person_id: FromPath[UUID]
) -> LoginOut:
    """The login of a person in reach."""
    with database.reading() as db:
        return _login(db, actor, person_id)


@post(
    f"{LOGIN}/invitation",
    guards=[needs(ISSUE)],
    sync_to_thread=True,
    tags=[PLUGIN],
    summary="Выдать приглашение",
    description=(
        "Код, с которым человек сам придумает логин и пароль. Отдаётся один раз, прежний код перестаёт действовать. "
        "409 – логин уже есть, нет даты рождения или человек работает и там, куда ваша роль не достаёт."
    ),
    responses=problems(404, 409, 422),
)
def issue_invitation(
    actor: NamedDependency[Actor],
    portal: NamedDependency[Portal],
    database: NamedDependency[Database],
    person_id: FromPath[UUID],
) -> Response[InvitationOut]:
    """Issue an invitation."""
    with database.transaction() as db:
        slip = invitations.invite(db, actor, person_id)
        return Response(_invitation(portal, slip), headers=NOT_KEPT)


@post(
    f"{LOGIN}/password",
    guards=[needs(ISSUE)],
    sync_to_thread=True,
    tags=[PLUGIN],
    summary="Выдать одноразовый пароль",
    description=(
        "И логин, если его не было; тем же сбрасывают забытый пароль. Отдаётся один раз, прежний пароль и все сеансы "
        "кончаются. 409 – выдать нельзя, `title` говорит почему."
    ),
    responses=problems(404, 409, 422),
)
def issue_one_time_password(
    actor: NamedDependency[Actor], database: NamedDependency[Database], person_id: FromPath[UUID]
) -> Response[PasswordOut]:
    """Issue a one-time password."""
    with database.transaction() as db:
        issued = logins.issue_password(db, actor, person_id)
        made = PasswordOut(
            person_id=issued.person.id,
            login=issued.login,
            password=issued.password,
            expires_at=issued.expires_at,
        )
    return Response(made, headers=NOT_KEPT)


@delete(
    LOGIN,
    guards=[needs(ISSUE)],
    sync_to_thread=True,
    tags=[PLUGIN],
    summary="Отключить вход с логином",
    description="Вместе с приглашением, кодом из приложения и ключами входа. Вход через Госуслуги остаётся.",
    responses=problems(404, 409, 422),
)
def remove_login(
    actor: NamedDependency[Actor], database: NamedDependency[Database], person_id: FromPath[UUID]
) -> None:
    """Take the login or the invitation away."""
    with database.transaction() as db:
        logins.remove(db, actor, person_id)


@delete(
    f"{LOGIN}/second-factor",
    guards=[needs(ISSUE)],
    sync_to_thread=True,
    tags=[PLUGIN],
    summary="Снять код из приложения",
    description="Как после потерянного телефона: человек узнает об этом, его сеансы с логином кончаются.",
    responses=problems(404, 409, 422),
)
def take_second_factor(
    actor: NamedDependency[Actor], database: NamedDependency[Database], person_id: FromPath[UUID]
) -> None:
    """Take the code from the application away."""
    with database.transaction() as db:
        logins.remove_second_factor(db, actor, person_id)


@delete(
    f"{LOGIN}/passkeys",
    guards=[needs(ISSUE)],
    sync_to_thread=True,
    tags=[PLUGIN],
    summary="Удалить ключи входа",
    description="Все сразу: человек узнает об этом, его сеансы с логином кончаются.",
    responses=problems(404, 409, 422),
)
def take_passkeys(
    actor: NamedDependency[Actor], database: NamedDependency[Database], person_id: FromPath[UUID]
) -> None:
    """Take all passkeys of somebody away."""
    with database.transaction() as db:
        logins.remove_passkeys(db, actor, person_id)


@get(
    CLASS,
    guards=[needs(ISSUE)],
    sync_to_thread=True,
    tags=[PLUGIN],
    summary="Кого в классе пригласить",
    description="Ученики класса, за каждым – его представители.",
    responses=problems(404),
)
def list_members(
    actor: NamedDependency[Actor], database: NamedDependency[Database], school_class_id: FromPath[UUID]
) -> list[MemberOut]:
    """The pupils of a class with their guardians."""
    with database.reading(fresh=True) as db:
        _school_class, people = class_slips.members(db, actor, school_class_id)
        return [MemberOut(**msgspec.structs.asdict(each)) for each in people]


@post(
    CLASS,
    guards=[needs(ISSUE)],
    sync_to_thread=True,
    tags=[PLUGIN],
    summary="Пригласить из класса",
    description=(
        "Сразу многих. Коды отдаются один раз. Кому выдать нельзя, те названы в `left_out` с причиной; 422 – никого из "
        "названных в классе нет."
    ),
    responses=problems(404, 409, 422),
)
def invite_class(
    actor: NamedDependency[Actor],
    portal: NamedDependency[Portal],
    database: NamedDependency[Database],
    school_class_id: FromPath[UUID],
    data: JSONBody[MembersIn],
) -> Response[InvitationsOut]:
    """Issue invitations to people of a class."""
    with database.transaction() as db:
        chosen = [str(each) for each in data.person_ids]
        _school_class, slips, left_out = class_slips.invite(db, actor, school_class_id, chosen)
        made = InvitationsOut(
            invitations=[_invitation(portal, slip) for slip in slips],
            left_out=[str(each) for each in left_out],
        )
    return Response(made, headers=NOT_KEPT)


@post(
    "/api/v1/auth-local/children/{child_id:uuid}/invitation",
    guards=[needs(INVITE_CHILD)],
    sync_to_thread=True,
    tags=[PLUGIN],
    summary="Пригласить своего ребёнка",
    description=(
        "Код, с которым ребёнок до 14 лет сам придумает логин и пароль. Отдаётся один раз, прежний код перестаёт "
        "действовать. 409 – нет учётной записи, логин уже есть, ребёнку 14 или ваши права ограничены."
    ),
    responses=problems(404, 409, 422),
)
def invite_child(
    actor: NamedDependency[Actor],
    portal: NamedDependency[Portal],
    database: NamedDependency[Database],
    child_id: Annotated[UUID, PathParameter(description="Ключ ребёнка из списка своих детей.")],
) -> Response[InvitationOut]:
    """Issue an invitation for one's own child."""
    with database.transaction() as db:
        slip = invitations.invite_child(db, actor, child_id)
        return Response(_invitation(portal, slip), headers=NOT_KEPT)


def _login(db: Session, actor: Actor, person_id: UUID) -> LoginOut:
    accounts.account_line(db, actor, person_id)
    known, invited = logins.of_person(db, person_id), invitations.of_person(db, person_id)
    return LoginOut(
        login=known.login if known is not None else "",
        one_time=known is not None and known.one_time,
        expires_at=known.expires_at if known is not None and known.one_time else None,
        used_at=known.used_at if known is not None else None,
        second_factor=known is not None and second_factor.is_on(known),
        passkeys=len(passkeys.of_person(db, person_id)),
        invited_until=invited.expires_at if invited is not None else None,
        objection=access.objection(db, actor, person_id),
    )


def _invitation(portal: Portal, slip: Slip) -> InvitationOut:
    return InvitationOut(
        person_id=slip.person.id,
        name=slip.person.full_name,
        child=slip.child,
        code=slip.code,
        expires_at=slip.expires_at,
        address=portal.config.address + INVITATION_PATH,
        child_asked=slip.child_asked,
    )


login_api: list[Any] = [
    read_login,
    issue_invitation,
    issue_one_time_password,
    remove_login,
    take_second_factor,
    take_passkeys,
    list_members,
    invite_class,
    invite_child,
]
