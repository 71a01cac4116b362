#!/usr/bin/env python3
"""Checks a certificate of `derive prove`: equations of back-propagation, for every T and size.

    python3 -I checker.py certificate.json [TERMS]

With a number of TERMS it gives up where so many have been made: what is left then is not proved.

Python's standard library is all that is used, and nothing of derive.  The equations are read from
their printed text.  What is proved: let the equations of the cell define its quantities, step by step.
Then each side of each statement is the same, for all numbers of steps T and all sizes of its letters.
What is assumed: derivatives of real functions exist and follow the chain rule; the derivatives of the
functions in `slopes`; a softmax sums to one, and whatever the certificate lists under "hypotheses".

The file has two parts.

1. NORMAL FORM.  An expression is a sum of terms, a term a number times a labelled graph: each node is
   an index that is summed over, or a free one if it carries a mark; each factor is a label (a quantity
   at a step) on the nodes of its indices.  A product of matrices merges nodes, a transpose swaps marks,
   a product element by element and diag( ) merge marks.  Equal graphs, up to the names of nodes, are
   equal terms; so nothing is left to the order in which people write things that commute.
2. MEANING.  What a left side says: a derivative is the sum over the paths of the chain rule, step by
   step, and where the number of steps is a letter, by induction: what a state does to a later loss
   passes through all states between, so that the product of the step Jacobians is the derivative.
   An adjoint is what arrives from all that read the quantity, at its step and the next, and 0 after T.

Exit status: 0 if all statements are proved, 1 if one is refused, 2 for an unusable file, 3 if none
is refused but for some there is no rule.
"""

from __future__ import annotations

import json
import re
import sys
from fractions import Fraction
from functools import partial
from itertools import pairwise, permutations


class Refused(Exception):
    """A statement that does not hold, or does not make sense."""


class NoRule(Exception):
    """A statement that this checker has no rule for."""


class Spent(NoRule):
    """More terms than were allowed."""


# ---------------------------------------------------------------------------------------------------
# 1. Normal form
# ---------------------------------------------------------------------------------------------------
# A time is (letter, offset): t − 1 is ("t", −1), the number 1 is ("", 1).

Labels = []  # (kind, name, times, args) by number; args are numbers of polynomials, or anything
_NUMBER = {}
INNER = ("function", "softmax", "power", "product", "opaque")  # labels with polynomials within
AT_ZERO = ("tanh", "relu", "bipolar", "silu", "gelu", "elu", "leaky_relu", "sin", "abs")  # 0 at 0
Bodies = []  # the polynomials that stand within labels, by number
_BODY = {}


def label(kind, name, times=(), args=()):
    made = (kind, name, tuple(times), tuple(args))
    if made not in _NUMBER:
        _NUMBER[made] = len(Labels)
        Labels.append(made)
    return _NUMBER[made]


def body(poly):
    """Return the number of a polynomial that stands within a label."""
    key = (poly.key(), poly.rows, poly.cols)
    if key not in _BODY:
        _BODY[key] = len(Bodies)
        Bodies.append(poly)
    return _BODY[key]


class Poly:
    """A sum of terms, all of one shape: `terms` gives each graph its number.

    A graph is (over, marks, factors, sizes): the sums over steps that stand before it, the nodes of its
    free indices, the labels with exponents and nodes, and the size of each node.  `rows` and `cols`
    are the sizes of the rows and columns, without those that are 1: a column of n has ("n",) and ().
    """

    def __init__(self, rows, cols, terms):
        self.rows, self.cols, self.terms, self._key = rows, cols, terms, None

    def shape(self):
        return self.rows, self.cols

    def key(self):
        """Return what is equal for equal polynomials."""
        if self._key is None:
            self._key = frozenset(self.terms.items())
        return self._key


def collected(rows, cols, found):
    terms = {}
    for number, graph in found:
        terms[graph] = terms.get(graph, 0) + number
    return Poly(rows, cols, {graph: number for graph, number in terms.items() if number})


def single(rows, cols, factor=None, exponent=1):
    """Return one label with a row and a column, or without a label a matrix of ones."""
    sizes = dict(enumerate((*rows, *cols)))
    marks = dict(zip([*["r"][: len(rows)], *["c", "c1"][: len(cols)]], sizes, strict=False))
    factors = {} if factor is None else {(factor, tuple(sizes)): exponent}
    return collected(rows, cols, normal(1, (), marks, factors, sizes))


def identity(size):
    return Poly(size, size, {((), (("c", 0), ("r", 0)), (), size): 1}) if size else number_(1)


def number_(value):
    return Poly((), (), {((), (), (), ()): value} if value else {})


def followed(where, n):
    while where[n] != n:
        n = where[n]
    return n


def join(a, b, pairs, keep, rows, cols):
    """Return the product of all terms of a with all of b, where marks are merged in pairs.

    `keep` names the marks that are left: (0, mark of a) or (1, mark of b) to the new mark.  The
    letters of components, marks that begin with @, are merged with their like and stay.
    """
    found = []
    for (over1, marks1, factors1, sizes1), number1 in a.terms.items():
        for (over2, marks2, factors2, sizes2), number2 in b.terms.items():
            first, second = dict(marks1), dict(marks2)
            shift = len(sizes1)
            where = list(range(shift + len(sizes2)))
            root = partial(followed, where)
            sizes = [*sizes1, *sizes2]
            shared = [(m, m) for m in first if m in second and m[0] == "@"]
            for mark1, mark2 in (*pairs, *shared):
                n1, n2 = first.get(mark1), second.get(mark2)
                if (n1 is None) != (n2 is None):
                    raise Refused("sizes do not fit")
                if n1 is not None:
                    if sizes[n1] != sizes[shift + n2]:
                        raise Refused(f"sizes do not fit: {sizes[n1]} and {sizes[shift + n2]}")
                    where[root(shift + n2)] = root(n1)
            marks = {}
            for side, here, by in ((0, first, 0), (1, second, shift)):
                for mark, node in here.items():
                    if (side, mark) in keep or mark[0] == "@":
                        marks[keep.get((side, mark), mark)] = root(node + by)
            if over1 and over2:
                # The sums of the second get names of their own.
                new = {f"#{n}": (f"#{n + len(over1)}", 0) for n in range(len(over2))}
                over2 = tuple((new[i][0], moved(lo, new), moved(hi, new)) for i, lo, hi in over2)
                factors2 = tuple((relabel(f, new), e, ns) for f, e, ns in factors2)
            factors = {}
            for many, by in ((factors1, 0), (factors2, shift)):
                for factor, exponent, nodes in many:
                    at = factor, tuple(root(n + by) for n in nodes)
                    factors[at] = factors.get(at, 0) + exponent
            here = {root(n): sizes[n] for n in range(len(sizes))}
            found += normal(number1 * number2, over1 + over2, marks, factors, here)
    return collected(rows, cols, found)


def put(poly, number, over, marks, factors, sizes, nodes):
    """Return the graphs of a term with a polynomial, or one more of its marks, at some of its nodes."""
    # A term may have another put in meanwhile, whose marks are not these.
    names = [f"x{n}" for n in range(len(marks) + len(nodes)) if f"x{n}" not in marks][: len(nodes)]
    outer = {**marks, **dict(zip(names, nodes, strict=False))}
    held = collected((), (), normal(number, over, outer, factors, sizes))
    pairs = list(zip(names, ("r", "c") if poly.rows else ("c",), strict=False))
    keep = {(0, mark): mark for mark in marks} | {(1, mark): mark for mark in ("dr", "dc")}
    return [(n, graph) for graph, n in join(held, poly, pairs, keep, (), ()).terms.items()]


def times(a, b):
    """Return the product of two matrices, or of a number and a matrix."""
    right = {(0, "r"): "r", (1, "c"): "c", (1, "c1"): "c1"}
    if a.cols == b.rows:
        return join(a, b, [("c", "r")], right, a.rows, b.cols)
    if not (a.rows or a.cols):
        return join(a, b, [], {(1, m): m for m in ("r", "c", "c1")}, b.rows, b.cols)
    if not (b.rows or b.cols):
        return join(a, b, [], {(0, m): m for m in ("r", "c", "c1")}, a.rows, a.cols)
    raise Refused(f"a product of {a.rows} × {a.cols} and {b.rows} × {b.cols}")


def hadamard(a, b):
    same(a, b)
    return join(
        a,
        b,
        [("r", "r"), ("c", "c"), ("c1", "c1")],
        {(0, m): m for m in ("r", "c", "c1")},
        a.rows,
        a.cols,
    )


def same(a, b):
    if (a.rows, a.cols) != (b.rows, b.cols):
        raise Refused(f"{a.rows} × {a.cols} beside {b.rows} × {b.cols}")


def plus(*polys):
    for poly in polys[1:]:
        same(polys[0], poly)
    return collected(
        polys[0].rows, polys[0].cols, [(n, g) for p in polys for g, n in p.terms.items()]
    )


def scaled(value, poly):
    return Poly(
        poly.rows, poly.cols, {g: n * value for g, n in poly.terms.items()} if value else {}
    )


def remarked(poly, new, rows, cols):
    """Return the same with other marks; two that become one merge their nodes."""
    found = []
    for (over, marks, factors, sizes), number in poly.terms.items():
        made = {
            name: node
            for mark, node in marks
            for name in new.get(mark, (mark,) if mark[0] == "@" else ())
        }
        found += normal(
            number, over, made, {(f, ns): e for f, e, ns in factors}, dict(enumerate(sizes))
        )
    return collected(rows, cols, found)


def transposed(poly):
    if len(poly.cols) > 1:
        raise NoRule("the transpose of a derivative by a matrix")
    return remarked(poly, {"r": ("c",), "c": ("r",)}, poly.cols, poly.rows)


def diagonal(poly):
    if poly.cols:
        raise Refused("diag( ) of what is no column")
    return remarked(poly, {"r": ("r", "c")}, poly.rows, poly.rows)


def exponent_beside_one(poly):
    """Return a where a column is 1 + e to the power a, else None."""
    one = single(poly.rows, poly.cols)
    if len(poly.terms) != 2 or any(poly.terms.get(graph) != n for graph, n in one.terms.items()):
        return None
    for _, _, factors, _ in poly.terms:
        for f, _, _ in factors:
            kind, name, _, args = Labels[f]
            if (kind, name) == ("function", "exp"):
                inner = Bodies[args[0]]
                whole = plus(one, single(poly.rows, poly.cols, f))
                return inner if whole.key() == poly.key() else None
    return None


def power(poly, exponent):
    """Return a power element by element."""
    whole = exponent.denominator == 1
    if len(poly.terms) == 1:
        (((over, marks, factors, sizes), number),) = poly.terms.items()
        free = {node for _, node in marks}
        if (
            not over
            and all(n in free for _, _, ns in factors for n in ns)
            and (whole or number == 1)
        ):
            made = {(f, ns): e * exponent for f, e, ns in factors}
            value = Fraction(number) ** int(exponent) if whole else number
            return collected(
                poly.rows, poly.cols, normal(value, (), dict(marks), made, dict(enumerate(sizes)))
            )
    called = Cell.now.called("sqrt", poly)
    if called is not None:
        return power(called, 2 * exponent)
    if Cell.far and whole and exponent < 0 and (inner := exponent_beside_one(poly)) is not None:
        # 1/(1 + e to the power a) is sigmoid(-a).
        return power(entrywise("sigmoid", scaled(-1, inner)), -exponent)
    if whole and exponent >= 0:
        made = single(poly.rows, poly.cols)
        for _ in range(int(exponent)):
            made = hadamard(made, poly)
        return made
    return single(poly.rows, poly.cols, label("power", "", (), (body(poly),)), exponent)


# -- steps of time ------------------------------------------------------------------------------------


def moved(time, new):
    base, offset = time
    if base in new:
        other, more = new[base]
        return other, offset + more
    return time


def relabel(factor, new):
    """Return a label with its steps renamed; `new` gives letters their times."""
    kind, name, at, args = Labels[factor]
    at = tuple(moved(time, new) for time in at)
    if kind in INNER and args:
        args = tuple(body(renamed(Bodies[n], new)) for n in args)
    return label(kind, name, at, args)


_RENAMED = {}


