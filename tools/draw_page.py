"""Draws a page of a PDF: ``python -m tools.draw_page FILE.pdf PAGE.png`` for README.md.

Wants pdftoppm (Debian: poppler-utils).  The picture says of which file it is, so that a test can tell.
"""

from __future__ import annotations

import hashlib
import struct
import subprocess
import sys
import zlib
from pathlib import Path

from pypdf import PdfReader

RESOLUTION = 75
"""Pixels per inch."""

HEADING = "The gradient of U"
"""The heading whose page is shown."""

SIGNATURE = b"\x89PNG\r\n\x1a\n"
KEY = b"Source"


def of_file(pdf: bytes) -> str:
    """Return what a picture says of the file of which it is."""
    return hashlib.sha256(pdf).hexdigest()


def said(png: bytes) -> str:
    """Return of which file a picture says it is; "" if it does not."""
    for kind, content in _chunks(png):
        if kind == b"tEXt" and content.startswith(KEY + b"\0"):
            return content.removeprefix(KEY + b"\0").decode("ascii")
    return ""


def saying(png: bytes, source: str) -> bytes:
    """Return a picture that says of which file it is, and nothing else in words."""
    (first, *others) = [one for one in _chunks(png) if one[0] != b"tEXt"]
    words = (b"tEXt", KEY + b"\0" + source.encode("ascii"))
    return SIGNATURE + b"".join(_chunk(*one) for one in (first, words, *others))


def _chunks(png: bytes) -> list[tuple[bytes, bytes]]:
    if not png.startswith(SIGNATURE):
        raise ValueError("this is no PNG")
    found, at = [], len(SIGNATURE)
    while at < len(png):
        (size,) = struct.unpack(">I", png[at : at + 4])
        found.append((png[at + 4 : at + 8], png[at + 8 : at + 8 + size]))
        at += size + 12
    return found


def _chunk(kind: bytes, content: bytes) -> bytes:
    return (
        struct.pack(">I", len(content)) + kind + content
        + struct.pack(">I", zlib.crc32(kind + content))
    )  # fmt: skip


def page_of(pdf: Path, heading: str) -> int:
    """Return the number of the page, from 1, on which a heading stands; ValueError if none has it."""
    reader = PdfReader(pdf)
    for item in reader.outline:
        if not isinstance(item, list) and str(item.title).partition(" ")[2] == heading:
            number = reader.get_destination_page_number(item)
            if number is not None:
                return number + 1
    raise ValueError(f"{pdf} has no heading {heading!r}")


def draw(pdf: Path, png: Path) -> None:
    """Write the picture of the page of a PDF that README.md shows."""
    page = str(page_of(pdf, HEADING))
    words = ["pdftoppm", "-r", str(RESOLUTION), "-f", page, "-png", "-singlefile", str(pdf)]
    made = subprocess.run(words, check=True, capture_output=True).stdout
    png.write_bytes(saying(made, of_file(pdf.read_bytes())))


if __name__ == "__main__":
    draw(*map(Path, sys.argv[1:]))
