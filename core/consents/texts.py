"""What an organization asks people to agree to: the text in force, its versions, a new one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import func, select

from core.audit.record import Change, record
from core.consents.kinds import all_kinds
from core.consents.models import ConsentText
from core.contributions import ConsentKind
from core.database.base import new_id
from core.database.session import Session
from core.errors import Conflict, NotFound
from core.organizations.models import Organization
from core.roles.actor import Actor
from core.web.i18n import show_short_day

PUBLISH = "core.consents.publish"
LONGEST = 20_000
BLANK = "_" * 28
"""Where a printed blank is filled in by hand."""


class TextForm(msgspec.Struct, frozen=True, kw_only=True):
    """A new version of a text."""

    text: Annotated[
        str,
        Meta(
            title="Текст согласия",
            description="Портал сам впишет [организация], [адрес], [субъект], [дата рождения] и [кто даёт].",
            min_length=50,
            max_length=LONGEST,
            extra_json_schema={"rows": 18},
        ),
    ]
    renews: Annotated[
        bool,
        Meta(
            title="Спросить заново тех, кто согласился раньше",
            description="Отметьте, если изменилось существенное: цель, состав данных, кому их передают.",
        ),
    ] = False


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A consent that an organization asks for: its kind, the text in force, whose text it is."""

    kind: ConsentKind
    text: ConsentText
    owner: Organization


class KindLine(msgspec.Struct, frozen=True, kw_only=True):
    """A kind on the page of texts; `asked` is None where nothing is asked. `own` counts own versions."""

    kind: ConsentKind
    asked: Asked | None
    own: int


def above(path: str) -> list[UUID]:
    """The organizations of a path, from the root down, the last one included."""
    return [UUID(each) for each in path.split("/") if each]


def asked_in(db: Session, organization: Organization) -> dict[str, Asked]:
    """What is asked in an organization, by kind; kinds of plugins only where they are on."""
    return asked_in_each(db, [organization])[organization.id]


def asked_in_each(db: Session, organizations: Sequence[Organization]) -> Mapping[UUID, dict[str, Asked]]:
    """`asked_in` for several organizations, with one statement."""
    kinds = all_kinds(db.portal)
    wanted = {each for organization in organizations for each in above(organization.path)}
    latest = (
        select(
            ConsentText.organization_id,
            ConsentText.kind,
            func.max(ConsentText.version).label("version"),
        )
        .where(ConsentText.organization_id.in_(wanted))
        .group_by(ConsentText.organization_id, ConsentText.kind)
        .subquery()
    )
    rows = db.execute(
        select(ConsentText, Organization)
        .join(
            latest,
            (latest.c.organization_id == ConsentText.organization_id)
            & (latest.c.kind == ConsentText.kind)
            & (latest.c.version == ConsentText.version),
        )
        .join(Organization, Organization.id == ConsentText.organization_id)
    ).all()
    held = {(owner.id, text.kind): (text, owner) for text, owner in rows}
    found: dict[UUID, dict[str, Asked]] = {}
    for organization in organizations:
        here = found.setdefault(organization.id, {})
        for name, (plugin, kind) in kinds.items():
            if plugin and not db.portal.switches.is_on(plugin, organization.path):
                continue
            nearest = next(
                (held[each, name] for each in reversed(above(organization.path)) if (each, name) in held),
                None,
            )
            if nearest is not None and not nearest[0].retired:
                here[name] = Asked(kind=kind, text=nearest[0], owner=nearest[1])
    return found


def kind_lines(db: Session, actor: Actor) -> Sequence[KindLine]:
    """Every kind with what the acting role's organization asks."""
    actor.require(PUBLISH)
    organization = db.get_one(Organization, actor.organization_id)
    asked = asked_in(db, organization)
    own: dict[str, int] = {}
    for kind, count in db.execute(
        select(ConsentText.kind, func.count())
        .where(ConsentText.organization_id == organization.id)
        .group_by(ConsentText.kind)
    ):
        own[kind] = count
    return [
        KindLine(kind=kind, asked=asked.get(name), own=own.get(name, 0))
        for name, (plugin, kind) in all_kinds(db.portal).items()
        if not plugin or db.portal.switches.is_on(plugin, organization.path)
    ]


def kind_line(db: Session, actor: Actor, name: str) -> KindLine:
    """One kind. Raises `NotFound` for one that is not known in the organization."""
    for line in kind_lines(db, actor):
        if line.kind.name == name:
            return line
    raise NotFound("Такого согласия нет.", advice="Выберите его из списка.")


def versions(db: Session, actor: Actor, name: str) -> Sequence[ConsentText]:
    """The organization's own versions, the latest first."""
    return db.scalars(
        select(ConsentText)
        .where(ConsentText.organization_id == actor.organization_id, ConsentText.kind == name)
        .order_by(ConsentText.version.desc())
    ).all()


def publish(db: Session, actor: Actor, name: str, wanted: TextForm) -> ConsentText:
    """Ask for a consent in the acting role's organization and below, from now on with this text.

    Raises `Conflict` where the same text is in force already and nobody is to be asked anew.
    """
    line = kind_line(db, actor, name)
    text = wanted.text.replace("\r\n", "\n").strip()
    own = line.asked is not None and line.asked.owner.id == actor.organization_id
    if line.asked is not None and own and line.asked.text.text == text and not wanted.renews:
        raise Conflict("Этот текст уже действует.", advice="Измените его или вернитесь к списку.")
    return _add(db, actor, name, text, renews=wanted.renews, retired=False)


def retire(db: Session, actor: Actor, name: str) -> None:
    """Ask no more for a consent in the organization and below; those that were given stay on record."""
    line = kind_line(db, actor, name)
    if line.asked is None:
        raise Conflict("Об этом согласии и так не спрашивают.", advice="Обновите страницу.")
    _add(db, actor, name, line.asked.text.text, renews=False, retired=True)


def _add(db: Session, actor: Actor, name: str, text: str, *, renews: bool, retired: bool) -> ConsentText:
    organization_id = actor.organization_id
    db.execute(select(Organization.id).where(Organization.id == organization_id).with_for_update())
    last = db.scalar(
        select(func.max(ConsentText.version)).where(
            ConsentText.organization_id == organization_id, ConsentText.kind == name
        )
    )
    made = ConsentText(
        id=new_id(),
        organization_id=organization_id,
        kind=name,
        version=(last or 0) + 1,
        text=text,
        renews=renews,
        retired=retired,
        author_id=actor.person_id,
    )
    db.add(made)
    db.flush()
    record(
        db,
        actor,
        organization_id,
        Change(
            action="core.consent.retire" if retired else "core.consent.publish",
            subject_type="consent_text",
            subject_id=str(made.id),
            after={"consent": name, "version": made.version, "renews": renews},
        ),
    )
    return made


PLACES = ("[организация]", "[адрес]", "[субъект]", "[дата рождения]", "[кто даёт]")
"""What a text may leave for the portal to write in."""


class Blanks(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a text is about and who gives it; what is empty is filled in by hand."""

    subject: str = ""
    born: date | None = None
    giver: str = ""


def filled(text: str, organization: Organization, blanks: Blanks) -> list[str]:
    """A text as paragraphs, with the names it asks for written in."""
    values = (
        organization.name,
        organization.address or organization.legal_address,
        blanks.subject,
        show_short_day(blanks.born) if blanks.born else "",
        blanks.giver,
    )
    for place, value in zip(PLACES, values, strict=True):
        text = text.replace(place, value or BLANK)
    return [each.strip() for each in text.split("\n\n") if each.strip()]
