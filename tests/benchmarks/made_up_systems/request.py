"""One request as it runs through a made-up system, and the spans that tell of it."""

import random
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from tests.benchmarks.made_up_systems.fault import Fault, FaultKind
from tests.benchmarks.made_up_systems.system import OnFailure, Operation, Step, System


class Answer(StrEnum):
    """What comes of a run."""

    RIGHT = "right"
    WRONG = "wrong"
    FAILED = "failed"


class Told(NamedTuple):
    """A span as a service tells of it; times by the clock of the service, in microseconds."""

    service: str
    name: str
    span_id: str
    parent_id: str
    start_us: int
    us: int
    failed: bool


@dataclass(slots=True)
class Request:
    """A request in the making. `shares` has the share of runs that make each step now."""

    system: System
    fault: Fault | None
    chance: random.Random
    shares: dict[tuple[int, int], float]
    told: list[Told] = field(default_factory=list)

    def run(self, place: int, start_us: float, parent_id: str) -> tuple[float, Answer]:
        """Run an operation from its arrival on; return when it answers, and what."""
        operation = self.system.operations[place]
        span_id, inner_id = self._id(), self._id()
        end_us, answer = self._inside(place, start_us, inner_id if operation.inner else span_id)
        if operation.inner:
            begins_us = start_us + self.chance.uniform(0.05, 0.2) * 1000
            self._tell(operation, operation.inner, inner_id, span_id, begins_us, end_us, answer)
            end_us += self.chance.uniform(0.05, 0.2) * 1000
        self._tell(operation, operation.name, span_id, parent_id, start_us, end_us, answer)
        return end_us, answer

    def _inside(self, place: int, at_us: float, span_id: str) -> tuple[float, Answer]:
        operation = self.system.operations[place]
        struck = self.fault is not None and self.fault.strikes(place, self.chance)
        broken = self.fault if struck else None
        at_us += self._work(operation, broken)
        began_us = at_us
        for number, step in enumerate(operation.steps):
            if broken and number == broken.breaks_at and broken.kind in _BREAKING:
                return at_us, _BREAKING[broken.kind]
            if self.chance.random() >= self.shares.get((place, number), step.share):
                continue
            starts_us = began_us if step.parallel else at_us
            for _ in range(2 if step.on_failure is OnFailure.TRY_AGAIN else 1):
                end_us, answer = self._call(operation, step, starts_us, span_id)
                began_us, starts_us = starts_us, end_us
                at_us = max(at_us, end_us)
                if answer is not Answer.FAILED:
                    break
            if _ends(step, answer):
                return at_us, Answer.FAILED
            at_us += self._work(operation, None) / 4
        if broken and broken.kind in _BREAKING:
            return at_us, _BREAKING[broken.kind]
        return at_us, Answer.RIGHT

    def _call(
        self, caller: Operation, step: Step, at_us: float, parent_id: str
    ) -> tuple[float, Answer]:
        if step.callee is None:
            end_us = at_us + self._lasts(900.0, caller.service) + 2 * self._way(caller.service, "")
            self._tell(caller, "query", self._id(), parent_id, at_us, end_us, Answer.RIGHT)
            return end_us, Answer.RIGHT
        callee = self.system.operations[step.callee]
        span_id = self._id() if self.system.client_spans else parent_id
        arrives_us = at_us + self._way(caller.service, callee.service)
        answers_us, answer = self.run(step.callee, arrives_us, span_id)
        end_us = answers_us + self._way(caller.service, callee.service)
        if self.system.client_spans:
            self._tell(caller, callee.name, span_id, parent_id, at_us, end_us, answer)
        return end_us, answer

    def _work(self, operation: Operation, broken: Fault | None) -> float:
        us = self._lasts(operation.work_us, operation.service)
        return us + (broken.delay_us if broken and broken.kind is FaultKind.CODE else 0.0)

    def _lasts(self, usual_us: float, service: str) -> float:
        fault = self.fault
        slower = fault.slower if fault and fault.service == service else 1.0
        hindered: float = slower ** self.chance.random()
        return hindered * usual_us * self._varied()

    def _way(self, service: str, other: str) -> float:
        fault, us = self.fault, 250.0 * self._varied()
        if fault and fault.kind is FaultKind.NETWORK and fault.service in (service, other):
            us += fault.delay_us * self.chance.uniform(0.7, 1.3)
        if fault and fault.kind is FaultKind.CPU and fault.service in (service, other):
            us *= fault.slower ** self.chance.random()
        return us

    def _varied(self) -> float:
        # Once in a hundred times something else runs on the machine.
        hindered = 10.0 if self.chance.random() < 0.01 else 1.0
        return hindered * self.chance.lognormvariate(0.0, self.system.spread)

    def _tell(  # noqa: PLR0913, PLR0917  # what a span tells
        self,
        by: Operation,
        name: str,
        span_id: str,
        parent_id: str,
        start_us: float,
        end_us: float,
        answer: Answer,
    ) -> None:
        failed = answer is Answer.FAILED and self.system.tells_failures
        start = round(start_us) + self.system.clocks_us[by.service]
        us = round(end_us - start_us)
        self.told.append(Told(by.service, name, span_id, parent_id, start, us, failed))

    def _id(self) -> str:
        return f"{self.chance.getrandbits(64):016x}"


_BREAKING = {FaultKind.EXCEPTION: Answer.FAILED, FaultKind.RETURN: Answer.WRONG}


def _ends(step: Step, answer: Answer) -> bool:
    """Whether the caller breaks off because of an answer."""
    if answer is Answer.WRONG:
        return step.needs_answer
    return answer is Answer.FAILED and step.on_failure is not OnFailure.GO_ON
