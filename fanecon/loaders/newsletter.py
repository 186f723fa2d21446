"""Newsletters: all formats in which senders of mail can export what they sent and to whom."""

from fanecon.loaders import (
    newsletter_mailchimp,
    newsletter_other,
    newsletter_people,
    newsletter_reports,
    newsletter_substack,
)
from fanecon.loaders.reading import Format

FORMATS: tuple[Format, ...] = (
    *newsletter_mailchimp.FORMATS,
    *newsletter_reports.FORMATS,
    *newsletter_substack.FORMATS,
    *newsletter_other.FORMATS,
    *newsletter_people.FORMATS,
)
