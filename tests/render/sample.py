"""A small handout with every kind of block, and a printer that needs no derivation."""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Basic, Eq, Function, MatrixSymbol, Symbol, exp, latex, symbols

from derive.document.blocks import (
    Algorithm,
    AlgorithmLine,
    Bullets,
    Display,
    Document,
    FigureBlock,
    Heading,
    Prose,
    TableBlock,
)
from derive.document.figures import Curve, Diagram, Edge, Node, NodeRole, Panel, Plot
from derive.document.text import Bound, Code, Number, Ref, Text
from derive.expressions.equation import Equation, Kind, Step
from derive.typesetting.layout import Reason

SENTENCES = """
[sample]
title = "Backpropagation through time"
intro = "The state {state} follows {before} by *one* rule, **always**; see {law} and {picture}."
more = \"\"\"The weights are in `derive show`; {code} says the same. Against the numbers the error
is {bound}, and the growth {growth} in {count} steps. A user wrote: {user}.\"\"\"
ahead = "As {table}, {algorithm} and {section} show, {name} says it."
first = "An item about {state}"
second = "An item with braces {{like these}}"
chapter = "The recurrent network"
chapter_of = "What {what} does"
section = "In detail"
figure = "The network over {steps} steps, with {state} between them"
plot = "How the norm of {state} falls"
table = "What the symbols mean"
symbol = "symbol"
meaning = "meaning"
shape = "shape"
explain = \"\"\"A long explanation that cannot stand on one line beside the other columns, so that
its column has to break, as it should, between words and never in the margin.\"\"\"
algorithm = "Gradients by one sweep backwards"
start = "start from zero"
loop = "for {t} from {last} down to {one}"
error = "error of the output"
adjoint = "adjoint of the pre-activation"
return = "return the gradients"
lag = "lag"
"""

TITLE = Text("sample.title")

# What must come out as it stands here, whatever it means to TeX, Markdown or HTML.
HOSTILE = (
    r"a_b & 100% #1 $x$ ~ ^^41 \ {c} \input{/etc/passwd} \write18{touch x} \openout "
    r"""<script>alert(1)</script> [x](javascript:y) *y* `z` ?` -- "q" 'r' | || &amp; #"""
)

t, k, T = symbols("t k T")
s, f, L = Function("s"), Function("f"), Symbol("L")
W, U = Symbol("W"), Symbol("U")


class SamplePrinter:
    """SymPy's own printing; enough to look at a page."""

    def __init__(self) -> None:
        """Start without colours."""
        self.colours: dict[str, str] = {}

    def inline(self, expr: Basic | Equation) -> str:
        """One line."""
        if isinstance(expr, Equation):
            return " = ".join(latex(side) for side in expr.sides)
        return str(latex(expr))

    def display(self, equation: Equation, reasons: Sequence[Reason] = ()) -> str:
        """One line, or one to each side."""
        sides = [str(latex(side)) for side in equation.sides]
        if len(sides) == 2:
            return " = ".join(sides)
        self.colours["lagA"] = "1069A3"
        rows = " \\\\\n".join(f"&= {side}" for side in sides[1:-1])
        last = rf"&= \textcolor{{lagA}}{{{sides[-1]}}}"
        return f"\\begin{{aligned}}\n{sides[0]} {rows} \\\\\n{last}\n\\end{{aligned}}"


def equation(name: str, *sides: Basic) -> Equation:
    """Return an equation that nobody checks."""
    return Equation(name, Kind.DEFINITION, sides, Step("given"))


def sample(
    title: str | Text = TITLE, author: str | None = "A. Author", user: str = "x"
) -> Document:
    """Return the handout; ``user`` stands in a paragraph and in a table."""
    law = equation("law", s(t), f(W * s(t - 1) + U * Symbol("x_t")))
    chain = equation(
        "chain", s(3), f(W * s(2)), f(W * f(W * s(1))), f(W * f(W * f(W * s(0)))).subs(k, 1)
    )
    diagram = Diagram(
        "graph",
        tuple(Node(f"s{n}", 2.0 * n, 0.0, Symbol(f"s_{n}"), NodeRole.STATE) for n in range(4)),
        tuple(Edge(f"s{n}", f"s{n + 1}", (W,)) for n in range(3)),
    )
    xs = tuple(float(n) for n in range(20))
    plot = Plot(
        "norms",
        (Panel((Curve(xs, tuple(0.8**x for x in xs), s(t), "1069A3"),), Text("sample.lag"), L),),
        height=4.0,
    )
    return Document(
        id="sample",
        title=title,
        author=author,
        language="en",
        blocks=(
            Heading("sample.chapter", 1, "network"),
            Prose(
                "sample.intro",
                {"state": s(t), "before": s(t - 1), "law": Ref("law"), "picture": Ref("graph")},
            ),
            Display(law),
            Prose(
                "sample.more",
                {
                    "code": Code("elman-grad-W-terms"),
                    "bound": Bound(3e-16),
                    "growth": Number(1.2345e-7),
                    "count": 12,
                    "user": user,
                },
            ),
            FigureBlock("graph", diagram, Text("sample.figure", {"steps": 3, "state": s(t)})),
            Display(chain),
            Display(equation("sum", L, sum((exp(-(k**2)) * s(k) for k in range(1, 4)), s(0)))),
            Heading("sample.chapter_of", 1, "what", {"what": W}),
            Prose(
                "sample.ahead",
                {
                    "table": Ref("symbols"),
                    "algorithm": Ref("sweep"),
                    "section": Ref("detail"),
                    "name": user,
                },
            ),
            Bullets((Text("sample.first", {"state": s(t)}), Text("sample.second")), numbered=True),
            TableBlock(
                "symbols",
                Text("sample.table"),
                (Text("sample.symbol"), Text("sample.meaning"), Text("sample.shape")),
                (
                    (s(t), Text("sample.explain"), 3),
                    (W, user, Number(9.0)),
                    (MatrixSymbol("U", 3, 2), Code("a|b"), Bound(2e-5)),
                ),
                "llr",
            ),
            Heading("sample.section", 2, "detail"),
            Algorithm(
                "sweep",
                Text("sample.algorithm"),
                (
                    AlgorithmLine(Text("sample.start")),
                    AlgorithmLine(Text("sample.loop", {"t": t, "last": T, "one": 1})),
                    AlgorithmLine(
                        Text("sample.error"), equation("error", Symbol("e_t"), s(t) - f(t)), 1
                    ),
                    AlgorithmLine(
                        Text("sample.adjoint"),
                        equation("adjoint", Symbol("delta_t"), W * Symbol("delta_1") + f(t) * U),
                        1,
                    ),
                    AlgorithmLine(Text("sample.return")),
                ),
            ),
            FigureBlock("norms", plot, Text("sample.plot", {"state": s(t)})),
            TableBlock(
                "long",
                Text("sample.table"),
                (Text("sample.symbol"), Text("sample.shape")),
                tuple((Eq(s(n), n), n) for n in range(60)),
                "lr",
                long=True,
            ),
        ),
    )
