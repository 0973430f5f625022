"""The small parts of `vigil up` and `vigil demo`."""

import io
import json
import logging
import signal
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from rich.console import Console

from tests.builders import NOON, raw_entry
from vigil.errors import InvalidSettings, TransientError
from vigil.local.demo import report
from vigil.local.demo_findings import EXPECTED, Expected, Found, complaints
from vigil.local.entry_pump import EntryPump
from vigil.local.own_log import own_log
from vigil.local.recent_lines import REMEMBERED, LineCount, RecentLines
from vigil.local.shop_faults import ShopFaults
from vigil.local.shop_log import Entry
from vigil.local.stop_signals import StopSignals
from vigil.local.story import Phase, Story, Storyteller
from vigil.ports import Message
from vigil.settings import Settings
from vigil.telemetry import logger

# --- the story ------------------------------------------------------------------------------------

STORY = Story(NOON + timedelta(seconds=20), NOON + timedelta(seconds=65))


def test_a_story_breaks_the_shop_once_and_mends_only_what_it_broke() -> None:
    faults = ShopFaults()
    teller = Storyteller(
        STORY,
        faults,
        breaks=lambda shop: shop.fail("payment", 1),
        mends=lambda shop: shop.fail("payment", 0),
    )
    assert teller.tell(NOON) is Phase.LEARNING
    assert faults.status() == {}
    assert teller.tell(STORY.breaks_at) is Phase.BROKEN
    assert faults.delay_of("payment") == timedelta(0)
    assert faults.status() == {"payment": {"delay_ms": 0, "error_rate": 1}}
    faults.fail("inventory", 0.5)
    faults.fail("payment", 0.25)
    teller.tell(STORY.breaks_at + timedelta(seconds=1))
    assert faults.status()["payment"]["error_rate"] == 0.25
    assert teller.tell(STORY.mends_at) is Phase.MENDED
    assert faults.status() == {"inventory": {"delay_ms": 0, "error_rate": 0.5}}


def test_a_story_knows_what_comes_next() -> None:
    assert STORY.changes_at(NOON) == STORY.breaks_at
    assert STORY.changes_at(STORY.breaks_at) == STORY.mends_at
    assert STORY.changes_at(STORY.mends_at) is None


# --- signals --------------------------------------------------------------------------------------


