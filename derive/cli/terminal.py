"""What a person sees besides the result: progress and colours, where there is a terminal."""

from __future__ import annotations

import os
import shutil
from typing import TextIO

from derive.cli.streams import visible

_CLEAR = "\r\x1b[K"
_CODES = {"good": "32", "bad": "1;31", "faint": "2"}


class Terminal:
    """Standard output for results, standard error for the rest.

    ``verbosity`` is −1 for quiet, 0, or 1 for a line of progress per step of the work.
    """

    def __init__(self, out: TextIO, err: TextIO, verbosity: int = 0) -> None:
        self.out, self.err, self.verbosity = out, err, verbosity
        self._shown = False

    def say(self, line: str) -> None:
        """Write a line of the result."""
        self.out.write(visible(line) + "\n")

    def remark(self, line: str) -> None:
        """Write a line beside the result, unless quiet."""
        if self.verbosity >= 0:
            self.clear()
            self.err.write(visible(line) + "\n")

    def progress(self, message: str) -> None:
        """Show what is being done: in place on a terminal, line by line when verbose, else not."""
        if self.verbosity > 0:
            self.err.write(visible(message) + "\n")
        elif self.verbosity == 0 and _lively(self.err):
            width = shutil.get_terminal_size().columns - 1
            self.err.write(_CLEAR + visible(message.replace("\n", " "))[:width])
            self.err.flush()
            self._shown = True

    def clear(self) -> None:
        """Take back the line of progress."""
        if self._shown:
            self.err.write(_CLEAR)
            self.err.flush()
            self._shown = False

    def paint(self, text: str, manner: str, stream: TextIO | None = None) -> str:
        """Return text in a colour (good, bad, faint), if the stream is a terminal that wants any."""
        if not _colourful(stream or self.out):
            return text
        return f"\x1b[{_CODES[manner]}m{text}\x1b[0m"


def _lively(stream: TextIO) -> bool:
    return stream.isatty() and os.environ.get("TERM", "") != "dumb"


def _colourful(stream: TextIO) -> bool:
    # no-color.org: any value that is not empty.
    return _lively(stream) and not os.environ.get("NO_COLOR")
