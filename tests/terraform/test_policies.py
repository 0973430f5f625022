"""What Terraform would make keeps every policy, with the fewest variables and with all of them."""

from collections.abc import Mapping

import pytest

from tests.terraform.plans import VARIABLES, Planned
from tests.terraform.policies import access, functions, kept, messages
from tests.terraform.policies.policy import Policy

POLICIES: tuple[Policy, ...] = (
    *messages.POLICIES,
    *access.POLICIES,
    *functions.POLICIES,
    *kept.POLICIES,
)


@pytest.mark.parametrize("name", VARIABLES)
@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.__name__)
def test_a_plan_keeps_it(plans: Mapping[str, Planned], policy: Policy, name: str) -> None:
    assert list(policy(plans[name].plan)) == []


def test_each_exception_is_needed(plans: Mapping[str, Planned]) -> None:
    plan = plans["everything"].plan
    granted = {
        each.values["role"].removeprefix(f"projects/{each.values['project']}/roles/")
        for each in plan.of("google_project_iam_member")
        if not each.values["condition"]
    }
    made = {each.values["role_id"] for each in plan.of("google_project_iam_custom_role")}

    assert access.PROJECT_WIDE.keys() - granted == set()
    assert access.SAY_WHO_MAY.keys() - made == set()


def test_no_setting_is_both_deployed_and_local() -> None:
    assert functions.READ_BY.keys() & functions.LOCAL_ONLY.keys() == set()
