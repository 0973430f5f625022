"""The analyst that the settings ask for."""

import secrets
import time
from datetime import timedelta

from vigil.adapters.gemini_language_model import GeminiLanguageModel
from vigil.adapters.prompt_files import read_prompt
from vigil.errors import InvalidSettings
from vigil.incidents import analyst
from vigil.ports import Analyst, Documents
from vigil.settings import Settings
from vigil.workflows.model_analyst import ModelAnalyst
from vigil.workflows.model_consent import may_ask
from vigil.workflows.model_inquiry import Asking
from vigil.workflows.model_spending import Budget, Budgets


def make_analyst(settings: Settings, documents: Documents) -> Analyst:
    """Return the analyst of the statistics alone if VIGIL_MODEL is not set, else one that asks it.

    The settings' project pays for the model. Raises InvalidSettings where a model is set and the
    project is not, or where google-genai or the prompts are not here.
    """
    if not settings.model:
        return analyst
    if settings.project is None:
        raise InvalidSettings("VIGIL_MODEL is set, so VIGIL_PROJECT has to say who pays for it")
    model = GeminiLanguageModel(
        settings.model,
        project=settings.project,
        location=settings.model_location,
        timeout=timedelta(seconds=settings.model_timeout_seconds),
    )
    asking = Asking(
        prompt=read_prompt(),
        budgets=_budgets(settings),
        boundary=lambda: f"data-{secrets.token_hex(16)}",
        pause=time.sleep,
    )
    return ModelAnalyst(documents=documents, model=model, asking=asking, may_ask=may_ask)


def _budgets(settings: Settings) -> Budgets:
    return Budgets(
        tenant=Budget(settings.model_daily_calls, settings.model_daily_tokens),
        platform=Budget(settings.model_platform_daily_calls, settings.model_platform_daily_tokens),
    )
