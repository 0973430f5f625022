"""An installation in which an anomaly was found, and people who say what they think of it."""

from tests.builders import anomaly
from tests.vigil_in_memory import VigilInMemory, payments
from vigil.model.anomaly import Anomaly
from vigil.model.feedback import Opinion, Verdict
from vigil.stores.detector_states import DetectorStates, ReadService
from vigil.workflows.anomaly_feedback import AnomalyFeedback

NOISE, USEFUL = Verdict.NOISE, Verdict.USEFUL
STRAYED = anomaly(service="cart", endpoint="POST /pay")
SERIES = "POST /pay\nerror_spike"


class Asked(VigilInMemory):
    """An installation that knows the service cart, in which an anomaly was found."""

    def __init__(self, *found: Anomaly) -> None:
        super().__init__()
        self.receive(payments(40))
        self.settle()
        self.find(*(found or [STRAYED]))
        self.documents.commits.clear()
        self.feedback = AnomalyFeedback(
            documents=self.documents, registry=self.registry, clock=self.clock
        )

    def find(self, *found: Anomaly) -> None:
        self.database.commit([self.store.anomalies.put(a.anomaly_id, a) for a in found])

    def say(
        self, verdict: Verdict, by: str = "ann", about: str = "v1-anomaly", note: str | None = None
    ) -> Opinion | None:
        return self.feedback.give(self.store, about, verdict, by=by, note=note)

    def service(self, name: str = "cart") -> ReadService:
        states = DetectorStates(self.database)
        path = states.path(self.store.root, name)
        (document,) = self.database.get([path])
        read = states.read(path, document, name, None)
        return states.with_shards(read, range(read.shards))

    def doubted(self) -> dict[str, int]:
        """Return how often people called what of the service noise."""
        states = self.service().states.values()
        return {key: noise for state in states for key, noise in state.feedback.items()}

    def counted(self) -> tuple[int, int]:
        """Return how often anything was called noise, and useful."""
        counters = self.counters()
        return counters.get("feedback_noise", 0), counters.get("feedback_useful", 0)
