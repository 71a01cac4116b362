"""A checked handout as files: every format and the manifest, all of them or none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from derive.arguments import possible_steps
from derive.errors import CheckError, UsageError
from derive.language import languages
from derive.suggest import suggestion

if TYPE_CHECKING:
    from derive.cell import Cell
    from derive.handout import Handout
    from derive.trace import Trace

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Published:
    """What was written: the files, and how many equations are displayed and were checked."""

    files: tuple[Path, ...]
    equations: int
    checks: int


def ready(steps: int, formats: Sequence[str], notation: str, language: str) -> None:
    """Raise a `UsageError` for what can be known to be wrong before anything is computed."""
    from derive import notation as notations
    from derive.render import format_named

    possible_steps(steps)
    for name in formats:
        format_named(name)
    notations.load(notation)
    if language not in languages():
        raise UsageError(f"unknown language {language!r}: {suggestion(language, languages())}")


def publish(
    cell: Cell,
    steps: int,
    formats: Sequence[str],
    out: Path,
    *,
    seed: int = 0,
    title: str | None = None,
    author: str | None = None,
    notation: str = "source",
    language: str = "en",
    given: Trace | None = None,
    more: Sequence[str] = (),
    progress: Progress | None = None,
) -> Published:
    """Derive, check and write the handout of a cell as ``out/CELL-TN.*``, with its manifest.

    A `CheckError` if an equation on display failed its check or has none, a `RenderError` if a
    format fails or ``out`` cannot be written; ``out`` then holds what it held before.
    """
    ready(steps, formats, notation, language)
    from derive import manifest
    from derive import notation as notations
    from derive.handout import build

    handout = build(
        cell,
        steps,
        seed=seed,
        title=title,
        author=author,
        language=language,
        given=given,
        more=more,
        progress=progress,
    )

    def beside(base: Path) -> Path:
        path = base.with_name(f"{base.name}.json")
        symbols = notations.load(notation)
        path.write_bytes(manifest.dump(manifest.manifest(handout, cell, steps, seed, symbols)))
        return path

    return write(handout, formats, out, notation=notation, progress=progress, beside=beside)


def write(
    handout: Handout,
    formats: Sequence[str],
    out: Path,
    *,
    notation: str = "source",
    progress: Progress | None = None,
    beside: Callable[[Path], Path] | None = None,
) -> Published:
    """Write a checked document as ``out/ID.*``; ``beside`` may add a file; errors as `publish`."""
    from derive import notation as notations
    from derive.printing import Dialect, Printer
    from derive.render import format_named
    from derive.render.page.placing import whole

    require_checked(handout)
    say = progress or (lambda _: None)
    symbols = notations.load(notation)

    def printer_for(dialect: str) -> Printer:
        return Printer(symbols, cast(Dialect, dialect))

    made: list[str] = []
    # The formats write into a folder of their own first, so that all appear together or none does.
    with whole(out) as scratch:
        base = scratch / handout.document.id
        for chosen in dict.fromkeys(format_named(name) for name in formats):
            say(f"writing {chosen.NAME}")
            written = chosen.write(handout.document, printer_for, base, progress)
            made += [path.relative_to(scratch).as_posix() for path in written]
        if beside is not None:
            made.append(beside(base).name)
    displayed = len(handout.document.equations())
    files = tuple(out / name for name in made)
    return Published(files, displayed, len(handout.report.checks))


def require_checked(handout: Handout) -> None:
    """Raise a `CheckError` unless every equation on display has a check, and it passed."""
    handout.report.cover(handout.document)
    checks = {check.id: check for check in handout.report.checks}
    for equation in handout.document.equations():
        check = checks.get(equation.id)
        if check is None or not check.passed:
            fault = "was not checked" if check is None else f"failed its check at {check.where}"
            raise CheckError(
                f"equation {equation.id} of {handout.document.id} {fault} (seed "
                f"{handout.report.seed}): every equation on display must have passed a check. "
                "Nothing is written; correct the equation or the rule that made it"
            )
