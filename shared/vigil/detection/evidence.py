"""Which templates of a window to show."""

from vigil.detection.template_count import TemplateCount
from vigil.detection.window import Window

SHOWN = 3


def failing_templates(window: Window) -> tuple[TemplateCount, ...]:
    """Return at most SHOWN templates of failed entries, the most frequent first."""
    return most_frequent([count for count in window.templates.values() if count.failed])


def most_frequent(counts: list[TemplateCount]) -> tuple[TemplateCount, ...]:
    """Return at most SHOWN of `counts`, the most frequent first, equals by their text."""
    return tuple(sorted(counts, key=_frequency)[:SHOWN])


def traces_of(counts: tuple[TemplateCount, ...]) -> tuple[str, ...]:
    """Return the traces of the examples of `counts`, in their order."""
    return tuple(count.trace_id for count in counts if count.trace_id)


def _frequency(count: TemplateCount) -> tuple[int, int, str]:
    return -count.failed, -count.count, count.text
