"""How the signs of a formula belong together, before anything is known of what they stand for.

Each node has the place ``at`` of its first sign.
"""

from __future__ import annotations

from dataclasses import dataclass

from derive.reading.tokens import TexToken


@dataclass(frozen=True)
class WordGroup:
    """Words that are one index, one mark or one exponent: ``t-1`` or ``in``."""

    words: tuple[TexToken, ...]
    at: int

    @property
    def text(self) -> str:
        """Return the words as one text, an upright word without its command."""
        skipped = ("\\mathrm", "{", "}", "\\text", "\\operatorname")
        return "".join(word.text for word in self.words if word.text not in skipped)


@dataclass(frozen=True)
class Numeral:
    """A number as it is written, its sign apart."""

    text: str
    at: int


@dataclass(frozen=True)
class NameNode:
    """A letter with what stands below it and in parentheses above it: ``D_{t}^{(i)}``."""

    letter: str
    subs: tuple[WordGroup, ...]
    marks: tuple[WordGroup, ...] | None
    at: int


@dataclass(frozen=True)
class Ones:
    """A bold one."""

    at: int


@dataclass(frozen=True)
class SizedZero:
    r"""A zero with the shape of its matrix below it: ``0_{d \times n}``."""

    rows: WordGroup
    columns: WordGroup
    at: int


@dataclass(frozen=True)
class Dots:
    """What was left out."""

    at: int


@dataclass(frozen=True)
class Term:
    """A term of a sum with its sign, 1 or −1."""

    sign: int
    node: TreeNode


@dataclass(frozen=True)
class Sum:
    """Terms with their signs."""

    terms: tuple[Term, ...]
    at: int


@dataclass(frozen=True)
class Product:
    """Factors side by side."""

    factors: tuple[TreeNode, ...]
    at: int


@dataclass(frozen=True)
class Infix:
    r"""Two operands with an operator between them: ``\odot``, ``\oslash``, ``\times`` or ``/``."""

    operator: str
    left: TreeNode
    right: TreeNode
    at: int


@dataclass(frozen=True)
class FractionNode:
    """One above the other."""

    above: TreeNode
    below: TreeNode
    at: int


@dataclass(frozen=True)
class Derivative:
    """∂num/∂den; ``immediate`` with a plus at the upper sign."""

    num: TreeNode
    den: TreeNode
    immediate: bool
    at: int


@dataclass(frozen=True)
class Nabla:
    """The gradient of ``num`` by ``den``."""

    num: TreeNode
    den: TreeNode
    at: int


@dataclass(frozen=True)
class Call:
    """A function by its name, with ``primes`` marks of a derivative, of an argument."""

    function: str
    primes: int
    argument: TreeNode
    at: int


@dataclass(frozen=True)
class Transposition:
    """A transpose."""

    node: TreeNode
    at: int


@dataclass(frozen=True)
class Raised:
    """A power."""

    node: TreeNode
    exponent: WordGroup
    at: int


@dataclass(frozen=True)
class Over:
    r"""A sum or product sign, ``\sum`` or ``\prod``, with its index and bounds, and its body."""

    sign: str
    index: WordGroup
    low: WordGroup
    high: WordGroup
    body: TreeNode
    at: int


@dataclass(frozen=True)
class NormOf:
    """A norm."""

    node: TreeNode
    at: int


@dataclass(frozen=True)
class Grid:
    """A matrix, row by row."""

    rows: tuple[tuple[TreeNode, ...], ...]
    at: int


@dataclass(frozen=True)
class RowNode:
    """Values with commas between, in parentheses."""

    nodes: tuple[TreeNode, ...]
    at: int


@dataclass(frozen=True)
class Tint:
    """A part in a colour."""

    colour: str
    node: TreeNode
    at: int


@dataclass(frozen=True)
class Indicator:
    """Iverson's bracket ``[t = T]``: one where the two are equal, else zero."""

    left: WordGroup
    right: WordGroup
    at: int


@dataclass(frozen=True)
class EntryOf:
    """What stands in parentheses with an index below them: ``(z_{t})_{p}``."""

    node: TreeNode
    indices: tuple[WordGroup, ...]
    at: int


@dataclass(frozen=True)
class Elided:
    """The innermost level of something nested, between dots that stand for the levels round it."""

    node: TreeNode
    at: int


TreeNode = (
    Numeral
    | NameNode
    | Ones
    | SizedZero
    | Dots
    | Sum
    | Product
    | Infix
    | FractionNode
    | Derivative
    | Nabla
    | Call
    | Transposition
    | Raised
    | Over
    | NormOf
    | Grid
    | RowNode
    | Tint
    | Indicator
    | EntryOf
    | Elided
)


@dataclass(frozen=True)
class Sign:
    """A relation: ``=``, ``<=``, ``>=``, ``!=``, ``~``, ``<``; ``doubted`` with a question mark."""

    text: str
    doubted: bool
    at: int


@dataclass(frozen=True)
class Chain:
    """Sides with the signs between them."""

    sides: tuple[TreeNode, ...]
    signs: tuple[Sign, ...]
