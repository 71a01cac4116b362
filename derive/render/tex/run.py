"""Runs XeLaTeX where it can do no harm, as often as needed and no longer than allowed."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from derive.errors import RenderError
from derive.progress import Progress
from derive.render.tex.log import describe, failure, faults
from derive.signals import held

SECONDS = 120.0
_PASSES = 5

_PR_SET_PDEATHSIG = 1

# The date in the PDF: any, but always the same (2000-01-01).
_EPOCH = "946684800"
# What one pass leaves for the next; when it comes out as it went in, references have settled.
_CARRIED = (".aux", ".toc", ".out")


def compile_folder(
    folder: Path,
    *,
    seconds: float = SECONDS,
    strict: bool = True,
    progress: Progress | None = None,
) -> Path:
    """Return the PDF of ``folder/main.tex``, made within ``folder``.

    XeLaTeX runs without the PDF part until references settle, which is cheaper than latexmk (it
    writes the PDF each time), then the PDF is written once.  RenderError if TeX is missing, fails
    or takes longer than ``seconds``; if ``strict``, also for lines in the margin and for characters
    that the fonts lack.
    """
    for program in ("xelatex", "xdvipdfmx"):
        if shutil.which(program) is None:
            raise RenderError(
                f"no PDF can be made: the program {program} is not installed; "
                "`derive doctor` says what TeX needs and how to get it (Markdown needs no TeX)"
            )
    run = _Run(folder, seconds, progress or (lambda _: None))
    before: list[bytes] | None = None
    for count in range(1, _PASSES + 1):
        run.xelatex(count)
        after = run.carried()
        if after == before:
            break
        before = after
    else:
        raise RenderError(f"TeX's references did not settle in {_PASSES} passes")
    log = run.log()
    if strict and (found := faults(log)):
        source = (folder / "main.tex").read_text(encoding="utf-8")
        raise RenderError(f"the pages would not be fit to read:\n{describe(found, source)}")
    run.write_pdf()
    return folder / "main.pdf"


class _Run:
    """The runs of one document, under one time limit."""

    def __init__(self, folder: Path, seconds: float, progress: Progress) -> None:
        self.folder = folder
        self.seconds = self.left = seconds
        self.progress = progress
        self.read: list[bytes] | None = None
        """What the last pass has read."""
        self.environment = {
            **os.environ,
            # TeX reads and writes below its folder and its own trees only.
            "openin_any": "p",
            "openout_any": "p",
            "SOURCE_DATE_EPOCH": _EPOCH,
            "FORCE_SOURCE_DATE": "1",
            "TZ": "UTC",
            # Messages in one line each, so that they can be read.
            "max_print_line": "10000",
            "error_line": "254",
            "half_error_line": "238",
        }

    def xelatex(self, count: int) -> None:
        """One pass, without PDF."""
        self.progress(f"XeLaTeX, pass {count}")
        self.read = self.carried()
        code = self._start(
            "xelatex",
            "-no-pdf",
            "-interaction=nonstopmode",
            "-halt-on-error",
            "-no-shell-escape",
            "main.tex",
        )
        if code != 0:
            message = failure(self.log())
            hint = " (`derive doctor` says what is missing)" if "not found" in message else ""
            raise RenderError(f"TeX failed{hint}:\n{message}")

    def write_pdf(self) -> None:
        """Write the PDF from what the last pass left."""
        self.progress("writing the PDF")
        if self.read != self.carried():
            raise RenderError(
                "TeX's references had not settled when the PDF was about to be written. Nothing is "
                "written; please report it"
            )
        if self._start("xdvipdfmx", "-q", "-E", "-o", "main.pdf", "main.xdv") != 0:
            said = (self.folder / "run.txt").read_text(encoding="utf-8", errors="replace").strip()
            raise RenderError(f"xdvipdfmx could not write the PDF: {said or 'it does not say why'}")

    def carried(self) -> list[bytes]:
        """Return what the next pass will read."""
        files = (self.folder / f"main{suffix}" for suffix in _CARRIED)
        return [file.read_bytes() if file.exists() else b"" for file in files]

    def log(self) -> str:
        """Return the log of the last pass."""
        file = self.folder / "main.log"
        return file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""

    def _start(self, *command: str) -> int:
        begin = time.monotonic()
        with (self.folder / "run.txt").open("wb") as said:
            process = subprocess.Popen(
                command,
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_bound_to_parent(),
            )
            try:
                code = process.wait(timeout=self.left)
            except subprocess.TimeoutExpired as error:
                raise RenderError(
                    f"{command[0]} took longer than {self.seconds:g} s and was stopped; "
                    "allow more time, or make the document smaller"
                ) from error
            finally:
                # Also on Ctrl-C; a macro can loop for ever, and what TeX started with it.
                with held():
                    _stop(process)
        self.left -= time.monotonic() - begin
        return code


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Stop a program and all that it started."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _bound_to_parent() -> Callable[[], None] | None:
    """Return what makes a new process die with this one, however it dies; None where it cannot."""
    if not sys.platform.startswith("linux"):
        return None
    parent = os.getpid()
    # Found before the fork, after which little may be done.
    control = ctypes.CDLL(None, use_errno=True).prctl

    def bind() -> None:
        control(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)

    return bind
