"""Faults that leave something out: everything that stands is right, and something does not stand.

Each is an edit of the source of a function; what must notice it is what handouts owe.
"""

from __future__ import annotations

import inspect
import textwrap
from dataclasses import replace
from types import CodeType

from tests.faults.fault import Change, Fault

CHAPTERS = "derive.chapters"

LACKS = r"lacks .*"


def edited(old: str, new: str) -> Change:
    """Change the one place where a text stands in the source of a function, given its code."""

    def make(code: CodeType) -> CodeType:
        source = textwrap.dedent(inspect.getsource(code))
        assert source.count(old) == 1, f"{old!r} stands {source.count(old)} times in {code.co_name}"
        # Annotations are not evaluated, as the modules say at their heads.
        made = compile("from __future__ import annotations\n" + source.replace(old, new),
                       code.co_filename, "exec")  # fmt: skip
        return next(one for one in made.co_consts if isinstance(one, CodeType))

    return make


def _left_out(function: str, old: str, new: str, what: str, run: str) -> Fault:
    """Return the edit of a function of a chapter, and what of the document it loses."""
    words = run if run.startswith("run ") else f"make {run} markdown"
    return Fault(f"{function}: {new or 'nothing'} for {old}", f"{CHAPTERS}.{function}.__code__",
                 edited(old, new), (words,), LACKS + what)  # fmt: skip


def _handout(words: str) -> str:
    return f"run handout {words} --format md --out {{out}}"


LAYERED = _handout("tests/catalogue/literature/layernorm_rnn.toml -T 2")
FURTHER_BACK = _handout("tests/catalogue/literature/narx.toml -T 3")
LAST_LOSS = _handout("elman -T 2 --loss last")
TRAINED = _handout("lstm -T 2 --initial trainable")
FULL = _handout("elman -T 2 --detail full")
DIVERGING = _handout("tests/chapters/diverging.toml -T 2")
PROOFS = _handout("elman -T 1 --with proofs")
LEAKY = _handout("elman -T 1 --activation leaky_relu")
BINARY = _handout("elman -T 1 --output-layer bce")
WEIGHTED = _handout("elman -T 2 --loss weighted")
WIDE = _handout("tests/chapters/wide_input.toml -T 2")
TABLES = _handout("elman -T 1 --with checks")
OPEN = _handout("tests/catalogue/literature/weight_normalized.toml -T 1")
SHORT = _handout("elman -T 1 --limit certificate-terms=900")
OPEN_TABLES = OPEN.replace("-T 1", "-T 1 --with checks")

