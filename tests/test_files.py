"""Files are written whole or not at all, and nothing that is the user's is replaced."""

from __future__ import annotations

import errno
import io
import json
import os
import shutil
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from derive import journal, record
from derive.__main__ import main
from derive.clean import clean, gone
from derive.errors import CheckError, DeriveError, RenderError, UsageError
from derive.files import staging, write_alone
from derive.record import digest

OLD = {"d.md": "old", "d-figures/a.svg": "old a", "d-figures/b.svg": "old b"}
NEW = {"d.md": "new", "d-figures/a.svg": "new a", "d-figures/in/c.svg": "new c", "d.pdf": "new"}
MINE = {"d-figures/mine.txt": "mine", "notes.txt": "mine", "d-T3notes.md": "mine"}


def write(out: Path, texts: dict[str, str], *, force: bool = False) -> None:
    """Write a document of one format, in the manner of `derive.publishing.publish.write`."""
    with staging(out) as stage:
        entries = []
        for name, text in texts.items():
            path = stage.new / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            entries.append(record.Entry(name, "stub", record.digest_of(path)))
        with stage.placing():
            last = record.read(out / "d.json")
            (stage.new / "d.json").write_bytes(record.sealed({"document": "d"}, entries))
            read = {entry.name: entry.sha256 for entry in entries}
            read["d.json"] = record.digest_of(stage.new / "d.json")
            gone = [entry.name for entry in last.entries]
            stage.place(last.digests(), gone, read=read, force=force)


def put(out: Path, texts: dict[str, str]) -> None:
    for name, text in texts.items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_text(text, encoding="utf-8")


def tree(out: Path) -> dict[str, str]:
    """All files but the manifest."""
    return {
        path.relative_to(out).as_posix(): path.read_text(encoding="utf-8")
        for path in out.rglob("*")
        if path.is_file() and path.name != "d.json" and not path.is_relative_to(out / "scratch")
        if not any(part.startswith(journal.PREFIX) for part in path.relative_to(out).parts)
    }


def hidden(out: Path) -> list[Path]:
    return list(out.glob(".*"))


# -- faults ----------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda handle: None)


CALLS = ("mkdir", "open", "link", "replace", "rename", "unlink", "rmdir", "fsync", "close")


def watch(patch: pytest.MonkeyPatch, fail: int, fault: Callable[[], None]) -> Callable[[], int]:
    """Let the call with that number to the operating system fail; return a counter of them."""
    count = 0

    def before(call: Any) -> Any:
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            nonlocal count
            count += 1
            if count == fail:
                fault()
            return call(*args, **kwargs)

        return wrapped

    for name in CALLS:
        # What was opened is closed even where closing is told to fail.
        if name != "close" or fault is die:
            patch.setattr(os, name, before(getattr(os, name)))
    patch.setattr(io, "open", before(io.open))
    return lambda: count


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def full() -> None:
    raise OSError(errno.EIO, "Input/output error")


def stop() -> None:
    raise KeyboardInterrupt


