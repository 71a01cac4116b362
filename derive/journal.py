"""Files change place together: all of them or none, also if the program dies in between.

What is to be moved is first written down in the scratch folder.  Whoever finds such a journal whose
writer is gone finishes its work, or takes it back if its writer had begun to.
"""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from derive.record import digest_of, safe

fcntl: Any
try:
    fcntl = import_module("fcntl")
except ImportError:  # not on Windows: nothing is locked there, and nothing of others tidied up
    fcntl = None

PREFIX = ".derive-"
NEW, OLD, FORWARD, BACK = "new", "old", "journal", "journal.back"


@dataclass(frozen=True)
class Move:
    """A file to be put in place, or, without ``new``, to be removed; digests, or None if none."""

    name: str
    old: str | None
    new: str | None


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Within the block no other run changes the folder; it waits for its turn."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        lock(handle, wait=True)
        yield
    finally:
        os.close(handle)


def lock(handle: int, *, wait: bool) -> bool:
    """Lock an open folder, which lasts until it is closed; return whether it is locked now."""
    if fcntl is None:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        # Held by another, or a file system without locks.
        return False
    return True


def swap(folder: Path, scratch: Path, moves: Iterable[Move]) -> None:
    """Carry out the moves, files from ``scratch/new`` into ``folder``, all or none.

    After an exception everything is as it was; if even that cannot be, the journal stays for the
    next run.
    """
    listed = list(moves)
    made = _missing(folder, listed)
    _keep(folder, scratch, listed)
    _sync_all(scratch)
    _write(scratch, listed, made)
    try:
        for move in listed:
            _forward(folder, scratch, move)
        _sync(folder, listed)
        _require_moved(folder, listed)
    except BaseException:
        # Should this fail, the next run goes forward instead, for which nothing will be missing.
        with suppress(OSError):
            os.replace(scratch / FORWARD, scratch / BACK)
        _take_back(folder, scratch, listed, made)
        _end(scratch)
        raise
    _end(scratch)


def open_journal(scratch: Path) -> bool:
    """Return whether work is left for the next run, so that the scratch folder must stay."""
    return any(os.path.exists(scratch / way) for way in (FORWARD, BACK))


def _end(scratch: Path) -> None:
    # All is in its place, whatever happens: a journal that stays has nothing left to move.
    with suppress(OSError, KeyboardInterrupt):
        (scratch / BACK).unlink(missing_ok=True)
        (scratch / FORWARD).unlink(missing_ok=True)


def repair(folder: Path) -> None:
    """Finish or take back what dead runs left in a locked folder, and remove their scratch folders.

    An OSError if that cannot be done.
    """
    if fcntl is None:
        return
    for scratch in sorted(folder.glob(f"{PREFIX}*")):
        with suppress(FileNotFoundError):
            # A folder of the user's own with such a name has something else in it.
            if scratch.is_symlink() or not scratch.is_dir() or not _is_scratch(scratch):
                continue
            handle = os.open(scratch, os.O_RDONLY)
            try:
                if lock(handle, wait=False):
                    _settle(folder, scratch)
                    shutil.rmtree(scratch, ignore_errors=True)
            finally:
                os.close(handle)


def _is_scratch(scratch: Path) -> bool:
    known = {NEW, OLD, FORWARD, BACK, f"{FORWARD}.part"}
    right = re.fullmatch(re.escape(PREFIX) + "[0-9a-f]{12}", scratch.name) is not None
    return right and {path.name for path in scratch.iterdir()} <= known


def _settle(folder: Path, scratch: Path) -> None:
    for way in (FORWARD, BACK):
        if not (scratch / way).exists():
            continue
        data = json.loads((scratch / way).read_bytes())
        moves = [m for m in (Move(**move) for move in data["moves"]) if untouched(folder, m)]
        if way == FORWARD:
            for move in moves:
                _forward(folder, scratch, move)
        else:
            _take_back(folder, scratch, moves, [name for name in data["made"] if safe(name)])
        (scratch / way).unlink()


