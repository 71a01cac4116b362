from __future__ import annotations
from collections.abc import Iterator
from derive.chapters.context import Context
from derive.document import Block
def flow(c: Context) -> Iterator[Block]:
    yield from ()
