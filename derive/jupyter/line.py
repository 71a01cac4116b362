"""How far a derivation is, below the cell of a notebook that waits for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from IPython.core.interactiveshell import InteractiveShell
from IPython.display import DisplayHandle, display

from derive.progress import told


@contextmanager
def shown_below(shell: InteractiveShell | None) -> Iterator[None]:
    """Show what is told meanwhile in one line, which is empty again at the end.

    Only in a notebook: elsewhere a line that was shown could not be changed.
    """
    if getattr(shell, "kernel", None) is None:
        yield
        return
    line: DisplayHandle = display({"text/plain": ""}, raw=True, display_id=True)  # type: ignore[no-untyped-call]

    def show(text: str) -> None:
        line.update({"text/plain": text}, raw=True)  # type: ignore[no-untyped-call]

    try:
        with told(lambda part: show(f"derived and checked: {part}")):
            yield
    finally:
        show("")
