"""Texts of consents for programs: what an organization asks people to agree to, its versions, the next one."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import JSONBody, PathParameter
from msgspec import Meta

from core.api.lists import problems
from core.api.typed import as_typed
from core.consents import texts
from core.consents.models import ConsentText
from core.consents.texts import LONGEST, PUBLISH, KindLine, TextForm
from core.database.engine import Database
from core.database.session import Session
from core.roles.actor import Actor
from core.web.guards import needs
from core.web.struct_form import parse_form

Name = Annotated[
    str, PathParameter(description="Вид согласия.", examples=[Example(value="core.publication")])
]


class ConsentKindOut(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of consent, and what is asked in the acting role's organization."""

    kind: Annotated[str, Meta(description="Вид согласия, например `core.publication`.")]
    title: Annotated[str, Meta(description="Вид словами.")]
    asked: Annotated[bool, Meta(description="Об этом согласии в вашей организации спрашивают.")]
    owner: Annotated[
        str,
        Meta(description="Чей текст действует: короткое название организации; пусто, если не спрашивают."),
    ]
    text_id: Annotated[UUID | None, Meta(description="Ключ действующей редакции; null, если не спрашивают.")]
    version: Annotated[int | None, Meta(description="Её номер; null, если не спрашивают.")]
    own_versions: Annotated[int, Meta(description="Сколько редакций опубликовала сама организация.")]


class ConsentVersionOut(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a text."""

    text_id: Annotated[UUID, Meta(description="Ключ редакции.")]
    version: Annotated[int, Meta(description="Номер редакции, считая с 1.")]
    text: Annotated[str, Meta(description="Текст; в квадратных скобках то, что портал впишет сам.")]
    renews: Annotated[bool, Meta(description="Спросили заново и тех, кто согласился раньше.")]
    retired: Annotated[bool, Meta(description="С этой редакции о согласии больше не спрашивают.")]
    created_at: datetime


class ConsentTextsOut(msgspec.Struct, frozen=True, kw_only=True):
    """A kind with the text in force and the organization's own versions."""

    kind: Annotated[ConsentKindOut, Meta(description="То же, что в списке.")]
    text: Annotated[
        str,
        Meta(description="Действующий текст; если не спрашивают – образец, с которого начинают свой."),
    ]
    versions: Annotated[list[ConsentVersionOut], Meta(description="Свои редакции, последняя – первой.")]


class ConsentVersionIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The next version of a text."""

    text: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=LONGEST,
            pattern="^[^\\u0000]+$",
            description="Текст согласия, от 50 знаков. Портал сам впишет [организация], [адрес], [субъект], "
            "[дата рождения] и [кто даёт].",
            examples=[
                "Я, [кто даёт], согласен, что [организация] публикует на своём сайте фотографии: [субъект]."
            ],
        ),
    ]
    renews: Annotated[
        bool,
        Meta(
            description="Спросить заново тех, кто согласился раньше: если изменились цель, состав данных или кому их "
            "передают."
        ),
    ] = False


@get(
    "/api/v1/consent-texts",
    guards=[needs(PUBLISH)],
    sync_to_thread=True,
    tags=["people"],
    summary="О каких согласиях спрашивают",
    description="Все виды согласий и чей текст действует в организации роли: её собственный или того, кто выше.",
    responses=problems(),
)
def list_consent_texts(
    actor: NamedDependency[Actor], database: NamedDependency[Database]
) -> list[ConsentKindOut]:
    """Every kind of consent, and whose text is in force."""
    with database.reading() as db:
        return [_kind(line) for line in texts.kind_lines(db, actor)]


@get(
    "/api/v1/consent-texts/{name:str}",
    guards=[needs(PUBLISH)],
    sync_to_thread=True,
    tags=["people"],
    summary="Текст согласия и его редакции",
    description="Действующий текст и все редакции, которые опубликовала организация роли.",
    responses=problems(404),
)
def one_consent_text(
    actor: NamedDependency[Actor], database: NamedDependency[Database], name: Name
) -> ConsentTextsOut:
    """A kind of consent with the text in force and its versions."""
    with database.reading() as db:
        return _texts(db, actor, name)


@post(
    "/api/v1/consent-texts/{name:str}/versions",
    guards=[needs(PUBLISH)],
    sync_to_thread=True,
    tags=["people"],
    summary="Опубликовать текст согласия",
    description=(
        "Следующая редакция: с неё о согласии спрашивают в организации роли и ниже. Прежние редакции не меняются. "
        "409 – этот текст уже действует."
    ),
    responses=problems(404, 409, 422),
)
def publish_consent_text(
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
    name: Name,
    data: JSONBody[ConsentVersionIn],
) -> ConsentVersionOut:
    """Publish the next version of a text."""
    wanted = parse_form(TextForm, as_typed(msgspec.structs.asdict(data)))
    with database.transaction() as db:
        return _version(texts.publish(db, actor, name, wanted))


@post(
    "/api/v1/consent-texts/{name:str}/retire",
    guards=[needs(PUBLISH)],
    sync_to_thread=True,
    status_code=200,
    tags=["people"],
    summary="Больше не спрашивать о согласии",
    description="В организации роли и ниже. Данные согласия остаются на учёте. 409 – о нём и так не спрашивают.",
    responses=problems(404, 409, 422),
)
def retire_consent_text(
    actor: NamedDependency[Actor], database: NamedDependency[Database], name: Name
) -> ConsentTextsOut:
    """Ask no more for a consent."""
    with database.transaction() as db:
        texts.retire(db, actor, name)
        return _texts(db, actor, name)


def _texts(db: Session, actor: Actor, name: str) -> ConsentTextsOut:
    line = texts.kind_line(db, actor, name)
    return ConsentTextsOut(
        kind=_kind(line),
        text=line.asked.text.text if line.asked is not None else str(line.kind.text),
        versions=[_version(each) for each in texts.versions(db, actor, name)],
    )


def _kind(line: KindLine) -> ConsentKindOut:
    asked = line.asked
    return ConsentKindOut(
        kind=line.kind.name,
        title=str(line.kind.title),
        asked=asked is not None,
        owner=asked.owner.short_name if asked is not None else "",
        text_id=asked.text.id if asked is not None else None,
        version=asked.text.version if asked is not None else None,
        own_versions=line.own,
    )


def _version(made: ConsentText) -> ConsentVersionOut:
    return ConsentVersionOut(
        text_id=made.id,
        version=made.version,
        text=made.text,
        renews=made.renews,
        retired=made.retired,
        created_at=made.created_at,
    )


consent_text_api: list[Any] = [
    list_consent_texts,
    one_consent_text,
    publish_consent_text,
    retire_consent_text,
]