def renamed(poly, new):
    """Return a polynomial with other steps."""
    # Where a quantity is spelt out depends on what is known of its step.
    known = Ranges.known if Cell.now is not None and Cell.now.rewritten() else ()
    key = id(poly), tuple(sorted(new.items())), known
    if key not in _RENAMED:
        found = []
        for (over, marks, factors, sizes), number in poly.terms.items():
            made = {}
            for f, e, ns in factors:
                at = relabel(f, new), ns
                made[at] = made.get(at, 0) + e
            over = tuple((i, moved(lo, new), moved(hi, new)) for i, lo, hi in over)
            found += normal(number, over, dict(marks), made, dict(enumerate(sizes)))
        _RENAMED[key] = collected(poly.rows, poly.cols, found), poly
    return _RENAMED[key][0]


class Ranges:
    """What is known of the letters of steps: 1 ≤ T and the ranges for which a statement is claimed."""

    known = ()

    @classmethod
    def at_most(cls, a, b, more=()):
        """Tell whether a ≤ b is sure."""
        best = {a[0]: a[1]}
        edges = [(low, (i, 0)) for i, low, _ in (*cls.known, *more)] + [
            ((i, 0), high) for i, _, high in (*cls.known, *more)
        ]
        edges.append((("", 1), ("T", 0)))
        # x + p ≤ y + q: what is below x + p is below y + q. A bound of a is carried along.
        for _ in range(len(edges) + 1):
            for (x, p), (y, q) in edges:
                if x in best and best[x] - p + q < best.get(y, 10**6):
                    best[y] = best[x] - p + q
        return b[0] in best and best[b[0]] <= b[1]


class Laws:
    """What holds of labels beside the algebra, for the statement that is checked."""

    to_one = frozenset()  # names of quantities whose entries add up to one
    zero = frozenset()  # labels that are 0


class Effort:
    """How many terms may still be made; None where nobody said."""

    left = None

    @classmethod
    def spend(cls):
        if cls.left is not None:
            cls.left -= 1
            if cls.left < 0:
                raise Spent("it takes more terms than were allowed")


def normal(number, over, marks, factors, sizes):
    """Return the graphs, with their numbers, that one term is: none if it is 0, several by a rule."""
    Effort.spend()
    factors = {at: e for at, e in factors.items() if e}
    for factor, nodes in list(factors):
        kind, name, at, args = Labels[factor]
        if factor in Laws.zero or (
            kind == "function" and name in AT_ZERO and not Bodies[args[0]].terms
        ):
            return []
        if kind == "is":
            step = indicated(at, over, factor, factors)
            if step == 0:
                return []
            if step is not None:
                bound = at[0] == at[1] or any(
                    index == base for index, _, _ in over for base, _ in at
                )
                over, new = step
                made = {} if bound else {(factor, nodes): 1}
                for (f, ns), e in factors.items():
                    if f != factor:
                        there = relabel(f, new), ns
                        made[there] = made.get(there, 0) + e
                return normal(number, over, marks, made, sizes)
        if kind == "piece":
            # E_aᵀ E_b is the identity or 0, unless the pieces are of two cuts of one column.
            for (f, ns), _ in list(factors.items()):
                if f != factor and Labels[f][0] == "piece" and ns[0] == nodes[0]:
                    if Labels[f][1] != name:
                        raise NoRule("two stacks of one size")
                    if not overlap(args, Labels[f][3]):
                        return []
                    pair = (factor, nodes), (f, ns)
                    return normal(number, over, *cut(marks, factors, sizes, *pair))
                if f == factor and ns != nodes and ns[0] == nodes[0]:
                    merged = {n: n for n in sizes} | {ns[1]: nodes[1]}
                    return normal(
                        number,
                        over,
                        {m: merged[n] for m, n in marks.items()},
                        multiplied(factors, merged, (f, ns)),
                        {merged[n]: s for n, s in sizes.items()},
                    )
            if factors[factor, nodes] != 1:
                factors[factor, nodes] = 1
        if kind == "product" and at[0][0] == at[1][0]:
            left = {one: e for one, e in factors.items() if one != (factor, nodes)}
            return put(product(*at, Bodies[args[0]]), number, over, marks, left, sizes, nodes)
        if kind == "at" and Cell.now is not None and name in Cell.now.rewritten():
            made = spelt(number, over, marks, factors, sizes, factor, nodes)
            if made is not None:
                return made
        if kind == "power":
            exponent = factors[factor, nodes]
            made = unpowered(
                number, over, marks, factors, sizes, factor, nodes, exponent, Bodies[args[0]]
            )
            if made is not None:
                return made
    touched = {}
    for (factor, nodes), _ in factors.items():
        for n in set(nodes):
            touched.setdefault(n, []).append((factor, nodes))
    free = set(marks.values())
    for node, size in list(sizes.items()):
        if node in free:
            continue
        here = touched.get(node, [])
        if not here:
            if str(size).isdigit():
                number *= int(size)
            else:
                at = label("size", size), ()
                factors[at] = factors.get(at, 0) + 1
            del sizes[node]
        elif (
            len(here) == 1
            and here[0][1] == (node,)
            and factors[here[0]] == 1
            and Labels[here[0][0]][0] in ("at", "softmax")
        ):
            if Labels[here[0][0]][1] in Laws.to_one:
                left = {at: e for at, e in factors.items() if at != here[0]}
                return normal(
                    number, over, marks, left, {n: s for n, s in sizes.items() if n != node}
                )
        elif len(here) == 1 and Labels[here[0][0]][0] == "piece":
            # Summed over the whole stack, a piece is there once.
            left = {at: e for at, e in factors.items() if at != here[0]}
            return normal(number, over, marks, left, {n: s for n, s in sizes.items() if n != node})
    return [(number, canonical(over, marks, factors, sizes))]


def multiplied(factors, merged, without=None):
    made = {}
    for (f, ns), e in factors.items():
        if (f, ns) != without:
            at = f, tuple(merged[n] for n in ns)
            made[at] = made.get(at, 0) + e
    return made


def overlap(one, other):
    """Return what two pieces of a column of a known size share, as its start and length, or None."""
    if len(one) < 2 or len(other) < 2:
        return None
    start = max(one[0], other[0])
    length = min(one[0] + one[1], other[0] + other[1]) - start
    return (start, length) if length > 0 else None


def cut(marks, factors, sizes, one, other):
    """Return a term in which two pieces at one node are one piece, and the parts it is of both."""
    whole, (start, length) = Labels[one[0]][1], overlap(Labels[one[0]][3], Labels[other[0]][3])
    shared = max(sizes, default=0) + 1
    sizes = dict(sizes) | ({shared: str(length)} if length > 1 else {})
    end = (shared,) if length > 1 else ()
    left = {at: e for at, e in factors.items() if at not in (one, other)}
    left[label("piece", whole, (), (start, length)), (one[1][0], *end)] = 1
    merged = {n: n for n in sizes}
    for f, nodes in (one, other):
        first, many = Labels[f][3]
        if many == length:
            for node in nodes[1:]:
                merged[followed(merged, node)] = followed(merged, shared)
        else:
            left[label("piece", str(many), (), (start - first, length)), (nodes[1], *end)] = 1
    root = {n: followed(merged, n) for n in sizes}
    return (
        {m: root[n] for m, n in marks.items()},
        multiplied(left, root),
        {root[n]: s for n, s in sizes.items()},
    )


def indicated(at, over, factor, factors):
    """Return what [a = b] does: 0, None if it stays, or the sums that are left and what is renamed."""
    a, b = at
    if a[0] == b[0]:
        return (over, {}) if a == b else 0
    sums = {i: (lo, hi) for i, lo, hi in over}
    for one, other in ((a, b), (b, a)):
        if one[0] in sums:
            value = other[0], other[1] - one[1]
            lo, hi = sums[one[0]]
            rest = tuple(s for s in over if s[0] != one[0])
            if Ranges.at_most(lo, value, rest) and Ranges.at_most(value, hi, rest):
                new = {one[0]: value}
                return tuple(
                    (i, moved(first, new), moved(last, new)) for i, first, last in rest
                ), new
            if Ranges.at_most((hi[0], hi[1] + 1), value, rest) or Ranges.at_most(
                (value[0], value[1] + 1), lo, rest
            ):
                return 0
            return None
    if Ranges.at_most((a[0], a[1] + 1), b, over) or Ranges.at_most((b[0], b[1] + 1), a, over):
        return 0
    one, other = sorted((a, b), key=lambda x: (x[0] in ("", "T"), x[0]))
    new = {one[0]: (other[0], other[1] - one[1])}
    changed = any(relabel(f, new) != f for f, _ in factors if f != factor)
    return (over, new) if changed else None


def degree(graph):
    """Return the sum of all exponents of a graph; of equal ones, what stands in it decides."""
    return sum(exponent for _, exponent, _ in graph[2]), repr(graph)


def unpowered(number, over, marks, factors, sizes, factor, nodes, exponent, base):
    """Return the terms where (x + …)^e stands beside its own x: x P^e = (P^{e+1} − … P^e), or None."""
    leading = None
    # Of the highest degree: what is a factor of another term of the base would come back for ever.
    for graph in sorted(base.terms, key=degree, reverse=True):
        _, inner, inside, _ = graph
        where = {n: nodes[("r", "c").index(m)] if len(nodes) > 1 else nodes[0] for m, n in inner}
        if inside and all(n in where for _, _, ns in inside for n in ns):
            leading = graph, [((f, tuple(where[n] for n in ns)), e) for f, e, ns in inside]
            break
    whole = exponent.denominator == 1 and exponent > 0
    missing = leading is None or any(
        factors.get(at, 0) < e if e > 0 else factors.get(at, 0) > e for at, e in leading[1]
    )
    if missing and not whole:
        return None
    left = dict(factors)
    left[factor, nodes] = exponent - 1 if whole else exponent
    rest = base
    found = []
    if not whole:
        for at, e in leading[1]:
            left[at] -= e
        value = base.terms[leading[0]]
        more = dict(left)
        more[factor, nodes] = exponent + 1
        found += normal(Fraction(number) / value, over, marks, more, dict(sizes))
        rest = scaled(
            Fraction(-1) / value,
            Poly(base.rows, base.cols, {g: n for g, n in base.terms.items() if g != leading[0]}),
        )
    return found + put(rest, number, over, marks, left, sizes, nodes)


def canonical(over, marks, factors, sizes):
    """Return a graph with its sums and nodes in an order that does not depend on their names."""
    over = ordered(over)
    if not over:
        return (), *numbered(marks, factors, sizes)
    best = None
    for order in permutations(range(len(over))):
        new = {over[i][0]: (f"#{n}", 0) for n, i in enumerate(order)}
        sums = tuple(
            (new[i][0], moved(lo, new), moved(hi, new)) for i, lo, hi in (over[n] for n in order)
        )
        if any(
            f"#{m}" in (sums[n][1][0], sums[n][2][0])
            for n in range(len(sums))
            for m in range(n, len(sums))
        ):
            continue
        unchanged = all(i == name for i, (name, _) in new.items())
        made = factors if unchanged else {}
        if not unchanged:
            for (f, ns), e in factors.items():
                made[relabel(f, new), ns] = made.get((relabel(f, new), ns), 0) + e
        graph = sums, *numbered(marks, made, sizes)
        best = graph if best is None else min(graph, best, key=repr)
    return best


def ordered(over):
    """Return Σ over k and then over t ≥ k as Σ over t and then over k ≤ t."""
    if len(over) == 2:
        (k, low, high), (t, first, last) = over
        if first == (k, 0) and last == high:
            return ((t, low, high), (k, low, (t, 0)))
    return over


def numbered(marks, factors, sizes):
    """Return marks, factors and sizes with nodes numbered in an order of their own."""
    edges = sorted((f, e, ns) for (f, ns), e in factors.items())
    ties = any(x[:2] == y[:2] for x, y in pairwise(edges))
    colours = {}
    if ties:
        colours = {
            n: (repr(s), tuple(sorted(m for m, at in marks.items() if at == n)))
            for n, s in sizes.items()
        }
        return explored(marks, edges, sizes, ranked(colours))
    return written(marks, edges, sizes)


def written(marks, edges, sizes):
    order = {}
    for _, node in sorted(marks.items()):
        order.setdefault(node, len(order))
    for _, _, nodes in edges:
        for node in nodes:
            order.setdefault(node, len(order))
    places = sorted(order, key=order.get)
    return (
        tuple(sorted((m, order[n]) for m, n in marks.items())),
        tuple((f, e, tuple(order[n] for n in ns)) for f, e, ns in edges),
        tuple(sizes[n] for n in places),
    )


def ranked(colours):
    names = {colour: n for n, colour in enumerate(sorted(set(colours.values())))}
    return {node: names[colour] for node, colour in colours.items()}


