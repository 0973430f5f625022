"""What the two views show of a snapshot."""

import io
import shlex
from dataclasses import replace
from datetime import timedelta

import pytest
from rich.console import Console

from tests.builders import NOON, alert, anomaly, incident
from vigil.local.plain_view import PlainView
from vigil.local.recent_lines import LineCount
from vigil.local.snapshot import Place, Snapshot
from vigil.local.view import FULL_HEIGHT, LiveView, render
from vigil.model.alert import Alert, AlertStatus
from vigil.model.notification import Notification, NotificationStatus, Transition
from vigil.model.outcome import Outcomes
from vigil.model.severity import Severity

WIDTH = 100
PLACE = Place(
    api="http://127.0.0.1:8080",
    push="http://127.0.0.1:8080/push/vigil-logs",
    shop="http://127.0.0.1:5000",
    key="vk1.local." + "k" * 43,
)
# A colour, a screen that is cleared, a title, a line of its own, markup, a reversed direction.
HOSTILE = "\x1b[31m\x1b[2J\x1b]0;owned\x07\r\nCRITICAL: faked\n[bold red]x[/]\u202e[/nothing]\x9b1m"


def notification(**changes: object) -> Notification:
    told = Notification(
        key="v1-told",
        tenant_id="local",
        alert_id="v1-alert",
        channel_id="terminal",
        transition=Transition.OPENED,
        status=NotificationStatus.SENT,
        created_at=NOON + timedelta(seconds=64),
        due_at=NOON + timedelta(seconds=64),
        attempts=1,
        sent_at=NOON + timedelta(seconds=65),
    )
    return replace(told, **changes)  # type: ignore[arg-type] # each test names real fields


def acknowledged() -> Alert:
    return alert(
        status=AlertStatus.ACKNOWLEDGED,
        acknowledged_by="vigil up",
        acknowledged_at=NOON + timedelta(seconds=90),
    )


def busy(**changes: object) -> Snapshot:
    """Return a snapshot in which every section is full."""
    whole = Snapshot(
        at=NOON + timedelta(seconds=66),
        place=PLACE,
        story="Every payment fails, and every checkout with it.",
        changes_at=NOON + timedelta(seconds=100),
        outcomes=Outcomes(received=123456, processed=123450, duplicate=6, late=7),
        per_second=28.4,
        waiting=12,
        faults={"payment": {"delay_ms": 0.0, "error_rate": 1.0}},
        lines=[LineCount(f"order <*> went way {n}", 100 - n, failed=n < 3) for n in range(9)],
        anomalies=[
            anomaly(anomaly_id=f"v1-{n}", endpoint=f"GET /{n}", severity=severity)
            for n, severity in enumerate(reversed(Severity))
        ],
        incidents=[incident(), incident(incident_id="INC-2")],
        alerts=[
            alert(),
            alert(alert_id="v1-older", status=AlertStatus.RESOLVED, resolved_by="vigil"),
            alert(alert_id="v1-oldest"),
        ],
        notifications=[notification(key=f"v1-{n}") for n in range(5)],
    )
    return replace(whole, **changes)  # type: ignore[arg-type] # each test names real fields


