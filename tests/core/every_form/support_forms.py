"""Questions to the support and their answers."""

from sqlalchemy import select

from core.support.models import SupportMessage

from .world import Sent, World, sends

FORM = {"subject": "Не открывается журнал", "text": "Вижу ошибку."}


@sends("POST /support")
def question_sent(world: World) -> Sent:
    return Sent(world.head, "/support", "/support", FORM)


def asked(world: World) -> str:
    """The key of a question just asked."""
    assert world.head.post("/support", data={**FORM, "subject": "Ещё вопрос"}).status_code == 303
    with world.portal.portal.database.reading(fresh=True) as db:
        found = select(SupportMessage.id).order_by(SupportMessage.id.desc()).limit(1)
        return str(db.scalars(found).one())


@sends("POST /support/messages/{message_id:uuid}")
def question_answered(world: World) -> Sent:
    page = f"/support/messages/{asked(world)}"
    return Sent(world.coordinator, page, page, {"step": "answer", "text": "Обновите страницу."})


@sends("POST /support/messages/{message_id:uuid}")
def question_closed(world: World) -> Sent:
    page = f"/support/messages/{asked(world)}"
    return Sent(world.coordinator, page, page, {"step": "close"})


@sends("POST /support/questions/{message_id:uuid}")
def question_continued(world: World) -> Sent:
    page = f"/support/questions/{asked(world)}"
    return Sent(world.head, page, page, {"text": "И ещё одно."})


@sends("POST /support/messages/columns")
def question_columns_chosen(world: World) -> Sent:
    return Sent(world.coordinator, "/support/messages/columns", "/support/messages", {"columns": "error"})
