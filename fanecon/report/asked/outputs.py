"""The place of a page: where it may be written, and nowhere else.

A scheduled run names its page after its parameters (`reports/{topic}/{since}.html`), and parameters may come from
people and files that must not choose where on the disk somebody else's page goes.  So a value is one piece of a name:
it brings no separator, no `..`, no name that a system keeps for itself, nothing invisible.  The whole is then
resolved, symbolic links and all, and has to stay under a root: the folder given with `--root`, or else what is
written before the first `{`.  Without root and fields the path was typed in full by whoever runs the command, and it
is their own choice.

What has been judged can change before it is used: somebody may put a link in place of a folder while the notebook
runs.  So the page is moved into a folder that is held open (`opened`): every folder below the root is entered through
the one before it without following links, and a rename into a folder that is held open cannot be led elsewhere, for
it names the folder itself and not the way to it, and it replaces a link at the last name instead of following it.
"""

from __future__ import annotations

import os
import re
import string
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from fanecon.errors import ParameterError, RunError, closest
from fanecon.report.asked.kinds import Refusal, Value, as_text, show
from fanecon.report.runner import disk

ENDING = ".html"
LONGEST_NAME, LONGEST_PATH = 255, 4000
LONGEST_PAGE = LONGEST_NAME - len("-20260131T093000Z-01234567")  # a failed page has the id of its run in its name
BESIDE = (".runs", "failed")

_DEVICE = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])\s*(\..*)?", re.IGNORECASE)
_FOREIGN = '<>:"|?*\\'
_UNSEEN = "\u115f\u1160\u2800\u3164\uffa0"  # letters that are drawn as nothing


@dataclass(frozen=True, kw_only=True)
class _Wish:
    """A place as it was asked for: the path with its fields filled in, and the fence around it.

    `typed` is the number of folders before the first field; None if there is no field.
    """

    path: Path
    root: Path | None
    typed: int | None


def judge(out: str, *, values: Mapping[str, Value], root: Path | None = None, secrets: Collection[str] = ()) -> Path:
    """The path of the page that `out` means, with nothing between it and its root but plain folders.

    Parameters
    ----------
    out
        A path that ends in .html; `{name}` stands for the value of a parameter, `{{` for a brace.
    values
        Every parameter by name.
    root
        The folder that the page has to stay in; what stands before the first field unless given.
    secrets
        Names of parameters that may not be part of a name.

    Raises
    ------
    ParameterError
        If the words of the path are wrong, or it leads out of the root.
    RunError
        With code 8 if no page can be written there.
    """
    try:
        wish = _wished(out, values, root, secrets)
        _names(wish)
        place = wish.path if wish.root is None else _inside(wish.path, wish.root)
    except Refusal as refusal:
        raise ParameterError(f"The page cannot be {show(out)}: {refusal}") from None
    _writable(place)
    return place


def fence(out: str, root: Path | None = None) -> Path | None:
    """The folder that a page asked for as `out` must stay in; None if the path was typed in full and is free.

    Raises
    ------
    ParameterError
        If its braces are wrong.
    """
    if root is not None:
        return root
    filled = ""
    try:
        for before, name, _, _ in list(string.Formatter().parse(out)):
            filled += before
            if name is not None:
                return Path(filled[: filled.rfind("/") + 1] or ".")
    except ValueError as error:
        told = f"{error}. A brace itself is written {{{{ or }}}}."
        raise ParameterError(f"The page cannot be {show(out)}: {told}") from None
    return None


@contextmanager
def opened(page: Path, root: Path | None = None) -> Iterator[int | None]:
    """The folder of a page held open, made if it is missing; below the root no link is followed on the way.

    Yields
    ------
    int or None
        A descriptor for `dir_fd=` and `dst_dir_fd=`; None where the system has no such thing (Windows).

    Raises
    ------
    RunError
        With code 8 if a folder cannot be made or entered, or has become a link.
    """
    try:
        handle = _entered(page, root)
    except OSError as error:
        raise RunError(f"Cannot write into {page.parent}: {_why(error)}. Choose another place with -o.", 8) from error
    try:
        yield handle
    finally:
        if handle is not None:
            os.close(handle)


def move_in(fresh: Path, page: Path, root: Path | None = None) -> None:
    """Put a finished file in the place of a page in one step, through its folder held open, and force it to the disk.

    Raises
    ------
    RunError
        With code 8 if the folder cannot be entered.
    OSError
        As of `os.replace`.
    """
    with opened(page, root) as folder:
        os.replace(fresh, page if folder is None else page.name, dst_dir_fd=folder)
        if folder is not None:
            os.fsync(folder)


def _why(error: OSError) -> str:
    return f"{error.filename or 'a folder'}: {error.strerror}"


# --- the words ---


def _wished(out: str, values: Mapping[str, Value], root: Path | None, secrets: Collection[str]) -> _Wish:
    filled, folder = "", fence(out)
    for before, name, style, conversion in string.Formatter().parse(out):
        filled += before
        if name is None:
            continue
        if style or conversion:
            raise Refusal(f"{{{name}}} takes no format; write {{{name}}} alone.")
        filled += _field(name, values, secrets)
    _characters(filled)
    return _Wish(path=Path(filled), root=root or folder, typed=len(folder.parts) if folder else None)


