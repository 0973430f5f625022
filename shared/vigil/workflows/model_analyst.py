"""The analyst that lets a model explain, and believes nothing that the evidence does not say."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from vigil.incidents import analyst as statistics
from vigil.incidents.checked_answer import explain_by_answer, without_model
from vigil.incidents.evidence_pack import EvidencePack, pack_evidence
from vigil.logs.redaction import redact
from vigil.model.anomaly import Anomaly
from vigil.model.explanation import Degraded, Explanation
from vigil.model.incident import Incident
from vigil.model.inquiry import Inquiry
from vigil.ports import Documents, LanguageModel
from vigil.stores.tenant_store import TenantStore
from vigil.telemetry import logger
from vigil.workflows.model_answer import read_answer
from vigil.workflows.model_inquiry import REMEMBERED, Asking, ModelInquiry

# An answer about something alike whose numbers do not hold here stands for so long.
RETHOUGHT = timedelta(minutes=5)
_log = logger(__name__)

MayAsk = Callable[[TenantStore, Incident], bool]


class ModelAnalyst:
    """An Analyst that lets a model explain what the statistics have found.

    What it returns holds only what the evidence bears out. Where there is no such thing, for
    whatever reason, it is the statistics' own explanation with that reason: a model's trouble is
    never raised. `may_ask` says whether the tenant wants an incident to be shown to a model at all.
    """

    def __init__(
        self, *, documents: Documents, model: LanguageModel, asking: Asking, may_ask: MayAsk
    ) -> None:
        self._documents = documents
        self._author = model.name
        self._inquiry = ModelInquiry(documents=documents, model=model, asking=asking)
        self._may_ask = may_ask

    def explain(
        self, incident: Incident, anomalies: Sequence[Anomaly], *, now: datetime
    ) -> Explanation:
        """Return an explanation whose evidence is among `anomalies`.

        Raises TransientError while the same is being asked elsewhere.
        """
        usual = statistics.explain(incident, anomalies, now=now)
        outcome = self._outcome(incident, anomalies, usual)
        if isinstance(outcome, Explanation):
            return outcome
        _log.warning(
            "an incident was explained without the model",
            tenant_id=incident.tenant_id,
            incident_id=incident.incident_id,
            reason=outcome.value,
        )
        return without_model(usual, outcome)

    def _outcome(
        self, incident: Incident, anomalies: Sequence[Anomaly], usual: Explanation
    ) -> Explanation | Degraded:
        store = TenantStore(self._documents, incident.tenant_id)
        if not self._may_ask(store, incident):
            return Degraded.DISABLED
        pack = pack_evidence(incident, anomalies, redact=redact)
        if not pack.items:
            return Degraded.NO_EVIDENCE
        for remembered in (REMEMBERED, RETHOUGHT):
            inquiry = self._inquiry.inquire(store, pack, usual.created_at, remembered=remembered)
            outcome = self._judged(inquiry, pack, usual)
            if outcome is not Degraded.UNVERIFIED:
                break
        return outcome

    def _judged(
        self, inquiry: Inquiry, pack: EvidencePack, usual: Explanation
    ) -> Explanation | Degraded:
        answer = read_answer(inquiry.answer or "")
        if answer is None:
            return inquiry.trouble or Degraded.UNPARSEABLE
        stated = answer.as_stated()
        return explain_by_answer(stated, pack, usual, author=self._author, redact=redact)
