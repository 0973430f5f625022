"""`vigil tenants` and `vigil keys` with VIGIL_PROJECT, as an operator meets them after a deploy."""

import json
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.builders import anomaly, incident, told_incident
from tests.functions.terminal import Terminal
from vigil.adapters.firestore_documents import FirestoreDocuments
from vigil.doors.clock import utc_now
from vigil.model.api_key import Role
from vigil.model.channel import Channel, ChannelKind
from vigil.model.series import Series
from vigil.model.tenant import TenantMode
from vigil.stores.queries import DECLARED
from vigil.stores.registry import StoredRegistry
from vigil.stores.tenant_store import TenantStore
from vigil.workflows.access import Access, NotIdentified

pytestmark = pytest.mark.slow
SLACK = Channel("slack", ChannelKind.SLACK, "secret:slack-webhook")
HOOK = Channel("webhook", ChannelKind.WEBHOOK, "secret:hook-address", "secret:hook-key")


@dataclass
class Deployment:
    """What functions read of a project, and the terminal of whoever operates it."""

    terminal: Terminal
    documents: FirestoreDocuments

    @property
    def registry(self) -> StoredRegistry:
        return StoredRegistry(self.documents, utc_now)

    @property
    def access(self) -> Access:
        return Access(documents=self.documents, registry=self.registry)

    def channels(self, tenant_id: str) -> tuple[Channel, ...]:
        tenant = self.registry.tenant(tenant_id)
        assert tenant is not None
        return tenant.channels


@pytest.fixture
def deployment(tmp_path: Path, firestore_address: str, fresh_project: str) -> Iterator[Deployment]:
    terminal = Terminal(tmp_path)
    terminal.settings |= {
        "VIGIL_PROJECT": fresh_project,
        "VIGIL_DATABASE": "vigil",
        "FIRESTORE_EMULATOR_HOST": firestore_address,
        # Of this machine, and no function's.
        "VIGIL_SLACK_WEBHOOK_URL": "https://hooks.example/T0/B0",
    }
    documents = FirestoreDocuments(
        fresh_project, DECLARED, database_id="vigil", emulator_host=firestore_address
    )
    with closing(documents):
        yield Deployment(terminal, documents)


def test_a_first_tenant_and_its_keys_from_beginning_to_end(deployment: Deployment) -> None:
    line = deployment.terminal.line
    hook = ["--webhook", "secret:hook-address", "--webhook-key", "secret:hook-key"]
    created = line(
        "tenants", "create", "Acme", "--project", "acme-prod", "--slack", "secret:slack-webhook"
    )
    assert created == "acme"
    assert deployment.channels("acme") == (SLACK,)

    line("tenants", "add-project", "acme", "acme-test")
    line("tenants", "add-project", "acme", "acme-test")
    line("tenants", "add-channel", "acme", *hook)
    assert line("tenants", "list") == "acme\tAcme\tacme-prod,acme-test\tslack,webhook\tlive"
    assert deployment.channels("acme") == (SLACK, HOOK)
    line("tenants", "remove-channel", "acme", "slack")
    assert deployment.channels("acme") == (HOOK,)

    key = line("keys", "create", "--tenant", "acme", "--role", "admin")
    headers = {"X-API-Key": key}
    assert deployment.access.identify(headers).role is Role.ADMIN
    key_id = line("keys", "list", "--tenant", "acme").split("\t")[0]
    line("keys", "revoke", key_id, "--tenant", "acme")
    with pytest.raises(NotIdentified):
        deployment.access.identify(headers)
    assert not (deployment.terminal.folder / "data").exists()


def test_a_tenant_goes_live_when_it_is_told_to(deployment: Deployment) -> None:
    line = deployment.terminal.line
    modes = []
    line("tenants", "create", "Acme", "--shadow", "--slack", "secret:slack-webhook")
    for command in ("live", "shadow", "live"):
        modes.append(line("tenants", "list").split("\t")[-1])
        line("tenants", command, "acme")

    assert modes == ["shadow", "live", "shadow"]
    tenant = deployment.registry.tenant("acme")
    assert tenant is not None
    assert (tenant.mode, tenant.channels) == (TenantMode.LIVE, (SLACK,))


def test_each_command_says_where_it_acts(deployment: Deployment) -> None:
    settings = deployment.terminal.settings
    on_google = deployment.terminal.vigil("tenants", "list").stderr.decode()
    project = settings.pop("VIGIL_PROJECT")
    in_folder = deployment.terminal.vigil("tenants", "create", "Acme").stderr.decode()

    emulator = settings["FIRESTORE_EMULATOR_HOST"]
    assert on_google == (
        f"In Firestore's emulator at {emulator}, in the project {project}, database vigil:\n"
    )
    assert in_folder == f"In the data folder {deployment.terminal.folder / 'data'}:\n"


def test_a_tenant_that_nobody_is_told_for_is_said_to_be_so(deployment: Deployment) -> None:
    done = deployment.terminal.vigil("tenants", "create", "Acme")

    assert done.stdout == b"acme\n"
    assert b"vigil tenants add-channel acme --slack secret:NAME" in done.stderr
    assert deployment.channels("acme") == ()


def test_incidents_are_read_of_the_tenants_they_are_of(deployment: Deployment) -> None:
    terminal = deployment.terminal
    for name in ("Acme", "Globex"):
        terminal.line("tenants", "create", name)
    store = TenantStore(deployment.documents, "acme")
    told = told_incident(affected=(Series("web", "GET /\x1b[31m"), *incident().affected))
    deployment.documents.commit(
        [
            store.incidents.put(told.incident_id, told),
            store.anomalies.put("v1-anomaly", anomaly()),
        ]
    )

    assert told.incident_id in terminal.line("incidents", "list", "--tenant", "acme")
    assert json.loads(terminal.line("incidents", "list", "--tenant", "globex", "--json")) == []
    page = terminal.line("incidents", "show", told.incident_id)
    assert "87%  POST /charge of bank" in page
    assert "\x1b" not in page
    foreign = terminal.vigil("incidents", "show", told.incident_id, "--tenant", "globex")
    assert (foreign.returncode, foreign.stdout) == (2, b"")
    assert b"there is no incident" in foreign.stderr


def test_without_credentials_it_is_said_how_to_get_some(tmp_path: Path) -> None:
    settings = {
        "VIGIL_PROJECT": "acme-prod",
        "GOOGLE_APPLICATION_CREDENTIALS": str(tmp_path / "missing.json"),
        "VIGIL_CANARY_KEY": "any",
    }
    terminal = Terminal(tmp_path, settings)

    for command in (
        ["tenants", "list"],
        ["keys", "list", "--tenant", "acme"],
        ["deadletters", "list"],
        ["canary", "--url", "http://127.0.0.1:9"],
    ):
        done = terminal.vigil(*command)
        assert (done.returncode, done.stdout) == (2, b""), command
        assert re.fullmatch(
            rb"vigil: VIGIL_PROJECT is set, and .*gcloud auth application-default login.*\n",
            done.stderr,
        ), command


def test_without_googles_clients_it_is_said_how_to_install_them(tmp_path: Path) -> None:
    # As `make run` leaves it: all of them need gRPC.
    (tmp_path / "grpc.py").write_text("raise ImportError('not installed')")
    terminal = Terminal(tmp_path, {"VIGIL_PROJECT": "acme-prod"}, before=str(tmp_path))

    for command in (["tenants", "list"], ["deadletters", "list"]):
        done = terminal.vigil(*command)
        assert done.returncode == 2, command
        assert b"pip install -r requirements/emulators.txt" in done.stderr, command
