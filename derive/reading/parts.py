"""What has been read: expressions, and round them what only a text has: dots and colours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sympy import Basic

from derive.reading.tree import Sign


@dataclass(frozen=True)
class Whole:
    """An expression of which everything is written."""

    expr: Basic
    at: int


@dataclass(frozen=True)
class Gap:
    """Dots between terms or factors."""

    at: int


@dataclass(frozen=True)
class Tinted:
    """A part in a colour."""

    colour: str
    part: ReadPart
    at: int


@dataclass(frozen=True)
class Terms:
    """A sum in which there are dots or colours."""

    parts: tuple[ReadPart, ...]
    at: int


@dataclass(frozen=True)
class Factors:
    """A product in which there are dots."""

    parts: tuple[ReadPart, ...]
    at: int


ReadPart = Whole | Gap | Tinted | Terms | Factors


@dataclass(frozen=True)
class ReadFormula:
    """Sides with relations between them.

    ``elided`` gives the innermost level of a nested expression by the quantity that stands for it
    there, with the levels that the dots leave out.
    """

    sides: tuple[ReadPart, ...]
    relations: tuple[Sign, ...]
    elided: Mapping[Basic, Basic]
