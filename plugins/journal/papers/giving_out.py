"""Giving papers and tables out as files; who took one out is recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from litestar import Request, Response, get

from core.audit.record import Change, record
from core.database.session import Session
from core.exchange.report_table import as_xlsx
from core.papers import Paper, Part, as_pdf
from core.roles.actor import Actor
from core.web.exchange.export_pages import download
from core.web.guards import needs
from plugins.journal.papers.headings import paper_of
from plugins.journal.papers.sheet_parts import Sheets, sheet_parts

SUFFIXES = ("xlsx", "pdf")


def given_out_at(
    path: str, permission: str, suffixes: Sequence[str] = SUFFIXES
) -> Callable[[Callable[..., Response[bytes]]], list[Any]]:
    """Makes of a function the routes `path`/xlsx and `path`/pdf, or one of them, for whoever has `permission`."""

    def routes(answer: Callable[..., Response[bytes]]) -> list[Any]:
        return [
            get(f"{path}/{suffix}", guards=[needs(permission)], sync_to_thread=True, include_in_schema=False)(
                answer
            )
            for suffix in suffixes
        ]

    return routes


def asked_for(request: Request[Any, Any, Any]) -> str:
    """The kind of file that an address asks for at its end: `pdf` or `xlsx`."""
    return request.url.path.rsplit("/", 1)[-1]


def note_given_out(db: Session, actor: Actor, list_name: str, title: str, count: int) -> None:
    """Record that the actor took out `title` with so many lines."""
    record(
        db,
        actor,
        actor.organization_id,
        Change(
            action="core.list.export",
            subject_type="list",
            subject_id=list_name,
            after={"count": count, "name": title},
        ),
    )


def table_file(
    db: Session, actor: Actor, list_name: str, title: str, sheets: Sheets, count: int
) -> Response[bytes]:
    """Tables as an .xlsx file to be saved under `title`."""
    note_given_out(db, actor, list_name, title, count)
    return download(as_xlsx(sheets), "xlsx", title)


def list_file(
    db: Session, actor: Actor, suffix: str, list_name: str, title: str, sheets: Sheets, count: int
) -> Response[bytes]:
    """Tables as the kind of file that was asked for: a spreadsheet, or a paper with each sheet as a table."""
    if suffix == "pdf":
        paper = paper_of(actor, title, school=actor.acting_role.organization_name)
        return paper_file(db, actor, list_name, paper, sheet_parts(title, sheets), count)
    return table_file(db, actor, list_name, title, sheets, count)


def paper_file(
    db: Session, actor: Actor, list_name: str, paper: Paper, parts: Iterable[Part], count: int
) -> Response[bytes]:
    """A paper as a .pdf file to be saved under its title."""
    content = as_pdf(paper, parts)
    note_given_out(db, actor, list_name, paper.title, count)
    return download(content, "pdf", paper.title)
