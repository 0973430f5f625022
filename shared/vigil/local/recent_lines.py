"""What the sample shop has logged last, by template."""

from collections import Counter, deque
from dataclasses import dataclass
from threading import Lock

from vigil.local.shop_log import Entry
from vigil.logs.log_entry import LogEntry
from vigil.logs.masking import mask, redacted_line

REMEMBERED = 500


@dataclass(frozen=True, slots=True)
class LineCount:
    """How many of the latest lines have one template; `failed` says that they tell of a failure."""

    text: str
    count: int
    failed: bool


class RecentLines:
    """Counts the templates of the latest 500 lines; used from several threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._latest: deque[tuple[str, bool]] = deque(maxlen=REMEMBERED)

    def see(self, entry: Entry) -> None:
        """Take in an entry in the shape in which the shop emits it."""
        seen = LogEntry.parse(entry)
        line = mask(redacted_line(seen.message)), seen.failed
        with self._lock:
            self._latest.append(line)

    def counts(self) -> tuple[LineCount, ...]:
        """Return the templates, those that tell of failures first, then the frequent ones."""
        with self._lock:
            counted = Counter(self._latest)
        lines = [LineCount(text, n, failed) for (text, failed), n in counted.items()]
        return tuple(sorted(lines, key=lambda line: (not line.failed, -line.count, line.text)))
