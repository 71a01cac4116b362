"""The errors raised on purpose; each says what, where, what was expected and what to do."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager


class DeriveError(Exception):
    """Base of all errors meant for the user; the command line prints them without a traceback."""


class UsageError(DeriveError):
    """An argument that cannot be used: an unknown cell or id, an impossible number of steps."""


class SpecError(DeriveError):
    """A cell or data file that does not make sense: a shape, a symbol, a circular definition."""


class RangeError(SpecError):
    """Numbers that grow beyond float64, as of a network without bounds over many steps."""


class StartError(SpecError):
    """A cell of which the first step has no value where its states begin at 0."""


class DerivationError(DeriveError):
    """The calculus has no rule for an operation of the cell."""


class CheckError(DeriveError):
    """A displayed equation failed its numerical check, or was never checked."""


class RenderError(DeriveError):
    """A missing text or symbol, or TeX failed."""


@contextmanager
def checking(what: str) -> Iterator[None]:
    """Raise a `CheckError` that names what is checked, where a check breaks: it has not passed then.

    What is raised on purpose, and what the machine refuses, is raised as it is.
    """
    try:
        yield
    except (DeriveError, MemoryError, RecursionError, OSError):
        raise
    except Exception as error:
        raise broken(what, error) from error


def broken(what: str, error: Exception) -> CheckError:
    """Return the error of a check that could not be finished."""
    said = str(error) or "no message"
    return CheckError(
        f"the check of {what} broke, so that nothing passed it: {type(error).__name__}: {said}. "
        "Nothing is printed or written; this is a fault of the program, please report it"
    )


def shown(text: object, most: int = 80) -> str:
    r"""Return a text as it may stand in a message: on one line, without anything invisible.

    Control characters, those that turn the direction of writing, and those without width are shown
    as Python writes them, ``\x1b`` or ``\u202e``.  A long text keeps its beginning and its end.
    """
    whole = str(text)
    if len(whole) > most:
        end = most // 4
        whole = f"{whole[: most - end - 1]}…{whole[-end:]}"
    return "".join(_visible(c) for c in whole)


def _visible(character: str) -> str:
    # Marks would stand on the character before them.
    if character.isprintable() and unicodedata.category(character) not in ("Mn", "Me"):
        return character
    return character.encode("unicode_escape").decode("ascii")
