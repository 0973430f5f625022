"""What a batch or a tick does to one service: read, compute, and write it all in one commit."""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from weakref import WeakValueDictionary

from vigil.errors import PreconditionFailed, TransientError, VigilError
from vigil.model.tenant import Tenant
from vigil.ports import Clock, Document, Documents
from vigil.stores.deltas import Deltas, LeftDeltas, TickDelta
from vigil.stores.detector_states import DetectorStates, ReadService
from vigil.stores.seen_entries import SeenEntries, span_of
from vigil.stores.tenant_store import JUDGED, TenantStore, judged_in
from vigil.workflows.event_outbox import EventOutbox
from vigil.workflows.events import anomaly_detected
from vigil.workflows.service_commit import ServiceCommit, ServicePart
from vigil.workflows.service_pace import Pace

# A lost race is run again at once, since the winner's commit is done; a hot service is waited for.
# Whoever is not done after so many rounds lets its batch be redelivered.
_ROUNDS = 25
# With what was begun by then, half a minute for each call at worst, it ends before the batch is
# delivered again (`topology`).
_LONGEST = timedelta(seconds=45)
_TURN_SECONDS = 10.0
# Of services: what they have seen lately can be much.
_READ_AT_ONCE = 20
Sleep = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class _Scene:
    """A service as it was read, and what belongs to it."""

    tenant: Tenant
    store: TenantStore
    read: ReadService
    seen: SeenEntries
    deltas: Deltas


@dataclass(slots=True)
class _Plan:
    """A part, what is to be read for it, and how often this process has left its delta."""

    part: ServicePart
    path: str
    seen: SeenEntries
    deltas: Deltas
    spans: list[int]
    times_left: int

    @property
    def paths(self) -> list[str]:
        """Its ledger key, the service, how far has been judged, its delta, and what was seen."""
        store, ledger_id = self.part.store, self.part.ledger_id
        return [
            store.ledger.path(ledger_id),
            self.path,
            store.turns.path(JUDGED),
            self.deltas.path(ledger_id, max(self.times_left - 1, 0)),
            *self.seen.paths(self.spans),
        ]


@dataclass(frozen=True, slots=True)
class _Effort:
    """Until when a batch is worked on, and what kept parts of it from being taken in."""

    until: datetime
    trouble: list[VigilError] = field(default_factory=list)


