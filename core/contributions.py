"""What a plugin may contribute: one typed value for each registration hook of `core.hooks`.

A vendor imports these from `core.hooks`. Everything here is plain data and plain functions; the core
calls the functions inside the request's transaction and fences off those that raise.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec

from core.roles.permissions import Permission, Reach, RoleKind

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from core.database.session import Session
    from core.demo.school import DemoSchool
    from core.files import StoredFile
    from core.organizations.models import Organization
    from core.organizations.switches import Switches
    from core.roles.actor import Actor

__all__ = [
    "CapabilityProvider",
    "Card",
    "CardContent",
    "CardLine",
    "Clash",
    "ConsentKind",
    "DataCheck",
    "DemoFiller",
    "DocumentReaders",
    "Exporter",
    "FilePurpose",
    "Finding",
    "IdentityProvider",
    "Importer",
    "LiveTopic",
    "Manifest",
    "MenuEntry",
    "MergedTable",
    "NotificationKind",
    "PeopleMerged",
    "PeopleParted",
    "Permission",
    "PersonalData",
    "PersonalDataSource",
    "Reach",
    "RequestKind",
    "RoleKind",
    "ScheduledTask",
    "Scope",
    "SearchResult",
    "SearchSource",
    "SetupScope",
    "SetupStep",
    "SlotFill",
    "Subscription",
    "TaskKind",
    "ThemeAssets",
    "WebhookEvent",
]


class PersonalData(msgspec.Struct, frozen=True, kw_only=True):
    """One category of personal data a plugin stores, and what for; operators read it before switching on."""

    category: str
    purpose: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a plugin is.

    `core_api` is a version range such as `>=1.0,<2`. `provides` and `requires` name capabilities;
    `optional` those it uses when somebody provides them. `on_by_default` says whether organizations
    that decided nothing have it. `settings_prefix` names its environment variables.
    """

    name: str
    title: str
    version: str
    core_api: str
    description: str = ""
    provides: Sequence[str] = ()
    requires: Sequence[str] = ()
    optional: Sequence[str] = ()
    personal_data: Sequence[PersonalData] = ()
    on_by_default: bool = False
    settings_prefix: str = ""


class MenuEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the main menu, shown to roles that have `permission`.

    `section` is `main` or `cabinet`; smaller `order` stands higher. `badge` may count what waits.
    """

    title: str
    url: str
    icon: str
    permission: str
    order: int = 100
    section: str = "main"
    badge: Callable[[Session, Actor], int] | None = None


class CardLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a card: text, a second text at the right edge, and where it leads."""

    text: str
    note: str = ""
    url: str = ""
    tone: str = ""


class CardContent(msgspec.Struct, frozen=True, kw_only=True):
    """What a card shows: at most five lines; `empty` is said when there are none."""

    lines: Sequence[CardLine] = ()
    empty: str = ""
    url: str = ""
    link_title: str = ""


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """A card of the home page. `content` returns None where it has nothing to say to this role."""

    name: str
    title: str
    icon: str
    permission: str
    content: Callable[[Session, Actor], CardContent | None]
    order: int = 100


class ChoiceOption(msgspec.Struct, frozen=True, kw_only=True):
    """One of what may be chosen when a request is approved: its value, its name, what speaks against it.

    `url` leads to a page about it. `shows` are fields of the person `about` that the note tells, for the record of
    who looked at personal data.
    """

    value: str
    title: str
    note: str = ""
    url: str = ""
    suits: bool = False
    about: UUID | None = None
    shows: Sequence[str] = ()


class DecisionChoice(msgspec.Struct, frozen=True, kw_only=True):
    """What those who decide choose when they approve a request.

    What was chosen stands in `field`, a hidden field of the kind's form which is empty when the request is sent.
    `options(db, actor, request id, values, words)` gives what fits, the best first; an option that `suits` is
    chosen to begin with. With `words` it looks among everything for what the reader has typed.
    """

    title: str
    field: str
    options: Callable[[Session, Actor, UUID, Any, str], Sequence[ChoiceOption]]
    search_hint: str = ""
    nothing: str = ""


