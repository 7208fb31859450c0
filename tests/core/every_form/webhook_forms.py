"""Systems outside that hear of events."""

from .world import Sent, World, sends

WISH = {"name": "Аналитика", "url": "https://analytics.example.ru/portal", "events": ["marks.set"]}


def webhook(world: World) -> str:
    """The address of a new webhook."""
    made = world.head.post("/api/v1/webhooks", json=WISH)
    return f"/webhooks/{made.json()['webhook']['id']}"


@sends("POST /webhooks/new")
def webhook_made(world: World) -> Sent:
    return Sent(world.head, "/webhooks/new", "/webhooks/new", WISH)


@sends("POST /webhooks/{webhook_id:uuid}")
def webhook_paused(world: World) -> Sent:
    page = webhook(world)
    return Sent(world.head, page, page, {"step": "pause"})


@sends("POST /webhooks/{webhook_id:uuid}/edit")
def webhook_changed(world: World) -> Sent:
    page = webhook(world) + "/edit"
    return Sent(world.head, page, page, {**WISH, "name": "Статистика"})
