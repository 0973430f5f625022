"""detect_anomalies under functions-framework: whatever is delivered twice is counted once."""

import pytest

from tests.functions.test_google_functions import batch, batch_of, entry
from tests.google_functions import Bundles
from tests.google_project import GoogleProject
from tests.push_subscription import PushSubscription
from tests.pushes import pushed
from vigil.model.outcome import Outcomes

pytestmark = pytest.mark.slow


def test_b08_a_batch_that_comes_again_while_it_is_worked_on_is_counted_once(
    bundles: Bundles, google: GoogleProject
) -> None:
    twins = dict.fromkeys(("first", "second", "third"), pushed(batch(*range(50))))
    with bundles.running("detect_anomalies", google.settings) as function:
        subscription = PushSubscription(function.address)
        subscription.deliver(twins)

        assert subscription.acknowledged == twins.keys()
        assert google.outcomes() == Outcomes(received=50, processed=50)


def test_c03_what_was_published_again_because_its_acknowledgement_was_lost_is_a_duplicate(
    bundles: Bundles, google: GoogleProject
) -> None:
    entries = [entry(number) for number in range(10)]
    first, again = batch_of(entries, "v1-first"), batch_of(entries, "v1-again")
    with bundles.running("detect_anomalies", google.settings) as function:
        answers = [function.ask("POST", "/", pushed(body)).status for body in (first, again)]

        assert answers == [204, 204]
        assert google.outcomes() == Outcomes(received=20, processed=10, duplicate=10)