class RequestKind(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of request («Запрос»).

    `form` is a msgspec struct whose fields become the request's form. Who has `permission` may send
    it, who has `decide_permission` in the organization decides; `on_approved(db, actor, request id,
    values)` does what was asked, in the deciding transaction; if it raises, nothing is decided. `on_refused`
    with the same arguments undoes what was prepared, when the request is rejected or withdrawn. `days` is the
    deadline in calendar days. `explanation` tells those who decide what to look at and what follows.

    A draft of any kind is kept, gone on with and deleted, and one that was sent may be returned to its author for
    correction. Only a kind with `begun_at` is sent by the page at this address, not by its bare form; that page keeps
    drafts too and corrects what was returned, if `edited_at` says where (`{request}` stands for the id). A kind with an
    empty `permission` is sent by the portal only, in somebody's name (`core.requests.sending.send_for`), and not
    returned; nor is a request of which `correctable(db, request id, values)` says that its author cannot correct it.

    Fields with `hidden` in `extra_json_schema` are not shown, those with `only` where they are «asked» or «told».
    `choices(db, actor)` gives what may be chosen in fields that depend on the author, `begins_with(db, actor)` what the
    form is filled with at first. A kind with `addressed_to` (kinds of organizations) goes to an organization the author
    chooses: `addressee_question` asks which, and with `to_others` it is not one's own. With `addressee(db, actor,
    values)` it follows from what was filled in. A kind `for_everybody` may be sent by anybody signed in, even without a
    role. One with `decided_at` is approved on the page at this address, in which `{request}` and `{author}` stand for
    their ids; that page calls `core.requests.workflow.approve` with `on_its_page`.

    `guidance` stands above the form for whoever fills it in. `objection(db, actor)` says why somebody may not
    send it, «» if they may. `checked(db, actor, values)` brings what was typed to the form it is kept in and raises
    `core.errors.Invalid` for what cannot be taken. `needs_file` names the paper without which it is not sent.
    `facts(db, values)` are pairs (what, how it is) that those who decide see beside what was asked, `links(db,
    actor, values)` pairs (words, address) of pages to check by which the reader may open. Once approved,
    the card leads to `outcome_at`, written as `decided_at` is. `obstacle(db, actor, request id, values)` says why it
    could not be granted as it stands, «» if it could as far as is known: those who decide many at once see it before.

    `repeats(values, other values)` says that two requests of one author to one organization ask for the same: while
    the first is open, the second is not sent and leads to it.

    `choice` asks those who approve for something the author does not know. A kind that changes what is written
    down already has `present(db, author ids)`, which tells what stands in the fields of the form for each of these
    authors: the form begins with it, and the card shows only what would change. The form of such a kind has a hidden
    field `was: dict[str, Any] | None`, in which the portal keeps what stood there before.
    """

    name: str
    title: str
    form: type[msgspec.Struct]
    permission: str
    decide_permission: str
    on_approved: Callable[[Session, Actor, UUID, Any], None] | None = None
    on_refused: Callable[[Session, Actor, UUID, Any], None] | None = None
    days: int | None = None
    begun_at: str = ""
    edited_at: str = ""
    explanation: str = ""
    addressed_to: Sequence[str] = ()
    addressee_question: str = ""
    to_others: bool = False
    addressee: Callable[[Session, Actor, Any], UUID] | None = None
    for_everybody: bool = False
    decided_at: str = ""
    objection: Callable[[Session, Actor], str] | None = None
    checked: Callable[[Session, Actor, Any], Any] | None = None
    guidance: str = ""
    needs_file: str = ""
    facts: Callable[[Session, Any], Sequence[tuple[str, str]]] | None = None
    links: Callable[[Session, Actor, Any], Sequence[tuple[str, str]]] | None = None
    outcome_at: str = ""
    repeats: Callable[[Any, Any], bool] | None = None
    choice: DecisionChoice | None = None
    obstacle: Callable[[Session, Actor, UUID, Any], str] | None = None
    choices: Callable[[Session, Actor], Mapping[str, Sequence[tuple[str, str]]]] | None = None
    begins_with: Callable[[Session, Actor], Mapping[str, Any]] | None = None
    correctable: Callable[[Session, UUID, Any], bool] | None = None
    present: Callable[[Session, Sequence[UUID]], Mapping[UUID, Mapping[str, Any]]] | None = None


class ConsentKind(msgspec.Struct, frozen=True, kw_only=True):
    """A consent to the processing of personal data that people give and withdraw (152-ФЗ, статья 9).

    `purpose` says in a sentence what it is for, `text` is what an organization begins with when it writes its own
    (`core.consents.texts.PLACES` are filled in): nothing is asked before a text is published. `withdrawal` tells
    what stops once it is taken back, and what goes on. `asked_of` are `pupils`, `staff` or both; for a pupil
    under fourteen a guardian decides. Before using the data ask `core.consents.standing.consented`; changes come
    as the event `core.consents.standing.ConsentChanged`.
    """

    name: str
    title: str
    purpose: str
    text: str
    withdrawal: str
    asked_of: Sequence[str] = ("pupils",)


class SetupScope(msgspec.Struct, frozen=True, kw_only=True):
    """Whose readiness is asked about: `paths` by the ids of the organizations, and the day it is there."""

    today: date
    paths: Mapping[UUID, str]


class SetupStep(msgspec.Struct, frozen=True, kw_only=True):
    """A step of setting an organization up, as the checklist of its readiness shows it.

    `kinds` are the kinds of organizations that take it. `done(db, scope)` is a condition in SQL on
    `core.organizations.models.Organization`, true where the step is done: it is put into one statement about thousands
    of schools, so refer to them by `Organization.id` (`exists().where(Bell.organization_id == Organization.id)`) and
    give `true()` or `false()` for what is the same everywhere. `lacks(db, organization, scope)` says in a sentence
    what is missing there, «» if `title` says enough. `url` is the page where it is done, in which `{organization}`
    stands for the id: shown to those who have `permission`. A step `by_hand` may also be confirmed as it is, by
    whoever sets the organization up; that is for states that data cannot tell.
    """

    name: str
    title: str
    explanation: str
    kinds: Sequence[str]
    done: Callable[[Session, SetupScope], ColumnElement[bool]]
    url: str
    permission: str
    lacks: Callable[[Session, Organization, SetupScope], str] | None = None
    by_hand: bool = False
    order: int = 100


class SearchResult(msgspec.Struct, frozen=True, kw_only=True):
    """One find: what it is, more about it, where it is."""

    title: str
    url: str
    subtitle: str = ""
    icon: str = "search"


class SearchSource(msgspec.Struct, frozen=True, kw_only=True):
    """A source of the search box: `find(db, actor, normalized text, limit)`."""

    name: str
    title: str
    permission: str
    find: Callable[[Session, Actor, str, int], Sequence[SearchResult]]


class NotificationKind(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of notification a person can recognise and mute."""

    name: str
    title: str
    icon: str = "bell"


class AuditedAction(msgspec.Struct, frozen=True, kw_only=True):
    """What the history of changes calls the changes that the plugin records with `Change(action=name)`."""

    name: str
    title: str


class AuditedSubject(msgspec.Struct, frozen=True, kw_only=True):
    """Things of the plugin that stand in the history of changes with `Change(subject_type=type)`.

    `title` says what sort of thing it is. `name(db, actor, ids)` tells of each id what the thing is called, and the
    address of its page or «», for those things only that the actor may see. `fields` says what the fields of
    `before` and `after` are called, `values` what their values that are kept as names mean. Fields in `untold` only the
    program understands: they are kept, and not told.
    """

    type: str
    title: str
    name: Callable[[Session, Actor, Sequence[str]], Mapping[str, tuple[str, str]]]
    fields: Mapping[str, str] = {}
    values: Mapping[str, Mapping[str, str]] = {}
    untold: Collection[str] = ()


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """`handle(db, event)` runs in the transaction that publishes an `event` of type `event`.

    A handler that only tells, by live messages or `after_commit`, and runs no statement says `only_tells`: it needs
    no savepoint, which costs every publisher two trips to the database.
    """

    event: type[Any]
    handle: Callable[[Session, Any], None]
    only_tells: bool = False


class WebhookEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event that systems outside can hear of by webhooks (`core.webhooks`).

    `name` is `<thing>.<what happened>`, `title` says it in plain words, `event` is the type that is published with
    `db.publish`. `fields` are what of it is sent, `organization_id` among them: ids, numbers, days, moments and
    `Literal` words only, for no personal data leave the portal this way.
    """

    name: str
    title: str
    event: type[Any]
    fields: tuple[str, ...]


class TaskKind(msgspec.Struct, frozen=True, kw_only=True):
    """Background work: `run(task)` gets a `core.tasks.TaskRun`; a failure is retried `attempts` times in all."""

    name: str
    run: Callable[[Any], None]
    attempts: int = 5
    lease: timedelta = timedelta(minutes=10)


class ScheduledTask(msgspec.Struct, frozen=True, kw_only=True):
    """Put the task `kind` into the queue every `every`, once for all servers together."""

    kind: str
    every: timedelta


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What a data check found: `level` is `error` or `warning`; `advice` says how to mend it."""

    level: str
    message: str
    advice: str = ""


class DataCheck(msgspec.Struct, frozen=True, kw_only=True):
    """A check of stored data, run by `moyashkola check <name>`.

    What a check with `on_page` finds also stands in the plugin's health on the operators' page: it has to be
    quick and ask nobody outside.
    """

    name: str
    title: str
    run: Callable[[Session], Iterable[Finding]]
    on_page: bool = False


class Importer(msgspec.Struct, frozen=True, kw_only=True):
    """A way to read data in.

    `run(db, actor, path, dry_run)` returns a `core.exchange.report.ImportReport` and changes nothing if
    the report has errors or `dry_run` is set.
    """

    name: str
    title: str
    permission: str
    suffixes: Sequence[str]
    run: Callable[[Session, Actor, Path, bool], Any]


class Exporter(msgspec.Struct, frozen=True, kw_only=True):
    """A way to take data out: `run(db, actor)` yields rows, the first being the column titles."""

    name: str
    title: str
    permission: str
    run: Callable[[Session, Actor], Iterable[Sequence[Any]]]


class PersonalDataSource(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a plugin knows about one person: `export` gives it, `erase` removes what may be removed.

    `erase` returns one sentence for each thing that stays, with the reason. What a school of another installation
    should get together with a pupil `follows_pupil`: `export` then names its facts in words that people read.
    Elsewhere names and values that are codes become words on the page people get by `words`: `{"lessons_taught":
    _("уроков в расписании")}`.
    """

    name: str
    title: str
    export: Callable[[Session, UUID], Mapping[str, Any]]
    erase: Callable[[Session, Actor, UUID], Sequence[str]]
    follows_pupil: bool = False
    words: Mapping[str, str] = {}


class Clash(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of two rows of which a unique constraint lets only one belong to a person.

    `moving` are the values with which the absorbed person's row may stay all the same, None takes it out;
    `staying` is what changes in the other row.
    """

    moving: Mapping[str, Any] | None = None
    staying: Mapping[str, Any] = {}


class MergedTable(msgspec.Struct, frozen=True, kw_only=True):
    """How rows of a table follow a person whose two cards are made one.

    Every column with a foreign key to `core_person` is rewritten, and back if the merge is undone, without a word
    from the plugin; this says it better. `titles` maps such columns to what their rows are («Отметки»), in the
    plural, for the preview. Rows of a table with `starts_on` and `ends_on` that agree in the columns `one_of` and
    hold on the same days become one row with the days of both, unless `joins` says that a row is not for joining.
    `clash(db, moving, staying)` decides about rows
    that a unique constraint keeps apart; without it the absorbed person's row is taken out. Counters and caches
    that depend on the rows are put right by a subscriber of `PeopleMerged` and `PeopleParted`.
    """

    table: str
    titles: Mapping[str, str] = {}
    one_of: Sequence[str] = ()
    joins: Callable[[Mapping[str, Any]], bool] | None = None
    clash: Callable[[Session, Mapping[str, Any], Mapping[str, Any]], Clash] | None = None


class PeopleMerged(msgspec.Struct, frozen=True, kw_only=True):
    """Event: a person's rows belong to another now; the absorbed person is no more."""

    kept_id: UUID
    absorbed_id: UUID


class PeopleParted(msgspec.Struct, frozen=True, kw_only=True):
    """Event: a merge was undone; both people have their rows again."""

    kept_id: UUID
    restored_id: UUID


class IdentityProvider(msgspec.Struct, frozen=True, kw_only=True):
    """A way to sign in. `login_url` takes `?next=`; `logout_url(session state)` ends the outside session.

    `button` is what the sign-in page writes on it; without one, «Войти через» and the title. It is shown if
    the plugin is on anywhere: who comes from where is not known yet. `knows_issuer(db, issuer)` says whether an
    outside account with this issuer is the provider's: pages then name it by the title instead of the address.
    `refused(db, switches)` is the condition on `SignInSession` of sessions that would not begin any more: they end
    with the decision that makes it so. Without it, all end once the plugin is on nowhere. `way(session state)` names
    how one of its sessions began, where the provider has several ways; without it, the title does.
    """

    name: str
    title: str
    login_url: str
    primary: bool = False
    order: int = 100
    logout_url: Callable[[Mapping[str, Any]], str | None] | None = None
    button: str = ""
    knows_issuer: Callable[[Session, str], bool] | None = None
    refused: Callable[[Session, Switches], ColumnElement[bool]] | None = None
    way: Callable[[Mapping[str, Any]], str] | None = None


class ThemeAssets(msgspec.Struct, frozen=True, kw_only=True):
    """Style sheets and scripts of the plugin that stand on every page.

    By their names: files of the plugin's folder `static/`, or built with the portal.
    """

    styles: Sequence[str] = ()
    scripts: Sequence[str] = ()


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """A scope of the API that a token may carry, and the permissions it lets through."""

    name: str
    title: str
    permissions: Sequence[str]


class SlotFill(msgspec.Struct, frozen=True, kw_only=True):
    """A piece for a named place on another's page, for roles that have `permission`; empty is for everybody.

    `render(db, actor, subject)` returns the context for `template`, or None to stay away. `subject` is
    what the slot's documentation says.
    """

    slot: str
    template: str
    permission: str
    render: Callable[[Session, Actor, Any], Mapping[str, Any] | None]
    order: int = 100


class CapabilityProvider(msgspec.Struct, frozen=True, kw_only=True):
    """The object behind a capability; its protocol is a published class of `core.capabilities` or a `hooks.py`."""

    capability: str
    implementation: Any


class LiveTopic(msgspec.Struct, frozen=True, kw_only=True):
    """A family of live topics `<name>:<id>`; `may_listen(db, actor, id)` decides who hears of changes."""

    name: str
    may_listen: Callable[[Session, Actor, str], bool]


class DemoFiller(msgspec.Struct, frozen=True, kw_only=True):
    """Invented data of the plugin for a demo school.

    `fill(db, actor, school, advance)` adds rows in one transaction; `advance(done, total)` shows progress.
    The same `school.random` seed must give the same data. `sign_in_hints()` tells with which login one
    signs in as whom, for the command line.
    """

    name: str
    title: str
    fill: Callable[[Session, Actor, DemoSchool, Callable[[int, int], None]], None]
    sign_in_hints: Callable[[], Sequence[tuple[str, str]]] | None = None


class DocumentReaders(msgspec.Struct, frozen=True, kw_only=True):
    """Who reads documents of the portal that were handed in for one purpose; without it, nobody does.

    `name` is `<plugin>.<thing>`, the purpose that the plugin hands in with; `may_read(db, actor, grant)` decides about
    each opening of a frozen version by its grant.
    """

    name: str
    may_read: Callable[[Session, Actor, UUID], bool]


class FilePurpose(msgspec.Struct, frozen=True, kw_only=True):
    """What the plugin's files are for; without one, nobody may read them.

    `name` is `<plugin>.<thing>`; `may_read(db, actor, file)` decides about each download. `media_types`
    are the types accepted, found by content (`image/*` is a family); empty accepts all.
    """

    name: str
    may_read: Callable[[Session, Actor, StoredFile], bool]
    media_types: Sequence[str] = ()
