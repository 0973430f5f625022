"""A whole Vigil in this process: its stores, doors and workflows, and the sample shop."""

import os
import socket
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from vigil.adapters.environment_secrets import EnvironmentSecrets
from vigil.adapters.http_delivery import HttpDelivery
from vigil.adapters.pushed_entries import PushedEntries
from vigil.adapters.slack_notifier import SlackNotifier
from vigil.adapters.sqlite_documents import SqliteDocuments
from vigil.adapters.sqlite_queue import SqliteQueue
from vigil.adapters.terminal_notifier import TerminalNotifier
from vigil.adapters.webhook_notifier import WebhookNotifier
from vigil.doors.assembly import Parts, assemble
from vigil.doors.limits import is_own_by, limits_of, own_entries_by
from vigil.doors.model_analyst import make_analyst
from vigil.errors import InvalidSettings
from vigil.local.data_folder import DataFolder
from vigil.local.doors import PUSH_PATH, build_doors
from vigil.local.entry_pump import EntryPump
from vigil.local.free_port import address_of, listen_on
from vigil.local.local_tenant import (
    ALL_OF_THE_SHOP,
    KEY_NAME,
    QUICK,
    ensure_tenant,
    issue_key,
)
from vigil.local.receive_doors import receive_routes
from vigil.local.recent_lines import RecentLines
from vigil.local.runtime import SUBSCRIPTIONS, LocalParts, Runtime
from vigil.local.serving import App, Server
from vigil.local.shop import Shop
from vigil.local.shop_load import ShopLoad
from vigil.model.tenant import Tenant, Thresholds
from vigil.ports import Notifier
from vigil.settings import Settings
from vigil.stores.queries import DECLARED
from vigil.stores.registry import StoredRegistry
from vigil.stores.tenant_store import TenantStore
from vigil.workflows.api.application import Backlog, make_api
from vigil.workflows.batch_logs import LOGS
from vigil.workflows.dead_letters import BATCH_LOGS, DETECT
from vigil.workflows.group_commit import GroupCommit
from vigil.workflows.streams import Streams

# Whoever ends Vigil does not wait longer than this for a channel that does not answer.
_DELIVERY_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Customers:
    """How busy the sample shop is."""

    checkouts_per_second: float = 4.0
    inventory_per_second: float = 2.0


def utc_now() -> datetime:
    """Return what time it is."""
    return datetime.now(UTC)


