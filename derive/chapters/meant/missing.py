"""The error for what is owed and stands nowhere."""

from __future__ import annotations

from derive.errors import CheckError


def lacks(what: str, problem: str) -> CheckError:
    """Return the error for a document that leaves something out."""
    return CheckError(
        f"{what} lacks {problem}. Nothing is written; correct the chapter that leaves it out"
    )
