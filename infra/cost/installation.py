"""Everything that an installation takes in a month at a load."""

from infra.cost.batching import batching
from infra.cost.detecting import detecting
from infra.cost.figures import Figures
from infra.cost.load import Load
from infra.cost.messaging import messaging
from infra.cost.price_list import total
from infra.cost.running import requests, running
from infra.cost.standing import own_logs, standing
from infra.cost.storing import Scene, kept, operations


def scene_of(load: Load, figures: Figures) -> Scene:
    """Return what the functions make of a load."""
    batches = batching(load, figures)
    return Scene(load, figures, batches, detecting(load, batches, figures))


def usage_of(load: Load, figures: Figures) -> dict[str, float]:
    """Return what is taken of everything that has a price, without a model."""
    scene = scene_of(load, figures)
    return total(
        running(scene),
        messaging(scene),
        operations(scene),
        kept(scene),
        own_logs(requests(scene), figures),
        standing(figures),
    )
