"""A whole Vigil on Google's emulators: each function a process of its own, and the sample shop."""

import base64
import secrets
import socket
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Self

from vigil.adapters.firestore_documents import FirestoreDocuments
from vigil.adapters.pubsub_publisher import PubsubPublisher
from vigil.adapters.pushed_entries import PushedEntries
from vigil.adapters.terminal_notifier import terminal_block
from vigil.doors.limits import own_entries_by
from vigil.doors.topology import FUNCTIONS, PushSubscription
from vigil.local.all_at_once import all_at_once
from vigil.local.data_folder import DataFolder
from vigil.local.embedded import Customers, utc_now
from vigil.local.emulated_functions import TELLS_PEOPLE, Emulators, environment_of
from vigil.local.emulated_scheduler import Scheduler
from vigil.local.emulated_topics import make_topics, subscription_name
from vigil.local.emulators import firestore_emulator, pubsub_emulator
from vigil.local.entry_pump import EntryPump
from vigil.local.free_port import LOOPBACK, listen_on
from vigil.local.function_process import FunctionProcess
from vigil.local.local_tenant import ALL_OF_THE_SHOP, KEY_NAME, QUICK, ensure_tenant, issue_key
from vigil.local.recent_lines import RecentLines
from vigil.local.shop import Shop
from vigil.local.shop_load import ShopLoad
from vigil.local.webhook_receiver import Verifier, WebhookReceiver
from vigil.local.wide_push import WidePush
from vigil.model.channel import Channel, ChannelKind
from vigil.model.tenant import Tenant, Thresholds
from vigil.settings import Settings
from vigil.stores.queries import DECLARED
from vigil.stores.registry import StoredRegistry
from vigil.stores.tenant_store import TenantStore
from vigil.workflows.batch_logs import LOGS
from vigil.workflows.dead_letters import BATCH_LOGS
from vigil.workflows.streams import Streams

# In the emulators only; no project of Google Cloud is ever asked for.
_PROJECT = "vigil-local"
_TOLD_AT, _TOLD_WITH = "TERMINAL_WEBHOOK_URL", "TERMINAL_WEBHOOK_SIGNING_KEY"
# The function that tells people knows no terminal, so it tells ours by a signed webhook.
_TERMINAL = Channel("terminal", ChannelKind.WEBHOOK, f"env:{_TOLD_AT}", f"env:{_TOLD_WITH}")


