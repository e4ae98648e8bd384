"""Paragraphs as drafted: nobody has edited them yet."""

from __future__ import annotations

from kpi.reports.content import Paragraph


def paragraph(key: str, text: str) -> Paragraph:
    return Paragraph(key, text, text)
