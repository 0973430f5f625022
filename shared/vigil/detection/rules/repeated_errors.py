"""The rule on the same error again and again."""

from vigil.detection.evidence import failing_templates
from vigil.detection.finding import Finding
from vigil.detection.window import Window
from vigil.model.anomaly import AnomalyType
from vigil.model.severity import Severity
from vigil.model.tenant import Thresholds


def repeated_errors(window: Window, thresholds: Thresholds) -> Finding | None:
    """Return an unusual pattern if one template failed `thresholds.repeated_errors` times or more.

    The confidence is Laplace's rule of succession: what came `n` times comes again with (n + 1) /
    (n + 2).
    """
    templates = failing_templates(window)
    if not templates or templates[0].failed < thresholds.repeated_errors:
        return None
    worst = templates[0]
    return Finding(
        AnomalyType.UNUSUAL_PATTERN,
        Severity.MEDIUM,
        (worst.failed + 1) / (worst.failed + 2),
        f'The same error {worst.failed} times (limit {thresholds.repeated_errors}): "{worst.text}"',
        {"repetitions": worst.failed, "failed": window.failed},
        worst.first_us,
        (worst,),
        window.failing_traces,
    )
