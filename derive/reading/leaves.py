"""What single signs stand for: letters, numbers, bold ones, dots."""

from __future__ import annotations

from sympy import Basic, Identity, Integer, KroneckerDelta, OneMatrix

from derive.expressions.quantities import Parameter, Scalar
from derive.reading import tree
from derive.reading.grids import decimals
from derive.reading.indices import OF_ENTRIES, index_of
from derive.reading.passage import UnshapedError
from derive.reading.shapes import NodeReader, Wanted, number_in, settled
from derive.suggest import suggestion


def numeral(r: NodeReader, node: tree.Numeral, wanted: Wanted) -> Basic:
    """Return a number, in every entry of what it stands beside."""
    if "." in node.text:
        return decimals([[node.text]])
    number, shape = Integer(node.text), settled(wanted)
    if shape is None:
        return number
    return number_in(number, shape)


def name(r: NodeReader, node: tree.NameNode, wanted: Wanted) -> Basic:
    """Return the one quantity, index or size that a letter stands for."""
    found = r.vocabulary.meanings(node, r.indices)
    if len(found) > 1:
        listed = " and ".join(map(str, found))
        raise r.fail(f"this may be {listed}: one text, and more than one quantity", node.at)
    if found:
        return found[0]
    if not node.subs and node.marks is None:
        if node.letter in r.indices:
            return Scalar(r.indices[node.letter])
        if node.letter == "I":
            return _identity(r, node, wanted)
    size = r.vocabulary.size(node)
    if size is not None:
        return Scalar(size)
    raise r.fail(_unknown(r, node), node.at)


def _unknown(r: NodeReader, node: tree.NameNode) -> str:
    below = ", ".join(item.text for item in node.subs) or "nothing"
    above = "" if node.marks is None else ", above " + ", ".join(m.text for m in node.marks)
    letters = r.vocabulary.letters()
    if node.letter in letters:
        return f"no quantity is written '{node.letter}' with {below} below{above}"
    return f"no quantity is written '{node.letter}': {suggestion(node.letter, letters)}"


def _identity(r: NodeReader, node: tree.NameNode, wanted: Wanted) -> Basic:
    size = wanted[0] if wanted[0] is not None else wanted[1]
    if size is None:
        raise UnshapedError("nothing beside this identity tells its size", r.passage, node.at)
    return Identity(size)


def ones(r: NodeReader, node: tree.Ones, wanted: Wanted) -> Basic:
    """Return ones in the shape of what they stand beside."""
    rows, columns = wanted
    if rows is None:
        raise UnshapedError("nothing beside this one tells its size", r.passage, node.at)
    return OneMatrix(rows, Integer(1) if columns is None else columns)


def indicator(r: NodeReader, node: tree.Indicator, wanted: Wanted) -> Basic:
    """Return one where two indices are equal, else zero."""
    left, right = (index_of(side.words, OF_ENTRIES) for side in (node.left, node.right))
    if left is not None and right is not None and left.free_symbols:
        return Scalar(KroneckerDelta(left, right))
    return Scalar(KroneckerDelta(r.index(node.left), r.index(node.right)))


def elided(r: NodeReader, node: tree.Elided, wanted: Wanted) -> Basic:
    """Return a quantity that stands for the levels between dots, and note the innermost."""
    inner = r.matrix(node.node, wanted)
    hole = Parameter("…" * (len(r.elided) + 1), *inner.shape)
    r.elided[hole] = inner
    return hole


def misplaced(r: NodeReader, node: tree.TreeNode, wanted: Wanted) -> Basic:
    """Refuse dots or a colour within an expression."""
    what = "a colour" if isinstance(node, tree.Tint) else "dots"
    raise r.fail(f"{what} in a place where no whole term or factor stands", node.at)
