"""Calls: how often one series has called another, and the time that both took."""

from dataclasses import dataclass

from vigil.model.series import Series


@dataclass(frozen=True, slots=True)
class Call:
    """`count` calls of one series by another.

    The requests of the caller that made them took `caller_us` microseconds in all, what was called
    `callee_us`. `nested` of the calls were only seen to lie within a request of the caller; the
    others name it as their parent. `calling` requests of the caller made at least one of them; 0
    says that this was not counted, and one call a request is taken for granted.
    """

    caller: Series
    callee: Series
    count: int
    caller_us: int
    callee_us: int
    nested: int = 0
    calling: int = 0

    @property
    def requests(self) -> int:
        """How many requests of the caller made such a call, as far as it is known."""
        return self.calling or self.count
