"""The comments of a module against the lines below them: what a line computes is what its formula says.

A module is run with what its functions hold kept, and each formula that stands above a line is evaluated
on the same data from the derivation, sequence by sequence.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from sympy import Basic

from derive.arrays import Array
from derive.codegen.comments import formula_comments
from derive.codegen.module import WrittenModule
from derive.errors import CheckError
from derive.expressions.quantities import At, Parameter, t
from derive.numerics.evaluate import Evaluator
from derive.numerics.trace import ForwardPass

TOLERANCE = 1e-9
KEPT = "kept_locals"
"""The name under which a module that is run here keeps what its functions hold."""


def require_commented(
    module: WrittenModule, given: tuple[dict[str, Array], ...], passes: Sequence[ForwardPass]
) -> None:
    """Raise a `CheckError` unless each line computes what the formula above it says.

    ``given`` are the arguments of the module, and ``passes`` the same data sequence by sequence.
    """
    held = _held(module.source, given)
    evaluators = [Evaluator(one, module.derivation.definitions) for one in passes]
    lines = list(_lines(module.source))
    if len(lines) != len(module.comments):
        raise _untrue(module, f"{len(module.comments)} formulas stand above {len(lines)} lines")
    with np.errstate(all="ignore"):
        for (place, target), formulas in zip(lines, module.comments, strict=True):
            line = _CommentedLine(module, target, held[place], evaluators)
            if len(formulas[0]) > 1:
                line.require_left(*formulas[0])
            line.require(formulas[-1][-1], formulas[0][0] if len(formulas) > 1 else None)


def _held(source: str, given: tuple[dict[str, Array], ...]) -> Mapping[str, Mapping[str, Any]]:
    """Return what the forward pass and the gradients hold at their ends."""
    tree = ast.parse(source)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            kept = ast.parse(f'{KEPT}["{node.name}"] = dict(locals())').body
            node.body[-1:] = [*kept, node.body[-1]]
    names: dict[str, Any] = {"__name__": "generated", KEPT: {}}
    exec(builtins.compile(ast.fix_missing_locations(tree), "<generated>", "exec"), names)
    names["gradients"](*given)
    found: Mapping[str, Mapping[str, Any]] = names[KEPT]
    return found


def _lines(source: str) -> Iterator[tuple[str, str]]:
    """Yield the function and what is assigned, for each statement below a comment with a formula."""
    above = formula_comments(source)
    for function in ast.parse(source).body:
        if isinstance(function, ast.FunctionDef):
            for node in ast.walk(function):
                if isinstance(node, ast.Assign) and node.lineno in above:
                    above[node.lineno] = f"{function.name} {ast.unparse(node.targets[0])}"
    for said in (above[line] for line in sorted(above)):
        place, _, target = said.partition(" ")
        yield place, target


class _CommentedLine:
    """A line of a module: what it assigns, and what that holds for each sequence."""

    def __init__(
        self, module: WrittenModule, target: str, held: Mapping[str, Any],
        evaluators: Sequence[Evaluator],
    ) -> None:  # fmt: skip
        self.module, self.target, self.evaluators = module, target, evaluators
        name, _, key = target.partition("[")
        self.key = ast.literal_eval(key.rstrip("]")) if name == "grads" else None
        self.array: Array = np.asarray(held[name][self.key] if self.key is not None else held[name])
        self.steps = evaluators[0].trace.steps
        self._parameters = {p.name for p in module.derivation.cell.parameters}

    def require_left(self, left: Basic, right: Basic) -> None:
        """Raise a `CheckError` unless the left side of a formula is what its right side is."""
        if getattr(left, "shape", None) == getattr(right, "shape", None) and isinstance(left, At):
            self.require(left, None)

    def require(self, expr: Any, of: Basic | None) -> None:
        """Raise a `CheckError` unless the line holds what an expression is."""
        if self.key is not None and of is not None and self.key != _called(of):
            raise _untrue(self.module, f"the gradient by {of} stands above that by {self.key}")
        # A sum over the steps has an index of its own.
        moving = t in expr.free_symbols and self.key not in self._parameters
        places = [{t: n} for n in range(1, self.steps + 1)] if moving else [{}]
        each = [[np.asarray(e.at(expr, place)) for place in places] for e in self.evaluators]
        wanted = np.array(each if moving else [one for (one,) in each])
        for found, right in self._pairs(wanted, moving):
            right = right.reshape(found.shape) if right.size == found.size else right
            scale = max(1.0, float(np.abs(right).max()))
            if found.shape != right.shape or not np.abs(found - right).max() <= TOLERANCE * scale:
                raise _untrue(
                    self.module,
                    f"the formula above {self.target} = … is another than what is computed there",
                )

    def _pairs(self, wanted: Array, moving: bool) -> Iterator[tuple[Array, Array]]:
        """Yield what the line holds and what the formula is, for each sequence or their sum."""
        if self.key is not None and not (self.key in self._parameters or self._summed()):
            for b, right in enumerate(wanted):
                yield (self.array[:, b] if moving else self.array[b]), right
        elif self.key is not None:
            yield self.array, wanted.sum(axis=0)
        else:
            rows = self.array[1 : self.steps + 1]
            for b, right in enumerate(wanted):
                found = rows[:, b if rows.shape[1] > 1 else 0]
                whole = right if moving else np.broadcast_to(right, (self.steps, *right.shape))
                yield found, whole

    def _summed(self) -> bool:
        """Tell whether a gradient is one for all sequences, as that of a trained initial state."""
        return self.module.derivation.cell.initial == "trainable" and self.key not in {
            s.name for s in self.module.derivation.cell.inputs
        }


def _called(of: Basic) -> str:
    """Return the name under which the gradient by a quantity is given."""
    if isinstance(of, Parameter):
        return str(of.name)
    assert isinstance(of, At)
    return f"{of.series.name}{'' if t in of.free_symbols else 0}"


def _untrue(module: WrittenModule, problem: str) -> CheckError:
    return CheckError(
        f"the comments in the code for {module.derivation.cell.name} do not say what it computes: "
        f"{problem}. Nothing is written; correct what writes its comments"
    )
