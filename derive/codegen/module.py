"""A self-contained NumPy module from a cell: forward pass, gradients and a check of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

import jinja2
from sympy import Basic, Expr, Integer, Symbol

from derive.bptt import unroll
from derive.bptt.derivation import Derivation
from derive.cells.cell import Cell, ConstantValue
from derive.codegen.emit import summands
from derive.codegen.functions import needed
from derive.codegen.handed import of_loops
from derive.codegen.library import Library
from derive.codegen.lines import Statement, Writer
from derive.codegen.plan import backward_pass, forward_pass
from derive.codegen.positive import positive_names
from derive.codegen.target import NUMPY_MODULE, Target
from derive.expressions.equation import Equation
from derive.expressions.quantities import Parameter, Series
from derive.expressions.shapes import is_vector
from derive.resources import templates_root

WIDTH = 99


@dataclass(frozen=True)
class WrittenModule:
    """The source of a module, with the formulas that its text and comments write, in their order."""

    source: str
    text: tuple[Equation, ...]
    comments: tuple[tuple[tuple[Basic, ...], ...], ...]
    derivation: Derivation


def module(cell: Cell, target: Target = NUMPY_MODULE) -> str:
    """Return the source of the module; the same text for the same cell."""
    return written_module(cell, target=target).source


def written_module(cell: Cell, seed: int = 0, target: Target = NUMPY_MODULE) -> WrittenModule:
    """Return the module with what it says of itself; as a program it checks itself from ``seed`` on."""
    writer = Writer(cell, target)
    forward, backward, gradients = writer.forward(), writer.backward(), writer.gradients()
    names = writer.names.of
    given = list(cell.given)
    computed = [e.variable for e in writer.cell.equations]
    every = [*given, *computed]
    shared = cell.initial == "trainable"
    looped = {e.variable for e in forward_pass(writer.cell).loop}
    lines = [*backward.before, *backward.loop, *backward.after, *gradients]
    stated = [*forward.before, *forward.loop, *forward.after, *lines]
    constants = [(names[p], _constant(p, v, target.library)) for p, v in cell.constants.items()]
    divided_after = [names[s] for s in every if _divides_after(names[s], lines)]
    # What the template itself calls.
    writer.used |= {*target.called} if forward.loop or backward.loop else set()
    writer.used |= {"closed"} if divided_after else set()
    source = _template(target.templates[-1]).render(
        doc=_document(writer, target),
        parameters=[(p.name, _shape(p)) for p in cell.parameters],
        data=[(s.name, _size(s.shape[0])) for s in given],
        initial=[(s.name, _initial(s)) for s in cell.handed],
        matrices=not all(map(is_vector, cell.handed)),
        constants=constants,
        back_constants=[(name, value) for name, value in constants if _stands(name, lines)],
        size_names=[str(size) for size in cell.dimensions],
        looped={names[e.variable] for e in forward_pass(writer.cell).loop},
        parameter_names=[(names[p], p.name) for p in cell.parameters],
        back_parameters=[(names[p], p.name) for p in cell.parameters if _stands(names[p], lines)],
        data_names=[(names[s], s.name) for s in given],
        state_names=[(names[s], s.name) for s in cell.handed if s in looped or s not in computed],
        loop_arrays=_arrays((e.variable for e in forward_pass(writer.cell).loop), names),
        backward_arrays=_arrays((n.series for n in backward_pass(writer.derivation).loop), names),
        forward=forward,
        backward=backward,
        gradients=gradients,
        total=writer.total(),
        results=[(names[s], s.name) for s in every],
        read_names=[(names[s], s.name) for s in every if _stands(names[s], lines)],
        divided_after=divided_after,
        functions=needed(writer.used, target.functions()),
        check_sizes=", ".join(f'"{size}": {n}' for n, size in enumerate(cell.dimensions, 2)),
        target=cell.target.name,
        seed=seed,
        positive=positive_names(cell),
        given_only=[s.name for s in given if s not in cell.inputs],
        shared=shared,
        formatted=_formatted,
        **of_loops(writer, forward, backward),
    )
    comments = tuple(line.formulas for line in stated if line.formulas)
    return WrittenModule(source, tuple(_equations(writer)), comments, writer.derivation)


@cache
def _template(name: str) -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(templates_root() / "code"),
        variable_start_string="<<", variable_end_string=">>",
        block_start_string="<%", block_end_string="%>",
        comment_start_string="<#", comment_end_string="#>",
        trim_blocks=True, keep_trailing_newline=True, autoescape=False,
        undefined=jinja2.StrictUndefined,
    )  # fmt: skip
    return environment.get_template(name)


def _document(writer: Writer, target: Target) -> str:
    cell, plain = writer.cell, writer.printer.inline
    lines = [
        f"{cell.name}: forward pass and gradients over T steps, by back-propagation through time."
    ]
    lines += ["", "One step:", ""]
    lines += [f"    {plain(e)}" for e in _equations(writer)]
    lines += [
        "",
        "A column vector of the formulas is a row of an array here, so that W v is v @ W.T, and",
        "arrays are (T + 2, B, size): step t of B sequences is row t, row 0 the initial state, row",
        "T + 1 zero.",
        *(_MATRICES if cell.has_matrices else ()),
        f"Written by derive from the equations above; {target.needs}",
    ]
    return "\n".join(lines) + "\n"


_MATRICES = ("A matrix that changes from step to step is an array (T + 2, B, rows, columns).",)


def _equations(writer: Writer) -> list[Equation]:
    return [*unroll.forward(writer.cell), *unroll.loss(writer.cell)]


def _constant(constant: Parameter, value: ConstantValue, library: Library) -> str:
    """Return the source of a constant: a number, or an array in the shape of a parameter."""
    if not isinstance(value, list):
        return repr(float(value))
    rows = [[float(v) for v in row] if isinstance(row, list) else float(row) for row in value]
    if constant.shape[1] == 1:
        rows = [row[0] if isinstance(row, list) else row for row in rows]
    return library.constant.format(repr(rows))


def _size(size: Expr) -> str:
    """Return a size for the tables: a name, a number, or several that add up."""
    if isinstance(size, Integer):
        return str(size)
    if isinstance(size, Symbol):
        return f'"{size}"'
    return "(" + ", ".join(_size(part) for part in summands(size)) + ")"


def _initial(state: Series) -> str:
    """Return the size of a state for the table, of a matrix both in a list."""
    if is_vector(state):
        return _size(state.shape[0])
    return f"[{', '.join(map(_size, state.shape))}]"


def _shape(parameter: Parameter) -> str:
    rows, columns = parameter.shape
    return f"{_size(rows)}," if columns == 1 else f"{_size(rows)}, {_size(columns)}"


def _arrays(series: Iterable[Series], names: dict[Basic, str]) -> list[tuple[str, str]]:
    return [
        (
            names[s],
            ", ".join(
                f"size_of({_size(size)}, sizes)"
                for size in (s.shape[:1] if is_vector(s) else s.shape)
            ),
        )
        for s in series
    ]


def _stands(name: str, lines: Iterable[Statement]) -> bool:
    return any(re.search(rf"\b{name}\b(?!\")", line.source) for line in lines)


def _divides_after(name: str, lines: Iterable[Statement]) -> bool:
    """Tell whether a quantity of the step after t stands where 0, its row behind the last, may not."""
    read = re.compile(rf"\b{name}\[(?:t \+ 1|2:T \+ 2)\]")
    return any(read.search(line.source) and _NOT_OF_ZERO.search(line.source) for line in lines)


_NOT_OF_ZERO = re.compile(r"/|\*\*|\blog|\bsqrt")


def _formatted(line: Statement, indent: int) -> str:
    """Return a statement under its comment, broken at plus signs where it is long."""
    space = " " * indent
    text = "".join(f"{space}# {row}\n" for row in _comment(line.comment, WIDTH - indent - 2))
    if len(line.source) + indent <= WIDTH:
        return f"{text}{space}{line.source}"
    left, right = line.source.split(" = ", 1)
    pieces = _pieces(right)
    if len(pieces) == 1:
        rows = _wrapped(f"{space}{line.source}", f"{space}    ", bracketed=False)
        if all(len(row) <= WIDTH for row in rows):
            return text + "\n".join(rows)
    rows = [row for piece in pieces for row in _wrapped(f"{space}    {piece}", f"{space}        ")]
    inner = "".join(f"\n{row}" for row in rows)
    return f"{text}{space}{left} = ({inner}\n{space})"


_OPERATOR = re.compile(r" (?=[-+*/] )")


def _wrapped(text: str, space: str, bracketed: bool = True) -> list[str]:
    """Return source as lines that are short enough, broken before operators within brackets.

    ``bracketed``: all of it stands in brackets.  ``space`` is put before what goes on.
    """
    rows, open_before = [text], int(bracketed)
    while len(rows[-1]) > WIDTH:
        last, start = rows[-1], len(rows[-1]) - len(rows[-1].lstrip())
        places = [
            m.start()
            for m in _OPERATOR.finditer(last, start)
            # What the lines before have opened may be closed here.
            if m.start() <= WIDTH and open_before + _depth(last[: m.start()]) > 0
            # An index stays whole.
            if not _depth(last[: m.start()], "[]")
        ]
        if not places:
            break
        rows[-1:] = [last[: places[-1]], f"{space}{last[places[-1] + 1 :]}"]
        open_before += _depth(rows[-2])
    return rows


def _depth(source: str, brackets: str = "()") -> int:
    return source.count(brackets[0]) - source.count(brackets[1])


def _comment(text: str, width: int) -> list[str]:
    """Return a comment, broken at plus and minus signs where it is long."""
    if len(text) <= width:
        return [text] if text else []
    rows = [""]
    for piece in _short(text.replace(" + ", "\n+ ").split("\n"), width - 4):
        if len(rows[-1]) + len(piece) + 1 > width:
            rows.append("   ")
        rows[-1] = f"{rows[-1]} {piece}" if rows[-1] else piece
    return rows


def _short(pieces: list[str], width: int) -> Iterator[str]:
    """Yield pieces of a sum; one that is too long by itself is broken at minus signs too."""
    for piece in pieces:
        yield from [piece] if len(piece) <= width else piece.replace(" - ", "\n- ").split("\n")


def _pieces(source: str) -> list[str]:
    """Return a sum's terms, each with its sign in front."""
    pieces, depth, start = [], 0, 0
    for i, sign in enumerate(source):
        depth += (sign in "([") - (sign in ")]")
        if depth == 0 and source[i : i + 3] in (" + ", " - "):
            pieces.append(source[start:i])
            start = i + 1
    return [*pieces, source[start:]]
