"""Standard output and error that fail clearly: whatever they are, and whatever they can hold."""

from __future__ import annotations

import codecs
import contextlib
import io
import os
import re
import select
import sys
import unicodedata
from collections.abc import Iterator
from typing import Any, TextIO, cast

from derive.errors import DeriveError

ESCAPE = "derive.escape"
"""How characters are written that an encoding lacks: as \\uXXXX, which JSON and Python read."""

_UNUSUAL = re.compile("[^ -~\t\n]")
_UNSEEN = ("Cc", "Cf", "Cs", "Zl", "Zp")
"""Controls, what turns the direction of text, halves of characters, and what splits lines."""

_COLOUR = re.compile("(\x1b\\[(?:0|1;31|2|32)m)")
"""Those of `Terminal.paint`."""


class OutputError(DeriveError):
    """Standard output cannot be written."""


def _escaped(character: str) -> str:
    # A character beyond \uFFFF is two of them, as in JSON.
    both = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{both[i : i + 2].hex()}" for i in range(0, len(both), 2))


def _escape(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    found = error.object[error.start : error.end]
    return "".join(map(_escaped, found)), error.end


codecs.register_error(ESCAPE, _escape)


def visible(text: str) -> str:
    r"""Return text with what a terminal would obey instead of show as \uXXXX; colours stay."""
    parts = _COLOUR.split(text)
    parts[::2] = [_UNUSUAL.sub(lambda found: _seen(found[0]), part) for part in parts[::2]]
    return "".join(parts)


def uncoloured(text: str) -> str:
    """Return text without its colours."""
    return "".join(_COLOUR.split(text)[::2])


def _seen(character: str) -> str:
    unseen = unicodedata.category(character) in _UNSEEN
    return _escaped(character) if unseen else character


def shortened(text: str, most: int = 400) -> str:
    """Return text whose absurdly long words and lines have their middle left out."""
    lines = (_cut(re.sub(rf"\S{{{most},}}", lambda w: _cut(w[0], most), line), 5 * most)
             for line in text.split("\n"))  # fmt: skip
    return "\n".join(lines)


def _cut(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    half = most // 2 - 20
    return f"{text[:half]} … ({len(text) - 2 * half} characters) … {text[-half:]}"


class _Patient(io.RawIOBase):
    """Writes to a descriptor, and waits where that would not wait itself."""

    def __init__(self, descriptor: int, required: bool) -> None:
        self.descriptor, self.required = descriptor, required

    def fileno(self) -> int:
        return self.descriptor

    def isatty(self) -> bool:
        return os.isatty(self.descriptor)

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        while True:
            try:
                return os.write(self.descriptor, data)
            except BlockingIOError:
                select.select([], [self.descriptor], [], 60)
            except OSError as error:
                if not self.required:
                    # Where remarks cannot be shown, there is nobody to tell.
                    return len(data)
                if isinstance(error, BrokenPipeError):
                    raise
                raise OutputError(f"standard output cannot be written: {error.strerror}") from error


def _own(stream: Any, descriptor: int) -> TextIO:
    """Return a stream of our own in place of the one that Python made for this descriptor."""
    try:
        theirs = stream is not None and stream.fileno() != descriptor
    except (OSError, ValueError, AttributeError):
        theirs = True
    if theirs:
        # A test's, or a notebook's.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=ESCAPE)
        return cast(TextIO, stream)
    patient = _Patient(descriptor, required=descriptor == 1)
    encoding = getattr(stream, "encoding", None) or "utf-8"
    by_line = descriptor == 2 or patient.isatty()
    return io.TextIOWrapper(io.BufferedWriter(patient), encoding, ESCAPE, line_buffering=by_line)


def _finish(stream: TextIO) -> None:
    """Write what is left, or give it up: Python would complain of it when it exits."""
    with contextlib.suppress(OSError, OutputError, ValueError):
        stream.flush()
        return
    raw = getattr(getattr(stream, "buffer", None), "raw", None)
    if isinstance(raw, _Patient):
        raw.required = False
        with contextlib.suppress(OSError):
            stream.flush()


@contextlib.contextmanager
def streams() -> Iterator[tuple[TextIO, TextIO]]:
    """Yield standard output and error for one command; `sys` has them meanwhile."""
    for descriptor in (0, 1, 2):
        # Else the first file that is opened gets the number of a closed one, and its writes.
        with contextlib.suppress(OSError):
            _refill(descriptor)
    before = sys.stdout, sys.stderr
    out, err = _own(sys.stdout, 1), _own(sys.stderr, 2)
    sys.stdout, sys.stderr = out, err
    try:
        yield out, err
    finally:
        sys.stdout, sys.stderr = before
        _finish(out)
        _finish(err)


def _refill(descriptor: int) -> None:
    try:
        os.fstat(descriptor)
    except OSError:
        # The lowest that is free, which is this one.  Writing into it fails, if it is for reading.
        os.set_inheritable(os.open(os.devnull, os.O_RDONLY), True)
