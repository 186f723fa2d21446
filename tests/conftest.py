"""Tests make their pseudonyms with a key of their own and leave the developer's configuration alone."""

import os

os.environ.setdefault("FANECON_KEY", "a key for tests that protects nobody")
