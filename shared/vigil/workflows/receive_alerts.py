"""receive_alerts: alerts that others have raised come in, are checked, and are published."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from math import ceil

from vigil.errors import InvalidLogEntry, InvalidRequest, PermanentError, TransientError
from vigil.logs.fields import Fields
from vigil.logs.json_text import read_object
from vigil.model.received_alert import AlertSource
from vigil.ports import Clock, Documents, Publisher
from vigil.receiving.alertmanager import parse_alertmanager
from vigil.receiving.cloud_monitoring import parse_cloud_monitoring, scoping_project
from vigil.receiving.grouping import groups_of
from vigil.receiving.received import Received, without_repeats
from vigil.stores.registry import Registry
from vigil.telemetry import logger
from vigil.workflows.access import Access, NotAllowed, NotIdentified
from vigil.workflows.error_shape import STATUSES, error_body
from vigil.workflows.events import TOPIC, to_message
from vigil.workflows.quota import TokenBuckets
from vigil.workflows.received_events import alert_received

# Ten thousand alerts of a thousand bytes.
MAX_BODY_BYTES = 10_000_000
CALLS_PER_SECOND = 20
# Where Cloud Monitoring can put a key if it can send no header.
TOKEN_PARAMETER = "auth_token"
_PROBLEMS_TOLD = 10
_ENCODINGS = ("", "identity", "gzip")
_TOO_LARGE = ("too large", "inflates too far")
_PARSERS = {
    AlertSource.ALERTMANAGER: parse_alertmanager,
    AlertSource.CLOUD_MONITORING: parse_cloud_monitoring,
}
_log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """What to answer: a status, the body as JSON, and headers."""

    status: int
    body: Mapping[str, object]
    headers: Mapping[str, str] = field(default_factory=dict)


class _TooLarge(PermanentError):
    """A body that is larger than MAX_BODY_BYTES, or would be."""


class _TooMany(PermanentError):
    """A tenant that sends too much."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__("too many calls; send them together, or later")
        self.wait = wait


_CODES: Mapping[type[Exception], str] = {
    NotAllowed: "not_allowed",
    _TooLarge: "body_too_large",
    InvalidRequest: "invalid_request",
}


