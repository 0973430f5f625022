"""HTML and SVG out of values: whatever is not markup already is escaped."""

from collections.abc import Iterable
from html import escape

from vigil.adapters.plain_text import plain

_LONGEST = 2000
_EMPTY = frozenset({"meta", "br"})


class Markup(str):
    """Text that is markup; only this module makes it."""

    __slots__ = ()


def element(name: str, /, *content: str, **attributes: object) -> Markup:
    """Return an element; its content is escaped unless it is markup, its attributes always are.

    An attribute that is None is left out. In its name `_` stands for a hyphen, and an `_` at the
    end for nothing, so that `class_` can be said. Name and attribute names are never text from
    outside.

    >>> element("a", "<b>", element("br"), href='"#"', class_="x", data_n=1, title=None)
    '<a href="&quot;#&quot;" class="x" data-n="1">&lt;b&gt;<br></a>'
    """
    said = "".join(
        [
            f' {key.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
            for key, value in attributes.items()
            if value is not None
        ]
    )
    if name in _EMPTY:
        return Markup(f"<{name}{said}>")
    return Markup(f"<{name}{said}>{join(content)}</{name}>")


def join(parts: Iterable[str]) -> Markup:
    """Return parts one after another, escaping those that are no markup."""
    return Markup("".join([part if isinstance(part, Markup) else _text(part) for part in parts]))


def style_sheet(css: str) -> Markup:
    """Return a style element; `css` is ours and holds no tag."""
    return Markup(f"<style>{css}</style>")


def page(*content: Markup) -> str:
    """Return a whole document."""
    return f"<!doctype html>\n{join(content)}\n"


def _text(text: str) -> str:
    """What was logged must turn no line of the page round, and hold nothing that is not shown."""
    before, after = " " * text.startswith(" "), " " * (text.strip() != "" and text.endswith(" "))
    return before + escape(plain(text, _LONGEST)) + after
