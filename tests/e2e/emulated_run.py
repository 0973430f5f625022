"""A deployment on the emulators that is put through a storm, and what can be seen afterwards."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import orjson

from tests.e2e import storm
from tests.http_recorder import HttpRecorder
from tests.push_proxy import PushProxy
from vigil.adapters.firestore_documents import FirestoreDocuments
from vigil.adapters.pubsub_publisher import PubsubPublisher
from vigil.doors.topology import FUNCTIONS, PushSubscription
from vigil.local.all_at_once import all_at_once
from vigil.local.emulated_functions import TELLS_PEOPLE, Emulators, environment_of
from vigil.local.emulated_scheduler import Scheduler
from vigil.local.emulated_topics import make_topics, subscription_name
from vigil.local.free_port import choose_port
from vigil.local.function_process import FunctionProcess
from vigil.local.wide_push import WidePush
from vigil.model.channel import Channel, ChannelKind
from vigil.model.outcome import Outcomes
from vigil.model.tenant import Project, Tenant, Thresholds
from vigil.settings import Settings
from vigil.stores.queries import DECLARED
from vigil.stores.registry import StoredRegistry
from vigil.stores.tenant_store import TenantStore
from vigil.stores.usage import outcomes_of, totals
from vigil.workflows.batch_logs import LOGS
from vigil.workflows.dead_letters import BATCH_LOGS

SIGNING_KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PATIENCE_SECONDS = 150.0
_QUIET_SECONDS = 0.5
_ALWAYS_BUSY = ("batch_logs", "detect_anomalies")
_HOOK = Channel("hook", ChannelKind.WEBHOOK, "env:HOOK_URL", "env:HOOK_KEY")
_THRESHOLDS = Thresholds(
    window_seconds=5, allowed_lateness_seconds=3, group_wait_seconds=3, quiet_seconds=900
)


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Deployment:
    """Functions behind a proxy, and the stores of two tenants."""

    emulators: Emulators
    folder: Path
    proxy: PushProxy
    receiver: HttpRecorder
    documents: FirestoreDocuments
    functions: dict[str, FunctionProcess] = field(default_factory=dict)

    def endpoint(self, push: PushSubscription) -> str:
        """Return where Pub/Sub pushes to; many entries at a time are pushed by WidePush."""
        is_wide = push.name == BATCH_LOGS
        return "" if is_wide else self.proxy.endpoint(push.function, push.path)

    def store(self, tenant_id: str) -> TenantStore:
        return TenantStore(self.documents, tenant_id)

    def outcomes(self, root: str) -> Outcomes:
        return outcomes_of(totals(self.documents, root))

    def errors(self) -> list[str]:
        """Return what the functions have logged as errors, and what is no log line of ours."""
        lines = [
            line
            for name in FUNCTIONS
            for line in (self.folder / f"{name}.log").read_text().splitlines()
        ]
        return [line for line in lines if _is_error(line)]


@contextmanager
def deployed(emulators: Emulators, folder: Path) -> Iterator[Deployment]:
    """Run everything while the block lasts."""
    with ExitStack() as opening:
        proxy = opening.enter_context(PushProxy())
        receiver = opening.enter_context(HttpRecorder())
        documents = FirestoreDocuments(
            emulators.project, DECLARED, emulator_host=emulators.firestore
        )
        opening.callback(documents.close)
        made = Deployment(emulators, folder, proxy, receiver, documents)
        made.functions = {name: _function(made, name) for name in FUNCTIONS}
        opening.enter_context(all_at_once(list(made.functions.values())))
        proxy.functions = {name: each.address for name, each in made.functions.items()}
        _settle(documents)
        make_topics(emulators.pubsub, emulators.project, made.endpoint)
        raw = subscription_name(emulators.project, BATCH_LOGS)
        pushes = WidePush(emulators.pubsub, raw, proxy.endpoint("batch_logs", "/"))
        opening.enter_context(pushes)
        yield made


def put_through(made: Deployment) -> None:
    """Publish the storm, kill every function meanwhile, and return when all is quiet."""
    with ExitStack() as opening:
        publisher = PubsubPublisher(made.emulators.project, emulator_host=made.emulators.pubsub)
        opening.callback(publisher.close)
        threads = opening.enter_context(ThreadPoolExecutor(1))
        with Scheduler(publisher, made.functions["cleanup"].address):
            killing = threads.submit(_kill_each_once, made)
            _publish(publisher)
            killing.result()
            _until(lambda: made.proxy.entries_taken == storm.Expected().all, "all is taken")
            _until(lambda: bool(made.receiver.requests), "somebody is told")
        _until_quiet(made.proxy)


def _function(made: Deployment, name: str) -> FunctionProcess:
    settings = Settings(data_dir=made.folder)
    environment = environment_of(name, settings, made.emulators, public_url="https://vigil.example")
    if name == TELLS_PEOPLE:
        environment |= {"HOOK_URL": made.receiver.address, "HOOK_KEY": SIGNING_KEY}
    log = made.folder / f"{name}.log"
    return FunctionProcess(name, port=choose_port(0), environment=environment, log=log)


def _settle(documents: FirestoreDocuments) -> None:
    registry = StoredRegistry(documents, utc_now)
    for tenant_id, project in (("acme", storm.ACME), ("globex", storm.GLOBEX)):
        registry.create_tenant(
            Tenant(tenant_id, tenant_id, utc_now(), _THRESHOLDS, channels=(_HOOK,))
        )
        registry.give_project(Project(project, tenant_id, utc_now()))


def _publish(publisher: PubsubPublisher) -> None:
    """Publish each list when its entries are written, as a sink does."""
    begins_at = utc_now()
    for number in range(storm.LISTS):
        at = begins_at + number * storm.EVERY
        time.sleep(max((at - utc_now()).total_seconds(), 0))
        publisher.publish(LOGS, storm.entries(number, at))


def _kill_each_once(made: Deployment) -> None:
    """Kill -9 each function under load and start it again; then deploy two of them anew."""
    for name, function in made.functions.items():
        time.sleep(1)
        if name in _ALWAYS_BUSY:
            _until(partial(made.proxy.is_busy, name), "it is at work", every_seconds=0.001)
        with made.proxy.holding(name):
            function.kill()
            function.restart()
    for name in _ALWAYS_BUSY:
        # It is asked to end, as by Cloud Run, and started again.
        with made.proxy.holding(name):
            made.functions[name].restart()


def _until(holds: Callable[[], bool], what: str, *, every_seconds: float = 0.1) -> None:
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < give_up_at, f"waited in vain until {what}"
        time.sleep(every_seconds)


def _until_quiet(proxy: PushProxy) -> None:
    """Return when nothing has been pushed for a while and all that ever was is acknowledged."""
    since, seen = time.monotonic(), sum(proxy.pushes.values())

    def is_quiet() -> bool:
        nonlocal since, seen
        now = sum(proxy.pushes.values())
        if proxy.waiting or now != seen:
            since, seen = time.monotonic(), now
        return time.monotonic() - since > _QUIET_SECONDS

    _until(is_quiet, "all is quiet")


def _is_error(line: str) -> bool:
    try:
        return bool(orjson.loads(line)["severity"] not in ("DEBUG", "INFO", "WARNING"))
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return True
