"""What may leave the house: tables without small groups, and the shapes that a person's data have.

Two questions come up wherever numbers about people are handed on.  Is a group so small that its number speaks of
persons (:mod:`fanecon.disclosure.suppression`)?  And does a text hold what names a person
(:mod:`fanecon.disclosure.shapes`)?  Loaders ask the second on the way in, the report on the way out.
"""
