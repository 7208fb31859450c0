"""Files people give to the portal: kept in the data folder or in S3, described by a row, read by permission.

Nothing the sender says of a file is believed: the name is cleaned, the type found by the content, the
place of storage has no part of the name in it.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from typing import IO, TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
import obstore
import structlog
from obstore.store import LocalStore, S3Store
from sqlalchemy import BigInteger, ForeignKey, Index, String, event
from sqlalchemy.orm import Mapped, mapped_column

from core.database.base import Base, Keyed, new_id, now
from core.database.session import Session
from core.errors import ConfigurationError, Invalid, NotFound, TooLarge, Unavailable
from core.file_types import clean_name, media_type_of
from core.roles.actor import Actor
from core.web.i18n import sentence

if TYPE_CHECKING:
    from core.config import Config

PIECE = 256 * 1024
"""Bytes read or sent at a time."""

IN_MEMORY = 4 * 1024 * 1024
"""A file being received stays in memory up to this size, a larger one goes to a temporary file."""

OWN_FILES = "core.own"
"""Purpose of files for nobody but their owner: the result of an export, say."""

log = structlog.get_logger("files")


class StoredFile(Keyed, Base):
    """A file. `purpose` decides who may read it; `subject` is what it belongs to, as the purpose sees it."""

    __tablename__ = "core_file"
    __table_args__ = (Index(None, "organization_id", "purpose", "subject"),)

    organization_id: Mapped[UUID | None] = mapped_column(ForeignKey("core_organization.id"))
    owner_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("core_person.id", ondelete="SET NULL"), index=True
    )
    purpose: Mapped[str] = mapped_column(String(80))
    subject: Mapped[str] = mapped_column(String(80), default="")
    name: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    media_type: Mapped[str] = mapped_column(String(100))
    sha256: Mapped[str] = mapped_column(String(64))
    storage_key: Mapped[str] = mapped_column(String(200), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=now)


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """A file that lies in the storage and has no row yet. `size` in bytes."""

    name: str
    size: int
    media_type: str
    sha256: str
    storage_key: str


class Files:
    """The storage of files of one portal."""

    def __init__(self, config: Config) -> None:
        self._limit = config.upload_limit_mb * 1024 * 1024
        self._store: Any
        self._prefix = ""
        if config.files_url:
            self._store, self._prefix = _s3(config)
        else:
            folder = config.home_path / "files"
            folder.mkdir(parents=True, exist_ok=True)
            self._store = LocalStore(folder)

    def store(
        self,
        db: Session,
        actor: Actor,
        *,
        name: str,
        data: bytes | IO[bytes],
        purpose: str,
        organization_id: UUID | None,
        subject: str = "",
        media_types: Collection[str] = (),
    ) -> StoredFile:
        """`receive` and `keep` in one: for small files and for local storage."""
        received = self.receive(name, data, media_types or purpose_of(db, purpose).media_types)
        try:
            return self.keep(
                db, actor, received, purpose=purpose, organization_id=organization_id, subject=subject
            )
        except BaseException:
            self._discard(received.storage_key)
            raise

    def receive(self, name: str, data: bytes | IO[bytes], media_types: Collection[str] = ()) -> Received:
        """Put bytes into the storage, outside any transaction: sending to S3 may take long.

        Raises `TooLarge` over the installation's limit, `Invalid` for an empty file and, with
        `media_types`, for content of any other type (`image/*` allows a family), `Unavailable` if the
        storage does not answer.
        """
        with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as spool:
            content = cast("IO[bytes]", spool)
            size, sha256 = self._take_in(data, content)
            cleaned = clean_name(name)
            content.seek(0)
            media_type = media_type_of(content, cleaned)
            if media_types and not _allowed(media_type, media_types):
                raise Invalid(
                    sentence(
                        "Файл «%(name)s» не подходит: такой тип содержимого здесь не принимается.",
                        name=cleaned,
                    ),
                    advice="Сохраните файл в другом формате и приложите снова.",
                    fields={"file": "Тип содержимого не подходит"},
                )
            moment = now()
            key = f"{self._prefix}{moment:%Y/%m}/{new_id().hex}"
            content.seek(0)
            try:
                obstore.put(self._store, key, content)
            except Exception as error:
                log.error("file not stored", exc_info=error)
                raise _storage_away() from error
        return Received(name=cleaned, size=size, media_type=media_type, sha256=sha256, storage_key=key)

    def keep(
        self,
        db: Session,
        actor: Actor,
        received: Received,
        *,
        purpose: str,
        organization_id: UUID | None,
        subject: str = "",
    ) -> StoredFile:
        """Give a received file its row; if the transaction fails, the file is thrown away.

        The caller has asked whether `actor` may. Raises `ValueError` for an undeclared purpose.
        """
        purpose_of(db, purpose)
        stored = StoredFile(
            id=new_id(),
            organization_id=organization_id,
            owner_id=actor.person_id,
            purpose=purpose,
            subject=subject,
            name=received.name,
            size=received.size,
            media_type=received.media_type,
            sha256=received.sha256,
            storage_key=received.storage_key,
            created_at=now(),
        )
        db.add(stored)
        self._discard_on_rollback(db, received.storage_key)
        db.flush()
        return stored

    def open(self, file: StoredFile) -> Iterator[bytes]:
        """The file's bytes, piece by piece. Raises `NotFound` if they are gone, `Unavailable`."""
        try:
            found = obstore.get(self._store, file.storage_key)
        except FileNotFoundError as error:
            log.error("file lost", file=str(file.id))
            raise NotFound(
                sentence("Содержимого файла «%(name)s» в хранилище нет.", name=file.name),
                advice="Попросите того, кто приложил файл, сделать это снова.",
            ) from error
        except Exception as error:
            log.error("file not read", file=str(file.id), exc_info=error)
            raise _storage_away() from error
        return (bytes(piece) for piece in found.stream(min_chunk_size=PIECE))

    def delete(self, db: Session, file: StoredFile) -> None:
        """Delete a file: the row now, the bytes after the commit. The caller has asked for the right."""
        key = file.storage_key
        db.delete(file)
        db.after_commit(lambda: self._discard(key))

    def forget(self, received: Received) -> None:
        """Throw away a received file that nobody is going to keep."""
        self._discard(received.storage_key)

    def ping(self) -> None:
        """Raise `Unavailable` if the storage cannot be written to."""
        key = f"{self._prefix}ping/{new_id().hex}"
        try:
            obstore.put(self._store, key, b"ping")
            obstore.delete(self._store, key)
        except Exception as error:
            raise _storage_away() from error

    def _take_in(self, data: bytes | IO[bytes], content: IO[bytes]) -> tuple[int, str]:
        digest, size = hashlib.sha256(), 0
        for piece in _pieces(data):
            size += len(piece)
            if size > self._limit:
                raise TooLarge(
                    sentence("Файл больше %(count)s МБ.", count=self._limit // (1024 * 1024)),
                    advice="Уменьшите файл или разделите его на части.",
                    fields={"file": "Файл слишком велик"},
                )
            digest.update(piece)
            content.write(piece)
        if not size:
            raise Invalid(
                "Файл пустой.",
                advice="Проверьте, тот ли файл вы выбрали.",
                fields={"file": "Файл пустой"},
            )
        return size, digest.hexdigest()

    def _discard_on_rollback(self, db: Session, key: str) -> None:
        kept_in = db.get_nested_transaction() or db.get_transaction()

        def undone(_session: Any, rolled_back: Any) -> None:
            # A savepoint may fail that the file's row has nothing to do with.
            around = kept_in
            while around is not None and around is not rolled_back:
                around = around.parent
            if around is not None:
                self._discard(key)

        event.listen(db, "after_soft_rollback", undone)
        db.after_commit(lambda: event.remove(db, "after_soft_rollback", undone))

    def _discard(self, key: str) -> None:
        try:
            obstore.delete(self._store, key)
        except FileNotFoundError:
            return
        except Exception as error:
            log.warning("file left behind", key=key, error=str(error))


class Purpose(msgspec.Struct, frozen=True, kw_only=True):
    """What files are for: `may_read` decides about one, `media_types` are those accepted (empty: all)."""

    may_read: Callable[[Session, Actor, StoredFile], bool]
    media_types: Collection[str] = ()
    plugin: str | None = None


CORE_PURPOSES = {
    OWN_FILES: Purpose(
        may_read=lambda _db, actor, file: actor.person_id is not None and file.owner_id == actor.person_id
    )
}


def purpose_of(db: Session, name: str) -> Purpose:
    """The declared purpose. Raises `ValueError` for one that neither the core nor a plugin declares."""
    from core.requests.attachments import PURPOSE, REQUEST_FILES
    from core.support.attached import QUESTION_FILES, SUPPORT_FILES

    if name in (PURPOSE, SUPPORT_FILES):
        return REQUEST_FILES if name == PURPOSE else QUESTION_FILES
    if name in CORE_PURPOSES:
        return CORE_PURPOSES[name]
    for plugin, declared in db.portal.plugins.each("file_purposes"):
        if declared.name == name:
            return Purpose(may_read=declared.may_read, media_types=declared.media_types, plugin=plugin.name)
    raise ValueError(f"nobody declares files for {name!r}")


def readable_file(db: Session, actor: Actor, file_id: UUID) -> StoredFile:
    """The file, if its purpose lets `actor` read it; without a say-so nobody may.

    Raises `NotFound` alike for a missing file and for one that is not to be known of.
    """
    file = db.get(StoredFile, file_id)
    if file is None or not _may_read(db, actor, file):
        raise NotFound(
            "Такого файла нет или он вам не доступен.",
            advice="Откройте страницу, на которой он приложен, и проверьте свою роль.",
        )
    return file


def _may_read(db: Session, actor: Actor, file: StoredFile) -> bool:
    try:
        purpose = purpose_of(db, file.purpose)
    except ValueError:
        return False
    if purpose.plugin is None:
        return purpose.may_read(db, actor, file)
    switches = db.portal.switches
    if actor.role is not None and not switches.is_on(purpose.plugin, actor.role.organization_path):
        return False
    try:
        return purpose.may_read(db, actor, file)
    except Exception as error:
        db.portal.plugins.fence(purpose.plugin, sentence("файлы %(purpose)s", purpose=file.purpose), error)
        return False


def _pieces(data: bytes | IO[bytes]) -> Iterator[bytes]:
    if isinstance(data, bytes):
        yield data
        return
    while piece := data.read(PIECE):
        yield piece


def _allowed(media_type: str, media_types: Collection[str]) -> bool:
    return media_type in media_types or f"{media_type.split('/')[0]}/*" in media_types


def _storage_away() -> Unavailable:
    return Unavailable(
        "Хранилище файлов сейчас не отвечает.",
        advice="Подождите минуту и повторите. Если не поможет, сообщите в поддержку.",
    )


def _s3(config: Config) -> tuple[Any, str]:
    """The S3 store of the settings and the prefix of its keys."""
    address = urlsplit(config.files_url)
    if address.scheme != "s3" or not address.netloc:
        raise ConfigurationError(
            f"Хранилище файлов «{config.files_url}» не поддерживается.",
            advice="Укажите в MOYASHKOLA_FILES_URL адрес вида s3://ведро/префикс или оставьте пустым.",
        )
    options: dict[str, Any] = {"region": config.s3_region}
    if config.s3_endpoint:
        options["endpoint"] = config.s3_endpoint
        options["virtual_hosted_style_request"] = False
    if config.s3_access_key:
        options["access_key_id"] = config.s3_access_key
        options["secret_access_key"] = config.s3_secret_key
    store = S3Store(
        address.netloc,
        **options,
        client_options={
            "allow_http": config.s3_endpoint.startswith("http://"),
            "timeout": "60s",
            "connect_timeout": "5s",
        },
        retry_config={"max_retries": 2},
    )
    prefix = address.path.strip("/")
    return store, f"{prefix}/" if prefix else ""
