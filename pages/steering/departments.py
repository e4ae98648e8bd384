"""Sở, ban, ngành: one figure as a league, all target figures as a table."""

from pages.parts import frame, leagues

view = frame.guard()
leagues.page(view, "department")
