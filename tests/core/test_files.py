"""Files: what the sender says is not believed, who may read is decided each time, nothing runs in the browser."""

from __future__ import annotations

import io
import re
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from core.config import Config
from core.errors import ConfigurationError, Invalid, TooLarge, Unavailable
from core.files import Files, StoredFile
from core.identity.models import Account
from core.identity.sessions import actor_of
from core.portal import Portal
from core.roles.actor import Actor
from core.testing.portal import PortalUnderTest, Visitor, running
from tests.core.bench_plugin import plug_in

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
)


@pytest.fixture(scope="module")
def bench(make_portal: Callable[..., Portal]) -> Iterator[PortalUnderTest]:
    with running(plug_in(make_portal(upload_limit_mb=1))) as under_test:
        yield under_test


def acting(portal: Portal, visitor: Visitor) -> Actor:
    from sqlalchemy import select

    with portal.database.reading() as db:
        account = db.scalar(select(Account).where(Account.person_id == visitor.person_id))
        assert account is not None
        return actor_of(db, account.id)


def store(
    bench: PortalUnderTest, visitor: Visitor, name: str, data: bytes, purpose: str = "bench.homework"
) -> UUID:
    actor = acting(bench.portal, visitor)
    with bench.portal.database.transaction() as db:
        return bench.portal.files.store(
            db, actor, name=name, data=data, purpose=purpose, organization_id=actor.organization_id
        ).id


def stored(bench: PortalUnderTest, file_id: UUID) -> StoredFile:
    with bench.portal.database.reading() as db:
        found = db.get(StoredFile, file_id)
        assert found is not None
        return found


def on_disk(bench: PortalUnderTest) -> set[Path]:
    return {path for path in (bench.portal.config.home_path / "files").rglob("*") if path.is_file()}


def test_a_file_comes_back_as_it_was_with_its_cyrillic_name(bench: PortalUnderTest) -> None:
    teacher = bench.sign_in("teacher")
    file_id = store(bench, teacher, "Контрольная работа №1 (7А).docx", b"some bytes \x00")
    answer = teacher.get(f"/files/{file_id}")
    assert answer.status_code == 200
    assert answer.content == b"some bytes \x00"
    assert answer.headers["content-length"] == "12"
    shown = answer.headers["content-disposition"]
    assert shown.startswith('attachment; filename="file.docx"; ')
    assert shown.isascii()
    assert "filename*=UTF-8''%D0%9A%D0%BE%D0%BD%D1%82%D1%80%D0%BE%D0%BB%D1%8C%D0%BD%D0%B0%D1%8F" in shown
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "private" in answer.headers["cache-control"]
    again = teacher.get(f"/files/{file_id}", headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304
    assert again.content == b""


def test_a_large_file_comes_back_whole(bench: PortalUnderTest) -> None:
    teacher = bench.sign_in("teacher")
    data = bytes(range(256)) * 4000
    assert teacher.get(f"/files/{store(bench, teacher, 'запись.bin', data)}").content == data


def test_only_whom_the_purpose_lets_may_read(bench: PortalUnderTest) -> None:
    teacher, colleague = bench.sign_in("teacher"), bench.sign_in("teacher", nth=1)
    file_id = store(bench, teacher, "a.txt", "текст".encode())
    assert colleague.get(f"/files/{file_id}").status_code == 200
    role = acting(bench.portal, teacher).acting_role
    stranger = _of_another_school(bench, role.organization_id)
    assert stranger.get(f"/files/{file_id}").status_code == 404
    assert bench.visitor().get(f"/files/{file_id}", headers={"accept": "application/json"}).status_code == 401
    own = store(bench, teacher, "a.txt", b"text", "core.own")
    assert teacher.get(f"/files/{own}").status_code == 200
    assert colleague.get(f"/files/{own}").status_code == 404


def test_a_purpose_that_nobody_declares_any_more_or_that_breaks_lets_nobody_read(
    bench: PortalUnderTest,
) -> None:
    teacher = bench.sign_in("teacher")
    broken = store(bench, teacher, "a.txt", b"text", "bench.broken")
    assert teacher.get(f"/files/{broken}").status_code == 404
    assert bench.portal.plugins.loaded["bench"].failures
    orphan = store(bench, teacher, "a.txt", b"text")
    plugin = bench.portal.plugins.loaded.pop("bench")
    try:
        assert teacher.get(f"/files/{orphan}").status_code == 404
        with pytest.raises(ValueError, match="nobody declares"):
            store(bench, teacher, "a.txt", b"text")
    finally:
        bench.portal.plugins.loaded["bench"] = plugin


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\windows\\system32\\cmd.exe", "cmd.exe"),
        ("/абсолютный/путь.txt", "путь.txt"),
        ("a\x00b\r\nSet-Cookie: x=1.txt", "abSet-Cookie_ x=1.txt"),
        ("отчёт\u202etxt.exe", "отчётtxt.exe"),
        ("   ", "файл"),
        ("...", "файл"),
        (".htaccess", "htaccess"),
        ("CON.txt", "_CON.txt"),
        ('a"b;c.txt', "a_b_c.txt"),
        ("и\u0306.txt", "й.txt"),
        ("я" * 300 + ".docx", "я" * 115 + ".docx"),
    ],
)
def test_a_name_cannot_lead_anywhere(bench: PortalUnderTest, name: str, kept: str) -> None:
    teacher = bench.sign_in("teacher")
    file = stored(bench, store(bench, teacher, name, b"text"))
    assert file.name == kept
    answer = teacher.get(f"/files/{file.id}")
    assert answer.status_code == 200
    assert "\n" not in answer.headers["content-disposition"]
    assert all("files" in path.parts and kept not in path.name for path in on_disk(bench))


