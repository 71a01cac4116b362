"""The directive ``bptt``."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from derive.embedding.asked import require_asked
from derive.embedding.parts import Parts, parts
from derive.embedding.request import CODE, NETWORK, SELECTING, SETTING, Request, request
from derive.errors import DerivationError, DeriveError, SpecError, UsageError
from derive.sphinx.content import Content
from derive.sphinx.equations import numbered, register
from derive.sphinx.reading import require_nodes


class BpttDirective(SphinxDirective):
    """Puts parts of a derivation into a page; see the page on Sphinx in the documentation."""

    required_arguments = 1
    optional_arguments = 0
    final_argument_whitespace = True
    has_content = False
    option_spec: ClassVar = dict.fromkeys(
        (*SELECTING, CODE, *SETTING, *NETWORK), directives.unchanged
    )

    def run(self) -> list[nodes.Node]:
        """Return the nodes; what is wrong is an error at the line of the directive."""
        try:
            made = self._nodes()
            # When all of it is there: what fails leaves nothing behind that others run into.
            register(self, made)
            return made
        except (UsageError, SpecError, DerivationError) as error:
            raise self.error(f"bptt: {error}") from error
        except DeriveError as error:
            # Nothing on the page is wrong: an error of the page alone would let the build succeed.
            raise ExtensionError(f"{self._where()}: bptt: {error}") from error

    def _nodes(self) -> list[nodes.Node]:
        wanted = request(self.arguments[0], self.options, self._folder())
        if wanted.network.cell.endswith(".toml"):
            # A changed file has its pages read anew.
            self.env.note_dependency(wanted.network.cell)
        found = parts(wanted)
        made: list[nodes.Node] = []
        for id in wanted.equations:
            made += self._equation(found, id, wanted)
        if wanted.sections or wanted.figures or wanted.whole:
            content = Content(self, found, wanted.prefix)
            names = wanted.sections or (content.chapters() if wanted.whole else ())
            content.know(names)
            for name in names:
                made += content.section(name)
            for name in wanted.figures:
                made += content.figure(found.figure(name))
        if wanted.code:
            made.append(nodes.literal_block(found.code, found.code, language="python"))
        require_asked(self.arguments[0], self.options, wanted, found, self._folder())
        require_nodes(made, found, wanted, counted=bool(self.env.config.numfig))
        return made

    def _where(self) -> str:
        source, line = self.get_source_info()
        return f"{source}:{line}"

    def _folder(self) -> Path:
        return Path(self.env.doc2path(self.env.docname)).parent

    def _equation(self, found: Parts, id: str, wanted: Request) -> list[nodes.Node]:
        equation = found.equation(id)
        tex, coloured = (found.tex(equation, colours) for colours in (False, True))
        return numbered(self, wanted.prefix + equation.id, tex, coloured)
