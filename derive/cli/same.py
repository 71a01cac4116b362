"""Refusals of answers that are not what was confirmed; nothing heavy is loaded for them."""

from __future__ import annotations

from derive.errors import CheckError


def unlike(what: str, found: object, wanted: object) -> CheckError:
    """Return the error for a text that does not say what was confirmed."""
    return CheckError(
        f"what would be printed is not what was confirmed: {what} reads {found}, where {wanted} "
        "was confirmed. Nothing is printed; please report it"
    )


def require_same(what: str, found: object, wanted: object) -> None:
    """Raise a `CheckError` unless what was read is what was confirmed."""
    if found != wanted:
        raise unlike(what, found, wanted)
