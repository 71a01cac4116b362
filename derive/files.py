"""How files are written: whole or not at all, and never over what is the user's own.

Files are made in a scratch folder, hidden in the folder where they will stand, as only within one
file system a rename is a single act.  Then they are placed together; see `derive.journal`.
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from derive import journal
from derive.errors import CheckError, RenderError, UsageError
from derive.record import digest, digest_of
from derive.replaced import require_cleared, require_own, tidy
from derive.signals import held

_TRIES = 5
_SHOWN = 3
# Nothing is wrong with the name of a folder on a disk that is full or broken.
_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EIO)


class Staging:
    """A scratch folder; what is written below ``new`` can be placed below ``folder``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.scratch = folder / f"{journal.PREFIX}{secrets.token_hex(6)}"
        self.new = self.scratch / journal.NEW
        self._made: list[Path] = []
        self._handle = -1

    def open(self) -> None:
        """Make the folders; an OSError if that cannot be done."""
        for left in reversed(range(_TRIES)):
            try:
                self._make_folder()
                with journal.locked(self.folder):
                    journal.repair(self.folder)
                    self.scratch.mkdir(mode=0o700)
                    self._handle = os.open(self.scratch, os.O_RDONLY)
                    journal.lock(self._handle, wait=False)
                    self.new.mkdir()
                return
            except FileNotFoundError:
                # Another run that was refused has just removed the folder, which was its own.
                if not left:
                    raise

    def _make_folder(self) -> None:
        missing = [path for path in (self.folder, *self.folder.parents) if not path.exists()]
        for path in reversed(missing):
            self._made.append(path)
            with suppress(FileExistsError):
                path.mkdir()
        if not self.folder.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))

    @contextmanager
    def placing(self) -> Iterator[None]:
        """Within the block no other run changes the folder, and nothing of a dead one is left."""
        with journal.locked(self.folder):
            journal.repair(self.folder)
            yield

    def place(
        self,
        ours: Mapping[str, str],
        gone: Iterable[str] = (),
        *,
        read: Mapping[str, str],
        force: bool = False,
        inputs: Sequence[Path] = (),
        touch: bool = True,
    ) -> None:
        """Move the new files into place, all or none, and remove those that are ``gone``.

        Unless ``touch``, those that are the same as before stay, as old as they are.

        ``ours`` has the digests of files as derive left them.  A `UsageError` if any other file, or
        what is no file, is in the way; with ``force`` files may be replaced, but no ``inputs``.

        ``read`` has the digests of the new files as they were read back, each by its name: a
        `CheckError` for a file that is another by now, or that nobody has read.
        """
        new = {
            path.relative_to(self.new).as_posix(): digest_of(path)
            for path in sorted(self.new.rglob("*"))
            if path.is_file()
        }
        for name in sorted(new.keys() | read.keys()):
            if new.get(name) != read.get(name):
                raise CheckError(
                    f"{self.folder / name} would not be what was read back: it was changed, or lost, "
                    "on the way. Nothing is written; please report it"
                )
        refuse(
            found
            for name, made in new.items()
            if (found := in_the_way(self.folder, name, ours, made, force=force, inputs=inputs))
        )
        moves = [
            journal.Move(name, before, made)
            for name, made in new.items()
            if (before := self._digest(name)) != made or touch
        ]
        for name in gone:
            # One that the user changed since stays: nothing is written in its place.
            if name not in new and self._digest(name) == ours[name]:
                moves.append(journal.Move(name, ours[name], None))
        # The record last, and folders before what refers into them.
        moves.sort(key=lambda move: ("/" not in move.name, move.name.endswith(".json"), move.name))
        pairs = [(move.name, move.new) for move in moves]
        require_own(self.folder, pairs, force=force)
        require_cleared(self.folder, self.new, pairs)
        with held():
            journal.swap(self.folder, self.scratch, moves)

    def _digest(self, name: str) -> str | None:
        place = self.folder / name
        if any((self.folder / parent).is_symlink() for parent in Path(name).parents[:-1]):
            return None
        return digest_of(place) if place.is_file() and not place.is_symlink() else None

    def close(self) -> None:
        """Remove the scratch folder, and the folders that were made if nothing is in them."""
        with held():
            try:
                if not journal.open_journal(self.scratch):
                    shutil.rmtree(self.scratch, ignore_errors=True)
            finally:
                # Closed, it is free for the next run, should anything be left of it.
                if self._handle >= 0:
                    os.close(self._handle)
                    self._handle = -1
            for path in reversed(self._made):
                with suppress(OSError):
                    path.rmdir()


