"""The doors in: one function per kind of source, each returning a table of :mod:`fanecon.schema`.

A reader recognises what it was given by its content, refuses what it does not know, and hands its doubts on in
``frame.attrs["notes"]``.
"""
