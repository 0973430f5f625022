"""A value that cannot be is refused, with the reason, and by its own rule."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.repository.tree import ROOT
from tests.terraform.broken_copies import Break, Case, Look, look_at_each
from tests.terraform.plans import LEAST
from tests.terraform.terraform_runs import MODULE, Refused, Terraform
from tests.terraform.test_module_tests import failures

_VARIABLE = re.compile(r'^variable "(\w+)" \{\n(.*?)^\}', re.MULTILINE | re.DOTALL)
_RULE = re.compile(r"^  validation \{\n.*?^  \}\n", re.MULTILINE | re.DOTALL)
_MESSAGE = re.compile(r'error_message = "(.*)"')
_DELIVERY = {
    "repository": "projects/p/locations/l/connections/c/repositories/r",
    "state_bucket": "state",
    "var_file": "a.tfvars",
}
# Rules that look at other variables are tried where those are right.
_LATER = {"secret_values": 3, "encryption": 3}
_FIRST = ("project_id", "region")
# What is said by the rules of these files is tested beside what else the files make.
_TESTED_ELSEWHERE = (
    "budget.tf",
    "domain.tf",
    "encryption.tf",
    "logs.tf",
    "monitoring_channels.tf",
    "network.tf",
    "secrets.tf",
)
_OPERATORS = "length(var.operators.channels) > 0"
_NOBODY = Case(
    "nobody", (Break("monitoring_channels.tf", _OPERATORS, _OPERATORS.replace(">", ">=")),)
)

# Each line is refused as a whole, for all the reasons behind it.
REFUSED: list[tuple[Mapping[str, Any], tuple[str, ...]]] = [
    (
        {"project_id": "Acme Vigil", "region": "us-central1-a"},
        ("project_id is a project's id", "region is a region"),
    ),
    (
        {
            "labels": {"Team": "platform"},
            "settings": {"log_level": "LOUD", "own_services": ["Watch"], "batch_max_held": 0},
            "model": {
                "name": "models/gemini",
                "location": "Europe",
                "timeout_seconds": 81,
                "daily_calls": 0.5,
            },
            "functions": {
                "shop": {},
                "api": {"min_instances": 11, "memory": "512M", "cpu": "0.5", "concurrency": 1001},
            },
            "public_invokers": ["everybody"],
            "message_regions": ["eu"],
            "cleanup_schedule": "daily",
            "database": {"name": "Vigil", "daily_backups_kept": 99},
            "delivery": {
                "repository": "vigil",
                "branch": "^main$",
                "state_bucket": "gs://state",
                "var_file": "a.json",
                "root": "/infra",
                "watch_seconds": 601,
                "approvers": ["somebody"],
            },
        },
        (
            "labels have names and values",
            "settings.log_level is",
            "settings.own_services holds",
            "settings.batch_max_entries and batch_max_held are",
            "model.name is a model",
            "model.location is global",
            "model.timeout_seconds is 1 to 80",
            "are whole numbers from 0",
            "functions names one that there is not",
            "max_instances is at least min_instances",
            "functions: memory is such as",
            "functions: cpu is",
            "functions: concurrency is 1 to 1000",
            "public_invokers holds members",
            "message_regions holds regions",
            "cleanup_schedule has five fields",
            "database.name is (default)",
            "database.daily_backups_kept is 1 to 98",
            "delivery.repository is",
            "delivery.branch is",
            "delivery.state_bucket is",
            "delivery.var_file is",
            "delivery.root is",
            "delivery.watch_seconds is",
            "delivery.approvers are",
        ),
    ),
    ({"functions": {"api": {"max_instances": 0}}}, ("and never 0",)),
]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule for the values of a variable, and where among the variable's rules it stands."""

    file: str
    variable: str
    number: int
    text: str

    @property
    def message(self) -> str:
        """Return what it says."""
        found = _MESSAGE.search(self.text)
        assert found is not None
        return found[1]

    @property
    def run(self) -> int:
        """Return the number of the run that goes against it."""
        if self.variable in _FIRST:
            return 0
        return self.number + _LATER.get(self.variable, 0)

    def lifted(self) -> Break:
        """Return the break that makes it hold for every value."""
        condition = f"condition = var.{self.variable} == var.{self.variable}"
        after = f'  validation {{\n{condition}\nerror_message = "{self.message}"\n  }}\n'
        return Break(self.file, self.text, after)


def _rules() -> Iterator[Rule]:
    for path in sorted((ROOT / MODULE).glob("*.tf")):
        for name, body in _VARIABLE.findall(path.read_text()):
            for number, text in enumerate(_RULE.findall(body), start=1):
                yield Rule(path.name, name, number, text)


RULES = tuple(_rules())
RUNS = sorted({rule.run for rule in RULES})


@pytest.mark.parametrize(("variables", "reasons"), REFUSED)
def test_what_cannot_be_is_refused_with_its_reason(
    planning: Terraform, module: Path, variables: Mapping[str, Any], reasons: Sequence[str]
) -> None:
    with pytest.raises(Refused) as refused:
        planning.plan(module, {**LEAST, **variables})

    assert [reason for reason in reasons if reason not in str(refused.value)] == []


def test_each_reason_is_heard() -> None:
    heard = [reason for _, reasons in REFUSED for reason in reasons]
    messages = [rule.message for rule in RULES if rule.file not in _TESTED_ELSEWHERE]

    assert len(messages) > len(RULES) / 3
    assert [each for each in messages if not any(reason in each for reason in heard)] == []


@pytest.fixture(scope="module")
def missed(terraform: Terraform, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """Give what the module's tests say when rules are lifted, by the run that goes against them."""
    cases = [
        Case(str(run), tuple(rule.lifted() for rule in RULES if rule.run == run)) for run in RUNS
    ]
    cases.append(_NOBODY)

    def look(case: Case) -> Look[str]:
        found = failures("variables")
        return lambda terraform, module: " ".join(" ".join(found(terraform, module)).split())

    return look_at_each(tmp_path_factory.mktemp("variables"), cases, look)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.variable}-{rule.number}")
def test_a_rule_that_is_lifted_is_missed(missed: Mapping[str, str], rule: Rule) -> None:
    said = f"The checkable object, var.{rule.variable}, was expected to report an error"

    assert said in missed[str(rule.run)]


def test_a_check_that_is_lifted_is_missed(missed: Mapping[str, str]) -> None:
    assert "The checkable object, check.somebody_is_told, was expected" in missed[_NOBODY.name]
