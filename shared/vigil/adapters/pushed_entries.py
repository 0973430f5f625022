"""Streams on one machine: entries are pushed here by whoever has them, and no sink is made."""

from collections.abc import Sequence

from vigil.sink_ports import MadeSink, Sink


class PushedEntries:
    """LogSinks and TopicAccess where the topic is the push door of this machine.

    Cloud Logging cannot reach it, so a stream decides nothing about what comes in: entries of a
    tenant's project are taken as they are pushed. A stream says that so far as it has no sink.
    """

    def create(self, sink: Sink) -> MadeSink:
        """Return that no sink is needed and that nobody has to be let in."""
        return MadeSink(name=None, writer_identity=None)

    def remove(self, project_id: str, name: str) -> None:
        """Return: there is no sink."""

    def delivering(self, project_id: str) -> Sequence[str]:
        """Return no names: there are no sinks."""
        return ()

    def admit(self, identity: str) -> None:
        """Return: the push door asks nobody who he is."""

    def dismiss(self, identity: str) -> None:
        """Return: as nobody was let in, nobody is shut out."""
