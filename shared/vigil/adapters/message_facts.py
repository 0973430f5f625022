"""What every channel that people read says of an alert, in one order and in the same words."""

from collections.abc import Sequence
from datetime import UTC
from typing import NamedTuple

from vigil.adapters.plain_text import plain
from vigil.model.notification import AlertMessage, Transition

_LISTED = 10


class Fact(NamedTuple):
    """A labelled statement; each of its lines is plain (see `plain`), so only we break lines."""

    label: str
    lines: tuple[str, ...]


def severity_word(message: AlertMessage) -> str:
    """Return the word that stands first: the severity while the alert stands, RESOLVED after it."""
    resolved = message.transition is Transition.RESOLVED
    return "RESOLVED" if resolved else message.severity.upper()


def headline(message: AlertMessage) -> str:
    """Return the severity's word and the title, as one plain line."""
    return f"{severity_word(message)}: {plain(message.title) or message.alert_id}"


def message_facts(message: AlertMessage) -> tuple[Fact, ...]:
    """Return why, since, root cause, affected, first steps and note, without what is empty."""
    steps = [f"{number}. {plain(step)}" for number, step in enumerate(message.steps[:_LISTED], 1)]
    facts = (
        Fact("Why", (plain(message.why),)),
        Fact("Since", (f"{message.since.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC",)),
        Fact("Root cause", (plain(message.root_cause),)),
        Fact("Affected", (_listing(message.affected),)),
        Fact("First steps", tuple(steps)),
        Fact("Note", (plain(message.note or ""),)),
    )
    return tuple(fact for fact in facts if any(fact.lines))


def _listing(names: Sequence[str]) -> str:
    shown = ", ".join(plain(name, limit=200) for name in names[:_LISTED])
    hidden = len(names) - _LISTED
    return f"{shown} and {hidden} more" if hidden > 0 else shown
