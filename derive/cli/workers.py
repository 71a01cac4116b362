"""Many commands at once, each in a process of its own, as many as the machine has room for.

A process gives its memory back when its document is done, and one that dies takes no other with it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

NEEDED = 700 * 2**20
"""Bytes that a document may take while it is made: one with a PDF some 400 MB, and what the experiments
hold on top."""

PATIENCE = 10.0
"""Seconds that a process has to tidy up once it was asked to stop."""


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it wrote."""

    status: int
    out: str
    error: str


def room(asked: int | None, tasks: int) -> int:
    """Return how many commands may run at once: as many as asked for, or as there is room for.

    There are never more than tasks, and at least one.
    """
    if asked is not None:
        return max(1, min(asked, tasks))
    free = available()
    by_memory = tasks if free is None else free // NEEDED
    return max(1, min(tasks, cores(), by_memory))


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def available() -> int | None:
    """Return the bytes of memory that are free for new processes, None where nothing tells.

    A container may have less than its machine.
    """
    found = [n for n in (_of_linux(), _of_container(Path("/sys/fs/cgroup"))) if n is not None]
    if found:
        return min(found)
    try:
        # All that there is, of which half is taken to be in use.
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    except (AttributeError, OSError, ValueError):
        return None


def _of_linux() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    free = [line.split() for line in lines if line.startswith("MemAvailable:")]
    return int(free[0][1]) * 1024 if free else None


def _of_container(group: Path) -> int | None:
    try:
        most = (group / "memory.max").read_text(encoding="ascii").strip()
        used = (group / "memory.current").read_text(encoding="ascii").strip()
    except OSError:
        return None
    return max(0, int(most) - int(used)) if most.isdigit() and used.isdigit() else None


def run(commands: Sequence[Sequence[str]], at_once: int, told: Callable[[int], None]) -> list[Done]:
    """Return how each command of `derive` ended, in their order.

    ``told`` is given how many have ended, whenever one has.  If this process is asked to stop, the
    running ones are stopped in order, and no further one begins.
    """
    with _Processes() as processes, ThreadPoolExecutor(at_once) as pool:
        futures: list[Future[Done]] = [pool.submit(processes.run, words) for words in commands]
        try:
            for ended, _ in enumerate(as_completed(futures), 1):
                told(ended)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            processes.stop()
            raise
        return [future.result() for future in futures]


class _Processes:
    """The processes that run, so that they can be stopped together."""

    def __init__(self) -> None:
        self._lock, self._running, self._stopped = (
            threading.Lock(),
            set[subprocess.Popen[str]](),
            False,
        )

    def __enter__(self) -> _Processes:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def run(self, words: Sequence[str]) -> Done:
        """Run a command to its end."""
        with self._started(words) as process:
            out, error = process.communicate()
        return Done(process.returncode, out, error)

    @contextmanager
    def _started(self, words: Sequence[str]) -> Iterator[subprocess.Popen[str]]:
        home = str(Path(__file__).resolve().parents[2])
        paths = [home, *filter(None, [os.environ.get("PYTHONPATH")])]
        with self._lock:
            if self._stopped:
                raise InterruptedError("stopped before it began")
            process = subprocess.Popen(
                # Not from the folder where the user is, in which any file may have the name of a module.
                [sys.executable, "-P", "-m", "derive", *words],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                encoding="utf-8", errors="backslashreplace",
                env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONIOENCODING": "utf-8"},
            )  # fmt: skip
            self._running.add(process)
        try:
            yield process
        finally:
            with self._lock:
                self._running.discard(process)

    def stop(self) -> None:
        """Ask all that run to stop, and end those that do not."""
        with self._lock:
            self._stopped, running = True, [*self._running]
        for process in running:
            process.send_signal(signal.SIGTERM)
        for process in running:
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