def _field(name: str, values: Mapping[str, Value], secrets: Collection[str]) -> str:
    if name not in values:
        known = ", ".join(values) or "none"
        raise Refusal(f"{{{name}}} is not a parameter. {closest(name, values)}There are: {known}.")
    if name in secrets:
        raise Refusal(f"{{{name}}} is a secret, which cannot be part of a name.")
    value = values[name]
    if isinstance(value, list) or value is None:
        raise Refusal(f"{{{name}}} is {'a list' if isinstance(value, list) else 'empty'}; one value is needed.")
    text = as_text(value).replace(":", "") if not isinstance(value, str) else value  # the time of a moment
    try:
        _piece(text)
    except Refusal as refusal:
        raise Refusal(f"the value of {{{name}}} {refusal}") from None
    return text


def _piece(text: str) -> None:
    """Refuse what a value may not bring into a name."""
    if not text.strip():
        raise Refusal("is empty.")
    if any(letter in unicodedata.normalize("NFKC", text) for letter in "/\\") or ".." in text:
        raise Refusal(f"{show(text)} holds a separator of folders or '..'.")
    if text.startswith((".", "~", " ")):
        raise Refusal(f"{show(text)} begins with {text[0]!r}.")
    _characters(text)


def _characters(text: str) -> None:
    for letter in text:
        if unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp") or letter in _UNSEEN:
            what = unicodedata.name(letter, "a control character")
            raise Refusal(f"holds a character that nobody sees, U+{ord(letter):04X} ({what}).")


# --- the names ---


def _names(wish: _Wish) -> None:
    page = wish.path.name
    if not page.endswith(ENDING) or page == ENDING:  # x.HTML would share its record with x.html
        raise Refusal(f"a page is an {ENDING} file. Type -o {wish.path.stem.strip('.') or 'report'}{ENDING}.")
    if len(os.fsencode(page)) > LONGEST_PAGE:
        raise Refusal(f"its name is longer than {LONGEST_PAGE} bytes.")
    if len(os.fsencode(wish.path)) > LONGEST_PATH:
        raise Refusal(f"it is longer than {LONGEST_PATH} bytes.")
    if found := next((part for part in wish.path.parts if len(os.fsencode(part)) > LONGEST_NAME), ""):
        raise Refusal(f"{show(found)} is longer than {LONGEST_NAME} bytes.")
    for name in _new_names(wish):
        _name(name)


def _new_names(wish: _Wish) -> Iterator[str]:
    """The names that the run may make: the page, what holds a field or follows one, and folders that are not there."""
    path = wish.path
    for part in (path, *path.parents):
        filled = wish.typed is not None and len(part.parts) > wish.typed
        if filled or part == path or (part.name not in ("", "..") and not os.path.isdir(part)):  # noqa: PTH112
            yield part.name


def _name(name: str) -> None:
    if name.startswith("~"):
        raise Refusal(f"{show(name)} begins with '~', which only a shell reads as a folder. Type the folder in full.")
    if name != name.strip() or name.endswith(".") or Path(name).stem != Path(name).stem.rstrip(". "):
        raise Refusal(f"{show(name)} begins or ends with a blank or ends with a dot, which some systems drop.")
    if _DEVICE.fullmatch(name):
        raise Refusal(f"{show(name)} is the name of a device on Windows.")
    if found := next((letter for letter in name if letter in _FOREIGN), ""):
        raise Refusal(f"{show(name)} holds {found!r}, which no name on Windows may have.")
    if name.casefold() == BESIDE[0]:
        raise Refusal(f"{BESIDE[0]} is the folder where runs keep their own files.")


# --- the place ---


def _inside(path: Path, root: Path) -> Path:
    """The path below the root with links resolved, or a refusal if it leads out."""
    fence = _resolved(root)
    folder = _resolved(path.parent)
    if not folder.is_relative_to(fence):
        raise Refusal(f"it is not under {show(str(root))}. Type -o {root / path.name}.")
    place = folder / path.name
    runs = folder / BESIDE[0] / path.name
    for one in (place, *(folder / name for name in BESIDE), runs, runs / "lock"):
        if not _resolved(one).is_relative_to(fence):
            raise Refusal(f"{show(one.name)} is a link that leads out of {show(str(root))}.")
    return root / place.relative_to(fence)


def _resolved(path: Path) -> Path:
    try:
        found = Path(os.path.realpath(path))
    except (OSError, ValueError) as error:
        raise Refusal(f"{show(str(path))} cannot be followed: {error}.") from None
    if found.is_symlink():  # a circle
        raise Refusal(f"{show(path.name)} is a link that leads back to itself.")
    return found


def _writable(place: Path) -> None:
    try:
        _free(place)
        near = next(one for one in (place.parent, *place.parent.parents) if one.exists())
    except OSError as error:
        raise RunError(f"Cannot write {place}: {error.strerror}. Choose another name with -o.", 8) from error
    if not near.is_dir():
        raise RunError(f"Cannot write {place}: {near} is not a folder. Choose another place with -o.", 8)
    if not os.access(near, os.W_OK | os.X_OK):
        raise RunError(f"Cannot write into {near}: it is not writable. Choose another place with -o.", 8)


def _free(place: Path) -> None:
    if place.exists() and not place.is_file():
        raise RunError(f"Cannot write {place}: it is a folder or a device. Choose another name with -o.", 8)


# --- the way ---


def _entered(page: Path, root: Path | None) -> int | None:
    base = page.parent if root is None else root
    disk.make_folder(base)
    below = page.parent.relative_to(base).parts
    if os.open not in os.supports_dir_fd:
        disk.make_folder(page.parent)
        return None
    handle = os.open(base, os.O_RDONLY | os.O_DIRECTORY)
    for name in below:
        handle = _step(handle, name)
    return handle


def _step(folder: int, name: str) -> int:
    """The folder of that name in an opened folder, entered without following a link; the outer one is closed."""
    try:
        with suppress(FileExistsError):
            os.mkdir(name, dir_fd=folder)
        return os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
    finally:
        os.close(folder)
