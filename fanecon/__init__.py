"""fanecon: the economics of fans, from raw exports to an honest verdict."""

__version__ = "0.1.0"
