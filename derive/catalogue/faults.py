"""What is wrong in a file: all that can be found, raised together and in the order of the lines."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from derive.errors import SpecError
from derive.source import PlacedError

MOST = 8
"""More errors than these are counted and not printed: the first explain most of the others."""


class SeveralError(SpecError):
    """Several errors of one file; ``found`` is what each says, in the order of the lines."""

    def __init__(self, message: str, found: tuple[str, ...]) -> None:
        super().__init__(message)
        self.found = found


class Faults:
    """The errors found so far."""

    def __init__(self) -> None:
        self._found: list[SpecError] = []

    def __len__(self) -> int:
        return len(self._found)

    def note(self, error: SpecError) -> None:
        """Note an error, once: a letter that stands in several shapes is wrong in all of them."""
        if str(error) not in map(str, self._found):
            self._found.append(error)

    @contextmanager
    def noting(self) -> Iterator[None]:
        """Note the error that ends the block, if one does."""
        try:
            yield
        except PlacedError as error:
            self.note(error)

    def settle(self) -> None:
        """Raise what was found, if anything: one error by itself, several as one message."""
        if len(self._found) == 1:
            raise self._found[0]
        if self._found:
            found = sorted(self._found, key=_line)
            raise SeveralError(self._message(), tuple(str(error) for error in found))

    def _message(self) -> str:
        rows = [str(error) for error in sorted(self._found, key=_line)]
        more = len(rows) - MOST
        count = [f"and {more} more"] if more > 0 else []
        return "\n".join([*rows[:MOST], *count])


def _line(error: SpecError) -> int:
    """Return the line of an error; what is missing has none and comes first."""
    return error.origin.line if isinstance(error, PlacedError) else 0
