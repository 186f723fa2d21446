"""Weibo: what the platform answers and what public crawlers write, in the order in which they are asked."""

from __future__ import annotations

from fanecon.loaders import weibo_crawlers, weibo_json, weibo_records
from fanecon.loaders.reading import Format

FORMATS: tuple[Format, ...] = (*weibo_crawlers.FORMATS, *weibo_records.FORMATS, *weibo_json.FORMATS)
