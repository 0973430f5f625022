"""What an operator does about dead letters, of an embedded Vigil or of one on Google Cloud."""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from functools import partial

from vigil.adapters.plain_text import plain
from vigil.adapters.sqlite_documents import SqliteDocuments
from vigil.adapters.sqlite_queue import SqliteQueue
from vigil.doors.clock import utc_now
from vigil.doors.topology import WORK
from vigil.errors import InvalidLogEntry, InvalidRequest
from vigil.local.data_folder import DataFolder
from vigil.local.google_side import google_clients
from vigil.local.opened_documents import place_of
from vigil.local.runtime import SUBSCRIPTIONS
from vigil.logs.log_batch import LogBatch
from vigil.logs.log_entry import LogEntry
from vigil.logs.redaction import redact
from vigil.model.instant import instant_as_text
from vigil.ports import DeadLetter, DeadLetters, Documents
from vigil.settings import Settings, read_settings
from vigil.stores.queries import DECLARED
from vigil.stores.registry import StoredRegistry
from vigil.workflows.dead_letters import BATCH_LOGS, DETECT, DeadLetterAccounts

_WIDTH = 80
_UNKNOWN = "-"


class DeadLetterDesk:
    """Shows dead letters and lets them come back; what they say is shown to nobody.

    A running Vigil goes on meanwhile. `place` says in words where they are.
    """

    def __init__(
        self,
        dead: DeadLetters,
        accounts: DeadLetterAccounts,
        subscriptions: Sequence[str],
        *,
        place: str = "",
    ) -> None:
        self.place = place
        self._dead = dead
        self._accounts = accounts
        self._subscriptions = subscriptions

    def lines(self, subscription: str | None, limit: int) -> Iterator[str]:
        """Yield a line for each dead letter, at most `limit` of each subscription.

        Subscription, id, when it was published and when it died, attempts, bytes, event type,
        tenant, and why it died, as far as that is known.
        """
        for name in self._chosen(subscription):
            for letter in self._dead.letters(name, limit):
                yield "\t".join([name, *_facts(name, letter)])

    def replay(self, subscription: str | None) -> Iterator[tuple[str, int]]:
        """Let dead letters be delivered again; yield how many of each subscription were.

        They are taken out of the count of dead-lettered entries first. An interrupted replay is
        finished by another one.
        """
        for name in self._chosen(subscription):
            yield name, self._dead.replay(name, partial(self._revive, name))

    def _revive(self, subscription: str, letter: DeadLetter) -> None:
        message = letter.message
        self._accounts.revive(subscription, letter.dead_letter_id, message.attributes, message.data)

    def _chosen(self, subscription: str | None) -> Sequence[str]:
        if subscription is None:
            return self._subscriptions
        if subscription not in self._subscriptions:
            known = ", ".join(self._subscriptions)
            raise InvalidRequest(f"there is no subscription {subscription}, only {known}")
        return [subscription]


@contextmanager
def dead_letter_desk() -> Iterator[DeadLetterDesk]:
    """Open the dead letters that the settings name, while the block lasts.

    They are those of the project, if one is set, and those of the data folder otherwise.
    """
    settings = read_settings()
    with _on_google(settings) if settings.project else _embedded(settings) as desk:
        yield desk


@contextmanager
def _embedded(settings: Settings) -> Iterator[DeadLetterDesk]:
    folder = DataFolder(settings.data_dir)
    folder.create()
    with (
        closing(SqliteQueue(folder.queue, SUBSCRIPTIONS, utc_now)) as queue,
        closing(SqliteDocuments(folder.database, DECLARED)) as documents,
    ):
        yield DeadLetterDesk(
            queue.dead_letters,
            _accounts(documents),
            list(SUBSCRIPTIONS),
            place=place_of(settings, os.environ),
        )


@contextmanager
def _on_google(settings: Settings) -> Iterator[DeadLetterDesk]:
    with ExitStack() as opening:
        with google_clients():
            from vigil.doors.google_dead_letters import (  # noqa: PLC0415 - `make run` installs no client of Google's
                google_dead_letters,
            )

            opened = google_dead_letters(settings, os.environ)
            dead, documents = opening.enter_context(opened)
        names = [each.name for each in WORK if each.dead_letters]
        place = _google_place(settings)
        yield DeadLetterDesk(dead, _accounts(documents), names, place=place)


def _google_place(settings: Settings) -> str:
    emulator = os.environ.get("PUBSUB_EMULATOR_HOST")
    kind = f"Pub/Sub's emulator at {emulator}, in" if emulator else "Pub/Sub of"
    return f"{kind} the project {settings.project}"


def _accounts(documents: Documents) -> DeadLetterAccounts:
    registry = StoredRegistry(documents, utc_now)
    return DeadLetterAccounts(documents=documents, registry=registry, clock=utc_now)


def _facts(subscription: str, letter: DeadLetter) -> Iterator[str]:
    attributes = letter.message.attributes
    yield letter.dead_letter_id
    yield instant_as_text(letter.published_at)
    yield instant_as_text(letter.died_at)
    yield str(letter.attempts)
    yield str(len(letter.message.data))
    for text in (
        attributes.get("event_type", ""),
        attributes.get("tenant_id", ""),
        letter.reason or _mistake_in(subscription, letter.message.data),
    ):
        # Attributes are a sender's words, as the rest of a message is.
        yield plain(redact(text), _WIDTH) or _UNKNOWN


def _mistake_in(subscription: str, data: bytes) -> str:
    """Return what is wrong with entries or a batch, "" if that is not it; it quotes nothing."""
    try:
        if subscription == BATCH_LOGS:
            LogEntry.parse(data)
        elif subscription == DETECT:
            LogBatch.parse(data)
    except InvalidLogEntry as error:
        return error.reason
    return ""
