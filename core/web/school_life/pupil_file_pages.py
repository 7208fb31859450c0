"""A pupil's file: given out and the pupil let go, uploaded and the pupil taken in, and what it told afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, cast
from urllib.parse import quote
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath
from markupsafe import Markup
from msgspec import Meta

from core.database.engine import Database
from core.database.session import Session
from core.errors import Invalid, NotFound, PortalError
from core.files import OWN_FILES, StoredFile
from core.identity.newcomers import Namesakes
from core.identity.sessions import school_today
from core.organizations.pupil_undo import leaving_of, objection_to_undo
from core.organizations.transfer import classes_of
from core.personal_page import as_fragment
from core.portal import Portal
from core.pupil_files import giving_out, taking_in
from core.pupil_files.models import INCOMING
from core.pupil_files.taking_in import Admission, Incoming
from core.requests.pupil_transfers import ADMIT
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.i18n import sentence
from core.web.pages import Page, redirect, render
from core.web.roles.role_form import Typed, as_id
from core.web.struct_form import form_fields, parse_form

MOST_BYTES = 10 * 1024 * 1024
Basis = Annotated[
    str,
    Meta(
        title="Основание",
        description="Заявление родителей, приказ: номер и дата.",
        min_length=3,
        max_length=300,
    ),
]


class LeavingForm(msgspec.Struct, kw_only=True):
    """When a pupil leaves and on what grounds."""

    last_day: Annotated[date, Meta(title="Последний день в вашей школе")]
    basis: Basis


class AdmissionForm(msgspec.Struct, kw_only=True):
    """Where a pupil comes, when, on what grounds."""

    school_class: Annotated[str, Meta(title="В какой класс", min_length=1)]
    first_day: Annotated[date, Meta(title="Первый день в вашей школе")]
    basis: Basis


class UploadForm(msgspec.Struct, kw_only=True):
    """The file, or what a browser sends for none."""

    file: Any = None
    csrf_token: str = ""


@get(
    "/people/{person_id:uuid}/pupil-file", guards=[needs(ADMIT)], sync_to_thread=True, include_in_schema=False
)
def leaving_page(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    person_id: FromPath[UUID],
) -> Page:
    """What goes into the file, and letting the pupil go."""
    with database.reading() as db:
        return _leaving(db, request, actor, person_id)


@post(
    "/people/{person_id:uuid}/pupil-file", guards=[needs(ADMIT)], sync_to_thread=True, include_in_schema=False
)
def let_go(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    person_id: FromPath[UUID],
    data: Typed,
) -> Page:
    """End the pupil's time in the school."""
    try:
        form = parse_form(LeavingForm, data)
        with database.transaction() as db:
            giving_out.let_go(db, actor, person_id, form.last_day, form.basis)
    except NotFound:
        raise
    except PortalError as wrong:
        with database.reading() as db:
            return _leaving(db, request, actor, person_id, data, wrong)
    return redirect(f"/people/{person_id}/pupil-file?done=left")


