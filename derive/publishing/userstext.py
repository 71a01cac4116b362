"""What is to stand in a document for a text that its user wrote, found without what writes it."""

from __future__ import annotations

import re
import unicodedata

_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")


def cleaned(text: str) -> str:
    """Return a user's text on one line, without what turns the direction of writing."""
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    spaced = (" " if unicodedata.category(c) == "Cc" else c for c in _TURNING.sub("", text))
    return "".join(spaced)


def as_set(text: str) -> str:
    """Return it between the signs that keep what follows from being drawn to its left.

    They stand where a letter of it is written to the left, or a digit that goes with such.
    """
    found = cleaned(text)
    words = " ".join(re.sub("[\u2028\u2029]", " ", found).split(" "))
    ways = set(map(unicodedata.bidirectional, words))
    bare = re.sub(" +", " ", words).strip(" ")
    return f"\u2068{bare}\u2069" if ways & {"R", "AL", "AN"} else found
