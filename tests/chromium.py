"""A headless Chromium for the tests, driven over its DevTools protocol.

One process serves many tabs.  The port is chosen by Chromium on the loopback device; host names are mapped to nothing,
so that a page which asks for something can be seen asking without anybody being asked.
"""

from __future__ import annotations

import base64
import itertools
import json
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import websocket

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser")
SWITCHES = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--hide-scrollbars",
    "--disable-dev-shm-usage",
    "--disable-features=HttpsUpgrades,Translate",
    "--no-default-browser-check",
    "--mute-audio",
    "--remote-debugging-port=0",
    "--remote-debugging-address=127.0.0.1",
]
SWITCHES.append("--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1")
needed = pytest.mark.skipif(PROGRAM is None, reason="Chromium is not installed: type `make system`")
PATIENCE = 60.0

Message = dict[str, Any]


class GoneError(AssertionError):
    """The page was left while something was asked of it."""


class Tab:
    """One tab: commands go in, what happened meanwhile is kept in `events`."""

    def __init__(self, address: str) -> None:
        self.socket = websocket.create_connection(address, timeout=PATIENCE, suppress_origin=True)
        self.numbers = itertools.count(1)
        self.events: list[Message] = []

    def ask(self, method: str, /, **params: Any) -> Message:
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            message = self._next()
            if message.get("id") == number:
                if "navigated" in str(message.get("error")):
                    raise GoneError(method)
                assert "error" not in message, f"{method}: {message['error']}"
                return dict(message["result"])

    def _next(self) -> Message:
        message: Message = json.loads(self.socket.recv())
        if "method" in message:
            self.events.append(message)
            self._answer(message)
        return message

    def _answer(self, message: Message) -> None:
        """A dialog stops the page until it is answered, and a held request until it is decided."""
        if message["method"] == "Page.javascriptDialogOpening":
            self._send("Page.handleJavaScriptDialog", {"accept": True})
        elif message["method"] == "Fetch.requestPaused":
            params = message["params"]
            kept = params["request"]["url"].startswith(("data:", "blob:")) or params["request"]["url"] == self.allowed
            verdict = "Fetch.continueRequest" if kept else "Fetch.failRequest"
            reason = {} if kept else {"errorReason": "Aborted"}
            self._send(verdict, {"requestId": params["requestId"], **reason})

    allowed = ""

    def _send(self, method: str, params: Message) -> None:
        self.socket.send(json.dumps({"id": next(self.numbers), "method": method, "params": params}))

    def evaluate(self, script: str) -> Any:
        """The value of a script, whatever the policy of the page is; a promise is waited for."""
        answer = self.ask("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait(self, method: str, /, **like: Any) -> Message:
        """The next event of a kind whose parameters are as given, or one that has come already."""
        until = time.monotonic() + PATIENCE
        while not (
            found := [one for one in self.events if one["method"] == method and like.items() <= one["params"].items()]
        ):
            assert time.monotonic() < until, f"no {method} within {PATIENCE} s"
            self._next()
        return found[-1]

    def settle(self, seconds: float) -> None:
        """Let time pass for what a page does later, and take in what it did."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                self._next()
            except websocket.WebSocketTimeoutException:
                break
        self.socket.settimeout(PATIENCE)

    def open(self, page: Path, *, settle: float = 0.2) -> None:
        """Load a page from a file and wait until it is whole."""
        self.events.clear()
        self.allowed = page.as_uri()
        self.ask("Page.enable")
        self.ask("Runtime.enable")
        self.ask("Page.setLifecycleEventsEnabled", enabled=True)
        loader = self.ask("Page.navigate", url=self.allowed)["loaderId"]
        self.wait("Page.lifecycleEvent", loaderId=loader, name="load")
        self.settle(settle)

    def look(self, *, dark: bool = False, width: int = 1000, height: int = 1400, media: str = "") -> None:
        """Set what the reader's device is like."""
        features = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.ask("Emulation.setEmulatedMedia", media=media, features=features)
        self.ask(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 500
        )

    def picture(self, place: Path, *, whole: bool = False) -> Path:
        """A picture of what is on the screen, or of the whole page."""
        answer = self.ask("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        place.write_bytes(base64.b64decode(answer["data"]))
        return place

    def print(self, place: Path) -> Path:
        answer = self.ask("Page.printToPDF", preferCSSPageSize=True, printBackground=False)
        place.write_bytes(base64.b64decode(answer["data"]))
        return place


class Chromium:
    """A running browser."""

    def __init__(self, port: int) -> None:
        self.port = port

    @contextmanager
    def tab(self) -> Iterator[Tab]:
        made = urllib.request.Request(f"http://127.0.0.1:{self.port}/json/new?about:blank", method="PUT")
        with urllib.request.urlopen(made, timeout=PATIENCE) as answer:
            target = json.load(answer)
        tab = Tab(target["webSocketDebuggerUrl"])
        try:
            yield tab
        finally:
            tab.socket.close()
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/json/close/{target['id']}", timeout=PATIENCE):
                pass


@contextmanager
def chromium(profile: Path) -> Iterator[Chromium]:
    """A browser with a fresh profile, ended afterwards."""
    profile.mkdir(parents=True, exist_ok=True)
    said = profile / "DevToolsActivePort"
    with (profile / "log.txt").open("wb") as log:
        command = [str(PROGRAM), *SWITCHES, f"--user-data-dir={profile}", "about:blank"]
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        until = time.monotonic() + PATIENCE
        while not (said.exists() and said.read_text().strip()):
            assert process.poll() is None, (profile / "log.txt").read_text()[-2000:]
            assert time.monotonic() < until, "Chromium did not start"
            time.sleep(0.05)
        yield Chromium(int(said.read_text().splitlines()[0]))
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
