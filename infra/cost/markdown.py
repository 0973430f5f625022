"""Tables of Markdown, and their places in a page."""

from collections.abc import Iterable, Mapping, Sequence

_BEGIN, _END = "<!-- computed: {} -->", "<!-- end -->"
_SMALL, _LARGE = 10, 1_000


def table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; all columns but the first are figures.

    >>> print(table(["a", "b"], [["x", "1"]]))
    | a | b |
    |---|--:|
    | x | 1 |
    """
    marks = ["---", *["--:"] * (len(titles) - 1)]
    lines = [_line(titles), f"|{'|'.join(marks)}|", *(_line(row) for row in rows)]
    return "\n".join(lines)


def words(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table whose columns are all words."""
    return "\n".join([_line(titles), "|---" * len(titles) + "|", *(_line(row) for row in rows)])


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def dollars(amount: float) -> str:
    """Return an amount of US dollars, to the cent while cents say something.

    >>> dollars(0.004), dollars(4.5), dollars(-31.2), dollars(1234.5)
    ('0.00', '4.50', '-31', '1,234')
    """
    digits = 2 if abs(amount) < _SMALL else 0
    return f"{amount:,.{digits}f}"


def figure(value: float) -> str:
    """Return a figure with as many digits as say something.

    >>> figure(0.1234), figure(12.34), figure(123456.0), figure(0)
    ('0.12', '12.3', '123,456', '0')
    """
    if value == int(value):
        return f"{value:,.0f}"
    digits = 2 if abs(value) < _SMALL else 1 if abs(value) < _LARGE else 0
    return f"{value:,.{digits}f}"


def with_tables(page: str, tables: Mapping[str, str]) -> str:
    """Return `page` with each table in its place; raise ValueError if a table has no place.

    >>> with_tables("<!-- computed: x --> old <!-- end -->", {"x": "new"})
    '<!-- computed: x -->\\n\\nnew\\n\\n<!-- end -->'
    """
    for name, content in tables.items():
        begin = _BEGIN.format(name)
        before, found, rest = page.partition(begin)
        if not found:
            raise ValueError(f"the page has no place for {name}")
        after = rest.partition(_END)[2]
        page = f"{before}{begin}\n\n{content}\n\n{_END}{after}"
    return page