def explored(marks, edges, sizes, colours):
    """Refine colours of nodes by what they are joined to; where some are left alike, try each."""
    while True:
        seen = {n: [] for n in colours}
        for f, e, ns in edges:
            for place, n in enumerate(ns):
                seen[n].append((f, e, place, tuple(colours[m] for m in ns)))
        finer = ranked({n: (colours[n], tuple(sorted(seen[n]))) for n in colours})
        if len(set(finer.values())) == len(set(colours.values())):
            break
        colours = finer
    groups = {}
    for node, colour in colours.items():
        groups.setdefault(colour, []).append(node)
    alike = next((groups[c] for c in sorted(groups) if len(groups[c]) > 1), None)
    if alike is None:
        edges = sorted(edges, key=lambda x: (x[0], x[1], tuple(colours[n] for n in x[2])))
        return written(marks, edges, sizes)
    tries = [
        explored(marks, edges, sizes, ranked({n: (c, n == one) for n, c in colours.items()}))
        for one in alike
    ]
    return min(tries, key=repr)


# ---------------------------------------------------------------------------------------------------
# The printed text
# ---------------------------------------------------------------------------------------------------

_LETTER = r"(?![ᵀ⁺₂\d_])\w[\u0300-\u036f]*"
_TOKEN = re.compile(
    rf"\s*(?:(?P<sized>[0I])_\{{(?P<size>[^}},]*)\}}"
    r"|(?P<number>\d+\.\d+|\d+/\d+(?![\w(])|\d+)"
    r"|(?P<over>[ΣΠ])\[(?P<index>[^=\]]*)=(?P<low>[^\]]*?)\.\.(?P<high>[^\]]*)\]"
    rf"|(?P<word>(?:{_LETTER})(?:{_LETTER}|\d[\u0300-\u036f]*)*)(?:_(?:\{{(?P<braced>[^}}]*)\}}|(?P<sub>(?:(?![ᵀ⁺₂])\w[\u0300-\u036f]*)+)))?(?P<prime>'?)(?:\^\((?P<mark>[^)]*)\))?"
    r"|(?P<power>\^(?:(?P<short>\w+)|\{(?P<long>(?:[^{}]|\{[^{}]*\})*)\}))"
    r"|(?P<below>_(?:\{(?P<entries>[^}]*)\}|(?P<entry>\w)))"
    r"|(?P<sign>∂⁺|\S))"
)


def time(text):
    """Return a step from its text: t, t-1, T+1, 3."""
    found = re.fullmatch(r"([^\W\d]?)([+-]?\d+)?", text.strip())
    if not found or not text.strip():
        raise NoRule(f"{text!r} is no step")
    return found[1] or "", int(found[2] or 0)


def of_components(index, high, sizes):
    """Tell whether an index is of components: it ends at a size, and a number is none of steps."""
    return high in sizes or (high.isdigit() and index not in ("t", "k", "j"))


class Reader:
    """Reads a formula in plain text; what it returns are tuples, the first part says of what kind."""

    def __init__(self, text, letters, sizes=()):
        self.letters, self.text, self.sizes = letters, text, sizes
        self.words = []
        at, end = 0, len(text.rstrip())
        while at < end:
            found = _TOKEN.match(text, at)
            self.words.append(found)
            at = found.end()
        self.at = 0

    def sees(self, *signs):
        return self.at < len(self.words) and self.words[self.at]["sign"] in signs

    def take(self, *signs):
        if not self.sees(*signs):
            rest = (
                self.text[self.words[self.at].start() :] if self.at < len(self.words) else "the end"
            )
            raise NoRule(f"expected {' or '.join(signs)} before {rest!r}")
        self.at += 1
        return self.words[self.at - 1]["sign"]

    def sides(self):
        made = [self.sum()]
        while self.sees("="):
            self.take("=")
            made.append(self.sum())
        if self.at < len(self.words):
            raise NoRule(f"no rule to read {self.text[self.words[self.at].start() :]!r}")
        return made

    def sum(self):
        negative = self.sees("-") and bool(self.take("-"))
        terms = [(-1 if negative else 1, self.product())]
        while self.sees("+", "-"):
            sign = self.take("+", "-")
            terms.append((1 if sign == "+" else -1, self.product()))
        return terms[0][1] if terms[0][0] == 1 and len(terms) == 1 else ("sum", tuple(terms))

    def product(self):
        made = self.beside()
        while self.sees("⊙", "⊘"):
            made = ("entrywise" if self.take("⊙", "⊘") == "⊙" else "quotient", made, self.beside())
        return made

    def beside(self):
        factors = [self.factor()]
        while self.at < len(self.words) and not self.sees(
            "=", "+", "-", "⊙", "⊘", ")", "]", ",", ";"
        ):
            if self.sees("/"):
                self.take("/")
                above = factors[0] if len(factors) == 1 else ("product", tuple(factors))
                factors = [("quotient", above, self.factor())]
                continue
            if self.sees("·"):
                self.take("·")
            factors.append(self.factor())
        return factors[0] if len(factors) == 1 else ("product", tuple(factors))

    def factor(self):
        made = self.atom()
        while self.at < len(self.words):
            word = self.words[self.at]
            if self.sees("ᵀ"):
                self.take("ᵀ")
                made = "transpose", made
            elif word["power"]:
                self.at += 1
                exponent = (word["short"] or word["long"]).replace("⊙", "").strip()
                if not re.fullmatch(r"-?\d+(/\d+)?", exponent):
                    raise NoRule(f"no rule for the power {exponent}")
                value = Fraction(exponent)
                made = "power", made, int(value) if value.denominator == 1 else value
            elif word["below"]:
                self.at += 1
                made = "component", made, tuple((word["entries"] or word["entry"]).split(","))
            else:
                break
        return made

    def atom(self):
        if self.at >= len(self.words):
            raise NoRule("the text ends too soon")
        word = self.words[self.at]
        if word["number"]:
            self.at += 1
            value = Fraction(word["number"])
            return "number", int(value) if value.denominator == 1 else value
        if word["sized"]:
            self.at += 1
            return "sized", word["sized"], tuple(word["size"].split("×"))
        if word["over"]:
            self.at += 1
            if of_components(word["index"], word["high"], self.sizes):
                return "components", word["index"], word["high"], self.product()
            return (
                "over",
                word["over"],
                word["index"],
                time(word["low"]),
                time(word["high"]),
                self.product(),
            )
        if word["word"]:
            return self.named(word)
        sign = self.take("(", "[", "∇")
        if sign == "∇":
            self.take("[")
            by = self.atom()
            self.take("]")
            return "gradient", self.atom(), by
        if sign == "(" and self.sees("∂", "∂⁺"):
            start = self.words[self.at].start("sign")
            immediate = self.take("∂", "∂⁺") == "∂⁺"
            of = self.factor()
            self.take("/")
            self.take("∂")
            by = self.factor()
            said = self.text[start : self.words[self.at - 1].end()] if immediate else ""
            made = "derivative", of, by, said
        elif sign == "(":
            made = self.sum()
        else:
            return self.bracket()
        self.take(")")
        return made

    def bracket(self):
        inner = re.match(
            r"\s*([^\[\];,=]*) = ([^\[\];,=]*)\]", self.text[self.words[self.at - 1].end() :]
        )
        if inner:
            while self.take_any() != "]":
                pass
            return "is", time(inner[1]), time(inner[2])
        rows = [[self.sum()]]
        while not self.sees("]"):
            if self.take(",", ";") == ",":
                rows[-1].append(self.sum())
            else:
                rows.append([self.sum()])
        self.take("]")
        if len({len(row) for row in rows}) > 1:
            raise Refused("the rows of a matrix have different lengths")
        return "grid", tuple(map(tuple, rows))

    def take_any(self):
        self.at += 1
        return self.words[self.at - 1]["sign"]

    def named(self, word):
        self.at += 1
        after = self.words[self.at] if self.at < len(self.words) else None
        if word[0].strip() == "e" and after is not None and after["long"]:
            self.at += 1
            return "function", "exp", (Reader(after["long"], self.letters, self.sizes).sides()[0],)
        name, below = word["word"], word["braced"] or word["sub"] or ""
        parts = below.split(",") if below else []
        mark = word["mark"]
        for many in range(len(parts) + 1):
            head = name, tuple(parts[: len(parts) - many]), word["mark"] or "", many
            if head in self.letters:
                return (
                    "letter",
                    self.letters[head],
                    tuple(time(p) for p in parts[len(parts) - many :]),
                )
        if mark and (name, tuple(parts), "", 0) in self.letters:
            return "copy", self.letters[name, tuple(parts), "", 0], time(mark)
        if name == "I" and not below:
            return ("identity",)
        if word[0].strip() in (*self.sizes, "T"):
            # The number of steps is a number as a size is.
            return "size", word[0].strip()
        function = name + (f"_{below}" if below else "") + word["prime"]
        if self.sees("("):
            self.take("(")
            arguments = [self.sum()]
            while self.sees(","):
                self.take(",")
                arguments.append(self.sum())
            self.take(")")
            return "function", function, tuple(arguments)
        if function == "log":
            return "function", function, (self.factor(),)
        raise NoRule(f"{self.text!r}: {word[0].strip()} is no letter of the certificate")


def printed(name, step="t"):
    """Return a letter with its steps, as it is printed: δ_{@} is δ_t."""
    made = name.replace("@", step, 1).replace("@", "k")
    return re.sub(r"_\{(\w)\}", r"_\1", made)


def letters_of(declared):
    """Return the letters by what is printed of them: a_{i,@} is a_i at one step."""
    made = {}
    for text in declared:
        found = _TOKEN.fullmatch(text.replace("@", "•"))
        if found is None or not found["word"]:
            raise Refused(f"{text!r} is no letter")
        below = found["braced"] or found["sub"] or ""
        parts = below.split(",") if below else []
        many = parts.count("•")
        head = found["word"], tuple(parts[: len(parts) - many]), found["mark"] or "", many
        if parts[len(parts) - many :] != ["•"] * many or head in made:
            raise Refused(f"{text!r} cannot be told from others")
        made[head] = text
    return made


# ---------------------------------------------------------------------------------------------------
# 2. Meaning
# ---------------------------------------------------------------------------------------------------


OWN = ("identity", "sigmoid", "exp", "sqrt", "log", "cos", "softplus", "softmax", "step", "sign")
LONG = {
    "silu": "sigmoid(a) ⊙ (1 + a ⊙ (1 - sigmoid(a)))",
    "gelu": "cdf(a) + a ⊙ pdf(a)",
    "elu": "exp(min(a, 0))",
    "leaky_relu": "step(a) + 1/100 step(-a)",
}  # derivatives that are written out only where a statement says what they are
MADE_OF = {
    "silu": "a ⊙ sigmoid(a)",
    "gelu": "a ⊙ cdf(a)",
    "elu": "max(a, 0) + exp(min(a, 0)) - 1",
    "leaky_relu": "max(a, 0) + 1/100 min(a, 0)",
    "bipolar": "2 sigmoid(a) - 1",
}  # and functions likewise


def slopes(function, argument, value):
    """Return the derivative of a function, element by element, of an argument and with a value."""
    one = single(value.rows, value.cols)
    square = hadamard(value, value)
    if function == "tanh":
        return plus(one, scaled(-1, square))
    if function == "sigmoid":
        return plus(value, scaled(-1, square))
    if function == "bipolar":
        return scaled(Fraction(1, 2), plus(one, scaled(-1, square)))
    if function == "exp":
        return value
    if function == "log":
        return power(argument, -1)
    if function == "sin":
        return entrywise("cos", argument)
    if function == "cos":
        return scaled(-1, entrywise("sin", argument))
    if function == "abs":
        return entrywise("sign", argument)
    if function == "softplus":
        return entrywise("sigmoid", argument)
    # That f' is the derivative of f is what the sign says.
    return entrywise(function + "'", argument)


def averaged(name, column):
    """Return the mean of components, their deviation with 10⁻⁵ in the root, or layer normalisation."""
    if column.cols or not column.rows:
        raise NoRule(f"{name} of what is no column")
    (size,) = column.rows
    share = number_(Fraction(1, int(size))) if size.isdigit() else power(size_label(size), -1)
    ones = single((), column.rows)
    mean = times(share, times(ones, column))
    if name == "mean":
        return mean
    apart = plus(column, scaled(-1, times(single(column.rows, ()), mean)))
    variance = times(share, times(ones, hadamard(apart, apart)))
    root = power(plus(variance, number_(Fraction(1, 10**5))), Fraction(1, 2))
    return root if name == "sd" else times(apart, power(root, -1))


