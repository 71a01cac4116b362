"""The plugin itself: it replaces fences before MkDocs reads a page."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path, PurePosixPath
from posixpath import relpath
from textwrap import indent

from mkdocs.config.base import Config
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.livereload import LiveReloadServer
from mkdocs.plugins import BasePlugin, event_priority
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page as SitePage

from derive.embedding.asked import of_fence, require_asked
from derive.embedding.pages import Page
from derive.embedding.parts import parts
from derive.embedding.reading import PageReader
from derive.embedding.request import request
from derive.errors import DeriveError
from derive.mkdocs.fences import code_lines, fences
from derive.mkdocs.written import (
    ReadPage,
    read_page,
    require_around,
    require_files,
    require_page,
    require_unescaped,
    require_within,
    unescaped,
)
from derive.publishing.fixed import require_style
from derive.render.text.dialects import dialect_named
from derive.resources import stylesheet

FOLDER = "bptt"
"""The folder of the site in which drawings and the style sheet stand."""

STYLE = f"{FOLDER}/{stylesheet().name}"

# A reference, or code within a line, in which nothing is one.
_ROLE = re.compile(r"\{eq\}`(?P<label>[^`]+)`(?!`)|(?P<mark>`+)(?!`).*?(?<!`)(?P=mark)(?!`)")


class DerivePluginConfig(Config):  # type: ignore[no-untyped-call]
    """There is nothing to set."""


class DerivePlugin(BasePlugin[DerivePluginConfig]):  # type: ignore[no-untyped-call]
    """Puts parts of derivations where a page has fences called ``bptt``."""

    def __init__(self) -> None:
        self._watched: set[str] = set()
        # What was read of each page, with its source; and pages and drawings by their places on the
        # site.
        self._read: dict[str, tuple[PageReader, str]] = {}
        self._pages: dict[str, ReadPage] = {}
        self._drawings: dict[str, str] = {}

    def on_config(self, config: MkDocsConfig) -> MkDocsConfig:
        """Have every page load the style sheet of derivations."""
        if STYLE not in config.extra_css:
            config.extra_css.append(STYLE)
        return config

    def on_files(self, files: Files, /, *, config: MkDocsConfig) -> Files:
        """Put the style sheet into the site."""
        # A server builds more than once.
        self._read, self._pages, self._drawings = {}, {}, {}
        files.append(File.generated(config, STYLE, abs_src_path=str(stylesheet())))
        return files

    def on_page_markdown(
        self, markdown: str, /, *, page: SitePage, config: MkDocsConfig, files: Files
    ) -> str:
        """Return the page with the parts in it; a `PluginError` with its line for what is wrong."""
        lines = markdown.split("\n")
        where = page.file.src_uri

        def draw(name: str, drawing: str) -> str:
            digest = hashlib.sha256(drawing.encode()).hexdigest()[:16]
            uri = f"{FOLDER}/{digest}-{name}"
            if files.get_file_from_path(uri) is None:
                files.append(File.generated(config, uri, content=drawing))
            return relpath(uri, str(PurePosixPath(where).parent))

        made = Page(dialect_named("mkdocs"), draw)
        self._read[where] = made.reader, markdown
        try:
            replaced = list(lines)
            found = list(fences(lines))
            texts = {}
            for fence in found:
                try:
                    wanted = request(fence.cell, fence.options, self._folder(page))
                    if wanted.network.cell.endswith(".toml"):
                        self._watched.add(wanted.network.cell)
                    got = parts(wanted)
                    texts[fence.start] = made.text(wanted, got)
                    asked = of_fence(lines[fence.start : fence.end])
                    require_asked(*asked, wanted, got, self._folder(page))
                except DeriveError as error:
                    raise PluginError(f"{where}, line {fence.start + 1}: bptt: {error}") from error
            code = code_lines(lines)
            for n, line in enumerate(lines):
                if n not in code:
                    replaced[n] = self._referred(line, made, f"{where}, line {n + 1}")
            for fence in reversed(found):
                text = indent(texts[fence.start], fence.indent)
                replaced[fence.start : fence.end] = text.split("\n")
            whole = "\n".join(replaced)
            for fence in found:
                require_within(whole, lines[fence.start], texts[fence.start])
            require_around(whole, markdown, made.reader)
            return made.require_whole(whole, markdown)
        except DeriveError as error:
            raise PluginError(f"{where}, {error}") from error

    @event_priority(-100)
    def on_page_content(
        self, html: str, /, *, page: SitePage, config: MkDocsConfig, files: Files
    ) -> str:
        """Return the HTML of a page, read back; a `PluginError` if it is not what was meant."""
        reader, source = self._read.pop(page.file.src_uri, (None, ""))
        if reader is None or not reader.texts:
            return html
        url, drawings = page.url, _drawn(files)
        made = unescaped(html, url, FOLDER)
        try:
            reader.require_page(page.markdown or "", source)
            require_unescaped(html, made)
            require_page(made, url, reader, drawings, FOLDER)
            self._pages[page.file.dest_uri] = ReadPage(url, reader, read_page(made).words)
        except DeriveError as error:
            raise PluginError(f"{page.file.src_uri}: bptt: {error}") from error
        self._drawings |= drawings
        return made

    def on_post_build(self, *, config: MkDocsConfig) -> None:
        """Read pages, drawings and the style sheet where they stand; a `PluginError` for another one."""
        site = Path(config.site_dir)
        try:
            require_files(site, self._drawings)
            require_style(site / STYLE)
            for place, page in self._pages.items():
                page.require(site, place, self._drawings, STYLE)
        except DeriveError as error:
            raise PluginError(f"bptt: {error}") from error

    def on_serve(
        self, server: LiveReloadServer, /, *, config: MkDocsConfig, builder: object
    ) -> LiveReloadServer:
        """Watch the files of equations, so that a changed one has its pages built anew."""
        for path in sorted(self._watched):
            server.watch(path)
        return server

    def _folder(self, page: SitePage) -> Path:
        return Path(page.file.abs_src_path or ".").parent

    def _referred(self, line: str, made: Page, where: str) -> str:
        def refer(found: re.Match[str]) -> str:
            if found["label"] is None:
                return found[0]
            try:
                return made.refer(found["label"])
            except DeriveError as error:
                raise PluginError(f"{where}: {error}") from error

        return _ROLE.sub(refer, line)


def _drawn(files: Files) -> dict[str, str]:
    """Return the drawings of a site by the places that they will have."""
    ours = (file for file in files if file.src_uri.startswith(f"{FOLDER}/"))
    return {file.dest_uri: file.content_string for file in ours if file.src_uri != STYLE}
