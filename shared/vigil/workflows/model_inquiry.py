"""Asking a model about an incident: once for what is alike, with few calls, all of them paid."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import orjson

from vigil.errors import TransientError
from vigil.incidents.evidence_pack import EvidencePack
from vigil.incidents.prompt import Prompt, render_request
from vigil.logs.redaction import redact
from vigil.model.explanation import Degraded
from vigil.model.identity import content_id
from vigil.model.inquiry import Inquiry
from vigil.ports import Documents, Existence, LanguageModel, Question, Reply
from vigil.stores.tenant_store import TenantStore
from vigil.telemetry import logger
from vigil.workflows.model_answer import answer_as_kept, answer_schema, read_answer
from vigil.workflows.model_spending import Budgets, ModelSpending

# All calls that one inquiry may make: repeated ones and the one repair included (FAULTS B11, B12).
MAX_CALLS = 3
MAX_OUTPUT_TOKENS = 4096
# Whoever crashes while asking is succeeded once (FAULTS C13).
MAX_STARTS = 2
# For so long an answer, or the lack of one, stands for all incidents that are alike.
REMEMBERED = timedelta(hours=1)
# Longer than an inquiry can take, whatever the timeout of a call may be.
LEASE = timedelta(minutes=5)
_PASSING = frozenset({Degraded.RATE_LIMITED, Degraded.UNAVAILABLE})
# With these it may be different the next time, so they do not stand for others.
_FORGOTTEN = _PASSING | {Degraded.TIMEOUT, Degraded.REFUSED, Degraded.OVER_BUDGET}
_FIRST_PAUSE_SECONDS = 1.0
_log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Asking:
    """How a model is asked.

    `boundary` gives a new unguessable string each time, `pause` waits for so many seconds.
    """

    prompt: Prompt
    budgets: Budgets
    boundary: Callable[[], str]
    pause: Callable[[float], None]


class ModelInquiry:
    """Asks `model`, remembers what came of it, and keeps within the budgets."""

    def __init__(self, *, documents: Documents, model: LanguageModel, asking: Asking) -> None:
        self._documents = documents
        self._model = model
        self._asking = asking
        self._spending = ModelSpending(documents, asking.budgets)

    def inquire(
        self,
        store: TenantStore,
        pack: EvidencePack,
        now: datetime,
        *,
        remembered: timedelta = REMEMBERED,
    ) -> Inquiry:
        """Return what is known of incidents like this one, after asking if need be.

        What came of it longer ago than `remembered` is forgotten. Raises TransientError while
        somebody else asks the same: whoever comes second finds the answer later instead of paying
        for another one.
        """
        key = content_id(self._model.name, self._asking.prompt.version, pack.likeness())
        stored = store.inquiries.get(key)
        known = stored.value if stored and stored.value.begun_at > now - remembered else None
        if known is not None and known.is_over and known.trouble not in _FORGOTTEN:
            return known
        starts = _starts_so_far(known, now)
        if starts >= MAX_STARTS:
            return Inquiry(now, starts, trouble=Degraded.INTERRUPTED)
        begun = Inquiry(now, starts + 1)
        question = self._question(pack)
        unchanged = stored.unchanged if stored else Existence.ABSENT
        begin = store.inquiries.put(key, begun, when=unchanged)
        if not self._spending.reserve(store.root, most_tokens(question), now, with_it=[begin]):
            return replace(begun, trouble=Degraded.OVER_BUDGET)
        over = self._converse(store, begun, question)
        self._documents.commit([store.inquiries.put(key, over)])
        return over

    def _question(self, pack: EvidencePack) -> Question:
        prompt = self._asking.prompt
        request = render_request(prompt, pack, boundary=self._asking.boundary, redact=redact)
        return Question(prompt.system, request, answer_schema(pack), MAX_OUTPUT_TOKENS)

    def _converse(self, store: TenantStore, begun: Inquiry, question: Question) -> Inquiry:
        """Ask until there is an answer that can be read, or a reason to give up.

        The first call has been paid; each further one is before it is made.
        """
        was_unreadable = False
        for call in range(1, MAX_CALLS + 1):
            reply = self._call(store, question, begun.begun_at)
            answer = read_answer(reply.text)
            if reply.trouble is None and answer is not None:
                return replace(begun, answer=answer_as_kept(answer, redact))
            trouble = reply.trouble or Degraded.UNPARSEABLE
            if trouble is Degraded.UNPARSEABLE and not was_unreadable:
                was_unreadable = True
                question = self._repairing(question)
            elif trouble in _PASSING and call < MAX_CALLS:
                self._asking.pause(_FIRST_PAUSE_SECONDS * 2 ** (call - 1))
            else:
                break
            if call < MAX_CALLS and not self._pay(store, question, begun.begun_at):
                trouble = Degraded.OVER_BUDGET
                break
        return replace(begun, trouble=trouble)

    def _repairing(self, question: Question) -> Question:
        return replace(question, request=f"{question.request}\n\n{self._asking.prompt.repair}")

    def _pay(self, store: TenantStore, question: Question, now: datetime) -> bool:
        return self._spending.reserve(store.root, most_tokens(question), now)

    def _call(self, store: TenantStore, question: Question, now: datetime) -> Reply:
        reply = self._model.ask(question)
        self._spending.put_right(store.root, most_tokens(question), reply.tokens, now)
        _log.info(
            "a model was asked",
            tenant_id=store.tenant_id,
            model=self._model.name,
            trouble=reply.trouble,
            tokens=reply.tokens,
        )
        return reply


def most_tokens(question: Question) -> int:
    """Return how many tokens a call can cost at most: a token has at least one byte."""
    texts = (question.system.encode(), question.request.encode(), orjson.dumps(question.schema))
    return sum(map(len, texts)) + question.max_output_tokens


def _starts_so_far(known: Inquiry | None, now: datetime) -> int:
    """Return how often an inquiry that is not over was begun; raise if somebody is at it."""
    if known is None or known.is_over:
        return 0
    if known.begun_at > now - LEASE:
        raise TransientError("a model is being asked the same at the moment")
    return known.starts