def size_label(size):
    return number_(int(size)) if size.isdigit() else single((), (), label("size", size))


EXPANDED = ("tanh'", "sigmoid'", "bipolar'", "exp'", "sin'", "cos'", "softplus'")


def entrywise(function, argument):
    """Return a function of each entry; of what an equation calls by a letter, that letter."""
    if function == "identity":
        return argument
    if function == "sqrt":
        return power(argument, Fraction(1, 2))
    if function in EXPANDED:
        return slopes(function[:-1], argument, entrywise(function[:-1], argument))
    if not argument.terms and function in AT_ZERO:
        return argument
    if Cell.far and function == "sigmoid" and argument.terms and min(argument.terms.items())[1] < 0:
        # Of a and -a one is chosen: sigmoid(-a) is 1 - sigmoid(a).
        turned = entrywise("sigmoid", scaled(-1, argument))
        return plus(single(argument.rows, argument.cols), scaled(-1, turned))
    if function == "exp" and (inner := Cell.now.softened(argument)) is not None:
        # e to the power −softplus(a) is 1 − sigmoid(a).
        return plus(single(inner.rows, inner.cols), scaled(-1, entrywise("sigmoid", inner)))
    called = Cell.now.called(function, argument)
    if called is not None:
        return called
    kind = "softmax" if function == "softmax" else "function"
    return single(argument.rows, argument.cols, label(kind, function, (), (body(argument),)))


def spoken(poly):
    """Return the same where functions that have a letter are called by it: in equations they are not."""
    found = []
    for (over, marks, factors, sizes), number in poly.terms.items():
        made = {}
        for f, e, ns in factors:
            kind, name, at, args = Labels[f]
            if kind in ("function", "softmax", "power", "opaque"):
                inner = [spoken(Bodies[n]) for n in args]
                f = label(kind, name, at, map(body, inner))
                called = (
                    Cell.now.called(name, inner[0]) if kind in ("function", "softmax") else None
                )
                if called is not None:
                    ((_, _, ((f, _, _),), _),) = called.terms
            made[f, ns] = made.get((f, ns), 0) + e
        found += normal(number, over, dict(marks), made, dict(enumerate(sizes)))
    return collected(poly.rows, poly.cols, found)


def divisors(poly):
    """Return what all terms are divided by: the labels, with the marks of their nodes."""
    common = None
    for _, marks, factors, _ in poly.terms:
        names = {node: mark for mark, node in marks}
        here = {
            (f, tuple(names[n] for n in ns))
            for f, e, ns in factors
            if e < 0 and all(n in names for n in ns)
        }
        common = here if common is None else common & here
    return common or set()


def spelt(number, over, marks, factors, sizes, factor, nodes):
    """Return the terms where a quantity is spelt out by its equation, or None.

    A quotient q = x ⊘ y is where it stands beside 1 ⊘ y, as its derivative is written: it is x ⊘ y².
    What is computed of parameters alone is the same at each step, and so is a weight by the step alone.
    """
    _, name, at, _ = Labels[factor]
    if factors[factor, nodes] < 1 or len(at) != 1 or not Ranges.at_most(("", 1), at[0], over):
        return None
    letter, new = Cell.now.letters[name], {"t": at[0]}
    axes = [mark for mark, size in (("r", letter.rows), ("c", letter.cols)) if size]
    where = dict(zip(axes, nodes, strict=True))
    if name in Cell.now.steady or any(
        factors.get((relabel(f, new), tuple(where[m] for m in marked)), 0) < 0
        for f, marked in Cell.now.divided.get(name, ())
    ):
        left = dict(factors)
        left[factor, nodes] -= 1
        return put(renamed(Cell.now.raw[name], new), number, over, marks, left, sizes, nodes)
    return None


def reads(poly):
    """Return the labels that a polynomial is made of, within functions as well."""
    found = {}
    for _, _, factors, _ in poly.terms:
        for f, _, _ in factors:
            kind, _, _, args = Labels[f]
            if kind in INNER:
                for n in args:
                    found.update(reads(Bodies[n]))
            else:
                found[f] = None
    return found


D = ("dr", "dc")
DIFFERENTIATED = ("max", "min", "logsumexp")  # beside functions of each entry and softmax


def jacobian(poly, by):
    """Return the derivative by a label: the label is taken out, its indices become free marks."""
    letter = Cell.now.letters[Labels[by][1]]
    axes = [mark for mark, sizes in zip(D, (letter.rows, letter.cols), strict=False) if sizes]
    {m: m for m in ("r", "c")}
    found = []
    for (over, marks, factors, sizes), number in poly.terms.items():
        for factor, exponent, nodes in factors:
            if factor != by and by not in depends(factor):
                continue
            left = {(f, ns): e for f, e, ns in factors}
            left[factor, nodes] = exponent - 1
            if factor == by:
                made = dict(marks) | dict(zip(axes, nodes, strict=False))
                found += normal(number * exponent, over, made, left, dict(enumerate(sizes)))
                continue
            kind, name, _, args = Labels[factor]
            if kind not in ("function", "softmax", "power") and name not in DIFFERENTIATED:
                raise NoRule(f"no rule for the derivative of {name or kind}")
            inner = Bodies[args[0]]
            kept = {(0, "r"): "r", (0, "c"): "c"} | {(1, d): d for d in D}
            both = [("r", "r"), ("c", "c")]
            if name in ("max", "min"):
                # As is said where two are equal, the second is taken.
                first, second = (Bodies[n] for n in args)
                larger = plus(first, scaled(-1, second))
                taken = entrywise("step", larger if name == "max" else scaled(-1, larger))
                ways = (
                    (first, taken),
                    (second, plus(single(inner.rows, inner.cols), scaled(-1, taken))),
                )
                change = plus(
                    *(
                        join(slope, jacobian(one, by), both, kept, inner.rows, inner.cols)
                        for one, slope in ways
                    )
                )
            else:
                change = jacobian(inner, by)
            if name == "logsumexp":
                # Its derivative is the row softmax(a)ᵀ.
                row = transposed(entrywise("softmax", inner))
                change = join(row, change, [("c", "r")], {(1, d): d for d in D}, (), ())
            if kind == "power":
                left[factor, nodes] = 0
                change = join(
                    scaled(exponent, power(inner, exponent - 1)),
                    change,
                    both,
                    kept,
                    inner.rows,
                    inner.cols,
                )
                exponent = 1
            value = entrywise(name, inner) if kind in ("function", "softmax") else None
            if kind == "function":
                change = join(
                    slopes(name, inner, value), change, both, kept, inner.rows, inner.cols
                )
            elif kind == "softmax":
                # do = diag(o) dz − o oᵀ dz
                spread = plus(diagonal(value), scaled(-1, times(value, transposed(value))))
                change = join(spread, change, [("c", "r")], {(0, "r"): "r"} | kept, inner.rows, ())
            found += put(
                change, number * exponent, over, dict(marks), left, dict(enumerate(sizes)), nodes
            )
    return collected(poly.rows, poly.cols, found)


_DEPENDS = {}


def depends(factor):
    if factor not in _DEPENDS:
        kind, _, _, args = Labels[factor]
        inside = args if kind in INNER else ()
        _DEPENDS[factor] = {f for n in inside for f in reads(Bodies[n])}
    return _DEPENDS[factor]


_READ = {}


class Letter:
    """A quantity: its sizes, and for those that a statement defines, the statement."""

    def __init__(self, text, rows=None, cols=None):
        self.text, self.rows, self.cols = text, rows, cols
        self.expression = self.indices = None  # of a letter that is defined
        self.shape, self.held = (None, None), {}
        self.adjoint_of = None  # of an adjoint by a recursion
        self.parameter = "@" not in text


