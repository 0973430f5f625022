"""What a queue hands out, and on which terms."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from vigil.errors import PermanentError
from vigil.ports import Message


@dataclass(frozen=True, slots=True)
class Subscription:
    """A wish to have every message of a topic, and the terms on which it is tried again.

    A message that is neither acknowledged nor refused within `ack_deadline` is due again. One that
    was refused for the n-th time waits `minimum_backoff * 2^(n-1)`, at most `maximum_backoff`. One
    that failed `max_attempts` times is a dead letter.
    """

    topic: str
    ack_deadline: timedelta = timedelta(seconds=60)
    minimum_backoff: timedelta = timedelta(seconds=1)
    maximum_backoff: timedelta = timedelta(seconds=600)
    max_attempts: int = 50

    def backoff(self, attempt: int) -> timedelta:
        """Return how long to wait after the `attempt`-th delivery failed (1 for the first).

        >>> [Subscription("t").backoff(attempt).total_seconds() for attempt in (1, 2, 3, 50)]
        [1.0, 2.0, 4.0, 600.0]
        """
        longest = self.maximum_backoff // self.minimum_backoff
        # A number of times first: a timedelta of 2^49 seconds does not exist.
        times = 2 ** (attempt - 1)
        return self.maximum_backoff if times > longest else times * self.minimum_backoff


@dataclass(frozen=True, slots=True)
class Delivery:
    """One attempt (1 for the first) to deliver a message; `ack_id` answers this attempt only."""

    ack_id: str
    message: Message
    message_id: str
    published_at: datetime
    attempt: int


def terms_of(subscriptions: Mapping[str, Subscription], name: str) -> Subscription:
    """Return the terms of a subscription; raise PermanentError for a name that is none."""
    if name not in subscriptions:
        raise PermanentError(f"no subscription {name!r}, only {sorted(subscriptions)}")
    return subscriptions[name]