ROWS: tuple[tuple[str, str, str, str, str], ...] = (
    # The network and the forward pass
    ("network._symbol_rows", "cell.handed if", "cell.handed[:1] if", "c_0 in the table", TRAINED),
    ("network._symbol_rows", "[cell.weight] if", "[] if", "w_t in the table of symbols", WEIGHTED),
    ("example.forward_table", "[cell.weight] if", "[] if", "the column of w_t", WEIGHTED),
    ("example.read_off", "s in read and s not in known", "s in read and s in known",
     "the column of [ifgq]_t", "lstm-1"),
    ("scalar.scalar", "if wide:", "if not wide:", "prose.scalar.wide", WIDE),
    ("gradients._unrolled", "yield from c.say(shorter, \"prose.terms.unrolled_shorter\")", "pass",
     "prose.terms.unrolled_shorter", "elman-7"),
    ("loss.loss", 'yield from c.say({}, "prose.loss.sigmoid")', "pass", "prose.loss.sigmoid", BINARY),
    ("ownflow.measured", "yield from _left_out(c)", "pass", "why there is no run with", DIVERGING),
    ("network.network", "yield from explained(c)", "pass", "prose.network.gates", "gru_before-1"),
    ("network.network", "*where_the_loss_stands(c),", "", "prose.conventions.loss", LAST_LOSS),
    ("network.network", "for key in signs if", "for key in signs[-1:] if",
     "prose.conventions.components or prose.signs.ones", "elman-1"),
    ("network.network", "*OF_OPERATIONS)", "*(one for one in OF_OPERATIONS if one[-4:] != 'diag'))",
     "prose.signs.diag", "elman-1"),
    ("network.network", "*_parts(c),", "", "prose.conventions.parts", "two_layer-1"),
    ("network.functions", "if found", "if not found", "prose.network.functions", LAYERED),
    ("network.lagged", "if found", "if not found", "prose.network.lagged", FURTHER_BACK),
    ("network.forward", "for step in shown)", "for step in shown[1:])", "step-1-s", "elman-2"),
    ("network.explained", "for states, factor in carried_alike(cell)",
     "for states, factor in carried_alike(cell)[1:]", "prose.network.carried", "leaky-1"),
    # The loss
    ("loss.loss", "yield from c.show(*before[: len(before) - products])", "pass", "loss-output",
     _handout("elman -T 1 --detail brief")),
    ("loss.loss", "if through_state:", "if not through_state:", "prose.loss.state", "elman-1"),
    # The gradients
    ("gradients.first", "shown_steps(last):", "shown_steps(last)[1:]:", "grad-W-terms-1", "elman-2"),
    ("gradients.first", "if d.substitution", "if not d.substitution", "prose.terms.start", "elman-2"),
    ("gradients.others", "for parameter in c.recurrent():", "for parameter in c.recurrent()[1:]:",
     "section gradient-U", "elman-2"),
    ("gradients.others", '"full"', '"fully"', "prose.terms.unrolled", FULL),
    ("gradients._all_others", "yield from _within(c, others)", "pass", "prose.others.within", "rwkv-2"),
    ("gradients.sums", 'c.recurrent() if len(c.recurrent()) <= MANY or c.detail == "full" else [lead]',
     "[lead]", "grad-U-sum", "elman-2"),
    ("jacobians.substituted", "c.recurrent() if len(c.recurrent()) <= MANY else [lead]", "[lead]",
     "grad-U-substituted-2", "elman-2"),
    ("jacobians._transposed", "kinds[not c.may_say(kinds[0], {})]", "kinds[0]",
     "prose.adjoint.put_in", "diagonal-2"),
    ("jacobians.of_one_step", "_with_line(c, blocks))", "_with_line(c, blocks[:-1]))", "block-",
     "lem-1"),
    ("jacobians._row", 'yield from c.say({}, "prose.adjoint.row")', "yield from ()",
     "prose.adjoint.row", "elman-1"),
    ("gradients.sums", "if within:", "if not within:", "prose.sums.within", "rwkv-2"),
    ("jacobians.of_one_step", "if inner:", "if not inner:", "prose.jacobian.inner", "state_inside-1"),
    ("recursion._rule", "if unlisted:", "if not unlisted:", "prose.recursion.unlisted", "elman-1"),
    ("recursion.given", "in cell.inputs:", "in cell.inputs[1:]:",
     "prose.given.inputs or prose.given.inputs_beside of x", "elman-2"),
    ("recursion.given", "yield from c.show(*d.recursion.of_given())", "pass", "grad-s0", "elman-2"),
    ("recursion.recursion", "yield from listing(c, (*r.ends(), *r.steps(), *gradients))", "pass",
     "prose.listing.lead", "elman-1"),
    ("recursion._derived", "if added:", "if not lead:", "steps-added-W", "elman-2"),
    ("gradients._put_in", "if c.stepwise:", "if not c.stepwise:", "prose.direct.put_in", "elman-1"),
    ("recursion.recursion", 'yield Prose("prose.recursion.papers", {"papers": cite(c, METHOD)})',
     "pass", "prose.recursion.papers", "elman-1"),
    ("recursion.recursion", 'yield from c.say({}, "prose.recursion.after")', "pass",
     "prose.recursion.after", "gru-1"),
    # Activations, flow and memory
    ("activation._saturated", "in carried_alike(c.cell):", "in carried_alike(c.cell)[1:]:",
     "prose.activation.around", "leaky-1"),
    ("activation.activation", "for name in names:", "for name in names[:1]:",
     "figure activation-tanh", "ugrnn-1"),
    ("flow._spread", "(1, 2, 5, LAST, 20, 50)", "(1, 2, 5, LAST)", "the row of 20", "elman-1"),
    ("flow.flow", "yield from _conclusions(c, runs)", "pass", "section flow-conclusions", "elman-1"),
    ("flow._conclusions", 'Text("prose.flow.not_gradient"),', "", "prose.flow.not_gradient",
     "elman-1"),
    ("ownflow.measured",
     "yield from _spread(c, next((run for run in runs if run.scale == 1.0), runs[0]))", "pass",
     "section flow-spread|prose.flow.own_spread|flow-shares", "min_gru-1"),
    ("memory._measured", "for name in BESIDE if", "for name in BESIDE[1:] if", "label.memory.elman",
     "min_gru-1"),
    ("memory.memory", "in enumerate(around) for", "in enumerate(around[1:]) for",
     "highway-c", "lstm-2"),
    ("general.general", 'yield from c.say({}, "prose.general.refuted")', "pass",
     "prose.general.refuted", "lstm-2"),
    # The scalar case and the example
    ("scalar._written", "c.show(J, *slopes, verifier", "c.show(J, verifier", "scalar-diagonal-s",
     "elman-1"),
    ("example.parameters", "for p in cell.parameters if few", "for p in cell.parameters[1:] if few",
     "example-U", "elman-1"),
    ("example.example", "*gradients[p][which]) for p in cell.parameters]",
     "*gradients[p][which]) for p in cell.parameters[1:]]", "example-total-U", "elman-1"),
    ("example.forward_table", "in (0, *shown_steps(steps))", "in shown_steps(steps)",
     "the row of step 0", "elman-1"),
    ("example.forward_table", "[*cell.inputs, cell", "[cell", "the column of x", "elman-1"),
    ("example._parameter_table", "in c.cell.parameters:", "in c.cell.parameters[1:]:",
     "the numbers of", "minimal_gated-1"),
    # Matrices
    ("matrices.summary", "*_no_product(c),", "", "prose.matrices.summary", "mlstm-1"),
    ("matrices.forward", "for step in shown:", "for step in shown[1:]:", "step-1-", "deltanet-2"),
    ("matrices.given", "yield from c.show(*c.derivation.recursion.of_given())", "pass", "grad-",
     "deltanet-1"),
    ("matrices.example", "gradients[p]) for p in cell.parameters]",
     "gradients[p]) for p in cell.parameters[1:]]", "example-total-", "deltanet-1"),
    # What is explained where it stands
    ("listing.helpers", "in EXPLAINED.items() if name in called",
     'in EXPLAINED.items() if name in called and name != "outer"', "what `outer` is", "elman-1"),
    ("listing.helpers", "called = {*CALLED.findall(code)} - BUILT_IN",
     "called = {'absolute', *CALLED.findall(code)} - BUILT_IN", "where its code calls it",
     "elman-1"),
    ("network.kinks", "row.kinks == (0.0,)", "row.name == 'relu'",
     "prose.conventions.kink on leaky_relu", LEAKY),
    ("network.explained", "for remark in cell.remarks", "for remark in cell.remarks[1:]",
     "prose.remark.identity_start", "irnn-1"),
    ("signs.only_standing", "for key in OF_OPERATIONS if", "for key in OF_OPERATIONS[:-6] if",
     "prose.signs.slope on a sign", "elman-1"),
    ("jacobians._terms_in_shape", "if lines is not None:", "if lines is None:",
     "prose.shape.by_outer", "elman-1"),
    ("activation._saturated",
     'yield from c.say({"value": functions[0], "J": J}, "prose.activation.rows")', "pass",
     "prose.activation.rows", "elman-1"),
    ("recursion._derived", 'yield from c.say({}, "prose.recursion.summed")', "pass",
     "prose.recursion.summed", "elman-2"),
    ("recursion._derived", 'yield from c.say({}, "prose.recursion.within")', "pass",
     "prose.recursion.within", "rg_lru-2"),
    ("jacobians.of_one_step", '"prose.jacobian.exponential",', "", "prose.jacobian.exponential",
     "rg_lru-1"),
    ("ownflow.drawn_otherwise", "if beside:", "if not beside:", "prose.flow.own_numbers", "rg_lru-1"),
    # Chapters on request
    ("proofs.proofs", "yield from _orthogonal(c)", "pass", "section proofs-orthogonal", PROOFS),
    ("proofs._below", 'yield Prose("prose.proofs.explodes", values)', "pass",
     "prose.proofs.explodes", PROOFS),
    # The first page and the last ones
    ("closing.summary", "*direct,", "", "prose.summary.direct", "elman-1"),
    ("closing.summary", 'Text("prose.summary.recursion", {"algorithm": Ref("backward"), "T": T}),', "",
     "prose.summary.recursion", "elman-1"),
    ("closing.checks", "if any(c.report", "if all(c.report", "prose.checks.question", "lstm_coupled-2"),
    ("closing.check_table", "for check in counted\n    )\n    header",
     "for check in counted[1:]\n    )\n    header", "in the table of all checks", TABLES),
    ("proof.proof", 'yield Prose("prose.proof.exact")', "pass", "prose.proof.exact", OPEN_TABLES),
    ("glossary._rows", "in found.items():", "in list(found.items())[1:]:", "in the glossary",
     "elman-1"),
    ("references.chapter", "for key in c.cited)", "for key in list(c.cited)[:-1])",
     "in the list of what is cited", "lstm-1"),
    ("references.chapter", "key=lambda one: one.short)", "key=lambda one: one.doi)",
     "the order of names and years", "elman-1"),
)  # fmt: skip

