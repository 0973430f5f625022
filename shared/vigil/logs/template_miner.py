"""Templates: which masked lines one statement writes, learned from the words in their places.

An own method, of the family of Drain (He et al., "Drain: An Online Log Parsing Approach with Fixed
Depth Tree", ICWS 2017), but without a similarity: lines are one template when they are equal but
for one place in which many different words were seen. A few words in a place are as likely states
("started", "stopped"), which are templates of their own; many are names. So two lines are never
one because they are long, and what has been split is joined later, when it shows.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from vigil.logs.masking import VARIABLE
from vigil.logs.template_tokens import Tokens, tokens_of
from vigil.model.identity import content_id

# So many different words in a place, and it is a variable.
WORDS = 5
# Of one service; what is seen once gives way to what is seen often.
TEMPLATES = 500
OTHER = "(other)"
OTHER_ID = content_id("template", OTHER)
_ESTABLISHED = 3
# Old ids of templates that were joined; the oldest are forgotten, and stand for themselves then.
_JOINED = 2000
# Masked lines whose template is looked up at once.
_KNOWN = 20_000

# A place: where in the line, and the rest of it.
_Place = tuple[int, Tokens]
_Words = dict[_Place, dict[str, str]]


@dataclass(slots=True)
class _Uses:
    """How often a template was learned, and when last, in lines learned."""

    template_id: str
    count: int
    last: int


class TemplateMiner:
    """Gives each masked line the id of its template, and joins templates as it learns.

    Ids come from the text of a template when it was first seen and stay when it becomes more
    general; of templates that are joined the smallest stays, and the others lead to it. It keeps
    the text it is given: give it redacted text. At most TEMPLATES are kept; when all of them are
    established, further lines are the template OTHER (FAULTS A19).

    >>> miner = TemplateMiner()
    >>> first = miner.learn_one("login of ann refused")
    >>> for name in ("ben", "cleo", "dora", "emil"):
    ...     latest = miner.learn_one(f"login of {name} refused")
    >>> miner.resolve(first) == latest, miner.text_of(first)
    (True, 'login of <*> refused')
    """

    def __init__(self) -> None:
        self._ids: dict[Tokens, str] = {}
        self._texts: dict[str, Tokens] = {}
        # By id: how often it was learned, and when last, in lines learned.
        self._uses: dict[str, _Uses] = {}
        # By masked line, as long as no template changes.
        self._known: dict[str, _Uses] = {}
        self._joined: dict[str, str] = {}
        # By place: the words seen in it. None until a template is new to what was read.
        self._words: _Words | None = {}
        # Those with a variable, by how long they are and what they begin with.
        self._with_variables: dict[tuple[int, str], set[Tokens]] = {}
        self._lines = 0

    def learn_one(self, masked: str) -> str:
        """Return the id of a masked, redacted line's template, which may be new."""
        self._lines += 1
        uses = self._known.get(masked)
        if uses is None:
            uses = self._uses_of(masked)
            if uses is None:
                return OTHER_ID
            if len(self._known) >= _KNOWN:
                self._known.clear()
            self._known[masked] = uses
        uses.count += 1
        uses.last = self._lines
        return uses.template_id

    def find_one(self, masked: str) -> str | None:
        """Return the id of a masked line's template if it has been seen; learn nothing."""
        return self._ids.get(self._settled(tokens_of(masked)))

    def resolve(self, template_id: str) -> str:
        """Return under which id a template is known now."""
        while template_id in self._joined:
            template_id = self._joined[template_id]
        return template_id

    def text_of(self, template_id: str) -> str:
        """Return the text of a template; OTHER if it is no longer kept."""
        tokens = self._texts.get(self.resolve(template_id))
        return OTHER if tokens is None else " ".join(tokens)

    def absorb(self, other: "TemplateMiner") -> None:
        """Learn the templates of another one, whose ids lead to those of this one then."""
        for tokens in sorted(other._ids):
            self.learn_one(" ".join(tokens))
        for old in sorted({*other._joined, *other._texts}):
            known = self._ids.get(self._settled(tokens_of(other.text_of(old))))
            if known is not None and self.resolve(old) != known:
                self._joined[old] = known

    def __len__(self) -> int:
        return len(self._texts)

    def to_json(self) -> dict[str, Any]:
        """Return its state as plain values."""
        templates = [
            [
                template_id,
                " ".join(tokens),
                self._uses[template_id].count,
                self._uses[template_id].last,
            ]
            for template_id, tokens in self._texts.items()
        ]
        return {"lines": self._lines, "templates": templates, "joined": self._joined}

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> "TemplateMiner":
        """Return what `to_json` gave."""
        miner = cls()
        miner._lines, miner._joined = plain["lines"], dict(plain["joined"])
        for template_id, text, count, last in plain["templates"]:
            tokens = tuple(text.split(" "))
            miner._keep(tokens, template_id)
            miner._uses[template_id] = _Uses(template_id, count, last)
        miner._words = None
        return miner

    def _uses_of(self, masked: str) -> "_Uses | None":
        """Return the uses of a line's template, which may be new; None if there is no room."""
        tokens = self._settled(tokens_of(masked))
        known = self._ids.get(tokens)
        if known is None:
            if not self._has_room():
                return None
            known = content_id("template", " ".join(tokens))
            self._uses[known] = _Uses(known, 0, self._lines)
            self._place(tokens, known)
            known = self.resolve(known)
        return self._uses[known]

    def _settled(self, tokens: Tokens) -> Tokens:
        """Return the tokens of the line's template if it has one, else the line's own."""
        if tokens in self._ids:
            return tokens
        alike = self._with_variables.get(_kind(tokens), ())
        return min(
            [each for each in alike if _covers(each, tokens)], key=_generality, default=tokens
        )

    def _place(self, tokens: Tokens, template_id: str) -> None:
        """Keep a template, and join it with those that differ from it in one place."""
        self._keep(tokens, template_id)
        self._cover(tokens)
        known = self._all_words()
        for place, word in _places(tokens):
            words = known.setdefault(place, {})
            words[word] = self.resolve(template_id)
            if len(words) >= WORDS:
                self._generalise(place, words)
                return

    def _all_words(self) -> _Words:
        if self._words is None:
            self._words = {}
            for tokens, template_id in self._ids.items():
                for place, word in _places(tokens):
                    self._words.setdefault(place, {})[word] = template_id
        return self._words

    def _cover(self, tokens: Tokens) -> None:
        """Join the templates that have words where this one has variables."""
        if VARIABLE in tokens:
            kind = _kind(tokens)
            covered = [t for t in self._ids if _kind(t) == kind and _covers(tokens, t)]
            self._join([*[each for each in covered if each != tokens], tokens])

    def _generalise(self, place: _Place, words: Iterable[str]) -> None:
        """Make a place a variable: the templates with a word in it become one."""
        position, tokens = place
        settled = self._settled(tokens)
        members = [_with(tokens, position, word) for word in list(words)]
        if settled in self._ids:
            self._join([*members, settled])
            return
        kept = self._join(members)
        if kept is not None:
            self._drop(self._texts[kept])
            self._place(tokens, kept)

    def _join(self, members: Iterable[Tokens]) -> str | None:
        """Make templates one, with the text of the last; return its id."""
        known = [tokens for tokens in members if tokens in self._ids]
        if not known:
            return None
        ids = [self._ids[tokens] for tokens in known]
        kept = min(ids)
        uses = [self._uses.pop(template_id) for template_id in dict.fromkeys(ids)]
        for tokens in known:
            self._drop(tokens)
        self._joined.update({each: kept for each in ids if each != kept})
        self._forget_joined()
        self._keep(known[-1], kept)
        self._uses[kept] = _Uses(kept, sum([e.count for e in uses]), max([e.last for e in uses]))
        self._known.clear()
        return kept

    def _keep(self, tokens: Tokens, template_id: str) -> None:
        self._ids[tokens] = template_id
        self._texts[template_id] = tokens
        if VARIABLE in tokens:
            self._with_variables.setdefault(_kind(tokens), set()).add(tokens)

    def _drop(self, tokens: Tokens) -> None:
        template_id = self._ids.pop(tokens, None)
        if template_id is not None:
            self._texts.pop(template_id, None)
            self._with_variables.get(_kind(tokens), set()).discard(tokens)
        known = self._all_words()
        for place, word in _places(tokens):
            words = known.get(place)
            if words:
                words.pop(word, None)
                if not words:
                    del known[place]

    def _forget_joined(self) -> None:
        for old in list(self._joined)[: max(len(self._joined) - _JOINED, 0)]:
            del self._joined[old]

    def _has_room(self) -> bool:
        """Whether another template can be kept; what was seen least and longest ago goes for it."""
        if len(self._texts) < TEMPLATES:
            return True
        passing = [uses for uses in self._uses.values() if uses.count < _ESTABLISHED]
        if not passing:
            return False
        # A tenth at once, lest a flood of new lines looks through all of them each time.
        for gone in sorted(passing, key=lambda uses: uses.last)[: TEMPLATES // 10]:
            self._drop(self._texts[gone.template_id])
            del self._uses[gone.template_id]
        self._known.clear()
        return True


def _places(tokens: Tokens) -> Iterator[tuple[_Place, str]]:
    """Yield the places of a line in which words may vary, and its word in each.

    The first word says what it is about; and without a word elsewhere nothing would be left.
    """
    words = [any([letter.isalpha() for letter in token]) for token in tokens]
    total = sum(words)
    for position in range(1, len(tokens)):
        if tokens[position] != VARIABLE and total - words[position] > 0:
            yield (position, _with(tokens, position, VARIABLE)), tokens[position]


def _with(tokens: Tokens, position: int, word: str) -> Tokens:
    return (*tokens[:position], word, *tokens[position + 1 :])


def _kind(tokens: Tokens) -> tuple[int, str]:
    return len(tokens), tokens[0] if tokens else ""


def _covers(template: Tokens, tokens: Tokens) -> bool:
    """Whether the tokens, as many, are those of the template but for its variables."""
    return all([one in (other, VARIABLE) for one, other in zip(template, tokens, strict=True)])


def _generality(template: Tokens) -> tuple[int, Tokens]:
    return template.count(VARIABLE), template
