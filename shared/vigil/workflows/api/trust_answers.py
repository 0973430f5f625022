"""Anomalies and what people say of them, for the OpenAPI document."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from vigil.model.feedback import Verdict
from vigil.workflows.api.answers import AnomalyJson, Success

_ANSWER = ConfigDict(extra="forbid", strict=True)
_Instant = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
_Verdict = Annotated[str, Field(json_schema_extra={"enum": [each.value for each in Verdict]})]


class GiveFeedback(BaseModel):
    """What somebody says of an anomaly."""

    verdict: Verdict = Field(description="Whether it was worth telling.")
    note: str | None = Field(default=None, max_length=1000, description="Why; kept redacted.")


class OpinionJson(BaseModel):
    """What one person last said of an anomaly; `given_at` is when they gave this verdict."""

    model_config = _ANSWER

    verdict: _Verdict
    given_by: str
    given_at: _Instant
    note: str | None


class ListedAnomalyJson(AnomalyJson):
    """An anomaly and what people say of it; `verdict` is what was said last, null if nothing was.

    An empty `endpoint` is what a service logs outside of its requests.
    """

    endpoint: str
    verdict: _Verdict | None
    feedback: list[OpinionJson]


class AnomaliesAnswer(Success):
    """Anomalies, newest first; `total_anomalies` is how many are listed."""

    total_anomalies: int
    anomalies: list[ListedAnomalyJson]


class FeedbackAnswer(Success):
    """What is kept of what somebody said."""

    anomaly_id: str
    feedback: OpinionJson
