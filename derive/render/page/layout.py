"""The layouts in ``templates/``: what stands where in each format."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import jinja2

from derive.errors import RenderError
from derive.resources import templates_root


@cache
def _environment(root: Path) -> jinja2.Environment:
    # Jinja's own delimiters mean something in TeX: W_{{hh}} would silently become W_.
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(root),
        block_start_string=r"\BLOCK{",
        block_end_string="}",
        variable_start_string=r"\VAR{",
        variable_end_string="}",
        comment_start_string=r"\#{",
        comment_end_string="}",
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        # Each value is escaped by its type before it gets here.
        autoescape=False,
    )


def fill(template: str, root: Path | None = None, **values: object) -> str:
    """Return a layout with its values; RenderError, naming file and line, if it asks for what is not."""
    environment = _environment(root or templates_root())
    try:
        return environment.get_template(template).render(**values)
    except jinja2.TemplateNotFound as error:
        raise RenderError(f"no layout {error.name!r} in {environment.loader!r}") from error
    except jinja2.TemplateSyntaxError as error:
        raise RenderError(f"layout {error.name}, line {error.lineno}: {error.message}") from error
    except jinja2.UndefinedError as error:
        message = f"layout {template}: {error.message}; the program has no such value"
        raise RenderError(message) from error
