"""Fifty ways to lead a page out of its root, or to a name that no page should have.

The sandbox has a root with a few things in it, and a world around it that must not change by one byte.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Trick:
    """One attempt: what is typed with -o, the value of `by`, the root if any; `code` is 2 or 8 (0: harmless)."""

    out: str
    by: str = "topic"
    root: str | None = "root"
    code: int = 2
    said: str = ""


def value(by: str, said: str = "") -> Trick:
    """A value that is put into a name below the root."""
    return Trick(out="root/{by}.html", by=by, root=None, said=said)


def typed(out: str, said: str = "", code: int = 2) -> Trick:
    """A path under a root of its own."""
    return Trick(out=out, said=said, code=code)


VALUES = [
    value("../evil", "separator"),
    value("..", "separator"),
    value("../../outside/evil", "separator"),
    value("/etc/evil", "separator"),
    value("a/b", "separator"),
    value("a\\..\\..\\evil", "separator"),
    value("..\\evil", "separator"),
    value("．．／evil", "separator"),
    value("a／..／b", "separator"),
    value("%2e%2e/evil", "separator"),
    value(".runs", "begins with '.'"),
    value(".hidden", "begins with '.'"),
    value("~root", "begins with '~'"),
    value("", "is empty"),
    value("   ", "is empty"),
    value("a\nb", "nobody sees"),
    value("a\x1b[31mb", "nobody sees"),
    value("a\u202egnp", "RIGHT-TO-LEFT OVERRIDE"),
    value("a\u200bb", "ZERO WIDTH SPACE"),
    value("a\ufeffb", "nobody sees"),
    value("a\u3164b", "HANGUL FILLER"),
    value("CON", "device"),
    value("nul", "device"),
    value("com1", "device"),
    value("COM¹", "device"),
    value("aux.tar", "device"),
    value("C:evil", "holds ':'"),
    value("a:stream", "holds ':'"),
    value("a?b", "holds '?'"),
    value("a*b", "holds '*'"),
    value("x" * 300, "longer than"),
    value("粉" * 90, "longer than"),
    value("a.", "a dot"),
    value("a ", "a blank"),
    Trick(out="root/{by}/x.html", by="linked", root=None, said="not under"),
    Trick(out="root/{by}/x.html", by="trailing.", root=None, said="a dot"),
    Trick(out="root/co{by}.html", by="n", root=None, said="device"),
    Trick(out="root/{by}/../../evil.html", root=None, said="a dot"),
    Trick(out="root/{by}.html", by="out_link", root=None, said="leads out"),
    Trick(out="root/{by}.html", by="dangling", root=None, said="leads out"),
]
PATHS = [
    typed("evil.html", "not under"),
    typed("../evil.html", "not under"),
    typed("root/../evil.html", "not under"),
    typed("root/new/../../evil.html", "not under"),
    typed("root/linked/evil.html", "not under"),
    typed("root/linked/new/evil.html", "not under"),
    typed("root/linked/../outside/evil.html", "not under"),
    typed("outside/../root/linked/evil.html", "not under"),
    typed("{ABSOLUTE}/outside/evil.html", "not a parameter"),
    typed("/proc/self/cwd/evil.html", "not under"),
    typed("root/out_link.html", "leads out"),
    typed("root/dangling.html", "leads out"),
    typed("root/circle.html", "leads back"),
    typed("root/circle_folder/x.html", "leads back"),
    typed("root/runs_out/x.html", "leads out"),
    typed("root/failed_out/x.html", "leads out"),
    typed("root/lock_out/x.html", "leads out"),
    typed("root/.runs/x.html", ".runs"),
    typed("root/.RUNS/x.html", ".runs"),
    typed("root/x.pdf", ".html"),
    typed("root/.html", ".html"),
    typed("root/x.HTML", ".html"),
    typed("root/x.html.exe", ".html"),
    typed("root/x.html\0.pdf", "nobody sees"),
    typed("root/x.html\n", "nobody sees"),
    typed("", ".html"),
    typed("~/x.html", "shell"),
    typed("root/~/x.html", "shell"),
    typed("root/folder.html", "folder or a device", 8),
    typed("root/pipe.html", "folder or a device", 8),
    typed("root/device.html", "leads out"),
    typed("root/file/x.html", "is not a folder", 8),
    typed("root/" + "d" * 256 + "/x.html", "longer than"),
    typed("root/" + "d/" * 2100 + "x.html", "longer than"),
    typed("root/{by!r}.html", "no format"),
    typed("root/{by:>9}.html", "no format"),
    typed("root/{by.__class__}.html", "not a parameter"),
    typed("root/{by[0]}.html", "not a parameter"),
    typed("root/{}.html", "not a parameter"),
    typed("root/{0}.html", "not a parameter"),
    typed("root/{nowhere}.html", "not a parameter"),
    typed("root/{b\u0443}.html", "not a parameter"),
    typed("root/{names}.html", "a list"),
    typed("root/{token}.html", "a secret"),
    typed("root/{by.html", "brace"),
    typed("root/by}.html", "brace"),
]
TRICKS = [*VALUES, *PATHS]
HARMLESS = [
    Trick(out="root/x.html", code=0),
    Trick(out="root/new/deep/x.html", code=0),
    Trick(out="outside/../root/x.html", code=0),
    Trick(out="root/inner_link.html", code=0),
    Trick(out="root/inner_folder/x.html", code=0),
    Trick(out="root/hard.html", code=0),
    Trick(out="root/{by}/{since}.html", by="粉丝 群", root=None, code=0),
    Trick(out="root/{{{by}}}.html", by="a'b\"c".replace('"', ""), root=None, code=0),
]


def sandbox(folder: Path) -> Path:
    """A root full of traps in a world that must stay as it is; the root."""
    root, outside = folder / "root", folder / "outside"
    for name in (
        "root/inside",
        "root/folder.html",
        "outside",
        "root/runs_out",
        "root/failed_out",
        "root/lock_out/.runs/x.html",
    ):
        (folder / name).mkdir(parents=True)
    (outside / "precious.html").write_text("not ours")
    (root / "file").write_text("a file")
    (root / "inside" / "real.html").write_text("old")
    os.mkfifo(root / "pipe.html")
    os.link(outside / "precious.html", root / "hard.html")
    for link, target in {
        "linked": outside,
        "out_link.html": outside / "precious.html",
        "dangling.html": outside / "new.html",
        "circle.html": root / "circle.html",
        "circle_folder": root / "circle_folder",
        "device.html": Path("/dev/null"),
        "inner_link.html": root / "inside" / "real.html",
        "inner_folder": root / "inside",
        "runs_out/.runs": outside,
        "failed_out/failed": outside,
        "lock_out/.runs/x.html/lock": outside / "lock",
    }.items():
        (root / link).symlink_to(target)
    return root


def world(folder: Path, root: Path) -> dict[str, str]:
    """Everything outside the root: names, kinds, modes, targets and the checksums of what they hold."""
    found = {}
    for place, folders, files in os.walk(folder):
        if Path(place) == root:
            folders.clear()
            continue
        for name in (*folders, *files):
            path = Path(place, name)
            linked = os.fsencode(path.readlink()) if path.is_symlink() else None
            held = linked if linked is not None else path.read_bytes() if path.is_file() else b""
            digest = hashlib.sha256(held).hexdigest()
            found[str(path.relative_to(folder))] = f"{path.lstat().st_mode:o} {digest}"
    return found
