"""tools/get_pip.py: for a Python that came without pip."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import ROOT

LOCK = ROOT / "requirements.lock"
GET_PIP = [sys.executable, str(ROOT / "tools" / "get_pip.py")]


def run(command: list[str], env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


@pytest.fixture
def index(tmp_path: Path) -> dict[str, str]:
    """A package index in a folder, with a file that calls itself pip, and the way to it."""
    page = tmp_path / "simple" / "pip"
    page.mkdir(parents=True)
    (page / "pip-1.2-py3-none-any.whl").write_bytes(b"a wheel")
    link = "<a href='pip-1.2-py3-none-any.whl#sha256=0'>pip</a>"
    (page / "index.html").write_text(f"<a href='pip-1.1.whl'>pip</a>{link}", encoding="utf-8")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    return {**kept, "PIP_INDEX_URL": page.parent.as_uri(), "PIP_CONFIG_FILE": os.devnull}


def lock_of(folder: Path, data: bytes) -> str:
    path = folder / "some.lock"
    digest = hashlib.sha256(data).hexdigest()
    text = f"pip==1.2 \\\n    --hash=sha256:{'0' * 64} \\\n    --hash=sha256:{digest}\n    # via\n"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_pip_is_fetched_by_its_hash(index: dict[str, str], tmp_path: Path) -> None:
    done = run([*GET_PIP, lock_of(tmp_path, b"a wheel"), str(tmp_path)], index)
    assert (done.returncode, done.stderr) == (0, "")
    path = tmp_path / "pip-1.2-py3-none-any.whl"
    assert done.stdout == f"{path}\n"
    assert path.read_bytes() == b"a wheel"


def test_a_pip_with_another_hash_is_not_taken(index: dict[str, str], tmp_path: Path) -> None:
    done = run([*GET_PIP, lock_of(tmp_path, b"the wheel"), str(tmp_path)], index)
    assert done.returncode == 1
    assert "pip-1.2-py3-none-any.whl is not the file of" in done.stderr
    assert not list(tmp_path.glob("*.whl"))


def test_pips_settings_are_followed(index: dict[str, str], tmp_path: Path) -> None:
    lock = lock_of(tmp_path, b"a wheel")
    config = tmp_path / "pip.conf"
    config.write_text(f"[global]\nindex-url = {index['PIP_INDEX_URL']}\n", encoding="utf-8")
    env = {**index, "PIP_CONFIG_FILE": str(config)}
    del env["PIP_INDEX_URL"]
    assert run([*GET_PIP, lock, str(tmp_path)], env).returncode == 0
    (tmp_path / "pip-1.2-py3-none-any.whl").unlink()
    secret = {**index, "PIP_INDEX_URL": "http://me:hidden@localhost:1/simple"}
    done = run([*GET_PIP, lock, str(tmp_path)], secret)
    assert done.returncode == 1
    assert "localhost:1" in done.stderr
    assert "hidden" not in done.stderr
    assert "Traceback" not in done.stderr
    assert run([*GET_PIP, lock, str(tmp_path)], {**index, "PIP_NO_INDEX": "1"}).returncode == 1


def test_the_lock_file_has_what_is_fetched() -> None:
    assert re.search(
        r"^pip==\S+ \\\n(\s+--hash=sha256:\w{64}.*\n)+",
        LOCK.read_text(encoding="utf-8"),
        re.MULTILINE,
    )
