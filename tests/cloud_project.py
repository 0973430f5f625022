"""Sinks and a topic's writers in memory; what goes wrong around a step is the test's."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from vigil.sink_ports import MadeSink, Sink


def nothing(_step: str) -> None:
    """Let the step be."""


@dataclass
class CloudProject:
    """LogSinks and TopicAccess; `before` and `after` are told of each step by its name."""

    sinks: dict[tuple[str, str], Sink] = field(default_factory=dict)
    writers: set[str] = field(default_factory=set)
    steps: list[str] = field(default_factory=list)
    before: Callable[[str], None] = nothing
    after: Callable[[str], None] = nothing

    def create(self, sink: Sink) -> MadeSink:
        self._take("create", lambda: self.sinks.update({(sink.project_id, sink.name): sink}))
        return MadeSink(sink.name, identity_of(sink.project_id))

    def remove(self, project_id: str, name: str) -> None:
        self._take("remove", lambda: self.sinks.pop((project_id, name), None))

    def delivering(self, project_id: str) -> Sequence[str]:
        return [name for owner, name in self.sinks if owner == project_id]

    def admit(self, identity: str) -> None:
        self._take("admit", lambda: self.writers.add(identity))

    def dismiss(self, identity: str) -> None:
        self._take("dismiss", lambda: self.writers.discard(identity))

    def _take(self, step: str, act: Callable[[], object]) -> None:
        self.before(step)
        act()
        self.steps.append(step)
        self.after(step)


def identity_of(project_id: str) -> str:
    """Return who writes the entries of a project's sinks."""
    return f"serviceAccount:{project_id}@logging.example"
