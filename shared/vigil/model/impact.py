"""What an incident did to those who use the services, and what its requests have in common."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Difference:
    """A value of a field that is more common among what failed than it was before.

    `share` is its part (0..1) of the bad window's failures or requests, `usual_share` that of the
    good one's; `count` of `total` are the numbers behind `share`. `text` says it in one sentence.
    """

    service: str
    field: str
    value: str
    share: float
    usual_share: float
    count: int
    total: int
    text: str


@dataclass(frozen=True, slots=True)
class Impact:
    """How far an incident reaches.

    `requests` were served by the affected endpoints while it lasted, `failed` of them failed.
    `users` is about how many pseudonymous users were hit, `user_share` their part (0..1) of those
    seen; None where no entry names a user. `budget_burned` is the part of a month's error budget
    that the failures took, 1.0 being all of it. `spread` is the order in which services were hit.
    """

    requests: int = 0
    failed: int = 0
    users: int | None = None
    user_share: float | None = None
    budget_burned: float | None = None
    spread: tuple[str, ...] = ()
