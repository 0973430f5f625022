"""What the workflows need of the outside world; small, and named for the need."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from vigil.model.anomaly import Anomaly
from vigil.model.channel import Channel, ChannelKind
from vigil.model.explanation import Degraded, Explanation
from vigil.model.incident import Incident
from vigil.model.notification import AlertMessage


class Clock(Protocol):
    """What time it is; event time in a replay."""

    def __call__(self) -> datetime:
        """Return an aware UTC instant."""


# --- documents ---


@dataclass(frozen=True, slots=True)
class Document:
    """A document as it was read.

    `version` changes with every write that changes the document, and means nothing beyond that.
    """

    path: str
    fields: Mapping[str, object]
    version: str


class Existence(StrEnum):
    """A precondition on whether a document is there."""

    PRESENT = "present"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class OfVersion:
    """The precondition that a document still is as it was read."""

    version: str


Precondition = Existence | OfVersion | None


@dataclass(frozen=True, slots=True)
class Put:
    """Write the whole document, replacing what is there."""

    path: str
    fields: Mapping[str, object]
    when: Precondition = None


@dataclass(frozen=True, slots=True)
class Increment:
    """Add to counters of a document and set some other fields.

    What is not named stays, what is not there is made.
    """

    path: str
    amounts: Mapping[str, int]
    fields: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove a document; one that is not there is no error, unless `when` says so."""

    path: str
    when: Precondition = None


Write = Put | Increment | Delete


class Operator(StrEnum):
    """How a query's range compares."""

    AT_MOST = "<="
    AT_LEAST = ">="


@dataclass(frozen=True, slots=True)
class DeclaredQuery:
    """A query that may be asked: its equalities, at most one range, and its order.

    All of them are on fields of one collection. A range is on the first field of the order.
    `across_tenants` asks every tenant's collection of that name.
    """

    name: str
    collection: str
    equal: tuple[str, ...] = ()
    order_by: str | None = None
    descending: bool = False
    operator: Operator | None = None
    across_tenants: bool = False


class Documents(Protocol):
    """Documents by path, with atomic commits: Firestore in production, SQLite embedded.

    A path is `collection/id` or `collection/id/collection/id`. Values are None, bool, int, float,
    str, bytes, aware datetimes (kept to the microsecond, returned in UTC), lists, and dicts with
    string keys.
    """

    def get(self, paths: Sequence[str]) -> list[Document | None]:
        """Return the documents at `paths`, in that order, None where there is none.

        All are as of one instant.
        """

    def commit(self, writes: Sequence[Write]) -> None:
        """Make all `writes` or none.

        Raises PreconditionFailed if one of their preconditions does not hold.
        """

    def query(
        self,
        query: DeclaredQuery,
        *,
        parent: str = "",
        equal: Mapping[str, object] | None = None,
        bound: object = None,
        limit: int | None = None,
    ) -> list[Document]:
        """Return the documents of a declared query, at most `limit`.

        Equal sort keys come in the order of paths. `parent` is the document below which the
        collection lies ("" for the top; unused across tenants). `equal` gives a value for each
        declared equality, `bound` the value of the range. Raises UndeclaredQuery for a query that
        is not in the adapter's table, or whose arguments do not fit its declaration.
        """


# --- messages ---


@dataclass(frozen=True, slots=True)
class Message:
    """A message to publish.

    Messages of one topic with the same `ordering_key` reach a subscription that asks for order in
    the order of their publication. A key takes 1 MB/s and one delivery at a time, so it is for what
    happens to one thing, never for a stream of entries.
    """

    data: bytes
    attributes: Mapping[str, str] = field(default_factory=dict)
    ordering_key: str = ""


class Publisher(Protocol):
    """Publishes to topics, at least once."""

    def publish(self, topic: str, messages: Sequence[Message]) -> None:
        """Return when all `messages` are durable; raise TransientError when some may not be.

        Raises PermanentError for an unknown topic (InvalidSettings, if it can be created), and,
        having published nothing, if one of `messages` is not what Pub/Sub takes: at most 10 MB,
        some data or attributes, and attributes of at most 256 bytes in their keys and 1024 in
        their values.
        """


# --- dead letters ---


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that a subscription gave up after `attempts` deliveries, at `died_at`.

    `message` is as it was published at first. A message that dies again is another dead letter.
    `reason` is what its queue knows of why it died, "" if that is nothing.
    """

    dead_letter_id: str
    message: Message
    message_id: str
    published_at: datetime
    died_at: datetime
    attempts: int
    reason: str = ""


class DeadLetters(Protocol):
    """What subscriptions have given up; it is kept for some time, and can come back.

    Raises PermanentError for a subscription that there is not.
    """

    def letters(self, subscription: str, limit: int) -> Sequence[DeadLetter]:
        """Return at most `limit` dead letters, the first to die first; they stay as they are."""

    def replay(self, subscription: str, revive: Callable[[DeadLetter], None]) -> int:
        """Let the dead letters be delivered again, all their attempts before them.

        Each is given to `revive` first, and is a dead letter until it is safe as a message. So one
        that was interrupted may be given to `revive`, and delivered, a second time. Where `revive`
        raises, this dead letter and those after it stay. Returns how many are delivered again.
        """


# --- people and analysts ---


class Notifier(Protocol):
    """Sends messages to one kind of channel."""

    kind: ChannelKind

    def send(self, message: AlertMessage, channel: Channel) -> None:
        """Return when the receiver has taken it.

        Raises NotificationFailed or NotificationRejected otherwise.
        """


class Analyst(Protocol):
    """Explains an incident."""

    def explain(
        self, incident: Incident, anomalies: Sequence[Anomaly], *, now: datetime
    ) -> Explanation:
        """Return an explanation whose evidence is among `anomalies`."""


# --- language models ---


@dataclass(frozen=True, slots=True)
class Question:
    """What a language model is asked: fixed words, the request, and the JSON schema to answer in.

    `max_output_tokens` bounds the answer with all that the model thinks before it.
    """

    system: str
    request: str
    schema: Mapping[str, object]
    max_output_tokens: int


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of asking once: a text, or the `trouble` that there was instead.

    `tokens` is what it cost, None if nobody can say.
    """

    text: str = ""
    trouble: Degraded | None = None
    tokens: int | None = None


class LanguageModel(Protocol):
    """A model that answers questions; `name` tells people which one."""

    name: str

    def ask(self, question: Question) -> Reply:
        """Ask once and return within a bounded time; never raise, never try again."""


class Secrets(Protocol):
    """Reads secrets by reference."""

    def read(self, reference: str, *, refused: str | None = None) -> str:
        """Return the secret, as it was a minute ago at the latest.

        `refused` is what a receiver has just refused: if that is what is kept, the secret is read
        anew. Raises InvalidSettings, naming the reference, when there is none, and TransientError
        when it cannot be read now.
        """
