"""A window that is to be judged."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from vigil.detection.baseline import Baseline
from vigil.detection.place import Place
from vigil.detection.template_count import TemplateCount
from vigil.detection.window import Window


@dataclass(frozen=True, slots=True)
class Seen:
    """A window, whose it is, what was known of that before, and its lines by template id.

    Templates are joined as more is learned of them: `resolve` gives the id that an old one has now.
    """

    window: Window
    place: Place
    baseline: Baseline | None
    lines: Mapping[str, TemplateCount]
    resolve: Callable[[str], str] = str