def untouched(folder: Path, move: Move) -> bool:
    """Return whether a file is as the dead run found or left it; else it is the user's by now."""
    if not safe(move.name):
        return False
    for parent in Path(move.name).parents:
        place = folder / parent
        if parent != Path() and os.path.lexists(place) and not _plain(place, folder=True):
            return False
    place = folder / move.name
    if not os.path.lexists(place):
        return True
    return _plain(place) and digest_of(place) in (move.old, move.new)


def _plain(path: Path, *, folder: bool = False) -> bool:
    mode = path.lstat().st_mode
    return stat.S_ISDIR(mode) if folder else stat.S_ISREG(mode)


def _missing(folder: Path, moves: list[Move]) -> list[str]:
    """Return the folders that the moves will make, the outer ones first."""
    parents = {p for move in moves if move.new for p in Path(move.name).parents if p != Path()}
    return sorted(p.as_posix() for p in parents if not (folder / p).exists())


def _keep(folder: Path, scratch: Path, moves: list[Move]) -> None:
    """Keep what will be replaced or removed."""
    for move in moves:
        if move.old is not None:
            kept = scratch / OLD / move.name
            kept.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(folder / move.name, kept, follow_symlinks=False)
            except OSError:
                # Not every file system has links.
                shutil.copy2(folder / move.name, kept, follow_symlinks=False)


def _write(scratch: Path, moves: list[Move], made: list[str]) -> None:
    part = scratch / f"{FORWARD}.part"
    data = {"moves": [asdict(move) for move in moves], "made": made}
    part.write_text(json.dumps(data), encoding="utf-8")
    _fsync(part)
    # From here on the next run would finish the work.
    os.replace(part, scratch / FORWARD)
    _fsync(scratch)


def _forward(folder: Path, scratch: Path, move: Move) -> None:
    staged, place = scratch / NEW / move.name, folder / move.name
    _require_known(place, move)
    if move.new is None:
        place.unlink(missing_ok=True)
        _remove_empty(folder, move.name)
    elif staged.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        os.replace(staged, place)


def _require_known(place: Path, move: Move) -> None:
    """Raise an OSError if what is about to be replaced or removed is neither the old file nor the new.

    Between looking and moving somebody may have written there; nothing of that is lost.
    """
    if not _is_known(place, move):
        raise OSError(errno.EEXIST, f"what stands in {move.name} was written meanwhile by others")


def _is_known(place: Path, move: Move) -> bool:
    return not os.path.lexists(place) or digest_of(place) in (move.old, move.new)


def _require_moved(folder: Path, moves: list[Move]) -> None:
    """Raise an OSError unless each file stands in its place as it was meant, or is gone."""
    for move in moves:
        place = folder / move.name
        if (digest_of(place) if os.path.lexists(place) else None) != move.new:
            raise OSError(errno.EIO, f"what stands in {move.name} is not what was written")


def _take_back(folder: Path, scratch: Path, moves: list[Move], made: list[str]) -> None:
    for move in reversed(moves):
        staged, place = scratch / NEW / move.name, folder / move.name
        kept = scratch / OLD / move.name
        if not _is_known(place, move):
            # What was written meanwhile by others stays.
            continue
        # The new file goes back first: so the journal could still be followed either way.
        if move.new is not None and not staged.exists() and place.exists():
            os.replace(place, staged)
        if kept.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            os.replace(kept, place)
    for name in reversed(made):
        with suppress(OSError):
            (folder / name).rmdir()


def _remove_empty(folder: Path, name: str) -> None:
    for parent in Path(name).parents:
        if parent != Path():
            with suppress(OSError):
                (folder / parent).rmdir()


def _sync_all(scratch: Path) -> None:
    for path in (scratch / NEW).rglob("*"):
        _fsync(path)


def _sync(folder: Path, moves: list[Move]) -> None:
    for place in {(folder / move.name).parent for move in moves}:
        if place.is_dir():
            _fsync(place)


def _fsync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        # Some file systems do not do this for folders, or not at all.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS):
            raise
    finally:
        os.close(handle)
