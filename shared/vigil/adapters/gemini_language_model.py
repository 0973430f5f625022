"""Gemini on Vertex AI, through google-genai."""

import json
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

from vigil.errors import InvalidSettings
from vigil.model.explanation import Degraded
from vigil.ports import Question, Reply
from vigil.telemetry import logger

if TYPE_CHECKING:
    from google.auth.credentials import Credentials
    from google.genai import types

_NOT_INSTALLED = (
    "VIGIL_MODEL is set, but google-genai is not installed: it comes with the extra "
    "`analyze-incidents`. Without VIGIL_MODEL, incidents are explained by statistics alone"
)
_TOO_MANY, _SERVERS_FAULT = 429, 500
_TIMED_OUT = (408, 504)
# An int32, as it is on the wire.
_MOST_TOKENS = 2**31 - 1
# How an answer can end without a rule that stood in its way; any other end means blocked.
_ENDS = {
    "STOP": None,
    "FINISH_REASON_UNSPECIFIED": None,
    "MAX_TOKENS": Degraded.TRUNCATED,
    "CONTINUATION": Degraded.TRUNCATED,
    "OTHER": Degraded.EMPTY,
    "MALFORMED_RESPONSE": Degraded.EMPTY,
}
# Of these libraries' errors the name is all that is known here: which of two HTTP clients is used
# is for google-genai to say. Nobody can say what a call cost whose answer did not come.
_TROUBLES = {
    "TimeoutException": Reply(trouble=Degraded.TIMEOUT),
    "ConnectError": Reply(trouble=Degraded.UNAVAILABLE, tokens=0),
    "GoogleAuthError": Reply(trouble=Degraded.REFUSED, tokens=0),
}
_log = logger(__name__)


class GeminiLanguageModel:
    """A LanguageModel that asks Gemini once for each call of `ask`, within `timeout`.

    `project` and `location` say where it runs; `credentials` are the environment's if None, and
    `base_url` is Google's if None. The client is made here, once, and its library is loaded here
    and not with this module: only who asks a model pays for that (0.4 s, 40 MB).

    Raises InvalidSettings where google-genai is not installed.
    """

    def __init__(  # noqa: PLR0913 - where it is, as whom, and for how long
        self,
        name: str,
        *,
        project: str,
        location: str,
        timeout: timedelta,
        credentials: "Credentials | None" = None,
        base_url: str | None = None,
    ) -> None:
        try:
            from google import genai  # noqa: PLC0415 - see above
            from google.genai import types  # noqa: PLC0415 - see above
        except ImportError as error:
            raise InvalidSettings(_NOT_INSTALLED) from error
        self.name = name
        self._types = types
        self._timeout_seconds = timeout / timedelta(seconds=1)
        # Attempts would multiply: who asks again, and how often, is decided in one place, and
        # that is not here (FAULTS B11).
        once = types.HttpRetryOptions(attempts=1)
        self._client = genai.Client(
            vertexai=True,
            project=project,
            location=location,
            credentials=credentials,
            http_options=types.HttpOptions(
                base_url=base_url,
                timeout=int(timeout / timedelta(milliseconds=1)),
                retry_options=once,
            ),
        )

    def ask(self, question: Question) -> Reply:
        """Ask once; whatever goes wrong is the reply's trouble."""
        replies: list[Reply] = []
        # The library bounds each read and not their sum, so an answer that trickles in would hold
        # this up for hours. A call that is given up ends with its connection.
        call = threading.Thread(target=lambda: replies.append(self._ask(question)), daemon=True)
        call.start()
        call.join(self._timeout_seconds)
        return replies[0] if replies else Reply(trouble=Degraded.TIMEOUT)

    def _ask(self, question: Question) -> Reply:
        try:
            response = self._client.models.generate_content(
                model=self.name, contents=question.request, config=self._config(question)
            )
            return _reply(response)
        except Exception as error:
            # What a library raises for a bad answer is not in its contract, and no trouble of a
            # model may be anybody else's. An error's text quotes what was sent and is not logged.
            _log.warning("a call of the model failed", error=type(error).__name__)
            return _failed(error)

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()

    def _config(self, question: Question) -> "types.GenerateContentConfig":
        return self._types.GenerateContentConfig(
            system_instruction=question.system,
            response_mime_type="application/json",
            response_schema=dict(question.schema),
            max_output_tokens=question.max_output_tokens,
            candidate_count=1,
            temperature=0,
        )


def _failed(error: Exception) -> Reply:
    code = getattr(error, "code", None)
    if isinstance(code, int):
        # What is refused costs nothing.
        return Reply(trouble=_trouble_of_status(code), tokens=0)
    if isinstance(error, json.JSONDecodeError):
        # A page of somebody between here and Google.
        return Reply(trouble=Degraded.UNAVAILABLE)
    kinds = [kind.__name__ for kind in type(error).__mro__]
    known = (_TROUBLES[kind] for kind in kinds if kind in _TROUBLES)
    return next(known, Reply(trouble=Degraded.UNAVAILABLE))


def _trouble_of_status(code: int) -> Degraded:
    if code == _TOO_MANY:
        return Degraded.RATE_LIMITED
    if code in _TIMED_OUT:
        return Degraded.TIMEOUT
    return Degraded.UNAVAILABLE if code >= _SERVERS_FAULT else Degraded.REFUSED


def _reply(response: "types.GenerateContentResponse") -> Reply:
    """Return the text, after looking at why there may be none or only a part of one."""
    usage = response.usage_metadata
    tokens = _known(usage.total_token_count) if usage else None
    feedback = response.prompt_feedback
    if feedback and feedback.block_reason:
        return Reply(trouble=Degraded.BLOCKED, tokens=tokens)
    if not response.candidates:
        return Reply(trouble=Degraded.EMPTY, tokens=tokens)
    candidate = response.candidates[0]
    end = candidate.finish_reason.value if candidate.finish_reason else "STOP"
    trouble = _ENDS.get(end, Degraded.BLOCKED)
    text = _text(candidate)
    if trouble is None and not text:
        trouble = Degraded.EMPTY
    return Reply("" if trouble else text, trouble, tokens)


def _known(tokens: int | None) -> int | None:
    """Return a number of tokens if it can be one: any other would spoil the budget's count."""
    return tokens if tokens is not None and 0 <= tokens <= _MOST_TOKENS else None


def _text(candidate: "types.Candidate") -> str:
    parts = candidate.content.parts if candidate.content else None
    return "".join(part.text or "" for part in parts or () if not part.thought)
