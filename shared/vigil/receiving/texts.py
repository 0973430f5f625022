"""Labels and texts of others: as they were sent for their identity, redacted to be shown."""

from collections.abc import Iterable, Mapping

from vigil.logs.fields import NAME_READ_LIMIT
from vigil.logs.redaction import redact, redact_name, redact_start
from vigil.logs.secret_keys import SURE, is_secret_value, strength_of

TEXT_LIMIT = 1000
_MOST_LABELS = 30
_MOST_ANNOTATIONS = 10
_URL_LIMIT = 1000
_SECRET = "[SECRET]"


def texts_of(value: object) -> dict[str, str]:
    """Return the texts, numbers and truth values of a JSON object as texts, {} of all else.

    >>> texts_of({"a": "b", "n": 1, "t": True, "o": {}}), texts_of("a")
    ({'a': 'b', 'n': '1', 't': 'true'}, {})
    """
    if not isinstance(value, dict):
        return {}
    return {name: text for name, each in value.items() if (text := _text(each)) is not None}


def shown_labels(labels: Mapping[str, str]) -> dict[str, str]:
    """Return the first labels by name, redacted and cut; what a secret's name names is hidden.

    >>> shown_labels({"user": "jo@example.com", "api_token": "abc"})
    {'api_token': '[SECRET]', 'user': '[EMAIL]'}
    """
    return {
        shown_name(name): _SECRET if _names_secret(name, text) else shown_name(text)
        for name, text in sorted(labels.items())[:_MOST_LABELS]
    }


def shown_annotations(annotations: Mapping[str, str]) -> dict[str, str]:
    """Return the first annotations by name, redacted and cut."""
    return {
        shown_name(name): _SECRET if _names_secret(name, text) else shown_text(text)
        for name, text in sorted(annotations.items())[:_MOST_ANNOTATIONS]
    }


def shown_name(name: str) -> str:
    """Return a name in one line, redacted and cut."""
    # Cut before it is looked up: what is remembered of redaction would be as long as this is.
    return redact_name(" ".join(name[:NAME_READ_LIMIT].split()))


def shown_text(text: str) -> str:
    """Return a text, redacted and cut."""
    return redact_start(text.strip(), TEXT_LIMIT)


def first_of(texts: Mapping[str, str], names: Iterable[str]) -> str:
    """Return the first text that is there under one of `names` and not blank, "" if none."""
    return next((texts[name] for name in names if texts.get(name, "").strip()), "")


def link_of(text: str) -> str | None:
    """Return an http or https address that can be shown whole, None for anything else.

    >>> link_of("https://prometheus.example/graph?g0.expr=up"), link_of("javascript:alert(1)")
    ('https://prometheus.example/graph?g0.expr=up', None)
    """
    is_address = text.startswith(("https://", "http://")) and len(text) <= _URL_LIMIT
    if not is_address or not text.isprintable() or " " in text:
        return None
    return text if redact(text) == text else None


def _names_secret(name: str, text: str) -> bool:
    """Whether `name` says that `text` is a secret, or may say so of a text that looks like one."""
    strength = strength_of(name)
    return strength == SURE or is_secret_value(strength, True, text)


def _text(value: object) -> str | None:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else None
