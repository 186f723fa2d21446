"""XML answers as trees, without what makes XML dangerous.

A document that declares entities can grow to gigabytes when it is read, or pull in files of the machine.  No answer of
a payment or messaging interface needs a document type, so a text that has one is refused before any parser sees it.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree

from fanecon.loaders.files import Opened
from fanecon.schema import FileError

_CDATA = re.compile(r"<!\[CDATA\[.*?\]\]>", re.DOTALL)
_DECLARED = re.compile(r"<!\s*(DOCTYPE|ENTITY|ELEMENT|ATTLIST|NOTATION)", re.IGNORECASE)
_AGAIN = "Save the answer again as the interface gave it."


def tree(opened: Opened) -> ElementTree.Element:
    """The root of an XML text.

    Raises
    ------
    FileError
        If it declares a document type or an entity, or is not well formed.
    """
    if _DECLARED.search(_CDATA.sub("", opened.text)):
        raise FileError(opened.file, "The XML declares a document type or an entity, and is not read", _AGAIN)
    try:
        return ElementTree.fromstring(opened.text)
    except (ElementTree.ParseError, ValueError) as error:
        raise FileError(opened.file, f"This is not well-formed XML: {error}", _AGAIN) from error


def texts(node: ElementTree.Element) -> dict[str, str]:
    """The children that hold text and nothing else: name → text."""
    return {child.tag: (child.text or "").strip() for child in node if len(child) == 0}
