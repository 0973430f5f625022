"""A span of a trace, and what was logged in it."""

from collections.abc import Sequence
from dataclasses import dataclass

from vigil.detection.event_time import microseconds_of
from vigil.detection.traces.line_name import span_name
from vigil.logs.log_entry import LogEntry


@dataclass(slots=True, eq=False)
class Span:
    """A call as one side of it tells: of which service, what it is called, how long it took.

    `start_us` is when it began; an entry may be of the end of what it tells of, so until that is
    settled, it is the instant of the entry. `enclosed` says that it was only seen to lie within its
    parent in time. `meanwhile` has calls of the same parent that began while it ran.
    """

    service: str
    name: str
    endpoint: str
    us: int
    start_us: int
    failed: bool
    span_id: str | None = None
    parent_id: str | None = None
    parent: "Span | None" = None
    enclosed: bool = False
    # Most spans have none of these, and a list for each takes a third of the time of making them.
    children: "list[Span] | tuple[()]" = ()
    meanwhile: "Sequence[Span]" = ()
    lines: list[LogEntry] | tuple[()] = ()

    @classmethod
    def of(cls, entry: LogEntry, us: int) -> "Span":
        """Return the span of `us` microseconds that an entry tells of."""
        # By position, which is done in half the time: it is done for every span.
        return cls(
            entry.service,
            entry.endpoint or span_name(entry.message),
            entry.endpoint,
            us,
            microseconds_of(entry.occurred_at),
            entry.failed,
            entry.span_id,
            entry.parent_span_id,
        )

    def put_below(self, parent: "Span") -> None:
        """Make it a child of another span; it must be no child yet."""
        self.parent = parent
        if parent.children:
            parent.children.append(self)
        else:
            parent.children = [self]

    def take_line(self, line: LogEntry) -> None:
        """Add a line that was logged in it."""
        if self.lines:
            self.lines.append(line)
        else:
            self.lines = [line]

    @property
    def end_us(self) -> int:
        """When it ended."""
        return self.start_us + self.us

    @property
    def is_served(self) -> bool:
        """Whether it is told by the side that serves the call."""
        return bool(self.endpoint) or self.parent is None or self.parent.service != self.service

    @property
    def callee(self) -> "Span | None":
        """What it waits for, if it does nothing but call another service."""
        if self.endpoint or len(self.children) != 1:
            return None
        child = self.children[0]
        return child if child.service != self.service else None

    @property
    def own_us(self) -> int:
        """How long it took without the time in which it waited for what it called."""
        if not self.children and not self.meanwhile:
            return self.us
        if len(self.children) == 1:
            # Exact even where the clocks of two services differ.
            return max(self.us - self.children[0].us, 0)
        waited, until = 0, self.start_us
        for child in sorted([*self.children, *self.meanwhile], key=starting):
            child_end = min(child.end_us, self.end_us)
            waited += max(child_end - max(child.start_us, until), 0)
            until = max(until, child_end)
        return self.us - waited


def starting(span: Span) -> tuple[int, int, str, str]:
    """Return a key that sorts spans by their start, of several that start together the longest."""
    return span.start_us, -span.us, span.service, span.name
