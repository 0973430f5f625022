"""The report of a backtest in a browser: it shows what was found, and nothing of the log acts."""

import html
import re
from pathlib import Path

import orjson

from tests.backtests import minutes_of_payments
from tests.chromium import open_page
from tests.functions.terminal import Terminal

ATTACK = (
    "<script>document.title='broken in'; fetch('http://evil.example/a')</script>"
    '"><img src=http://evil.example/b onerror="document.title=1">'
)


def test_d16_a_report_on_hostile_entries_shows_them_and_asks_nobody(tmp_path: Path) -> None:
    entries = minutes_of_payments(30, failing=range(20, 23), text=ATTACK)
    for each in entries:
        each["labels"] = {"service": ATTACK}
    (tmp_path / "log.json").write_bytes(orjson.dumps(entries))
    terminal = Terminal(tmp_path)
    answer = orjson.loads(terminal.line("backtest", "log.json", "--json", "--html", "report.html"))
    [ran] = answer["configurations"]

    opened = open_page(tmp_path / "report.html", tmp_path / "profile")

    assert ran["findings"] > 0
    assert ran["found"][0]["service"].startswith("<script>")
    assert opened.html.count('class="mark ') == ran["findings"]
    assert len(re.findall(r'<tr id="f\d+"', opened.html)) == ran["findings"]
    assert "<title>Backtest</title>" in opened.html
    assert "<script" not in opened.html
    assert "<script>document.title" in html.unescape(opened.html)
    assert opened.asked_for == []


def test_the_browser_would_show_what_a_page_asks_for_and_runs(tmp_path: Path) -> None:
    page = tmp_path / "open.html"
    page.write_text(f"<!doctype html><title>Backtest</title>{ATTACK}")

    opened = open_page(page, tmp_path / "profile")

    assert "<title>Backtest</title>" not in opened.html
    assert {"http://evil.example/a", "http://evil.example/b"} <= set(opened.asked_for)
