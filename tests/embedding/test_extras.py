"""What embeds needs packages that the core does without."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests import ROOT

# As if it were not installed: a finder that stands before all others finds nothing.
WITHOUT = """
import sys
class Nothing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "{module}":
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
import importlib.util
right = importlib.util.find_spec
importlib.util.find_spec = lambda name, *more: None if name == "{module}" else right(name, *more)
sys.meta_path.insert(0, Nothing())
{script}
"""


def said(module: str, script: str) -> str:
    """Return what a program says at its end on a machine without a module."""
    run = subprocess.run(
        [sys.executable, "-c", WITHOUT.format(module=module, script=script)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return (run.stdout + run.stderr).strip().rpartition("\n")[2]


@pytest.mark.parametrize(
    ("module", "extra", "script"),
    [
        ("sphinx", "sphinx", "import derive.sphinx"),
        ("mkdocs", "mkdocs", "import derive.mkdocs.plugin"),
        ("IPython", "jupyter", "import derive; derive.load_ipython_extension(None)"),
    ],
)
def test_what_is_missing_is_named_with_its_extra(module: str, extra: str, script: str) -> None:
    assert said(module, script) == (
        f"ModuleNotFoundError: derive.{extra} needs {module}, which is not installed here: "
        f"pip install 'derive[{extra}]'"
    )
    core = "import derive; print(derive.plain(derive.derivation('elman', 2)['elman-forward-z']))"
    assert said(module, core) == "z_t = V s_t"
