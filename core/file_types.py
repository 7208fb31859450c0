"""What a file is, by its content, and a name for it that is safe everywhere."""

from __future__ import annotations

import re
import unicodedata
import zipfile
from typing import IO
from urllib.parse import quote

HEAD = 4096
"""Bytes of a file looked at to find its type."""

LONGEST_NAME = 120
UNNAMED = "файл"
BINARY = "application/octet-stream"

_OFFICE = "application/vnd.openxmlformats-officedocument"
_SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"%PDF-", "application/pdf"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (0, b"{\\rtf", "application/rtf"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"\xff\xf3", "audio/mpeg"),
    (0, b"OggS", "audio/ogg"),
    (0, b"fLaC", "audio/flac"),
    (0, b"\x1a\x45\xdf\xa3", "video/webm"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"Rar!\x1a\x07", "application/vnd.rar"),
    (0, b"\x1f\x8b", "application/gzip"),
    (0, b"MZ", "application/x-msdownload"),
    (0, b"\x7fELF", "application/x-executable"),
)
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
_BRANDS = {
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"mif1": "image/heif",
    b"avif": "image/avif",
    b"M4A ": "audio/mp4",
    b"qt  ": "video/quicktime",
}
_ZIP_FOLDERS = (
    ("word/", f"{_OFFICE}.wordprocessingml.document"),
    ("xl/", f"{_OFFICE}.spreadsheetml.sheet"),
    ("ppt/", f"{_OFFICE}.presentationml.presentation"),
)
_OLD_OFFICE = {
    ".doc": "application/msword",
    ".xls": "application/vnd.ms-excel",
    ".ppt": "application/vnd.ms-powerpoint",
}
_TEXT_BY_SUFFIX = {
    ".csv": "text/csv",
    ".md": "text/markdown",
    ".ics": "text/calendar",
    ".json": "application/json",
}
_MARKUP = re.compile(
    rb"<\s*(!doctype\s+html|html|head|body|script|iframe|svg|img|a\s|div|p\s*>|style|link|meta|object|embed|form)",
    re.IGNORECASE,
)

ACTIVE = frozenset(
    {"text/html", "image/svg+xml", "application/xml", "application/xhtml+xml", "text/javascript"}
)
"""Types a browser would run: never shown, always saved."""

SHOWN = frozenset(
    {
        "application/pdf",
        "image/png",
        "image/jpeg",
        "image/gif",
        "image/webp",
        "image/avif",
        "audio/mpeg",
        "audio/ogg",
        "audio/mp4",
        "audio/wav",
        "audio/flac",
        "video/mp4",
        "video/webm",
        "text/plain",
    }
)
"""Types a browser shows by itself without running anything."""


def media_type_of(content: IO[bytes], name: str) -> str:
    """The media type by the content; `name` only tells apart what the content does not (csv from text)."""
    head = content.read(HEAD)
    for offset, signature, media_type in _SIGNATURES:
        if head[offset : offset + len(signature)] == signature:
            return media_type
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12], BINARY)
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], "video/mp4")
    if head[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return _zip_type(content)
    suffix = suffix_of(name)
    if head[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        return _OLD_OFFICE.get(suffix, "application/x-ole-storage")
    return _text_type(head, suffix)


def _zip_type(content: IO[bytes]) -> str:
    content.seek(0)
    try:
        with zipfile.ZipFile(content) as archive:
            names = archive.namelist()
            if names[:1] == ["mimetype"] and archive.getinfo("mimetype").file_size < 100:
                declared = archive.read("mimetype").decode("ascii", "replace").strip()
                if declared.startswith("application/vnd.oasis.opendocument."):
                    return declared
            if "[Content_Types].xml" in names:
                for folder, media_type in _ZIP_FOLDERS:
                    if any(each.startswith(folder) for each in names):
                        macros = any(each.lower().endswith("vbaproject.bin") for each in names)
                        return "application/vnd.ms-office.macro" if macros else media_type
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, ValueError):
        return BINARY
    return "application/zip"


def _text_type(head: bytes, suffix: str) -> str:
    """Text by its characters; whatever a browser might take for markup counts as markup."""
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        plain = head.replace(b"\x00", b"")
    elif b"\x00" in head:
        return BINARY
    else:
        plain = head
    start = plain.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    if b"<svg" in plain.lower():
        return "image/svg+xml"
    if _MARKUP.search(plain):
        return "text/html"
    if start.startswith(b"<?xml") or suffix in (".xml", ".svg", ".xsl", ".xslt"):
        return "application/xml"
    if suffix in (".html", ".htm", ".xhtml", ".shtml", ".mht", ".mhtml"):
        return "text/html"
    if suffix in (".js", ".mjs"):
        return "text/javascript"
    if any(byte < 32 and byte not in (8, 9, 10, 12, 13, 27) for byte in start):
        return BINARY
    return _TEXT_BY_SUFFIX.get(suffix, "text/plain")


_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)")
_FORBIDDEN = re.compile(r'[<>:"|?*;%]')


def clean_name(name: str) -> str:
    """A file name without folders, control and direction characters, or what some system cannot write."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    # Cc, Cf and the like: a right-to-left mark makes «exe.gpj» look like a picture.
    visible = "".join(each for each in last if unicodedata.category(each)[0] != "C")
    cleaned = re.sub(r"\s+", " ", _FORBIDDEN.sub("_", visible)).strip(" .")
    if not cleaned:
        return UNNAMED
    if _RESERVED.match(cleaned):
        cleaned = f"_{cleaned}"
    stem_length = len(cleaned) - len(suffix_of(cleaned))
    stem, suffix = cleaned[:stem_length], cleaned[stem_length:]
    return stem[: LONGEST_NAME - len(suffix)].rstrip(" .") + suffix


def suffix_of(name: str) -> str:
    """The name's suffix in small letters with its dot, if it is a short one; else empty."""
    stem, dot, suffix = name.rpartition(".")
    return f".{suffix.lower()}" if dot and stem and 0 < len(suffix) <= 10 else ""


def disposition(name: str, *, inline: bool) -> str:
    """The Content-Disposition header: the name in UTF-8 (RFC 6266, RFC 5987) and an ASCII stand-in."""
    plain = name if re.fullmatch(r"[A-Za-z0-9._ ()-]+", name) else f"file{suffix_of(name)}"
    plain = plain if plain.isascii() else "file"
    kind = "inline" if inline else "attachment"
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
