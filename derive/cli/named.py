"""The files that tables of documents name, found without reading the tables as such."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path


def named_in(tables: Sequence[str]) -> Iterator[str]:
    """Yield what may be files that tables name, whatever else stands in them."""
    for table in map(Path, tables):
        if table.is_file():
            text = table.read_text(encoding="utf-8", errors="replace")
            for name in re.findall(r"[^,;\"'\n\t=\[\]]+\.(?:toml|json|npz)", text):
                yield str(table.parent / name.strip())
