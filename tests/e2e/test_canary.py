"""The canary against a whole Vigil: it arrives, and where it does not it says where it was lost."""

import base64
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import grpc
import httpx
import orjson
import pytest

from tests.http_recorder import HttpRecorder, Reply
from tests.servers.logging_server import LoggingServer, Trouble, logging_server
from vigil.adapters.cloud_calls import CloudCalls
from vigil.adapters.cloud_log_writer import CloudLogWriter
from vigil.doors.clock import utc_now
from vigil.errors import InvalidSettings
from vigil.local.administration import Administration
from vigil.local.canary import Canary
from vigil.local.canary_api import CanaryApi
from vigil.local.canary_flight import KEY, fly_canary
from vigil.local.canary_run import CanaryRun
from vigil.local.channels import NamedChannels
from vigil.local.embedded import Customers, Embedded
from vigil.model.alert import Alert
from vigil.model.api_key import Role
from vigil.model.tenant import Thresholds
from vigil.settings import Settings
from vigil.stores.queries import ALERTS, SERVICES
from vigil.stores.registry import StoredRegistry
from vigil.stores.tenant_store import TenantStore

pytestmark = pytest.mark.slow
NOBODY = Customers(checkouts_per_second=0, inventory_per_second=0)
QUICK = Thresholds(
    window_seconds=1, allowed_lateness_seconds=1, group_wait_seconds=0, quiet_seconds=900
)
SIGNING_KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
HOOK = NamedChannels(webhook="env:CANARY_HOOK", webhook_key="env:CANARY_HOOK_KEY")
# Enough for all stages; enough for those before one that is never reached; and for none.
PATIENT, SHORT, BRIEF = 60.0, 15.0, 3.0


class Home:
    """A Vigil that runs, tenants in it, and canaries that fly to it."""

    def __init__(self, vigil: Embedded, receiver: HttpRecorder) -> None:
        self.vigil = vigil
        self.receiver = receiver
        self.said: list[str] = []
        self._registry = StoredRegistry(vigil.documents, utc_now)
        self._desk = Administration(vigil.documents, vigil.settings, utc_now)

    def tenant(self, name: str, thresholds: Thresholds = QUICK, *, is_told: bool = True) -> None:
        """Create a tenant with a project of its own, told by a webhook and no other way."""
        made = self._desk.create_tenant(name, [f"{name}-prod"], named=HOOK)
        channels = [each for each in made.channels if is_told and each.channel_id == "webhook"]
        self._registry.change_tenant(replace(made, thresholds=thresholds, channels=tuple(channels)))

    def key(self, name: str, role: Role = Role.RESPONDER) -> str:
        return self._desk.create_key(name, role, name="canary")

    def fly(
        self, name: str, *, seconds: float = PATIENT, role: Role = Role.RESPONDER, project: str = ""
    ) -> bool:
        self.said.clear()
        return fly_canary(
            {KEY: self.key(name, role)},
            url=self.vigil.api,
            project=project or f"{name}-prod",
            seconds=seconds,
            say=self.said.append,
        )

    def alerts(self, name: str) -> list[Alert]:
        store = TenantStore(self.vigil.documents, name)
        return [stored.value for stored in store.alerts.query(ALERTS)]

    def services(self, name: str) -> list[object]:
        parent = TenantStore(self.vigil.documents, name).root
        found = self.vigil.documents.query(SERVICES, parent=parent)
        return [document.fields["service"] for document in found]

    @property
    def missed(self) -> list[str]:
        return [line.partition("NOT REACHED: ")[2] for line in self.said if "NOT REACHED" in line]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    monkeypatch.setenv("VIGIL_DATA_DIR", str(tmp_path))
    monkeypatch.delenv("VIGIL_PROJECT", raising=False)
    settings = Settings(data_dir=tmp_path, api_port=0, shop_port=0)
    with HttpRecorder() as receiver:
        monkeypatch.setenv("CANARY_HOOK", receiver.address)
        monkeypatch.setenv("CANARY_HOOK_KEY", SIGNING_KEY)
        with Embedded(settings, write=lambda text: None, customers=NOBODY) as vigil:
            yield Home(vigil, receiver)


def test_canaries_arrive_one_after_another_and_leave_nothing_that_stands(home: Home) -> None:
    home.tenant("acme")

    assert [home.fly("acme") for _ in range(2)] == [True, True], home.said

    assert [line[11:] for line in home.said] == [
        "the API answers, and takes the key",
        f"20 entries are written to the push door {home.vigil.push}",
        "an anomaly is found in them",
        "an alert is opened",
        "every channel of the tenant is told",
        "the alert is resolved",
    ]
    alerts = home.alerts("acme")
    assert [(alert.is_active, alert.resolved_by) for alert in alerts] == [(False, "canary")] * 2
    opened = [r.json["title"] for r in home.receiver.requests if r.json["transition"] == "opened"]
    assert opened == [alert.title for alert in reversed(alerts)]
    # However many runs there are, what is learned is one service's.
    assert home.services("acme") == ["canary"]


