"""The academic year, and the passage to the next one."""

from datetime import date
from uuid import UUID

from sqlalchemy import delete, select

from core.database.base import new_id
from core.organizations.models import AcademicYear, Promotion, SchoolClass, Term

from .world import Sent, World, sends

NEXT = {"first": "2037-09-01", "last": "2038-05-26"}


def _year(world: World, first: date) -> UUID:
    """A year of the school that nothing is in, with one term."""
    with world.portal.portal.database.transaction() as db:
        name = f"{first.year}/{(first.year + 1) % 100:02}"
        known = db.scalar(
            select(AcademicYear.id).where(
                AcademicYear.organization_id == world.found.organization_id, AcademicYear.name == name
            )
        )
        if known is not None:
            return known
        year = AcademicYear(
            id=new_id(),
            organization_id=world.found.organization_id,
            name=name,
            starts_on=first,
            ends_on=date(first.year + 1, 5, 26),
        )
        db.add(year)
        db.flush()
        db.add(
            Term(
                id=new_id(),
                organization_id=world.found.organization_id,
                academic_year_id=year.id,
                kind="quarter",
                number=1,
                name="1 четверть",
                starts_on=first,
                ends_on=date(first.year, 10, 26),
            )
        )
        return year.id


def _promotion(world: World) -> tuple[str, UUID]:
    """The address of the passage of the present year, begun anew, and a class of it that goes on."""
    _year(world, date(2027, 9, 1))
    with world.portal.portal.database.transaction() as db:
        found = db.scalars(
            select(SchoolClass)
            .join(AcademicYear, AcademicYear.id == SchoolClass.academic_year_id)
            .where(
                SchoolClass.organization_id == world.found.organization_id,
                AcademicYear.starts_on < date(2027, 1, 1),
                SchoolClass.grade_level < 9,
            )
            .order_by(SchoolClass.name_key)
            .limit(1)
        ).one()
        known = db.scalar(select(Promotion).where(Promotion.from_year_id == found.academic_year_id))
        year_id, class_id = found.academic_year_id, found.id
        if known is not None and known.done_at is None:
            return f"/promotions/{known.id}", class_id
        address = f"/promotions/{known.id}" if known else ""
    if address:
        assert world.head.post(f"{address}/undo").status_code == 303
        return address, class_id
    answer = world.head.post(f"/school-year/{year_id}/promotion")
    return str(answer.headers["location"]), class_id


@sends("POST /school-year")
def year_begun(world: World) -> Sent:
    return Sent(world.head, "/school-year", "/school-year", NEXT)


@sends("POST /school-year/{year_id:uuid}/terms")
def terms_set(world: World) -> Sent:
    page = f"/school-year/{_year(world, date(2041, 9, 1))}/terms"
    with world.portal.portal.database.reading() as db:
        year = UUID(page.split("/")[2])
        term = db.scalars(select(Term.id).where(Term.academic_year_id == year)).first()
    return Sent(world.head, page, page, {f"last:{term}": "2041-10-30"})


@sends("POST /school-year/{year_id:uuid}/archive")
def year_archived(world: World) -> Sent:
    year = _year(world, date(2019, 9, 1))
    return Sent(world.head, f"/school-year/{year}/archive", "/school-year")


@sends("POST /school-year/{year_id:uuid}/remove")
def year_removed(world: World) -> Sent:
    year = _year(world, date(2043, 9, 1))
    return Sent(world.head, f"/school-year/{year}/remove", "/school-year")


@sends("POST /school-year/{year_id:uuid}/promotion")
def promotion_begun(world: World) -> Sent:
    address, _class = _promotion(world)
    with world.portal.portal.database.transaction() as db:
        promotion = db.get_one(Promotion, UUID(address.rpartition("/")[2]))
        year = promotion.from_year_id
        db.execute(delete(Promotion).where(Promotion.id == promotion.id))
    return Sent(world.head, f"/school-year/{year}/promotion", "/school-year")


@sends("POST /promotions/{promotion_id:uuid}/classes")
def classes_decided(world: World) -> Sent:
    address, school_class = _promotion(world)
    with world.portal.portal.database.reading() as db:
        grade = db.get_one(SchoolClass, school_class).grade_level
    fields = {f"class:{school_class}": f"{grade + 1}Ю"}
    return Sent(world.head, f"{address}/classes", address, fields)


@sends("POST /promotions/{promotion_id:uuid}/classes/{class_id:uuid}")
def pupils_decided(world: World) -> Sent:
    address, school_class = _promotion(world)
    page = f"{address}/classes/{school_class}"
    pupil = world.head.get(page).text.partition('name="outcome:')[2].partition('"')[0]
    return Sent(world.head, page, page, {f"outcome:{pupil}": "left"})


@sends("POST /promotions/{promotion_id:uuid}/do")
def school_promoted(world: World) -> Sent:
    address, _class = _promotion(world)
    return Sent(world.head, f"{address}/do", address)


@sends("POST /promotions/{promotion_id:uuid}/undo")
def promotion_undone(world: World) -> Sent:
    address, _class = _promotion(world)
    assert world.head.post(f"{address}/do").status_code == 303
    return Sent(world.head, f"{address}/undo", address)
