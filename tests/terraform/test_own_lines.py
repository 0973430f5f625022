"""What alarms and metrics look for in Vigil's log is what its code really writes there."""

import gc
import io
import json
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from datetime import timedelta

import pytest

from tests.builders import NOON, anomaly, incident, raw_entry
from tests.gemini import Gemini, analyst, asking, gemini
from tests.logging_query import read_query
from tests.servers.gemini_server import failing
from tests.terraform.edge_deployment import SmallTree
from tests.terraform.measured import VARIABLES
from tests.terraform.monitoring_plan import log_filters
from tests.unit.workflows.test_failing_channels import owe
from tests.vigil_in_memory import PAGER, VigilInMemory
from vigil.adapters.push_identity import Anybody
from vigil.adapters.sqlite_documents import SqliteDocuments
from vigil.doors.head import Head
from vigil.doors.push_door import PushDoor, Route
from vigil.doors.starting import start
from vigil.errors import InvalidSettings, NotificationFailed, NotificationRejected, PermanentError
from vigil.logs.push_message import PushMessage
from vigil.model.tenant import Tenant
from vigil.settings import Settings
from vigil.stores.queries import DECLARED
from vigil.telemetry import configure
from vigil.workflows.ticks import Ticks

Entry = Mapping[str, object]
Line = dict[str, object]
# What Cloud Run takes out of a line and puts into the entry itself.
_TAKEN = ("severity", "time")
_GHOST = Tenant("aaa-ghost", "Not in the registry any more", NOON)


@pytest.fixture(scope="module")
def filters(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    tree = SmallTree(tmp_path_factory.mktemp("own-lines"))
    return log_filters(json.loads(tree.planned(VARIABLES).text))


@pytest.fixture(scope="module")
def model() -> Iterator[Gemini]:
    with gemini() as opened:
        yield opened


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """Gives what is logged from here on, and puts back what that changes for the process."""
    root, thresholds = logging.getLogger(), gc.get_threshold()
    handlers, level = list(root.handlers), root.level
    stream = io.StringIO()
    configure("manage_alerts", stream=stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    gc.set_threshold(*thresholds)


def entries(stream: io.StringIO) -> list[Entry]:
    return [as_entry(json.loads(line)) for line in stream.getvalue().splitlines()]


def as_entry(line: Line) -> Entry:
    """Return what Cloud Run makes of a line: one that is a message and no more becomes text."""
    severity, labels = line["severity"], line["logging.googleapis.com/labels"]
    rest = {
        name: value
        for name, value in line.items()
        if name not in _TAKEN and not name.startswith("logging.googleapis.com/")
    }
    is_text = set(rest) == {"message"}
    return {
        "severity": severity,
        "labels": labels,
        "resource": {
            "type": "cloud_run_revision",
            "labels": {"service_name": "vigil-manage-alerts"},
        },
        **({"textPayload": rest["message"]} if is_text else {"jsonPayload": rest}),
    }


def tell(vigil: VigilInMemory, times: int) -> None:
    owe(vigil, 1, PAGER)
    for _ in range(times):
        vigil.workflows.manage_alerts.deliver()
        vigil.clock.advance(900)


def lose_a_page() -> None:
    with VigilInMemory() as vigil:
        vigil.notifier.trouble["pager"] = NotificationRejected("gone")
        tell(vigil, 1)


def let_a_page_wait() -> None:
    with VigilInMemory() as vigil:
        vigil.notifier.trouble["pager"] = NotificationFailed("busy")
        tell(vigil, 5)


def tick_for_a_ghost() -> None:
    with VigilInMemory() as vigil:
        manage = vigil.workflows.manage_alerts
        detect = vigil.workflows.detect_anomalies
        Ticks(tenants=lambda: [_GHOST], detect=detect, manage=manage).correlate()


def receive_what_is_nobodys() -> None:
    with VigilInMemory() as vigil:
        vigil.receive([raw_entry(logName="projects/nobodys/logs/stdout")])


def set_a_message_aside() -> None:
    def refuse(push: PushMessage) -> None:
        raise PermanentError("the event names a tenant that does not exist")

    body = json.dumps({"message": {"messageId": "7", "data": ""}}).encode()
    PushDoor(Anybody(), {"/": Route(refuse)}).take(Head("POST", "/", {}), body)


def start_without_settings() -> None:
    def make(settings: Settings, environ: Mapping[str, str]) -> None:
        raise InvalidSettings("these settings are missing:\n  VIGIL_PROJECT")

    with suppress(SystemExit):
        start("manage_alerts", make)


WRITTEN = [
    pytest.param(lose_a_page, {"lost-page"}, id="a page is lost"),
    pytest.param(let_a_page_wait, {"waiting-page", "vigil-waiting-pages"}, id="a page waits"),
    pytest.param(tick_for_a_ghost, {"vigil-unfinished-ticks"}, id="a tick is not finished"),
    pytest.param(receive_what_is_nobodys, {"vigil-nobodys-entries"}, id="entries are nobody's"),
    pytest.param(set_a_message_aside, {"set-aside"}, id="a message is set aside"),
]


@pytest.mark.parametrize(("do", "noticed"), WRITTEN)
def test_what_goes_wrong_is_noticed_by_what_is_there_for_it(
    filters: Mapping[str, str], written: io.StringIO, do: Callable[[], None], noticed: set[str]
) -> None:
    do()

    found = {
        name for name, text in filters.items() for e in entries(written) if read_query(text)(e)
    }
    assert found == noticed | {"vigil-complaints"}


def test_a_function_that_cannot_start_is_noticed(
    filters: Mapping[str, str], written: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    start_without_settings()

    [line] = capsys.readouterr().out.splitlines()
    assert read_query(filters["cannot-start"])(as_entry(json.loads(line)))


@pytest.mark.parametrize(
    ("status", "noticed"),
    [
        pytest.param(None, {"vigil-model-tokens"}, id="it answers"),
        pytest.param(400, {"vigil-unexplained"}, id="it refuses"),
    ],
)
def test_what_a_model_costs_and_when_it_fails_is_counted(
    filters: Mapping[str, str],
    written: io.StringIO,
    model: Gemini,
    status: int | None,
    noticed: set[str],
) -> None:
    model.server.play(*([failing(status)] if status else []))
    with closing(SqliteDocuments(":memory:", DECLARED)) as documents:
        asker = analyst(documents, model.model, asking())
        asker.explain(incident(), [anomaly()], now=NOON + timedelta())

    counted = ("vigil-model-tokens", "vigil-unexplained")
    found = {n for n in counted for e in entries(written) if read_query(filters[n])(e)}
    assert found == noticed


def test_four_attempts_are_no_alarm_yet(filters: Mapping[str, str], written: io.StringIO) -> None:
    with VigilInMemory() as vigil:
        vigil.notifier.trouble["pager"] = NotificationFailed("busy")
        tell(vigil, 4)

    assert len(entries(written)) == 4
    assert not any(map(read_query(filters["waiting-page"]), entries(written)))


def test_a_line_that_is_a_message_and_no_more_is_found_as_text(filters: Mapping[str, str]) -> None:
    line: Line = {
        "severity": "WARNING",
        "message": "a tenant's tick was not finished",
        "logging.googleapis.com/labels": {"component": "manage_alerts"},
    }

    entry = as_entry(line)
    assert "jsonPayload" not in entry
    assert read_query(filters["vigil-unfinished-ticks"])(entry)
