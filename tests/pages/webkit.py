"""WebKit (the engine of Safari and GNOME Web) by WebKitGTK's own driver, on a screen of its own.

Debian has both: ``apt-get install webkit2gtk-driver xvfb``.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any, Self

DRIVER = shutil.which("WebKitWebDriver")
SCREEN = shutil.which("Xvfb")
BROWSER = next(Path("/usr/lib").glob("**/webkit2gtk-4.*/MiniBrowser"), None) if DRIVER else None
FOUND = bool(DRIVER and SCREEN and BROWSER)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class WebKit:
    """A WebKit browser without a visible window.

    Parameters
    ----------
    folder
        An empty folder for its settings.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        assert DRIVER is not None
        assert SCREEN is not None
        self.folder.mkdir(parents=True, exist_ok=True)
        # The screen says on a pipe which number it took.
        read, write = os.pipe()
        screen = [SCREEN, "-displayfd", str(write), "-screen", "0", "1280x900x24"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.processes.append(subprocess.Popen(screen, pass_fds=(write,), **quiet))  # type: ignore[call-overload]
        os.close(write)
        with os.fdopen(read) as said:
            number = said.readline().strip()
        port = _free_port()
        self.address = f"http://127.0.0.1:{port}"
        # Its sandbox needs rights that a container does not give.
        own = {
            "DISPLAY": f":{number}",
            "WEBKIT_DISABLE_COMPOSITING_MODE": "1",
            "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1",
            **{f"XDG_{name}_HOME": str(self.folder) for name in ("CONFIG", "CACHE", "DATA")},
        }
        driver = [DRIVER, f"--port={port}"]
        self.processes.append(subprocess.Popen(driver, env=os.environ | own, **quiet))  # type: ignore[call-overload]
        options = {"binary": str(BROWSER), "args": ["--automation"]}
        wanted = {"capabilities": {"alwaysMatch": {"webkitgtk:browserOptions": options}}}
        last = time.monotonic() + 180
        while True:
            try:
                self.session = self.ask("POST", "/session", wanted)["sessionId"]
                return self
            except urllib.error.URLError:
                if time.monotonic() > last:
                    self.__exit__(None, None, None)
                    raise
                time.sleep(0.3)
            except TimeoutError:
                self.__exit__(None, None, None)
                raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process in reversed(self.processes):
            process.terminate()
            process.wait(30)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """A command's answer (W3C WebDriver); an error fails the test."""
        request = urllib.request.Request(
            self.address + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        plain = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with plain.open(request, timeout=180) as answer:
            return json.load(answer)["value"]

    def run(self, script: str) -> Any:
        """What a function's body returns in the page."""
        path = f"/session/{self.session}/execute/sync"
        return self.ask("POST", path, {"script": script, "args": []})

    def open(self, path: Path) -> None:
        """Open a file and wait for its map."""
        self.ask("POST", f"/session/{self.session}/url", {"url": path.as_uri()})
        last = time.monotonic() + 180
        while not self.run("return window.hubmapReady === true"):
            assert time.monotonic() < last, "the map was never ready"
            time.sleep(0.2)
