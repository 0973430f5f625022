"""Vigil's Gemini client over the server of ours, and analysts that ask it."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

from tests.builders import NOON
from tests.cascades import incidents
from tests.servers.gemini_server import (
    LOCATION,
    MODEL,
    PROJECT,
    GeminiServer,
    Step,
    credentials,
    hanging,
    trickling,
)
from tests.vigil_in_memory import VigilInMemory
from vigil.adapters.gemini_language_model import GeminiLanguageModel
from vigil.adapters.prompt_files import read_prompt
from vigil.adapters.sqlite_documents import SqliteDocuments
from vigil.model.anomaly import Anomaly, Evidence
from vigil.model.explanation import Explanation
from vigil.ports import Documents
from vigil.stores.queries import DECLARED
from vigil.workflows.model_analyst import MayAsk, ModelAnalyst
from vigil.workflows.model_consent import may_ask
from vigil.workflows.model_inquiry import Asking
from vigil.workflows.model_spending import Budget, Budgets

PLENTY = Budget(calls=1000, tokens=100_000_000)
PROMPT = read_prompt()
PATIENCE, HASTE = timedelta(seconds=20), timedelta(seconds=0.3)


@contextmanager
def language_model(server: GeminiServer, timeout: timedelta) -> Iterator[GeminiLanguageModel]:
    model = GeminiLanguageModel(
        MODEL,
        project=PROJECT,
        location=LOCATION,
        timeout=timeout,
        credentials=credentials(),
        base_url=server.address,
    )
    try:
        yield model
    finally:
        model.close()


@dataclass(frozen=True, slots=True)
class Gemini:
    """The server and two clients that speak to it: making a client takes its time.

    One is patient, so that no busy machine makes a good model a slow one; the other is for those
    that are slow.
    """

    server: GeminiServer
    model: GeminiLanguageModel
    hasty: GeminiLanguageModel

    def model_for(self, step: Step | None) -> GeminiLanguageModel:
        return self.hasty if step in (hanging, trickling) else self.model


@contextmanager
def gemini() -> Iterator[Gemini]:
    with (
        GeminiServer() as server,
        language_model(server, PATIENCE) as model,
        language_model(server, HASTE) as hasty,
    ):
        yield Gemini(server, model, hasty)


def asking(
    *,
    tenant: Budget = PLENTY,
    platform: Budget = PLENTY,
    pause: Callable[[float], None] = lambda seconds: None,
    seed: int = 46,
) -> Asking:
    """Return how to ask, with boundaries that are the same each time and pauses of no length."""
    chance = random.Random(seed)
    return Asking(
        prompt=PROMPT,
        budgets=Budgets(tenant, platform),
        boundary=lambda: f"data-{chance.getrandbits(128):032x}",
        pause=pause,
    )


def analyst(
    documents: Documents,
    model: GeminiLanguageModel,
    how: Asking | None = None,
    *,
    consent: MayAsk = may_ask,
) -> ModelAnalyst:
    return ModelAnalyst(documents=documents, model=model, asking=how or asking(), may_ask=consent)


@contextmanager
def vigil_with(
    shared: Gemini, then: Step, *, budget: Budget = PLENTY, slow: Step | None = None
) -> Iterator[VigilInMemory]:
    """Open a Vigil whose analyst asks a model that answers as `then` does."""
    shared.server.play(then=then)
    database = SqliteDocuments(":memory:", DECLARED)
    asker = analyst(database, shared.model_for(slow or then), asking(tenant=budget))
    with VigilInMemory(analyst=asker, database=database) as vigil:
        yield vigil


def explained(vigil: VigilInMemory) -> Explanation:
    """Return how the one incident was explained."""
    [incident] = incidents(vigil)
    assert incident.explanation is not None
    return incident.explanation


def logged(text: str, *anomalies: Anomaly) -> tuple[Anomaly, ...]:
    """Return `anomalies`, each of which saw `text` in the log."""
    seen = Evidence(text, text, 12, NOON, NOON)
    return tuple(replace(anomaly, evidence=(seen,)) for anomaly in anomalies)
