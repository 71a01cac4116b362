"""What `derive` needs from this machine, what is there, and how to get the rest.

Quick on purpose: packages are looked up, not imported, and TeX is asked once.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TextIO

from derive.cli.streams import visible
from derive.resources import tex_table

PYTHON = (3, 11)

PIP = f"{sys.executable} -m pip install"
APT = "sudo apt-get update && sudo apt-get install -y --no-install-recommends"

PATIENCE, MOST_BYTES = 20.0, 1 << 20
"""How long a program is waited for, in seconds, and how much of what it says is read."""

PACKAGES = {
    "sympy": "algebra, and the proof of the scalar rules",
    "numpy": "evaluates every printed equation",
    "pydantic": "checks the files of users",
    "jinja2": "fills the layouts",
    "pylatex": "builds LaTeX documents",
    "matplotlib": "sets the letters of pictures",
    "mpmath": "compares the values of exact expressions",
    "babel": "knows the plural forms of languages",
    "rich": "sets tables and shows progress",
    "argcomplete": "completes what is typed in a shell",
    "typst": "makes PDF where TeX is not installed",
}


@dataclass(frozen=True)
class Requirement:
    """One thing looked for: `found` is its version or path, None when it is missing."""

    name: str
    needed_for: str
    found: str | None
    installer: str
    package: str

    @property
    def command(self) -> str:
        """What to run to get it."""
        return f"{self.installer} {self.package}"


@dataclass(frozen=True)
class TexNeed:
    """One line of `tex.txt`; `kind` is "program" or "file"."""

    kind: str
    name: str
    package: str
    needed_for: str


def tex_needs() -> list[TexNeed]:
    """Return what the PDF needs from TeX, in the order of the list."""
    lines = tex_table().read_text(encoding="utf-8").splitlines()
    return [TexNeed(*line.split(None, 3)) for line in lines if line and not line.startswith("#")]


def diagnose() -> list[Requirement]:
    """Everything needed, found or not."""
    return [_python(), *_packages(), *_tex()]


def _python() -> Requirement:
    version = ".".join(map(str, sys.version_info[:3]))
    least = ".".join(map(str, PYTHON))
    found = version if sys.version_info >= PYTHON else None
    return Requirement(f"Python {least}", "everything", found, APT, f"python{least}")


def _packages() -> Iterator[Requirement]:
    for name, needed_for in PACKAGES.items():
        try:
            found = metadata.version(name)
        except metadata.PackageNotFoundError:
            found = None
        yield Requirement(name, needed_for, found, PIP, name)


def _tex() -> Iterator[Requirement]:
    needs = tex_needs()
    paths = _tex_files([need.name for need in needs if need.kind == "file"])
    for need in needs:
        found = shutil.which(need.name) if need.kind == "program" else paths.get(need.name)
        yield Requirement(need.name, need.needed_for, found, APT, need.package)


def _tex_files(names: list[str]) -> dict[str, str]:
    """Where TeX finds each file; what it does not find is left out."""
    kpsewhich = shutil.which("kpsewhich")
    if kpsewhich is None:
        return {}
    # Once each: a program that says the same without end would be believed a hundred thousand times.
    lines = dict.fromkeys(_answer([kpsewhich, *names]).splitlines())
    paths = [Path(line) for line in lines]
    # Whatever stands under this name may say anything: what counts is there.
    return {path.name: str(path) for path in paths if path.name in names and _is_file(path)}


def _answer(command: list[str]) -> str:
    """Return what a program prints, for a while and up to a length; nothing if it cannot be run."""
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError:
        return ""

    def stop() -> None:
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)

    with process:
        timer = threading.Timer(PATIENCE, stop)
        timer.start()
        try:
            said = process.stdout.read(MOST_BYTES) if process.stdout else b""
            return said.decode("utf-8", "replace")
        finally:
            timer.cancel()
            stop()


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def main_doctor(stream: TextIO) -> int:
    """Write a table of the findings; 0 when nothing is missing, else 1."""
    findings = diagnose()
    name_width = max(len(finding.name) for finding in findings)
    use_width = max(len(finding.needed_for) for finding in findings)
    for finding in findings:
        mark = "missing" if finding.found is None else "ok"
        row = f"{mark:8}{finding.name:{name_width}}  {finding.needed_for:{use_width}}"
        stream.write(visible(f"{row}  {finding.found or ''}".rstrip()) + "\n")
    missing = [finding for finding in findings if finding.found is None]
    if not missing:
        stream.write("Nothing is missing.\n")
        return 0
    stream.write(f"\n{len(missing)} missing. To get what is missing:\n")
    for installer in dict.fromkeys(finding.installer for finding in missing):
        packages = {finding.package for finding in missing if finding.installer == installer}
        stream.write(f"  {installer} {' '.join(sorted(packages))}\n")
    names = {finding.name for finding in missing}
    if names <= {need.name for need in tex_needs()}:
        stream.write("Markdown and figures need none of this, and Typst makes PDF without it.\n")
    return 1
