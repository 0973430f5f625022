"""An inquiry: what has come of asking a model about one kind of incident."""

from dataclasses import dataclass
from datetime import datetime

from vigil.model.explanation import Degraded


@dataclass(frozen=True, slots=True)
class Inquiry:
    """One question to a model, from being begun to its answer.

    `starts` counts how often it was begun: more than once only if whoever began it has crashed.
    Of `answer` and `trouble` it has one when it is over and neither before. The answer is redacted
    and unchecked: it is held against the evidence each time that it is used.
    """

    begun_at: datetime
    starts: int
    answer: str | None = None
    trouble: Degraded | None = None

    @property
    def is_over(self) -> bool:
        """Whether it has come to an answer, or to the reason why there is none."""
        return self.answer is not None or self.trouble is not None
