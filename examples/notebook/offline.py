"""The settings of nbconvert: MathJax stands in the page, which then loads nothing from elsewhere."""

from importlib.util import find_spec
from pathlib import Path

here = Path(__file__).parent
mathjax = Path(find_spec("sphinx-mathjax-offline").origin).parent / "static" / "mathjax"

c = get_config()  # noqa: F821
c.TemplateExporter.template_name = "offline"
c.TemplateExporter.extra_template_basedirs = [str(here)]
c.TemplateExporter.extra_template_paths = [str(mathjax)]