def _zip(*names: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return made.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "media_type"),
    [
        ("фото.png", PNG, "image/png"),
        ("фото.png", b"<html><script>alert(1)</script>", "text/html"),
        ("фото.png", b"\xef\xbb\xbf  <!DOCTYPE HTML>", "text/html"),
        ("фото.svg", b"<?xml version='1.0'?><svg onload='alert(1)'/>", "image/svg+xml"),
        ("фото.jpg", "<svg/onload=alert(1)>".encode("utf-16"), "image/svg+xml"),
        ("a.txt", b"hello <script src=//evil>", "text/html"),
        ("a.xml", b"<data/>", "application/xml"),
        ("a.js", b"alert(1)", "text/javascript"),
        ("a.txt", "Привет, класс".encode(), "text/plain"),
        ("a.txt", "Привет, класс".encode("cp1251"), "text/plain"),
        ("a.csv", "Фамилия;Имя".encode(), "text/csv"),
        ("a.pdf", b"%PDF-1.7 ...", "application/pdf"),
        ("a.txt", b"MZ\x90\x00", "application/x-msdownload"),
        ("a.zip", _zip("a.txt"), "application/zip"),
        (
            "a.xlsx",
            _zip("[Content_Types].xml", "xl/workbook.xml"),
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ),
        (
            "a.xlsx",
            _zip("[Content_Types].xml", "xl/workbook.xml", "xl/vbaProject.bin"),
            "application/vnd.ms-office.macro",
        ),
        ("a.zip", b"PK\x03\x04broken", "application/octet-stream"),
        ("a.bin", bytes(range(32)), "application/octet-stream"),
    ],
)
def test_the_type_is_found_by_the_content(
    bench: PortalUnderTest, name: str, data: bytes, media_type: str
) -> None:
    teacher = bench.sign_in("teacher")
    assert stored(bench, store(bench, teacher, name, data)).media_type == media_type


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.html", b"<html><script>alert(1)</script>"),
        ("a.svg", b"<svg onload='alert(1)'/>"),
        ("a.xml", b"<?xml version='1.0'?><x/>"),
        ("a.js", b"alert(1)"),
    ],
)
def test_what_a_browser_would_run_is_only_saved(bench: PortalUnderTest, name: str, data: bytes) -> None:
    teacher = bench.sign_in("teacher")
    answer = teacher.get(f"/files/{store(bench, teacher, name, data)}")
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["content-type"].startswith("application/octet-stream")
    assert "sandbox" in answer.headers["content-security-policy"]


