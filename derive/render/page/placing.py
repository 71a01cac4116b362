"""Files appear whole or not at all: written beside their place, then moved there."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from derive.errors import RenderError


@contextmanager
def whole(folder: Path) -> Iterator[Path]:
    """A scratch folder whose files and folders move into ``folder`` when the block succeeds.

    They replace what has their names there; after an error nothing in ``folder`` has changed.
    RenderError if the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # In the same folder, as only within one file system a rename is a single act.
        scratch = Path(tempfile.mkdtemp(prefix=".derive-", dir=folder))
    except OSError as error:
        raise _unwritable(folder, error) from error
    try:
        yield scratch
        # Folders first: a file may point into one, and should not be there before it.
        for entry in sorted(scratch.iterdir(), key=lambda path: (path.is_file(), path.name)):
            _replace(entry, folder / entry.name, scratch)
    except OSError as error:
        raise _unwritable(folder, error) from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _replace(new: Path, place: Path, scratch: Path) -> None:
    if not place.is_dir():
        os.replace(new, place)
        return
    # A folder cannot replace a full one: the old one steps aside and goes with the scratch folder.
    aside = scratch / f".old-{place.name}"
    os.rename(place, aside)
    try:
        os.rename(new, place)
    except OSError:
        os.rename(aside, place)
        raise


def _unwritable(folder: Path, error: OSError) -> RenderError:
    reason = error.strerror or str(error)
    return RenderError(
        f"cannot write into {folder}: {reason}; make it writable or name another folder"
    )
