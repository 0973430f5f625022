"""Who is in a group of received alerts: which of them still fire, whatever order they came in."""

import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from vigil.model.received_alert import ReceivedAlert, ReceivedStatus

# An alert that is over is remembered for as long as a repeat of it may still be delivered.
REMEMBERED = timedelta(days=2)
# Half a megabyte as it is kept; whoever has more that fire at once has one trouble, not so many.
MOST_MEMBERS = 15_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_NOT_OVER = -1
# The fingerprint, when it started, and when it was said to be over.
_RECORD = struct.Struct(">16sqq")
_PREFIX = "v1:"


@dataclass(frozen=True, slots=True)
class Member:
    """The latest onset of one alert, and when Vigil heard that it is over, None while it fires."""

    starts_at: datetime
    over_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Members:
    """The alerts of a group by their fingerprints.

    What is learned about one alert is its latest start, and of that whether it is over. So neither
    repeats nor the order in which they come make a difference (FAULTS A21, G5).
    """

    by_fingerprint: Mapping[str, Member] = field(default_factory=dict)

    @property
    def firing(self) -> int:
        """How many still fire."""
        return sum(member.over_at is None for member in self.by_fingerprint.values())

    def learn(
        self, alerts: Iterable[ReceivedAlert], *, now: datetime
    ) -> tuple["Members", list[ReceivedAlert]]:
        """Return the members as `alerts` leave them, and which begin to fire, by their start."""
        known = dict(self.by_fingerprint)
        begun: dict[str, ReceivedAlert] = {}
        for alert in alerts:
            before = known.get(alert.fingerprint)
            after = _after(before, alert, now)
            if after == before:
                continue
            known[alert.fingerprint] = after
            begun.pop(alert.fingerprint, None)
            if after.over_at is None:
                begun[alert.fingerprint] = alert
        in_order = sorted(begun.values(), key=lambda alert: (alert.starts_at, alert.fingerprint))
        return Members(known), in_order

    def kept(self, *, now: datetime) -> "Members":
        """Return those that are to be remembered: all that fire, and what was over lately.

        At most MOST_MEMBERS; of those that fire, the first to start.
        """
        lately = {
            name: member
            for name, member in self.by_fingerprint.items()
            if member.over_at is None or member.over_at + REMEMBERED > now
        }
        in_order = sorted(lately, key=lambda name: _importance(name, lately[name]))
        return Members({name: lately[name] for name in in_order[:MOST_MEMBERS]})

    def packed(self) -> bytes:
        """Return 32 bytes a member."""
        return b"".join(
            _RECORD.pack(
                bytes.fromhex(name.removeprefix(_PREFIX)),
                _microseconds(member.starts_at),
                _NOT_OVER if member.over_at is None else _microseconds(member.over_at),
            )
            for name, member in sorted(self.by_fingerprint.items())
        )

    @classmethod
    def unpacked(cls, packed: bytes) -> "Members":
        """Return what was packed."""
        return cls(
            {
                f"{_PREFIX}{digest.hex()}": Member(
                    _EPOCH + starts_at * _MICROSECOND,
                    None if over_at == _NOT_OVER else _EPOCH + over_at * _MICROSECOND,
                )
                for digest, starts_at, over_at in _RECORD.iter_unpack(packed)
            }
        )


def _after(before: Member | None, alert: ReceivedAlert, now: datetime) -> Member:
    over_at = now if alert.status is ReceivedStatus.RESOLVED else None
    if before is None or before.starts_at < alert.starts_at:
        return Member(alert.starts_at, over_at)
    is_the_end = before.starts_at == alert.starts_at and before.over_at is None
    return Member(before.starts_at, over_at) if is_the_end else before


def _importance(name: str, member: Member) -> tuple[bool, datetime, str]:
    return member.over_at is not None, member.starts_at, name


def _microseconds(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND
