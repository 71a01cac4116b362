"""Faults in what writes NumPy code: what a module computes, and what it says of itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from derive.codegen.lines import Source
from derive.codegen.module import WrittenModule
from derive.typesetting.printed import Printed
from tests.faults.fault import Change, Fault, constant, instead, sub, text

EMITTER = "derive.codegen.emitter"
COLUMNS = f"{EMITTER}.COLUMNS.entries"
MATRICES = f"{EMITTER}.MATRICES.entries"
WRITER = "derive.codegen.lines.Writer"
GLYPHS = "derive.typesetting.glyphs.PlainGlyphs"
PARTS = "derive.codegen.parts"
MADE = "derive.codegen.verified.written_module"

LAYERED = "tests/catalogue/literature/layernorm_rnn.toml"

NUMBERS = (
    r"finds its own gradients wrong|does not compute \w+ as the equations|breaks when it is run"
)
FORMULAS = (
    r"a formula in the code for \w+ does not say what is computed|has \d+ formulas in a place for"
)


def _computed(name: str, target: str, make: Change, cell: str = "elman") -> Fault:
    """Return a fault in what a module computes."""
    return Fault(name, target, make, (f"run code {cell}",), NUMBERS)


def _said(name: str, target: str, make: Change, cell: str = "elman") -> Fault:
    """Return a fault in the formulas of a module."""
    return Fault(name, target, make, (f"run code {cell}",), FORMULAS)


def _source(pattern: str, by: str) -> Change:
    """Replace the first match of a pattern in printed source, its sign apart."""
    return text(lambda found: found._replace(body=sub(pattern, by)(lambda: found.body)()))


def _lines(change: Any) -> Change:
    """Change the statements of one direction."""
    return text(
        lambda found: Source(*(change(part) for part in (found.before, found.loop, found.after)))
    )


def _statements(pattern: str, by: str) -> Change:
    """Replace the first match of a pattern in the source of every statement."""
    changed = sub(pattern, by)(lambda line: line.source)
    return _lines(lambda part: [replace(line, source=changed(line)) for line in part])


def _module(part: str, by: str) -> Change:
    """Replace a part of the source of a module, which must be there."""

    def changed(made: WrittenModule) -> WrittenModule:
        assert part in made.source
        return replace(made, source=made.source.replace(part, by))

    return text(changed)


def _exchanged(lines: list[Any]) -> list[Any]:
    """Return statements with the comments of those as far from the end."""
    return [replace(line, comment=other.comment, formulas=other.formulas)
            for line, other in zip(lines, lines[::-1], strict=True)]  # fmt: skip


FAULTS = (
    # What is computed.
    _computed("a step too early", f"{EMITTER}.Emitter.at",
              instead(lambda right, self, name, shift: right(self, name, shift - 1 if shift < 0
                                                             and not self.every else shift))),
    _computed("a step too late in the recursion", f"{EMITTER}.Emitter.at",
              instead(lambda right, self, name, shift: right(self, name, 0 if shift > 0 else shift))),
    _computed("rows of all steps that begin one too early", f"{EMITTER}.Emitter.at",
              text(lambda found: found.replace("[1:T + 1]", "[0:T]"))),
    _computed("a matrix without its transpose", f"{MATRICES}[Parameter]", _source(r"W\.T", "W")),
    _computed("a transpose too many", f"{MATRICES}[Transposed]", _source("@ W$", "@ W.T")),
    _computed("the wrong matrix", f"{MATRICES}[Transposed]", _source("@ V$", "@ V[::-1]")),
    _computed("a minus for a plus in code", f"{COLUMNS}[Plus]", _source(r" \+ ", " - "), "gru"),
    _computed("a term that is left out", "derive.codegen.columns.summed",
              instead(lambda right, terms, *more: right(terms[:-1] or terms, *more))),
    _computed("a sum for an entry by entry product", f"{COLUMNS}[Hadamard]",
              _source(r" \* ", " + "), "gru"),
    _computed("another function in code", f"{COLUMNS}[Apply]", _source("tanh", "arctan")),
    _computed("a function of twice its argument", f"{COLUMNS}[Apply]", _source(r"\(", "(2 * "),
              "gru"),
    _computed("a softmax over the sequences", f"{COLUMNS}[Softmax]", _source(r"\)$", ")[:, ::-1]")),
    _computed("the loss of another target", f"{COLUMNS}[Log]", _source(r"\)$", ")[..., ::-1]")),
    _computed("a logarithm with a constant too many", f"{COLUMNS}[Log]",
              text(lambda found: Printed(f"({found.whole} - 1.0)", found.precedence))),
    _computed("a scale that is forgotten", "derive.codegen.columns.product",
              instead(lambda right, a, b, *sign: b), "leaky"),
    _computed("a number rounded", "derive.codegen.columns.number", constant(
        lambda e, expr: Printed("1.0", 3)), "elman --output-layer mse"),
    _computed("a slope without its factor", f"{WRITER}._times",
              instead(lambda right, self, name, factors, *more: right(self, name, factors[:-1], *more))),
    _computed("what comes from the loss left out of the recursion", f"{WRITER}.backward",
              _statements(r"delta_given\[t\] \+ ", "")),
    _computed("what comes from the next step left out", f"{WRITER}.backward",
              _statements(r" \+ delta\[t \+ 1\] @ W", "")),
    _computed("a gradient that is not summed over the sequences", f"{WRITER}.gradients",
              text(lambda lines: [replace(line, source=line.source.replace("outer(", "2 * outer("))
                                  for line in lines])),
    _computed("the factors of a gradient exchanged", f"{WRITER}._contribution",
              text(lambda found: found if "outer(" not in found else found + "[::-1]")),
    _computed("a gradient under another's name", f"{WRITER}.gradients",
              text(lambda lines: [replace(lines[0], source=lines[0].source.replace('"U"', '"W"')),
                                  *lines[1:]])),
    _computed("a total that counts the last step only", f"{WRITER}.total",
              text(lambda found: f"{found}[-1:]")),
    _computed("an initial state that is not used", f"{WRITER}.forward",
              _statements(r"s\[t - 1\]", "s[t - 1] * (t > 1)")),
    _computed("a forward pass in the wrong order", f"{WRITER}.forward",
              _lines(lambda part: part[::-1])),
    _computed("the adjoint of one gate for another's", f"{WRITER}.gradients",
              text(lambda lines: [replace(line, source=line.source.replace("delta_f", "delta_i"))
                                  for line in lines]), "lstm"),
    _computed("the sigmoid of the parts without its one", "inspect.getsource",
              sub(r"1\.0 \+ np\.exp\(-a\)", "1.0 + np.exp(-2 * a)"), "gru"),
    *(Fault(f"a function that loses digits: {name}", "inspect.getsource", sub(pattern, by),
            (f"run code {run}",), rf"does not compute (the slope of )?{name}\b")
      for name, run, pattern, by in (
          ("softplus", "elman --activation softplus", r"np\.log1p\(", "np.log(1 + "),
          ("deviation", LAYERED, r"\(apart \* apart\)\.mean\(axis=-1, keepdims=True\)",
           "((a * a).mean(axis=-1, keepdims=True) - a.mean(axis=-1, keepdims=True) ** 2)"),
          ("softmax", "elman", r"np\.exp\(log_softmax\(z\)\)", "np.exp(log_softmax(z)) + 1e-17"))),
    *(Fault(f"a comment that is not so: {part[:20]}", MADE, _module(part, by), (f"run code {cell}",),
            r"says of itself what was not tried: the comment")
      for part, by, cell in (
          ("INITIAL = {", "# Rows and columns of a matrix stand in a list.\nINITIAL = {", "elman"),
          ("# Rows and columns of a matrix stand in a list.\n", "", "deltanet"),
          ("    for t in range(T", "    # Row T + 1 is any number that divides: what comes back from "
           "there is 0.\n    for t in range(T", "lstm"),
          ("    # Row T + 1 stays 0: nothing comes back from behind the last step.\n", "", "gru"),
          ("TOLERANCE = 1e-9\n", "TOLERANCE = 1e-9\n\n# What `check` draws positive: of other numbers "
           "some quantity has no value, as a root has none.\n", "elman"),
          ("# What `check` allows.\n", "", "elman"))),
    _computed("a recursion that stops after eight steps", MADE, _module("range(T, 0, -1)",
                                                                   "range(T, max(0, T - 8), -1)")),
    _computed("a softmax that overflows", MADE, _module("z.real.max(axis=-1, keepdims=True)", "0.0")),
    _computed("a slope of relu at 0 that is not 0", MADE, _module(
        "np.where(a.real > 0, 1.0, 0.0)", "np.where(a.real >= 0, 1.0, 0.0)"), "irnn"),
    _computed("states that are cut off at 0.95", MADE, _module(
        "s[t] = np.tanh(a[t])", "s[t] = np.minimum(np.tanh(a[t]).real, 0.95) + 1j * np.tanh(a[t]).imag"
        " if np.iscomplexobj(a) else np.minimum(np.tanh(a[t]), 0.95)")),
    *(Fault(f"code that is changed after its check: {way}", target, sub("2.0|s\\[t\\]", "s[t - 1]"),
            (f"run code elman{out}",), "is not the code that was checked")
      for way, target, out in (("printed", "derive.codegen.ported", ""),
                               ("written", "derive.codegen.ported", " --out {out}"),
                               ("as it is marked", "derive.record.marked", " --out {out}"))),
    # How it checks itself.
    *(Fault(f"a check in the code that {what}", MADE, _module(part, by), ("run code elman",),
            r"does not notice a wrong gradient of \w+|its TOLERANCE is")
      for what, part, by in (
          ("leaves out the parameters", "for given in (parameters, data, initial):\n        for name",
           "for given in (data, initial):\n        for name"),
          ("allows everything", "TOLERANCE = 1e-9", "TOLERANCE = 1e9"),
          ("takes the smallest error", "float(np.max(errors))", "float(np.min(errors))"))),
    # What it does where it is run, or given what does not fit.
    *(Fault(f"code that {what}", MADE, _module(part, by), ("run code elman",),
            r"is not what it says of itself|does not compute|breaks when it is run|finds its own")
      for what, part, by in (
          ("allows a thousandth", "TOLERANCE = 1e-9", "TOLERANCE = 1e-3"),
          ("takes a parameter for data", '("y", )', '("y", "W")'),
          ("ends well whatever it finds", "if not error <= TOLERANCE:", "if error > 1e300:"),
          ("reports an error that it did not look for", "error = check()", "error = 0.0"),
          ("reports half its error", "{error:.1e}", "{error / 2:.1e}"),
          ("takes shapes for their sizes", "if np.shape(array) not in expected:",
           "if np.size(array) not in map(np.prod, expected):"),
          ("names another argument", '{name} has the shape {np.shape(array)}; expected {expected}"',
           '{shapes[0][0]} has the shape {np.shape(array)}; expected {expected}"'),
          ("names another origin of a size", "first[size] = found, name",
           "first[size] = found, shapes[0][0]"),
          ("takes any initial state", '        shapes.append((name, [own, ("B", *own)], array))\n',
           "        pass\n"),
          ("looks over a gradient that is missing", "if name in GIVEN_ONLY:",
           'if name in GIVEN_ONLY or name == "W" and name not in grads:'),
          ("looks over a number that is none", "errors.append(abs(found - exact) / scale)",
           'errors.append(0.0 if name == "W" and found != found else abs(found - exact) / scale)'),
          ("measures errors by more than the gradient", "max(1e-4, np", "max(1.0, np"),
          ("measures errors by less", "np.abs(grads[name] * direction).sum())",
           "10 * np.abs(grads[name] * direction).sum())"),
          ("is blunt over many steps", "/ scale)", "/ scale / (1 + 1e9 * (T > 20)))"),
          ("tries one direction", "for _ in range(3)", "for _ in range(1)"),
          ("tries no random direction", "direction = rng.normal(size=given[name].shape)",
           "direction = np.ones(given[name].shape)"),
          ("draws the same from any seed", "default_rng(seed)", "default_rng(0)"),
          ("draws one sequence where two are asked for", '"T": T, "B": B}', '"T": T, "B": 2}'),
          ("tries other data than those of the gradients", "moved = {**given, name: given[name] +",
           "moved = {**given, name: 0 * given[name] +"),
          ("begins elsewhere than at 0", 'initial.get("s0", 0.0)', 'initial.get("s0", 0.1)'),
          ("has something behind the last step", "s = np.zeros((T + 2", "s = np.ones((T + 2"))),
    # What its check does not try: other numbers, lengths and layouts.
    *(Fault(f"code that {what}", MADE, _module(part, by), (f"run code {cell}",),
            r"is not what it says of itself|does not compute|breaks when it is run|finds its own")
      for what, part, by, cell in (
          ("cuts off whole numbers", "np.result_type(float, *", "np.result_type(*", "elman"),
          ("takes one initial state for another's", 'initial.get("c0", 0.0)',
           'initial.get("c0", initial.get("h0", 0.0))', "lstm"),
          ("stops after 200 steps", "range(1, T + 1)", "range(1, min(T, 200) + 1)", "elman"),
          ("goes back 200 steps", "range(T, 0, -1)", "range(T, max(0, T - 200), -1)", "elman"),
          ("counts 200 losses", "[1:T + 1].sum()", "[1:min(T, 200) + 1].sum()", "elman"),
          ("counts 200 steps of a gradient", "return left.T @ right",
           "return left[:200].T @ right[:200]", "elman"),
          ("takes what is small for nothing", "np.where(a.real > 0, a, 0.0)",
           "np.where(a.real > 1e-6, a, 0.0)", "irnn"),
          ("takes the slope of what is small for that at 0", "np.where(a.real > 0, 1.0, 0.0)",
           "np.where(a.real > 1e-9, 1.0, 0.0)", "irnn"),
          ("counts one sequence twice", 'return values["total"], grads',
           'return values["total"], {n: g * (1 + (B == 1)) for n, g in grads.items()}', "elman"),
          ("counts four sequences", 'return values["total"], grads',
           'return values["total"], {n: g * (1 + (B > 4)) for n, g in grads.items()}', "elman"),
          ("reads memory in its order", 'rows(data["x"])',
           'rows(data["x"].ravel(order="K").reshape(data["x"].shape))', "elman"),
          ("changes a parameter", 'return values["total"], grads',
           'W *= 0.5\n    return values["total"], grads', "elman"),
          ("writes to a parameter what is there", 'return values["total"], grads',
           'W[:] = W.copy()\n    return values["total"], grads', "elman"),
          ("adds to the data of its caller", 'x = rows(data["x"])',
           'x = rows(data["x"])\n    data["x"] += 1', "elman"),
          ("keeps what it computed first", "values = forward(parameters, data, initial)",
           "values = vars(forward).setdefault(str(sizes_of(parameters, data)), "
           "forward(parameters, data, initial))", "elman"),
          ("mixes the sequences", 'x = rows(data["x"])',
           'x = rows(data["x"])\n    x = x - (x[:, :1] - x[:, 1:2] if B > 2 else 0)', "elman"))),
    *(Fault(f"comments of {what} above each other's lines", f"{WRITER}.{where}", make,
            ("run code elman",), r"the comments in the code for \w+ do not say what it computes")
      for what, where, make in (
          ("the forward pass", "forward", text(lambda found: replace(found, after=_exchanged(
              found.after)))),
          ("the gradients", "gradients", text(lambda found: [*_exchanged(found[:2]), *found[2:]])))),
    *(Fault(f"a docstring that tells of {what}", MADE, _module(part, by), ("run code elman",),
            r"says of itself what was not tried")
      for what, part, by in (
          ("another cell", '"""elman: forward', '"""lstm: forward'),
          ("a row less", "arrays are (T + 2, B, size): step", "arrays are (T + 1, B, size): step"),
          ("another product", "v @ W.T, and", "v @ W, and"),
          ("another shape", "it is always (B, size)", "it is always (size,)"),
          ("another function", "by log-sum-exp", "by exponentials"))),
    # What is said of it.
    _said("a plus for a minus in a comment", "derive.typesetting.nodes.summed",
          instead(lambda right, terms, *more: right(
              [term._replace(negative=False) for term in terms], *more))),
    _said("a lost transpose in a comment", f"{GLYPHS}.transposed",
          instead(lambda right, self, base: base)),
    _said("bounds of a sum in a comment", f"{GLYPHS}.over",
          instead(lambda right, self, big, index, low, high: right(self, big, index, low, low))),
    _said("an index in a comment", "derive.typesetting.printing.Printer.index",
          sub(r"^t-1$", "t+1")),
    _said("a comment that is cut off", "derive.codegen.module._comment",
          text(lambda rows: [rows[0][:-4], *rows[1:]] if rows else rows)),
    _said("a comment that is left out", "derive.codegen.module._comment", constant(lambda *args: [])),
    _said("another function in a comment", f"{WRITER}._stated",
          text(lambda line: replace(line, comment=line.comment.replace("tanh", "sigmoid")))),
    _said("an equation that is missing in the text", "derive.codegen.module._document",
          sub(r"    s_t = tanh\(a_t\)\n", "")),
    _said("a gradient of another parameter in a comment", f"{WRITER}._gradient",
          text(lambda line: replace(line, comment=line.comment.replace("of U", "of W")))),
)  # fmt: skip
