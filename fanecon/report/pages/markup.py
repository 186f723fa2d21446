"""The one door through which text from a notebook or from data becomes HTML.

Prose is Markdown in the dialect of Jupyter (nbconvert's parser, which has met the odd places of `$` for ten years).
What comes out of it, and every table that a cell displays, passes an allow-list: no script, no event handler, no
style but the alignment of a cell, no address but http, https, mailto and places on the page, no picture but one that
the page itself carries.  A nickname in a table header is data as much as a cell is, so there is no second, trusted
door.

What the allow-list lets through is then made readable for a reader who does not see it: the cells of a header say
whether they head a column or a row (pandas does not), and Chinese words in prose of another language say that they
are Chinese.

Formulas are made from an element tree here and not from latex2mathml's own text, which leaves `<` in `\\text{…}` as it
is.  In the text that is cleaned they are empty elements with a number that cannot be guessed, and are put in
afterwards; a formula that cannot be converted stands there as code.
"""

from __future__ import annotations

import html
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.etree import ElementTree

import nh3
from latex2mathml.converter import convert_to_element
from markupsafe import Markup
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

_TEXT = "a abbr b blockquote br code del details div em h1 h2 h3 h4 h5 h6 hr i img ins kbd mark p pre q s samp small"
_MORE = "span strong sub summary sup u var dd dl dt figcaption figure li ol ul"
_TABLE = "caption col colgroup table tbody td tfoot th thead tr"
TAGS = frozenset(f"{_TEXT} {_MORE} {_TABLE}".split())
HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
ATTRIBUTES: Mapping[str, frozenset[str]] = {
    "a": frozenset({"href", "title"}),
    "img": frozenset({"src", "alt", "title", "width", "height"}),
    "ol": frozenset({"start"}),
    "th": frozenset({"colspan", "rowspan", "scope", "style"}),
    "td": frozenset({"colspan", "rowspan", "style"}),
    "tr": frozenset({"style"}),
    "abbr": frozenset({"title"}),
}
WRITER: Mapping[str, frozenset[str]] = {
    "span": frozenset({"data-formula", "lang"}),
    "div": frozenset({"tabindex", "role", "aria-label"}),
    "pre": frozenset({"tabindex"}),
}
OURS = {"tabindex": "0", "role": "group", "aria-label": "Table", "lang": "zh"}
RESERVED = frozenset({"all-code", "cannot-say", "failed", "failed-code", "made", "text"})
_PICTURE = re.compile(r"data:image/(png|jpeg|gif|webp|svg\+xml)[;,]", re.IGNORECASE)
_HAN = "[\u3400-\u9fff\U00020000-\U0003ffff]+"
_CHINESE = re.compile(f"{_HAN}(?:[，、。：；！？·…—]+{_HAN})*")
_ADDRESS = re.compile(r"https?://|mailto:|#", re.IGNORECASE)

_ROW = re.compile(r"(?=<tr[ >])")
_DATA_HEADING = re.compile(r"<(/?)h([1-6])>")
# What comes out of the cleaner has no bracket inside a tag.
_PICTURES = re.compile(r"<img\b[^>]*>")
_FILLED = re.compile(r"<td[^>]*>(?!</td>)")

_SYMBOLS = "math mrow mi mo mn mtext ms mspace mstyle mpadded mphantom menclose none"
_LAYOUT = "mfrac msqrt mroot msub msup msubsup munder mover munderover mmultiscripts mprescripts mtable mtr mtd"
MATH_TAGS = frozenset(f"{_SYMBOLS} {_LAYOUT}".split())
_SIZES = "depth height largeop linethickness lspace mathsize maxsize minsize rspace stretchy voffset width"
_STYLES = "accent display displaystyle fence form linebreak mathvariant movablelimits notation scriptlevel separator"
_GRIDS = "columnalign columnlines columnspacing rowlines rowspacing symmetric xmlns"
MATH_ATTRIBUTES = frozenset(f"{_SIZES} {_STYLES} {_GRIDS}".split())
LONGEST_FORMULA, LONGEST_MARKDOWN, MOST_ENVIRONMENTS = 5_000, 200_000, 500
# Deeper HTML costs the parser time by the square of its depth; no table or text of anybody is nested like this.
DEEPEST, SHORT = 500, 20_000
_OPTIONAL = "area|base|br|col|dd|dt|hr|img|input|li|link|meta|option|p|source|tbody|td|tfoot|th|thead|tr|wbr"
_NEST = re.compile(rf"<(/?)(?!(?:{_OPTIONAL})\b)[a-z]", re.IGNORECASE)

