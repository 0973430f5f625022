"""Spans of time in words."""

from datetime import timedelta

_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def duration_words(span: timedelta) -> str:
    """Return a span of time in the largest unit that fits and the next one, to the second.

    >>> [duration_words(timedelta(seconds=each)) for each in (0.4, 59.9, 61, 3_600, 93_603)]
    ['0 s', '59 s', '1 min 1 s', '1 h', '1 d 2 h']
    """
    seconds = max(int(span.total_seconds()), 0)
    largest = next((at for at, (_, length) in enumerate(_UNITS) if seconds >= length), 3)
    words: list[str] = []
    for unit, length in _UNITS[largest : largest + 2]:
        count, seconds = divmod(seconds, length)
        words.append(f"{count} {unit}" if count or not words else "")
    return " ".join(filter(None, words))
