"""Text from outside without the letters that a terminal would obey, or that turn the direction of writing."""

from __future__ import annotations


def printable(text: str, keep: str = "") -> str:
    """The text with a space for every letter that is not printable, except those of `keep`; as long as it was."""
    return "".join(letter if letter.isprintable() or letter in keep else " " for letter in text)
