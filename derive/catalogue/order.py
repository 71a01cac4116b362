"""The order of a file's equations: each quantity is defined once, and before its use."""

from __future__ import annotations

from derive.catalogue.cellnames import DEFINED, LOGITS, TAKEN, check_form, collision
from derive.catalogue.declarations import Declared
from derive.catalogue.faults import Faults
from derive.catalogue.tomlfile import File, Row
from derive.errors import SpecError
from derive.formula import FormulaError
from derive.formula.tokens import Token, tokens
from derive.source import Origin


class Order:
    """Looks for what is wrong with the names and the order of the equations of a file."""

    def __init__(
        self, file: File, declared: Declared, rows: list[Row], broken: set[str], faults: Faults
    ) -> None:
        self.file, self.declared, self.rows, self.faults = file, declared, rows, faults
        self.broken = broken
        self.names = [row.name for row in rows]
        self.series = {*declared.inputs, *declared.states, *self.names}
        self.reads: dict[str, set[str]] = {}
        self.wrong: set[str] = set()

    def check(self) -> set[str]:
        """Note what is wrong, and return the names whose equations say nothing more."""
        self._check_given()
        for n, row in enumerate(self.rows):
            problem = self._problem(n, row)
            if problem is not None:
                self._note(row, self.file.error(problem, line=row.line))
        for row in self.rows:
            with self.faults.noting():
                self.reads.setdefault(row.name, set()).update(t.text for t in self._own_step(row))
        self._check_handed_on()
        for n, row in enumerate(self.rows):
            if row.name not in self.wrong:
                self._check_reads(n, row)
        if LOGITS not in self.names and LOGITS not in self.broken:
            self.faults.note(
                self.file.error(
                    f"no equation defines the logits {LOGITS}[t], of which the output is made",
                    "equations",
                )
            )
        return self.wrong

    def _note(self, row: Row, error: SpecError) -> None:
        self.wrong.add(row.name)
        self.faults.note(error)

    def _check_given(self) -> None:
        declared = self.declared
        given = [*declared.inputs, *declared.parameters, *(p.name for p in declared.constants)]
        for name in given:
            why = collision(name, self.series, declared.states)
            if why is not None:
                self.faults.note(self.file.error(why, name))
        for name in sorted(declared.sizes.keys() & {*given, *declared.states, *self.names}):
            line = next((row.line for row in self.rows if row.name == name), None)
            problem = f"{name!r} is a size and cannot be a quantity as well; rename one of them"
            self.faults.note(self.file.error(problem, name, line))

    def _problem(self, n: int, row: Row) -> str | None:
        """Return what is wrong with the left side of an equation, or None."""
        declared, name = self.declared, row.name
        if name in self.names[:n]:
            logits = (
                "; z are the logits, of which the output is made, so that a gate has another name"
            )
            return f"{name}[t] is defined a second time{logits if name == LOGITS else ''}"
        if name not in declared.states:
            try:
                check_form(name)
            except SpecError as error:
                return str(error)
        if name in declared.inputs or name in declared.parameters:
            return f"{name} is given and cannot be computed as well"
        if name in DEFINED:
            return DEFINED[name]
        if name in TAKEN:
            return f"{name!r} stands for {TAKEN[name]}; choose another name"
        return collision(name, self.series, declared.states)

    def _own_step(self, row: Row) -> list[Token]:
        """Return the names that an equation reads of its own step, each with its place."""
        words = tokens(row.formula, self._origin(row))
        fours = zip(words, words[1:], words[2:], words[3:], strict=False)
        return [name for name, *rest in fours if [token.text for token in rest] == ["[", "t", "]"]]

    def _check_handed_on(self) -> None:
        """Note each quantity that is read from a step before and is not among the states, once.

        Before any right side is read: where a state is missing, its shape is, and so its equation reads
        as one with an unknown name.
        """
        handed = {*self.declared.states, *self.declared.inputs}
        computed = {*self.names} - handed - self.wrong - {LOGITS}
        for row in self.rows:
            try:
                words = tokens(row.formula, self._origin(row))
            except FormulaError:
                continue
            for name, *rest in zip(words, words[1:], words[2:], words[3:], words[4:], strict=False):
                if name.text in computed and [token.text for token in rest[:3]] == ["[", "t", "-"]:
                    computed.discard(name.text)
                    read = f"{name.text}[t-{rest[3].text}]"
                    said = (
                        f"{read} is read, so {name.text} must be among the states: "
                        f'name it with its size, as in states = {{ {name.text} = "n" }}'
                    )
                    self.wrong.add(name.text)
                    self._note(row, FormulaError(said, row.formula, name.start, self._origin(row)))

    def _origin(self, row: Row) -> Origin:
        return Origin(str(self.file.path), row.line, row.column)

    def _check_reads(self, n: int, row: Row) -> None:
        later = set(self.names[n:]) - set(self.names[:n])
        try:
            read = [token for token in self._own_step(row) if token.text in later]
        except FormulaError:
            return
        for token in read[:1]:
            path = self._path(token.text, row.name)
            if path is not None:
                cycle = " → ".join(f"{p}[t]" for p in [row.name, *path])
                said = (
                    f"a cycle within one step, {cycle}: one of them must be read from the step "
                    "before, with [t-1]"
                )
            else:
                where = self.rows[self.names.index(token.text)].line
                said = (
                    f"{token.text}[t] is used before it is defined in line {where}; exchange the "
                    "equations"
                )
            self._note(row, FormulaError(said, row.formula, token.start, self._origin(row)))

    def _path(self, start: str, goal: str) -> list[str] | None:
        waiting = [[start]]
        seen = {start}
        while waiting:
            path = waiting.pop(0)
            if path[-1] == goal:
                return path
            for name in sorted(self.reads.get(path[-1], set()) - seen):
                seen.add(name)
                waiting.append([*path, name])
        return None
