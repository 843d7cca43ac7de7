"""Firefox without a driver: its own remote protocol (Marionette) over a socket."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

FOUND = shutil.which("firefox") or shutil.which("firefox-esr")
PREFERENCES = """user_pref("marionette.port", {port});
user_pref("network.proxy.type", 1);
user_pref("network.proxy.http", "127.0.0.1");
user_pref("network.proxy.http_port", 9);
user_pref("network.proxy.ssl", "127.0.0.1");
user_pref("network.proxy.ssl_port", 9);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("app.update.enabled", false);
user_pref("browser.shell.checkDefaultBrowser", false);
"""
"""Every request of the network goes to a port where nothing listens."""


class Firefox:
    """A headless Firefox with a profile of its own.

    Parameters
    ----------
    folder
        An empty folder for the profile.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.number = 0

    def __enter__(self) -> Self:
        assert FOUND is not None
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "user.js").write_text(PREFERENCES.format(port=port), encoding="utf-8")
        self.process = subprocess.Popen(
            [
                FOUND,
                "--headless",
                "--marionette",
                "--no-remote",
                "-remote-allow-system-access",
                "--profile",
                str(self.folder),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        last = time.monotonic() + 180
        while True:
            try:
                self.link = socket.create_connection(("127.0.0.1", port), timeout=180)
                break
            except ConnectionRefusedError:
                if time.monotonic() > last or self.process.poll() is not None:
                    self.process.kill()
                    raise
                time.sleep(0.3)
        self._read()
        self.about = self.ask("WebDriver:NewSession", {"capabilities": {"alwaysMatch": {}}})
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.link.close()
        self.process.terminate()
        self.process.wait(30)

    def _read(self) -> Any:
        head = b""
        while not head.endswith(b":"):
            head += self.link.recv(1)
        size, text = int(head[:-1]), b""
        while len(text) < size:
            text += self.link.recv(size - len(text))
        return json.loads(text)

    def ask(self, command: str, parameters: dict[str, Any] | None = None) -> Any:
        """A command's answer; an error of Firefox's fails the test."""
        self.number += 1
        text = json.dumps([0, self.number, command, parameters or {}]).encode()
        self.link.sendall(str(len(text)).encode() + b":" + text)
        _, number, error, answer = self._read()
        assert number == self.number
        assert error is None, error
        return answer

    def run(self, script: str, *arguments: Any, chrome: bool = False) -> Any:
        """What a function's body returns, in the page or in the browser's own window."""
        self.ask("Marionette:SetContext", {"value": "chrome" if chrome else "content"})
        told = self.ask(
            "WebDriver:ExecuteScript",
            {"script": script, "args": list(arguments), "newSandbox": True, "sandbox": None},
        )
        self.ask("Marionette:SetContext", {"value": "content"})
        return told["value"]

    def open(self, path: Path) -> list[str]:
        """Open a file, wait for its map, and say what its page complained of."""
        self.run("Services.console.reset()", chrome=True)
        self.ask("WebDriver:Navigate", {"url": path.as_uri()})
        last = time.monotonic() + 180
        while self.run("return !window.wrappedJSObject?.hubmapReady && !window.hubmapReady"):
            assert time.monotonic() < last, "the map was never ready"
            time.sleep(0.2)
        return self.complaints(path)

    def complaints(self, path: Path) -> list[str]:
        """Errors and policy reports of a page since it was opened."""
        said: list[str] = self.run(
            "return Services.console.getMessageArray().filter((m) => m instanceof Ci.nsIScriptError"
            " && String(m.sourceName).startsWith(arguments[0]) && !(m.flags & 1))"
            ".map((m) => m.errorMessage)",
            path.as_uri().split("#", maxsplit=1)[0],
            chrome=True,
        )
        return said
