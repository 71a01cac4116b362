"""What a person sees: the result, tables, progress, and colours where there is a terminal.

Rich sets the tables and shows the progress. It is imported where it is used, as that takes longer
than `derive --help` may.
"""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from derive.cli.asked import CommandLine
from derive.cli.same import unlike
from derive.cli.streams import uncoloured, visible
from derive.errors import checking, shown

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress
    from rich.table import Table

_CODES = {"good": "32", "bad": "1;31", "faint": "2"}

_WIDE = 1 << 16
"""Columns enough for any table: what is no terminal has no width, and nothing is folded or cut."""


class Terminal:
    """Standard output for results, standard error for the rest.

    ``verbosity`` is −1 for quiet, 0, or 1 for a line of progress per step of the work.  ``asked`` are
    the words that were typed: no result is written while one of them is not compared with it, and none
    that was not read back (`read_back`, `give`).  ``given`` are the lines that were written of results
    in lines, without colours, and ``remarks`` what was remarked beside them.
    """

    def __init__(
        self, out: TextIO, err: TextIO, verbosity: int = 0, asked: CommandLine | None = None
    ) -> None:
        self.out, self.err, self.verbosity = out, err, verbosity
        self.asked = asked or CommandLine()
        self._progress: Progress | None = None
        self._wide: io.StringIO | None = None
        self.doing = ""
        self.given: list[str] = []
        self.remarks: list[str] = []

    @contextmanager
    def read_back(self, require: Callable[[list[str]], object]) -> Iterator[None]:
        """Hold back what is written within the block until its lines have been read.

        ``require`` is given them without colours, and tables unfolded; what it raises is raised, and
        then nothing is written.
        """
        out, held, self._wide = self.out, _Held(self.out), io.StringIO()
        self.out = held
        try:
            yield
            read = self._wide.getvalue()
        finally:
            self.out, self._wide = out, None
        text, lines = held.getvalue(), read.splitlines()
        with checking("what is printed"):
            require(lines)
        _require_alike(uncoloured(text), read, folded=_lively(out))
        _require_coloured(text)
        self.given += lines
        out.write(text)

    def give(self, text: str, require: Callable[[str], object]) -> None:
        """Write a result that is one text, as it is, once ``require`` has read it."""
        require(text)
        self.settle().write(text)

    def settle(self) -> TextIO:
        """Return where results are written; a `CheckError` while not all that was typed is compared."""
        with checking("what was asked for"):
            self.asked.require_all()
        _require_checks_tried()
        return self.out

    def say(self, line: str) -> None:
        """Write a line of the result."""
        self._write(visible(line) + "\n")

    def _write(self, text: str, unfolded: str | None = None) -> None:
        if self._wide is None:
            raise unlike("a result", shown(text), "nothing")
        self.settle().write(text)
        self._wide.write(uncoloured(text if unfolded is None else unfolded))

    def json(self, value: object) -> None:
        """Write the result for other programs."""
        import json

        self.asked.require_there("json", True)
        self.say(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False))

    def table(
        self, head: Sequence[str], rows: Iterable[Sequence[str]], right: Collection[int] = ()
    ) -> None:
        """Write a table; the columns numbered in ``right`` are of numbers.

        A cell may be painted. On a terminal that is too narrow, cells are folded.
        """
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
        for n, title in enumerate(head):
            table.add_column(title, justify="right" if n in right else "left", overflow="fold")
        for row in rows:
            table.add_row(*(Text.from_ansi(visible(cell)) for cell in row))
        self._write(_set(table, self.out), _set(table, io.StringIO()))

    def remark(self, line: str, require: Callable[[str], None]) -> None:
        """Write a line beside the result, unless quiet, once ``require`` has read it."""
        text = visible(line)
        with checking("a remark"):
            require(text)
        if self.verbosity >= 0:
            self.clear()
            self.err.write(text + "\n")
            self.remarks.append(text)

    def progress(self, message: str) -> None:
        """Show what is being done: in place on a terminal, line by line when verbose, else not."""
        self.doing = message
        if self.verbosity > 0:
            self.err.write(visible(message) + "\n")
        elif self.verbosity == 0 and _lively(self.err):
            shown = visible(message.replace("\n", " "))
            if self._progress is None:
                self._progress = _progress(self.err)
                self._progress.add_task(shown)
                self._progress.start()
            else:
                self._progress.update(self._progress.task_ids[0], description=shown)

    def clear(self) -> None:
        """Take back the line of progress."""
        if self._progress is not None:
            shown, self._progress = self._progress, None
            shown.stop()

    def paint(self, text: str, manner: str, stream: TextIO | None = None) -> str:
        """Return text in a colour (good, bad, faint), if the stream is a terminal that wants any."""
        if not _colourful(stream or self.out):
            return text
        return f"\x1b[{_CODES[manner]}m{text}\x1b[0m"


