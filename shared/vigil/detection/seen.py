"""A window that is to be judged."""

from collections.abc import Mapping
from dataclasses import dataclass

from vigil.detection.place import Place
from vigil.detection.template_count import TemplateCount
from vigil.detection.window import Window


@dataclass(frozen=True, slots=True)
class Seen:
    """A window, whose it is, and its lines by the id of their template."""

    window: Window
    place: Place
    lines: Mapping[str, TemplateCount]
