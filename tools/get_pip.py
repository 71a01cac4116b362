#!/usr/bin/env python3
"""tools/get_pip.py LOCK FOLDER: fetch the wheel of pip that LOCK names, and print where it lies.

For a Python that came without pip, as Debian's does. Looks where pip itself would look: at its
settings, else at its default index. What is fetched must have a hash that LOCK has.
"""

from __future__ import annotations

import base64
import configparser
import hashlib
import os
import re
import ssl
import sys
from collections.abc import Callable, Iterator
from functools import partial
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit, urlunsplit
from urllib.request import Request, urlopen

Attempt = tuple[str, Callable[[], bytes]]

DEFAULT_INDEX = "https://pypi.org/simple"  # pip's own default
MOST_BYTES = 30_000_000


def settings() -> dict[str, str]:
    """Return pip's settings; the later places win, as in pip."""
    home = Path(os.path.expanduser("~"))
    shared = os.environ.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":")
    own = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
    named = os.environ.get("PIP_CONFIG_FILE")
    files = [Path(folder, "pip", "pip.conf") for folder in shared]
    files += [Path("/etc/pip.conf"), home / ".pip" / "pip.conf", own / "pip" / "pip.conf"]
    files = [] if named == os.devnull else files + ([Path(named)] if named else [])
    found: dict[str, str] = {}
    for file in files:
        parser = configparser.RawConfigParser()
        try:
            parser.read(file, encoding="utf-8")
        except (configparser.Error, UnicodeDecodeError) as error:
            sys.exit(f"get_pip: {file} cannot be read: {error}")
        for section in ("global", "install"):
            if parser.has_section(section):
                found.update(parser.items(section))
    for name, value in os.environ.items():
        if name.startswith("PIP_") and value:
            found[name[4:].lower().replace("_", "-")] = value
    return found


def locked(lock: Path) -> tuple[str, set[str]]:
    """Return the name of pip's wheel and the hashes that it may have."""
    text = lock.read_text(encoding="utf-8")
    entry = re.search(r"^pip==(\S+) \\\n((?:\s+--hash=sha256:\w+.*\n)+)", text, re.MULTILINE)
    if entry is None:
        sys.exit(f"get_pip: {lock} does not name pip")
    return f"pip-{entry[1]}-py3-none-any.whl", set(re.findall(r"sha256:(\w+)", entry[2]))


class Links(HTMLParser):
    """The links of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note where an <a> leads."""
        self.found += [value for name, value in attrs if tag == "a" and name == "href" and value]


class Fetcher:
    """Reads addresses with pip's settings for certificates, proxies and patience."""

    def __init__(self, given: dict[str, str]) -> None:
        certificates = given.get("cert") or os.environ.get("REQUESTS_CA_BUNDLE")
        self.context = ssl.create_default_context(cafile=certificates or None)
        self.timeout = float(given.get("timeout") or given.get("default-timeout") or 30)
        if proxy := given.get("proxy"):
            os.environ["http_proxy"] = os.environ["https_proxy"] = proxy

    def __call__(self, address: str) -> bytes:
        """Return what lies at an address, whose name and password go into the request's head."""
        parts = urlsplit(address)
        account, _, host = parts.netloc.rpartition("@")
        request = Request(urlunsplit(parts._replace(netloc=host)))
        request.add_header("Accept", "application/vnd.pypi.simple.v1+html, text/html, */*;q=0.1")
        if account:
            coded = base64.b64encode(unquote(account).encode()).decode()
            request.add_unredirected_header("Authorization", f"Basic {coded}")
        with urlopen(request, timeout=self.timeout, context=self.context) as answer:
            data = bytes(answer.read(MOST_BYTES + 1))
        if len(data) > MOST_BYTES:
            raise OSError("the answer is too long")
        return data


def from_index(index: str, name: str, fetch: Fetcher) -> bytes:
    """Return a wheel of pip from an index, the kind that `pip install` reads."""
    page = f"{index.rstrip('/')}/pip/"
    if page.startswith("file:"):
        page += "index.html"
    links = Links()
    links.feed(fetch(page).decode("utf-8", "replace"))
    for link in links.found:
        address = urldefrag(urljoin(page, link)).url
        if unquote(address.rsplit("/", 1)[-1]) == name:
            if urlsplit(address).netloc == urlsplit(page).netloc.rpartition("@")[2]:
                # On the same host, the file wants the same name and password as the page.
                address = urlsplit(address)._replace(netloc=urlsplit(page).netloc).geturl()
            return fetch(address)
    raise OSError(f"{name} is not there")


def attempts(given: dict[str, str], name: str, fetch: Fetcher) -> Iterator[Attempt]:
    """Yield pairs: a place in words, and a function that reads the wheel from it."""
    for folder in given.get("find-links", "").split():
        path = Path(folder.removeprefix("file:").replace("///", "/"), name)
        if path.is_file():
            yield str(path), path.read_bytes
    if given.get("no-index", "").lower() in ("1", "true", "yes", "on"):
        return
    indexes = [given.get("index-url") or DEFAULT_INDEX, *given.get("extra-index-url", "").split()]
    for index in indexes:
        shown = urlsplit(index)._replace(netloc=urlsplit(index).netloc.rpartition("@")[2])
        yield shown.geturl(), partial(from_index, index, name, fetch)


def main(lock: str, folder: str) -> int:
    """Fetch, compare the hash, write; 1 with the reasons if no place has it."""
    name, hashes = locked(Path(lock))
    given = settings()
    for place, read in attempts(given, name, Fetcher(given)):
        try:
            data = read()
        except (OSError, ValueError) as error:
            # An URLError has the error beneath as its reason.
            reason = getattr(error, "reason", error)
            said = getattr(reason, "strerror", None) or reason
            print(f"get_pip: {place}: {said}", file=sys.stderr)
            continue
        if hashlib.sha256(data).hexdigest() not in hashes:
            print(f"get_pip: {place}: {name} is not the file of {lock}", file=sys.stderr)
            continue
        path = Path(folder, name)
        path.write_bytes(data)
        print(path)
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