SAID: tuple[tuple[str, str, str, str, str], ...] = (
    ("jacobians._transposed", "kinds[not c.may_say(kinds[0], {})]", "kinds[1]",
     "prose.adjoint.put_in", "elman-2"),
    ("jacobians.of_one_step", "if len(diagonals) == 1:", "if len(diagonals) != 1:",
     "prose.jacobian.factor", "elman-1"),
    ("jacobians.of_one_step", 'yield from c.say(values, "prose.jacobian.paths")',
     'yield Prose("prose.jacobian.paths", values)', "prose.jacobian.paths", "mamba-1"),
    ("gradients._unrolled", 'yield from c.say({"T": last}, "prose.terms.put_in_longer")',
     'yield Prose("prose.terms.put_in")', "prose.terms.put_in", "elman-7"),
    ("recursion.recursion", "if len(r.deltas) == 1:", "if len(r.deltas) != 1:", "prose.recursion.why",
     "elman-1"),
    ("recursion.recursion", '"prose.recursion.cost" if len(r.deltas) == 1',
     '"prose.recursion.cost" if len(r.deltas) > 1', "prose.recursion.cost", "gru-1"),
    ("scalar.scalar", '"prose.scalar.terms_by_state" if by_state else "prose.scalar.terms"',
     '"prose.scalar.terms" if by_state else "prose.scalar.terms_by_state"', "prose.scalar.terms",
     "leaky-1"),
    ("ownflow.measured", "if not runs:", "if len(runs) < 4:", "no-own-run", "min_gru-1"),
    ("closing.checks", "if any(c.report", "if not any(c.report", "prose.checks.question", "elman-1"),
    ("proof.proof", "if any(True for e", "if not any(True for e", "prose.proof.root", OPEN),
    ("proof.proof", "    if not found:", "    if found:", "nothing-proved", SHORT),
    ("example.example", 'if c.given:\n        yield Prose("prose.example.given"',
     'if not c.given:\n        yield Prose("prose.example.given"', "prose.example.intro", "elman-1"),
    ("network.forward", "elif len(cell.states) == 1 and unroll.occurrences(cell) == 1:",
     "elif len(cell.states) == 1:", "prose.forward.too_wide", "gru-1"),
)  # fmt: skip
"""Sentences in the place of others, or where there is nothing to say."""


