"""Faults in reading and judging the claims of an audit."""

from __future__ import annotations

from derive.audit.judge import Verdict
from derive.catalogue import load
from derive.expressions.functions import Apply
from derive.expressions.sums import RisingProduct, TimeSum
from derive.gradientflow.runs import experiment
from tests.faults.fault import Change, Fault, instead, text
from tests.faults.omitted import edited

PARSER = "derive.formula.parser.FormulaParser"
BUILDER = "derive.formula.building.Builder"
FORMS = "derive.formula.forms.FORMS"

REFUSAL = r"was not understood as it is written|where its trials say|as what it was found to be"


def _audited(name: str, target: str, make: Change, file: str = "many") -> Fault:
    return Fault(name, target, make, (f"run audit {{{file}}}",), REFUSAL)


DATA = "derive.audit.data"


def _tested(name: str, target: str, make: Change) -> Fault:
    return Fault(
        name,
        f"{DATA}.{target}",
        make,
        ("run audit {data}", "run audit {data} --json"),
        r"was not tested on what its file says|is not drawn from seed",
    )


FAULTS = (
    # On what it is tested.
    _tested("only data that begin at 0", "sample",
            instead(lambda right, cell, steps, seed, zero: right(cell, steps, seed, True))),
    _tested("only data that do not begin at 0", "sample",
            instead(lambda right, cell, steps, seed, zero: right(cell, steps, seed, False))),
    _tested("data of one seed for all", "sample",
            instead(lambda right, cell, steps, seed, zero: right(cell, steps, 0, zero))),
    _tested("data of more steps", "sample",
            instead(lambda right, cell, steps, seed, zero: right(cell, steps + 1, seed, zero))),
    _tested("data of fewer seeds", "Data.traces", text(lambda found: [*found][:2])),
    _tested("data as they were drawn", "Data._changed",
            instead(lambda right, self, cell, trace, seed: trace)),
    _tested("numbers of a claim that are not taken", "Data._number",
            instead(lambda right, self, name, drawn, repeated=False: drawn)),
    _tested("numbers of a claim that are changed", "fitted",
            text(lambda array: 1.001 * array)),
    _tested("a network without its options", "load",
            instead(lambda right, name, **options: right(name))),
    _tested("another network of single numbers", "scalar",
            instead(lambda right, cell: right(load("elman")))),
    _tested("another run of the table", "carry_out",
            instead(lambda right, row, seed: right(experiment("vanishing"), seed))),
    _tested("a run of another seed", "carry_out",
            instead(lambda right, row, seed: right(row, seed + 7))),
    Fault("a condition that is tested on the data of the claim", "derive.audit.claims.Claim",
          instead(lambda right, *args, **named: right(
              *(args[5] if n == 6 and one is not None else one for n, one in enumerate(args)),
              **named)),
          ("run audit {told}",), r"does not hold|is not what its file says"),
    # What is read.
    _audited("the sides of a difference exchanged", f"{BUILDER}.difference",
             instead(lambda right, self, a, b: right(self, b, a))),
    _audited("a sum with its first term twice", f"{FORMS}[sum]",
             text(lambda node: TimeSum(node.body, node.index, node.low - 1, node.high)
                  if node.low == 2 else node)),
    _audited("a product in the other order", f"{FORMS}[prod]",
             text(lambda node: RisingProduct(node.body, node.index, node.low, node.high))),
    _audited("a gradient by another loss", "derive.formula.forms._two",
             text(lambda pair: (pair[0].series[2] if hasattr(pair[0], "series") else pair[0],
                                pair[1]))),
    _audited("what is held is let go", "derive.formula.parser.Partial",
             instead(lambda right, num, den, *held: right(num, den))),
    _audited("more is held than is written", "derive.formula.scope.Scope.held",
             text(lambda held: ())),
    _audited("a slope read as the function", "derive.formula.parser.Slope",
             lambda right: Apply, "claims"),
    _audited("a power that is one too high", f"{BUILDER}.power",
             instead(lambda right, self, a, n: right(self, a, n + 1))),
    _audited("a transpose that is lost", f"{BUILDER}.transposed",
             instead(lambda right, self, a: a)),
    _audited("the sides of a bound exchanged", "derive.formula.parser.Relation",
             instead(lambda right, left, sign, side: right(side, sign, left)
                     if sign == "<=" else right(left, sign, side))),
    _audited("a range that begins later", "derive.audit.claims.parse_range",
             text(lambda found: tuple((s, low, high - 1) for s, low, high in found))),
    _audited("an index moved by one", f"{PARSER}.index_term",
             text(lambda index: index - 1 if index == 3 else index)),
    # What is judged.
    _audited("what fails is said to hold", "derive.audit.trial._compare",
             text(lambda found: (True, 0.0))),
    _audited("what holds is said to fail", "derive.audit.trial._compare",
             text(lambda found: (False, 1.0))),
    _audited("shapes that do not fit pass as a value", "derive.audit.judge._plain",
             text(lambda verdict: Verdict.VALUE if verdict is Verdict.SHAPE else verdict)),
    _audited("a wrong value passes as a shape", "derive.audit.trial._misfit",
             text(lambda found: (found[0] or "the shapes differ", found[1]))),
    _audited("sides of two shapes pass as a product that is none", "derive.audit.trial._misfit",
             text(lambda found: (found[0], False))),
    _audited("a product that is none passes as two sides", "derive.audit.trial._misfit",
             text(lambda found: (found[0], found[0] is not None))),
    _audited("the shape of the other side", "derive.audit.trial._misfit.__code__",
             edited("side is {shape_text(left)}", "side is {shape_text(right)}")),
    _audited("a factor that is said to be turned", "derive.expressions.shapes.no_product.__code__",
             edited("shape_text(right.shape)", "shape_text(right.shape[::-1])")),
    _audited("operands that are said to have one shape", "derive.expressions.shapes.same_shape.__code__",
             edited("shape_text(a.shape)", "shape_text(shapes[0])")),
    _audited("a wrong value passes as rounding", "derive.audit.trial.isinf",
             instead(lambda right, error: True)),
    _audited("a wrong one is said to be right", "derive.audit.judge._plain",
             text(lambda verdict: Verdict.RIGHT)),
    _audited("a failure that is shown as an identity", "derive.audit.judge.replace",
             instead(lambda right, equation, **changes: equation)),
    _audited("only the first place decides", "derive.audit.trial.Trial",
             instead(lambda right, holds, *more, **named: right(True, *more, **named))),
)  # fmt: skip
