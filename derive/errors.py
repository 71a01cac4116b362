"""The errors raised on purpose; each says what, where, what was expected and what to do."""

from __future__ import annotations


class DeriveError(Exception):
    """Base of all errors meant for the user; the command line prints them without a traceback."""


class UsageError(DeriveError):
    """An argument that cannot be used: an unknown cell or id, an impossible number of steps."""


class SpecError(DeriveError):
    """A cell or data file that does not make sense: a shape, a symbol, a circular definition."""


class DerivationError(DeriveError):
    """The calculus has no rule for an operation of the cell."""


class CheckError(DeriveError):
    """A displayed equation failed its numerical check, or was never checked."""


class RenderError(DeriveError):
    """A missing text or symbol, or TeX failed."""
