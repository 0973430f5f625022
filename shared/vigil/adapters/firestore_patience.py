"""How long Firestore is tried: the only place in which a call of it is made again."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import TypeVar

import grpc

from vigil.errors import TransientError, VigilError

T = TypeVar("T")

# A quota is counted over a longer time than it takes others to finish a commit.
_QUOTA_PAUSES = 10


@dataclass(frozen=True, slots=True)
class Patience:
    """The deadline of each attempt, how many there are, and when all of them end.

    Pauses double from the first to the longest; each is cut by chance to between half of it and the
    whole, so that those who got into each other's way do not meet again.
    """

    attempts: int = 6
    deadline_seconds: float = 10.0
    first_pause_seconds: float = 0.05
    longest_pause_seconds: float = 4.0
    give_up_after_seconds: float = 30.0
    sleep: Callable[[float], None] = time.sleep

    def persist(
        self,
        call: Callable[[float], T],
        error_for: Callable[[grpc.StatusCode], VigilError | None],
    ) -> T:
        """Return what `call` returns, called with the seconds that it may take.

        `error_for` says what to raise for the code of a failed attempt, None to try again. Raises
        TransientError when that was done often enough. No error holds what Firestore said, which
        may quote a document.
        """
        give_up_at = time.monotonic() + self.give_up_after_seconds
        for attempt in count(1):
            try:
                return call(min(self.deadline_seconds, give_up_at - time.monotonic()))
            except grpc.RpcError as failure:
                code = failure.code()
            error = error_for(code)
            if error is not None:
                raise error
            pause = self._pause(attempt, code)
            if attempt >= self.attempts or time.monotonic() + pause >= give_up_at:
                raise TransientError(f"Firestore answered {code.name} at attempt {attempt}")
            self.sleep(pause)
        raise AssertionError("counting never ends")

    def _pause(self, attempt: int, code: grpc.StatusCode) -> float:
        factor = _QUOTA_PAUSES if code is grpc.StatusCode.RESOURCE_EXHAUSTED else 1
        whole: float = self.first_pause_seconds * factor * 2 ** (attempt - 1)
        return min(whole, self.longest_pause_seconds) * random.uniform(0.5, 1.0)