def test_pictures_and_pdf_are_shown_and_saved_on_request(bench: PortalUnderTest) -> None:
    teacher = bench.sign_in("teacher")
    for name, data in (("a.png", PNG), ("a.pdf", b"%PDF-1.7")):
        file_id = store(bench, teacher, name, data)
        answer = teacher.get(f"/files/{file_id}")
        assert answer.headers["content-disposition"].startswith("inline")
        assert "script-src" not in answer.headers["content-security-policy"]
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        saved = teacher.get(f"/files/{file_id}?download=true")
        assert saved.headers["content-disposition"].startswith("attachment")


def test_a_page_pretending_to_be_a_photo_is_refused_where_photos_are_asked_for(
    bench: PortalUnderTest,
) -> None:
    teacher = bench.sign_in("teacher")
    before = on_disk(bench)
    with pytest.raises(Invalid, match="не подходит"):
        store(bench, teacher, "фото.png", b"<html><script>alert(1)</script>", "bench.photo")
    assert on_disk(bench) == before
    assert store(bench, teacher, "фото.png", PNG, "bench.photo")


def test_a_file_over_the_limit_is_refused_and_not_read_to_its_end(bench: PortalUnderTest) -> None:
    class Endless(io.RawIOBase):
        given = 0

        def read(self, size: int = -1) -> bytes:
            self.given += size
            assert self.given < 3_000_000
            return b"x" * size

    actor = acting(bench.portal, bench.sign_in("teacher"))
    before = on_disk(bench)
    with pytest.raises(TooLarge, match="1 МБ"):
        bench.portal.files.receive("a.bin", Endless())  # type: ignore[arg-type]
    with pytest.raises(Invalid, match="пустой"), bench.portal.database.transaction() as db:
        bench.portal.files.store(db, actor, name="a", data=b"", purpose="core.own", organization_id=None)
    assert on_disk(bench) == before


def test_bytes_do_not_outlive_an_undone_change_nor_a_deleted_file(bench: PortalUnderTest) -> None:
    teacher = bench.sign_in("teacher")
    actor = acting(bench.portal, teacher)
    before = on_disk(bench)
    with pytest.raises(RuntimeError), bench.portal.database.transaction() as db:
        bench.portal.files.store(
            db, actor, name="a", data=b"text", purpose="core.own", organization_id=actor.organization_id
        )
        raise RuntimeError
    assert on_disk(bench) == before
    file_id = store(bench, teacher, "a.txt", b"text")
    with pytest.raises(RuntimeError), bench.portal.database.transaction() as db:
        bench.portal.files.delete(db, db.get_one(StoredFile, file_id))
        raise RuntimeError
    assert teacher.get(f"/files/{file_id}").status_code == 200
    with bench.portal.database.transaction() as db:
        bench.portal.files.delete(db, db.get_one(StoredFile, file_id))
    assert teacher.get(f"/files/{file_id}").status_code == 404
    assert on_disk(bench) == before


def test_a_file_lost_from_the_storage_is_told_in_words(bench: PortalUnderTest) -> None:
    teacher = bench.sign_in("teacher")
    before = on_disk(bench)
    file_id = store(bench, teacher, "a.txt", b"text")
    for path in on_disk(bench) - before:
        path.unlink()
    answer = teacher.get(f"/files/{file_id}", headers={"accept": "application/json"})
    assert answer.status_code == 404
    assert "хранилище" in answer.json()["title"]


