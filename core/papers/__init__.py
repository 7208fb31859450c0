"""Papers: documents to be printed, signed and kept, as PDF/A files. Any plugin may make one.

What stands on a paper is said by the structures of `content`; `as_pdf` draws them.
"""

from core.papers.content import (
    TOTAL,
    Column,
    Contents,
    Cover,
    Head,
    NewSheet,
    Paper,
    Part,
    Signatures,
    Table,
    Words,
)
from core.papers.drawing import as_pdf, room_for

__all__ = [
    "TOTAL",
    "Column",
    "Contents",
    "Cover",
    "Head",
    "NewSheet",
    "Paper",
    "Part",
    "Signatures",
    "Table",
    "Words",
    "as_pdf",
    "room_for",
]
