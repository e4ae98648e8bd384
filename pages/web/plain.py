"""Pages that stand before the login, as plain HTML: nothing of Streamlit is served to whoever is not known."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.responses import HTMLResponse
from starlette.types import Scope

from data.locale import _, language, use_language
from pages.parts import html
from pages.parts.blocks import State

STYLE = """
@font-face{font-family:"Be Vietnam Pro";src:url(/app/static/BeVietnamPro-Regular.woff2);font-weight:400}
@font-face{font-family:"Be Vietnam Pro";src:url(/app/static/BeVietnamPro-SemiBold.woff2);font-weight:600}
:root{color-scheme:light dark;--ink:#1A1F24;--ground:#fff;--line:#D5DADF;--act:#0072B2;--on:#fff;--mine:#F3F5F7}
@media(prefers-color-scheme:dark){:root{--ink:#E9ECEF;--ground:#11171D;--line:#36414C;--act:#5CB3E6;--on:#11171D;--mine:#1A222B}}
body{font:1rem/1.5 "Be Vietnam Pro","Segoe UI",Arial,sans-serif;color:var(--ink);background:var(--ground);margin:0;padding:12vh 1rem 2rem}
main{max-width:34rem;margin:auto}h1{font-size:1.0625rem;font-weight:600;margin:0 0 .75rem}
.state{border:1px solid var(--line);border-radius:.375rem;padding:1.25rem 1.5rem}.state h2{font-size:1.5rem;font-weight:600;margin:0 0 .5rem}
.state p{margin:.4rem 0}.ways{display:flex;flex-wrap:wrap;gap:.75rem 1.25rem;align-items:center;margin-top:1.25rem}
a{color:var(--act)}.ways a:first-child{background:var(--act);color:var(--on);text-decoration:none;border-radius:.375rem;padding:.6rem 1.1rem;font-weight:600}
a:focus-visible{outline:3px solid var(--act);outline-offset:2px}code{background:var(--mine);padding:.1rem .35rem}
"""


def answer(
    state: State,
    links: Iterable[tuple[str, str]],
    status: int,
    other_language: str = "",
    headers: dict[str, str] | None = None,
) -> HTMLResponse:
    """``links``: words and address, the first drawn as a button; ``other_language``: address of this page in the other one."""
    if other_language:
        links = [*links, ("English" if language() == "vi" else "Tiếng Việt", other_language)]
    ways = "".join(f'<a href="{html.escape(to)}">{html.escape(words)}</a>' for words, to in links)
    name = html.escape(_("Chiến dịch cải cách hành chính"))
    body = (
        f'<!doctype html><html lang="{language()}"><head><meta charset="utf-8"><title>{html.escape(state.title)} · {name}</title>'
        '<meta name="viewport" content="width=device-width"><link rel="icon" href="/app/static/icon.png">'
        f'<style>{STYLE}</style></head><body><main><h1>{name}</h1>{html.state(state)}<nav class="ways">{ways}</nav></main></body></html>'
    )
    return HTMLResponse(body, status, {"cache-control": "no-store", **(headers or {})})


def speak(scope: Scope) -> None:
    """Answer in the language that the link asks for."""
    use_language("en" if b"lang=en" in scope.get("query_string", b"").split(b"&") else "vi")
