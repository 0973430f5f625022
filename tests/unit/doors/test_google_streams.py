"""Streams over Google's own endpoints begin with this process's own credentials."""

import json
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.builders import NOON
from tests.contract.set_clock import SetClock
from vigil.adapters.sqlite_documents import SqliteDocuments
from vigil.doors.google_streams import google_streams
from vigil.errors import TransientError
from vigil.logs.own_entries import OwnEntries
from vigil.model.stream import LogStreamConfig, StreamStatus
from vigil.model.tenant import Project, Tenant
from vigil.stores.queries import DECLARED
from vigil.stores.registry import StoredRegistry
from vigil.stores.tenant_store import TenantStore
from vigil.workflows.streams import Streams, listed


def account_file(folder: Path) -> Path:
    """Write the key of an account whose tokens come from where nobody listens."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    account = {
        "type": "service_account",
        "client_email": "vigil-api@vigil-home.iam.gserviceaccount.com",
        "private_key": pem,
        "token_uri": "http://127.0.0.1:9/token",
    }
    path = folder / "account.json"
    path.write_text(json.dumps(account))
    return path


def streams_over(database: SqliteDocuments) -> Streams:
    registry = StoredRegistry(database, SetClock())
    registry.create_tenant(Tenant("acme", "Acme", NOON))
    registry.give_project(Project("acme-prod", "acme", NOON))
    return google_streams(
        "vigil-home",
        documents=database,
        registry=registry,
        clock=SetClock(),
        own=OwnEntries(("vigil-",), "vigil-home"),
    )


def test_a_foreign_project_asks_nothing_of_google(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(account_file(tmp_path)))
    with closing(SqliteDocuments(":memory:", DECLARED)) as database:
        streams, store = streams_over(database), TenantStore(database, "acme")

        assert streams.start(store, LogStreamConfig("globex-prod"), by="ann") is None
        assert listed(store, StreamStatus.CREATING) == []


def test_a_stream_waits_for_credentials_that_are_not_there_yet(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "no such file"))
    with closing(SqliteDocuments(":memory:", DECLARED)) as database:
        streams, store = streams_over(database), TenantStore(database, "acme")

        with pytest.raises(TransientError, match="no credentials"):
            streams.start(store, LogStreamConfig("acme-prod"), by="ann")
        assert len(listed(store, StreamStatus.CREATING)) == 1