@post(
    "/people/{person_id:uuid}/pupil-file/download",
    guards=[needs(ADMIT)],
    sync_to_thread=True,
    status_code=200,
    include_in_schema=False,
)
def download(
    actor: NamedDependency[Actor], database: NamedDependency[Database], person_id: FromPath[UUID]
) -> Response[bytes]:
    """The signed file; that it was given out is on record."""
    with database.transaction() as db:
        name, content = giving_out.give_out(db, actor, person_id)
    headers = {"content-disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
    return Response(content, media_type="application/json", headers=headers)


@get("/pupil-files/new", guards=[needs(ADMIT)], sync_to_thread=True, include_in_schema=False)
def upload_page(request: Request[Any, Any, Any]) -> Page:
    """Choosing the file."""
    return render(request, "pupil_files/upload.html", wrong=None)


@post("/pupil-files", guards=[needs(ADMIT)], sync_to_thread=True, include_in_schema=False)
def upload(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    portal: NamedDependency[Portal],
    database: NamedDependency[Database],
    data: Annotated[UploadForm, Body(media_type=RequestEncodingType.MULTI_PART)],
) -> Page:
    """Keep the file once its signature fits."""
    try:
        if not isinstance(data.file, UploadFile) or not data.file.filename:
            raise Invalid("Файл не выбран.", fields={"file": sentence("Выберите файл ученика.")})
        chosen = cast("Any", data.file)
        content: bytes = chosen.file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise Invalid("Файл слишком велик.", fields={"file": sentence("Выберите файл ученика.")})
        with database.reading() as db:
            taking_in.read(db, actor, content)
    except PortalError as wrong:
        return render(request, "pupil_files/upload.html", status=wrong.status, wrong=wrong)
    received = portal.files.receive(str(data.file.filename), content)
    with database.transaction() as db:
        kept = portal.files.keep(
            db,
            actor,
            received,
            purpose=OWN_FILES,
            organization_id=actor.organization_id,
            subject=INCOMING,
        )
        identity = kept.id
    return redirect(f"/pupil-files/{identity}")


@get("/pupil-files/{file_id:uuid}", guards=[needs(ADMIT)], sync_to_thread=True, include_in_schema=False)
def admission_page(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    file_id: FromPath[UUID],
) -> Page:
    """Who comes, who signed it, and into which class."""
    with database.reading() as db:
        return _admission(db, request, actor, _stored(db, actor, file_id))


@post("/pupil-files/{file_id:uuid}", guards=[needs(ADMIT)], sync_to_thread=True, include_in_schema=False)
def admit(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    file_id: FromPath[UUID],
    data: Typed,
) -> Page:
    """Take the pupil in; the uploaded file is thrown away then."""
    try:
        form = parse_form(AdmissionForm, data)
        wanted = Admission(
            **msgspec.structs.asdict(form),
            compared=bool(data.get("compared")),
            namesake=bool(data.get("namesake")),
            same=as_id(str(data.get("same", ""))),
        )
        with database.transaction() as db:
            stored = _stored(db, actor, file_id)
            pupil = taking_in.admit(db, actor, _incoming(db, actor, stored), wanted)
            db.portal.files.delete(db, stored)
            identity = pupil.id
    except PortalError as wrong:
        with database.reading() as db:
            return _admission(db, request, actor, _stored(db, actor, file_id), data, wrong)
    return redirect(f"/people/{identity}/former-schools?done=admitted")


@get(
    "/people/{person_id:uuid}/former-schools",
    guards=[needs(ADMIT)],
    sync_to_thread=True,
    include_in_schema=False,
)
def former_schools(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    person_id: FromPath[UUID],
) -> Page:
    """What former schools have told of a pupil."""
    with database.reading() as db:
        found = taking_in.former_schools(db, actor, person_id)
        if not found:
            raise NotFound("О прежних школах этого ученика файла нет.", advice="Найдите ученика поиском.")
        return render(
            request,
            "pupil_files/former.html",
            person=taking_in.person_of(db, found[0]),
            schools=[(each, _as_html(each.parts)) for each in found],
            done=request.query_params.get("done", ""),
        )


def _as_html(parts: Mapping[str, Any]) -> list[tuple[str, Markup]]:
    return [(title, Markup(as_fragment(content))) for title, content in parts.items()]  # noqa: S704 -- escaped there


def _stored(db: Session, actor: Actor, file_id: UUID) -> StoredFile:
    found = db.get(StoredFile, file_id)
    own = found is not None and found.subject == INCOMING and found.owner_id == actor.person_id
    if found is None or not own or found.organization_id != actor.organization_id:
        raise NotFound(
            "Этого файла нет: ученика по нему уже приняли или файл загрузил другой сотрудник.",
            advice="Найдите ученика поиском или загрузите файл снова.",
        )
    return found


def _incoming(db: Session, actor: Actor, stored: StoredFile) -> Incoming:
    return taking_in.read(db, actor, b"".join(db.portal.files.open(stored)))


def _leaving(
    db: Session,
    request: Request[Any, Any, Any],
    actor: Actor,
    person_id: UUID,
    typed: Mapping[str, Any] | None = None,
    wrong: PortalError | None = None,
) -> Page:
    errors = wrong.fields if wrong else None
    leaving = leaving_of(db, actor, person_id)
    return render(
        request,
        "pupil_files/leaving.html",
        status=wrong.status if wrong else 200,
        leaver=giving_out.leaver(db, actor, person_id),
        leaving=leaving,
        objection=objection_to_undo(db, leaving) if leaving else "",
        fields=form_fields(LeavingForm, {"last_day": school_today(actor)}, typed=typed, errors=errors),
        wrong=wrong,
        done=request.query_params.get("done", ""),
    )


def _admission(
    db: Session,
    request: Request[Any, Any, Any],
    actor: Actor,
    stored: StoredFile,
    typed: Mapping[str, Any] | None = None,
    wrong: PortalError | None = None,
) -> Page:
    incoming = _incoming(db, actor, stored)
    today = school_today(actor)
    names = classes_of(db, actor.organization_id, today)
    classes = [(name, name) for name in names]
    former = incoming.file.school_class
    return render(
        request,
        "pupil_files/admission.html",
        status=wrong.status if wrong else 200,
        stored=stored,
        incoming=incoming,
        own_organization_id=actor.organization_id,
        file=incoming.file,
        parts=_as_html(incoming.file.parts),
        fields=form_fields(
            AdmissionForm,
            {"first_day": today, "school_class": former if former in names else ""},
            typed=typed,
            errors=wrong.fields if wrong else None,
            choices={"school_class": classes},
        ),
        typed=typed or {},
        wrong=wrong,
        namesakes=wrong.people if isinstance(wrong, Namesakes) else [],
    )


pupil_file_routes: list[Any] = [
    leaving_page,
    let_go,
    download,
    upload_page,
    upload,
    admission_page,
    admit,
    former_schools,
]