Attachments = dict[str, dict[str, str]]


def clean(untrusted: str, *, below: int = 2) -> Markup:
    """HTML from data, reduced to the allow-list; its headings come below the given level, without gaps."""
    return Markup(_lowered(_clean(untrusted), below))


def _lowered(kept: str, below: int) -> str:
    """Cleaned HTML in which the headings follow on a level of the page, each at most one deeper than the last."""
    last = now = below

    def level(found: re.Match[str]) -> str:
        nonlocal last, now
        if not found[1]:
            last = now = min(max(int(found[2]), below + 1), last + 1)
        return f"<{found[1]}h{now}>"

    return _DATA_HEADING.sub(level, kept)


def _clean(untrusted: str, *, own: Mapping[str, frozenset[str]] | None = None) -> str:
    token = f"scope-{secrets.token_hex(8)}"
    untrusted = _whole(untrusted)
    if len(untrusted) > SHORT and _deeper_than(untrusted, DEEPEST):
        untrusted = f"<pre>{html.escape(untrusted)}</pre>"
    kept = nh3.clean(
        untrusted,
        tags=set(TAGS),
        attributes={tag: set(names) for tag, names in {**ATTRIBUTES, **(own or {})}.items()},
        attribute_filter=_attribute,
        filter_style_properties={"text-align"},
        url_schemes={"http", "https", "mailto", "data"},
        allowed_classes={"div": {"fanecon-result", "scroll"}},
        set_tag_attribute_values={"th": {"scope": token}},
    )
    return _scoped(_PICTURES.sub(_seen, kept), token)


def _seen(picture: re.Match[str]) -> str:
    """A picture of cleaned HTML that has a text, if only an empty one; without a source it is left out."""
    tag = picture[0]
    if ' src="' not in tag:
        return ""
    return tag if ' alt="' in tag else f'{tag[:-1]} alt="">'


def _whole(text: str) -> str:
    """A text without halves of letters, which JSON can hold and UTF-8 cannot."""
    return text if text.isascii() else text.encode("utf-8", errors="replace").decode("utf-8")


def _deeper_than(text: str, most: int) -> bool:
    """Whether a piece of HTML is nested deeper than a number of elements."""
    depth = 0
    for tag in _NEST.finditer(text):
        depth = max(0, depth - 1) if tag[1] else depth + 1
        if depth > most:
            return True
    return False


def _scoped(kept: str, token: str) -> str:
    """Cleaned HTML in which every header of a table has a scope, put in the place of a token that data cannot know."""
    if token not in kept:
        return kept
    empty, scope = f'<th scope="{token}"></th>', f'scope="{token}"'
    head, pieces = False, []
    for row in _ROW.split(kept.replace(empty, "<td></td>")):
        kind = "col" if head or not _FILLED.search(row) else "row"
        pieces.append(row.replace(scope, f'scope="{kind}"'))
        head = row.rfind("<thead") > row.rfind("</thead") or (head and "</thead" not in row)
    return "".join(pieces)


def _attribute(tag: str, name: str, value: str) -> str | None:
    if name == "src":
        return value if _PICTURE.match(value) else None
    if name == "href":
        return value if _ADDRESS.match(value) else None
    return value if OURS.get(name, value) == value else None


def formula(latex: str, *, block: bool = False) -> Markup:
    """A formula as MathML; as code if it cannot be converted."""
    try:
        if len(latex) > LONGEST_FORMULA:
            raise ValueError("too long")
        tree = convert_to_element(_known(latex), display="block" if block else "inline")
        _purge(tree)
        made = ElementTree.tostring(tree, encoding="unicode", short_empty_elements=False)
    # latex2mathml raises whatever its parser stumbles over, IndexError and RecursionError included.
    except Exception:
        return Markup("<code>{}</code>").format(latex.strip())
    return Markup(
        f'<span class="formula" tabindex="0" role="group" aria-label="Formula">{made}</span>' if block else made
    )


def _known(latex: str) -> str:
    for name in ("aligned", "gathered"):
        latex = latex.replace(f"{{{name}}}", "{align*}")
    return latex


def _purge(tree: ElementTree.Element) -> None:
    """Keep MathML that only draws, with its text as text; a command left over is a formula not understood."""
    for element in tree.iter():
        if element.tag not in MATH_TAGS:
            raise ValueError(element.tag)
        element.text = html.unescape(element.text or "")
        if element.tag != "mtext" and (re.match(r"\\\w", element.text) or element.text == "&"):
            raise ValueError(element.text)
        element.attrib = {name: value for name, value in element.attrib.items() if name in MATH_ATTRIBUTES}


