"""Coq's own verdict on a file: it is compiled in a folder of its own, and must rest on nothing."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from derive import budgets
from derive.errors import CheckError

PACKAGES = "coq libcoq-mathcomp-algebra-tactics"
"""The packages of Debian and Ubuntu that have Coq and what the file imports."""

CLOSED = "Closed under the global context"
"""What Coq says of a proof that rests on no axiom."""

# What its tactics say of ways that they tried before the one that holds.
_TRIED = re.compile(r"^Debug:.*?^Unable to unify [^\n]*\n", re.MULTILINE | re.DOTALL)
_ERROR = re.compile(r'File "[^"]*", line (\d+), characters [^:]*:\n(?:Error:)?\s*(.*)', re.DOTALL)
_NAMED = re.compile(r"^(?:Lemma|Theorem|Definition) (\w+)", re.MULTILINE)
_MISSING = re.compile(r"Cannot find a physical path bound to logical path|Unable to locate library")


@dataclass(frozen=True)
class CoqVerdict:
    """What came of asking Coq: ``checked``, and else why it was not asked; ``said`` is what it wrote."""

    checked: bool
    why_not: str = ""
    advice: str = f"apt-get install -y {PACKAGES}, then coqc {{path}}"
    said: str | None = None

    def says(self, path: Path) -> str:
        """Return the verdict in words, and where Coq was not asked how to ask it."""
        if self.checked:
            return CLOSED[0].lower() + CLOSED[1:]
        return f"not checked, as {self.why_not}; to check them: {self.advice.format(path=path)}"


def judged(text: str) -> CoqVerdict:
    """Return what Coq says of a file; a `CheckError` that names the lemma where it refuses it.

    Without Coq on the path, or without the libraries of the file, or where it takes longer than the
    limit ``coq-seconds``, it is not checked.
    """
    program = shutil.which("coqc")
    if program is None:
        return CoqVerdict(False, "coqc is not installed")
    most = budgets.most("coq-seconds")
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "proof.v").write_text(text, encoding="utf-8", newline="\n")
        try:
            done = subprocess.run(
                [program, "-q", "-w", "none", "proof.v"],
                cwd=folder, capture_output=True, encoding="utf-8", check=False, timeout=most,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            why_not = f"coqc was stopped after {most} seconds"
            return CoqVerdict(False, why_not, "coqc {path}, or a larger --limit coq-seconds")
    if done.returncode and _MISSING.search(done.stderr):
        return CoqVerdict(False, "coqc finds no mathcomp")
    if done.returncode:
        raise CheckError(f"Coq refuses {refused(text, done.stderr)}. Nothing is written")
    rests_on = _TRIED.sub("", done.stdout).strip()
    if rests_on != CLOSED:
        raise CheckError(
            f"what Coq has proved rests on more than the file says: {rests_on[:300]}. "
            "Nothing is written; please report it"
        )
    return CoqVerdict(True, said=done.stdout)


def refused(text: str, complaint: str) -> str:
    """Return the lemma in which Coq stopped, and what it said there."""
    found = _ERROR.search(complaint)
    if found is None:
        return f"the file: {complaint.strip()[-300:]}"
    before = "\n".join(text.splitlines()[: int(found[1])])
    names = _NAMED.findall(before)
    said = " ".join(found[2].split())[:200].rstrip(".")
    return f"{names[-1] if names else 'the file'}: {said}"