def _require_checks_tried() -> None:
    """Raise a `CheckError` if checks that were made so far would have passed what is false."""
    # What loaded no check rests on none, and is not to wait for it.
    if "derive.checks.verify" in sys.modules:
        from derive.checks.tried import require_tried

        require_tried()


def _progress(stream: TextIO) -> Progress:
    """Return a line with a sign of life, what is being done, and for how long."""
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.table import Column

    # Others of its spinners are in characters that an encoding may lack.
    return Progress(
        SpinnerColumn("line"),
        TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True)),
        TimeElapsedColumn(),
        console=_console(stream, stream),
        refresh_per_second=5,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )


class _Held(io.StringIO):
    """Text that is shaped for another stream, and held back from it."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._stream = stream

    def isatty(self) -> bool:
        """Tell whether the other stream is a terminal."""
        return self._stream.isatty()


def _require_alike(text: str, read: str, folded: bool) -> None:
    """Raise a `CheckError` unless a text is the one that was read, but for lines that are folded."""
    if text != read and not (
        folded and sorted("".join(text.split())) == sorted("".join(read.split()))
    ):
        raise unlike("the text", shown(text), shown(read))


_PAINTED = re.compile("\x1b\\[(?P<code>32|1;31)m(?P<word>[^\x1b]*)\x1b\\[0m")
_GREEN, _RED = "32", "1;31"
_WORDS = {"passed": _GREEN, "agrees": _GREEN, "FAILED": _RED, "differs": _RED}


def _require_coloured(text: str) -> None:
    """Raise a `CheckError` if a verdict has the colour of the other one."""
    for found in _PAINTED.finditer(text):
        if _WORDS.get(found["word"], found["code"]) != found["code"]:
            raise unlike(f"the colour of {found['word']}", found["code"], _WORDS[found["word"]])


def _set(table: Table, stream: TextIO) -> str:
    """Return the lines of a table as they are to be shown on a stream."""
    made = io.StringIO()
    _console(made, stream).print(table)
    return "".join(f"{line.rstrip()}\n" for line in made.getvalue().splitlines())


def _console(file: TextIO, stream: TextIO) -> Console:
    """Return what writes into ``file`` as it is to be shown on ``stream``."""
    from rich.console import Console

    width = _WIDE
    if _lively(stream):
        import shutil

        width = shutil.get_terminal_size().columns
    return Console(
        file=file,
        width=width,
        force_terminal=_lively(stream),
        color_system="standard" if _colourful(stream) else None,
        no_color=not _colourful(stream),
        force_jupyter=False,
        legacy_windows=False,
        markup=False,
        emoji=False,
        highlight=False,
    )


def _lively(stream: TextIO) -> bool:
    return stream.isatty() and os.environ.get("TERM", "") != "dumb"


def _colourful(stream: TextIO) -> bool:
    # no-color.org: any value that is not empty.
    return _lively(stream) and not os.environ.get("NO_COLOR")
