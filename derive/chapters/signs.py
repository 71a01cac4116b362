"""What signs mean that a document uses: a sentence for each of them, and for no other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace

from sympy import Basic, Identity, KroneckerDelta, MatrixExpr, OneMatrix

from derive.bptt.derivation import Derivation
from derive.document.blocks import Block, Bullets, Prose
from derive.document.conditions import said as sentences
from derive.document.text import Text
from derive.expressions.algebra import Diag, Hadamard, Scalar
from derive.expressions.averages import LogSumExp
from derive.expressions.components import Component
from derive.expressions.derivatives import Gradient, Partial
from derive.expressions.equation import Equation
from derive.expressions.functions import Apply, Log, Quotient, Slope
from derive.expressions.introduced import Introduced, Role
from derive.expressions.named import NamedSlope
from derive.expressions.pointwise import Maximum, Minimum, PointwisePower
from derive.expressions.quantities import At, Parameter, ParameterCopy, k, t
from derive.expressions.spectra import Norm, Spectral
from derive.expressions.walk import atoms_of

KINDS = (
    Apply, At, Diag, Gradient, Hadamard, Identity, Log, LogSumExp, Maximum, Minimum, Norm, OneMatrix,
    Partial, NamedSlope, ParameterCopy, PointwisePower, Quotient, Scalar, Slope, Spectral,
)  # fmt: skip
"""The nodes that are printed with a sign of which something is said."""


def signs(d: Derivation, lead: Parameter, blocks: Sequence[Block]) -> Iterator[Block]:
    """Yield what the signs mean that stand in blocks, told of a cell and a parameter of it."""
    found = {node for expr in formulas(blocks) for node in atoms_of(expr, KINDS)}
    slopes = any(key == "prose.network.slopes" for key, _ in sentences(tuple(blocks)))
    explained = {EXPLAINED[key] for key, _ in sentences(tuple(blocks)) if key in EXPLAINED}
    said = [
        Text(key, _values(key, d, lead))
        for key, stands in SIGNS.items()
        if key not in explained and any(map(stands, found))
    ]
    for node in sorted(found, key=str):
        if role(node) is Role.SLOPE and node.indices == (t,) and not slopes:
            said.append(Text("prose.network.slope", {"slope": node}))
        elif role(node) is Role.LAGGED_ADJOINT and node.indices == (t, k):
            (of,) = node.series.of
            meaning = Gradient(d.cell.loss_series[t], of[k])
            values = {"adjoint": node, "meaning": meaning, "k": k, "t": t}
            said.append(Text("prose.signs.lagged", values))
    if said:
        yield Prose("prose.signs.lead")
        yield Bullets(tuple(said))


OF_OPERATIONS = (
    "prose.signs.ones", "prose.signs.log", "prose.signs.quotient", "prose.signs.circled",
    "prose.signs.diag", "prose.signs.power", "prose.signs.logsumexp", "prose.signs.step",
    "prose.signs.sigmoid",
    "prose.signs.relu", "prose.signs.softplus", "prose.signs.sign", "prose.signs.abs",
    "prose.signs.larger", "prose.signs.cdf", "prose.signs.pdf",
    "prose.signs.slope", "prose.signs.identity", "prose.signs.exp", "prose.signs.exp_minus",
    "prose.signs.exp_number", "prose.signs.root",
)  # fmt: skip
"""What the conventions of a handout say of signs of operations, where these stand."""

IMMEDIATE, IMMEDIATE_AT = "prose.conventions.immediate", "sign-immediate"
COPY, COPY_AT = "prose.conventions.copy", "sign-copy"
"""What introduces the signs of a single use of a parameter, and the ids of where that stands."""

TOGETHER: Mapping[str, tuple[str, ...]] = {
    "prose.conventions.components": OF_OPERATIONS[:3], "prose.conventions.circled": OF_OPERATIONS[3:4],
}  # fmt: skip
"""Sentences that say several of these at once, or one of a network whose equations have the sign."""


def only_standing(blocks: Sequence[Block]) -> Iterator[Block]:
    """Yield the blocks of a handout, what is said of signs of operations only where these stand."""
    nodes = {node for expr in formulas(blocks) for node in atoms_of(expr, KINDS)}
    stand = {key for key in OF_OPERATIONS if any(map(SIGNS[key], nodes))}
    for block in blocks:
        if not isinstance(block, Bullets):
            yield block
            continue
        keys = {item.key for item in block.items if isinstance(item, Text)}
        whole = {key for key in keys & TOGETHER.keys() if stand >= {*TOGETHER[key]}}
        apart = stand - {key for one in whole for key in TOGETHER[one]}
        about = {*OF_OPERATIONS, *TOGETHER}
        items = (
            item for item in block.items
            if not isinstance(item, Text) or item.key not in about or item.key in whole | apart
        )  # fmt: skip
        yield replace(block, items=tuple(items))


def formulas(part: object) -> Iterator[MatrixExpr]:
    """Yield the formulas in blocks, or in a part of one: displayed, in sentences, and in tables."""
    if isinstance(part, Equation):
        yield from part.sides
    elif isinstance(part, MatrixExpr):
        yield part
    elif isinstance(part, Basic | str):
        return
    elif isinstance(part, Mapping):
        yield from formulas(tuple(part.values()))
    elif isinstance(part, Iterable):
        for inner in part:
            yield from formulas(inner)
    elif is_dataclass(part) and not isinstance(part, type):
        for field in fields(part):
            yield from formulas(getattr(part, field.name))


def role(node: object) -> Role | None:
    """Return with what role a quantity is introduced; None of another."""
    return (
        node.series.role if isinstance(node, At) and isinstance(node.series, Introduced) else None
    )


def _is(kind: type) -> Callable[[object], bool]:
    return lambda node: isinstance(node, kind)


def _applies(function: str) -> Callable[[object], bool]:
    return lambda node: isinstance(node, Apply) and node.function == function


def _is_number(node: object) -> bool:
    return isinstance(node, MatrixExpr) and node.shape == (1, 1)


SIGNS: Mapping[str, Callable[[object], bool]] = {
    "prose.conventions.columns": _is(Partial),
    "prose.conventions.gradient": _is(Gradient),
    "prose.conventions.immediate": lambda node: isinstance(node, Partial) and bool(node.held),
    "prose.signs.direct": lambda node: (
        isinstance(node, Partial) and bool(node.held) and isinstance(node.den, At)
    ),
    "prose.signs.identity": _is(Identity),
    "prose.conventions.copy": _is(ParameterCopy),
    "prose.signs.ones": lambda node: isinstance(node, OneMatrix) and node.shape != (1, 1),
    "prose.signs.circled": lambda node: isinstance(node, Hadamard) and node.shape != (1, 1),
    "prose.signs.diag": lambda node: isinstance(node, Diag) and node.shape != (1, 1),
    "prose.signs.power": lambda node: isinstance(node, PointwisePower) and node.shape != (1, 1),
    "prose.signs.bracket": lambda node: isinstance(node, Scalar) and node.has(KroneckerDelta),
    "prose.signs.quotient": lambda node: isinstance(node, Quotient) and node.shape != (1, 1),
    "prose.signs.log": lambda node: isinstance(node, Log) and node.shape != (1, 1),
    "prose.signs.exp": lambda node: _applies("exp")(node) and not _is_number(node),
    "prose.signs.exp_number": lambda node: _applies("exp")(node) and _is_number(node),
    "prose.signs.root": lambda node: _applies("sqrt")(node) and not _is_number(node),
    # Of a component it is a number, and the sign is known.
    "prose.signs.exp_minus": lambda node: (
        _applies("exp_minus")(node) and isinstance(node, Apply) and not node.has(Component)
    ),
    "prose.signs.step": _applies("step"),
    "prose.signs.sigmoid": _applies("sigmoid"),
    "prose.signs.relu": _applies("relu"),
    "prose.signs.softplus": _applies("softplus"),
    "prose.signs.sign": _applies("sign"),
    "prose.signs.abs": _applies("abs"),
    "prose.signs.larger": lambda node: isinstance(node, Maximum | Minimum),
    "prose.signs.cdf": _applies("cdf"),
    "prose.signs.pdf": _applies("pdf"),
    "prose.signs.slope": lambda node: isinstance(node, Slope | NamedSlope),
    "prose.signs.logsumexp": _is(LogSumExp),
    "prose.signs.norm": _is(Norm),
    "prose.signs.radius": lambda node: isinstance(node, Spectral) and node.kind == "rho",
}
"""What is said of a sign, and of what node it is the sign."""

EXPLAINED: Mapping[str, str] = {
    "prose.flow.product": "prose.signs.norm", "prose.proofs.radius": "prose.signs.radius",
}  # fmt: skip
"""Sentences of chapters that say what a sign means, each with that for which it stands."""


def _values(key: str, d: Derivation, lead: Parameter) -> dict[str, MatrixExpr]:
    cell, s = d.cell, d.cell.state
    values: dict[str, dict[str, MatrixExpr]] = {
        "prose.conventions.columns": {"jacobian": Partial(s[t], s[t - 1])},
        "prose.conventions.gradient": {
            "row": Partial(cell.total, s[t]), "gradient": Gradient(cell.total, s[t])
        },
        "prose.conventions.immediate": {
            "immediate": d.chains.immediate(lead, k), "state": s[k], "before": s[k - 1],
            "total": Partial(s[t], s[k]),
        },
        "prose.signs.radius": {"radius": Spectral("rho", lead)},
        "prose.conventions.copy": {"copy": ParameterCopy(lead, k), "parameter": lead, "k": k},
    }  # fmt: skip
    return values.get(key, {})
