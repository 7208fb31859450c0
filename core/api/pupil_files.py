"""A pupil's file for programs: given out by the school that lets go, read and used by the one that takes in."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from core.api.files import given_out, gives_out
from core.api.lists import problems
from core.api.pupils import AdmittedOut, Order
from core.database.engine import Database
from core.database.session import Session
from core.errors import Conflict, Invalid, NotFound
from core.identity.accounts import VIEW
from core.identity.names import full_name
from core.identity.newcomers import Namesakes
from core.organizations.transfer import class_for
from core.pupil_files import giving_out, taking_in
from core.pupil_files.content import Guardian, Pupil
from core.pupil_files.taking_in import Admission, Incoming
from core.requests.pupil_transfers import ADMIT
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.i18n import sentence

MOST_BYTES = 10 * 1024 * 1024
Content = Annotated[
    bytes,
    Meta(min_length=1, description="Файл ученика в base64, до 10 МБ.", examples=["eyJwYXlsb2FkIjogIiJ9"]),
]


class PupilFileIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file to look into."""

    content: Content


class PupilFileOut(msgspec.Struct, frozen=True, kw_only=True):
    """What a file says, and how far it is to be trusted. Nothing has been changed."""

    name: Annotated[str, Meta(description="Ученик: фамилия, имя и отчество.")]
    birth_date: date | None
    school: Annotated[str, Meta(description="Прежняя школа.")]
    school_class: Annotated[str, Meta(description="Класс в прежней школе; может быть пусто.")]
    left_on: Annotated[
        date | None, Meta(description="Последний день в прежней школе; null, если не записан.")
    ]
    made_at: Annotated[datetime, Meta(description="Когда файл выдан: момент с часовым поясом.")]
    installation: Annotated[str, Meta(description="Адрес портала, который его выдал.")]
    guardians: Annotated[list[str], Meta(description="Представители, которых назвал файл.")]
    parts: Annotated[list[str], Meta(description="Что ещё передано, словами: «Журнал».")]
    fingerprint: Annotated[str, Meta(description="Отпечаток ключа подписи.")]
    trusted_as: Annotated[
        str, Meta(description="Чей это ключ, если оператор его знает; пусто – сверьте отпечаток по телефону.")
    ]
    known_as: Annotated[
        UUID | None,
        Meta(description="Ключ человека этого портала, который и есть этот ученик; null – новый."),
    ]
    taken_at: Annotated[
        datetime | None, Meta(description="Когда по этому файлу уже принимали; null, если нет.")
    ]
    snils_taken: Annotated[bool, Meta(description="СНИЛС здесь записан за другим: ученик придёт без него.")]


class FormerSchoolOut(msgspec.Struct, frozen=True, kw_only=True):
    """What a file of a former school told."""

    id: UUID
    school: Annotated[str, Meta(description="Прежняя школа.")]
    school_class: Annotated[str, Meta(description="Класс в ней; может быть пусто.")]
    left_on: Annotated[date | None, Meta(description="Последний день в ней; null, если не записан.")]
    installation: Annotated[str, Meta(description="Адрес портала, который выдал файл.")]
    taken_at: Annotated[datetime, Meta(description="Когда по файлу приняли: момент с часовым поясом.")]
    parts: Annotated[
        dict[str, Any],
        Meta(description="Что передали плагины прежней школы: «Журнал» → сведения для чтения."),
    ]


class FileAdmissionIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file and where its pupil comes."""

    content: Content
    school_class: Annotated[
        str,
        Meta(min_length=1, max_length=30, pattern="^[^\\u0000]+$", description="Ваш класс.", examples=["9А"]),
    ]
    first_day: Annotated[date, Meta(description="Первый день в вашей школе, ГГГГ-ММ-ДД.")]
    basis: Order
    compared: Annotated[
        bool, Meta(description="Отпечаток неизвестного ключа сверен с прежней школой. Без этого – 409.")
    ] = False
    same_as: Annotated[
        UUID | None, Meta(description="Тёзка из вашей организации, который и есть ученик.")
    ] = None
    namesake: Annotated[
        bool, Meta(description="Тёзка – другой человек: завести нового. Без этого – 409.")
    ] = False


@post(
    "/api/v1/people/{person_id:uuid}/pupil-file",
    guards=[needs(ADMIT)],
    sync_to_thread=True,
    status_code=200,
    tags=["people"],
    summary="Выдать файл ученика",
    description=(
        "Подписанный файл для школы другого портала: кто ученик, его представители и то, что передают плагины. Что "
        "он выдан, остаётся в истории. Отчисляет отдельный вызов `withdraw`."
    ),
    responses={
        **gives_out(description="Файл ученика.", media_type="application/json"),
        **problems(404, 409, 422),
    },
)
def give_pupil_file(
    actor: NamedDependency[Actor], database: NamedDependency[Database], person_id: FromPath[UUID]
) -> Response[bytes]:
    """The signed file of a pupil of one's school, present or former."""
    with database.transaction() as db:
        name, content = giving_out.give_out(db, actor, person_id)
    return given_out(content, name, "application/json")


