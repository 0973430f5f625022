"""What people say of an anomaly is kept, counted, and taught to the service that strayed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from vigil.detection.feedback import noise_of, with_feedback
from vigil.detection.sharding import shard_of
from vigil.errors import PreconditionFailed, TransientError
from vigil.logs.redaction import redact
from vigil.model.anomaly import Anomaly
from vigil.model.feedback import Feedback, Opinion, Verdict
from vigil.model.outcome import Outcomes
from vigil.ports import Clock, Documents, Existence, Increment, Put, Write
from vigil.stores.detector_states import DetectorStates
from vigil.stores.registry import Registry
from vigil.stores.tenant_store import TenantStore
from vigil.stores.usage import count

_RACES = 10


@dataclass(frozen=True, slots=True)
class _Said:
    by: str
    verdict: Verdict
    note: str | None


class AnomalyFeedback:
    """Takes what people say of anomalies. Saying the same again changes nothing.

    Of each actor the last word on an anomaly counts. It is one commit with what the service's state
    learns of it, which holds only if that is still as it was read: so it counts once, whatever
    happens in between.
    """

    def __init__(self, *, documents: Documents, registry: Registry, clock: Clock) -> None:
        self._documents = documents
        self._registry = registry
        self._clock = clock
        self._states = DetectorStates(documents)

    def give(
        self, store: TenantStore, anomaly_id: str, verdict: Verdict, *, by: str, note: str | None
    ) -> Opinion | None:
        """Return the opinion that is kept of `by`; None if there is no such anomaly.

        The note is kept redacted. Raises InvalidRequest if too many people have an opinion.
        """
        said = _Said(by, verdict, None if note is None else redact(note))
        for _ in range(_RACES):
            try:
                return self._try(store, anomaly_id, said)
            except PreconditionFailed:
                continue
        raise TransientError("the service was written by others each time")

    def _try(self, store: TenantStore, anomaly_id: str, said: _Said) -> Opinion | None:
        anomaly = store.anomalies.get(anomaly_id)
        tenant = self._registry.tenant(store.tenant_id)
        if anomaly is None or tenant is None:
            return None
        store = TenantStore.of(self._documents, tenant)
        stored = store.feedback.get(anomaly_id)
        before = stored.value if stored else Feedback(anomaly_id)
        known = before.of(said.by)
        if known is not None and known.verdict is said.verdict:
            opinion, writes = replace(known, note=said.note), list[Write]()
        else:
            opinion, writes = self._changed(store, anomaly.value, known, said)
        if opinion == known:
            return known
        when = stored.unchanged if stored else Existence.ABSENT
        put = store.feedback.put(anomaly_id, before.with_opinion(opinion), when=when)
        self._documents.commit([put, *writes])
        return opinion

    def _changed(
        self, store: TenantStore, anomaly: Anomaly, known: Opinion | None, said: _Said
    ) -> tuple[Opinion, list[Write]]:
        """Return a new verdict, and what it changes beside itself."""
        taken_back, now = known.counted if known else 0, self._clock()
        puts, counted = self._taught(store, anomaly, taken_back, said.verdict.weight, now)
        opinion = Opinion(said.by, said.verdict, now, said.note, counted)
        return opinion, [*puts, *_counts(store, known, opinion)]

    def _taught(
        self, store: TenantStore, anomaly: Anomaly, taken_back: int, weight: int, now: datetime
    ) -> tuple[Sequence[Put], int]:
        """Return the writes of the state of its service, and how much of `weight` that took in."""
        path = self._states.path(store.root, anomaly.service)
        (document,) = self._documents.get([path])
        if document is None or anomaly.is_received:
            return (), 0
        read = self._states.read(path, document, anomaly.service, None)
        shard = shard_of(anomaly.endpoint, read.shards)
        read = self._states.with_shards(read, [shard])
        of = anomaly.endpoint, anomaly.anomaly_type
        before = with_feedback(read.states[shard], *of, -taken_back)
        after = with_feedback(before, *of, weight)
        counted = noise_of(after, *of) - noise_of(before, *of)
        if after == read.states[shard]:
            return (), counted
        return self._states.write(read, {shard: after}, now).puts, counted


def _counts(store: TenantStore, known: Opinion | None, opinion: Opinion) -> Iterator[Increment]:
    """Yield what counts an opinion on its day, and no longer the one that it replaces."""
    for each, by in ((known, -1), (opinion, 1)):
        if each is not None:
            counted = {f"feedback_{each.verdict.value}": by}
            yield count(store.root, "feedback", each.given_at, Outcomes(), **counted)