@dataclass(kw_only=True)
class Section:
    """A heading of the second level in the table of contents, with those of the third below it."""

    anchor: str
    words: str
    parts: list[Section] = field(default_factory=list)


@dataclass
class Outline:
    """What the headings of the prose add up to: the title, and two levels for the table of contents."""

    title: str = ""
    sections: list[Section] = field(default_factory=list)
    heading: str = ""
    _level: int = 1
    _taken: set[str] = field(default_factory=lambda: set(RESERVED))

    def enter(self, text: str, level: int) -> str:
        """The HTML of a heading of the prose: levels without gaps, the first H1 taken out as the title."""
        words = html.unescape(nh3.clean(text, tags=set())).strip()
        if not words:
            return f"<p>{text}</p>\n"
        self.heading = words
        if level == 1 and not self.title:
            self.title = words
            return ""
        self._level = min(max(level, 2), self._level + 1)
        anchor = self._anchor(words)
        if self._level == 2:
            self.sections.append(Section(anchor=anchor, words=words))
        elif self._level == 3:
            self.sections[-1].parts.append(Section(anchor=anchor, words=words))
        return f'<h{self._level} id="{anchor}">{text}</h{self._level}>\n'

    def _anchor(self, words: str) -> str:
        base = re.sub(r"\W+", "-", words.casefold()).strip("-") or "section"
        anchor, count = base, 1
        while anchor in self._taken:
            count += 1
            anchor = f"{base}-{count}"
        self._taken.add(anchor)
        return anchor


def prose(markdown: str, outline: Outline, *, attachments: Attachments | None = None) -> Markup:
    """The Markdown of a prose cell as HTML; its headings enter the outline."""
    writer = _Writer(outline, attachments or {})
    anchors = {tag: frozenset({"id"}) for tag in HEADINGS}
    return writer.with_formulas(_clean(_written(markdown, writer), own={**WRITER, **anchors}))


def displayed(markdown: str, *, below: int = 2) -> Markup:
    """The Markdown that a cell displays as HTML; data may be in it, so it adds nothing to the outline."""
    if len(markdown) > LONGEST_MARKDOWN or markdown.count("\\begin{") > MOST_ENVIRONMENTS:
        return Markup("<pre>{}</pre>").format(_whole(markdown))
    writer = _Writer(None, {})
    return writer.with_formulas(_lowered(_clean(_written(markdown, writer), own=WRITER), below))


def _written(markdown: str, writer: _Writer) -> str:
    return str(MarkdownWithMath(renderer=writer).render(_whole(markdown)))


class _Writer(IPythonRenderer):
    """Markdown to HTML that still has to be cleaned, with numbered places for the formulas."""

    def __init__(self, outline: Outline | None, attachments: Attachments) -> None:
        super().__init__(escape=False, attachments=attachments)
        self.outline = outline
        self.token = secrets.token_hex(8)
        self.formulas: list[Markup] = []

    def with_formulas(self, kept: str) -> Markup:
        places = re.compile(self._place("([0-9]+)"))
        return Markup(places.sub(lambda found: self.formulas[int(found[1])], kept))

    def _place(self, number: int | str) -> str:
        return f'<span data-formula="{self.token}-{number}"></span>'

    def _keep(self, latex: str, *, block: bool) -> str:
        self.formulas.append(formula(latex, block=block))
        return self._place(len(self.formulas) - 1)

    def text(self, text: str) -> str:
        return _CHINESE.sub(r'<span lang="zh">\g<0></span>', str(super().text(text)))

    def heading(self, text: str, level: int, **attrs: object) -> str:
        return self.outline.enter(text, level) if self.outline else f"<h{level}>{text}</h{level}>\n"

    def table(self, text: str) -> str:
        return f'<div class="scroll" tabindex="0" role="group" aria-label="Table"><table>\n{text}</table></div>\n'

    def block_code(self, code: str, info: str | None = None) -> str:
        return f'<pre tabindex="0"><code>{html.escape(code)}</code></pre>\n'

    def block_math(self, body: str) -> str:
        return self._keep(body, block=True)

    def inline_math(self, body: str) -> str:
        return self._keep(body, block=False)

    def latex_environment(self, name: str, body: str) -> str:
        return self._keep(f"\\begin{{{name}}}{body}\\end{{{name}}}", block=True)

    def _embed_image_or_attachment(self, src: str) -> str:
        name = src.removeprefix("attachment:")
        return str(super()._embed_image_or_attachment(src)) if name == src or name in self.attachments else ""
