"""A system made up by chance: services, their operations, and who calls whom."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

_NOUNS = (
    "account",
    "address",
    "article",
    "basket",
    "bill",
    "booking",
    "carrier",
    "coupon",
    "delivery",
    "discount",
    "file",
    "feed",
    "geo",
    "image",
    "ledger",
    "letter",
    "loyalty",
    "menu",
    "notice",
    "offer",
    "parcel",
    "picture",
    "planner",
    "pricing",
    "profile",
    "quote",
    "rating",
    "report",
    "review",
    "route",
    "seat",
    "stock",
    "survey",
    "tariff",
    "tax",
    "theme",
    "ticket",
    "token",
    "trail",
    "voucher",
)
_VERBS = ("get", "list", "find", "check", "make", "change", "count", "drop")


class OnFailure(StrEnum):
    """What an operation does if what it calls fails."""

    GIVE_UP = "give up"
    GO_ON = "go on"
    TRY_AGAIN = "try again"


@dataclass(frozen=True, slots=True)
class Step:
    """A call that an operation makes: of another operation, or of a store (`callee` is None).

    It makes it in `share` (0..1) of its runs. `parallel` calls begin with the one before. If
    `needs_answer`, a wrong answer ends the run as a failure does.
    """

    callee: int | None
    share: float
    parallel: bool
    on_failure: OnFailure
    needs_answer: bool


@dataclass(frozen=True, slots=True)
class Operation:
    """What a service does when asked: some work, then step after step, with work between them."""

    service: str
    name: str
    work_us: float
    steps: Sequence[Step]
    inner: str


@dataclass(frozen=True, slots=True)
class System:
    """Operations, each calling later ones only, and how the system tells of them.

    `entries` are (operation, requests a second). `client_spans` says that callers tell of calls as
    well, `tells_failures` that spans say whether they failed, `spread` is the standard deviation of
    the logarithm of durations.
    """

    operations: Sequence[Operation]
    entries: Sequence[tuple[int, float]]
    client_spans: bool
    tells_failures: bool
    spread: float
    clocks_us: dict[str, int]

    @property
    def services(self) -> list[str]:
        """The services, in order."""
        return sorted({each.service for each in self.operations})


def made_up_system(chance: random.Random) -> System:
    """Return a system of 8 to 16 services; the first is asked by customers.

    Some are a star, in which the first service calls nearly all; others are deep.
    """
    nouns = chance.sample(_NOUNS, chance.randint(8, 16))
    suffix = chance.choice(("service", "-service", "-api", ""))
    services = ["frontend", *[f"{noun}{suffix}" for noun in nouns]]
    reach = chance.choice((3, 5, len(services)))
    named = [
        (place, f"{verb.title()}{service.split(suffix)[0].title() if suffix else service.title()}")
        for place, service in enumerate(services)
        for verb in chance.sample(
            _VERBS, chance.randint(3, 6) if not place else chance.randint(1, 3)
        )
    ]
    operations = [
        Operation(
            services[place],
            name,
            1000.0 * chance.lognormvariate(0.3, 0.8),
            _steps(chance, named, place, reach),
            f"{name}Handler" if chance.random() < 0.4 else "",
        )
        for place, name in named
    ]
    fronts = [at for at, (place, _) in enumerate(named) if not place]
    return System(
        operations,
        [(at, chance.uniform(0.1, 0.8)) for at in fronts],
        client_spans=chance.random() < 0.7,
        tells_failures=chance.random() < 0.3,
        spread=chance.uniform(0.15, 0.5),
        clocks_us={service: round(chance.gauss(0, 700)) for service in services},
    )


def _steps(
    chance: random.Random, named: Sequence[tuple[int, str]], place: int, reach: int
) -> Sequence[Step]:
    """Return what an operation of the service at a place calls: services up to `reach` further."""
    below = [at for at, (other, _) in enumerate(named) if place < other <= place + reach]
    wanted = chance.randint(2, 6) if not place else chance.choice((0, 0, 1, 1, 2, 3, 4))
    called = sorted(chance.sample(below, min(wanted, len(below))), key=lambda _: chance.random())
    stored = [None] * (chance.choice((0, 1, 1, 2)) if place else 0)
    callees: list[int | None] = [*called, *stored]
    chance.shuffle(callees)
    return [
        Step(
            callee,
            share=1.0 if chance.random() < 0.7 else chance.uniform(0.1, 0.9),
            parallel=chance.random() < 0.1,
            on_failure=chance.choices(tuple(OnFailure), (6, 2, 1))[0],
            needs_answer=chance.random() < 0.6,
        )
        for callee in callees
    ]
