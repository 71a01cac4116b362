"""What is asked of a forward pass, and of those in which something moves by complex steps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from sympy import MatrixExpr, Symbol

from derive.arrays import Array, StepNumbers, Steps
from derive.cells.cell import Cell
from derive.expressions.quantities import At, Parameter, Series
from derive.expressions.types import MatrixShape

STEP = 1e-50
"""The complex step: so small that its square vanishes beside 1, and no subtraction cancels."""

Offset: TypeAlias = tuple[Series, int]
"""A series, and how many steps after the first one of a pass."""


@dataclass(frozen=True)
class PassFamily:
    """What moves and what is held, as seen from the step at which a pass begins.

    ``moved`` is a parameter, a copy of which is used at the first step only where ``copied``, or the
    series that stand one above the other, ``beside`` the first step by so much.
    """

    moved: Parameter | tuple[Series, ...]
    copied: bool
    beside: int
    held: frozenset[Offset]


class Pass(Protocol):
    """What an evaluator needs of a forward pass: the values of a cell's quantities over T steps."""

    cell: Cell
    steps: int
    sizes: dict[Symbol, int]

    def value(self, series: Series, step: Steps) -> Array: ...
    def parameter(self, parameter: Parameter) -> Array: ...
    def holds(self, series: Series, step: Steps) -> bool: ...


class Begun(Pass, Protocol):
    """A forward pass from whose steps others may begin, in which something moves."""

    @property
    def begins_anywhere(self) -> bool: ...
    def perturbed(self, dens: tuple[MatrixExpr, ...], held: tuple[At, ...]) -> Moved: ...
    def bytes_moved(self, dens: Iterable[MatrixExpr]) -> int: ...
    def windows(self, family: PassFamily, starts: StepNumbers) -> SideBySide: ...


class Moved(Begun, Protocol):
    """A forward pass in which some quantities are moved by complex steps."""

    def read_step(self, value: Array, den: MatrixExpr) -> Array: ...


class SideBySide(Protocol):
    """Passes that begin at some steps, each with one quantity moved."""

    @property
    def total(self) -> Array: ...
    def along(self, series: Series, passes: StepNumbers, after: StepNumbers) -> Array: ...


class Evaluating(Protocol):
    """What derivatives need of what evaluates expressions over a forward pass."""

    def at(self, expr: MatrixExpr, indices: Mapping[Symbol, Steps]) -> Array: ...
    def size(self, shape: MatrixShape) -> tuple[int, int]: ...
    def over(self, trace: Pass) -> Evaluating: ...