class Cell:
    """The equations of a step, as read from the certificate, and derivatives by the chain rule."""

    now = None
    # Whether 1/(1 + e to the power a) is read as a sigmoid: where a function's formula is compared with
    # its slope, at one argument.  Elsewhere steps move, and which of a and -a is chosen would not.
    far = False

    def __init__(self, certificate):
        Cell.now, self.reading = self, None
        self.letters, self.raw, self.order, self._called = {}, {}, [], {}
        for text, (rows, cols) in certificate["sizes"].items():
            self.letters[text] = Letter(text, *(() if s == "1" else (s,) for s in (rows, cols)))
        for text in certificate["introduced"]:
            self.letters[text] = Letter(text)
        self.heads, self.opened = letters_of(self.letters), False
        self.functions = {}
        self.sizes = {
            text
            for shape in certificate["sizes"].values()
            for size in shape
            for text in (size, in_short(size))
            if not size.isdigit()
        }
        self.cuts = {}  # the pieces of columns of a size that is a sum, by that as it is printed
        self.stack = self.states = None
        self.defining, self.pieces = True, ()
        self.divided, self.steady, self.by = {}, set(), {}
        for text in certificate["functions"]:
            self.reading = text
            self.function(text)
        self.texts = certificate["equations"]
        for text in self.texts:
            self.reading = text
            sides = self.read(text)
            left = sides[0]
            if len(sides) != 2 or left[0] != "letter" or left[2] not in ((("t", 0),), ()):
                raise Refused("an equation of the cell does not begin with a letter at step t")
            name = left[1]
            if left[2] == () and sides[1][0] == "grid":
                continue  # the value of a constant
            if left[2] == ():
                self.total, self.weight = name, self.weighted(sides[1])
            elif (
                sides[1][0] == "grid"
                and "introduced" in certificate
                and name in certificate["introduced"]
            ):
                self.stack, self.states = name, [row[0][1] for row in sides[1][1]]
            else:
                self.define(name, sides[1])
        if self.states is None:
            self.states = certificate["states"]
        sizes = tuple((self.letters[s].rows or ("1",))[0] for s in self.states)
        self.pieces = sizes
        if self.stack:
            self.letters[self.stack].rows, self.letters[self.stack].cols = stacked(sizes), ()
        for name in self.order:
            for read in reads(self.raw[name]):
                kind, of, at, _ = Labels[read]
                if (
                    kind == "at"
                    and at != (("t", 0),)
                    and (at != (("t", -1),) or of not in self.states)
                ):
                    raise NoRule("an equation reads what is no state of the step before")
        for name, made in self.raw.items():
            if divisors(made) | self.by[name]:
                self.divided[name] = divisors(made) | self.by[name]
            kinds = {
                "steady" if Labels[read][1] in self.steady else Labels[read][0]
                for read in reads(made)
            }
            if kinds <= {"parameter", "size", "is", "steady"}:
                self.steady.add(name)
        self.defining, self.reading = False, None
        _RENAMED.clear()
        self.known, self.values, self.adjoints, self.ends, self.used = {}, {}, {}, set(), set()

    def read(self, text):
        if text not in _READ:
            _READ[text] = Reader(text, self.heads, self.sizes).sides()
        return _READ[text]

    def function(self, text):
        """Take the definition of a function of a."""
        left, *right = Reader(text, ARGUMENT, self.sizes).sides()
        known = left[0] != "function" or left[1] in (*OWN, *LONG, *AT_ZERO, *self.functions)
        if known or left[2] != (("letter", "a", ()),) or len(right) != 1:
            raise Refused("it defines no function")
        self.functions[left[1]] = right[0]

    def meant(self, function, argument):
        """Return what a function of an argument stands for by its definition, or None."""
        if function in self.functions:
            return Written(self, argument).whole(self.functions[function], argument.shape())
        name = function[:-1] if function[-1:] == "'" else ""
        if name in self.functions:
            made = Written(self, argument).slope(self.functions[name])
            return made or Poly(argument.rows, argument.cols, {})
        text = LONG.get(name) or MADE_OF.get(function)
        if text is not None:
            tree = Reader(text, ARGUMENT, self.sizes).sides()[0]
            return Written(self, argument).whole(tree, argument.shape())
        return None

    def weighted(self, tree):
        """Return the weight of a step in the total loss, and the name of the loss of a step."""
        if tree[0] != "over" or tree[1:5] != ("Σ", "t", ("", 1), ("T", 0)):
            raise NoRule("the total loss is no sum from 1 to T")
        factors = tree[5][1] if tree[5][0] == "product" else (tree[5],)
        self.loss = factors[-1][1]
        return ("product", factors[:-1]) if len(factors) > 1 else ("number", 1)

    def define(self, name, tree):
        letter = self.letters[name]
        if name in self.raw:
            raise Refused(f"{printed(name)} has two equations")
        scope = Scope(self, {})
        for grid in columns_in(tree):
            if (made := scope.sized(grid)) is not None and made.rows:
                self.cut_as(made.rows[0])
        self.raw[name] = scope.whole(tree, (letter.rows, letter.cols), raw=True)
        self.order.append(name)
        self.by[name] = scope.divisors(tree, self.raw[name]) if tree[0] == "quotient" else set()
        if tree[0] == "function" and len(tree[2]) == 1:
            argument = scope.whole(tree[2][0], (letter.rows, letter.cols))
            self._called.setdefault(tree[1], []).append((name, argument))

    def cut_as(self, pieces):
        """Take letters of a size that is a sum, as d + n, to have the pieces of a column of that size.

        In what order the pieces stand, the column says that they multiply, and not the sum.
        """
        if isinstance(pieces, str):
            return
        for letter in self.letters.values():
            for axis in ("rows", "cols"):
                (size,) = getattr(letter, axis) or ("",)
                if size and summands(size) == summands(pieces):
                    if size != pieces and not isinstance(size, str):
                        raise NoRule("two columns of one size in pieces of another order")
                    setattr(letter, axis, (pieces,))
                    if isinstance(size, str):
                        self.cuts[in_short(size)] = pieces

    def called(self, function, argument):
        """Return v_t if an equation says that it is this function of this argument.

        Not within equations: what they read is what they are written with.
        """
        if self.defining or function not in self._called:
            return None
        bases = {at[0] for f in reads(argument) for at in Labels[f][2]}
        offsets = {at for f in reads(argument) for at in Labels[f][2]}
        for name, other in self._called[function]:
            for at in sorted(offsets) or [("t", 0)]:
                for late in (0, 1):
                    step = at[0], at[1] + late
                    if renamed(other, {"t": step}).key() == argument.key() and bases:
                        return self.at(name, step)
        return None

    def handed(self, poly):
        """Return the same where quantities that only hand on others, as x_{t-1}, are these."""
        found = []
        for (over, marks, factors, sizes), number in poly.terms.items():
            made = {}
            for f, e, ns in factors:
                at = self.original(f), ns
                made[at] = made.get(at, 0) + e
            found += normal(number, over, dict(marks), made, dict(enumerate(sizes)))
        return collected(poly.rows, poly.cols, found)

    def original(self, factor):
        kind, name, at, args = Labels[factor]
        if kind in ("function", "softmax", "power", "opaque"):
            return label(kind, name, at, (body(self.handed(Bodies[n])) for n in args))
        if kind != "at" or name not in self.raw or not Ranges.at_most(("", 1), at[0]):
            return factor
        graph = alone(self.raw[name])
        if graph is None or Labels[graph[2][0][0]][0] != "at":
            return factor
        if Labels[graph[2][0][0]][2] not in ((("t", 0),), (("t", -1),)):
            return factor
        return self.original(relabel(graph[2][0][0], {"t": at[0]}))

    def softened(self, poly):
        """Return a where a polynomial is −softplus(a), under a letter or not."""
        if len(poly.terms) != 1:
            return None
        (((_over, marks, factors, sizes), number),) = poly.terms.items()
        if number != -1 or len(factors) != 1 or factors[0][1] != 1 or len(marks) != len(sizes):
            return None
        kind, name, at, args = Labels[factors[0][0]]
        if kind == "at" and name in self.raw:
            graphs = list(self.raw[name].terms)
            if len(graphs) == 1 and len(graphs[0][2]) == 1:
                kind, name, _, args = Labels[relabel(graphs[0][2][0][0], {"t": at[0]})]
        return Bodies[args[0]] if (kind, name) == ("function", "softplus") else None

    def rewritten(self):
        """Return the quantities that `spelt` may spell out: none while equations are read."""
        return () if self.defining else self.divided.keys() | self.steady

    def shape(self, name):
        return self.letters[name].rows, self.letters[name].cols

    def at(self, name, *step):
        letter = self.letters[name]
        if self.opened and name in self.raw and len(self.raw[name].terms) == 1:
            ((_, _, factors, _),) = self.raw[name].terms
            if len(factors) == 1 and Labels[factors[0][0]][0] == "softmax":
                powers = entrywise(
                    "exp", renamed(Bodies[Labels[factors[0][0]][3][0]], {"t": step[0]})
                )
                total = times(single((), powers.rows), powers)
                return times(power(total, -1), powers)
        kind = "parameter" if letter.parameter else "at"
        return single(letter.rows, letter.cols, label(kind, name, step))

    # -- what one quantity does to another ---------------------------------------------------------

    def local(self, name, by, step):
        """Return how an equation at a step depends on a label, named as at step t."""
        key = name, by
        if key not in self.known:
            # An equation holds from step 1 on.
            before = Ranges.known
            Ranges.known = (*before, ("t", ("", 1), ("t", 0)))
            try:
                self.known[key] = spoken(jacobian(self.raw[name], by))
            finally:
                Ranges.known = before
        return renamed(self.known[key], {"t": step})

    def passed(self, name, step, by, held, memo):
        """Return the derivative of a quantity by one at a step, or by a parameter of that step alone.

        Paths end where they meet what is held.  None stands for zero.
        """
        if (name, step) in held:
            return None
        if (name, step) == by:
            return identity(self.letters[name].rows)
        if name not in self.raw or (name, step) in memo:
            return memo.get((name, step))
        if (step[0] == "" and step[1] < 1) or (step[0] == by[1][0] and step[1] < by[1][1]):
            return None
        if step[0] != by[1][0]:
            raise NoRule("a derivative over unknown many steps")
        if self.letters[name].cols:
            raise NoRule("the derivative of a matrix is no matrix")
        found = []
        for read in reads(self.raw[name]):
            kind, of, at, _ = Labels[read]
            if kind == "parameter" and of == by[0] and step == by[1]:
                here = self.local(name, read, step)
                found += [shaped(here)] if here.terms else []
            elif kind == "at":
                before = self.passed(of, moved(at[0], {"t": step}), by, held, memo)
                if before is not None:
                    here = self.local(name, read, step)
                    keep = {(0, "r"): "r", (1, "c"): "c", (1, "c1"): "c1"}
                    rows = self.letters[name].rows
                    found.append(join(here, before, [("dr", "r")], keep, rows, before.cols))
        memo[name, step] = plus(*found) if found else None
        return memo[name, step]

    def derivative(self, of, by, held=frozenset()):
        """Return ∂of/∂by, each a name (or the stack) and a step, at most few steps apart; None if 0."""
        key = of, by, held
        if key not in self.known:
            self.known[key] = self.worked_out(of, by, held)
        return self.known[key]

    def worked_out(self, of, by, held):
        if of == by and of not in held:
            return identity(self.letters[of[0]].rows)
        if of[0] == self.stack:
            rows = [(n, self.derivative((s, of[1]), by, held)) for n, s in enumerate(self.states)]
            return added(times(self.piece(n), made) for n, made in rows if made is not None)
        if by[0] == self.stack:
            others = {(s, by[1]) for s in self.states}
            columns = [
                (n, self.derivative(of, (s, by[1]), held | (others - {(s, by[1])})))
                for n, s in enumerate(self.states)
            ]
            return added(
                times(made, transposed(self.piece(n))) for n, made in columns if made is not None
            )
        return self.passed(of[0], of[1], by, held, {})

    def piece(self, n):
        """Return E_n, by which a state stands in the stack: ξ = Σ E_n s_n."""
        return piece(self.pieces, n)

    def state(self):
        return self.stack or self.states[0]

    def through(self, of, by):
        """Return ∂of_t/∂by_k for steps k ≤ t, by induction: all paths pass the states of each step.

        ∂of_t/∂ξ_t (Π ∂ξ_j/∂ξ_{j−1}) ∂ξ_k/∂by_k, and where k = t what passes by the states of t.
        """
        key = of, by, Ranges.known
        if key not in self.known:
            self.known[key] = self.passing(of, by)
        return self.known[key]

    def passing(self, of, by):
        (_name, step), (_, use) = of, by
        if not Ranges.at_most(use, step):
            raise NoRule("which of two steps is the earlier is not said")
        if step[0] == use[0]:
            chained = self.derivative(of, by)
            if self.letters[by[0]].parameter and step != use:
                raise NoRule("a copy at another known step")
            return chained
        xi = self.state()
        first, last = self.derivative(of, (xi, step)), self.derivative((xi, use), by)
        if first is None or last is None:
            made = None
        else:
            made = times(times(first, self.steps((use[0], use[1] + 1), step)), last)
        states = frozenset((s, step) for s in self.states)
        beside = self.derivative(of, (by[0], step), states)
        if beside is not None:
            made = added(
                m for m in (made, times(number_label("is", (use, step)), beside)) if m is not None
            )
        return made

    def steps(self, low, high):
        """Return the product of the step Jacobians."""
        xi = self.state()
        one = self.derivative((xi, ("•", 0)), (xi, ("•", -1)))
        rows = self.letters[xi].rows
        return product(low, high, Poly(rows, rows, {}) if one is None else one)

    def over_uses(self, of, parameter):
        """Return ∂of_t/∂p: the sum over the steps k at which p is used."""
        sum_ = ("#9", 0)
        Ranges.known += (("#9", ("", 1), of[1]),)
        try:
            made = self.through(of, (parameter, sum_))
        finally:
            Ranges.known = Ranges.known[:-1]
        return None if made is None else summed(made, "#9", ("", 1), of[1])

    def over_losses(self, by, low):
        """Return ∂L/∂by as the sum of the losses of the steps from low to T, each with its weight."""
        Ranges.known += (("#8", low, ("T", 0)),)
        try:
            step = ("#8", 0)
            parameter = self.letters[by[0]].parameter and by[1] is None
            made = (
                self.over_uses((self.loss, step), by[0])
                if parameter
                else self.through((self.loss, step), by)
            )
            made = None if made is None else times(self.weight_at(step), made)
        finally:
            Ranges.known = Ranges.known[:-1]
        return None if made is None else summed(made, "#8", low, ("T", 0))

    def weight_at(self, step):
        return Scope(self, {"t": step}).whole(self.weight, ((), ()))

    # -- adjoints ----------------------------------------------------------------------------------

    def adjoint(self, name, step):
        """Return ∇ of the total loss by a quantity, from all that read it at its step and the next."""
        if name == self.loss:
            return self.weight_at(step)
        found = []
        for late in (0, 1):
            there = step[0], step[1] + late
            read = label("at", name, (("t", -late),))
            if there[0] == "" and there[1] < 1:
                continue
            for other in self.order:
                if read in reads(self.raw[other]):
                    arrives = self.arriving(other, there, bool(late))
                    found.append(
                        pulled(arrives, self.local(other, read, there), self.letters[name])
                    )
        return added(found)

    def arriving(self, name, step, later):
        if name in self.adjoints:
            series = self.adjoints[name]
            if later and series not in self.ends:
                raise NoRule(f"{printed(series, 'T+1')} is read, and no statement says what it is")
            self.used.add(series)
            return self.at(series, step)
        if later:
            raise NoRule(f"the adjoint of {printed(name)} is read one step later and has no letter")
        return self.adjoint(name, step) or Poly(
            self.letters[name].rows, self.letters[name].cols, {}
        )

    def gradient(self, parameter):
        read = label("parameter", parameter)
        step = ("#8", 0)
        Ranges.known += (("#8", ("", 1), ("T", 0)),)
        try:
            found = [
                pulled(
                    self.arriving(name, step, False),
                    self.local(name, read, step),
                    self.letters[parameter],
                )
                for name in self.order
                if read in reads(self.raw[name])
            ]
        finally:
            Ranges.known = Ranges.known[:-1]
        return summed(added(found), "#8", ("", 1), ("T", 0))


def whole_marks(nodes):
    """Return the marks of a label that stands alone, neither transposed nor summed over."""
    return tuple(sorted(zip(("r", "c"), nodes, strict=False)))


def alone(poly):
    """Return the graph of what is one label as it stands, not transposed; else None."""
    if list(poly.terms.values()) != [1]:
        return None
    (graph,) = poly.terms
    over, marks, factors, _ = graph
    one = not over and len(factors) == 1 and factors[0][1] == 1
    return graph if one and marks == whole_marks(factors[0][2]) else None


def piece(sizes, n):
    """Return E_n, by which the n-th of some blocks stands among them.

    Where all sizes are numbers, what counts is where the block begins and how long it is.
    """
    size, (total,) = () if sizes[n] == "1" else (sizes[n],), stacked(sizes)
    if isinstance(total, str):
        args = sum(map(int, sizes[:n])), int(sizes[n])
        return single((total,), size, label("piece", total, (), args))
    return single((total,), size, label("piece", sizes, (), (n,)))