class ReceiveAlerts:
    """Takes alerts from Alertmanager and Cloud Monitoring, whole or not at all.

    What is answered with 200 is published, and comes to manage_alerts even if this process ends
    now. Of a body the alerts that can be used are taken, and the answer counts the others and says
    why: their sender has them still, and would send them again in vain. A body of which nothing can
    be used is refused. Sending again changes nothing.
    """

    def __init__(
        self, *, documents: Documents, registry: Registry, publisher: Publisher, clock: Clock
    ) -> None:
        self._access = Access(documents=documents, registry=registry)
        self._registry = registry
        self._publisher = publisher
        self._clock = clock
        self._calls = TokenBuckets()

    def answer(
        self,
        source: AlertSource,
        *,
        headers: Mapping[str, str],
        query: Mapping[str, str],
        body: bytes,
    ) -> Answer:
        """Answer a call; never raises.

        The key is the tenant's, of role sender or admin: as `Authorization: Bearer`, as the
        password of `Authorization: Basic`, as `X-API-Key`, or as `auth_token` in the address.
        """
        try:
            token = query.get(TOKEN_PARAMETER, "")
            identity = self._access.identify_sender(headers, token=token)
            self._require_pace(identity.tenant_id)
            began_at = self._clock()
            try:
                received = self._read(source, identity.tenant_id, _content(headers, body))
            finally:
                self._charge(identity.tenant_id, self._clock() - began_at)
            return _told(self._publish(identity.tenant_id, received))
        except Exception as error:
            return _refusal(error)

    def take_incident(self, data: bytes) -> Answer:
        """Take what Cloud Monitoring's Pub/Sub channel has published; never raises.

        The tenant follows from the project whose incident it is, as the registry has it (FAULTS
        A14): whoever can publish there is Google. 4xx is for what will never be taken, to be
        acknowledged; 503 for what is to come again.
        """
        try:
            content = _content({}, data)
            tenant = self._registry.tenant_of(scoping_project(content))
            if tenant is None:
                raise InvalidRequest("the incident's project belongs to no tenant")
            received = self._read(AlertSource.CLOUD_MONITORING, tenant.tenant_id, content)
            return _told(self._publish(tenant.tenant_id, received))
        except Exception as error:
            return _refusal(error)

    def _require_pace(self, tenant_id: str) -> None:
        wait = self._calls.wait(tenant_id, CALLS_PER_SECOND, self._clock())
        if wait:
            raise _TooMany(wait)

    def _charge(self, tenant_id: str, worked: timedelta) -> None:
        """Let a tenant have half of one thread's time, however few and large its calls are."""
        self._calls.owe(tenant_id, 2 * worked.total_seconds() * CALLS_PER_SECOND)

    def _read(self, source: AlertSource, tenant_id: str, content: Fields) -> Received:
        parse = _PARSERS[source]
        received = parse(content, tenant_id=tenant_id, now=self._clock())
        if received.problems:
            _log.warning(
                "received alerts were left out",
                tenant_id=tenant_id,
                source=source.value,
                count=len(received.problems),
                problems=received.problems[:_PROBLEMS_TOLD],
            )
        if received.problems and not received.alerts:
            raise InvalidRequest("; ".join(received.problems[:_PROBLEMS_TOLD]))
        return received

    def _publish(self, tenant_id: str, received: Received) -> Received:
        groups = groups_of(without_repeats(received), tenant_id=tenant_id, now=self._clock())
        messages = [to_message(alert_received(tenant_id, group)) for group in groups]
        if messages:
            self._publisher.publish(TOPIC, messages)
        return received


def _content(headers: Mapping[str, str], body: bytes) -> Fields:
    """Return the object in a body, which may be compressed with gzip (FAULTS D27)."""
    encoding = next((v for name, v in headers.items() if name.lower() == "content-encoding"), "")
    if encoding.strip().lower() not in _ENCODINGS:
        raise InvalidRequest("send the body as it is, or compressed with gzip")
    try:
        return read_object(body, size_limit=MAX_BODY_BYTES)
    except InvalidLogEntry as error:
        if error.reason in _TOO_LARGE:
            raise _TooLarge(f"a body has at most {MAX_BODY_BYTES} bytes, unpacked") from error
        raise InvalidRequest(f"the body is no JSON object: {error.reason}") from error


def _told(received: Received) -> Answer:
    body: dict[str, object] = {
        "status": "success",
        "received": received.received,
        "accepted": len(received.alerts),
        "rejected": len(received.problems),
        "truncated": received.truncated,
        "problems": list(received.problems[:_PROBLEMS_TOLD]),
        "warnings": list(received.warnings),
    }
    return Answer(200, {**body, "test": True} if received.is_test else body)


def _refusal(error: Exception) -> Answer:
    """Return the answer to what went wrong; what nobody foresaw is told to us only (FAULTS D36)."""
    if isinstance(error, _TooMany):
        wait = str(ceil(error.wait.total_seconds()))
        return _refused("rate_limited", str(error), {"Retry-After": wait})
    if isinstance(error, NotIdentified):
        return _refused("not_identified", str(error), {"WWW-Authenticate": "Bearer"})
    for kind, code in _CODES.items():
        if isinstance(error, kind):
            return _refused(code, str(error))
    _log.exception("received alerts could not be taken")
    if isinstance(error, TransientError):
        return _refused("unavailable", "try again in a moment", {"Retry-After": "1"})
    return _refused("internal_error", "something went wrong here; it was recorded")


def _refused(code: str, message: str, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(STATUSES[code], error_body(code, message), headers or {})
