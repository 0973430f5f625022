"""A browser reads the links into Google Cloud's console as they are meant."""

import json
import re
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from tests.builders import incident
from tests.chromium import open_page
from vigil.incidents.links import links
from vigil.model.series import Series

TRACE = "0123456789abcdef0123456789abcdef"
NAMES = (
    "shop",
    'a"b\\c',
    "a;timeRange=PT1H",
    "a?project=other&x=#y",
    "größe ☃ 50%25",
    "a/../b c+d",
    "(a)'b",
    "a\n-b",
)
# What the console does: its parameters stand in the path, each of them encoded.
_READ = """<!doctype html><body><script>
const read = text => {
  const url = new URL(text);
  const [path, ...pairs] = url.pathname.split(';');
  const values = pairs.map(pair => pair.split('=').map(decodeURIComponent));
  return {kept: url.href === text, origin: url.origin, path, hash: url.hash,
          values: Object.fromEntries(values), project: url.searchParams.getAll('project')};
};
document.body.textContent = JSON.stringify(%s.map(read));
</script></body>"""


def as_read(urls: list[str], folder: Path) -> list[dict[str, Any]]:
    page = folder / "links.html"
    page.write_text(_READ % json.dumps(urls).replace("<", "\\u003c"), encoding="utf-8")
    body = re.search(r"<body>(.*)</body>", open_page(page, folder / "profile").html, re.DOTALL)
    assert body is not None
    read: list[dict[str, Any]] = json.loads(unescape(body[1]))
    return read


@pytest.mark.slow
def test_a_browser_finds_what_was_put_into_a_link_and_nothing_else(tmp_path: Path) -> None:
    affected = tuple(Series(name) for name in NAMES)
    cause = incident().root_cause
    found = [
        link
        for name in NAMES
        for link in links(
            incident(
                trace_id=TRACE, root_cause=replace(cause, service=name), affected=affected[:5]
            ),
            ["acme-prod"],
        )
    ]

    read = as_read([link.url for link in found], tmp_path)

    assert {(r["kept"], r["origin"], r["hash"], *r["project"]) for r in read} == {
        (True, "https://console.cloud.google.com", "", "acme-prod")
    }
    traces, entries, *_ = read
    assert (traces["path"], traces["values"]) == ("/traces/explorer", {"traceId": TRACE})
    assert entries["values"]["query"] == f'trace="projects/acme-prod/traces/{TRACE}"'
    logged = [r["values"]["query"] for r in read if r["path"] == "/logs/query"]
    for name in NAMES:
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        assert f'severity>=WARNING\n"{escaped}"' in logged
    spans = {r["values"]["timeRange"] for r in read if r["path"] == "/logs/query"}
    assert spans == {"2026-01-20T11:55:03Z/2026-01-20T12:06:00Z"}
