"""Where the formulas of a Markdown document stand, in each of its dialects."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from derive.reading.display import DisplayedText
from derive.reading.passage import Passage

_ANCHOR = r'<a id="(?P<label>[^"]*)"></a>'
_ANCHORS = r'(?:<a id="[^"]*"></a>)*'
_TEXT = r"\\qquad\s*\\text\{\((?P<number>[^()]*)\)\}"
_TAG = r"\\tag\{(?P<number>[^{}]*)\}"


def _block(opening: str, closing: str, number: str) -> re.Pattern[str]:
    return re.compile(
        rf"(?:{_ANCHOR}\s*)?^{opening}\n(?P<tex>.*?)(?:{number}\s*)?^{closing}$",
        re.DOTALL | re.MULTILINE,
    )


def _cell(opening: str, closing: str) -> re.Pattern[str]:
    """Return the pattern of a formula of an algorithm, which stands in a table."""
    return re.compile(
        rf"{opening}\\displaystyle \{{(?P<tex>[^$]*)\}}{closing} \|"
        rf"\s*{_ANCHORS}{_ANCHOR}\((?P<number>[^()]*)\) \|"
    )


DISPLAYS: Mapping[str, tuple[re.Pattern[str], ...]] = {
    "common": (_block(r"\$\$", r"\$\$", _TEXT), _cell(r"\$", r"\$")),
    "mkdocs": (_block(r"\$\$", r"\$\$", _TAG), _cell(r"\$", r"\$")),
    "github": (_block("```math", "```", _TEXT), _cell(r"\$`", r"`\$")),
    "myst": (
        re.compile(
            r"^ *```\{math\}\n *:label: (?P<label>\S+)\n\s*\n(?P<tex>.*?)(?P<number>^\b\B)?^ *```$",
            re.DOTALL | re.MULTILINE,
        ),
    ),
}
"""The patterns of formulas on display, by dialect: those alone on their lines first."""


def displays(document: Passage, dialect: str = "common") -> Iterator[DisplayedText]:
    """Yield the formulas on display, then those of algorithms, which may stand in tables."""
    for found in DISPLAYS[dialect]:
        for match in found.finditer(document.text, document.start, document.stop):
            label = match["label"]
            tex = document.part(*match.span("tex"))
            yield DisplayedText((label,) if label else (), tex, match["number"])
