"""What the independent checker says of a certificate: it is run by itself, on the text as written."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from derive.errors import CheckError
from derive.proving.tried import certificate, require_tried

CHECKER = Path(__file__).with_name("checker.py")
"""The checker: it is shipped to be read and run, and never imported."""

_LINE = re.compile(r"(refused|no rule) ([\w-]+): (.*)")
_SUMMARY = re.compile(r"(\d+) of (\d+) statements proved, for every T and every size")

_ENDED = {0, 1, 3}
"""The exit statuses of a checker that has come to its verdicts."""


@dataclass(frozen=True)
class ProofVerdict:
    """What became of the statements: those refused and those without a rule, each with its reason.

    ``said`` are the lines of the checker, as it wrote them.
    """

    proved: int
    total: int
    refused: tuple[tuple[str, str], ...]
    unruled: tuple[tuple[str, str], ...]
    said: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        """Return the counts in a line, and whether something is left."""
        left = len(self.unruled)
        said = f"{self.proved} of {self.total} statements proved, for every T and every size"
        return f"{said}; no rule for {left}" if left else said


def checker() -> str:
    """Return the text of the checker."""
    return CHECKER.read_text(encoding="utf-8")


def judged(text: str, program: str | None = None, most: int | None = None) -> ProofVerdict:
    """Return the checker's verdict on a certificate, found in an empty folder by a program of its own.

    ``most`` is how many terms it may make; what is left then is not proved.  A `CheckError` if the
    checker breaks, if its counts are not those of its own lines, or if it does not tell right from
    wrong where that is known.
    """
    with tempfile.TemporaryDirectory() as folder:
        for name, content in (
            ("checker.py", checker() if program is None else program),
            ("certificate.json", text),
            ("trial.json", certificate()),
        ):
            (Path(folder) / name).write_text(content, encoding="utf-8", newline="\n")
        # Side by side: what is known takes as long as a small network.
        runs = [
            subprocess.Popen(
                [sys.executable, "-I", "-X", "utf8", "checker.py", name, *allowed],
                cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
            )
            for name, allowed in (
                ("certificate.json", [] if most is None else [str(most)]), ("trial.json", []),
            )
        ]  # fmt: skip
        try:
            verdict, tried = [_verdict(run) for run in runs]
        finally:
            for run in runs:
                run.kill()
                run.communicate()
    require_tried([id_ for id_, _ in tried.refused], [id_ for id_, _ in tried.unruled])
    for found, content in ((verdict, text), (tried, certificate())):
        if found.total != len(json.loads(content)["statements"]):
            raise CheckError(
                "the checker of certificates has not judged them all; please report it"
            )
    return verdict


def _verdict(run: subprocess.Popen[str]) -> ProofVerdict:
    said, complaint = run.communicate()
    if run.returncode not in _ENDED:
        raise CheckError(
            f"the checker of certificates broke: {complaint.strip()[-300:]}; please report it"
        )
    return read(said.splitlines(), run.returncode)


def read(lines: Sequence[str], status: int) -> ProofVerdict:
    """Return what the lines of the checker say; a `CheckError` if they contradict each other."""
    *found, last = lines
    rows = [_LINE.fullmatch(line) for line in found]
    summary = _SUMMARY.fullmatch(last)
    if summary is None or None in rows:
        raise CheckError("what the checker of certificates says cannot be read; please report it")
    said = [(row[1], row[2], row[3]) for row in rows if row is not None]
    refused = tuple((id_, why) for kind, id_, why in said if kind == "refused")
    unruled = tuple((id_, why) for kind, id_, why in said if kind == "no rule")
    proved, total = int(summary[1]), int(summary[2])
    wanted = 1 if refused else 3 if unruled else 0
    if status != wanted or total - proved != len({id_ for _, id_, _ in said}):
        raise CheckError("the checker of certificates contradicts itself; please report it")
    return ProofVerdict(proved, total, refused, unruled, tuple(lines))