class Emulated:
    """Vigil as it is deployed, and the sample shop with its customers, while `with` lasts.

    Everything is in the emulators and forgotten at the end. What they and the functions print is in
    the settings' data folder, which nobody else may use meanwhile. `write` is given what is told to
    the terminal, from another thread. `api`, `push` and `shop.address` say where things are, `key`
    opens the API.

    Entering raises EmulatorFailed or FunctionFailed if a part does not start, InvalidRequest while
    another Vigil runs in the folder, and InvalidSettings for a folder that cannot be used.
    """

    documents: FirestoreDocuments
    tenant: Tenant
    store: TenantStore
    shop: Shop
    key: str
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
        self._write = write
        self._thresholds = thresholds
        self._customers = customers or Customers()
        self._functions: dict[str, FunctionProcess] = {}
        self._opened = ExitStack()

    @property
    def api(self) -> str:
        """The address of the API."""
        return self._functions["api"].address

    @property
    def push(self) -> str:
        """The address to which Pub/Sub pushes raw entries."""
        return f"{self._functions['batch_logs'].address}/"

    @property
    def variables(self) -> str:
        """What the other commands need to act on the emulators."""
        return self._emulators.variables

    def waiting(self) -> None:
        """Say that nobody can tell how many messages wait: Pub/Sub does not."""

    def __enter__(self) -> Self:
        with ExitStack() as opening:
            self._open_emulators(opening)
            self._open_stores(opening)
            self._open_functions(opening)
            self._open_shop(opening)
            self._opened = opening.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def _open_emulators(self, opening: ExitStack) -> None:
        self._folder = DataFolder(self.settings.data_dir)
        opening.enter_context(self._folder.lock())
        starting = [
            firestore_emulator(self._new_log("firestore")),
            pubsub_emulator(self._new_log("pubsub")),
        ]
        firestore, pubsub = opening.enter_context(all_at_once(starting))
        self._emulators = Emulators(firestore, pubsub, _PROJECT)

    def _open_stores(self, opening: ExitStack) -> None:
        documents = FirestoreDocuments(_PROJECT, DECLARED, emulator_host=self._emulators.firestore)
        opening.callback(documents.close)
        registry = StoredRegistry(documents, utc_now)
        self.documents = documents
        self.tenant = ensure_tenant(
            registry, self.settings, self._thresholds, utc_now(), terminal=_TERMINAL
        )
        self.store = TenantStore.of(documents, self.tenant)
        self.key = issue_key(documents, utc_now())
        _start_stream(registry, self.store, self.settings)

    def _open_functions(self, opening: ExitStack) -> None:
        key = f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
        receiver = WebhookReceiver(
            Verifier(key, utc_now), lambda message: self._write(terminal_block(message))
        )
        opening.enter_context(receiver)
        told = {_TOLD_AT: receiver.address, _TOLD_WITH: key}
        ports = _choose_ports(self.settings)
        for name in FUNCTIONS:
            more = told if name == TELLS_PEOPLE else {}
            self._functions[name] = self._function(name, ports, more)
        opening.enter_context(all_at_once(list(self._functions.values())))
        pubsub = self._emulators.pubsub
        make_topics(pubsub, _PROJECT, self._endpoint)
        opening.enter_context(WidePush(pubsub, subscription_name(_PROJECT, BATCH_LOGS), self.push))

    def _endpoint(self, push: PushSubscription) -> str:
        """Return where Pub/Sub pushes to: raw entries are pushed by ourselves."""
        if push.name == BATCH_LOGS:
            return ""
        return f"{self._functions[push.function].address}{push.path}"

    def _function(
        self, name: str, ports: Mapping[str, int], more: Mapping[str, str]
    ) -> FunctionProcess:
        public_url = self._public_url(ports["api"])
        given = environment_of(name, self.settings, self._emulators, public_url=public_url)
        return FunctionProcess(
            name, port=ports[name], environment={**given, **more}, log=self._new_log(name)
        )

    def _new_log(self, name: str) -> Path:
        """Return the file for what a part prints in this run."""
        log = self._folder.path / f"{name}.log"
        log.unlink(missing_ok=True)
        return log

    def _open_shop(self, opening: ExitStack) -> None:
        publisher = PubsubPublisher(_PROJECT, emulator_host=self._emulators.pubsub)
        opening.callback(publisher.close)
        cleanup = self._functions["cleanup"].address
        opening.enter_context(Scheduler(publisher, cleanup))
        pump = opening.enter_context(EntryPump(publisher, LOGS, self.lines.see))
        self.shop = Shop(pump.put, host=self.settings.host, port=self.settings.shop_port)
        opening.enter_context(self.shop)
        customers = ShopLoad(
            self.shop.address,
            checkouts_per_second=self._customers.checkouts_per_second,
            inventory_per_second=self._customers.inventory_per_second,
        )
        opening.enter_context(customers)
        self.begun_at = utc_now()

    def _public_url(self, port: int) -> str:
        """Return the address that people were given; by default where the API really listens."""
        given = "public_url" in self.settings.model_fields_set
        return self.settings.public_url if given else f"http://{LOOPBACK}:{port}"


def _choose_ports(settings: Settings) -> dict[str, int]:
    """Return a port for each function: the settings' for the API if it is free, any for others."""
    with ExitStack() as holding:
        # Held until all are chosen, so that none is chosen twice.
        held = {
            name: holding.enter_context(listen_on(settings.api_port if name == "api" else 0))
            for name in FUNCTIONS
        }
        return {name: _port_of(listener) for name, listener in held.items()}


def _port_of(listener: socket.socket) -> int:
    port: int = listener.getsockname()[1]
    return port


def _start_stream(registry: StoredRegistry, store: TenantStore, settings: Settings) -> None:
    """Keep the stream of the shop; its entries are published here, so no sink is made for them."""
    pushed = PushedEntries()
    streams = Streams(
        documents=store.documents,
        registry=registry,
        sinks=pushed,
        access=pushed,
        clock=utc_now,
        own=own_entries_by(settings),
    )
    streams.start(store, ALL_OF_THE_SHOP, by=KEY_NAME)