@pytest.fixture(params=["nothing", "older"])
def before(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """Return a template of the folder before the run, and what it holds."""
    out = tmp_path / "before" / "out"
    out.parent.mkdir()
    if request.param == "older":
        write(out, OLD)
        put(out, MINE)
    return out.parent, tree(out)


def after(held: dict[str, str]) -> dict[str, str]:
    return {**{name: text for name, text in held.items() if name in MINE}, **NEW}


@pytest.mark.parametrize("fault", [full, stop])
def test_whatever_call_fails_all_is_old_or_all_is_new(
    before: tuple[Path, dict[str, str]], fault: Callable[[], None], tmp_path: Path
) -> None:
    template, held = before
    reached, number, failed = True, 0, 0
    while reached:
        number += 1
        work = tmp_path / f"work{number}"
        shutil.copytree(template, work)
        out = work / "out"
        raised = False
        with pytest.MonkeyPatch.context() as patch:
            count = watch(patch, number, fault)
            try:
                write(out, NEW)
            except (DeriveError, KeyboardInterrupt):
                raised = True
            reached = count() >= number
        failed += raised
        assert tree(out) in ((held, after(held)) if raised else (after(held),)), number
        if fault is full:
            assert not raised or tree(out) == held
            # Only what could not be removed may be left, and the next run removes it.
            assert raised or len(hidden(out)) <= 1
        write(out, NEW)
        assert tree(out) == after(held), number
        assert not hidden(out), number
    assert failed > 20


def test_whenever_it_is_killed_the_next_run_repairs_it(
    before: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    template, held = before
    number, killed, seen = 0, True, set()
    while killed:
        number += 1
        work = tmp_path / f"work{number}"
        shutil.copytree(template, work)
        out = work / "out"
        child = os.fork()
        if child == 0:
            try:
                watch(pytest.MonkeyPatch(), number, die)
                write(out, NEW)
            finally:
                os._exit(0)
        _, status = os.waitpid(child, 0)
        killed = os.WIFSIGNALED(status)
        with staging(out):
            pass
        assert tree(out) in (held, after(held)), number
        seen.add(tree(out) == held)
        assert not hidden(out), number
        if out.exists():
            write(out, NEW)
            assert tree(out) == after(held), number
    assert number > 40
    assert seen == {True, False}


def half_moved(
    out: Path, moved: int, texts: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Let a run die after some moves."""
    forward, done = journal._forward, 0

    def then_die(*args: Any) -> None:
        nonlocal done
        done += 1
        if done > moved:
            die()
        forward(*args)

    child = os.fork()
    if child == 0:
        monkeypatch.setattr(journal, "_forward", then_die)
        write(out, texts)
        os._exit(0)
    os.waitpid(child, 0)
    assert hidden(out)


def test_a_repair_leaves_what_was_changed_after_the_death(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, OLD)
    half_moved(tmp_path, 1, NEW, monkeypatch)
    (tmp_path / "d.md").write_text("mine now", encoding="utf-8")
    with pytest.raises(UsageError, match=r"d\.md was changed since derive wrote it|not as derive"):
        write(tmp_path, NEW)
    assert tree(tmp_path)["d.md"] == "mine now"
    assert not hidden(tmp_path)


def test_a_living_run_is_not_repaired(tmp_path: Path) -> None:
    with staging(tmp_path) as first:
        write(tmp_path, OLD)
        assert first.scratch.is_dir()
    assert not hidden(tmp_path)


def test_a_folder_with_such_a_name_stays(tmp_path: Path) -> None:
    mine = tmp_path / f"{journal.PREFIX}0123456789ab" / "mine.txt"
    other = tmp_path / f"{journal.PREFIX}old" / "new"
    mine.parent.mkdir()
    other.mkdir(parents=True)
    mine.touch()
    write(tmp_path, OLD)
    assert mine.exists()
    assert other.exists()


# -- what is in the way ----------------------------------------------------------------------------


def a_folder(place: Path) -> None:
    place.mkdir()
    (place / "mine.txt").write_text("mine", encoding="utf-8")


def a_pipe(place: Path) -> None:
    os.mkfifo(place)


def a_socket(place: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        # The name of a socket must be short.
        here = Path.cwd()
        os.chdir(place.parent)
        try:
            made.bind(place.name)
        finally:
            os.chdir(here)


def a_link(place: Path) -> None:
    target = place.parent.parent / "outside.txt"
    target.write_text("mine", encoding="utf-8")
    place.symlink_to(target)


def a_link_to_a_folder(place: Path) -> None:
    target = place.parent.parent / "outside"
    a_folder(target)
    place.symlink_to(target)


def a_link_to_nothing(place: Path) -> None:
    place.symlink_to("nowhere")


ODD = [a_folder, a_pipe, a_socket, a_link, a_link_to_a_folder, a_link_to_nothing]


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("name", ["d.md", "d.json", "d.pdf", "d-figures/a.svg", "d-figures"])
@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("older", [False, True])
def test_what_is_no_file_is_never_replaced(
    odd: Callable[[Path], None], name: str, force: bool, older: bool, tmp_path: Path
) -> None:
    out, place = tmp_path / "out", tmp_path / "out" / name
    if older:
        write(out, OLD)
        if place.is_dir():
            shutil.rmtree(place)
        place.unlink(missing_ok=True)
    place.parent.mkdir(parents=True, exist_ok=True)
    odd(place)
    if name == "d-figures" and odd is a_folder:
        return
    was, mode = tree(tmp_path), place.lstat().st_mode
    with pytest.raises(UsageError, match=r"to stand there.* Nothing is written"):
        write(out, NEW, force=force)
    assert tree(tmp_path) == was
    assert place.lstat().st_mode == mode
    assert not hidden(out)


def test_the_users_files_in_our_folders_stay(tmp_path: Path) -> None:
    write(tmp_path, OLD)
    put(tmp_path, MINE)
    write(tmp_path, NEW)
    assert tree(tmp_path) == {**NEW, **MINE}
    write(tmp_path, {"d.md": "bare"})
    assert tree(tmp_path) == {"d.md": "bare", **MINE}


@pytest.mark.parametrize("name", ["d.md", "d-figures/a.svg"])
def test_a_file_changed_since_is_replaced_by_force_only(name: str, tmp_path: Path) -> None:
    write(tmp_path, OLD)
    (tmp_path / name).write_text("better", encoding="utf-8")
    with pytest.raises(UsageError, match="was changed since derive wrote it; --force"):
        write(tmp_path, NEW)
    assert tree(tmp_path) == {**OLD, name: "better"}
    write(tmp_path, NEW, force=True)
    assert tree(tmp_path) == NEW


def test_a_file_changed_since_and_not_written_again_stays(tmp_path: Path) -> None:
    write(tmp_path, OLD)
    (tmp_path / "d-figures" / "b.svg").write_text("better", encoding="utf-8")
    write(tmp_path, NEW)
    assert tree(tmp_path) == {**NEW, "d-figures/b.svg": "better"}


@pytest.mark.parametrize("name", list(NEW))
def test_a_file_of_the_user_is_replaced_by_force_only(name: str, tmp_path: Path) -> None:
    put(tmp_path, {name: "mine"})
    with pytest.raises(UsageError, match="is not as derive writes it; --force"):
        write(tmp_path, NEW)
    assert tree(tmp_path) == {name: "mine"}
    write(tmp_path, NEW, force=True)
    assert tree(tmp_path) == NEW


def test_a_lost_manifest_is_no_trouble_if_the_files_are_the_same(tmp_path: Path) -> None:
    write(tmp_path, OLD)
    (tmp_path / "d.json").unlink()
    write(tmp_path, OLD)
    assert record.read(tmp_path / "d.json").entries


@pytest.mark.parametrize(
    "name", ["../x", "d-figures/../../x", "/x", "e.md", "d-figures//x", "d-figures/.x"]
)
def test_a_record_names_nothing_but_its_own(name: str, tmp_path: Path) -> None:
    entry = record.Entry(name, "stub", record.digest(b""))
    (tmp_path / "d.json").write_bytes(record.sealed({"document": "d"}, [entry]))
    assert record.read(tmp_path / "d.json") == record.Record()


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b"\xff", b"[" * 10**5, b'{"sha256": 1}'])
def test_what_is_no_record_names_nothing(raw: bytes, tmp_path: Path) -> None:
    (tmp_path / "d.json").write_bytes(raw)
    assert record.read(tmp_path / "d.json") == record.Record()


def test_cleaning_removes_what_was_written_and_no_more(tmp_path: Path) -> None:
    write(tmp_path, {**OLD, "d.txt": "x"})
    put(tmp_path, {**MINE, "d.txt": "better"})
    (tmp_path / "d.md").unlink()
    assert gone(tmp_path, "d") == ["d.md"]
    assert list(clean(tmp_path)) == [tmp_path / "d.txt"]
    assert tree(tmp_path) == {**MINE, "d.txt": "better"}
    assert not (tmp_path / "d.json").exists()


def all_known(folder: Path, move: journal.Move) -> bool:
    return True


def test_cleaning_takes_two_faults_to_lose_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, OLD)
    put(tmp_path, {"d.md": "mine"})
    monkeypatch.setattr(journal, "untouched", all_known)
    with pytest.raises(CheckError, match="is not as derive left it, and would be removed"):
        list(clean(tmp_path))
    assert tree(tmp_path)["d.md"] == "mine"


@pytest.mark.parametrize("way", [journal.FORWARD, journal.BACK])
def test_a_dead_run_takes_two_faults_to_lose_a_file(
    way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / f"{journal.PREFIX}0123456789ab"
    put(scratch, {f"{journal.NEW}/d.md": "new", f"{journal.OLD}/d.md": "old"})
    if way == journal.BACK:
        (scratch / journal.NEW / "d.md").unlink()
    put(tmp_path, {"d.md": "mine"})
    move = {"name": "d.md", "old": digest(b"old"), "new": digest(b"new")}
    (scratch / way).write_text(json.dumps({"moves": [move], "made": []}), encoding="utf-8")
    monkeypatch.setattr(journal, "untouched", all_known)
    with suppress(OSError):
        journal.repair(tmp_path)
    assert (tmp_path / "d.md").read_text(encoding="utf-8") == "mine"


# -- places ----------------------------------------------------------------------------------------

CODE = ["code", "elman", "--out"]
HANDOUT = ["handout", "--steps", "1", "--format", "md", "--out"]


@pytest.mark.parametrize("command", [CODE, HANDOUT, ["new-cell", "fresh", "--out"]])
@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("", "the name is empty"),
        ("~/x", "the shell has not replaced"),
        ("a\nb", "cannot be printed"),
        ("a\udcffb", "cannot be printed"),
        ("a.txt/sub", "a.txt is a file, not a folder"),
        ("a.txt/sub/x.py", "a.txt is a file, not a folder"),
        ("a" * 300 + "/x", "File name too long"),
        ("a/" * 3000 + "x", "File name too long"),
        ("broken/x", "broken is a symbolic link, not a folder"),
        ("a\0b", "NUL character"),
    ],
)
def test_a_place_that_cannot_be_used(
    command: list[str], place: str, said: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").touch()
    (tmp_path / "broken").symlink_to("nowhere")
    assert main([*command, place]) == 2
    out, err = capsys.readouterr()
    assert said in err
    assert out == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.txt", "broken"]


def test_code_replaces_its_own_files_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "net.py"
    assert main([*CODE, str(place)]) == 0
    assert main([*CODE, str(place), "--bias"]) == 0
    place.write_text(place.read_text(encoding="utf-8") + "mine = 1\n", encoding="utf-8")
    assert main([*CODE, str(place)]) == 2
    assert "--force" in capsys.readouterr().err
    assert place.read_text(encoding="utf-8").endswith("mine = 1\n")
    assert main([*CODE, str(place), "--force"]) == 0
    assert "mine" not in place.read_text(encoding="utf-8")


def test_code_leaves_folders_devices_and_what_it_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    a_folder(tmp_path / "mydir")
    assert main(["new-cell", "c"]) == 0
    cell = (tmp_path / "c.toml").read_bytes()
    for place in ("mydir", ".", "..", "mydir/", "/dev/null", "c.toml"):
        assert main(["code", "c.toml", "--out", place, "--force"]) == 2, place
    assert "is read by this command" in capsys.readouterr().err
    assert (tmp_path / "c.toml").read_bytes() == cell
    assert (tmp_path / "mydir" / "mine.txt").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["c.toml", "mydir"]


def test_a_full_disk_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def mkdir(*args: Any, **kwargs: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "mkdir", mkdir)
    with pytest.raises(RenderError, match="No space left"):
        write_alone(tmp_path / "a.py", "", {}, force=False)


def test_a_refused_run_leaves_no_folder(tmp_path: Path) -> None:
    with pytest.raises(RenderError, match="stop"), staging(tmp_path / "a" / "b"):
        raise RenderError("stop")
    assert not list(tmp_path.iterdir())


def test_runs_at_the_same_time_leave_one_whole_document(tmp_path: Path) -> None:
    out, children = tmp_path / "out", []
    for number in range(6):
        child = os.fork()
        if child == 0:
            failed = 1
            try:
                for n in range(5):
                    write(out, dict.fromkeys(OLD if n % 2 else NEW, f"{number} {n}"))
                failed = 0
            finally:
                os._exit(failed)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * 6
    assert len(set(tree(out).values())) == 1
    assert set(tree(out)) == set(NEW)
    assert not hidden(out)


@pytest.mark.parametrize(
    ("target", "wrong"),
    [
        ("derive.files.shutil.rmtree", lambda *args, **kwargs: None),
        ("derive.journal.open_journal", lambda scratch: True),
    ],
)
def test_no_scratch_folder_stays(
    target: str, wrong: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(target, wrong)
    assert main(["code", "elman", "--out", str(tmp_path / "elman.py")]) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["elman.py"]
