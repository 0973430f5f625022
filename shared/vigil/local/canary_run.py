"""One run of the canary: the entries that it writes, and what is found because of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from vigil.model.identity import content_id
from vigil.model.log_severity import LogSeverity

SERVICE = "canary"
LOG_ID = "canary"
# Five failures in a window are enough for an alert of the highest severity, which every channel
# wants. Should a window end in the midst of them, or a tenant want more, these still are.
ENTRIES = 20
_TEXT = "Written by `vigil canary` to see that it is noticed; nothing is broken"
_LETTERS = str.maketrans("0123456789", "ghijklmnop")
_LENGTH = 12
Entry = dict[str, object]


@dataclass(frozen=True, slots=True)
class CanaryRun:
    """What tells one run from all others, in the log of `project`.

    Runs are of one service, so that what Vigil keeps of it does not grow, and each has an endpoint
    of its own: an incident takes in only what strays at its endpoints, so an earlier run hides no
    later one.

    >>> from datetime import UTC
    >>> CanaryRun("acme-prod", datetime(2026, 1, 20, tzinfo=UTC)).endpoint
    'canary ipngaihagmkc'
    """

    project: str
    begun_at: datetime

    @property
    def name(self) -> str:
        """Letters only: digits could be taken for somebody's number, and be masked."""
        digest = content_id("canary", self.project, self.begun_at.isoformat())
        return digest.removeprefix("v1-")[:_LENGTH].translate(_LETTERS)

    @property
    def endpoint(self) -> str:
        """Where the entries say that they come from."""
        return f"{SERVICE} {self.name}"

    def entries(self) -> list[Entry]:
        """Return the entries; whoever takes them first gives them their time."""
        return [self._entry(number) for number in range(ENTRIES)]

    def caused(self, labels: Mapping[str, object]) -> bool:
        """Whether an alert with these labels is of this run."""
        return (labels.get("service"), labels.get("endpoint")) == (SERVICE, self.endpoint)

    def _entry(self, number: int) -> Entry:
        return {
            "logName": f"projects/{self.project}/logs/{LOG_ID}",
            "resource": {"type": "global", "labels": {"project_id": self.project}},
            "insertId": f"{self.name}-{number:02}",
            "severity": LogSeverity.ERROR.name,
            "jsonPayload": {"message": _TEXT, "service": SERVICE, "endpoint": self.endpoint},
        }
