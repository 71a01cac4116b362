"""Chromium without a window, by its own protocol over two pipes: pages as a reader sees them."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PROGRAM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)

WIDE, PHONE = 1280, 390
"""Widths of a window, in CSS pixels."""

_QUIET = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--hide-scrollbars",
    "--allow-file-access-from-files", "--remote-debugging-pipe",
)  # fmt: skip


@dataclass
class Seen:
    """What happened while a page was opened: requests, and what it complained of."""

    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def note(self, message: dict[str, Any]) -> None:
        """Note an event of the protocol."""
        what, details = message.get("method"), message.get("params", {})
        if what == "Network.requestWillBeSent":
            self.requests.append(details["request"]["url"])
        elif what == "Network.loadingFailed":
            self.complaints.append(f"not loaded: {details['errorText']}")
        elif what == "Runtime.exceptionThrown":
            self.complaints.append(str(details["exceptionDetails"]))
        elif what == "Runtime.consoleAPICalled" and details["type"] in ("error", "warning"):
            self.complaints.append(str([one.get("value") for one in details["args"]]))
        elif what == "Log.entryAdded" and details["entry"]["level"] == "error":
            entry = details["entry"]
            self.complaints.append(f"{entry['text']} {entry.get('url', '')}")


class Browser:
    """One running Chromium with one page."""

    def __init__(self, read: int, write: int) -> None:
        self._read, self._write = read, write
        self._buffer, self._count, self._session = b"", 0, ""
        self.seen = Seen()
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        attached = self._call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self._call(f"{domain}.enable")

    def open(self, path: Path, width: int = WIDE, dark: bool = False) -> Seen:
        """Open a file, and return what happened until its mathematics was set."""
        # The page before it would note that what is preferred has changed.
        self._call("Page.navigate", url="about:blank")
        while self._message().get("method") != "Page.loadEventFired":
            pass
        self._call("Emulation.setDeviceMetricsOverride", width=width, height=900,
                   deviceScaleFactor=1, mobile=width < 600)  # fmt: skip
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._call("Emulation.setEmulatedMedia", features=[scheme])
        # A theme remembers whether it was dark.
        self._call("Storage.clearDataForOrigin", origin="file://", storageTypes="all")
        self.seen = Seen()
        self._call("Page.navigate", url=path.resolve().as_uri())
        while self._message().get("method") != "Page.loadEventFired":
            pass
        self.ask("window.MathJax?.startup?.promise.then(() => 0)")
        self.ask("document.fonts.ready.then(() => 0)")
        return self.seen

    def ask(self, script: str) -> Any:
        """Return the value of a script, awaited."""
        made = self._call(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in made:
            raise RuntimeError(f"{script}: {made['exceptionDetails']}")
        return made["result"].get("value")

    def photograph(self, path: Path, height: int = 900) -> None:
        """Write a picture of the page, from its top to this height."""
        clip = {"x": 0, "y": 0, "width": self.ask("innerWidth"), "height": height, "scale": 1}
        made = self._call("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(made["data"]))

    def _call(self, method: str, **params: object) -> dict[str, Any]:
        self._count += 1
        call: dict[str, object] = {"id": self._count, "method": method, "params": params}
        if self._session:
            call["sessionId"] = self._session
        os.write(self._write, json.dumps(call).encode() + b"\0")
        while (answer := self._message()).get("id") != self._count:
            pass
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        result = answer["result"]
        assert isinstance(result, dict)
        return result

    def _message(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            more = os.read(self._read, 1 << 20)
            if not more:
                raise RuntimeError("Chromium has ended")
            self._buffer += more
        text, _, self._buffer = self._buffer.partition(b"\0")
        message = json.loads(text)
        assert isinstance(message, dict)
        self.seen.note(message)
        return message


@contextmanager
def browser() -> Iterator[Browser]:
    """Give a running browser, which is ended afterwards."""
    assert PROGRAM is not None, "there is no Chromium: tools/apt-install chromium"
    # It reads commands from descriptor 3 and answers on 4.
    to_read, to_write = os.pipe()
    from_read, from_write = os.pipe()
    with tempfile.TemporaryDirectory(prefix="browser-", ignore_cleanup_errors=True) as home:
        command = [PROGRAM, *_QUIET, f"--user-data-dir={home}", "about:blank"]
        shell = f'exec "$@" 3<&{to_read} 4>&{from_write}'
        process = subprocess.Popen(
            ["bash", "-c", shell, "bash", *command], pass_fds=(to_read, from_write),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(to_read)
        os.close(from_write)
        try:
            yield Browser(from_read, to_write)
        finally:
            os.close(to_write)
            os.close(from_read)
            process.terminate()
            process.wait(timeout=30)
