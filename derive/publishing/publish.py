"""A checked handout as files: every format and the manifest, all of them or none."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from derive import record
from derive.document.language import languages
from derive.errors import CheckError, UsageError, checking
from derive.progress import Progress
from derive.render.engine import AUTO, chosen, require_engine
from derive.suggest import suggestion

if TYPE_CHECKING:
    from derive.cells.cell import Cell
    from derive.chapters.handout import Handout
    from derive.files import Staging
    from derive.numerics.trace import ForwardPass


MOST_STEPS = 2_000
"""All equations are checked on numbers over all steps, for which 1000 steps take some minutes and a
few GB; a longer horizon prints the same, as the formulas show dots from six steps on."""


@dataclass(frozen=True)
class Staged:
    """A document that is about to be put in place: its manifest, and the names of its files.

    They stand in ``folder`` until they are put into ``out``.
    """

    handout: Handout
    content: Mapping[str, Any]
    names: tuple[str, ...]
    folder: Path
    out: Path


Confirm: TypeAlias = Callable[[Staged], None]
"""What looks at a document before it is put in place, and raises an error if it must not be."""


@dataclass(frozen=True)
class Published:
    """What was written: the files, and how many equations are displayed and were checked."""

    files: tuple[Path, ...]
    equations: int
    checks: int


def possible_steps(value: int) -> int:
    """Return a number of steps that can be derived and printed in full; else a `UsageError`."""
    if value < 1:
        raise UsageError(
            f"the number of steps T is {value}: expected a whole number from 1 up, such as 3"
        )
    if value > MOST_STEPS:
        raise UsageError(
            f"the number of steps T is {value}: expected at most {MOST_STEPS}. All equations are "
            "checked on numbers over all steps, which takes minutes and GB for 1000, and those of "
            "a longer horizon print the same, with dots; take a smaller T"
        )
    return value


def ready(
    steps: int,
    formats: Sequence[str],
    notation: str,
    language: str,
    out: Path | None = None,
    engine: str = AUTO,
) -> None:
    """Raise a `UsageError` for what can be known to be wrong before anything is computed."""
    from derive.files import usable
    from derive.render import format_named
    from derive.typesetting import notation as notations

    possible_steps(steps)
    for name in formats:
        format_named(name)
    require_engine(engine)
    notations.load(notation)
    if language not in languages():
        raise UsageError(f"unknown language {language!r}: {suggestion(language, languages())}")
    if out is not None:
        usable(out)


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
    given: ForwardPass | None = None,
    more: Sequence[str] = (),
    detail: str = "steps",
    force: bool = False,
    inputs: Sequence[Path] = (),
    progress: Progress | None = None,
    confirm: Confirm | None = None,
    engine: str = AUTO,
) -> Published:
    """Derive, check and write the handout of a cell as ``out/CELL-TN.*``, with its manifest.

    A `CheckError` if an equation on display failed its check or has none, or if its text does not
    say what was checked, a `RenderError` if a
    format fails or ``out`` cannot be written, a `UsageError` if something else than files as derive
    left them is in the way; ``out`` then holds what it held before. With ``force`` files may be
    replaced that were changed since or are not derive's own, but never ``inputs``. ``confirm`` is
    given what is about to be put in place. ``engine`` is the typesetter of a PDF.
    """
    ready(steps, formats, notation, language, out, engine)
    changed(f"{cell.name}-T{steps}", formats, out, force=force, inputs=inputs)
    from derive.chapters.handout import build

    handout = build(
        cell,
        steps,
        seed=seed,
        title=title,
        author=author,
        language=language,
        given=given,
        more=more,
        detail=detail,
        progress=progress,
    )
    return write(
        handout,
        formats,
        out,
        notation=notation,
        network=(cell.name, steps),
        force=force,
        inputs=inputs,
        progress=progress,
        confirm=confirm,
        engine=engine,
    )


def changed(
    document: str,
    formats: Sequence[str],
    out: Path,
    *,
    force: bool = False,
    inputs: Sequence[Path] = (),
) -> None:
    """Raise a `UsageError` if files would be refused that are known before the document is."""
    from derive.files import in_the_way, refuse
    from derive.render import format_named

    asked = {format_named(name).NAME for name in formats}
    last = record.read(out / f"{document}.json")
    names = [entry.name for entry in last.entries if entry.format in asked]
    ours = last.digests()
    found = (in_the_way(out, name, ours, force=force, inputs=inputs) for name in names)
    refuse(reason for reason in found if reason)


def write(
    handout: Handout,
    formats: Sequence[str],
    out: Path,
    *,
    notation: str = "source",
    network: tuple[str, int] | None = None,
    force: bool = False,
    inputs: Sequence[Path] = (),
    progress: Progress | None = None,
    confirm: Confirm | None = None,
    engine: str = AUTO,
) -> Published:
    """Write a checked document as ``out/ID.*``, with its manifest; errors as `publish`.

    ``network`` is the cell and the number of steps, if it is a handout, and ``engine`` the typesetter
    of a PDF.
    """
    from derive.document.beside import Beside
    from derive.files import staging
    from derive.publishing.besides import beside_of
    from derive.publishing.checknotes import said_checks
    from derive.publishing.htmlback import PageReadBack
    from derive.publishing.injective import require_injective
    from derive.publishing.manifest import manifest
    from derive.publishing.notated import require_notation
    from derive.publishing.plurals import require_forms
    from derive.publishing.proved import require_proved_as_said
    from derive.publishing.recorded import require_recorded
    from derive.publishing.told import require_headed, require_told
    from derive.render import format_named, html
    from derive.typesetting import notation as notations
    from derive.typesetting.layout import PagePrinter
    from derive.typesetting.printing import Dialect
    from derive.typesetting.typstlayout import TypstPrinter

    with checking(f"the equations and sentences of {handout.document.id}"):
        require_checked(handout)
        require_told(handout, network)
        require_forms(handout.document)
    say = progress or (lambda _: None)
    symbols = require_notation(notations.load(notation), notation)
    require_injective(handout.document, symbols, network)

    def printer_for(dialect: str) -> PagePrinter:
        if dialect == "typst":
            return TypstPrinter(symbols)
        return PagePrinter(symbols, cast(Dialect, dialect))

    document, entries = handout.document, []
    content = manifest(handout, symbols, network)
    chosen_formats = dict.fromkeys(format_named(name) for name in formats)
    of_pages = any(form.NAME == html.NAME for form in chosen_formats)
    horizons: Mapping[int, Handout] = {}
    beside = Beside(said_checks(content))
    if of_pages:
        horizons, beside = beside_of(handout, beside.checks, symbols, network, printer_for)
    last = None if network is None else network[1]
    reading = PageReadBack(handout, symbols, last, horizons=horizons, beside=beside)

    def inspect(paths: list[Path]) -> None:
        with checking(f"what is written of {document.id}"):
            reading.inspect(paths)

    with staging(out) as stage:
        for form in chosen_formats:
            say(f"writing {form.NAME}")
            base = stage.new / document.id
            made = form.write(document, printer_for, base, progress, inspect, engine, beside)
            for path in made:
                name = path.relative_to(stage.new).as_posix()
                typesetter = chosen(engine) if path.suffix == ".pdf" else None
                digest = reading.files.digest(path)
                entries.append(record.Entry(name, form.NAME, digest, typesetter))
        with checking(f"the manifest of {document.id}"):
            require_recorded(handout, symbols, content)
            require_proved_as_said(handout, content)
            require_headed(handout, symbols, content, network)
        if confirm is not None:
            names = tuple(entry.name for entry in entries)
            confirm(Staged(handout, content, names, stage.new, out))
        placed(stage, document.id, content, entries, force=force, inputs=inputs)
    files = tuple(out / name for name in [*(e.name for e in entries), f"{document.id}.json"])
    return Published(files, len(document.equations()), len(handout.report.checks))


def placed(
    stage: Staging,
    document: str,
    content: Mapping[str, object],
    entries: Sequence[record.Entry],
    *,
    force: bool = False,
    inputs: Sequence[Path] = (),
    touch: bool = True,
) -> None:
    """Put what was staged, and the manifest that names it, in place.

    Unless ``touch``, files that are the same as before are left as they are. Errors as `publish`.
    """
    from derive.publishing.recorded import require_digests

    out, itself = stage.folder, f"{document}.json"
    with stage.placing():
        last = record.read(out / itself)
        written = {entry.format for entry in entries}
        # Those of other formats stay as they are, and stay known as derive's own.
        others = [e for e in last.entries if e.format not in written and (out / e.name).exists()]
        (stage.new / itself).write_bytes(record.sealed(content, [*entries, *others]))
        read = {
            **{entry.name: entry.sha256 for entry in entries},
            itself: require_digests(stage.new, itself, content, out),
        }
        gone = [entry.name for entry in last.entries if entry.format in written]
        stage.place(last.digests(), gone, read=read, force=force, inputs=inputs, touch=touch)


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
