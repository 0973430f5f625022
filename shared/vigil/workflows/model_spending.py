"""What asking a model may cost in a day: taken before the call, put right after it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from vigil.errors import PreconditionFailed, TransientError
from vigil.ports import Documents, Existence, Increment, OfVersion, Put, Write
from vigil.stores.usage import CALLS, PLATFORM, TOKENS, model_counters, model_usage_path

_RACES = 10


@dataclass(frozen=True, slots=True)
class Budget:
    """How many calls and tokens a day holds."""

    calls: int
    tokens: int


@dataclass(frozen=True, slots=True)
class Budgets:
    """Each tenant's budget for a day, and the platform's for all tenants together."""

    tenant: Budget
    platform: Budget


class ModelSpending:
    """Keeps what models cost within the budgets, whoever else spends at the same time (FAULTS G6).

    A call and the most tokens that it can cost are taken in one commit before the call. Afterwards
    the tokens are put right. If a crash comes between, what was taken stays taken.
    """

    def __init__(self, documents: Documents, budgets: Budgets) -> None:
        self._documents = documents
        self._budgets = budgets

    def reserve(
        self, root: str, tokens: int, now: datetime, *, with_it: Sequence[Write] = ()
    ) -> bool:
        """Take one call of at most `tokens` from the tenant at `root` and from the platform.

        Returns whether it was within both budgets; if not, nothing is written. The writes
        `with_it` are part of the commit. Raises TransientError if others wrote first each time,
        or if a precondition in `with_it` does not hold.
        """
        for _ in range(_RACES):
            puts = self._puts(root, tokens, now)
            if puts is None:
                return False
            try:
                self._documents.commit([*with_it, *puts])
            except PreconditionFailed:
                continue
            return True
        raise TransientError("the model's budget was written by others each time")

    def put_right(self, root: str, reserved: int, spent: int | None, now: datetime) -> None:
        """Give back what was reserved and not spent; what nobody knows counts as spent."""
        if spent is None or spent == reserved:
            return
        amounts = {TOKENS: spent - reserved}
        self._documents.commit(
            [Increment(model_usage_path(each, now), amounts) for each in (root, PLATFORM)]
        )

    def _puts(self, root: str, tokens: int, now: datetime) -> list[Put] | None:
        """Return the writes that take a call, None if one of the budgets has no room for it."""
        limits = {root: self._budgets.tenant, PLATFORM: self._budgets.platform}
        paths = [model_usage_path(each, now) for each in limits]
        puts: list[Put] = []
        found = self._documents.get(paths)
        for path, document, budget in zip(paths, found, limits.values(), strict=True):
            fields = document.fields if document else {}
            after = model_counters(fields, now, calls=1, tokens=tokens)
            if after[CALLS] > budget.calls or after[TOKENS] > budget.tokens:
                return None
            when = OfVersion(document.version) if document else Existence.ABSENT
            puts.append(Put(path, after, when))
        return puts
