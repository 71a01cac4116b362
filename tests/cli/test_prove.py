"""`derive prove`: what it answers and writes, and what it leaves alone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from derive.__main__ import main
from tests.catalogue import test_hostile_cells as hostile

Captured = pytest.CaptureFixture[str]


def test_the_files_that_are_handed_out_prove_it_alone(tmp_path: Path, capsys: Captured) -> None:
    certificate, checker = tmp_path / "elman.json", tmp_path / "checker.py"
    argv = ["prove", "elman", "--out", str(certificate), "--checker", str(checker)]
    assert main(argv) == 0
    said = capsys.readouterr().out.splitlines()[0]
    done = subprocess.run(
        [sys.executable, "-I", checker.name, certificate.name],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout.strip()) == (0, said)
    # What derive wrote itself is written again without a word.
    assert main(argv) == 0


def test_a_cell_of_ones_own(tmp_path: Path, capsys: Captured) -> None:
    file = tmp_path / "own.toml"
    file.write_text(hostile.cell(), encoding="utf-8")
    assert main(["prove", str(file)]) == 0
    assert "statements proved, for every T and every size" in capsys.readouterr().out


def test_one_file_for_both_is_refused(tmp_path: Path, capsys: Captured) -> None:
    one = str(tmp_path / "one.json")
    other = str(tmp_path / "folder" / ".." / "one.json")
    assert main(["prove", "elman", "--out", one, "--checker", other]) == 2
    assert "expected a file for each" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("option", ["--out", "--checker"])
def test_what_is_the_users_is_kept(option: str, tmp_path: Path) -> None:
    mine = tmp_path / "mine.json"
    mine.write_text("mine", encoding="utf-8")
    assert main(["prove", "elman", option, str(mine)]) == 2
    assert mine.read_text(encoding="utf-8") == "mine"


def test_a_wrong_sign_is_refused_and_nothing_written(
    tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    from derive.proving import certificate

    right = certificate.text_of

    def wrong(*args: object) -> str:
        made = json.loads(right(*args))  # type: ignore[arg-type]
        (one,) = [s for s in made["statements"] if s["id"] == "elman-delta-recursion"]
        assert " + " in one["text"]
        one["text"] = one["text"].replace(" + ", " - ")
        return json.dumps(made)

    monkeypatch.setattr(certificate, "text_of", wrong)
    out = tmp_path / "elman.json"
    assert main(["prove", "elman", "--out", str(out)]) == 1
    assert "not what it must be: elman-delta-recursion says" in capsys.readouterr().err
    # Nor does the checker let it through.
    monkeypatch.setattr("derive.publishing.certified.require_certificate", lambda *args: None)
    assert main(["prove", "elman", "--out", str(out)]) == 1
    assert "elman-delta-recursion is refused" in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize("loss", ["last", "mean", "weighted"])
def test_the_losses_of_steps_may_have_weights(loss: str, capsys: Captured) -> None:
    assert main(["prove", "elman", "--loss", loss]) == 0
    proved, _, total, *_ = capsys.readouterr().out.split()
    assert proved == total