@post(
    "/api/v1/pupil-files/preview",
    guards=[needs(ADMIT)],
    sync_to_thread=True,
    status_code=200,
    tags=["people"],
    summary="Прочитать файл ученика",
    description="Кто приходит, кто подписал и узнал ли его портал. Ничего не меняется. 422 – файл не тот или изменён.",
    responses=problems(409, 422),
)
def read_pupil_file(
    actor: NamedDependency[Actor], database: NamedDependency[Database], data: JSONBody[PupilFileIn]
) -> PupilFileOut:
    """What a file says."""
    with database.reading() as db:
        return _told(_incoming(db, actor, data.content))


@post(
    "/api/v1/pupil-files",
    guards=[needs(VIEW), needs(ADMIT)],
    sync_to_thread=True,
    tags=["people"],
    summary="Принять ученика по файлу",
    description=(
        "С представителями и тем, что передала прежняя школа. Нужны области `transfers` и `accounts.read`: без второй "
        "не найти тёзку. 409 – ключ неизвестен и не сверен, ученик уже учится или есть тёзка."
    ),
    responses=problems(404, 409, 422),
)
def admit_by_file(
    actor: NamedDependency[Actor], database: NamedDependency[Database], data: JSONBody[FileAdmissionIn]
) -> AdmittedOut:
    """Enroll the pupil of a file."""
    wanted = Admission(
        school_class=data.school_class,
        first_day=data.first_day,
        basis=data.basis,
        compared=data.compared,
        namesake=data.namesake,
        same=data.same_as,
    )
    with database.transaction() as db:
        try:
            pupil = taking_in.admit(db, actor, _incoming(db, actor, data.content), wanted)
        except Namesakes as found:
            raise Conflict(
                found.message,
                advice="Если ученик – тот самый человек, пришлите его ключ в same_as; если полный тёзка – namesake.",
            ) from found
        entered = class_for(db, actor.organization_id, data.school_class, data.first_day)
        return AdmittedOut(person_id=pupil.id, school_class_id=entered.id, starts_on=data.first_day)


def _incoming(db: Session, actor: Actor, content: bytes) -> Incoming:
    if len(content) > MOST_BYTES:
        raise Invalid("Файл слишком велик.", fields={"content": sentence("Выберите файл ученика.")})
    return taking_in.read(db, actor, content)


def _told(incoming: Incoming) -> PupilFileOut:
    file = incoming.file
    return PupilFileOut(
        name=_name(file.pupil),
        birth_date=file.pupil.birth_date,
        school=file.school.name,
        school_class=file.school_class,
        left_on=file.left_on,
        made_at=file.made_at,
        installation=file.installation,
        guardians=[_name(each) for each in file.guardians],
        parts=list(file.parts),
        fingerprint=incoming.fingerprint,
        trusted_as=incoming.trusted_as,
        known_as=incoming.known.id if incoming.known is not None else None,
        taken_at=incoming.taken.taken_at if incoming.taken is not None else None,
        snils_taken=incoming.snils_taken,
    )


def _name(person: Pupil | Guardian) -> str:
    return full_name(person.last_name, person.first_name, person.middle_name)


@get(
    "/api/v1/people/{person_id:uuid}/former-schools",
    guards=[needs(ADMIT)],
    sync_to_thread=True,
    tags=["people"],
    summary="Что рассказали прежние школы",
    description="Что пришло с файлами, по которым ваша школа его приняла, последнее – первым. 404 – файлов не было.",
    responses=problems(404),
)
def list_former_schools(
    actor: NamedDependency[Actor], database: NamedDependency[Database], person_id: FromPath[UUID]
) -> list[FormerSchoolOut]:
    """What former schools have told of a pupil of one's school."""
    with database.reading() as db:
        found = taking_in.former_schools(db, actor, person_id)
        if not found:
            raise NotFound("О прежних школах этого ученика файла нет.", advice="Найдите ученика поиском.")
        return [
            FormerSchoolOut(**{name: getattr(each, name) for name in FormerSchoolOut.__struct_fields__})
            for each in found
        ]


pupil_file_api: list[Any] = [give_pupil_file, read_pupil_file, admit_by_file, list_former_schools]