def in_short(size):
    """Return a size as it is printed within others: d+n of d + n, 2d of 2*d."""
    return size.replace(" ", "").replace("*", "")


def columns_in(tree):
    """Yield the columns in a formula that are put together of others, those within others first."""
    if isinstance(tree, tuple):
        for part in tree:
            yield from columns_in(part)
        if tree[:1] == ("grid",) and len(tree[1]) > 1 and len(tree[1][0]) == 1:
            yield tree


def summands(size):
    """Return how often each letter is in a size, and its number: of d + n, 2*d + 1, or pieces."""
    found = {}
    for part in size.split(" + ") if isinstance(size, str) else size:
        if not isinstance(part, str):
            more = dict(summands(part)).items()
        else:
            many, _, name = part.rpartition("*")
            more = [("", int(part))] if part.isdigit() else [(name, int(many or 1))]
        for name, many in more:
            found[name] = found.get(name, 0) + many
    return frozenset(found.items())


def stacked(sizes):
    numbers = all(str(size).isdigit() for size in sizes)
    return (str(sum(map(int, sizes))),) if numbers else (sizes,)


def added(polys):
    polys = list(polys)
    return plus(*polys) if polys else None


def shaped(poly):
    """Return a derivative whose marks of rows and columns of a matrix become those of a row."""
    (graph, _), *_ = poly.terms.items()
    marks = dict(graph[1])
    axes = [d for d in D if d in marks]
    new = {"r": ("r",)} | dict(zip(axes, (("c",), ("c1",)), strict=False))
    sizes = tuple(graph[3][marks[d]] for d in axes)
    return remarked(poly, new, poly.rows, sizes)


def pulled(arriving, local, letter):
    """Return Jᵀ w̄: what arrives at w, through its derivative, in the shape of the quantity."""
    keep = {(1, "dr"): "r", (1, "dc"): "c"}
    return join(arriving, local, [("r", "r"), ("c", "c")], keep, letter.rows, letter.cols)


def number_label(kind, at):
    return single((), (), label(kind, "", at))


def summed(poly, index, low, high):
    """Return the sum of a polynomial over a step, from low to high."""
    if low[0] == high[0]:
        parts = [renamed(poly, {index: (low[0], n)}) for n in range(low[1], high[1] + 1)]
        return plus(Poly(poly.rows, poly.cols, {}), *parts)
    found = []
    for (over, marks, factors, sizes), number in poly.terms.items():
        new = {f"#{n}": (f"#{n + 1}", 0) for n in range(len(over))} | {index: ("#0", 0)}
        sums = (
            ("#0", low, high),
            *((new[i][0], moved(lo, new), moved(hi, new)) for i, lo, hi in over),
        )
        made = {}
        for f, e, ns in factors:
            at = relabel(f, new), ns
            made[at] = made.get(at, 0) + e
        found += normal(number, sums, dict(marks), made, dict(enumerate(sizes)))
    return collected(poly.rows, poly.cols, found)


def begun(polys):
    """Return polynomials with all sums over steps from a step t on, and products, begun equally late.

    Σ from t on is the term of t and the sum from t + 1 on; Π from t on is Π from t + 1 on, times
    the factor of t.  Both need t to be no later than the end, which must be sure.
    """
    latest = {}
    for kind, (base, offset) in (
        found for poly in polys for graph in poly.terms for found in begins(graph)
    ):
        if base[:1] == "#":
            continue  # bound: another letter in each term
        latest[kind, base] = max(offset, latest.get((kind, base), offset))
    return [later(poly, latest) for poly in polys]


def begins(graph):
    for _, low, _ in graph[0]:
        yield "sum", low
    for f, _, _ in graph[2]:
        if Labels[f][0] == "product":
            yield "product", Labels[f][2][0]


def later(poly, latest):
    found = []
    for graph, number in poly.terms.items():
        over, marks, factors, sizes = graph
        for n, (index, low, high) in enumerate(over):
            if low[1] < latest.get(("sum", low[0]), low[1]) and Ranges.at_most(low, high, over[:n]):
                rest = Poly(poly.rows, poly.cols, {(over[:n] + over[n + 1 :], *graph[1:]): number})
                after = (*over[:n], (index, (low[0], low[1] + 1), high), *over[n + 1 :])
                now = renamed(rest, {index: low})
                made = Poly(poly.rows, poly.cols, {(after, *graph[1:]): number})
                found += [
                    (m, g) for one in (now, made) for g, m in later(one, latest).terms.items()
                ]
                break
        else:
            for f, e, nodes in factors:
                kind, _, at, args = Labels[f]
                if (
                    kind == "product"
                    and e == 1
                    and at[0][1] < latest.get(("product", at[0][0]), at[0][1])
                    and Ranges.at_most(*at, over)
                ):
                    inner = Bodies[args[0]]
                    after = at[0][0], at[0][1] + 1
                    made = times(product(after, at[1], inner), renamed(inner, {"•": at[0]}))
                    left = {(g, ns): m for g, m, ns in factors if (g, ns) != (f, nodes)}
                    terms = put(
                        made, number, over, dict(marks), left, dict(enumerate(sizes)), nodes
                    )
                    whole = later(collected(poly.rows, poly.cols, terms), latest)
                    found += [(m, g) for g, m in whole.terms.items()]
                    break
            else:
                found.append((number, graph))
    return collected(poly.rows, poly.cols, found)


def product(low, high, inner):
    """Return Π, the largest step leftmost; `inner` is a polynomial in the step •."""
    if inner.rows != inner.cols:
        raise Refused("a product over steps of what is not square")
    if low[0] == high[0]:
        made = identity(inner.rows)
        for n in range(low[1], high[1] + 1):
            made = times(renamed(inner, {"•": (low[0], n)}), made)
        return made
    return single(inner.rows, inner.cols, label("product", "", (low, high), (body(inner),)))


