"""All formats, in the order in which they are asked: the narrow ones first."""

from fanecon.loaders import campaign, cascade, extracts, extracts_people, newsletter, platforms, wechat_formats, weibo
from fanecon.loaders.reading import Format

FORMATS: tuple[Format, ...] = (
    *wechat_formats.FORMATS,
    *weibo.FORMATS,
    *cascade.FORMATS,
    *extracts.FORMATS,
    *extracts_people.FORMATS,
    *newsletter.FORMATS,
    *platforms.FORMATS,
    *campaign.FORMATS,
)