def test_s3_that_does_not_answer_is_told_in_words_and_soon(tmp_path: Path) -> None:
    files = Files(
        Config(
            home=str(tmp_path),
            files_url="s3://school/portal",
            s3_endpoint="http://127.0.0.1:8138",
            s3_access_key="key",
            s3_secret_key="secret",
        )
    )
    with pytest.raises(Unavailable):
        files.receive("a.txt", b"text")
    with pytest.raises(Unavailable):
        files.ping()


def test_s3_gets_and_gives_files_under_its_prefix(make_portal: Callable[..., Portal]) -> None:
    with s3_stand_in() as (address, objects):
        portal = make_portal(
            files_url="s3://school/portal/files",
            s3_endpoint=address,
            s3_access_key="key",
            s3_secret_key="secret",
            upload_limit_mb=20,
        )
        with running(plug_in(portal)) as under_test:
            portal.files.ping()
            assert not objects
            teacher = under_test.sign_in("teacher")
            data = b"0123456789abcdef" * 65536
            file_id = store(under_test, teacher, "Сочинение.bin", data)
            [key] = objects
            assert key.startswith("/school/portal/files/20")
            assert "Сочинение" not in key
            assert teacher.get(f"/files/{file_id}").content == data
            with portal.database.transaction() as db:
                portal.files.delete(db, db.get_one(StoredFile, file_id))
            assert not objects


@contextmanager
def s3_stand_in() -> Iterator[tuple[str, dict[str, bytes]]]:
    """A server that answers the three requests S3 answers for small objects; yields its objects by path."""
    objects: dict[str, bytes] = {}

    class Answers(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def reply(self, status: int, body: bytes = b"") -> None:
            self.send_response(status)
            self.send_header("ETag", '"1"')
            self.send_header("Last-Modified", "Mon, 23 Nov 2026 10:00:00 GMT")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_PUT(self) -> None:
            assert "Credential=key/" in self.headers["authorization"]
            objects[self.path] = self.rfile.read(int(self.headers["content-length"]))
            self.reply(200)

        def do_GET(self) -> None:
            found = objects.get(self.path)
            self.reply(404 if found is None else 200, found or b"")

        def do_POST(self) -> None:
            bucket, _, query = self.path.partition("?")
            assert query == "delete"
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            keys = re.findall("<Key>(.*?)</Key>", body)
            for key in keys:
                objects.pop(f"{bucket}/{key}", None)
            deleted = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in keys)
            self.reply(200, f"<DeleteResult>{deleted}</DeleteResult>".encode())

        def log_message(self, *_arguments: object) -> None:
            return

    http = ThreadingHTTPServer(("127.0.0.1", 8137), Answers)
    threading.Thread(target=http.serve_forever, daemon=True).start()
    try:
        yield "http://127.0.0.1:8137", objects
    finally:
        http.shutdown()
        http.server_close()


def test_an_unknown_storage_is_a_configuration_error(tmp_path: Path) -> None:
    for address in ("ftp://school", "s3://", "/srv/files"):
        with pytest.raises(ConfigurationError):
            Files(Config(home=str(tmp_path), files_url=address))


def _of_another_school(bench: PortalUnderTest, organization_id: UUID) -> Visitor:
    for number in range(200):
        visitor = bench.sign_in("teacher", nth=number)
        if acting(bench.portal, visitor).organization_id != organization_id:
            return visitor
    raise AssertionError("нет учителя другой школы")


def test_a_file_too_large_is_refused_in_the_readers_language(bench: PortalUnderTest) -> None:
    head = bench.sign_in("head")
    head.post("/locale", data={"locale": "en", "next": "/"})
    form: dict[str, Any] = {
        "files": [("files", ("big.csv", b"x" * 1_100_000, "text/csv"))],
        "data": {"kind": "auto"},
    }
    assert "The file is larger than 1 MB." in head.post("/import", **form).text
    head.post("/locale", data={"locale": "ru", "next": "/"})
    assert "Файл больше 1 МБ." in head.post("/import", **form).text
