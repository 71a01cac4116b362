"""How the commands of a LaTeX text belong together: what makes a table, a figure, a row of equations.

The words of a block may all be there, and not be set: a table whose rows are defined and never used,
more equations than an environment was told.  So the commands between them are read as well.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from derive.reading.passage import Passage, ReadingError

_BLOCKS = "|".join(
    (
        "titleblock|shortcontents|normalsize|paragraph",
        "heading label",
        "(?:beforedisplay )?equation",
        "instance",
        r"formulas (?P<told>\d+) (?P<given>(?:formula )+)end:formulas",
        "begin:(?P<list>itemize|enumerate) (?:item )+end:(?P=list)",
        "begin:figure centering drawing blockname caption label end:figure",
        "begin:beside:figure centering drawing blockname caption label end:beside"
        " begin:figure begin:alongside centering drawing blockname caption label"
        " end:alongside end:figure",
        "begin:beside:table centering drawing blockname caption label end:beside"
        " begingroup small blockname tablehead tablerows choosecolumns begin:table begin:alongside"
        " centering small caption label expandafter:tabular row:rule:head use:rows bottomrule endtabular"
        " end:alongside end:table endgroup",
        "begingroup small blockname tablehead tablerows choosecolumns expandafter:longtable"
        " caption label row:rule:head endfirsthead row:rule:head endhead bottomrule endfoot"
        " use:rows endlongtable endgroup",
        "begingroup small blockname tablehead tablerows choosecolumns begin:table centering small"
        " caption label (?:expandafter:tabular row:rule:head use:rows bottomrule endtabular"
        "|sbox row:rule:head use:rows bottomrule end:tabular fit) end:table endgroup",
        "refstepcounter label begin:handoutalgorithm"
        " (?:algbreak (?:algline|alglineequation(?: instance)*) )+end:handoutalgorithm",
        "begin:codelisting (?:codeline )+end:codelisting",
        "end:document",
    )
)
_BLOCK = re.compile(f"(?:{_BLOCKS}) ")

_NAMES = {
    "renewcommand\\blockname": "blockname", "def\\tablehead": "tablehead",
    "def\\tablerows": "tablerows", "caption[]": "caption", "section": "heading",
    "subsection": "heading", "formulabreak": "formula", "begin{handoutalgorithm}":
    "begin:handoutalgorithm", "normalsize%": "normalsize", "tablerows": "use:rows",
    "toprule \\tablehead \\\\ \\midrule": "row:rule:head",
}  # fmt: skip
_BEGINS = {
    "expandafter\\tabular": "expandafter:tabular", "expandafter\\longtable": "expandafter:longtable",
    "def\\algbreak": "algbreak", "refstepcounter": "refstepcounter", "sbox": "sbox", "ifdim": "fit",
}  # fmt: skip
_ENVIRONMENT = re.compile(r"(begin|end)\{(\w+)\}(?:\{(figure|table)\})?")


@dataclass
class BlockCommands:
    """The commands of a text in their order, and where each stands."""

    document: Passage
    found: list[tuple[str, int]] = field(default_factory=list)

    def macro(self, name: str, at: int) -> None:
        """Note a macro with what it takes, by its name."""
        self.found.append((_NAMES.get(name, name), at))

    def layout(self, command: str, at: int) -> None:
        """Note a command that sets no words, without its backslash."""
        environment = _ENVIRONMENT.match(command)
        begins = next((n for begin, n in _BEGINS.items() if command.startswith(begin)), command)
        name = ":".join(filter(None, environment.groups())) if environment else begins
        # Alone at the end of a line it parts two rows, which are read as rows.
        if command != "\\":
            self.found.append(
                (_NAMES[command] if command == "tablerows" else self._named(name), at)
            )

    @staticmethod
    def _named(name: str) -> str:
        return _NAMES.get(name, name)

    def require(self) -> None:
        """Raise a `ReadingError` where a command does not belong to those before it."""
        text, places = "", dict[int, tuple[str, int]]()
        for name, place in self.found:
            places[len(text)] = name, place
            text += f"{name} "
        at = 0
        while at < len(text):
            block = _BLOCK.match(text, at)
            if block is None or (
                block["told"] is not None and int(block["told"]) != block["given"].count("formula ")
            ):
                name, place = places[at]
                problem = f"the commands from {name} on make no whole block of a document"
                raise ReadingError(problem, self.document, place)
            at = block.end()
