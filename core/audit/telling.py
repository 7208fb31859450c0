"""Changes in words: what was done to what, and what it was before and after."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from typing import Any, cast

import msgspec

from core.audit.models import AuditRecord
from core.audit.naming import UUIDS, Named, Names
from core.audit.reading import action_title
from core.audit.words import FIELDS, ORIGINS, SUBJECTS, UNNAMED, UNTOLD, WORDS
from core.consents.kinds import all_kinds as consent_kinds
from core.contributions import AuditedSubject
from core.database.session import Session
from core.identity.masks import SENSITIVE, mask
from core.requests.kinds import all_kinds
from core.roles.actor import Actor
from core.web.i18n import gettext as _
from core.web.i18n import show_short_day
from core.web.struct_form import form_fields

ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d")
ISO_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d.*")
INTERNAL = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*")
"""A name of the program's own: says nothing to people where no word stands for it."""

NO_WORDS: Mapping[str, str] = {}
NO_VALUES: Mapping[str, Mapping[str, str]] = {}


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One field before and after."""

    field: str
    before: str
    after: str


class RecordLine(msgspec.Struct, frozen=True, kw_only=True):
    """A change as a page shows it; `kind` says what sort of thing `subject` is where it has no name."""

    record: AuditRecord
    action: str
    role: str
    origin: str
    kind: str
    subject: Named
    differences: Sequence[Difference]


def told(db: Session, actor: Actor, records: Sequence[AuditRecord]) -> list[RecordLine]:
    """Changes in the words of the reader, who has been let see them; names only of what the reader may know of."""
    names = Names(db, actor, records)
    words = _Words(db, names)
    kinds = db.portal.grants.kinds
    of_plugins = {each.type: each for _plugin, each in db.portal.plugins.each("audited_subjects")}
    return [
        RecordLine(
            record=record,
            action=action_title(db, record.action),
            role=_(kinds[record.role].title) if record.role in kinds else record.role,
            origin=_(ORIGINS.get(record.origin, record.origin)),
            kind=_(owner.title if owner else SUBJECTS.get(record.subject_type, "")),
            subject=(subject := names.subject(record)),
            differences=list(_differences(record, words.of(owner), subject)),
        )
        for record in records
        for owner in (of_plugins.get(record.subject_type),)
    ]


def _differences(record: AuditRecord, words: _Words, subject: Named) -> Iterable[Difference]:
    """The fields that differ; of a person's sensitive ones only so much that one sees that they differ."""
    old, new = record.before or {}, record.after or {}
    personal = record.subject_type == "person"
    untold = {*UNTOLD.get(record.action, ()), *words.untold}
    if record.subject_type == "request" and subject.text:
        untold.add("kind")
    for name in dict.fromkeys([*old, *new]):
        if old.get(name) == new.get(name) or name in untold:
            continue
        before, after = words.value(name, old.get(name)), words.value(name, new.get(name))
        if personal and name in SENSITIVE:
            before, after = mask(name, before), mask(name, after)
        if before or after or not _says_nothing(old.get(name), new.get(name)):
            plugin = record.subject_id if record.subject_type == "plugin" else ""
            called = f"{record.subject_type}.{name}"
            field = words.field(called if called in FIELDS else name, plugin)
            yield Difference(field=field, before=before, after=after)


def _says_nothing(*values: Any) -> bool:
    """Whether values are ids and names of the program's own, none of which has a word."""
    return any(
        isinstance(value, str) and (UUIDS.search(value) or INTERNAL.fullmatch(value)) for value in values
    )


class _Words:
    """The words for fields and their values."""

    def __init__(self, db: Session, names: Names, owner: AuditedSubject | None = None) -> None:
        self._db = db
        self._names = names
        self._owner = owner
        self._role_kinds = db.portal.grants.kinds
        self._permissions = db.portal.grants.permissions
        self._request_kinds = all_kinds(db.portal)
        self._consent_kinds = consent_kinds(db.portal)

    def of(self, owner: AuditedSubject | None) -> _Words:
        """The words for things of a plugin; these for everything else."""
        return _Words(self._db, self._names, owner) if owner is not None else self

    @property
    def untold(self) -> Collection[str]:
        """Fields of the plugin's that are not told."""
        return self._owner.untold if self._owner is not None else ()

    def field(self, name: str, plugin: str = "") -> str:
        """What a field is called, one of a plugin's settings where `plugin` is named."""
        found = self._db.portal.plugins.loaded.get(plugin)
        if found is not None and found.settings is not None and name not in FIELDS:
            titles = {each.name: each.label for each in form_fields(found.settings)}
            return titles.get(name, _(UNNAMED))
        own: Mapping[str, str] = self._owner.fields if self._owner is not None else NO_WORDS
        return _(own.get(name) or FIELDS.get(name, UNNAMED))

    def value(self, field: str, value: Any) -> str:
        """A value in words; «» for nothing and for what has no words."""
        match value:
            case None | "":
                return ""
            case True:
                return _("да")
            case False:
                return _("нет")
            case list():
                told = [self.value(field, each) for each in cast("list[Any]", value)]
                return ", ".join(each for each in told if each)
            case dict():
                pairs = cast("dict[str, Any]", value).items()
                told = [(self.field(name), self.value(name, each)) for name, each in pairs]
                return "; ".join(f"{name}: {each}" for name, each in told if each)
            case _:
                return self._text(field, str(value))

    def _text(self, field: str, text: str) -> str:
        if (known := self._known(field, text)) is not None:
            return _(known)
        if ISO_DAY.fullmatch(text):
            with suppress(ValueError):
                return show_short_day(date.fromisoformat(text))
        if ISO_MOMENT.fullmatch(text):
            with suppress(ValueError):
                return show_short_day(datetime.fromisoformat(text).date())
        return self._names.in_place_of_ids(text)

    def _known(self, field: str, text: str) -> str | None:
        own: Mapping[str, Mapping[str, str]] = self._owner.values if self._owner is not None else NO_VALUES
        for words in (own, WORDS):
            if text in (known := words.get(field, NO_WORDS)):
                return known[text]
        if field == "consent" and text in self._consent_kinds:
            return self._consent_kinds[text][1].title
        if field == "kind" and text in self._request_kinds:
            return self._request_kinds[text][1].title
        if field in ("role", "ended_role", "kind") and text in self._role_kinds:
            return self._role_kinds[text].title
        if field == "plugin" and text in self._db.portal.plugins.loaded:
            return self._db.portal.plugins.loaded[text].manifest.title
        if field in ("permission", "scopes") and text in self._permissions:
            return self._permissions[text].title
        return None
