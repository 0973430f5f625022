"""Notifications to the terminal: what the embedded runtime shows when nothing else is set up."""

from collections.abc import Callable

from vigil.adapters.message_facts import Fact, headline, message_facts
from vigil.adapters.plain_text import plain
from vigil.errors import NotificationFailed
from vigil.model.channel import Channel, ChannelKind
from vigil.model.notification import AlertMessage


class TerminalNotifier:
    """Writes an alert as one block of plain lines, in one call of `write`."""

    kind = ChannelKind.TERMINAL

    def __init__(self, write: Callable[[str], None]) -> None:
        """Take what writes text to the terminal; it is called from whichever thread sends."""
        self._write = write

    def send(self, message: AlertMessage, channel: Channel) -> None:
        """Return when it is written; raise NotificationFailed when the terminal is gone."""
        try:
            self._write(terminal_block(message))
        except (OSError, ValueError) as error:
            raise NotificationFailed(
                f"the terminal did not take it: {type(error).__name__}"
            ) from error


def terminal_block(message: AlertMessage) -> str:
    """Return the message as lines, the last one ended; only we break lines (FAULTS D19)."""
    lines = [headline(message)]
    for fact in (*message_facts(message), Fact("Alert", (plain(message.url),))):
        lines += _aligned(fact)
    return "\n".join(lines) + "\n"


def _aligned(fact: Fact) -> list[str]:
    first, *others = fact.lines
    return [f"  {fact.label + ':':<13}{first}", *(f"{'':<15}{line}" for line in others)]