def shown(snapshot: Snapshot, height: int = FULL_HEIGHT) -> list[str]:
    """Return the lines that a terminal of 100 columns shows."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), color_system=None)
    console.print(render(snapshot, height))
    return console.export_text().splitlines()


def said(*snapshots: Snapshot) -> list[str]:
    written: list[str] = []
    with PlainView(written.append) as view:
        for snapshot in snapshots:
            view.show(snapshot)
    return "".join(written).splitlines()


def assert_harmless(lines: list[str]) -> None:
    text = "\n".join(lines)
    assert not any(line.startswith("CRITICAL: faked") for line in lines)
    assert not {"\x1b", "\x07", "\r", "\x9b", "\u202e"} & set(text)
    # It is shown, and as it was written: it is no markup of ours.
    assert "CRITICAL: faked [bold red]x[/][/nothing]" in text


# --- on a terminal --------------------------------------------------------------------------------


@pytest.mark.parametrize("height", [24, 27, 30, 60])
def test_a_full_view_fits_its_terminal(height: int) -> None:
    lines = shown(busy(), height)
    assert len(lines) < height
    assert max(len(line) for line in lines) <= WIDTH


def test_where_nobody_can_tell_how_much_waits_nothing_is_said_of_it() -> None:
    text = "\n".join(shown(replace(busy(), waiting=None)))
    assert "28.4 a second, every one accounted for" in text


def test_the_view_says_what_there_is() -> None:
    text = "\n".join(shown(busy()))
    for words in (
        PLACE.api,
        PLACE.push,
        PLACE.shop,
        PLACE.key,
        "Every payment fails, and every checkout with it. (34 s)",
        "broken: payment: 100% fail",
        "28.4 a second, 12 messages waiting, every one accounted for",
        "received 123456  processed 123450  duplicate 6",
        "100  order <*> went way 0",
        "critical error_spike in GET /0: 38 of 40 requests failed",
        "Error spike in POST /payment (open)",
        "root cause: Not enough evidence to name one; POST /payment alone is affected",
        "open since 12:01:00",
        "resolved by vigil",
        "opened to terminal: sent at 12:01:05",
    ):
        assert words in text


def test_an_entry_that_is_not_accounted_for_is_not_hidden() -> None:
    assert "NOT ALL ACCOUNTED FOR" in "\n".join(shown(busy(outcomes=Outcomes(received=1))))


def test_an_alert_comes_with_the_command_that_acknowledges_it_in_a_form_to_be_copied() -> None:
    lines = shown(busy(alerts=[alert(alert_id="v1-" + "f" * 32)]))
    at = next(n for n, line in enumerate(lines) if line.startswith("curl -X POST \\"))
    command = "\n".join(line.rstrip() for line in lines[at : at + 3])
    words = shlex.split(command.replace("\\\n", " "))
    assert words == [
        *("curl", "-X", "POST", "-H", f"X-API-Key: {PLACE.key}"),
        f"{PLACE.api}/alerts/v1-{'f' * 32}/acknowledge",
    ]


def test_once_an_alert_is_acknowledged_the_view_says_by_whom() -> None:
    text = "\n".join(shown(busy(alerts=[acknowledged()])))
    assert "acknowledged by vigil up at 12:01:30" in text
    assert "/acknowledge" not in text


def test_a_quiet_view_says_that_there_is_nothing() -> None:
    lines = shown(Snapshot(at=NOON, place=PLACE, story="The shop is well."))
    assert lines.count("none yet") == 5


@pytest.mark.parametrize(
    "snapshot",
    [
        pytest.param(busy(anomalies=[anomaly(description=HOSTILE)]), id="anomaly"),
        pytest.param(busy(anomalies=[anomaly(endpoint=HOSTILE)]), id="endpoint"),
        pytest.param(busy(incidents=[incident(title=HOSTILE)]), id="incident"),
        pytest.param(busy(alerts=[alert(title=HOSTILE)]), id="alert"),
        pytest.param(
            busy(alerts=[replace(acknowledged(), acknowledged_by=HOSTILE)]), id="acknowledged by"
        ),
        pytest.param(busy(notifications=[notification(reason=HOSTILE)]), id="reason"),
        pytest.param(
            busy(
                incidents=[
                    incident(root_cause=replace(incident().root_cause, reason=HOSTILE)),
                ]
            ),
            id="root cause",
        ),
    ],
)
def test_d19_what_was_logged_can_neither_fake_a_line_nor_move_the_cursor(
    snapshot: Snapshot,
) -> None:
    assert_harmless(shown(snapshot))
    assert_harmless(said(snapshot))


def test_d19_nor_can_a_line_that_is_counted() -> None:
    assert_harmless(shown(busy(lines=[LineCount(HOSTILE, 3, failed=True)])))


def test_a_live_view_draws_in_place_and_writes_above() -> None:
    terminal = io.StringIO()
    console = Console(file=terminal, force_terminal=True, width=WIDTH, height=FULL_HEIGHT)
    with LiveView(console) as view:
        view.show(busy())
        view.write("CRITICAL: [red]a page[/red]\n")
        view.show(busy(story="The shop is mended."))
    drawn = terminal.getvalue()
    assert "CRITICAL: [red]a page[/red]" in drawn
    assert "The shop is mended." in drawn[drawn.index("a page") :]
    # The cursor that was hidden is shown again.
    assert drawn.rindex("\x1b[?25h") > drawn.rindex("\x1b[?25l")


# --- without a terminal ---------------------------------------------------------------------------


def test_a_plain_view_says_everything_once() -> None:
    assert said(busy(), busy()) == said(busy())


def test_a_plain_view_has_the_command_on_one_line() -> None:
    (line,) = [line for line in said(busy(alerts=[alert()])) if "curl" in line]
    assert shlex.split(line.partition("acknowledge it: ")[2]) == [
        *("curl", "-X", "POST", "-H", f"X-API-Key: {PLACE.key}"),
        f"{PLACE.api}/alerts/v1-alert/acknowledge",
    ]


def test_a_plain_view_says_what_became_of_an_alert() -> None:
    before = busy(alerts=[alert()])
    lines = said(before, replace(before, alerts=[acknowledged()]))
    assert "12:01:06 alert acknowledged by vigil up at 12:01:30: Error spike" in lines[-1]


def test_what_goes_on_straying_is_said_once_a_minute() -> None:
    snapshots = [
        busy(anomalies=[anomaly(anomaly_id=f"v1-{n}", detected_at=NOON + timedelta(seconds=5 * n))])
        for n in range(25)
    ]
    assert len([line for line in said(*snapshots) if "anomaly:" in line]) == 3


def test_figures_are_said_every_ten_seconds() -> None:
    snapshots = [busy(at=NOON + timedelta(seconds=n)) for n in range(21)]
    assert len([line for line in said(*snapshots) if "entries:" in line]) == 3


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param(
            {"status": NotificationStatus.DUE, "attempts": 2, "reason": "no whole reply"},
            "opened to terminal: due at 12:01:04, tried 2 times (no whole reply)",
            id="tried again",
        ),
        pytest.param(
            {"status": NotificationStatus.FAILED, "reason": "the receiver answered 404"},
            "opened to terminal: failed (the receiver answered 404)",
            id="given up",
        ),
        pytest.param(
            {"transition": Transition.RESOLVED}, "resolved to terminal: sent at 12:01:05", id="sent"
        ),
    ],
)
def test_it_is_said_what_became_of_a_notification(changes: dict[str, object], words: str) -> None:
    snapshot = busy(notifications=[notification(**changes)])
    assert words in "\n".join(shown(snapshot))
    assert words in "\n".join(said(snapshot))
