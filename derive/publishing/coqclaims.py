"""The theorems of a file for Coq, read: whether each says what the equation above it says.

Coq tells that a theorem holds, and not that it is the one that is wanted: a true one may be of
another quantity, or say nothing. So the sides that are printed are computed on numbers, and what
is changed, by what, and at which step is read from the places of the words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from derive.arrays import Array
from derive.bptt.derivation import Derivation
from derive.errors import CheckError
from derive.expressions.derivatives import Gradient, Partial
from derive.expressions.equation import Equation
from derive.expressions.introduced import Introduced, Role
from derive.expressions.quantities import At, Parameter, Series, j, k, t
from derive.publishing.coqread import CoqTerm, CoqText, alike
from derive.typesetting.lettering import letter_of

_CLAIM = re.compile(r"^(Theorem|Corollary) (\w+)((?: \w+)*) : (.*)\.\nProof\.", re.MULTILINE)
_LISTED = re.compile(r"^Definition (proved|followed) := \((.*)\)\.$", re.MULTILINE)
_FIELDS = re.compile(r"^Record shifts := Shifts \{ (.*) \}\.$", re.MULTILINE)
_DIRECTIONS = re.compile(r"^Section Direction\.\n((?:Variable .*\n)+)", re.MULTILINE)
_WHOLE = re.compile(
    r"^Definition everything := \(proved, followed\)\.\nPrint Assumptions everything\.$", re.M
)

_MATRIX = re.compile(
    r"(\w+) t\.\+1 = (.*) /\\ forall (.+?), (jstep_.*|from_.*|\(\(mulL.*) = (\w+) t\.\+1 \*m (.*)"
)
_LOSS = re.compile(r"\(t < T\)%N -> gx t = (.*)\^T /\\ frob (.*?) \((\w+) t\.\+1\) = (.*)")
_LAG = re.compile(
    r"\(k <= t\)%N -> \(t < T\)%N -> (\w+) t\.\+1 k\.\+1 = (.*) /\\ "
    r"forall ([\w ]+), frob (.*?) \((\w+) (.*) t\.\+1\) = frob \(([^()]*)\) (.*)"
)
_SUM = re.compile(r"\(k < T\)%N -> (\w+) k\.\+1 = \\sum_\(k <= t < T\) (.*)")
_WINDOW = re.compile(
    r"\(T <= K\)%N -> \(k < T\)%N -> \\sum_\(k <= t < minn T \(k \+ K\)\) (.*) = (\w+) k\.\+1"
)
_FORWARD = re.compile(r"(rtrl|along) (.*) = \(\\sum_\(t < T\) (.*)\) i j")
_RECURSION = re.compile(r"\(t < T\)%N -> (\S.*) = (.*) /\\ forall dir, along (.*) = frob (.*) dir")
_GRADIENT = re.compile(r"(?:\(\w+ < T\)%N -> )?forall dir, along (.*) = frob (.*) dir")
_END = re.compile(r"(\w+) T\.\+1 = 0")
_PICKED = re.compile(r"\(mulL (\(pick [^^]*\))\^T \((.*?)\)\)(?: \+ |$)")


def require_claims_read(derivation: Derivation, text: str) -> None:
    """Raise a `CheckError` unless each theorem of a file for Coq says what is printed above it."""
    for problem in _Claims(derivation, text).problems():
        raise CheckError(
            f"the file for Coq is not of {derivation.cell.name}: {problem}. Nothing is written; correct "
            "what writes it, or what reads it"
        )


class _Claims(CoqText):
    """The theorems of a file, by their names."""

    def __init__(self, derivation: Derivation, text: str) -> None:
        super().__init__(derivation, text)
        found = _CLAIM.findall(text)
        self.claims = {name: (given.split(), claim) for _, name, given, claim in found}
        self.listed = {
            kind: [name.strip().removeprefix("@") for name in names.split(",") if name.strip()]
            for kind, names in _LISTED.findall(text)
        }
        self.equations = {e.id.replace("-", "_"): e for e in derivation.equations()}
        self.words = {one: name for name, one in self.names.items()}
        self.lagged = {
            f"{letter_of(n.series).word.replace('-', '_')}_lag": n.series
            for n in derivation.definitions
            if isinstance(n.series, Introduced) and n.series.role is Role.LAGGED_ADJOINT
        }
        self.lagged = {re.sub(r"\W", "_", name): one for name, one in self.lagged.items()}
        fields = _FIELDS.search(text)
        self.states = re.findall(r"sh_(\w+) :", fields[1]) if fields else []
        directions = _DIRECTIONS.search(text)
        self.directions = re.findall(r"Variable (\w+) :", directions[1]) if directions else []
        self.total = "(1%:M : 'M[R]_1)"
        self.weight = ""
        if self.cell.weight is not None:
            self.total = f"({self.words[self.cell.weight]} t.+1)"
            self.weight = f"{self.words[self.cell.weight]} t.+1 0 0 *: "

    def problems(self) -> Iterator[str]:
        """Yield what is wrong, theorem by theorem."""
        if not _WHOLE.search(self.text) or self.listed.keys() != {"proved", "followed"}:
            yield "Coq is not asked for the axioms of all that is proved"
            return
        for name in self.listed["proved"]:
            equation = self.equations.get(name)
            if equation is None or name not in self.claims:
                yield f"no equation, or no theorem, is that of {name}"
            elif said := self._said(equation, *self.claims[name]):
                yield f"{name} {said}"
        for name in self.listed["followed"]:
            if name not in self.claims:
                yield f"no corollary is that of {name}"
            elif said := self._follows(name, *self.claims[name]):
                yield f"{name} {said}"

    # -- what is printed --------------------------------------------------------------------------

    def _said(self, equation: Equation, given: list[str], claim: str) -> str:
        """Return what a theorem says otherwise than its equation; empty where it says the same."""
        first = equation.sides[0]
        second = equation.sides[1]
        role = second.series.role if _is_introduced(second) else None
        if equation.step.rule == "end":
            read = _END.fullmatch(claim)
            return "" if read and self.names.get(read[1]) == first.series else "is of another end"
        if isinstance(first, Partial) and first.num == self.cell.loss_series[t]:
            return self._loss(equation, claim)
        if isinstance(first, Partial):
            return self._matrix(equation, claim)
        if role is Role.LAGGED_ADJOINT:
            return self._lag(equation, claim)
        if equation.step.rule == "steps":
            return self._sum(equation, claim)
        assert isinstance(first, Gradient)
        return self._gradient(equation, claim)

    def _matrix(self, equation: Equation, claim: str) -> str:
        read = _MATRIX.fullmatch(claim)
        if (
            read is None
            or read[1] != read[5]
            or self.names.get(read[1]) != equation.sides[1].series
        ):
            return "is not read as a matrix that a step is"
        symbol = t if equation.free[0].symbol == t else j
        for step in self._steps():
            value, wanted = (
                self.value(read[2], step),
                self.evaluator.at(equation.sides[-1], {symbol: step}),
            )
            if not alike(np.asarray(value), np.asarray(wanted)):
                return f"has another matrix at step {step}"
        num, den, dirs = equation.sides[0].num.series, equation.sides[0].den.series, _given(read[3])
        if _is_introduced(equation.sides[0].den):
            return self._grid(dirs, read[4], read[6])
        if equation.sides[1].series.role is Role.PART:
            left = f"from_{self.words[den]}_{self.words[num]} t dir"
        else:
            slots = " ".join(dirs[0] if state == self.words[den] else "0" for state in self.states)
            left = f"jstep_{self.words[num]} t (Shifts {slots})"
        same = (read[4], read[6]) == (left, dirs[0]) and len(dirs) == 1
        return "" if same else f"is of {read[4]}, not of {left}"

    def _grid(self, dirs: list[str], left: str, right: str) -> str:
        """Return what is wrong with what all states do to all states."""
        moves = f"(Shifts {' '.join(dirs)})"
        named = [self.words[state] for state in self._stacked()]
        if named != self.states or len({*dirs}) != len(named):
            return "has other states"
        for text, wanted in (
            (left, [(f"jstep_{one} t {moves}", "(0 :") for one in named]),
            (right, [(one,) for one in dirs]),
        ):
            parts = _PICKED.findall(text[1:-1])
            if len(parts) != len(named) or not all(
                part.startswith(choice) for (_, part), choice in zip(parts, wanted, strict=True)
            ):
                return f"stacks other columns: {text[:80]}"
            picks = np.vstack([self.value(pick, 1) for pick, _ in parts])
            if not np.array_equal(picks, np.eye(len(picks))):
                return "puts columns in other places"
        return ""

    def _stacked(self) -> list[Series]:
        found = next((e for e in self.equations.values() if e.step.rule == "stack"), None)
        return [one.series for one in found.sides[1].args] if found else list(self.cell.states)

    def _loss(self, equation: Equation, claim: str) -> str:
        read = _LOSS.fullmatch(claim)
        loss = self.words[self.cell.loss_series]
        rest = "frob (gx t) (d_xi t.+1) + own t"
        if read is None or not read[1].startswith(self.weight):
            return "is not read as the derivative of the loss"
        if (read[2], read[3], read[4]) != (self.total, f"d_{loss}", rest):
            return "says another change of the loss"
        for step in self._steps():
            value = self.value(read[1].removeprefix(self.weight), step)
            if not alike(
                np.asarray(value), np.asarray(self.evaluator.at(equation.sides[-1], {t: step}))
            ):
                return f"has another row at step {step}"
        return ""

    def _lag(self, equation: Equation, claim: str) -> str:
        read = _LAG.fullmatch(claim)
        series = equation.sides[1].series
        if read is None or self.lagged.get(read[1]) != series:
            return "is not read as the gradient of one step's loss"
        (of,) = series.of
        stack = isinstance(of, Introduced) and of.role is Role.STACK
        changed = [self.words[s] for s in self._stacked()] if stack else [self.words[of]]
        dirs = read[3].split()
        problem = self._directions(
            read[6],
            {f"e_{one}": f"(only k.+1 {dir_})" for one, dir_ in zip(changed, dirs, strict=True)},
        ) if len(dirs) == len(changed) else "has other directions"  # fmt: skip
        by = re.fullmatch(r"\(d_xi (.*) k\.\+1\)", read[8]) if stack else None
        wanted = (
            self.total,
            f"d_{self.words[self.cell.loss_series]}",
            f"{self.weight}{read[1]} t.+1 k.+1",
        )
        if problem or (read[4], read[5], read[7]) != wanted:
            return problem or "says another change of the loss"
        if (by is None) if stack else read[8] != dirs[0]:
            return "is along another direction"
        for step in self._steps():
            for before in range(1, step + 1):
                value = self.pair(read[2], step, before)
                wish = self.evaluator.at(equation.sides[-1], {t: step, k: before})
                if not alike(np.asarray(value), np.asarray(wish)):
                    return f"has another gradient at steps {step} and {before}"
        return ""

    def _sum(self, equation: Equation, claim: str) -> str:
        read = _SUM.fullmatch(claim)
        if read is None or self.names.get(read[1]) != equation.sides[1].series:
            return "is not read as a sum over losses"
        for before in self._steps():
            value = sum(
                np.asarray(self.pair(read[2], step, before))
                for step in self._steps()
                if step >= before
            )
            if not alike(
                np.asarray(value), np.asarray(self.evaluator.at(equation.sides[-1], {t: before}))
            ):
                return f"has another sum at step {before}"
        return ""

    def _gradient(self, equation: Equation, claim: str) -> str:
        den = equation.sides[0].den
        read = _RECURSION.fullmatch(claim)
        if read is not None:
            if read[1] != read[4] or f"({self.words[equation.sides[1].series]} t.+1)" != read[1]:
                return "is of another adjoint"
            for step in self._steps():
                value = self.value(read[2], step)
                if not alike(
                    np.asarray(value), np.asarray(self.evaluator.at(equation.sides[-1], {t: step}))
                ):
                    return f"has another recursion at step {step}"
            return self._along(den, read[3])
        plain = _GRADIENT.fullmatch(claim)
        # That its right side is the printed one is read elsewhere.
        return self._along(den, plain[1]) if plain else "is not read as a gradient"

    def _along(self, den: Any, words: str) -> str:
        """Return whether something else is changed than what is differentiated by."""
        if isinstance(den, Parameter):
            changed = {f"d_{self.words[den]}": "dir"}
        elif den.indices == (0,):
            changed = {f"d_{self.words[den.series]}_0": "dir"}
        else:
            before = "d_" if den.series in self.cell.inputs else "e_"
            changed = {f"{before}{self.words[den.series]}": "(only t.+1 dir)"}
        return self._directions(words, changed)

    def _directions(self, text: str, changed: dict[str, str]) -> str:
        """Return which direction is another than the one that is meant; empty if all are as meant."""
        words = re.findall(r"\([^()]*\)|\S+", text)
        if len(words) != len(self.directions):
            return "has other directions"
        # A name that was taken has a _ behind it.
        at = {self._direction(name): word for name, word in changed.items()}
        for name, word in zip(self.directions, words, strict=True):
            wanted = at.pop(name, None)
            if wanted is None and word not in ("0", "(never _)"):
                return f"changes {name} too"
            if wanted is not None and word != wanted:
                return f"changes {name} by {word}, not by {wanted}"
        return f"does not change {' '.join(at)}" if at else ""

    def _direction(self, name: str) -> str:
        def plain(one: str) -> str:
            return re.sub("_+", "_", one).strip("_")

        if name in self.directions:
            return name
        return next((one for one in self.directions if plain(one) == plain(name)), name)

    # -- what follows -----------------------------------------------------------------------------

    def _follows(self, name: str, given: list[str], claim: str) -> str:
        if name.endswith("_window"):
            of, read = self.claims.get(name.removesuffix("_window")), _WINDOW.fullmatch(claim)
            whole = _SUM.fullmatch(of[1]) if of else None
            same = read and whole and (read[1], read[2]) == (whole[2], whole[1])
            return "" if same else "is not of the sum above it"
        of, read = self.claims.get(name.removesuffix("_forward")), _FORWARD.fullmatch(claim)
        whole = _GRADIENT.fullmatch(of[1]) if of else None
        if not read or not whole or whole[2] != f"(\\sum_(t < T) {read[3]})":
            return "is not of the gradient that is printed"
        equation = self.equations[name.removesuffix("_forward")]
        changed = {f"d_{self.words[equation.sides[0].den]}": "(delta_mx i j)"}
        return self._directions(read[2], changed)

    # -- numbers ----------------------------------------------------------------------------------

    def _steps(self) -> range:
        return range(1, self.trace.steps + 1)

    def pair(self, text: str, step: int, before: int) -> Any:
        """Return the value of a term in which the step t.+1 is ``step``, and k.+1 is ``before``."""
        return _PairTerm(self.words_of(text), self, step, 0, before).whole()

    def lag(self, word: str, step: int, before: int) -> Array:
        """Return the gradient of the loss of a step by what was at one before."""
        return np.asarray(self.evaluator.at(self.lagged[word][t, k], {t: step, k: before}))


def _given(text: str) -> list[str]:
    """Return the names behind a forall, with their types or without."""
    return re.findall(r"\((\w+) : [^)]*\)\)", text) or text.split()


def _is_introduced(side: Any) -> bool:
    return isinstance(side, At) and isinstance(side.series, Introduced)


@dataclass
class _PairTerm(CoqTerm):
    """A term in two steps: that of a loss, and one before it."""

    before: int = 0

    def stepped(self) -> int:
        first = self.take("t", "k")
        return (self.step if first == "t" else self.before) + self.later() - 1

    def applied(self) -> Any:
        file = self.file
        assert isinstance(file, _Claims)
        if self.next == "prodJ":
            self.take()
            jacobian = file.names[self.take()]
            high, low = self.stepped(), self.stepped()
            made: Array = np.eye(*file.of(jacobian, high).shape)
            for step in range(low + 1, high + 1):
                made = file.of(jacobian, step) @ made
            return self.turned(made)
        if self.next in file.lagged:
            word = self.take()
            return self.turned(file.lag(word, self.stepped(), self.stepped()))
        return super().applied()
