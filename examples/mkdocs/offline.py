"""Puts MathJax into the site, so that its pages load nothing from elsewhere."""

from importlib.util import find_spec
from pathlib import Path

from mkdocs.structure.files import File


def on_files(files, config):
    """Add MathJax as it stands in the package sphinx-mathjax-offline, which serves any site."""
    home = Path(find_spec("sphinx-mathjax-offline").origin).parent
    script = home / "static" / "mathjax" / "tex-svg-full.js"
    files.append(File.generated(config, "javascripts/tex-svg.js", abs_src_path=str(script)))
    return files
