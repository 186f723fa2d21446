"""Other platforms: lists of posts and chats that creators, researchers and archives export."""

from fanecon.loaders import platforms_chats, platforms_china, platforms_outbox, platforms_social, platforms_west
from fanecon.loaders.reading import Format

FORMATS: tuple[Format, ...] = (
    *platforms_china.FORMATS,
    *platforms_west.FORMATS,
    *platforms_social.FORMATS,
    *platforms_outbox.FORMATS,
    *platforms_chats.FORMATS,
)
