"""Consents: given, withdrawn, written down from paper, and their texts."""

from sqlalchemy import select

from core.consents.reading import own_consents
from core.database.base import new_id
from core.identity.models import Account, Guardianship, Person
from core.identity.sessions import actor_of, today_in
from core.organizations.models import Enrollment

from .world import Sent, World, sends

KIND = "core.partners"
TODAY = today_in("Europe/Moscow")


def _child(world: World) -> dict[str, str]:
    """A new child of the guardian's in the school, about whom nothing is decided; what a form sends of it."""
    with world.portal.portal.database.transaction() as db:
        place = db.scalars(
            select(Enrollment).where(Enrollment.organization_id == world.found.organization_id).limit(1)
        ).one()
        child = Person(
            id=new_id(),
            last_name="Двойной",
            first_name=f"Ян {str(new_id())[-4:]}",
            birth_date=TODAY.replace(year=TODAY.year - 8, day=1),
        )
        db.add(child)
        db.flush()
        db.add(
            Enrollment(
                id=new_id(),
                organization_id=place.organization_id,
                academic_year_id=place.academic_year_id,
                school_class_id=place.school_class_id,
                person_id=child.id,
                starts_on=place.starts_on,
            )
        )
        tie = Guardianship(
            id=new_id(), guardian_id=world.guardian_id, child_id=child.id, starts_on=place.starts_on
        )
        db.add(tie)
        db.flush()
        account = db.scalars(select(Account.id).where(Account.person_id == world.guardian_id)).one()
        subjects = own_consents(db, actor_of(db, account))
        asked = next(
            each.asked
            for subject in subjects
            if subject.person.id == child.id
            for each in subject.places[0].standings
            if each.asked.kind.name == KIND
        )
        return {
            "person": str(child.id),
            "organization": str(place.organization_id),
            "kind": KIND,
            "text": str(asked.text.id),
        }


def _page(fields: dict[str, str]) -> str:
    asked = "&".join(f"{name}={fields[name]}" for name in ("person", "organization", "kind"))
    return f"/account/consents/decide?{asked}"


@sends("POST /account/consents/give")
def consent_given(world: World) -> Sent:
    return Sent(world.guardian, "/account/consents/give", _page(_child(world)))


@sends("POST /account/consents/withdraw")
def consent_withdrawn(world: World) -> Sent:
    fields = _child(world)
    assert world.guardian.post("/account/consents/give", data=fields).status_code == 303
    return Sent(world.guardian, "/account/consents/withdraw", _page(fields))


@sends("POST /consents/people/{person_id:uuid}/record")
def paper_recorded(world: World) -> Sent:
    page = f"/consents/people/{_child(world)['person']}"
    fields = {"kind": KIND, "given_on": TODAY.isoformat()}
    return Sent(world.head, f"{page}/record", f"{page}?do=record", fields)


@sends("POST /consents/people/{person_id:uuid}/withdraw")
def paper_withdrawn(world: World) -> Sent:
    child = _child(world)
    assert world.guardian.post("/account/consents/give", data=child).status_code == 303
    page = f"/consents/people/{child['person']}"
    fields = {"kind": KIND, "withdrawn_on": TODAY.isoformat(), "reason": "Заявление"}
    return Sent(world.head, f"{page}/withdraw", f"{page}?do=withdraw", fields)


@sends("POST /consents/bulk/{name:str}")
def papers_recorded(world: World) -> Sent:
    fields = {"ids": _child(world)["person"], "kind": KIND, "given_on": TODAY.isoformat(), "step": "do"}
    return Sent(world.head, "/consents/bulk/record", fields=fields)


@sends("POST /consents/columns")
def consent_columns_chosen(world: World) -> Sent:
    return Sent(world.head, "/consents/columns", "/consents", {"columns": "given"})


@sends("POST /consent-texts/{name:str}")
def text_published(world: World) -> Sent:
    page = f"/consent-texts/{KIND}"
    return Sent(
        world.head, page, page, {"text": "Согласие на участие в олимпиадах и поездках, новая редакция."}
    )