@pytest.mark.parametrize(
    ("thresholds", "missed", "look_at"),
    [
        pytest.param(
            replace(QUICK, error_rate=1.0, repeated_errors=1000),
            "an anomaly is found in them: there is none yet",
            "thresholds",
            id="a tenant that errors do not move",
        ),
        pytest.param(
            replace(QUICK, group_wait_seconds=3600),
            "an alert is opened: there is none yet",
            "the log of vigil-manage-alerts",
            id="a correlation that is far behind",
        ),
    ],
)
def test_g8_a_canary_that_is_lost_says_after_which_stage_and_where_to_look(
    home: Home, thresholds: Thresholds, missed: str, look_at: str
) -> None:
    home.tenant("acme", thresholds)

    assert not home.fly("acme", seconds=SHORT)

    assert home.missed == [missed]
    assert look_at in home.said[-1]


def test_g8_entries_that_never_come_in_are_told_from_those_in_which_nothing_is_found(
    home: Home,
) -> None:
    home.tenant("acme")

    assert not home.fly("acme", project="nobodys-prod", seconds=BRIEF)

    assert home.missed == ["an entry of the key's tenant has come in since: there is none yet"]
    assert "vigil tenants list" in home.said[-1]


@pytest.mark.parametrize(
    ("status", "missed"),
    [
        pytest.param(503, "not told yet: webhook", id="a receiver in trouble"),
        pytest.param(404, "webhook: failed, ", id="a receiver that is gone"),
    ],
)
def test_g8_a_channel_that_nobody_hears_is_named_and_the_alert_is_resolved_all_the_same(
    home: Home, status: int, missed: str
) -> None:
    home.tenant("acme")
    home.receiver.answer_next(*[Reply(status)] * 20)

    assert not home.fly("acme", seconds=SHORT)

    [line] = home.missed
    assert line.startswith(f"every channel of the tenant is told: {missed}")
    assert "the secrets that the channels name" in home.said[-2]
    assert home.said[-1].endswith("the alert is resolved")


def test_g8_a_tenant_without_a_channel_is_said_to_have_none(home: Home) -> None:
    home.tenant("acme", is_told=False)

    assert not home.fly("acme")

    [line] = home.missed
    assert "the tenant has no channel" in line
    assert "vigil tenants add-channel" in line


def test_a_key_that_may_only_read_leaves_the_alert_and_says_so(home: Home) -> None:
    home.tenant("acme")

    assert not home.fly("acme", role=Role.VIEWER)

    [line] = home.missed
    assert line.startswith("the alert is resolved: the API answers 403: this needs a key")
    assert [alert.is_active for alert in home.alerts("acme")] == [True]


@pytest.mark.parametrize(
    ("reply", "missed"),
    [
        pytest.param(Reply(200), "the API answers 200: and not in Vigil's words", id="no Vigil"),
        pytest.param(Reply(200, body=b"{}"), "no API of Vigil", id="an API of others"),
        pytest.param(Reply(403, body=b"<html>"), "Cloud Run, refuses", id="who may not call"),
        pytest.param(Reply(503, body=b"{}"), "the API answers 503", id="trouble all the time"),
    ],
)
def test_g8_what_is_no_vigil_that_answers_is_told_before_anything_is_written(
    home: Home, reply: Reply, missed: str
) -> None:
    said: list[str] = []
    with HttpRecorder([reply] * 9) as other:
        arrived = fly_canary(
            {KEY: "any"}, url=other.address, project="p", seconds=1, say=said.append
        )

    assert not arrived
    assert [missed in line for line in said] == [True, False]
    assert {request.target for request in other.requests} == {"/metrics"}


def test_a_canary_needs_a_key(home: Home) -> None:
    with pytest.raises(InvalidSettings, match="vigil keys create"):
        fly_canary({}, url=home.vigil.api, project=None, seconds=1, say=print)


# --- through Cloud Logging ------------------------------------------------------------------------


def deliver_to(vigil: Embedded, server: LoggingServer) -> None:
    """Let the server's entries be pushed to Vigil, as a sink's subscription does."""

    def deliver(entry: dict[str, object]) -> None:
        data = base64.b64encode(orjson.dumps(entry)).decode()
        body = {"message": {"data": data, "messageId": str(entry["insertId"])}}
        assert httpx.post(vigil.push, json=body, trust_env=False).is_success

    server.deliver = deliver


def fly_from_cloud_logging(home: Home, server: LoggingServer, name: str) -> bool:
    calls = CloudCalls(None, somebody="whoever runs this")
    writer = CloudLogWriter(server.entries, calls, project=f"{name}-prod")
    run = CanaryRun(f"{name}-prod", utc_now())
    with CanaryApi(home.vigil.api, home.key(name)) as api:
        return Canary(api, writer, run, say=home.said.append).fly()


def test_a_canary_that_is_written_to_cloud_logging_arrives(home: Home) -> None:
    # A sink delivers one entry after another.
    home.tenant("acme", replace(QUICK, window_seconds=5, allowed_lateness_seconds=10))
    with logging_server() as server:
        deliver_to(home.vigil, server)

        assert fly_from_cloud_logging(home, server, "acme"), home.said

    assert server.calls == ["WriteLogEntries"]


def test_g8_a_canary_that_may_not_write_names_the_role_that_is_missing(home: Home) -> None:
    home.tenant("acme")
    with logging_server() as server:
        server.fail("WriteLogEntries", Trouble(grpc.StatusCode.PERMISSION_DENIED))

        assert not fly_from_cloud_logging(home, server, "acme")

    [line] = home.missed
    assert "grant roles/logging.logWriter on project acme-prod to whoever runs this" in line
