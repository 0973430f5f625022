"""The canary: entries that must become a notification, followed all the way."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from vigil.errors import PermanentError, TransientError, VigilError
from vigil.local.canary_api import CanaryApi
from vigil.local.canary_run import CanaryRun
from vigil.local.canary_stages import Stage
from vigil.local.canary_ways import WayIn

T = TypeVar("T")


class Canary:
    """Writes the entries of one run, and waits until somebody was told because of them.

    What it says goes to `say`, a line for each stage with the seconds since it began. It leaves an
    alert that is resolved, whether it arrived or not; if it is interrupted, the alert ends when it
    has been quiet.
    """

    def __init__(  # noqa: PLR0913 - what it is made of
        self,
        api: CanaryApi,
        way: WayIn,
        run: CanaryRun,
        *,
        say: Callable[[str], None],
        timeout: timedelta = timedelta(minutes=10),
        every: timedelta = timedelta(seconds=2),
    ) -> None:
        """Take how long all stages may take together, and how often the API is asked."""
        self._api = api
        self._way = way
        self._run = run
        self._say = say
        self._every = every
        self._missed: list[_NotReached] = []
        self._begun = time.monotonic()
        self._give_up_at = self._begun + timeout.total_seconds()

    def fly(self) -> bool:
        """Return whether every stage was reached."""
        try:
            self._arrive()
        except _NotReached as missed:
            self._miss(missed)
        return not self._missed

    def _arrive(self) -> None:
        received, known = self._until(
            Stage.ANSWERED, lambda: (self._api.received(), self._api.anomalies())
        )
        self._write()
        self._detect(received, known)
        alert_id = self._until(Stage.ALERTED, lambda: self._api.alert_of(self._run))
        try:
            self._until(Stage.TOLD, lambda: self._api.require_told(alert_id))
        except _NotReached as missed:
            self._miss(missed)
        self._until(Stage.RESOLVED, lambda: self._api.resolve(alert_id))

    def _write(self) -> None:
        try:
            self._way.write(self._run.entries())
        except VigilError as error:
            raise _NotReached(Stage.WRITTEN, f"{self._way.name}: {error}") from error
        self._reach(Stage.WRITTEN, f" to {self._way.name}")

    def _detect(self, received: int, known: frozenset[str]) -> None:
        try:
            self._until(Stage.DETECTED, lambda: self._require_more_than(known))
        except _NotReached as missed:
            raise self._nearer(missed, received) from missed

    def _require_more_than(self, known: frozenset[str]) -> None:
        if not self._api.anomalies() - known:
            raise TransientError("there is none yet")

    def _nearer(self, missed: "_NotReached", received: int) -> "_NotReached":
        """Return what is known better: whether entries of the tenant have come in at all."""
        try:
            came = self._api.received() > received
        except VigilError:
            return missed
        return missed if came else _NotReached(Stage.TAKEN_IN, missed.why)

    def _until(self, stage: Stage, look: Callable[[], T]) -> T:
        """Return what `look` returns once it raises no TransientError any more."""
        while True:
            try:
                found = look()
            except TransientError as error:
                if time.monotonic() + self._every.total_seconds() > self._give_up_at:
                    raise _NotReached(stage, str(error)) from error
                time.sleep(self._every.total_seconds())
            except PermanentError as error:
                raise _NotReached(stage, str(error)) from error
            else:
                self._reach(stage)
                return found

    def _reach(self, stage: Stage, where: str = "") -> None:
        self._say(f"{self._seconds} s  {stage.reached}{where}")

    def _miss(self, missed: "_NotReached") -> None:
        self._missed.append(missed)
        self._say(f"{self._seconds} s  NOT REACHED: {missed.stage.reached}: {missed.why}")
        self._say(f"           Look at {missed.stage.look_at}.")

    @property
    def _seconds(self) -> str:
        return f"{time.monotonic() - self._begun:7.1f}"


class _NotReached(Exception):
    """A stage that was not reached, and why."""

    def __init__(self, stage: Stage, why: str) -> None:
        super().__init__(why)
        self.stage = stage
        self.why = why
