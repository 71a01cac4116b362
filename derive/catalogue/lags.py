"""The states that hand on what the equations of a file read from further back than one step."""

from __future__ import annotations

from collections.abc import Mapping

from derive.catalogue.growth import check_states
from derive.cells.cell import Assignment
from derive.expressions.quantities import At, Series, t
from derive.expressions.rewrite import substituted
from derive.expressions.walk import series_in

DIGITS = "zero one two three four five six seven eight nine".split()


class Lags:
    """The states that a cell gets for what it reads from further back than one step.

    s[t-2] is v[t-1] for a state v[t] = s[t-1], and x[t-1] of an input is v[t-1] for v[t] = x[t].
    ``states`` are these, ``equations`` what they are, ``read`` the equations that read them, as they
    were; names are added to ``taken``.
    """

    def __init__(self, states: Mapping[str, Series], taken: set[str]) -> None:
        self._given, self._taken = set(states.values()), taken
        self.states: dict[str, Series] = {}
        self.equations: list[Assignment] = []
        self.read: list[Assignment] = []
        self._known: dict[tuple[Series, int], Series] = {}

    def one_step(self, equation: Assignment) -> Assignment:
        """Return an equation that reads its own step and the one before only."""
        values = {at: self._nearer(at) for at in series_in(equation.expr)}
        changed = {at: near for at, near in values.items() if near != at}
        self.read += [equation] if changed else []
        return Assignment(equation.variable, substituted(equation.expr, changed))

    def _nearer(self, at: At) -> At:
        lag = int(t - at.indices[0])
        # A state is handed on by itself, once.
        extra = lag - 1 if lag and at.series in self._given else lag
        return at if extra == 0 else self._state(at.series, extra)[t - 1]

    def _state(self, series: Series, extra: int) -> Series:
        """Return the state that is a quantity so many steps before the step after it."""
        if (series, extra) not in self._known:
            before: At = series[t - 1] if series in self._given else series[t]
            if extra > 1:
                before = self._state(series, extra - 1)[t - 1]
            made = Series(self._name(series.name, extra), *series.shape)
            self._known[series, extra] = self.states[made.name] = made
            check_states(len(self._given) + len(self.states))
            self.equations.append(Assignment(made, before))
        return self._known[series, extra]

    def _name(self, name: str, extra: int) -> str:
        # In letters, as what follows an underscore is set as a word if it is one.
        count = "".join(DIGITS[int(digit)] for digit in str(extra)) if extra > 1 else ""
        wish = f"{name}{'' if '_' in name else '_'}lag{count}"
        while wish in self._taken:
            wish += "x"
        self._taken.add(wish)
        return wish
