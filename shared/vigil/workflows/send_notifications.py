"""What is due in the outbox is sent, once if all goes well and never silently not at all."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from itertools import chain

from vigil.alerting.delivery import claim, failed, postponed, rejected, sent, withdrawn
from vigil.alerting.message import compose
from vigil.alerting.notification_plan import Reason, Verdict, opening_key, plan, reason_to_send
from vigil.alerting.routing import route
from vigil.errors import (
    InvalidSettings,
    NotificationFailed,
    NotificationRejected,
    PreconditionFailed,
)
from vigil.model.alert import Alert
from vigil.model.channel import Channel, ChannelKind
from vigil.model.notification import (
    AlertMessage,
    Notification,
    NotificationStatus,
    Transition,
)
from vigil.model.outcome import Outcomes
from vigil.model.severity import Severity
from vigil.model.tenant import Tenant
from vigil.ports import (
    Clock,
    Document,
    Documents,
    Existence,
    Notifier,
    Precondition,
    Write,
)
from vigil.stores.collection import Stored
from vigil.stores.queries import DUE_NOTIFICATIONS
from vigil.stores.registry import Registry
from vigil.stores.tenant_store import TenantStore, tenant_of
from vigil.stores.usage import count
from vigil.telemetry import Logger, logger

# Longer than any notifier may take, so that nobody else sends what is being sent.
_LEASE = timedelta(seconds=60)
_AT_ONCE = 100
_CHANNELS_AT_ONCE = 8
_WAIT = timedelta(seconds=5)
_log = logger(__name__)


class _ChannelFailed(Exception):
    """A channel did not take a notification that it may take later; that has been kept."""


class SendNotifications:
    """Sends what is due, a notification at a time: claimed, sent, and only then marked as sent.

    A sender that dies in between leaves a claim that runs out; the notification is then sent again
    with the same key (FAULTS C06, C07). A channel's trouble stays its own: its notifications are
    tried later, and one that hangs holds up no other, since channels are served side by side. After
    its first failure a channel is left alone until the next run.
    """

    def __init__(
        self,
        *,
        documents: Documents,
        registry: Registry,
        notifiers: Iterable[Notifier],
        clock: Clock,
        public_url: str,
    ) -> None:
        self._documents = documents
        self._registry = registry
        self._notifiers: Mapping[ChannelKind, Notifier] = {n.kind: n for n in notifiers}
        self._clock = clock
        self._public_url = public_url

    def run(self) -> int:
        """Send what is due now; return how many notifications were looked at."""
        due = self._documents.query(DUE_NOTIFICATIONS, bound=self._clock(), limit=_AT_ONCE)
        by_channel: dict[object, list[Document]] = {}
        for document in due:
            channel = (tenant_of(document.path), document.fields["channel_id"])
            by_channel.setdefault(channel, []).append(document)
        if len(by_channel) > 1:
            with ThreadPoolExecutor(min(len(by_channel), _CHANNELS_AT_ONCE)) as pool:
                left = list(pool.map(self._handle_all, by_channel.values()))
        else:
            left = [self._handle_all(due)]
        if len(due) == _AT_ONCE:
            # Otherwise the next run would find nothing but them.
            self._put_all_off(chain.from_iterable(left))
        return len(due)

    def _handle_all(self, due: Sequence[Document]) -> Sequence[Document]:
        """Send what is due on one channel, one after another; return what is left if it fails."""
        for position, document in enumerate(due, start=1):
            try:
                # A failed precondition: somebody else has claimed it.
                with suppress(PreconditionFailed):
                    self._handle(document)
            except _ChannelFailed:
                return due[position:]
        return ()

    def _put_all_off(self, documents: Iterable[Document]) -> None:
        for document in documents:
            store = TenantStore(self._documents, tenant_of(document.path))
            with suppress(PreconditionFailed):
                self._put_off(store, store.outbox.read(document))

    def _handle(self, document: Document) -> None:
        store = TenantStore(self._documents, tenant_of(document.path))
        stored = store.outbox.read(document)
        notification = stored.value
        alert = store.alerts.get(notification.alert_id)
        if alert is None:
            gone = withdrawn(notification, "the alert is no longer kept")
            self._settle(store, gone, when=stored.unchanged)
            return
        reason = self._reason(store, notification, alert.value)
        match reason.verdict:
            case Verdict.SEND:
                self._claim_and_send(store, stored)
            case Verdict.WAIT:
                self._put_off(store, stored)
            case Verdict.WITHDRAW:
                held_back = withdrawn(notification, reason.value)
                self._settle(store, held_back, when=stored.unchanged)
            case Verdict.LEAVE:
                self._documents.commit([store.outbox.delete(notification.key)])

    def _claim_and_send(self, store: TenantStore, stored: Stored[Notification]) -> None:
        claimed = claim(stored.value, now=self._clock(), lease=_LEASE)
        put = store.outbox.put(claimed.key, claimed, when=stored.unchanged)
        self._documents.commit([put])
        # Read once more: nobody is to be woken for what was resolved while this was claimed (C14).
        alert = store.alerts.get(claimed.alert_id)
        if alert is None or not self._stands(store, claimed, alert.value):
            self._keep(store, stored.value)
            return
        self._send(store, claimed, alert)

    def _stands(self, store: TenantStore, notification: Notification, alert: Alert) -> bool:
        return self._reason(store, notification, alert).verdict is Verdict.SEND

    def _reason(self, store: TenantStore, notification: Notification, alert: Alert) -> Reason:
        tenant = self._registry.tenant(store.tenant_id)
        opening, in_shadow = _opening(store, notification), bool(tenant and tenant.in_shadow)
        return reason_to_send(notification, alert, opening, in_shadow=in_shadow)

    def _send(self, store: TenantStore, claimed: Notification, alert: Stored[Alert]) -> None:
        try:
            self._deliver(store, claimed, alert.value)
        except NotificationFailed as error:
            now = self._clock()
            after = failed(claimed, str(error), now=now, retry_after=error.retry_after)
            self._not_sent(store, after, alert)
            raise _ChannelFailed from error
        except (NotificationRejected, InvalidSettings) as error:
            self._not_sent(store, rejected(claimed, str(error)), alert)
        except Exception as error:
            # Whatever a notifier did not foresee is its channel's trouble, not that of the others.
            _log.exception("a notifier failed", channel_id=claimed.channel_id)
            after = failed(claimed, f"unforeseen: {type(error).__name__}", now=self._clock())
            self._not_sent(store, after, alert)
            raise _ChannelFailed from error
        else:
            self._settle(store, sent(claimed, now=self._clock()))

    def _deliver(self, store: TenantStore, notification: Notification, alert: Alert) -> None:
        channel = self._channel(store.tenant_id, notification.channel_id)
        notifier = self._notifiers.get(channel.kind)
        if notifier is None:
            raise NotificationRejected(f"nothing here sends to a channel of kind {channel.kind}")
        notifier.send(self._message(store, notification, alert), channel)

    def _message(
        self, store: TenantStore, notification: Notification, alert: Alert
    ) -> AlertMessage:
        incident = store.incidents.get(alert.incident_id)
        if incident is None:
            raise NotificationRejected("the incident is no longer kept")
        url = f"{self._public_url}/alerts/{alert.alert_id}"
        return compose(
            alert, incident.value, notification.transition, key=notification.key, url=url
        )

    def _channel(self, tenant_id: str, channel_id: str) -> Channel:
        tenant = self._registry.tenant(tenant_id)
        for channel in tenant.channels if tenant else ():
            if channel.channel_id == channel_id:
                return channel
        raise NotificationRejected("the channel has been removed")

    def _not_sent(self, store: TenantStore, after: Notification, alert: Stored[Alert]) -> None:
        # A failed precondition: somebody else has settled it, or the alert has changed, and then it
        # stays claimed and is tried again when the lease is over.
        with suppress(PreconditionFailed):
            if after.status is NotificationStatus.DUE:
                _about(store, after).warning("a notification was not sent and is tried again")
                self._keep(store, after)
            else:
                _about(store, after).error("a notification was given up")
                self._settle(store, after, *self._fall_back(store, after, alert))

    def _fall_back(
        self, store: TenantStore, lost: Notification, stored: Stored[Alert]
    ) -> Iterable[Write]:
        """Yield the notification of a channel that was not to be told, in place of `lost`.

        One such channel is enough, unless it is lost as well. The alert names it from then on, so
        that it is told of the end, and of the opening only once.
        """
        alert = stored.value
        tenant = self._registry.tenant(store.tenant_id)
        if tenant is None or lost.transition is not Transition.OPENED:
            return
        # Better told of what they would not hear of than nobody told.
        eager = [replace(c, minimum_severity=Severity.LOW) for c in _spare(tenant, alert)]
        for planned in plan(alert, lost.transition, eager, now=self._clock()):
            known = lost if planned.key == lost.key else _known(store, planned.key)
            if known is None:
                yield store.outbox.put(planned.key, planned)
                told = _also_telling(alert, planned.channel_id)
                yield store.alerts.put(told.alert_id, told, when=stored.unchanged)
            if known is None or known.status is not NotificationStatus.FAILED:
                return

    def _put_off(self, store: TenantStore, stored: Stored[Notification]) -> None:
        later = postponed(stored.value, until=self._clock() + _WAIT)
        put = store.outbox.put(later.key, later, when=stored.unchanged)
        self._documents.commit([put])

    def _keep(self, store: TenantStore, notification: Notification) -> None:
        """Leave it in the outbox, unless somebody else has settled it since it was claimed."""
        put = store.outbox.put(notification.key, notification, when=Existence.PRESENT)
        self._documents.commit([put])

    def _settle(
        self,
        store: TenantStore,
        notification: Notification,
        *others: Write,
        when: Precondition = Existence.PRESENT,
    ) -> None:
        """Take it out of the outbox and keep what became of it, unless somebody else has."""
        now = self._clock()
        taken = int(notification.status is NotificationStatus.SENT)
        self._documents.commit(
            [
                store.outbox.delete(notification.key, when=when),
                store.notifications.put(notification.key, notification),
                count(store.root, "notifications", now, Outcomes(), notifications=taken),
                *others,
            ]
        )


def _about(store: TenantStore, notification: Notification) -> Logger:
    """Return the logger that says with each line which notification it is about."""
    return _log.bind(
        tenant_id=store.tenant_id,
        alert_id=notification.alert_id,
        channel_id=notification.channel_id,
        attempts=notification.attempts,
        reason=notification.reason,
    )


def _opening(store: TenantStore, notification: Notification) -> Notification | None:
    """Return the notification of the opening, if this one tells of the end."""
    if notification.transition is Transition.OPENED:
        return None
    return _known(store, opening_key(notification))


def _known(store: TenantStore, key: str) -> Notification | None:
    """Return a notification that is due, or else what became of it."""
    found = store.outbox.get(key) or store.notifications.get(key)
    return found.value if found else None


def _spare(tenant: Tenant, alert: Alert) -> list[Channel]:
    """Return the channels that only ever hear of the alert in place of another, or have already."""
    meant = {channel.channel_id for channel in route(alert.severity, tenant.channels)}
    meant &= set(alert.notification_channels)
    return [channel for channel in tenant.channels if channel.channel_id not in meant]


def _also_telling(alert: Alert, channel_id: str) -> Alert:
    channels = dict.fromkeys((*alert.notification_channels, channel_id))
    return replace(alert, notification_channels=tuple(channels), revision=alert.revision + 1)