@contextmanager
def staging(folder: Path) -> Iterator[Staging]:
    """Prepare for writing into a folder, which is made if need be.

    After an error nothing has changed there, and no new folder is left.  A `UsageError` for a
    folder that cannot be used, a `RenderError` if writing fails.
    """
    usable(folder)
    stage = Staging(folder)
    try:
        try:
            stage.open()
        except (OSError, ValueError) as error:
            raise _unwritable(folder, error, UsageError) from error
        try:
            yield stage
        except OSError as error:
            raise _unwritable(folder, error, RenderError) from error
    finally:
        stage.close()
    tidy(folder, stage.scratch.name)


def write_alone(
    path: Path, text: str, ours: Mapping[str, str], *, force: bool, inputs: Sequence[Path] = ()
) -> None:
    """Write a single file; errors as `staging` and `Staging.place`."""
    usable_alone(path, ours, force=force, inputs=inputs)
    with staging(path.parent) as stage, stage.placing():
        made = stage.new / path.name
        made.write_text(text, encoding="utf-8", newline="\n")
        stage.place(ours, read={path.name: digest(text.encode())}, force=force, inputs=inputs)


def usable(folder: Path) -> None:
    """Raise a `UsageError` for a folder that can be seen to be of no use, before any work."""
    try:
        there = next(path for path in (folder, *folder.parents) if os.path.lexists(path))
        if not there.is_dir():
            raise UsageError(f"cannot write into {folder}: {there} is {kind(there)}, not a folder")
        if not os.access(there, os.W_OK | os.X_OK):
            fixed = os.statvfs(there).f_flag & os.ST_RDONLY
            raise OSError(why := errno.EROFS if fixed else errno.EACCES, os.strerror(why))
        folder.exists()
    except (OSError, ValueError) as error:
        raise _unwritable(folder, error, UsageError) from error


def usable_alone(
    path: Path, ours: Mapping[str, str], *, force: bool, inputs: Sequence[Path] = ()
) -> None:
    """Raise a `UsageError` for a single file that can be seen not to be writable."""
    if path.name in ("", ".."):
        raise UsageError(f"{str(path)!r} names a folder: expected the name of a file")
    usable(path.parent)
    found = in_the_way(path.parent, path.name, ours, force=force, inputs=inputs)
    refuse([found] if found else [])


def in_the_way(
    folder: Path,
    name: str,
    ours: Mapping[str, str] | None = None,
    made: str | None = None,
    *,
    force: bool = False,
    inputs: Sequence[Path] = (),
) -> str | None:
    """Return what is wrong with writing ``folder/name``, where ``made`` is the new digest."""
    place = folder / name
    for parent in reversed(Path(name).parents[:-1]):
        if os.path.lexists(folder / parent) and not _is(folder / parent, stat.S_ISDIR):
            return f"{folder / parent} is {kind(folder / parent)}; a folder is to stand there"
    try:
        if not os.path.lexists(place):
            return None
    except ValueError:
        return f"{str(place)!r} cannot be the name of a file"
    if not _is(place, stat.S_ISREG):
        return f"{place} is {kind(place)}; a file is to stand there, and it is not replaced"
    if any(given.exists() and place.samefile(given) for given in inputs):
        return f"{place} is read by this command, which would write over it"
    known = {} if ours is None else ours
    if force or digest_of(place) in (made, known.get(name)):
        return None
    if name in known:
        return f"{place} was changed since derive wrote it; --force replaces it"
    return f"{place} is not as derive writes it; --force replaces it"


def refuse(found: Iterable[str]) -> None:
    """Raise a `UsageError` if something is in the way."""
    listed = list(found)
    if listed:
        more = f" (and {len(listed) - _SHOWN} more)" if len(listed) > _SHOWN else ""
        raise UsageError(
            f"{'. '.join(listed[:_SHOWN])}{more}. Nothing is written; move what you want to keep, "
            "or name another place with --out"
        )


def kind(path: Path) -> str:
    """Return what stands at a path, in words."""
    mode = path.lstat().st_mode
    tests = {
        "a symbolic link": stat.S_ISLNK, "a folder": stat.S_ISDIR, "a file": stat.S_ISREG,
        "a pipe": stat.S_ISFIFO, "a socket": stat.S_ISSOCK,
    }  # fmt: skip
    return next((name for name, test in tests.items() if test(mode)), "a device")


def _is(path: Path, test: object) -> bool:
    assert callable(test)
    return bool(test(path.lstat().st_mode))


def _unwritable(
    folder: Path, error: Exception, manner: type[UsageError] | type[RenderError]
) -> UsageError | RenderError:
    reason = str(error)
    if isinstance(error, OSError):
        reason = error.strerror or str(error)
        manner = RenderError if error.errno in _DISK else manner
    return manner(f"cannot write into {folder}: {reason}; make it writable or name another folder")
