"""Requests that are still being written, for programs: drafts, returned ones, and the files that go with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from core import attached_files
from core.api.files import FileIn, files_in, gives_out, stored_given_out
from core.api.lists import problems
from core.api.request_cards import RequestCardOut, card_out
from core.api.requests import SEND, RequestIn
from core.api.typed import as_typed
from core.contributions import RequestKind
from core.database.engine import Database
from core.errors import Invalid, NotFound
from core.files import readable_file
from core.portal import Portal
from core.requests import attachments, reading, sending
from core.requests.attached import PURPOSE
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.i18n import sentence
from core.web.struct_form import form_fields, parse_form

REQUEST = "/api/v1/requests/{request_id:uuid}"


class ValuesIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a draft says now."""

    values: Annotated[
        dict[str, Any],
        Meta(
            description="Поля вида: имя → значение. Заменяют прежние целиком; могут быть ещё не все и с ошибками.",
            examples=[{"last_name": "Семёнова", "first_name": "Вера"}],
        ),
    ]


class FilesIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Files to be attached."""

    files: Annotated[
        list[FileIn],
        Meta(
            min_length=1,
            max_length=attached_files.MOST,
            description="Файлы: PDF, картинки, текст, документы и таблицы. К запросу – не больше 20.",
            examples=[[{"name": "заявление.txt", "content": "0JfQsNGP0LLQu9C10L3QuNC1"}]],
        ),
    ]


@post(
    "/api/v1/requests/drafts",
    guards=[needs(SEND)],
    sync_to_thread=True,
    tags=["requests"],
    summary="Завести черновик запроса",
    description=(
        "Виден только вам, поля могут быть ещё не все. К нему прикладывают файлы и потом отправляют. 422 – у вида нет "
        "такого поля."
    ),
    responses=problems(404, 409, 422),
)
def begin_draft(
    actor: NamedDependency[Actor], database: NamedDependency[Database], data: JSONBody[RequestIn]
) -> RequestCardOut:
    """Begin a draft."""
    with database.transaction() as db:
        kind = sending.kind_for(db, actor, data.kind)
        typed = _typed(kind, data.values)
        draft = sending.save_draft(db, actor, kind.name, typed, addressee=data.organization_id)
        return card_out(db, actor, draft.id)


@put(
    f"{REQUEST}/values",
    guards=[needs(SEND)],
    sync_to_thread=True,
    tags=["requests"],
    summary="Изменить черновик",
    description="Свой черновик или запрос, который вам вернули на исправление. 404 – он уже отправлен.",
    responses=problems(404, 409, 422),
)
def change_draft(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    request_id: FromPath[UUID],
    data: JSONBody[ValuesIn],
) -> RequestCardOut:
    """Write a draft anew."""
    with database.transaction() as db:
        kind = sending.kind_for(db, actor, sending.draft_of(db, actor, request_id).kind)
        sending.save_draft(db, actor, kind.name, _typed(kind, data.values), request_id)
        return card_out(db, actor, request_id)


@post(
    f"{REQUEST}/send",
    guards=[needs(SEND)],
    sync_to_thread=True,
    status_code=200,
    tags=["requests"],
    summary="Отправить черновик",
    description=(
        "С тем, что в нём сейчас; возвращённый – снова. Те, кто решает, узнают из уведомления. 422 – заполнено не всё "
        "или не приложен нужный документ: черновик остаётся, как был."
    ),
    responses=problems(404, 409, 422),
)
def send_draft(
    actor: NamedDependency[Actor], database: NamedDependency[Database], request_id: FromPath[UUID]
) -> RequestCardOut:
    """Send a draft, or a returned request once more."""
    with database.transaction() as db:
        draft = sending.draft_of(db, actor, request_id)
        kind = sending.kind_for(db, actor, draft.kind)
        shown = {each.name for each in form_fields(kind.form)}
        kept = {name: value for name, value in draft.values.items() if name in shown}
        sending.send_draft(db, actor, request_id, parse_form(kind.form, as_typed(kept)))
        return card_out(db, actor, request_id)


@delete(
    REQUEST,
    guards=[needs(SEND)],
    sync_to_thread=True,
    tags=["requests"],
    summary="Удалить черновик",
    description="Вместе с его файлами. 409 – запрос возвращён: его не удаляют, а отзывают.",
    responses=problems(404, 409, 422),
)
def delete_draft(
    actor: NamedDependency[Actor], database: NamedDependency[Database], request_id: FromPath[UUID]
) -> None:
    """Throw a draft away."""
    with database.transaction() as db:
        attachments.delete_draft(db, actor, request_id)


@post(
    f"{REQUEST}/files",
    guards=[needs(SEND)],
    sync_to_thread=True,
    tags=["requests"],
    summary="Приложить файлы к запросу",
    description=(
        "К черновику или к запросу, который ещё не решён; вторая сторона узнает. Что прислано, портал определяет по "
        "содержимому. 409 – решение принято или файлов слишком много; 422 – такой тип не принимается."
    ),
    responses=problems(404, 409, 422),
)
def attach_files(
    actor: NamedDependency[Actor],
    portal: NamedDependency[Portal],
    database: NamedDependency[Database],
    request_id: FromPath[UUID],
    data: JSONBody[FilesIn],
) -> RequestCardOut:
    """Attach files to a request of one's own or for the acting role to decide."""
    with database.reading() as db:
        reading.seen(db, actor, request_id)
    received = files_in(portal.files, data.files)
    with database.transaction() as db:
        attachments.hand_in(db, actor, request_id, received, without_words=True)
        return card_out(db, actor, request_id)


@get(
    f"{REQUEST}/files/{{file_id:uuid}}",
    guards=[needs(SEND)],
    sync_to_thread=True,
    tags=["requests"],
    summary="Скачать файл запроса",
    description="Доступен автору и тем, кто решает. Список файлов – в самом запросе.",
    responses={**gives_out(description="Файл.", media_type="application/octet-stream"), **problems(404)},
)
def download_file(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    request_id: FromPath[UUID],
    file_id: FromPath[UUID],
) -> Response[bytes]:
    """A file of a request that the actor may see."""
    with database.reading() as db:
        file = readable_file(db, actor, file_id)
        if (file.purpose, file.subject) != (PURPOSE, str(request_id)):
            raise NotFound("Такого файла у запроса нет.", advice="Возьмите ключ файла из самого запроса.")
        return stored_given_out(db, file)


@delete(
    f"{REQUEST}/files/{{file_id:uuid}}",
    guards=[needs(SEND)],
    sync_to_thread=True,
    tags=["requests"],
    summary="Убрать файл из черновика",
    description="Из своего черновика или возвращённого запроса. Из отправленного файлы не убирают.",
    responses=problems(404, 409, 422),
)
def remove_file(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    request_id: FromPath[UUID],
    file_id: FromPath[UUID],
) -> None:
    """Take a file off a draft."""
    with database.transaction() as db:
        attachments.remove(db, actor, request_id, file_id)


def _typed(kind: RequestKind, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as a form keeps them. Raises `Invalid` for a field the kind has not."""
    known = {each.name for each in form_fields(kind.form)}
    unknown: dict[str, str] = {
        name: sentence("У этого запроса нет такого поля.") for name in values if name not in known
    }
    if unknown:
        raise Invalid("Черновик не сохранён.", fields=unknown)
    return as_typed(values)


request_draft_api: list[Any] = [
    begin_draft,
    change_draft,
    send_draft,
    delete_draft,
    attach_files,
    download_file,
    remove_file,
]
