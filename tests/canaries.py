"""Canaries: values that look like a person's, a secret's or a machine's, and the places of a page to plant them in."""

from __future__ import annotations

import base64
import html
import io
import random
import urllib.parse
import zlib
from collections.abc import Callable

from PIL import Image, PngImagePlugin
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

COUNT = 20
HOME, ROOT = (f"/{name}/" for name in ("home", "root"))
SECRETS = [f"tok-{random.Random(n).getrandbits(80):x}/{n}&<é>+x" for n in range(COUNT)]


def _phones() -> list[str]:
    draw, made = random.Random(1), []
    spellings = [
        "{a}{b}{c}", "{a} {b} {c}", "{a}-{b}-{c}", "+86 {a}{b}{c}", "+86-{a}-{b}-{c}", "86{a}{b}{c}", "0086{a}{b}{c}",
        "(+86) {a} {b} {c}", "{a}.{b}.{c}", "{a}{b}{c}.0", "0{a}{b}{c}", "{a}·{b}·{c}", "tel:{a}{b}{c}",
        "手机{a}{b}{c}", "+86{a}{b}{c}", "{a}/{b}/{c}", "{a}\u00a0{b}\u00a0{c}", "{a}\u2011{b}\u2011{c}", "wide",
        "010-8{b}{c:.3}",
    ]  # fmt: skip
    for spelling in spellings:
        a, b, c = (
            f"1{draw.randint(3, 9)}{draw.randint(0, 9)}",
            f"{draw.randint(0, 9999):04}",
            f"{draw.randint(0, 9999):04}",
        )
        text = "{a}{b}{c}" if spelling == "wide" else spelling
        plain = text.format(a=a, b=b, c=c)
        made.append(plain.translate({48 + n: 0xFF10 + n for n in range(10)}) if spelling == "wide" else plain)
    return made


def _abroad() -> list[str]:
    return [
        "+1 202 555 0143", "+12025550143", "+1 (202) 555-0143", "+1-202-555-0143", "+44 20 7946 0958", "+442079460958",
        "+49 30 901820", "+49-30-901820", "+33 1 23 45 67 89", "+81 3-1234-5678", "+82-2-312-3456", "+852 2345 6789",
        "+85223456789", "+886 2 2345 6789", "+65 6123 4567", "+61 2 9876 5432", "+7 495 123-45-67", "+55 11 91234-5678",
        "+971 50 123 4567", "+353 1 234 5678",
    ]  # fmt: skip


def _mails() -> list[str]:
    return [
        "wang.xiao@example.com", "Wang.Xiao@Example.COM", "a@b.cn", "first.last+tag@sub.domain.co.uk", "o'neil@mail.ie",
        "x_y-z@host-name.org", "123456789@qq.com", "li@163.com", "王小明@邮箱.中国", "user@xn--fiqs8s.cn",
        "u%v@test.net",
        "mailto:someone@firm.io", "<zhang@edu.cn>", "very.long.name.of.somebody@department.university.edu",
        "q@1stfirm.de", "n.o@museum.museum", "w-x@a-b.travel", "me@my.name", "sales@shop.shop", "ping@pong.info",
    ]  # fmt: skip


def _openids() -> list[str]:
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
    draws = [random.Random(n) for n in range(COUNT - 2)]
    ids = ["o" + "".join(draw.choices(letters, k=26)) + draw.choice(letters[:62]) for draw in draws]
    return [*ids, "o6_bmjrPTlm6_2sgVtMnhsTZRo5M", "wxid_a1b2c3d4e5f6g7"]


def _addresses() -> list[str]:
    draw = random.Random(4)
    four = [".".join(str(draw.randint(1, 254)) for _ in range(4)).replace("127.", "128.") for _ in range(COUNT - 10)]
    return [
        *four, "2001:db8::1", "2001:0db8:0000:0000:0000:ff00:0042:8329", "fe80::1ff:fe23:4567:890a", "2400:3200::1",
        "2606:4700:4700::1111", "240e:3b7:3272:d8d0:ad14:d4d5:8b7a:1f0e", "::ffff:203.0.113.77", "2409:8a55::ab12",
        "203.0.113.77:8080", "[2001:db8::2]:443",
    ]  # fmt: skip


