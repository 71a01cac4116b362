"""Faults in certificates: what is stated is not what is owed, or of another network."""

from __future__ import annotations

from dataclasses import replace

from tests.faults.fault import Change, Fault, instead, text

CERTIFICATE = "derive.proving.certificate"
JUDGED = "derive.proving.judged"
REFUSAL = r"the certificate of \w+ is not what it must be|has not judged them all"


def _stated(name: str, target: str, make: Change, run: str = "run prove elman") -> Fault:
    return Fault(name, target, make, (run,), REFUSAL)


def _without(ending: str) -> Change:
    return text(lambda found: [one for one in found if not one.id.endswith(ending)])


def _checked(name: str, *edits: tuple[str, str]) -> Fault:
    """Return a fault in the checker, in whose text something is replaced."""

    def changed(program: str) -> str:
        for old, new in edits:
            assert old in program
            program = program.replace(old, new, 1)
        return program

    return Fault(
        name,
        f"{JUDGED}.checker",
        text(changed),
        ("run prove elman --checker {out}", "run prove elman"),
        r"the checker of certificates (proves what is wrong|does not prove what is right|broke)",
    )


CHECKED = (
    _checked("a function that is 0 at 0 and is not", ('AT_ZERO = (', 'AT_ZERO = ("sigmoid", ')),
    _checked("another function that is not 0 at 0", ('AT_ZERO = (', 'AT_ZERO = ("softplus", ')),
    _checked("no function that is 0 at 0", ('AT_ZERO = ("tanh", ', 'AT_ZERO = (')),
    _checked("another slope of tanh", ("return plus(one, scaled(-1, square))",
                                       "return plus(one, square)")),
    _checked("half a slope that is whole", ("return scaled(Fraction(1, 2), plus",
                                            "return scaled(1, plus")),
    _checked("slopes of two functions exchanged", ('entrywise("sigmoid", argument)\n    # That',
                                                   'entrywise("tanh", argument)\n    # That')),
    _checked("a slope of a function that has another", (
        'if function == "abs":', 'if function in ("abs", "relu"):')),
    _checked("a transpose that does nothing", ("def transposed(poly):\n",
                                               "def transposed(poly):\n    return poly\n")),
    _checked("numbers that do not count", ("def scaled(value, poly):\n",
                                           "def scaled(value, poly):\n    value = abs(value)\n")),
    _checked("all sides are accepted", ("if side.key() != made[0].key():", "if False:")),
    _checked("states that always begin at 0", (
        'if "zero-initial-state" in assumed:', "if True:")),
    _checked("targets that always add up to one", ('if "any-targets" not in assumed:', "if True:")),
    _checked("all that add up to one", ('yield "softmax"\n',
                                        'yield "softmax"\n        yield from cell.order\n')),
    _checked("all bounds are in order", ("best = {a[0]: a[1]}\n",
                                         "return True\n        best = {a[0]: a[1]}\n")),
    _checked("an equation that holds at step 0", (
        ' or not Ranges.at_most(("", 1), at[0], over):\n        return None', ":\n        return None")),
    _checked("what is handed on transposed is handed on", (
        "and marks == whole_marks(factors[0][2]) else None", "else None")),
    _checked("a softmax times something adds up to one", (
        "and len(factors) == 1 and factors[0][1] == 1", "")),
    _checked("twice a softmax adds up to one", (
        "list(poly.terms.values()) != [1]:", "len(poly.terms) != 1:")),
    _checked("one mark for what is put in twice", (
        'if f"x{n}" not in marks][: len(nodes)]', "][: len(nodes)]")),
    _checked("powers that are all alike", ("made = {(f, ns): e * exponent for f, e, ns in factors}",
                                           "made = {(f, ns): e * 2 for f, e, ns in factors}")),
)  # fmt: skip

FAULTS = (
    *CHECKED,
    _stated("sums of all steps that are not stated", f"{CERTIFICATE}.general", _without("-total")),
    _stated("a gradient that is not stated", f"{CERTIFICATE}.general", _without("-grad-W")),
    _stated("a gradient of one's own network that is not stated", f"{CERTIFICATE}.general",
            _without("-grad-G-sum"), "run prove {tied}"),
    _stated("a sum that is written out is stated", f"{CERTIFICATE}._of_known_steps",
            instead(lambda right, one: right(one) and "unrolled" not in one.id)),
    _stated("statements from the second step on", f"{CERTIFICATE}.statement",
            text(lambda one: {**one, "for": [t.replace("=1..", "=2..") for t in one["for"]]})),
    _stated("statements but for the last step", f"{CERTIFICATE}.statement",
            text(lambda one: {**one, "for": [t.replace("..T", "..T-1") for t in one["for"]]})),
    _stated("statements for no step", f"{CERTIFICATE}.statement",
            text(lambda one: {**one, "for": []})),
    _stated("statements from the state 0 alone", f"{CERTIFICATE}.statement",
            text(lambda one: {**one, "assumes": ["zero-initial-state"]})),
    _stated("statements in each other's place", f"{CERTIFICATE}.statement",
            text(lambda one: {**one, "id": one["id"].replace("-U", "-@").replace("-W", "-U")
                              .replace("-@", "-W")})),
    _stated("a certificate of another network", f"{CERTIFICATE}.certificate",
            text(lambda made: {**made, "cell": "gru"})),
    _stated("a certificate of another format", f"{CERTIFICATE}.certificate",
            text(lambda made: {**made, "format": "derive-proof/2"})),
    _stated("one hypothesis too many", f"{CERTIFICATE}._hypotheses",
            text(lambda found: ["1ᵀ y_t = 1"]), "run prove elman --output-layer linear"),
    _stated("one size for two", f"{CERTIFICATE}._size",
            text(lambda sizes: [size.replace("d", "n") for size in sizes])),
    _stated("an equation of the network that is left out", f"{CERTIFICATE}._equations",
            text(lambda found: [*found][:-1])),
    _stated("statements that nobody judged", f"{JUDGED}.read",
            text(lambda found: replace(found, proved=found.proved - 3, total=found.total - 3))),
)  # fmt: skip
