"""Where the formulas of a Markdown document stand: between two dollar signs, and in tables."""

from __future__ import annotations

import re
from collections.abc import Iterator

from derive.reading.display import DisplayedText
from derive.reading.passage import Passage

_ANCHOR = r'<a id="(?P<label>[^"]*)"></a>'
_NUMBER = r"\\qquad\s*\\text\{\((?P<number>[^()]*)\)\}"

_BLOCK = re.compile(
    rf"(?:{_ANCHOR}\s*)?^\$\$\n(?P<tex>.*?)(?:{_NUMBER}\s*)?^\$\$$", re.DOTALL | re.MULTILINE
)
_CELL = re.compile(
    rf"\$\\displaystyle \{{(?P<tex>[^$]*)\}}\$ \|\s*{_ANCHOR}\((?P<number>[^()]*)\) \|"
)


def displays(document: Passage) -> Iterator[DisplayedText]:
    """Yield the formulas on display, then those of algorithms, which stand in tables."""
    for found in (_BLOCK, _CELL):
        for match in found.finditer(document.text, document.start, document.stop):
            label = match["label"]
            tex = document.part(*match.span("tex"))
            yield DisplayedText((label,) if label else (), tex, match["number"])