class Scope:
    """Evaluates what was read: `steps` gives indices their times."""

    def __init__(self, cell, steps, held=None, recursive=True, components=None):
        self.cell, self.steps, self.held, self.recursive = cell, steps, held or {}, recursive
        self.components = components or {}  # sizes of columns, by the letters of their components

    def step(self, at):
        return moved(at, self.steps)

    def whole(self, tree, shape=(None, None), raw=False):
        """Return what a formula is; `shape` are sizes of rows and columns where they are known."""
        made = getattr(self, "_" + tree[0])(
            tree, shape, *([True] if raw and tree[0] == "function" else [])
        )
        if not isinstance(made, Poly):
            raise NoRule("the size of a 0, a 1 or an I is not clear")
        return made

    def sized(self, tree, shape=(None, None)):
        """Return what a formula is, or None where its size must be told by others."""
        try:
            return self.whole(tree, shape)
        except Spent:
            raise
        except NoRule:
            return None

    def _number(self, tree, shape):
        value = tree[1]
        if None in shape and value == 0:
            raise NoRule("a 0 of unknown size")
        if None in shape or shape == ((), ()):
            return number_(value)
        return scaled(value, single(*shape))

    def _size(self, tree, shape):
        return size_label(tree[1])

    def _sized(self, tree, shape):
        sizes = tuple(() if s == "1" else (s,) for s in tree[2])
        return identity(sizes[0]) if tree[1] == "I" else Poly(*sizes, {})

    def _identity(self, tree, shape):
        size = shape[0] if shape[0] is not None else shape[1]
        if size is None:
            raise NoRule("an I of unknown size")
        return identity(size)

    def _sum(self, tree, shape):
        terms = tree[1]
        if None in shape:
            for _, term in terms:
                if term[0] in ("number", "identity"):
                    continue
                if (made := self.sized(term, shape)) is not None:
                    shape = made.rows, made.cols
                    if shape != ((), ()):
                        break
        return plus(*(scaled(sign, self.whole(term, shape)) for sign, term in terms))

    def _product(self, tree, shape):
        factors, made = tree[1], None
        if factors == (("number", 1), ("transpose", ("number", 1))):
            if None in shape:
                raise NoRule("ones of unknown size")
            return single(*shape)
        for n, factor in enumerate(factors):
            last = n == len(factors) - 1
            rows = shape[0] if made is None else (made.cols if made.cols or made.rows else shape[0])
            cols = shape[1] if last else None
            if factor == ("number", 1) and not last and (made is None or not made.rows + made.cols):
                # Nobody writes a factor 1: it is the column of ones, before a number and a row.
                if rows is None:
                    raise NoRule("ones of unknown size")
                here = single(rows, ())
            elif factor == ("transpose", ("number", 1)) and last:
                if cols is None:
                    raise NoRule("ones of unknown size")
                here = single((), cols)
            elif factor == ("transpose", ("number", 1)):
                right = self.whole(("product", factors[n + 1 :]), (None, shape[1]))
                here = single((), right.rows)
            elif factor[0] == "number" and (not last or made is None or (made.rows or made.cols)):
                here = number_(factor[1])
                if made is not None and made.cols and (last or factor[1] == 1):
                    # Behind a matrix a 1 is the column of ones, also before a row.
                    here = scaled(factor[1], single(made.cols, ()))
            elif factor[0] == "number":
                if None in shape:
                    raise NoRule("ones of unknown size")
                here = scaled(factor[1], single(*shape))
            else:
                here = self.sized(factor, (rows, cols))
                if here is None and not last:
                    # What stands behind it may say how wide it is.
                    behind = self.sized(factors[n + 1])
                    cols = None if behind is None else behind.rows
                here = self.whole(factor, (rows, cols)) if here is None else here
            made = here if made is None else times(made, here)
        return made

    def _pair(self, tree, shape):
        first = self.sized(tree[1]) if tree[1][0] != "number" else None
        second = self.sized(tree[2]) if tree[2][0] != "number" else None
        known = first or second
        if known is not None and None in shape:
            shape = known.rows, known.cols
        return (
            first
            if first is not None and (first.rows, first.cols) == shape
            else self.whole(tree[1], shape),
            second
            if second is not None and (second.rows, second.cols) == shape
            else self.whole(tree[2], shape),
        )

    def _entrywise(self, tree, shape):
        return hadamard(*self._pair(tree, shape))

    def _quotient(self, tree, shape):
        exponent = 1
        if tree[2][0] == "power":
            # Of a sum the square would be multiplied out.
            tree, exponent = (tree[0], tree[1], tree[2][1]), tree[2][2]
        above, below = self._pair(tree, shape)
        return hadamard(above, power(below, -exponent))

    def divisors(self, tree, made):
        """Return what a quotient is divided by: the labels, with the marks of their nodes."""
        _, below = self._pair(tree, (made.rows, made.cols))
        return divisors(power(below, -1))

    def _power(self, tree, shape):
        return power(self.whole(tree[1], shape), tree[2])

    def _transpose(self, tree, shape):
        return transposed(self.whole(tree[1], (shape[1], shape[0])))

    def _grid(self, tree, shape):
        rows = tree[1]
        numbers = all(entry[0] == "number" for row in rows for entry in row)
        known = [
            [number_(entry[1]) if numbers else self.sized(entry) for entry in row] for row in rows
        ]
        height, width = len(rows), len(rows[0])
        given = [
            self.blocks(s[0], many) if s and s[0] not in self.cell.sizes else None
            for s, many in zip(shape, (height, width), strict=True)
        ]

        def size(line, axis, told):
            sizes = {(made.rows, made.cols)[axis] for made in line if made is not None}
            if len(sizes) == 1:
                return sizes.pop()
            if sizes or told is None:
                raise (
                    Refused("a matrix of blocks that do not fit")
                    if sizes
                    else NoRule("blocks of unknown size")
                )
            return () if told == "1" else (told,)

        above = given[0] if given[0] and len(given[0]) == height else [None] * height
        beside = given[1] if given[1] and len(given[1]) == width else [None] * width
        heights = [size(row, 0, above[n]) for n, row in enumerate(known)]
        widths = [size(column, 1, beside[n]) for n, column in enumerate(zip(*known, strict=False))]
        left = tuple((h or ("1",))[0] for h in heights)
        right = tuple((w or ("1",))[0] for w in widths)
        total = Poly(
            stacked(left) if height > 1 else heights[0],
            stacked(right) if width > 1 else widths[0],
            {},
        )
        for n, row in enumerate(rows):
            for m, entry in enumerate(row):
                made = (
                    known[n][m]
                    if known[n][m] is not None
                    else self.whole(entry, (heights[n], widths[m]))
                )
                made = times(piece(left, n), made) if height > 1 else made
                total = plus(total, times(made, transposed(piece(right, m))) if width > 1 else made)
        return total

    def blocks(self, size, many):
        """Return the sizes of so many blocks, if a size says them or they can be those of the states."""
        if not str(size).isdigit():
            return size
        if many == int(size):
            return ["1"] * many
        return self.cell.pieces if stacked(self.cell.pieces) == (size,) else None

    def _component(self, tree, shape):
        made = self.whole(tree[1])
        axes = [mark for mark, sizes in (("r", made.rows), ("c", made.cols)) if sizes]
        if len(axes) != len(tree[2]) or len(made.cols) > 1 or axes == ["c"]:
            raise Refused("as many letters as indices are expected below a component")
        for index, size in zip(tree[2], (*made.rows, *made.cols), strict=False):
            if self.components.get(index) != size:
                raise Refused(f"{index} runs over another size")
        return remarked(
            made, {axis: ("@" + index,) for axis, index in zip(axes, tree[2], strict=False)}, (), ()
        )

    def _components(self, tree, shape):
        _, index, size, inner = tree
        size = self.cell.cuts.get(size, size)
        inside = Scope(
            self.cell, self.steps, self.held, self.recursive, {**self.components, index: size}
        )
        made = inside.whole(inner, ((), ()))
        if not all("@" + index in dict(graph[1]) for graph in made.terms):
            raise NoRule(f"a sum over {index} of what has no such component")
        return remarked(made, {"@" + index: ()}, made.rows, made.cols)

    def _is(self, tree, shape):
        first, second = tree[1][0], tree[2][0]
        if first in self.components and second in self.components:
            if self.components[first] != self.components[second]:
                raise Refused(f"{first} and {second} run over different sizes")
            marks = tuple(sorted(("@" + index, 0) for index in (first, second)))
            return Poly((), (), {((), marks, (), (self.components[first],)): 1})
        return number_label("is", (self.step(tree[1]), self.step(tree[2])))

    def _function(self, tree, shape, raw=False):
        name, arguments = tree[1], tree[2]
        if name == "diag":
            return diagonal(self.whole(arguments[0], (shape[0], ())))
        if name in ("mean", "sd", "layernorm") and len(arguments) == 1:
            return averaged(name, self.whole(arguments[0]))
        if len(arguments) != 1 or name == "logsumexp":
            inner = [
                self.whole(one, shape if len(arguments) > 1 else (None, None)) for one in arguments
            ]
            size = (inner[0].rows, inner[0].cols) if len(inner) > 1 else ((), ())
            return single(*size, label("opaque", name, (), map(body, inner)))
        argument = self.whole(arguments[0], shape)
        if raw:
            kind = "softmax" if name == "softmax" else "function"
            if name not in ("identity", "sqrt"):
                return single(
                    argument.rows, argument.cols, label(kind, name, (), (body(argument),))
                )
        letters = sorted(
            {mark for graph in argument.terms for mark, _ in graph[1] if mark[0] == "@"}
        )
        if len(letters) == 1:
            # A function of a component is the component of the function.
            sizes = (self.components[letters[0][1:]],)
            return remarked(
                entrywise(name, remarked(argument, {letters[0]: ("r",)}, sizes, ())),
                {"r": letters},
                (),
                (),
            )
        if letters:
            raise NoRule("a function of several components")
        return entrywise(name, argument)

    def _over(self, tree, shape):
        _, sign, index, low, high, inner = tree
        low, high = self.step(low), self.step(high)
        bound = "•" if sign == "Π" else f"#{len(self.steps) + 10}"
        inside = Scope(
            self.cell, self.steps | {index: (bound, 0)}, self.held, self.recursive, self.components
        )
        Ranges.known += ((bound, low, high),)
        try:
            if sign == "Π":
                return product(low, high, inside.whole(inner, shape))
            return summed(inside.whole(inner, shape), bound, low, high)
        finally:
            Ranges.known = Ranges.known[:-1]

    def _letter(self, tree, shape):
        letter, at = self.cell.letters[tree[1]], tuple(map(self.step, tree[2]))
        if letter.expression is not None:
            inside = Scope(
                self.cell, dict(zip(letter.indices, at, strict=False)), letter.held, self.recursive
            )
            self.cell.used.add(tree[1])
            key = tree[1], at, self.recursive, Ranges.known
            if key not in self.cell.values:
                self.cell.values[key] = inside.whole(letter.expression, letter.shape)
            return self.cell.values[key]
        if letter.adjoint_of is not None:
            late = not Ranges.at_most(at[0], ("T", 0))
            if late and tree[1] not in self.cell.ends:
                raise NoRule(f"{printed(tree[1], 'T+1')} is read, and no statement says what it is")
        if letter.adjoint_of is not None and not self.recursive:
            self.cell.used.add(tree[1])
            return self.by_total(letter.adjoint_of, at[0])
        if tree[1] == self.cell.stack:
            return added(
                times(self.cell.piece(n), self.cell.at(s, *at))
                for n, s in enumerate(self.cell.states)
            )
        if letter.rows is None:
            raise NoRule(f"no statement says what {printed(tree[1])} is")
        if letter.adjoint_of is not None:
            self.cell.used.add(tree[1])
        return self.cell.at(tree[1], *at)

    # -- derivatives -------------------------------------------------------------------------------

    def quantity(self, tree):
        """Return what is differentiated, or by what: its name and step; a step None is all steps."""
        if tree[0] == "letter" and len(tree[2]) < 2:
            return tree[1], self.step(tree[2][0]) if tree[2] else None
        if tree[0] == "copy":
            return tree[1], self.step(tree[2])
        raise NoRule("a derivative of, or by, what is no quantity")

    def by_total(self, name, step):
        letter = self.cell.letters[name]
        made = self.cell.over_losses((name, step), step)
        return transposed(made) if made is not None else Poly(letter.rows, letter.cols, {})

    def _derivative(self, tree, shape):
        _, of, by, said = tree
        if "component" in (of[0], by[0]):
            return self.of_components(of, by, said)
        of, by = self.quantity(of), self.quantity(by)
        cell = self.cell
        rows, cols = cell.letters[of[0]].rows, cell.letters[by[0]].rows + cell.letters[by[0]].cols
        if (said != "") != (said in self.held):
            raise Refused(f"what {said} holds fixed is not said")
        if said:
            held = self.fixed(self.held[said])
            if by[1] is None or by[1][0] == of[1][0]:
                made = cell.derivative(of, by if by[1] else (by[0], of[1]), held)
            elif any(
                {(s, (of[1][0], of[1][1] - late)) for s in cell.states} <= held for late in (0, 1)
            ):
                # With the states held, only what is of the same step acts.
                made = cell.derivative(of, (by[0], of[1]), held)
                made = None if made is None else times(number_label("is", (by[1], of[1])), made)
            else:
                raise NoRule(f"what {said} holds fixed does not end all paths")
        elif of[0] == cell.total:
            made = self.of_total(by)
        elif by[1] is None:
            made = cell.over_uses(of, by[0])
        else:
            made = cell.through(of, by)
        return Poly(rows, cols, {}) if made is None else made

    def of_components(self, of, by, said):
        """Return the derivative of one component by another: a component of the derivative."""
        above, below = (part[2] if part[0] == "component" else () for part in (of, by))
        inner = [part[1] if part[0] == "component" else part for part in (of, by)]
        made = self.whole(("derivative", *inner, said))
        if len(above) != len(made.rows) or len(below) != len(made.cols):
            raise NoRule("a derivative of, or by, a part of the indices")
        marks = dict(
            zip(("r", "c", "c1"), (("@" + index,) for index in (*above, *below)), strict=False)
            if above
            else zip(("c", "c1"), (("@" + index,) for index in below), strict=False)
        )
        for index, size in zip((*above, *below), (*made.rows, *made.cols), strict=False):
            if self.components.get(index) != size:
                raise Refused(f"{index} runs over another size")
        return remarked(made, marks, (), ())

    def fixed(self, texts):
        found = set()
        for text in texts:
            name, step = self.quantity(self.cell.read(text)[0])
            found |= {(s, step) for s in (self.cell.states if name == self.cell.stack else [name])}
        return frozenset(found)

    def of_total(self, by):
        if by[1] is None:
            return self.cell.over_losses(by, ("", 1))
        return self.cell.over_losses(by, by[1] if by[1] != ("", 0) else ("", 1))

    def _gradient(self, tree, shape):
        of, by = self.quantity(tree[1]), self.quantity(tree[2])
        cell = self.cell
        letter = cell.letters[by[0]]
        if of[0] == cell.total and self.recursive:
            if letter.parameter and by[1] is not None:
                raise NoRule("the gradient of the total loss by the use at one step")
            made = cell.gradient(by[0]) if by[1] is None else cell.adjoint(*by)
        else:
            row = self._derivative(("derivative", tree[1], tree[2], ""), shape)
            rows, cols = letter.rows, letter.cols
            if rows and cols:
                made = remarked(row, {"c": ("r",), "c1": ("c",)}, rows, cols)
            else:
                made = row if cols else transposed(row)
        return Poly(letter.rows, letter.cols, {}) if made is None else made


ARGUMENT = {("a", (), "", 0): "a"}


def exponent_of(quotient):
    """Return u of a quotient by 1 + e to the power u that has no other exponential, else None."""
    _, above, below = quotient
    if below[0] != "sum" or len(below[1]) != 2 or (1, ("number", 1)) not in below[1]:
        return None
    powers = [term for sign, term in below[1] if (sign, *term[:2]) == (1, "function", "exp")]
    if len(powers) != 1:
        return None
    return None if "'exp'" in repr(above) else powers[0][2][0]


class Written(Scope):
    """Evaluates a formula of a function, and its derivative, at an argument."""

    def __init__(self, cell, argument):
        super().__init__(cell, {})
        self.argument = argument

    def _letter(self, tree, shape):
        return self.argument

    def slope(self, tree):
        """Return the derivative by the argument, element by element; None if it is 0."""
        kind, shape = tree[0], self.argument.shape()
        if kind == "letter":
            return single(*shape)
        if kind == "number":
            return None
        if kind == "sum":
            parts = [(sign, self.slope(term)) for sign, term in tree[1]]
            return added(scaled(sign, part) for sign, part in parts if part is not None)
        if kind == "product":
            *numbers, last = tree[1]
            if any(one[0] != "number" for one in numbers):
                raise NoRule("no rule for the derivative of this product")
            made = self.slope(last)
            for one in numbers:
                made = None if made is None else scaled(one[1], made)
            return made
        if kind == "power":
            made, base = self.slope(tree[1]), self.whole(tree[1], shape)
            if made is None:
                return None
            return scaled(tree[2], hadamard(power(base, tree[2] - 1), made))
        if Cell.far and kind == "quotient" and (above_exp := exponent_of(tree)) is not None:
            # The derivative of 1/(1 + e to the power u) is that of sigmoid(-u).
            first, value = self.whole(tree[1], shape), self.whole(above_exp, shape)
            value = entrywise("sigmoid", scaled(-1, value))
            falls = scaled(-1, hadamard(first, slopes("sigmoid", value, value)))
            parts = (self.slope(tree[1]), value), (self.slope(above_exp), falls)
            return added(hadamard(one, other) for one, other in parts if one is not None)
        if kind in ("entrywise", "quotient"):
            first, second = (self.whole(one, shape) for one in tree[1:])
            before, after = map(self.slope, tree[1:])
            if kind == "quotient":
                after = None if after is None else scaled(-1, hadamard(first, after))
                first, second = power(second, -2), power(second, -1)
            parts = [(before, second), (after, first)]
            return added(hadamard(one, other) for one, other in parts if one is not None)
        if kind == "function" and tree[1] in ("max", "min"):
            # As is said where two are equal, the second is taken.
            first, second = (self.whole(one, shape) for one in tree[2])
            larger = plus(first, scaled(-1, second))
            taken = entrywise("step", larger if tree[1] == "max" else scaled(-1, larger))
            ways = taken, plus(single(*shape), scaled(-1, taken))
            parts = zip(map(self.slope, tree[2]), ways, strict=True)
            return added(hadamard(one, way) for one, way in parts if one is not None)
        if kind == "function" and len(tree[2]) == 1:
            made, inner = self.slope(tree[2][0]), self.whole(tree[2][0], shape)
            if made is None:
                return None
            return hadamard(slopes(tree[1], inner, entrywise(tree[1], inner)), made)
        raise NoRule(f"no rule for the derivative of {kind}")


