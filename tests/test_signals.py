"""Signals end the program in order: nothing half-written is left, and no TeX running."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from derive.signals import STOPPING, Stopped, held, stoppable
from tests import ROOT

ENV = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}

# A command in place of all others: it writes into a folder, and TeX has no end.
STUB = """
import sys
from argparse import Namespace
from pathlib import Path
from types import SimpleNamespace
from derive import __main__ as line
from derive.files import staging
from derive.render.tex.run import compile_folder

def run(args: Namespace, terminal: object) -> int:
    with staging(Path(sys.argv[2])) as stage:
        (stage.new / "main.tex").write_text("endless")
        compile_folder(stage.new)
    return 0

stub = SimpleNamespace(HELP="", __doc__="", arguments=lambda p: p.add_argument("out"), run=run)
line.commands = lambda: {"handout": stub}
raise SystemExit(line.main(sys.argv[1:3]))
"""


def wait(done: Callable[[], bool], seconds: float = 20.0) -> None:
    until = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < until, "it takes too long"
        time.sleep(0.02)


def alive(number: int) -> bool:
    try:
        state = Path(f"/proc/{number}/stat").read_text(encoding="utf-8")
    except OSError:
        return False
    return state.rpartition(")")[2].split()[0] != "Z"


@pytest.fixture
def tex(tmp_path: Path) -> Path:
    """A folder with an endless xelatex, which says its number, and what it started, in `pids`."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("xelatex", "xdvipdfmx"):
        text = f"#!/bin/sh\nsleep 1000 &\necho $$ $! > {tmp_path}/part\n"
        text += f"mv {tmp_path}/part {tmp_path}/pids\nwait\n"
        (folder / name).write_text(text, encoding="utf-8")
        (folder / name).chmod(0o755)
    return folder


@pytest.fixture
def stub(tmp_path: Path, tex: Path) -> list[str]:
    path = tmp_path / "stub.py"
    path.write_text(STUB, encoding="utf-8")
    return [sys.executable, str(path), "handout", str(tmp_path / "new" / "out")]


def start(command: list[str], tex: Path) -> tuple[subprocess.Popen[str], list[int]]:
    env = {**ENV, "PATH": f"{tex}:{ENV['PATH']}", "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        command, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        start_new_session=True,
    )  # fmt: skip
    pids = tex.parent / "pids"
    wait(pids.exists)
    return process, [int(word) for word in pids.read_text(encoding="utf-8").split()]


needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="no /proc")


@needs_proc
@pytest.mark.parametrize("number", STOPPING)
@pytest.mark.parametrize("times", [1, 3])
def test_a_signal_leaves_nothing(
    number: int, times: int, stub: list[str], tex: Path, tmp_path: Path
) -> None:
    process, started = start(stub, tex)
    for _ in range(times):
        process.send_signal(number)
        time.sleep(0.002)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 128 + number
    assert err == "interrupted\n"
    wait(lambda: not any(map(alive, started)))
    assert not (tmp_path / "new").exists()


@needs_proc
@pytest.mark.skipif(sys.platform != "linux", reason="only there a process can be bound to another")
def test_when_it_is_killed_tex_is_not_left_and_the_next_run_tidies_up(
    stub: list[str], tex: Path, tmp_path: Path
) -> None:
    from derive.files import staging

    process, started = start(stub, tex)
    process.kill()
    process.communicate()
    wait(lambda: not alive(started[0]))
    # What TeX started is not bound to derive; TeX itself starts nothing.
    os.kill(started[1], signal.SIGKILL)
    out = tmp_path / "new" / "out"
    assert list(out.iterdir())
    with staging(out):
        pass
    assert not list(out.iterdir())


@needs_proc
def test_what_is_ignored_from_outside_stays_ignored(stub: list[str], tex: Path) -> None:
    process, _ = start(["sh", "-c", 'trap "" HUP; exec "$@"', "sh", *stub], tex)
    process.send_signal(signal.SIGHUP)
    time.sleep(0.2)
    assert process.poll() is None
    process.terminate()
    process.communicate(timeout=20)
    assert process.returncode == 143


@needs_proc
@pytest.mark.parametrize(("number", "group"), [(signal.SIGINT, True), (signal.SIGTERM, False)])
def test_make_hands_signals_on(
    number: int, group: bool, stub: list[str], tex: Path, tmp_path: Path
) -> None:
    if shutil.which("make") is None:
        pytest.skip("no make")
    venv, out = tmp_path / "venv", tmp_path / "new" / "out"
    (venv / "bin").mkdir(parents=True)
    for stamp in ("setup.stamp", "tex.stamp"):
        (venv / stamp).touch()
    script = f'#!/bin/sh\nexec {stub[0]} {stub[1]} handout "{out}"\n'
    (venv / "bin" / "derive").write_text(script, encoding="utf-8")
    (venv / "bin" / "derive").chmod(0o755)
    process, started = start(["make", "-C", str(ROOT), f"VENV={venv}", f"OUT={out}"], tex)
    if group:
        os.killpg(process.pid, number)
    else:
        process.send_signal(number)
    process.communicate(timeout=20)
    assert process.returncode != 0
    wait(lambda: not any(map(alive, started)))
    wait(lambda: not (tmp_path / "new").exists())


def test_a_signal_is_heard_after_what_must_not_be_cut() -> None:
    done = []

    def work() -> None:
        with stoppable(), held():
            with held():
                signal.raise_signal(signal.SIGTERM)
                done.append("inner")
            done.append("outer")

    with pytest.raises(Stopped) as stop:
        work()
    assert done == ["inner", "outer"]
    assert stop.value.number == signal.SIGTERM


def test_handlers_are_put_back() -> None:
    before = [signal.getsignal(number) for number in STOPPING]
    with stoppable(), held():
        pass
    assert [signal.getsignal(number) for number in STOPPING] == before


def test_other_threads_may_write_too() -> None:
    done = []

    def work() -> None:
        with stoppable(), held():
            done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [True]
