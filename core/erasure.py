"""Erasing a profile: the person's name, contacts and ways to sign in go, the school's record stays under a number.

152-ФЗ, статья 21: data are erased when their purpose is reached or the consent is withdrawn, except what a law
obliges to keep. What stays is told one by one, with the reason. It cannot be taken back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import and_, delete, exists, func, or_, select, update

from core import erased_names
from core.audit import hiding
from core.audit.models import AuditRecord, CardView
from core.audit.record import Change, record
from core.consents.models import Consent
from core.database.base import in_force, now
from core.database.engine import Database
from core.database.session import Session
from core.errors import Conflict, Invalid, NotFound
from core.files import OWN_FILES, StoredFile
from core.identity.models import (
    AccessToken,
    Account,
    ExternalIdentity,
    Guardianship,
    LikelyPair,
    MergeStep,
    Notification,
    Person,
    PersonMerge,
    SignInSession,
)
from core.identity.names import sort_key
from core.identity.sessions import school_today
from core.organizations.models import Enrollment, Organization, SchoolClass, TeachingAssignment
from core.pupil_files.models import FormerSchool
from core.requests.attachments import PURPOSE
from core.requests.closing import close_about
from core.requests.models import Request, RequestComment
from core.roles.access import within
from core.roles.actor import Actor
from core.roles.models import StructuralRole
from core.support.attached import of_questions
from core.support.models import SupportMessage
from core.web.i18n import gettext, lazy, sentence

ERASE = "core.personal_data.erase"
ERASED = "erased"
WORD = lazy("СТЕРЕТЬ")
"""What has to be typed, so that nobody erases a person by a slip of the hand."""


ARCHIVED = "Профиль"
"""In the place of a surname; kept as it is, for lists are sorted by names."""


class EraseForm(msgspec.Struct, frozen=True, kw_only=True):
    """On what grounds, and the word."""

    basis: Annotated[
        str,
        Meta(title="Основание", description="Например: заявление и его дата.", min_length=3, max_length=300),
    ]
    word: Annotated[
        str,
        Meta(
            title="Напишите слово СТЕРЕТЬ",
            description="Большими буквами. Вернуть профиль будет нельзя.",
            max_length=20,
        ),
    ]


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """What erasing somebody would do: what goes, what stays and why. `objection` says why it is not to be done."""

    person: Person
    gone: Sequence[str]
    kept: Sequence[str]
    objection: str


class _Undo(Exception):
    """Carries what a rehearsal has found out of its transaction, which is undone."""


def in_reach(db: Session, actor: Actor, person_id: UUID) -> Person:
    """Somebody who has, or ever had, a place where the actor may erase. Raises `NotFound` for anybody else."""
    actor.require(ERASE)
    person = db.get(Person, person_id)
    placed = or_(
        exists().where(
            StructuralRole.person_id == person_id, within(actor, ERASE, StructuralRole.organization_id)
        ),
        exists().where(Enrollment.person_id == person_id, within(actor, ERASE, Enrollment.organization_id)),
    )
    if person is None or not (actor.is_system or db.scalar(select(placed))):
        raise NotFound("Такого человека нет в вашей организации.", advice="Проверьте адрес.")
    return person


def objection_to_erase(db: Session, actor: Actor, person: Person) -> str:
    """Why the actor may not erase this profile, «» if they may."""
    if person.source == ERASED:
        return sentence("профиль уже стёрт")
    if person.id == actor.person_id:
        return sentence("это ваш профиль: решает другой человек")
    studies = db.execute(
        select(SchoolClass.name, Organization.short_name)
        .join(Enrollment, Enrollment.school_class_id == SchoolClass.id)
        .join(Organization, Organization.id == Enrollment.organization_id)
        .where(Enrollment.person_id == person.id, in_force(Enrollment, school_today(actor)))
        .limit(1)
    ).first()
    if studies is not None:
        return sentence(
            "сейчас учится (%(school)s, %(name)s), эти данные школа обязана вести",
            school=studies.short_name,
            name=studies.name,
        )
    teaches = exists().where(
        TeachingAssignment.teacher_id == person.id, in_force(TeachingAssignment, school_today(actor))
    )
    if db.scalar(select(teaches)):
        return sentence("сейчас ведёт уроки: сначала передайте нагрузку другому учителю")
    if actor.is_system:
        return ""
    return _belongs_to_others(db, actor, person.id)


def _belongs_to_others(db: Session, actor: Actor, person_id: UUID) -> str:
    """Whose matter it is besides: another organization with roles or classes of the person, or the one above."""
    kinds = db.portal.grants.kinds
    for kind, organization_id, place, reached in db.execute(
        select(
            StructuralRole.kind,
            Organization.id,
            Organization.short_name,
            within(actor, ERASE, StructuralRole.organization_id),
        )
        .join(Organization, Organization.id == StructuralRole.organization_id)
        .where(StructuralRole.person_id == person_id, StructuralRole.status.not_in(("terminated", "refused")))
    ):
        if not reached:
            return sentence("есть роль и в другой организации: %(name)s", name=place)
        if kind in kinds and kinds[kind].from_above and organization_id == actor.organization_id:
            return sentence("роль «%(role)s» даёт организация выше: она и решает", role=kinds[kind].title)
    studied = db.scalar(
        select(Organization.short_name)
        .join(Enrollment, Enrollment.organization_id == Organization.id)
        .where(Enrollment.person_id == person_id, ~within(actor, ERASE, Enrollment.organization_id))
        .limit(1)
    )
    return sentence("учился и в другой организации: %(name)s", name=studied) if studied else ""


def preview(database: Database, actor: Actor, person_id: UUID) -> Preview:
    """What `erase` would do, found by doing it and undoing it. Raises as `in_reach` does."""
    found: list[Preview] = []
    try:
        with database.transaction() as db:
            person = in_reach(db, actor, person_id)
            objection = objection_to_erase(db, actor, person)
            shown = Person(
                id=person.id,
                last_name=person.last_name,
                first_name=person.first_name,
                middle_name=person.middle_name,
            )
            gone, kept = ([], []) if objection else _erase(db, actor, person)
            found.append(Preview(person=shown, gone=gone, kept=kept, objection=objection))
            raise _Undo
    except _Undo:
        return found[0]


def erase(db: Session, actor: Actor, person_id: UUID, form: EraseForm) -> list[str]:
    """Erase a profile for good; returns what stays and why.

    Raises as `in_reach` does, `Invalid` for a wrong word, `Conflict` where it is not to be done. A plugin that
    fails undoes everything.
    """
    person = in_reach(db, actor, person_id)
    if form.word.strip() not in (str(WORD), gettext(WORD)):
        raise Invalid("Профиль не стёрт.", fields={"word": sentence("Напишите слово %(word)s.", word=WORD)})
    return erase_person(db, actor, person.id, form.basis)


def erase_person(db: Session, actor: Actor, person_id: UUID, basis: str = "") -> list[str]:
    """`erase` without the question: for the command line and for what has asked already."""
    person = in_reach(db, actor, person_id)
    db.execute(select(Person.id).where(Person.id == person_id).with_for_update())
    objection = objection_to_erase(db, actor, person)
    if objection:
        raise Conflict(
            sentence("Стереть профиль нельзя: %(reason)s.", reason=objection), advice="Обновите страницу."
        )
    gone, kept = _erase(db, actor, person)
    record(
        db,
        actor,
        actor.role.organization_id if actor.role else None,
        Change(
            action="core.personal_data.erase",
            subject_type="person",
            subject_id=str(person_id),
            after={"gone": gone, "stays": kept},
            reason=basis,
        ),
    )
    return kept


def number_of(person_id: UUID) -> str:
    """Under which number an erased person stays in the archive: the end of the key, which tells nothing."""
    return person_id.hex[-8:].upper()


def _erase(db: Session, actor: Actor, person: Person) -> tuple[list[str], list[str]]:
    """Do it; returns what is gone and what stays, in sentences."""
    gone = [sentence("Имя, дата рождения, СНИЛС, телефон и почта.")]
    kept: list[str] = []
    known = erased_names.known_of(db, person)
    spelled = erased_names.spelling_of(person, ARCHIVED, number_of(person.id))
    for _plugin, source in db.portal.plugins.each("personal_data"):
        kept += source.erase(db, actor, person.id)
    gone += _erase_account(db, person.id)
    gone += _erase_ties(db, person.id)
    gone += _erase_words(db, person.id)
    if closed := close_about(db, actor, known.organizations, known.keys, _as_written(person)):
        gone.append(
            sentence("Открытые запросы о человеке: %(count)s. Отправившие узнают, почему.", count=closed)
        )
    name_key = person.name_key
    _depersonalize(db, person)
    erased_names.blank(db, known, spelled)
    erased_names.forget_words(db, name_key)
    gone.append(sentence("Имя в запросах, уведомлениях и обращениях других людей."))
    classes = db.scalar(select(func.count()).where(Enrollment.person_id == person.id)) or 0
    if classes:
        kept.append(
            sentence(
                "Зачисление и классы остаются под номером %(number)s: движение учеников хранят по закону.",
                number=number_of(person.id),
            )
        )
    if db.scalar(select(func.count()).where(Consent.person_id == person.id)):
        kept.append(
            sentence(
                "Сведения о данных и отозванных согласиях остаются без имён: школа доказывает ими, что спрашивала."
            )
        )
    kept.append(
        sentence(
            "Записи истории изменений остаются без имени и данных человека: без них нельзя проверить её целостность."
        )
    )
    if _hide_in_history(db, actor, known, spelled):
        kept.append(
            sentence(
                "В истории изменений остаётся имя под тем, что человек сделал по должности: за это отвечал он."
            )
        )
    return gone, kept


def _as_written(person: Person) -> dict[str, str]:
    """How a request tells of somebody whom it has no key of; nothing for whoever has no birth date."""
    if person.birth_date is None:
        return {}
    return {
        "last_name": person.last_name,
        "first_name": person.first_name,
        "birth_date": person.birth_date.isoformat(),
    }


def _hide_in_history(
    db: Session, actor: Actor, known: erased_names.Known, spelled: erased_names.Spelling
) -> bool:
    """Take the person out of the record of changes; returns whether something stays under their name."""
    about = and_(AuditRecord.subject_type == "person", AuditRecord.subject_id == str(known.person_id))

    def emptied(held: Mapping[str, Any]) -> Mapping[str, Any]:
        facts = {
            name: {key: None if key in erased_names.PERSONAL else each for key, each in held[name].items()}
            for name in ("before", "after")
            if held[name]
        }
        return spelled.cleaned({**held, **facts})

    hiding.hide(db, actor, about, emptied)
    own = AuditRecord.person_id == known.person_id
    in_family = AuditRecord.role.in_(("", "pupil", "guardian"))
    hiding.hide(db, actor, own & in_family, spelled.cleaned)
    hiding.hide(db, actor, erased_names.in_history(db, known, spelled), spelled.cleaned_but_author)
    return db.scalar(select(AuditRecord.id).where(own, ~in_family).limit(1)) is not None


def _erase_account(db: Session, person_id: UUID) -> list[str]:
    account_ids = db.scalars(select(Account.id).where(Account.person_id == person_id)).all()
    for table in (SignInSession, AccessToken, ExternalIdentity):
        db.execute(delete(table).where(table.account_id.in_(account_ids)))
    db.execute(delete(Account).where(Account.id.in_(account_ids)))
    db.execute(delete(Notification).where(Notification.person_id == person_id))
    if not account_ids:
        return []
    return [sentence("Учётная запись, внешние входы, сеансы, ключи доступа и уведомления.")]


def _erase_ties(db: Session, person_id: UUID) -> list[str]:
    gone: list[str] = []
    roles = db.scalars(select(StructuralRole).where(StructuralRole.person_id == person_id)).all()
    for role in roles:
        # Rights lent to a colleague end with the role they come from.
        handed = update(StructuralRole).where(
            StructuralRole.delegated_from == role.id, StructuralRole.status.in_(("active", "suspended"))
        )
        db.execute(handed.values(status="terminated"))
    for role in roles:
        db.delete(role)
    db.flush()
    if roles:
        gone.append(sentence("Роли: %(count)s.", count=len(roles)))
    ties = db.execute(
        delete(Guardianship)
        .where(or_(Guardianship.guardian_id == person_id, Guardianship.child_id == person_id))
        .returning(Guardianship.id)
    ).all()
    if ties:
        gone.append(sentence("Связи с детьми и представителями."))
    db.execute(delete(CardView).where(CardView.person_id == person_id))
    former = db.execute(
        delete(FormerSchool).where(FormerSchool.person_id == person_id).returning(FormerSchool.id)
    ).all()
    if former:
        gone.append(sentence("Записи прежних школ."))
    merges = select(PersonMerge.id).where(PersonMerge.kept_id == person_id)
    db.execute(delete(MergeStep).where(MergeStep.merge_id.in_(merges)))
    db.execute(
        delete(LikelyPair).where((LikelyPair.first_id == person_id) | (LikelyPair.second_id == person_id))
    )
    named = update(Consent).where(or_(Consent.person_id == person_id, Consent.given_by == person_id))
    db.execute(named.values(signed_by="", document="", withdrawal_reason=""))
    return gone


def _erase_words(db: Session, person_id: UUID) -> list[str]:
    requests = db.scalars(select(Request).where(Request.author_id == person_id)).all()
    for request in requests:
        request.values = {}
        if request.status in ("draft", "sent", "in_review", "returned"):
            request.status = "withdrawn"
    db.execute(update(RequestComment).where(RequestComment.author_id == person_id).values(text=""))
    questions = db.scalars(select(SupportMessage.id).where(SupportMessage.author_id == person_id)).all()
    subjects = [str(request.id) for request in requests]
    files = db.scalars(
        select(StoredFile).where(
            or_(
                (StoredFile.owner_id == person_id) & (StoredFile.purpose == OWN_FILES),
                (StoredFile.purpose == PURPOSE) & StoredFile.subject.in_(subjects),
                StoredFile.subject == f"personal-data:{person_id}",
                of_questions(questions),
            )
        )
    ).all()
    for file in files:
        db.portal.files.delete(db, file)
    db.execute(delete(SupportMessage).where(SupportMessage.id.in_(questions)))
    db.flush()
    gone: list[str] = []
    if requests:
        gone.append(sentence("Что написано в запросах и комментариях к ним."))
    if files:
        gone.append(sentence("Файлы: %(count)s.", count=len(files)))
    return gone


def _depersonalize(db: Session, person: Person) -> None:
    person.last_name, person.first_name, person.middle_name = ARCHIVED, f"№ {number_of(person.id)}", None
    person.name_key = sort_key(person.full_name)
    person.birth_date = person.gender = person.snils = person.birth_certificate = None
    person.phone = person.email = person.external_id = None
    person.source = ERASED
    person.changed_at = now()
    db.flush()
