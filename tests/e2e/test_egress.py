"""G4: what is secret or personal in an entry is in nothing kept, sent, answered or logged."""

import base64
import io
import json
import re
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path

import pytest

from tests.contract.set_clock import NOON, SetClock
from tests.http_recorder import HttpRecorder
from vigil import telemetry
from vigil.adapters.environment_secrets import EnvironmentSecrets
from vigil.adapters.http_delivery import HttpDelivery
from vigil.adapters.slack_notifier import SlackNotifier
from vigil.adapters.sqlite_documents import SqliteDocuments
from vigil.adapters.terminal_notifier import TerminalNotifier
from vigil.adapters.webhook_notifier import WebhookNotifier
from vigil.doors.assembly import Parts, Workflows, assemble
from vigil.incidents import analyst
from vigil.local.replay import InlineBus, WholeFile
from vigil.model.anomaly_json import anomaly_as_json
from vigil.model.channel import Channel, ChannelKind
from vigil.model.tenant import Tenant
from vigil.stores.queries import ANOMALIES, DECLARED
from vigil.stores.tenant_store import TenantStore
from vigil.workflows.batch_logs import TOPIC as BATCHES
from vigil.workflows.batch_logs import Limits

SIGNING_KEY = "whsec_" + base64.b64encode(b"only for this test, 32 octets lg").decode()
START = NOON
CANARIES = {
    "password": "kQ7-canary-pw",
    "bearer": "canarybearer0a1b2c3d4e5f6g7h8",
    "github": "ghp_" + "CaNaRy0123456789" * 2 + "abcd",
    "email": "carla.canary@example.com",
    "card": "4111 1111 1111 1111",
    "address": "203.0.113.77",
    "url": "dbuser:canary-db-pass",
    "query": "canary-query-token-998877",
    "principal": "root.canary@example.org",
}
CHANNELS = (
    Channel("terminal", ChannelKind.TERMINAL),
    Channel("slack", ChannelKind.SLACK, address_ref="env:SLACK"),
    Channel("hook", ChannelKind.WEBHOOK, address_ref="env:HOOK", signing_key_ref="env:KEY"),
)


def entry(number: int) -> dict[str, object]:
    at = (START + timedelta(seconds=number)).isoformat()
    c = CANARIES
    text = (
        f"charge failed for {c['email']} card {c['card']} from {c['address']}: "
        f"password={c['password']} Authorization: Bearer {c['bearer']} {c['github']} "
        f"postgres://{c['url']}@db/shop"
    )
    kinds: list[dict[str, object]] = [
        {"textPayload": text},
        {"jsonPayload": {"message": text, "user": c["email"], "password": c["password"]}},
        {"jsonPayload": {"exception": f"Traceback\n  File x\nValueError: {text}"}},
        {"jsonPayload": {c["email"]: c["card"], "error": {"detail": text}}},
        {
            "resource": {"type": "global", "labels": {}},
            "httpRequest": {},
            "jsonPayload": {
                "message": text,
                "service": f"mailer {c['email']}",
                "route": f"job password={c['password']}",
            },
        },
        {
            "protoPayload": {
                "@type": "type.googleapis.com/google.cloud.audit.AuditLog",
                "methodName": "SetIamPolicy",
                "authenticationInfo": {"principalEmail": c["principal"]},
                "status": {"code": 7, "message": f"denied to {c['principal']}"},
            }
        },
    ]
    return {
        "logName": "projects/acme-prod/logs/run.googleapis.com%2Frequests",
        "insertId": f"id-{number}",
        "timestamp": at,
        "receiveTimestamp": at,
        "severity": "ERROR",
        "resource": {"type": "cloud_run_revision", "labels": {"service_name": "pay"}},
        "labels": {c["email"]: c["password"], "user": c["email"]},
        "trace": f"projects/acme-prod/traces/{number:032x}",
        "httpRequest": {
            "requestMethod": "POST",
            "requestUrl": f"https://shop/pay/{c['email']}?token={c['query']}",
            "status": 500,
            "latency": "0.1s",
            "remoteIp": c["address"],
            "userAgent": f"curl {c['email']}",
            "referer": f"https://x/?password={c['password']}",
        },
        **kinds[number % len(kinds)],
    }


