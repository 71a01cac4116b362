"""How a long run tells how far it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeAlias

Progress: TypeAlias = Callable[[str], None]
"""What is given a line of text whenever a part is done."""

_HEARD: ContextVar[Progress | None] = ContextVar("heard", default=None)


@contextmanager
def told(progress: Progress) -> Iterator[None]:
    """Let what is derived meanwhile, and only kept, tell ``progress`` how far it is."""
    token = _HEARD.set(progress)
    try:
        yield
    finally:
        _HEARD.reset(token)


def heard() -> Progress | None:
    """Return what is told, None where nobody listens."""
    return _HEARD.get()
