"""What someone may have meant by a name that does not exist."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

MOST_LISTED = 30
"""A longer list is not read; a command that prints it is named instead."""


def suggestion(name: str, known: Iterable[str], where: str = "") -> str:
    """Return the part of a message that says what was expected: close matches, else a short list.

    ``where`` says how to see all names.
    """
    names = list(known)
    # A wrong capital alone is the smallest of mistakes.
    folded = {known.casefold(): known for known in reversed(names)}
    found = get_close_matches(name.casefold(), folded, n=3, cutoff=0.6)
    close = [folded[match] for match in found]
    if close:
        said = f"did you mean {' or '.join(close)}?"
    elif 0 < len(names) <= MOST_LISTED:
        said = f"expected one of {', '.join(names)}."
    else:
        said = f"there are {len(names)}."
    return f"{said} {where}".strip()
