"""Engine, sessions, base classes, column types and the migration runner."""

from core.database.base import Base, Json, SortText, Timestamp, in_force, new_id, now
from core.database.engine import Database
from core.database.session import Session

__all__ = ["Base", "Database", "Json", "Session", "SortText", "Timestamp", "in_force", "new_id", "now"]
