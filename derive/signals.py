"""Signals that ask to stop: they end the work in order, and wait where it must not be cut."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

STOPPING = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]

GRACE = 2.0
"""Seconds in which further signals are taken for the first one: Ctrl-C is often pressed twice."""


class Stopped(KeyboardInterrupt):
    """A signal asked to stop; ``number`` says which."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


@contextmanager
def stoppable() -> Iterator[None]:
    """Within the block the signals that ask to stop raise `Stopped`, so that all is tidied up.

    One that is ignored from outside, as nohup does, stays ignored.
    """
    first: float | None = None

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal first
        now = time.monotonic()
        if first is None or now - first > GRACE:
            first = now
            raise Stopped(number)

    with _handled(stop):
        yield


@contextmanager
def held() -> Iterator[None]:
    """Within the block no signal asks to stop; one that comes is heard when the block is over."""
    came: list[int] = []
    try:
        # Handlers, not a mask: a mask is one thread's, and the signal could come by another.
        with _handled(lambda number, frame: came.append(number)):
            yield
    finally:
        if came:
            signal.raise_signal(came[0])


@contextmanager
def _handled(handler: Any) -> Iterator[None]:
    """Within the block the handler is in place; Python allows that in the main thread only."""
    before: dict[int, Any] = {}
    try:
        if threading.current_thread() is threading.main_thread():
            for number in STOPPING:
                # None is a handler that Python did not set and could not put back.
                if signal.getsignal(number) not in (signal.SIG_IGN, None):
                    before[number] = signal.getsignal(number)
                    signal.signal(number, handler)
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)
