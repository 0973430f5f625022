from datetime import UTC, datetime, timedelta, timezone

import pytest

from tests.builders import alert_message
from vigil.adapters.terminal_notifier import TerminalNotifier, terminal_block
from vigil.model.channel import Channel, ChannelKind
from vigil.model.notification import Transition


def test_an_alert_is_one_readable_block() -> None:
    written: list[str] = []
    TerminalNotifier(written.append).send(alert_message(), Channel("t", ChannelKind.TERMINAL))
    assert written == [
        "CRITICAL: POST /payment fails\n"
        "  Why:         38 of 40 requests failed, usually 0 of 42\n"
        "  Since:       2026-01-20 10:30:15 UTC\n"
        "  Root cause:  shop-payment POST /payment\n"
        "  Affected:    POST /payment, POST /checkout\n"
        "  First steps: 1. Read the payment service's log\n"
        "               2. Roll back its last release\n"
        "  Alert:       https://vigil.example/alerts/v1-alert\n"
    ]


def test_a_resolution_is_told_by_its_first_word() -> None:
    block = terminal_block(alert_message(transition=Transition.RESOLVED))
    assert block.startswith("RESOLVED: POST /payment fails\n")


def test_another_time_zone_is_shown_in_utc() -> None:
    noon = datetime(2026, 1, 20, 12, tzinfo=UTC).astimezone(timezone(timedelta(hours=9)))
    assert "2026-01-20 12:00:00 UTC" in terminal_block(alert_message(since=noon))


@pytest.mark.parametrize(
    ("logged", "shown"),
    [
        pytest.param("a\r\nCRITICAL: fake", "a CRITICAL: fake", id="line break"),
        pytest.param("\x1b[2J\x1b[1;31mred\x1b[0m", "red", id="colour and clear screen"),
        pytest.param("\x1b]8;;http://evil\x07link\x1b]8;;\x07", "link", id="hyperlink"),
        pytest.param("\x1b]0;title", "0;title", id="unfinished title"),
        pytest.param("\x9b31mred", "red", id="eight-bit colour"),
        pytest.param("a\x00\x07\x08b", "a b", id="control characters"),
        pytest.param("a\u2028b\u2029c\x85d", "a b c d", id="unicode line breaks"),
        pytest.param("a\u202eb\u2066c\ufeffd", "abcd", id="direction marks"),
        pytest.param("a\tb", "a b", id="tab"),
        pytest.param("\ud800", "\N{REPLACEMENT CHARACTER}", id="half a character"),
    ],
)
def test_d19_what_a_log_says_can_neither_fake_a_line_nor_move_the_cursor(
    logged: str, shown: str
) -> None:
    block = terminal_block(alert_message(why=logged))
    assert block.splitlines()[1] == f"  Why:         {shown}"
    assert len(block.splitlines()) == len(terminal_block(alert_message()).splitlines())
    assert not any(character in block for character in "\x1b\x9b\r\x00")