def identity(draw: random.Random) -> str:
    """An identity number by GB 11643: region, birthday, sequence, check letter."""
    region = draw.choice(["110101", "310104", "440305", "510107"])
    body = (
        f"{region}{draw.randint(1950, 2008)}{draw.randint(1, 12):02}{draw.randint(1, 28):02}{draw.randint(0, 999):03}"
    )
    total = sum(int(letter) * 2 ** (17 - at) for at, letter in enumerate(body))
    return body + "10X98765432"[total % 11]


def card(prefix: str, length: int, draw: random.Random) -> str:
    """A card number: the issuer's digits, drawn ones, and the check digit of Luhn by its definition."""
    body = prefix + "".join(str(draw.randint(0, 9)) for _ in range(length - len(prefix) - 1))
    doubled = [int(one) * (2 if at % 2 == 0 else 1) for at, one in enumerate(reversed(body))]
    return body + str(-sum(one // 10 + one % 10 for one in doubled) % 10)


def _cards() -> list[str]:
    draw = random.Random(5)
    issuers = [("622202", 19), ("621700", 19), ("62", 16), ("6228", 19), ("4", 16), ("51", 16), ("34", 15), ("35", 16)]
    made = [card(prefix, length, draw) for prefix, length in issuers * 2]
    parted = [card("4", 16, draw), card("6222", 16, draw), card("5412", 16, draw), card("6217", 19, draw)]
    return [
        *made,
        *("- -"[n % 3].join(one[at : at + 4] for at in range(0, len(one), 4)) for n, one in enumerate(parted)),
    ]


KINDS: dict[str, list[str]] = {
    "phone": _phones(),
    "phone abroad": _abroad(),
    "mail": _mails(),
    "openid": _openids(),
    "ip": _addresses(),
    "identity number": [identity(random.Random(n)) for n in range(COUNT)],
    "card": _cards(),
    "secret": SECRETS,
    "raw id": [f"fan{random.Random(n).randint(10**5, 10**9)}" for n in range(15)] + ["h0", "h7", "a12", "读者7", "x-9"],
    "path": [f"{HOME}{name}/x.csv" for name in ("li", "wang.x", "u1")] + [f"/Users/{n}/data" for n in ("li", "w")]
    + [rf"C:\Users\{name}\x.xls" for name in ("li", "Li Wei", "w.x")]
    + ["C:\\\\Users\\\\li\\\\x", ROOT + "x.py", "C:/Users/li/x"]
    + [f"{HOME}user{n}/" for n in range(9)],
}  # fmt: skip

_PIXEL = Image.new("RGB", (2, 2))


def address(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _png(**texts: object) -> str:
    file, info = io.BytesIO(), PngImagePlugin.PngInfo()
    if "text" in texts:
        info.add_text("Author", str(texts["text"]).encode("utf-8").decode("latin-1"))
    if "packed" in texts:
        info.add_text("Author", str(texts["packed"]).encode("utf-8").decode("latin-1"), zip=True)
    if "wide" in texts:
        info.add_itxt("Author", str(texts["wide"]), zip=bool(texts.get("zip")))
    exif = Image.Exif()
    if "exif" in texts:
        exif[0x010E] = str(texts["exif"])  # letters beyond ASCII are lost here, and kept in the field of Windows
        exif[0x9C9D] = str(texts["exif"]).encode("utf-16-le")
    _PIXEL.save(file, "PNG", pnginfo=info, exif=exif if "exif" in texts else None)
    return address("image/png", file.getvalue() + str(texts.get("tail", "")).encode())


def _jpeg(**extra: object) -> str:
    file = io.BytesIO()
    _PIXEL.save(file, "JPEG", **extra)
    return address("image/jpeg", file.getvalue())


def _xmp(canary: str) -> bytes:
    return f"<x:xmpmeta><dc:creator>{html.escape(canary)}</dc:creator></x:xmpmeta>".encode()


def _exif(canary: str) -> bytes:
    exif = Image.Exif()
    exif[0x9286], exif[0x013B] = b"UNICODE\0" + canary.encode("utf-16-le"), "x"
    return exif.tobytes()


def _svg(body: str) -> str:
    return f'<svg xmlns="http://www.w3.org/2000/svg">{body}</svg>'


def _img(source: str) -> str:
    return f'<figure class="output"><img src="{source}" alt="Figure"></figure>'


def _code(canary: str) -> str:
    shown = highlight(f"send({canary!r})  # later", PythonLexer(), HtmlFormatter(nowrap=True))
    return f'<details class="code"><summary>Code</summary><pre tabindex="0"><code>{shown}</code></pre></details>'


def _split(canary: str) -> str:
    half = len(canary) // 2
    return f"<p>{html.escape(canary[:half])}<span></span><b>{html.escape(canary[half:])}</b></p>"


PLACES: dict[str, Callable[[str], str]] = {
    "text": lambda c: f"<p>write {html.escape(c)} now</p>",
    "split over tags": _split,
    "heading": lambda c: f"<h2>About {html.escape(c)}</h2>",
    "table": lambda c: f"<table><tr><td>7</td><td>{html.escape(c)}</td><td>12</td></tr></table>",
    "attribute": lambda c: f'<p title="{html.escape(c)}">x</p>',
    "alt text": lambda c: f'<img src="data:," alt="{html.escape(c)} and others">',
    "comment": lambda c: f"<!-- {c} -->",
    "meta": lambda c: f'<meta name="author" content="{html.escape(c)}">',
    "style": lambda c: f"<style>/* {c} */</style>",
    "code": _code,
    "traceback": lambda c: f"<pre>Traceback\n  File &quot;x.py&quot;, line 1\nValueError: {html.escape(c)!s}</pre>",
    "link": lambda c: f'<a href="https://x.test/?q={urllib.parse.quote(c, safe="")}">x</a>',
    "entities": lambda c: f"<p>{''.join(f'&#{ord(letter)};' for letter in c)}</p>",
    "png text": lambda c: _img(_png(text=c)),
    "png packed text": lambda c: _img(_png(packed=c)),
    "png international text": lambda c: _img(_png(wide=c)),
    "png packed international text": lambda c: _img(_png(wide=c, zip=True)),
    "png exif": lambda c: _img(_png(exif=c)),
    "after a png": lambda c: _img(_png(tail=c)),
    "jpeg comment": lambda c: _img(_jpeg(comment=c.encode())),
    "jpeg exif": lambda c: _img(_jpeg(exif=_exif(c))),
    "jpeg xmp": lambda c: _img(_jpeg(xmp=_xmp(c))),
    "svg text": lambda c: _img(address("image/svg+xml", _svg(f"<text>{html.escape(c)}</text>").encode())),
    "svg comment": lambda c: _img(address("image/svg+xml", _svg(f"<!-- {c} -->").encode())),
    "svg attribute": lambda c: _img(address("image/svg+xml", _svg(f'<g id="{html.escape(c)}"/>').encode())),
    "svg in an address": lambda c: _img(f"data:image/svg+xml,{urllib.parse.quote(_svg(f'<g>{html.escape(c)}</g>'))}"),
    "png in svg": lambda c: _img(address("image/svg+xml", _svg(f'<image href="{_png(text=c)}"/>').encode())),
    "text file": lambda c: f'<a href="{address("text/plain", c.encode())}">x</a>',
    "packed file": lambda c: f'<a href="{address("application/gzip", zlib.compress(c.encode()))}">x</a>',
}  # fmt: skip


def page(body: str) -> str:
    """A page with a body, as small as a page can be."""
    return f'<!doctype html><html lang="en"><head><title>x</title></head><body><h2>Part</h2>{body}</body></html>'