class ServiceDetection:
    """Takes in the parts of batches and judges services, each in one commit.

    A commit holds only if the service is still as it was read, and the part's ledger key is in it:
    a part that is delivered again changes nothing.

    A service that was written less than the pace ago is not written. The part leaves a delta then,
    and waits: whoever finds the service writable first folds the deltas of all who wait into one
    commit. If that process dies its batch is redelivered, and finds the delta (FAULTS B02).
    """

    def __init__(  # noqa: PLR0913 - what it is made of
        self,
        *,
        documents: Documents,
        states: DetectorStates,
        events: EventOutbox,
        clock: Clock,
        pace: Pace,
        sleep: Sleep = time.sleep,
    ) -> None:
        self._documents = documents
        self._states = states
        self._events = events
        self._clock = clock
        self._pace = pace
        self._sleep = sleep
        # Each for as long as anybody wants it: there is no end to the names of services. Should two
        # be made at the same time, that costs a lost race: it is the store that decides.
        self._folders: WeakValueDictionary[str, threading.Lock] = WeakValueDictionary()

    def take_in(self, parts: Sequence[ServicePart]) -> list[VigilError]:
        """Return when all `parts` are durable, with what kept some of them from being so.

        One service's trouble holds up no other. Raises TransientError when it takes too long.
        """
        effort = _Effort(self._clock() + _LONGEST)
        waiting: list[tuple[float, _Plan]] = []
        for first in range(0, len(parts), _READ_AT_ONCE):
            waiting += self._first_round(parts[first : first + _READ_AT_ONCE], effort)
        for _ in range(_ROUNDS):
            if not waiting:
                break
            self._sleep(min(wait for wait, _ in waiting))
            plans = [self._plan(plan.part, times_left=plan.times_left) for _, plan in waiting]
            waiting = self._round(plans, self._attempt_again, effort)
        if waiting:
            raise TransientError("a service was written by others each time")
        return effort.trouble

    def judge(self, tenant: Tenant, store: TenantStore, read: ReadService, tick: TickDelta) -> bool:
        """Judge a service and return whether that is done.

        If it is too hot to be written, the tick waits for its next commit. Raises
        PreconditionFailed if somebody else wrote first.
        """
        seen = SeenEntries(self._documents, store.root, read.service)
        deltas = Deltas(self._documents, store.root, read.service)
        scene, now = _Scene(tenant, store, read, seen, deltas), self._clock()
        if not self._pace.allows(read.committed_at, now):
            self._documents.commit([deltas.put_tick(tick)])
            return False
        left = self._left(scene, now)
        commit = self._folded(scene, left)
        commit.judge(tick)
        if left or not commit.changes_nothing:
            self._commit(scene, commit, left)
        return True

    def read_again(self, store: TenantStore, read: ReadService) -> ReadService:
        """Return a service as it is now, with its first shard."""
        (document,) = self._documents.get([read.path])
        return self._states.read(read.path, document, read.service, read.judged_at)

    def _first_round(
        self, parts: Sequence[ServicePart], effort: _Effort
    ) -> list[tuple[float, _Plan]]:
        """Read in one call what all `parts` need; most are done then."""
        plans = [self._plan(part) for part in parts]
        read = iter(self._documents.get([path for plan in plans for path in plan.paths]))
        found = {id(plan): [next(read) for _ in plan.paths] for plan in plans}
        return self._round(plans, lambda plan: self._attempt(plan, found[id(plan)]), effort)

    def _round(
        self,
        plans: Sequence[_Plan],
        attempt: Callable[[_Plan], float | None],
        effort: _Effort,
    ) -> list[tuple[float, _Plan]]:
        """Return the plans that are not done, and how many seconds each wants to wait."""
        waiting: list[tuple[float, _Plan]] = []
        for plan in plans:
            if self._clock() > effort.until:
                raise TransientError("a batch takes too long")
            try:
                wait = attempt(plan)
            except PreconditionFailed:
                wait = 0.0
            except VigilError as error:
                effort.trouble.append(error)
                continue
            if wait is not None:
                waiting.append((wait, plan))
        return waiting

    def _plan(self, part: ServicePart, *, times_left: int = 0) -> _Plan:
        root = part.store.root
        return _Plan(
            part,
            self._states.path(root, part.service),
            SeenEntries(self._documents, root, part.service),
            Deltas(self._documents, root, part.service),
            sorted({span_of(entry) for entry in part.entries}),
            times_left,
        )

    def _attempt_again(self, plan: _Plan) -> float | None:
        """Do as `_attempt` does; of the threads that wait for one service only one at a time."""
        ledger = plan.part.store.ledger
        turn = self._folders.setdefault(plan.path, threading.Lock())
        # While the store is in trouble whoever has the turn may keep it for long.
        if not turn.acquire(timeout=_TURN_SECONDS):
            return 0.0
        try:
            (done,) = self._documents.get([ledger.path(plan.part.ledger_id)])
            return None if done else self._attempt(plan, self._documents.get(plan.paths))
        finally:
            turn.release()

    def _attempt(self, plan: _Plan, found: Sequence[Document | None]) -> float | None:
        """Take a part in, or leave its delta; return how long to wait then, None when it is done.

        `found` is what lies at the plan's paths. Raises PreconditionFailed if somebody else wrote
        first.
        """
        part, store = plan.part, plan.part.store
        done, head, judged, delta, *known = found
        if done is not None:
            return None
        plan.seen.learn(plan.spans, known)
        read = self._states.read(plan.path, head, part.service, judged_in(store, judged))
        scene = _Scene(part.tenant, store, read, plan.seen, plan.deltas)
        now = self._clock()
        if self._pace.allows(read.committed_at, now):
            self._write(scene, part, now, is_left=delta is not None)
            return None
        if delta is None:
            # Also one that was dropped, because another batch brought an entry of it meanwhile.
            self._leave(scene, plan, now)
        return self._pace.wait_seconds(read.committed_at, now, part.ledger_id)

    def _write(self, scene: _Scene, part: ServicePart, now: datetime, *, is_left: bool) -> None:
        left = self._left(scene, now, is_left=is_left)
        commit = self._folded(scene, left)
        # Its delta may lie behind more than a commit takes in, be damaged, or be dropped, because
        # another batch brought an entry of it meanwhile; its entries are at hand.
        if not commit.has_done(part.ledger_id):
            commit.take_in(part)
        if left.tick:
            commit.judge(left.tick)
        commit.judge_open()
        self._commit(scene, commit, left)

    def _leave(self, scene: _Scene, plan: _Plan, now: datetime) -> None:
        put = scene.deltas.put(plan.part.as_delta(scene.seen), now, plan.times_left)
        plan.times_left += 1
        # A failed precondition: it has been delivered twice at the same time, and left already.
        with suppress(PreconditionFailed):
            self._documents.commit([put])

    def _left(self, scene: _Scene, now: datetime, *, is_left: bool = False) -> LeftDeltas:
        """Return the deltas that wait; a service that was left alone for a while has none."""
        if is_left or self._pace.may_have_deltas(scene.read.committed_at, now):
            return scene.deltas.read(now)
        return LeftDeltas()

    def _folded(self, scene: _Scene, left: LeftDeltas) -> ServiceCommit:
        """Return a commit with the deltas in it whose work is not done."""
        commit = ServiceCommit(self._states, scene.tenant, scene.store, scene.read, scene.seen)
        if left.batches:
            scene.seen.learn_missing(span for delta in left.batches for span in delta.digests)
            keys = [scene.store.ledger.path(delta.key) for delta in left.batches]
            for delta, done in zip(left.batches, self._documents.get(keys), strict=True):
                # A process that died and its successor may both have left it.
                if done is None and not commit.has_done(delta.key):
                    commit.fold(delta)
        return commit

    def _commit(self, scene: _Scene, commit: ServiceCommit, left: LeftDeltas) -> None:
        """Write it all, and tell what was found; a crash in between leaves that to a later tick."""
        now = self._clock()
        written = commit.written(now)
        shadow = scene.tenant.in_shadow
        events = [anomaly_detected(anomaly, shadow=shadow) for anomaly in commit.found]
        self._documents.commit(
            [
                *written.puts,
                *commit.other_writes(now),
                *self._events.writes(scene.store, events),
                *scene.deltas.delete(left),
            ]
        )
        self._states.remember(written)
        self._events.publish(scene.store, events)