class Embedded:
    """Vigil and the sample shop with its customers, while the `with` block lasts.

    Everything is kept in the settings' data folder, which nobody else may use meanwhile. What was
    logged when the block ends is in the queue, and worked on the next time. `write` is given what
    the terminal channel says, from another thread. Ports that are taken are replaced by free ones;
    `api`, `push` and `shop.address` say where things are, `key` opens the API.

    Entering raises InvalidRequest while another Vigil runs in the folder, and InvalidSettings for a
    folder or a host that cannot be used.
    """

    documents: SqliteDocuments
    queue: SqliteQueue
    tenant: Tenant
    store: TenantStore
    shop: Shop
    key: str
    api: str
    begun_at: datetime

    def __init__(
        self,
        settings: Settings,
        *,
        write: Callable[[str], None],
        thresholds: Thresholds = QUICK,
        customers: Customers | None = None,
    ) -> None:
        self.settings = settings
        self.lines = RecentLines()
        self._thresholds = thresholds
        self._write = write
        self._customers = customers or Customers()
        self._opened = ExitStack()

    @property
    def push(self) -> str:
        """The address to which Pub/Sub would push raw entries."""
        return f"{self.api}{PUSH_PATH}"

    @property
    def variables(self) -> str:
        """Nothing: the other commands find the data folder by themselves."""
        return ""

    def waiting(self) -> int:
        """Return how many messages, raw entries and batches, are still to be worked on."""
        return self.queue.count(BATCH_LOGS) + self.queue.count(DETECT)

    def __enter__(self) -> Self:
        with ExitStack() as opening:
            self._open_stores(opening)
            self._open_doors(opening)
            self._open_shop(opening)
            self._opened = opening.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def _open_stores(self, opening: ExitStack) -> None:
        folder = DataFolder(self.settings.data_dir)
        opening.enter_context(folder.lock())
        self.documents = SqliteDocuments(folder.database, DECLARED)
        opening.callback(self.documents.close)
        self.queue = SqliteQueue(folder.queue, SUBSCRIPTIONS, utc_now)
        opening.callback(self.queue.close)
        self._registry = StoredRegistry(self.documents, utc_now)
        self.tenant = ensure_tenant(self._registry, self.settings, self._thresholds, utc_now())
        self.store = TenantStore.of(self.documents, self.tenant)
        self.key = issue_key(self.documents, utc_now())

    def _open_doors(self, opening: ExitStack) -> None:
        listener = _listen(self.settings)
        opening.callback(listener.close)
        self.api = address_of(listener)
        parts = self._parts()
        runtime = Runtime(LocalParts(parts, self.queue, self._registry))
        runtime.start()
        opening.callback(runtime.stop)
        server = Server(self._app(parts, runtime), listener)
        server.start()
        opening.callback(server.stop)

    def _open_shop(self, opening: ExitStack) -> None:
        pump = opening.enter_context(EntryPump(self.queue, LOGS, self.lines.see))
        self.shop = Shop(pump.put, host=self.settings.host, port=self.settings.shop_port)
        opening.enter_context(self.shop)
        customers = ShopLoad(
            self.shop.address,
            checkouts_per_second=self._customers.checkouts_per_second,
            inventory_per_second=self._customers.inventory_per_second,
        )
        opening.enter_context(customers)
        self.begun_at = utc_now()

    def _parts(self) -> Parts:
        settings = self.settings
        return Parts(
            documents=self.documents,
            publisher=self.queue,
            registry=self._registry,
            clock=utc_now,
            analyst=make_analyst(settings, self.documents),
            notifiers=_notifiers(self._write),
            public_url=self._public_url(),
            is_own=is_own_by(settings),
            limits=limits_of(settings),
        )

    def _app(self, parts: Parts, runtime: Runtime) -> App:
        api = make_api(
            documents=parts.documents,
            registry=parts.registry,
            alerts=runtime.workflows.alert_actions,
            incidents=runtime.workflows.incident_actions,
            streams=self._streams(parts),
            clock=parts.clock,
            public_url=parts.public_url,
            backlog=lambda: Backlog(pending_batches=self.queue.count(DETECT)),
        )
        # A group commit belongs to one event loop, and the runtime's has its own.
        workflows = assemble(parts)
        received = receive_routes(workflows.receive_alerts)
        return build_doors(api, GroupCommit(workflows.batch_logs), received)

    def _streams(self, parts: Parts) -> Streams:
        """Return the streams of this machine, that of the shop among them."""
        pushed = PushedEntries()
        streams = Streams(
            documents=parts.documents,
            registry=parts.registry,
            sinks=pushed,
            access=pushed,
            clock=parts.clock,
            own=own_entries_by(self.settings),
        )
        streams.start(self.store, ALL_OF_THE_SHOP, by=KEY_NAME)
        return streams

    def _public_url(self) -> str:
        """Return the address that people were given; by default where the API really listens."""
        given = "public_url" in self.settings.model_fields_set
        return self.settings.public_url if given else self.api


def _listen(settings: Settings) -> socket.socket:
    try:
        return listen_on(settings.api_port, settings.host)
    except OSError as error:
        raise InvalidSettings(
            f"nothing can listen on {settings.host}: {error.strerror}. "
            "Name an address of this machine in VIGIL_HOST"
        ) from error


def _notifiers(write: Callable[[str], None]) -> tuple[Notifier, ...]:
    secrets = EnvironmentSecrets(os.environ)
    delivery = HttpDelivery(now=utc_now, timeout_seconds=_DELIVERY_SECONDS)
    return (
        TerminalNotifier(write),
        SlackNotifier(secrets, delivery),
        WebhookNotifier(secrets, delivery, utc_now),
    )
