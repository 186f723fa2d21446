"""All formats, in the order in which they are asked: the narrow ones first."""

from fanecon.loaders import weibo
from fanecon.loaders.reading import Format

FORMATS: tuple[Format, ...] = (*weibo.FORMATS,)
