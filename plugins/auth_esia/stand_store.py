"""The stand's memory in the portal's database: several workers share it, and a restart keeps it."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, select

from core.database.base import now
from core.database.engine import Database
from plugins.auth_esia.models import StandEntry
from plugins.auth_esia.stand.store import Shelf


class DatabaseStore:
    """A `StandStore` on a table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, shelf: Shelf, key: str, value: bytes, *, lifetime: float) -> None:
        moment = now()
        with self._database.transaction() as db:
            db.execute(delete(StandEntry).where(StandEntry.expires_at < moment))
            db.merge(
                StandEntry(shelf=shelf, key=key, value=value, expires_at=moment + timedelta(seconds=lifetime))
            )

    def get(self, shelf: Shelf, key: str) -> bytes | None:
        with self._database.reading(fresh=True) as db:
            return db.scalar(
                select(StandEntry.value).where(
                    StandEntry.shelf == shelf, StandEntry.key == key, StandEntry.expires_at >= now()
                )
            )

    def take(self, shelf: Shelf, key: str) -> bytes | None:
        with self._database.transaction() as db:
            return db.scalar(
                delete(StandEntry)
                .where(StandEntry.shelf == shelf, StandEntry.key == key, StandEntry.expires_at >= now())
                .returning(StandEntry.value)
                .execution_options(synchronize_session=False)
            )