@pytest.mark.parametrize("asked", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_waited_for_and_interrupts_nothing(asked: signal.Signals) -> None:
    before = signal.getsignal(asked)
    with StopSignals() as stop:
        assert not stop.wait(0)
        signal.raise_signal(asked)
        assert stop.wait(60)
        # A second one is not needed, and the first is not forgotten.
        assert stop.wait(60)
    assert signal.getsignal(asked) is before


# --- the pump -------------------------------------------------------------------------------------


class Topic:
    """A Publisher that keeps what it is given, after it has failed `failures` times."""

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.published: list[Message] = []

    def publish(self, topic: str, messages: Sequence[Message]) -> None:
        assert topic == "logs"
        if self.failures:
            self.failures -= 1
            raise TransientError("the disk is full")
        self.published += messages


@pytest.mark.parametrize("failures", [0, 3], ids=["at once", "with trouble"])
def test_all_that_was_put_in_is_published_in_order(failures: int) -> None:
    topic, seen = Topic(failures), list[Entry]()
    entries = [raw_entry(insertId=f"e{n}") for n in range(250)]
    with EntryPump(topic, "logs", seen.append) as pump:
        for entry in entries:
            pump.put(entry)
    assert [json.loads(message.data) for message in topic.published] == entries == seen
    assert topic.published[0].attributes == {
        "logging.googleapis.com/timestamp": "2026-01-20T12:00:00Z"
    }


def test_a_pump_does_not_wait_for_ever() -> None:
    topic = Topic(failures=1000)
    with EntryPump(topic, "logs", lambda entry: None) as pump:
        pump.put(raw_entry())
    assert topic.published == []


# --- the latest lines -----------------------------------------------------------------------------


def test_lines_are_counted_by_template_failures_first() -> None:
    lines = RecentLines()
    for n in range(3):
        lines.see(raw_entry(textPayload=f"order {n} placed"))
    lines.see(raw_entry(textPayload="order 4 failed", severity="ERROR"))
    assert lines.counts() == (
        LineCount("order <*> failed", 1, failed=True),
        LineCount("order <*> placed", 3, failed=False),
    )


def test_only_the_latest_lines_count() -> None:
    lines = RecentLines()
    lines.see(raw_entry(textPayload="long ago"))
    for _ in range(REMEMBERED):
        lines.see(raw_entry(textPayload="just now"))
    assert lines.counts() == (LineCount("just now", REMEMBERED, failed=False),)


def test_a_secret_in_a_line_is_not_shown() -> None:
    lines = RecentLines()
    lines.see(raw_entry(textPayload="login with password=hunter2hunter2 refused"))
    assert "hunter2" not in lines.counts()[0].text


# --- its own log ----------------------------------------------------------------------------------


def test_vigil_logs_to_a_file_while_it_runs(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "kept")
    for _ in range(2):
        with own_log(settings):
            logger("vigil.test").info("started")
    records = (tmp_path / "kept" / "vigil.log").read_text().splitlines()
    assert [json.loads(record)["message"] for record in records] == ["started", "started"]
    assert logging.getLogger().handlers == []


def test_a_log_that_cannot_be_written_is_a_setting_to_correct(tmp_path: Path) -> None:
    (tmp_path / "vigil.log").mkdir()
    with (
        pytest.raises(InvalidSettings, match="VIGIL_DATA_DIR"),
        own_log(Settings(data_dir=tmp_path)),
    ):
        pass


# --- what the demo makes of what was found --------------------------------------------------------

CASCADE = EXPECTED[2]
AS_EXPECTED = Found(
    root_cause="POST /payment",
    anomaly_type="error_spike",
    affected=frozenset({"POST /payment", "POST /checkout", ""}),
    incidents=1,
    alerts=1,
    pages=1,
    told=("CRITICAL: Error spike in POST /payment\n",),
    seconds=3.4,
)
NOTHING = Found("", "", frozenset(), 0, 0, 0, (), 45.0)


def reported(*results: tuple[Expected, Found]) -> tuple[int, str]:
    console = Console(record=True, width=100, file=io.StringIO())
    return report(console, results), console.export_text()


def test_what_was_expected_is_reported_as_found() -> None:
    code, text = reported((CASCADE, AS_EXPECTED))
    assert code == 0
    assert text.count("error_spike in POST /payment") == 2
    assert text.count("1 incident, 1 alert, 1 page") == 2
    assert "3.4 s" in text


@pytest.mark.parametrize(
    ("found", "complaint"),
    [
        pytest.param(
            replace(AS_EXPECTED, root_cause="POST /checkout"), "blamed POST /checkout", id="victim"
        ),
        pytest.param(
            replace(AS_EXPECTED, anomaly_type="latency_increase"),
            "it did latency_increase",
            id="another type",
        ),
        pytest.param(
            replace(AS_EXPECTED, affected=frozenset({"POST /payment"})),
            "not affected: POST /checkout",
            id="no cascade",
        ),
        pytest.param(replace(AS_EXPECTED, incidents=2), "2 incidents", id="two incidents"),
        pytest.param(replace(AS_EXPECTED, alerts=0), "0 alerts", id="no alert"),
        pytest.param(replace(AS_EXPECTED, pages=2), "2 pages", id="two pages"),
        pytest.param(replace(AS_EXPECTED, told=()), "the terminal was told 0 times", id="unheard"),
    ],
)
def test_one_scenario_that_fails_fails_the_demo(found: Found, complaint: str) -> None:
    assert complaints(CASCADE, found) == [complaint]
    code, text = reported((CASCADE, AS_EXPECTED), (CASCADE, found))
    assert code == 1
    assert complaint in text


def test_finding_nothing_is_said_in_full() -> None:
    code, text = reported((CASCADE, NOTHING))
    assert code == 1
    assert "blamed nothing" in text
    assert "0 incidents" in text
