"""What streams need of the outside world: sinks, and who may write to the topic they go to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Sink:
    """What of a project's log is to come to our topic.

    `filter` says which entries, "" all of them; those of `exclusions` do not come in any case. Both
    are in the Logging query language, exclusions by their name.
    """

    project_id: str
    name: str
    description: str
    filter: str = ""
    exclusions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MadeSink:
    """A sink that is there; `name` is None where none is needed for entries to come in.

    `writer_identity` is who writes its entries to the topic and has to be let in there, None if
    nobody has to.
    """

    name: str | None
    writer_identity: str | None


class LogSinks(Protocol):
    """The sinks through which projects' entries come to our topic.

    All methods raise CloudRefused if it will not be done this way, and TransientError if it may
    have been done or not.
    """

    def create(self, sink: Sink) -> MadeSink:
        """Return when there is a sink of this name and content, whether or not it was there."""

    def remove(self, project_id: str, name: str) -> None:
        """Return when no sink of ours has this name; one that goes elsewhere is left alone."""

    def delivering(self, project_id: str) -> Sequence[str]:
        """Return the names of the project's sinks that go to our topic, whoever made them."""


class TopicAccess(Protocol):
    """Who may write to the topic of raw entries; it raises what LogSinks raise."""

    def admit(self, identity: str) -> None:
        """Return when `identity` may write, whether or not it could before."""

    def dismiss(self, identity: str) -> None:
        """Return when `identity` may not write any more by our doing."""
