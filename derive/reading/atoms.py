"""The atoms of a formula: letters with their indices, functions, derivatives, brackets."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

from derive.reading.cursor import TexCursor, separated
from derive.reading.passage import Passage
from derive.reading.tokens import TexToken
from derive.reading.tree import (
    Call,
    Derivative,
    Dots,
    EntryOf,
    FractionNode,
    Grid,
    Indicator,
    Nabla,
    NameNode,
    NormOf,
    Numeral,
    Ones,
    Over,
    RowNode,
    SizedZero,
    Tint,
    TreeNode,
    WordGroup,
)

ACCENTS = ("\\tilde", "\\hat", "\\bar", "\\dot", "\\vec", "\\widetilde", "\\widehat", "\\overline")
UPRIGHT = ("\\mathrm", "\\text", "\\mathit", "\\mathsf", "\\operatorname")
BOLD = ("\\mathbf", "\\boldsymbol", "\\symbf")

EULER = "\\mathrm{e}"
"""The letter of the exponential function, ``e`` set upright."""


class Atoms(TexCursor, ABC):
    """Reads atoms; what they contain is read by the methods of the parser above."""

    beginnings = frozenset(
        ("{", "(", "[", "\\frac", "\\nabla", "\\partial", "\\sum", "\\prod", "\\lVert", "\\cdots",
         "\\textcolor", "\\log", "\\tanh", "\\exp", "\\max", "\\min", "\\sin", "\\cos", "\\sqrt",
         *ACCENTS, *UPRIGHT, *BOLD)
    )  # fmt: skip

    def __init__(
        self, passage: Passage, functions: Mapping[str, str], words: list[TexToken] | None = None
    ) -> None:
        super().__init__(passage, words)
        self.functions = functions

    @abstractmethod
    def sum(self) -> TreeNode: ...

    @abstractmethod
    def elementwise(self) -> TreeNode: ...

    @abstractmethod
    def factor(self) -> TreeNode: ...

    def atom(self) -> TreeNode:
        """Return the next atom."""
        word = self.now
        if word.kind == "number":
            self.place += 1
            if word.text == "0" and self.skip("_"):
                return self._sized_zero(word)
            return Numeral(word.text, word.at)
        if word.kind == "begin":
            return self._grid()
        if word.text in _READERS and word.kind in ("command", "sign"):
            self.place += 1
            return _READERS[word.text](self, word)
        if word.kind == "letter" or word.text in (*ACCENTS, *UPRIGHT, *BOLD, *self.functions):
            return self._letter()
        raise self.expected("a quantity, a number, a function or an opening bracket")

    # -- letters and functions -------------------------------------------------------------------

    def _letter(self) -> TreeNode:
        word = self.now
        spelling = self.spelling()
        indexed = self._indexed(spelling)
        function = self.functions.get(indexed)
        if function is not None and (indexed != spelling or self._applies(word)):
            if indexed != spelling:
                self.take("_")
                self.group()
            return self._call(function, word)
        if spelling == "\\mathbf{1}":
            return Ones(word.at)
        if spelling == EULER and self.sees("^"):
            return self._exponential(word)
        return self.name(spelling, word)

    def _indexed(self, spelling: str) -> str:
        r"""Return the spelling with an upright index behind it, as in ``\sigma_{\max}``."""
        if not self.sees("_"):
            return spelling
        place = self.place
        self.place += 1
        index = self.group().text
        self.place = place
        return f"{spelling}_{index}" if index in ("\\max", "\\min") else spelling

    def _sized_zero(self, word: TexToken) -> TreeNode:
        sizes = separated(self.group(), "\\times")
        if len(sizes) != 2:
            raise self.fail("expected a number of rows and one of columns", word.at)
        return SizedZero(*sizes, word.at)

    def _applies(self, word: TexToken) -> bool:
        """Tell whether an argument follows what may be a function: a command's needs no bracket.

        What has an index is a quantity, as ``softplus_slope``.
        """
        return not self.sees("_") and (word.kind == "command" or self.sees("(", "'"))

    def _call(self, function: str, word: TexToken) -> TreeNode:
        primes = 0
        while self.skip("'", "\\prime"):
            primes += 1
        if function == "sqrt" and self.sees("{"):
            argument = self._parser(self.group()).whole()
        elif self.skip("("):
            argument = self._parenthesis(word)
        else:
            argument = self.factor()
        return Call(function, primes, argument, word.at)

    def _exponential(self, word: TexToken) -> TreeNode:
        self.take("^")
        exponent = self.group()
        argument = self._parser(exponent).whole()
        return Call("e^", 0, argument, word.at)

    def whole(self) -> TreeNode:
        """Return the sum that all words are."""
        node = self.sum()
        if self.now.kind != "stop":
            raise self.expected("an operator or the end of the group")
        return node

    def spelling(self) -> str:
        r"""Return a letter with its accent or face as one text: ``s``, ``\delta``, ``\hat{y}``."""
        word = self.now
        self.place += 1
        if word.kind == "letter" or word.text in self.functions:
            return word.text
        if word.text in ACCENTS:
            inner = self._parser(self.group())
            spelled = inner.spelling()
            if inner.now.kind != "stop":
                raise inner.expected("the end of the group: an accent stands over one letter")
            return f"{word.text}{{{spelled}}}"
        if word.text in UPRIGHT:
            return f"\\{'operatorname' if 'op' in word.text else 'mathrm'}{{{self.group().text}}}"
        if word.text in BOLD:
            return f"\\mathbf{{{self.group().text}}}"
        raise self.fail(f"expected a letter, found {word}", word.at)

    def name(self, spelling: str, word: TexToken) -> NameNode:
        """Return a letter with what stands below it, and above it in parentheses."""
        subs: tuple[WordGroup, ...] = ()
        marks: tuple[WordGroup, ...] | None = None
        while True:
            if self.sees("_") and not subs:
                self.take("_")
                subs = separated(self.group())
            elif self.sees("^") and marks is None and self._marked():
                self.take("^")
                words = self.group().words[1:-1]
                marks = separated(WordGroup(words, words[0].at if words else word.at))
            else:
                return NameNode(spelling, subs, marks, word.at)

    def _marked(self) -> bool:
        """Tell whether what stands above a letter is in parentheses: a mark, and no power."""
        return self.ahead(1).text == "{" and self.ahead(2).text == "("

    # -- brackets --------------------------------------------------------------------------------

    def _parenthesis(self, word: TexToken) -> TreeNode:
        node = self.sum()
        nodes = [node]
        while self.skip(","):
            nodes.append(self.sum())
        self.take(")")
        if len(nodes) == 1 and self.sees("_"):
            self.take("_")
            return EntryOf(node, separated(self.group()), word.at)
        return node if len(nodes) == 1 else RowNode(tuple(nodes), word.at)

    def _braces(self, word: TexToken) -> TreeNode:
        node = self.sum()
        self.take("}")
        return node

    def _indicator(self, word: TexToken) -> TreeNode:
        left = self.until("=")
        return Indicator(left, self.until("]"), word.at)

    def _norm(self, word: TexToken) -> TreeNode:
        node = self.sum()
        self.take("\\rVert")
        if not self.sees("_") or self.ahead(1).text != "{" or self.ahead(2).text != "2":
            raise self.expected("the norm that is meant, '_{2}'")
        self.take("_")
        self.group()
        return NormOf(node, word.at)

    def _grid(self) -> TreeNode:
        word = self.now
        if word.text not in ("pmatrix", "bmatrix"):
            raise self.expected("a matrix or an operand")
        self.place += 1
        rows: list[list[TreeNode]] = [[self.sum()]]
        while self.now.kind != "end":
            if self.skip("&"):
                rows[-1].append(self.sum())
            elif self.now.kind == "line":
                self.place += 1
                rows.append([self.sum()])
            else:
                raise self.expected("'&', a line break or the end of the matrix")
        self.place += 1
        if any(len(row) != len(rows[0]) for row in rows):
            raise self.fail("the rows of this matrix differ in length", word.at)
        return Grid(tuple(map(tuple, rows)), word.at)

    # -- derivatives, fractions, sums ------------------------------------------------------------

    def _fraction(self, word: TexToken) -> TreeNode:
        above, below = self.group(), self.group()
        if above.words and above.words[0].text == "\\partial":
            upper, lower = self._parser(above), self._parser(below)
            node = upper.differentiated(word, lower)
            return node
        return FractionNode(self._parser(above).whole(), self._parser(below).whole(), word.at)

    def _parser(self, item: WordGroup) -> Atoms:
        return type(self)(self.passage, self.functions, self.inside(item))

    def differentiated(self, word: TexToken, lower: Atoms) -> TreeNode:
        """Return the derivative whose upper part is all that is read here."""
        self.take("\\partial")
        immediate = self._plus()
        num = self.whole()
        lower.take("\\partial")
        return Derivative(num, lower.whole(), immediate, word.at)

    def _plus(self) -> bool:
        if not self.skip("^"):
            return False
        if self.group().text != "+":
            raise self.fail("expected a plus sign above ∂, or none")
        return True

    def _partial(self, word: TexToken) -> TreeNode:
        r"""Return a derivative with a slash; ``\partial`` has been read."""
        immediate = self._plus()
        num = self.factor()
        self.take("/", what="'/', what the derivative is by")
        self.take("\\partial")
        return Derivative(num, self.factor(), immediate, word.at)

    def _nabla(self, word: TexToken) -> TreeNode:
        self.take("_", what="what the gradient is by, as in '\\nabla_{W}'")
        den = self._parser(self.group()).whole()
        return Nabla(self.factor(), den, word.at)

    def _over(self, word: TexToken) -> TreeNode:
        self.take("_", what="an index with its first value, as in '_{k=1}'")
        low = separated(self.group(), "=")
        if len(low) != 2:
            raise self.fail("expected an index and its first value, as in '_{k=1}'", low[0].at)
        self.take("^", what="the last value of the index, as in '^{t}'")
        high = self.group()
        return Over(word.text, low[0], low[1], high, self.elementwise(), word.at)

    def _tint(self, word: TexToken) -> TreeNode:
        colour = "".join(w.text for w in self.group().words)
        return Tint(colour, self._parser(self.group()).whole(), word.at)

    def _dots(self, word: TexToken) -> TreeNode:
        return Dots(word.at)


_READERS = {
    "(": Atoms._parenthesis,
    "{": Atoms._braces,
    "[": Atoms._indicator,
    "\\lVert": Atoms._norm,
    "\\frac": Atoms._fraction,
    "\\partial": Atoms._partial,
    "\\nabla": Atoms._nabla,
    "\\sum": Atoms._over,
    "\\prod": Atoms._over,
    "\\textcolor": Atoms._tint,
    "\\cdots": Atoms._dots,
}
