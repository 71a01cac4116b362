"""The code of a finished text read back and run: it must compute what the document derives.

The lines are taken from the text as it was written; the forward pass and the functions that they call
are those of the cell's module.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sympy import Symbol

from derive.arrays import Array
from derive.bptt.derivation import Derivation
from derive.checks.swept import GRADIENTS, costs
from derive.codegen.module import module
from derive.document.blocks import Document, Listing, Prose
from derive.errors import CheckError
from derive.expressions.equation import Equation
from derive.expressions.quantities import t
from derive.numerics.evaluate import Evaluator
from derive.numerics.sample import Sample
from derive.numerics.trace import ForwardPass
from derive.reading.words import Word
from derive.render.page.numbering import Numbering

TOLERANCE = 1e-9
COST, ONCE = "prose.listing.cost", "prose.listing.cost_once"

_NUMBER = re.compile(r"\((\w+)\)")


@dataclass
class ReadCode:
    """Code as a text has it: its lines, and the ids of the equations that stand behind some of them."""

    lines: list[str] = field(default_factory=list)
    said: dict[int, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """Return the code."""
        return "\n".join(self.lines)


def read_code(words: Sequence[Word], labels: Numbering) -> Iterator[ReadCode]:
    """Yield the listings in the words of a text, with what they refer to; KeyError for nothing."""
    numbers = {one.number: id for id, one in labels.labels.items() if one.kind == "equation"}
    anchors = {one.anchor: id for id, one in labels.labels.items()}
    code: ReadCode | None = None
    for word in words:
        if word.kind == "listing":
            if code is not None:
                yield code
            code = ReadCode([*word.text.removeprefix("python ").split("\n")] if word.text else [])
        elif code is None:
            continue
        elif word.kind == "code line":
            code.lines.append(word.text)
        elif word.kind == "number":
            code.said[len(code.lines)] = anchors[word.text.split()[0]]
        elif word.kind == "word" and (found := _NUMBER.fullmatch(word.text)):
            code.said[len(code.lines)] = numbers[found[1]]
        elif word.kind not in ("link", "word", "target"):
            yield code
            code = None
    if code is not None:
        yield code


def require_code(
    document: Document,
    words: Sequence[Word],
    labels: Numbering,
    derivation: Derivation,
    samples: Sequence[Sample],
    passed: set[tuple[object, ...]],
) -> None:
    """Raise a `CheckError` unless the code in the words of a text computes what a derivation does.

    ``passed`` is what was run before, in the text of another format; what passes is added.
    """
    blocks = [block for block in document.blocks if isinstance(block, Listing)]
    try:
        found = [*read_code(words, labels)]
        if len(found) != len(blocks):
            raise _untrue(document, f"{len(found)} listings stand where {len(blocks)} are meant")
        for block in blocks:
            _require_referred(document, block)
        for code in found:
            _require_costs(document, code.text)
            key = (code.text, *code.said.items())
            if key not in passed:
                for one in [s for s in samples if not s.any_targets][:2]:
                    _CodeRun(document, code, derivation, one.trace).require()
                passed.add(key)
    except CheckError:
        raise
    except Exception as error:
        # Whatever it is, what was written does not run.
        raise _untrue(document, f"it breaks: {type(error).__name__}: {error}") from error


def _require_costs(document: Document, text: str) -> None:
    found = costs(text)
    once = {"products": found.once_products, "outer": found.once_outer}
    each = {"products": found.products, "outer": found.outer, "arrays": found.arrays,
            "read": found.read}  # fmt: skip
    said = {b.key: b.values for b in document.blocks if isinstance(b, Prose)}
    for key, counts in ((COST, each), (ONCE, once)):
        if key not in said and key == ONCE and any(counts.values()):
            raise _untrue(document, "it is not said what is computed once for a sequence")
        for name, value in counts.items() if key in said else ():
            if said[key][name] != value:
                raise _untrue(
                    document, f"the {name} are {value}, and {said[key][name]} are written"
                )


def _require_referred(document: Document, block: Listing) -> None:
    """Raise a `CheckError` unless adjoints and gradients say which equation they are."""
    tree = ast.parse(block.source)
    loops = [node for node in ast.walk(tree) if isinstance(node, ast.For)]
    stated = [node for loop in loops for node in loop.body]
    stated += [node for node in tree.body if ast.unparse(node).startswith(f"{GRADIENTS}[")]
    for node in stated:
        if node.end_lineno is None or block.lines[node.end_lineno - 1].ref is None:
            raise _untrue(document, f"no equation is named for {ast.unparse(node)}")


@dataclass
class _CodeRun:
    """Code of a text, run on the data of a forward pass."""

    document: Document
    code: ReadCode
    derivation: Derivation
    trace: ForwardPass

    def require(self) -> None:
        """Raise a `CheckError` unless gradients, and what has a number, are those of the derivation."""
        with np.errstate(all="ignore"):
            held = self._held()
            value = Evaluator(self.trace, self.derivation.definitions)
            found: Mapping[str, Array] = held[GRADIENTS]
            for p in self.derivation.cell.parameters:
                if p.name not in found:
                    raise _untrue(self.document, f"it has no gradient of {p.name}")
                wanted = value.value(self.derivation.recursion.accumulated(p).sides[-1])
                self._same(f"the gradient of {p.name}", found[p.name], wanted)
            for target, equation in self._numbered():
                self._require_equation(target, equation, held, value)

    def _held(self) -> dict[str, Any]:
        """Return what the code holds at its end."""
        tree = ast.parse(module(self.derivation.cell))
        (function,) = (
            node
            for node in tree.body
            if isinstance(node, ast.FunctionDef) and node.name == "gradients"
        )
        begun = [*_begins(function.body)]
        begun += [node for node in function.body[len(begun) :] if _fills_with_zeros(node)]
        begun += ast.parse(f"{GRADIENTS} = {{}}").body
        held = ast.Return(ast.parse("dict(locals())", mode="eval").body)
        function.body = [*begun, *ast.parse(self.code.text).body, held]
        names: dict[str, Any] = {"__name__": "listed"}
        exec(builtins.compile(ast.fix_missing_locations(tree), "<listed>", "exec"), names)
        found: dict[str, Any] = names["gradients"](*self._given())
        return found

    def _given(self) -> tuple[dict[str, Array], dict[str, Array], dict[str, Array]]:
        """Return the data of the forward pass as the arguments of a module: one sequence."""
        cell, trace = self.derivation.cell, self.trace
        parameters = {p.name: trace.parameter(p) for p in cell.parameters}
        for p in cell.parameters:
            if p.shape[1] == 1:
                parameters[p.name] = parameters[p.name][:, 0]
        steps = np.arange(1, trace.steps + 1)
        data = {s.name: trace.plain(s, steps)[:, None] for s in cell.given}
        return parameters, data, {f"{s.name}0": trace.plain(s, 0) for s in cell.handed}

    def _numbered(self) -> Iterator[tuple[ast.expr, Equation]]:
        """Yield what each statement with a number assigns, with the equation of that number."""
        equations = {e.id: e for e in self.document.equations()}
        ends = {
            node.end_lineno: node.targets[0]
            for node in ast.walk(ast.parse(self.code.text))
            if isinstance(node, ast.Assign)
        }
        for line, id in self.code.said.items():
            if line not in ends or id not in equations:
                raise _untrue(self.document, f"line {line} has the number of {id}")
            yield ends[line], equations[id]

    def _require_equation(
        self, target: ast.expr, equation: Equation, held: Mapping[str, Any], value: Evaluator
    ) -> None:
        said, places = ast.unparse(target), list[dict[Symbol, int]]()
        if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
            found, places = held[GRADIENTS][target.slice.value], [{}]
        else:
            name = target.value if isinstance(target, ast.Subscript) else target
            assert isinstance(name, ast.Name), "an array has a name"
            steps = self.trace.steps
            found = held[name.id][1 : steps + 1, 0]
            places = [{t: n} for n in range(1, steps + 1)]
        expr = equation.sides[-1]
        if len(places) > 1 and t not in expr.free_symbols:
            raise _untrue(self.document, f"{said} has the number of {equation.id}, which is no {t}")
        wanted = np.array([value.at(expr, place) for place in places])
        if found.size < wanted.size and wanted.shape[1:] == (found.shape[-1],) * 2:
            # Of a diagonal matrix its diagonal is kept.
            found = found[..., None] * np.eye(found.shape[-1])
        self._same(f"{said}, which has the number of {equation.id},", found, wanted)

    def _same(self, what: str, found: Array, wanted: Array) -> None:
        if wanted.ndim == found.ndim + 1 and wanted.shape[0] == 1:
            wanted = wanted[0]
        wanted = wanted.reshape(found.shape) if wanted.size == found.size else wanted
        scale = max(1.0, float(np.abs(wanted).max()))
        if found.shape != wanted.shape or not np.abs(found - wanted).max() <= TOLERANCE * scale:
            raise _untrue(self.document, f"{what} is another than what is derived")


def _begins(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements that give names to what is there: the first that computes ends them."""
    for node in body:
        value = getattr(node, "value", None)
        if isinstance(node, ast.Expr):
            yield node
        elif not isinstance(node, ast.Assign):
            return
        elif isinstance(value, ast.Subscript | ast.Tuple) or _is_call(value, "forward", "sizes_of"):
            yield node
        else:
            return


def _fills_with_zeros(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and _is_call(node.value, "np.zeros")


def _is_call(value: ast.expr | None, *names: str) -> bool:
    return isinstance(value, ast.Call) and ast.unparse(value.func) in names


def _untrue(document: Document, problem: str) -> CheckError:
    return CheckError(
        f"the code of {document.id} is not printed as it was checked: {problem}. Nothing is written; "
        "correct what prints it, or what chooses its lines"
    )
