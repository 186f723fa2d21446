"""Where the key of the pseudonyms lies: in the environment, or in a file of the user's own configuration.

Loaders read it there to make pseudonyms.  The report reads it to make sure that it stands on no page: whoever has the
key can undo every pseudonym by trial.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import platformdirs

VARIABLE = "FANECON_KEY"
SHORT = 16


def key_file() -> Path:
    """Where the key is kept that was drawn for a reader who gave none."""
    return platformdirs.user_config_path("fanecon") / "key"


def keys() -> tuple[str, ...]:
    """The keys of this reader's pseudonyms; one so short that it may be a word of any text is left out."""
    found = [os.environ.get(VARIABLE, "")]
    with contextlib.suppress(OSError, ValueError):
        found.append(key_file().read_text(encoding="utf-8").strip())
    return tuple(dict.fromkeys(key for key in found if len(key) >= SHORT))