class Installation:
    """All workflows over a file, with the real notifiers."""

    def __init__(self, path: Path, receiver: str) -> None:
        self.tenant = Tenant("acme", "Acme", START, channels=CHANNELS)
        self.clock, self.bus = SetClock(), InlineBus()
        self.published: list[bytes] = []
        self.documents = SqliteDocuments(path, DECLARED)
        self.terminal: list[str] = []
        secrets = EnvironmentSecrets({"SLACK": receiver, "HOOK": receiver, "KEY": SIGNING_KEY})
        delivery = HttpDelivery(now=self.clock)
        self.workflows: Workflows = assemble(
            Parts(
                documents=self.documents,
                publisher=self.bus,
                registry=WholeFile(self.tenant),
                clock=self.clock,
                analyst=analyst,
                notifiers=(
                    TerminalNotifier(self.terminal.append),
                    SlackNotifier(secrets, delivery),
                    WebhookNotifier(secrets, delivery, self.clock),
                ),
                public_url="http://vigil.example",
                is_own=lambda entry: False,
                limits=Limits(),
            )
        )

    def run(self, entries: list[dict[str, object]]) -> None:
        batch_logs = self.workflows.batch_logs
        for raw in entries:
            batch_logs.take(json.dumps(raw).encode(), size_bytes=1)
        self.clock.now = START + timedelta(seconds=len(entries))
        for buffer in batch_logs.open_buffers():
            batch_logs.close(buffer)
            batch_logs.send(buffer)
        self._deliver()
        self.clock.now = START + timedelta(minutes=10)
        self.workflows.detect_anomalies.tick("acme")
        self.workflows.manage_alerts.correlate("acme")
        self._deliver()

    def _deliver(self) -> None:
        while self.bus.waiting:
            topic, message = self.bus.waiting.popleft()
            if topic == BATCHES:
                self.workflows.detect_anomalies.handle(message.data)
            else:
                self.workflows.analyze_incidents.handle(message.attributes, message.data)
                self.workflows.manage_alerts.handle(message.attributes, message.data)
                self.published.append(message.data)


def kept_in(path: Path) -> Iterator[bytes]:
    """Yield every value in the database, and what its packed ones unpack to."""
    with closing(sqlite3.connect(path)) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        for (table,) in tables.fetchall():
            for row in connection.execute(f'SELECT * FROM "{table}"'):
                for value in row:
                    octets = value if isinstance(value, bytes) else str(value).encode()
                    yield octets
                    yield from unpacked(octets)


def unpacked(octets: bytes) -> Iterator[bytes]:
    """Yield what every zlib stream in `octets` holds."""
    for found in re.finditer(rb"\x78\x01", octets):
        with suppress(zlib.error):
            yield zlib.decompressobj().decompress(octets[found.start() :])


@pytest.fixture
def own_logs() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    telemetry.configure("test", stream=stream, level="DEBUG")
    yield stream
    telemetry.configure("test", stream=io.StringIO())


def test_g4_d25_planted_secrets_and_personal_data_leave_by_no_door(
    tmp_path: Path, own_logs: io.StringIO
) -> None:
    with HttpRecorder([]) as receiver:
        vigil = Installation(tmp_path / "vigil.db", receiver.address)
        vigil.run([entry(number) for number in range(60)])
    sent = [request.body for request in receiver.requests]
    store = TenantStore(vigil.documents, "acme")
    answers = [
        json.dumps(anomaly_as_json(stored.value)).encode()
        for stored in store.anomalies.query(ANOMALIES)
    ]
    vigil.documents.close()
    kept = list(kept_in(tmp_path / "vigil.db"))
    places = {
        "kept": kept,
        "sent": sent,
        "published": vigil.published,
        "answered": answers,
        "terminal": [text.encode() for text in vigil.terminal],
        "logged": [own_logs.getvalue().encode()],
    }
    # Of nothing nothing leaks: what is told has to be there.
    assert len(sent) == 4
    assert len(vigil.terminal) == 2
    assert any(b"charge failed" in octets for octets in kept)
    assert any(b"charge failed" in octets for octets in answers)
    # The states are packed: they have been looked into.
    assert any(b'"detectors"' in octets for octets in kept)
    leaks = {
        (place, name)
        for place, all_octets in places.items()
        for octets in all_octets
        for name, canary in CANARIES.items()
        if canary.encode() in octets
    }
    assert leaks == set()
