"""What is replaced or removed is looked at a second time, should the first look be at fault."""

from __future__ import annotations

from pathlib import Path

import pytest

from derive import record
from derive.errors import CheckError
from derive.files import Staging, write_alone
from tests.test_files import NEW, OLD, put, tree, write

LOST = "is not as derive left it"
LEFT = "is left of an earlier run"


@pytest.fixture
def blind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is in the way, whatever is there."""
    monkeypatch.setattr("derive.files.in_the_way", lambda *args, **kwargs: None)


def kept(out: Path, message: str) -> None:
    """A run is refused, and leaves everything as it was."""
    before = tree(out)
    with pytest.raises(CheckError, match=message):
        write(out, NEW)
    assert tree(out) == before


@pytest.mark.usefixtures("blind")
def test_a_file_that_the_user_changed_is_not_replaced(tmp_path: Path) -> None:
    write(tmp_path, OLD)
    put(tmp_path, {"d.md": "old, and mine"})
    kept(tmp_path, LOST)
    write(tmp_path, NEW, force=True)
    assert tree(tmp_path) == NEW


@pytest.mark.usefixtures("blind")
def test_a_file_of_the_user_is_not_replaced(tmp_path: Path) -> None:
    put(tmp_path, {"d.md": "mine"})
    kept(tmp_path, LOST)


@pytest.mark.usefixtures("blind")
def test_a_record_that_the_user_changed_is_not_replaced(tmp_path: Path) -> None:
    write(tmp_path, OLD)
    made = (tmp_path / "d.json").read_text(encoding="utf-8")
    (tmp_path / "d.json").write_text(made.replace("stub", "mine"), encoding="utf-8")
    with pytest.raises(CheckError, match=LOST):
        write(tmp_path, NEW)


def test_a_file_whose_mark_is_broken_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "c.py"
    write_alone(path, record.marked("a = 1\n"), {}, force=False)
    write_alone(path, record.marked("a = 2\n"), record.ours(path), force=False)
    path.write_text("mine = 1\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    # As if the broken mark were taken for a whole one.
    taken = {path.name: record.digest_of(path)}
    with pytest.raises(CheckError, match=LOST):
        write_alone(path, record.marked("a = 3\n"), taken, force=False)


def test_pieces_of_an_earlier_run_do_not_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, OLD)
    right = Staging.place
    monkeypatch.setattr(
        Staging, "place", lambda self, ours, gone, **more: right(self, ours, (), **more)
    )
    kept(tmp_path, LEFT)


def test_pieces_that_the_user_changed_stay(tmp_path: Path) -> None:
    write(tmp_path, OLD)
    put(tmp_path, {"d-figures/b.svg": "old b, and mine"})
    write(tmp_path, NEW)
    assert tree(tmp_path) == NEW | {"d-figures/b.svg": "old b, and mine"}


def test_a_file_of_the_user_is_not_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, OLD)
    put(tmp_path, {"d-figures/b.svg": "mine"})
    right = Staging.place

    def careless(self: Staging, ours: dict[str, str], gone: list[str], **more: object) -> None:
        now = {name: record.digest_of(self.folder / name) for name in ours}
        right(self, now, gone, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Staging, "place", careless)
    kept(tmp_path, LOST)
