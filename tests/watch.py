"""What a page does in a browser: scripts, dialogs, requests, navigations, and breaches of its own policy."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from chromium import GoneError, Message, Tab
from payloads import HOST

POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')
NOTICE = "(() => { const tell = window.noticed; window.hit = n => tell(String(n)); })()"
# Every element is hovered and focused, and everything that can be clicked is clicked, as if by a reader.
HANDLE = """(async () => {
  const pause = () => new Promise(done => setTimeout(done, 2));
  for (const one of document.querySelectorAll('details')) one.open = true;
  await pause();
  const all = [...document.querySelectorAll('*')];
  for (const one of all) {
    for (const kind of ['mouseover', 'mouseenter', 'mousemove', 'pointerover', 'pointerenter', 'toggle'])
      one.dispatchEvent(new MouseEvent(kind, {bubbles: true}));
    if (one.focus) one.focus({preventScroll: true});
  }
  const pressed = all.filter(one => one.matches('a, area, button, input, summary, label, [href], [tabindex]'));
  for (const one of pressed) {
    one.dispatchEvent(new MouseEvent('click', {bubbles: true, cancelable: true}));
    await pause();
  }
  return [all.length, pressed.length];
})()"""
LINKS = "[...document.querySelectorAll('a[href]')].map(one => one.href).filter(one => /^https?:/.test(one))"


@dataclass(kw_only=True)
class Seen:
    """What happened on a page; everything but the counts is empty on a page that is safe."""

    ran: set[str] = field(default_factory=set)
    dialogs: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    moved: list[str] = field(default_factory=list)
    breaches: list[str] = field(default_factory=list)
    elements: int = 0
    pressed: int = 0

    @property
    def wrong(self) -> dict[str, object]:
        kinds = ("ran", "dialogs", "asked", "moved", "breaches")
        return {kind: found for kind in kinds if (found := getattr(self, kind))}


def prepare(tab: Tab) -> None:
    """Make a tab notice what payloads do, and keep it from really asking for anything."""
    for domain in ("Page", "Runtime", "Network", "Log"):
        tab.ask(f"{domain}.enable")
    tab.ask("Runtime.addBinding", name="noticed")
    tab.ask("Page.addScriptToEvaluateOnNewDocument", source=NOTICE)
    tab.ask("Fetch.enable", patterns=[{"urlPattern": "*"}])


def watch(tab: Tab, place: Path, text: str, *, policy: bool, handle: bool = True) -> Seen:
    """Load a page, with its policy or without it, and handle everything on it once."""
    without, count = POLICY.subn("", text)
    assert count == 1 or not policy
    place.write_text(text if policy else without, encoding="utf-8", errors="replace")
    tab.open(place, settle=0.3)
    seen, links, gone = Seen(), set[str](), False
    if handle:
        try:
            links = set(tab.evaluate(LINKS))
            seen.elements, seen.pressed = tab.evaluate(HANDLE)
        except GoneError:
            gone = True
        tab.settle(0.3)
    _sort(tab, seen, place.as_uri(), links)
    seen.moved += ["somewhere"] if gone else []
    return seen


def _sort(tab: Tab, seen: Seen, own: str, links: set[str]) -> None:
    """Tell apart what happened; that a link which is there for the reader leads away when it is clicked is no fault."""
    told: dict[str, list[Message]] = defaultdict(list)
    for event in tab.events:
        told[event["method"]].append(event["params"])
    seen.ran = {one["payload"] for one in told["Runtime.bindingCalled"]}
    seen.dialogs = [one["message"] for one in told["Page.javascriptDialogOpening"]]
    entries = [one["entry"]["text"] for one in told["Log.entryAdded"]]
    seen.breaches = [text for text in entries if "Content Security Policy" in text]
    seen.asked = list(_asked(told, own, links))
    seen.moved = list(_moved(told, own, links))


def _asked(told: dict[str, list[Message]], own: str, links: set[str]) -> Iterator[str]:
    # What the policy stopped is a breach, and is told as such.
    blocked = {one["requestId"] for one in told["Network.loadingFailed"] if one.get("blockedReason") == "csp"}
    for one in told["Network.requestWillBeSent"]:
        address = one["request"]["url"]
        clicked = one.get("type") == "Document" and address in links
        mine = address.startswith("data:") or address.partition("#")[0] == own
        if not (clicked or mine or one["requestId"] in blocked):
            yield address


def _moved(told: dict[str, list[Message]], own: str, links: set[str]) -> Iterator[str]:
    for kind in ("Page.frameNavigated", "Page.frameRequestedNavigation", "Page.windowOpen"):
        for one in told[kind]:
            address = one.get("url") or one.get("frame", {}).get("url", "")
            if address.partition("#")[0] != own and address not in links:
                yield address


def asked_numbers(seen: Seen) -> set[str]:
    """The numbers of the payloads that asked for their address."""
    return {found[1] for one in seen.asked if (found := re.match(rf"https?://n(\d+)\.{HOST}", one))}