# ---------------------------------------------------------------------------------------------------
# Statements
# ---------------------------------------------------------------------------------------------------


class Statement:
    """A printed equation, with the ranges of its letters of steps and what its ∂⁺ hold fixed."""

    def __init__(self, cell, given):
        self.id, self.text, self.held = given["id"], given["text"], given["held"]
        self.assumes = given["assumes"]
        self.ranges, self.components = [], {}
        for text in given["for"]:
            index, _, ends = text.partition("=")
            low, _, high = ends.partition("..")
            if of_components(index, high, cell.sizes):
                self.components[index] = cell.cuts.get(high, high)
            else:
                self.ranges.append((index, time(low), time(high)))
        self.sides = cell.read(self.text)
        self.defines = None  # the side that is a letter which this statement defines

    def define(self, cell, name):
        """Take the statement as what says what a letter is."""
        bound = [index for index, _, _ in self.ranges]
        for n, side in enumerate(self.sides):  # noqa: B007
            if side[:2] == ("letter", name) and all(
                offset == 0 and base in bound for base, offset in side[2]
            ):
                break
        else:
            raise Refused(f"it does not say what {printed(name)} is at a step")
        letter, left = cell.letters[name], self.sides[0]
        indices = [base for base, _ in side[2]]
        if len(set(indices)) < len(indices) or n == 0 or len(self.sides) < 3:
            raise Refused(f"it does not say what {printed(name)} is")
        self.defines = n
        if left[0] == "gradient" and left[1] == ("letter", cell.total, ()):
            of = left[2]
            if of[0] != "letter" or of[2] != side[2] or of[1] in cell.adjoints or len(indices) != 1:
                raise Refused(
                    f"{printed(name)} is called the adjoint of something at another step, or of two"
                )
            cell.adjoints[of[1]] = name
            letter.adjoint_of, letter.rows, letter.cols = (
                of[1],
                cell.letters[of[1]].rows,
                cell.letters[of[1]].cols,
            )
        else:
            letter.indices, letter.held = indices, self.held
            if left[0] in ("gradient", "derivative"):
                of, by = (cell.letters[part[1]] for part in left[1:3])
                here = (by.rows, by.cols) if left[0] == "gradient" else (of.rows, by.rows + by.cols)
                letter.shape = here
            letter.expression = self.sides[-1 if n != len(self.sides) - 1 else -2]

    def check(self, cell):
        """Raise Refused or NoRule unless all sides are equal."""
        Ranges.known = tuple(self.ranges)
        if self.sides in [cell.read(text) for text in cell.texts]:
            return
        left = self.sides[0]
        if left[0] == "letter" and self.ended(cell, left):
            return
        if (
            left[0] == "letter"
            and left[1] in cell.raw
            and left[2] == (("t", 0),)
            and len(self.sides) == 2
        ):
            made = Scope(cell, {}).whole(self.sides[1], cell.shape(left[1]), raw=True)
            if spoken(cell.handed(made)).key() != spoken(cell.handed(cell.raw[left[1]])).key():
                raise Refused("it is not the cell's equation")
            return
        if left == ("letter", cell.total, ()):
            raise Refused("it is not the cell's total loss")
        if self.summed(cell, left):
            return
        if self.written_out(cell, left):
            return
        failed = None
        total = left[0] == "gradient" and left[1] == ("letter", cell.total, ())
        for recursive, opened in ((total, False), (not total, False), (False, True)):
            if opened and not self.components:
                break
            if opened != cell.opened:
                # Of components a softmax is what it is by its definition.
                cell.opened, cell.known, cell.values = opened, {}, {}
            try:
                return self.compare(cell, recursive)
            except Spent:
                raise
            except NoRule as error:
                # Where one way lacks a rule, the other alone does not tell that it is false.
                failed = failed or error if opened else error
            except Refused as error:
                failed = failed or error
        raise failed

    def written_out(self, cell, left):
        """Tell whether it says what a function, or its derivative, stands for."""
        if left[0] != "function" or len(left[2]) != 1:
            return False
        scope = Scope(cell, {}, self.held, True, self.components)
        argument = scope.whole(left[2][0])
        Cell.far = True
        try:
            meant = cell.meant(left[1], argument)
            if meant is None:
                return False
            for side in self.sides[1:]:
                if scope.whole(side, argument.shape()).key() != meant.key():
                    if left[1] in MADE_OF:
                        # At 0 it may say its value there.
                        return False
                    raise Refused(f"it is not what {left[1]} stands for")
        finally:
            Cell.far = False
        return True

    def summed(self, cell, left):
        """Tell whether it is the derivative of the sum that the total loss is, term by term."""
        if (
            left[0] not in ("derivative", "gradient")
            or left[1] != ("letter", cell.total, ())
            or self.defines
        ):
            return False
        term = left[0], ("letter", cell.loss, (("t", 0),)), *left[2:]
        weights = cell.weight[1] if cell.weight[0] == "product" else ()
        term = ("product", (*weights, term)) if weights else term
        return (
            self.sides[1:] == [("over", "Σ", "t", ("", 1), ("T", 0), term)]
            and left[2][0] == "letter"
            and left[2][2] in ((), (("", 0),))
        )

    def ended(self, cell, left):
        letter = cell.letters[left[1]]
        if letter.adjoint_of is None or left[2] != (("T", 1),):
            return False
        if self.sides[1:] != [("number", 0)]:
            raise Refused("after the last step an adjoint is 0")
        return True

    def compare(self, cell, recursive):
        scope = Scope(cell, {}, self.held, recursive, self.components)
        first = scope.whole(self.sides[0])
        made = [first]
        for n, side in enumerate(self.sides[1:], 1):
            here = first if n == self.defines else scope.whole(side, (first.rows, first.cols))
            if (here.rows, here.cols) != (first.rows, first.cols):
                raise Refused(f"side {n + 1} has another shape than the first")
            made.append(here)
        if any(side.key() != first.key() for side in made):
            made = begun(made)
        for n, side in enumerate(made):
            if side.key() != made[0].key():
                raise Refused(f"side {n + 1} is not what the first side means")


class Verdicts:
    """What became of each statement: nothing where it is proved, else why not."""

    def __init__(self, certificate):
        self.certificate = certificate
        self.refused, self.unruled, self.rests = {}, {}, {}
        given = certificate["statements"]
        if len({one["id"] for one in given}) < len(given):
            raise Refused("two statements have one id")
        for assumed in sorted({tuple(sorted(one["assumes"])) for one in given}):
            self.judge([one for one in given if tuple(sorted(one["assumes"])) == assumed], assumed)
        self.lean()

    def judge(self, given, assumed):
        """Judge the statements that assume the same beside the hypotheses of the cell."""
        try:
            self.judge_with_terms(given, assumed)
        except Spent as error:  # before the first of them was looked at
            self.unruled.update((one["id"], str(error)) for one in given)

    def judge_with_terms(self, given, assumed):
        _RENAMED.clear(), _DEPENDS.clear()
        Ranges.known = ()
        Laws.to_one, Laws.zero = frozenset(), frozenset()
        try:
            cell = Cell(self.certificate)
            Laws.to_one = frozenset(self.sums_to_one(cell, assumed))
        except Spent:
            raise
        except Exception as error:  # where an equation is not understood, nothing is proved
            return self.unread(error)
        if "zero-initial-state" in assumed:
            Laws.zero = zeros(cell)
        _RENAMED.clear(), _DEPENDS.clear()
        by = self.certificate["introduced"]
        statements = {}
        for one in self.certificate["statements"]:
            try:
                statements[one["id"]] = Statement(cell, one)
            except Spent:
                raise
            except Refused as error:
                self.refused[one["id"]] = str(error)
            except Exception as error:  # what cannot be read is not proved
                self.unruled[one["id"]] = str(error) if isinstance(error, NoRule) else repr(error)
        for name, id_ in by.items():
            if id_ in statements and name != cell.stack:
                try:
                    statements[id_].define(cell, name)
                except Spent:
                    raise
                except Exception as error:  # what says nothing that is understood defines nothing
                    self.refused[id_] = str(error) if isinstance(error, Refused) else repr(error)
        for one in statements.values():
            left = one.sides[0]
            if left[0] == "letter" and left[2] == (("T", 1),) and one.sides[1:] == [("number", 0)]:
                cell.ends.add(left[1])
        for one in given:
            if one["id"] not in statements or one["id"] in self.refused:
                continue
            cell.used = set()
            try:
                statements[one["id"]].check(cell)
            except NoRule as error:
                self.unruled[one["id"]] = str(error)
            except RecursionError:
                self.refused[one["id"]] = "a letter stands in its own definition"
            except Refused as error:
                self.refused[one["id"]] = str(error)
            except Exception as error:  # what cannot be worked out is not proved
                self.unruled[one["id"]] = repr(error)
            self.rests[one["id"]] = {by[name] for name in cell.used if by[name] != one["id"]}

    def unread(self, error):
        """Say which equation of the cell is not understood, and that all else rests on it."""
        text = Cell.now.reading
        named = [one["id"] for one in self.certificate["statements"] if one["text"] == text]
        why = str(error) if isinstance(error, (Refused, NoRule)) else repr(error)
        for one in self.certificate["statements"]:
            if not named:
                why_not = why if text is None else f"{text}: {why}"
                self.unruled[one["id"]] = why_not
            elif one["id"] != named[0]:
                self.unruled[one["id"]] = f"it rests on {named[0]}, which is not proved"
        for id_ in named[:1]:
            (self.refused if isinstance(error, Refused) else self.unruled)[id_] = why

    def sums_to_one(self, cell, assumed):
        yield "softmax"
        for name in cell.order:
            graph = alone(cell.raw[name])
            # Of softmax(a) ⊙ b, or of twice a softmax, the entries add up to something else.
            if graph is not None and Labels[graph[2][0][0]][0] == "softmax":
                yield name
        if "any-targets" not in assumed:
            for text in self.certificate["hypotheses"]:
                sides = cell.read(text)
                if (
                    len(sides) != 2
                    or sides[1] != ("number", 1)
                    or sides[0][0] != "product"
                    or len(sides[0][1]) != 2
                ):
                    raise NoRule(f"no rule for the hypothesis {text}")
                ones, letter = sides[0][1]
                if (
                    ones != ("transpose", ("number", 1))
                    or letter[0] != "letter"
                    or letter[2] != (("t", 0),)
                ):
                    raise NoRule(f"no rule for the hypothesis {text}")
                yield letter[1]

    def lean(self):
        """Take back what rests on the definition of a letter that is not proved."""
        bad = {*self.refused, *self.unruled}
        while True:
            more = {one: on & bad for one, on in self.rests.items() if on & bad and one not in bad}
            if not more:
                return
            for one, on in more.items():
                self.unruled[one] = f"it rests on {', '.join(sorted(on))}, which is not proved"
            bad |= more.keys()


def zeros(cell):
    """Return what is 0 if the initial states are: these, and what is computed of them at step 1."""
    found = {label("at", s, (("", 0),)) for s in cell.states}
    for name in cell.order:
        Laws.zero = frozenset(found)
        _RENAMED.clear()
        made = renamed(cell.raw[name], {"t": ("", 1)})
        if not made.terms:
            found.add(label("at", name, (("", 1),)))
    return frozenset(found)


def main(arguments):
    if len(arguments) not in (1, 2) or not all(one.isdecimal() for one in arguments[1:]):
        print("usage: checker.py certificate.json [TERMS]", file=sys.stderr)
        return 2
    Effort.left = int(arguments[1]) if arguments[1:] else None
    try:
        with open(arguments[0], encoding="utf-8") as file:
            certificate = json.load(file)
        if certificate["format"] != "derive-proof/1":
            raise Refused("expected the format derive-proof/1")
        verdicts = Verdicts(certificate)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, Refused, NoRule) as error:
        print(f"{arguments[0]} is no certificate that can be checked: {error!r}", file=sys.stderr)
        return 2
    for word, found in (("refused", verdicts.refused), ("no rule", verdicts.unruled)):
        for id_, why in found.items():
            print(f"{word} {id_}: {why}")
    total = len(certificate["statements"])
    left = len(verdicts.refused.keys() | verdicts.unruled.keys())
    print(f"{total - left} of {total} statements proved, for every T and every size")
    return 1 if verdicts.refused else 3 if verdicts.unruled else 0


if __name__ == "__main__":
    sys.setrecursionlimit(10000)
    sys.exit(main(sys.argv[1:]))