def _said_falsely(function: str, old: str, new: str, key: str, run: str) -> Fault:
    """Return the edit of a function of a chapter, and the sentence that is said wrongly then."""
    fault = _left_out(function, old, new, "", run)
    refusal = rf"says '{key}|lacks the sentence .*{key}|it is said that '{key}"
    return replace(fault, name=f"{fault.name} in {run}", refusal=refusal)


FAULTS = (
    *(_left_out(*row) for row in ROWS),
    *(_said_falsely(*row) for row in SAID),
    Fault("a chapter that is left out", "derive.chapters.handout.CHAPTERS",
          lambda right: tuple(one for one in right if one.__name__ != "sums"),
          ("make elman-2 markdown",), LACKS + "section sums"),
    Fault("a chapter that a study leaves out", "derive.chapters.studies.FLOW",
          lambda right: right[:-1], ("run flow --format md --out {out}",), LACKS + "experiments"),
    Fault("a table of activations without a kink",
          "derive.calculus.activations.ACTIVATIONS[leaky_relu]", lambda row: replace(row, kinks=()),
          (LEAKY,), LACKS + "prose.conventions.kink on leaky_relu"),
    Fault("a run that is left out", "derive.gradientflow.own._drawn.__code__",
          edited("in SCALES:", "in SCALES[:2]:"), ("make min_gru-1 markdown",),
          LACKS + "the run with 2 times the weights"),
    replace(_left_out("example.example", '"prose.example.sum_check" if steps > 1',
                      '"prose.example.sum_check" if steps > 2', "", "elman-2"),
            refusal="below 'prose.example.check' stand example-sum, example-check"),
    replace(_left_out("example.example", 'rounded("sum", summed)] if steps > 1',
                      'rounded("sum", summed)] if steps > 2', "", "elman-2"),
            refusal="below 'prose.example.sum_check' stand example-check"),
    replace(_left_out("gradients.direct", "d.chains.total(parameter),\n                d.rec", "d.rec",
                      "", "irnn-1"),
            refusal=r"below 'prose\.direct\.put_in_added' stand grad-c-substituted, grad-c\."),
)  # fmt: skip
