"""The module's own tests pass, and none of their assertions is one that cannot fail."""

import re
from collections.abc import Iterator, Mapping
from math import ceil
from pathlib import Path

import pytest

from tests.repository.tree import ROOT
from tests.terraform.broken_assertions import ASSERTIONS
from tests.terraform.broken_copies import Case, Look, look_at_each
from tests.terraform.terraform_runs import MODULE, Terraform

_FILES = sorted((ROOT / MODULE / "tests").glob("*.tftest.hcl"))
_TOGETHER = 4


def failures(file: str) -> Look[list[str]]:
    """Return how to see which assertions of a file fail."""

    def look(terraform: Terraform, module: Path) -> list[str]:
        return [*_complaints(terraform, module, file)]

    return look


def _complaints(terraform: Terraform, module: Path, file: str) -> Iterator[str]:
    for event in terraform.test(module, f"tests/{file}.tftest.hcl"):
        found = event.get("diagnostic", {})
        if found.get("severity") == "error":
            yield f"{found['summary']}: {found['detail']}"


def _written(pattern: str) -> list[str]:
    return [each for path in _FILES for each in re.findall(pattern, path.read_text())]


def _copies() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield a file and some of its assertions, which are broken together.

    Neighbors are not, for they are about the same, and one could hide the other.
    """
    for file in sorted({file for file, _ in ASSERTIONS.values()}):
        own = [said for said, (of, _) in ASSERTIONS.items() if of == file]
        copies = ceil(len(own) / _TOGETHER)
        yield from ((file, tuple(own[number::copies])) for number in range(copies))


@pytest.fixture(scope="module")
def broken(
    terraform: Terraform, tmp_path_factory: pytest.TempPathFactory
) -> Mapping[str, list[str]]:
    """Give what fails in the copy that breaks an assertion."""
    copies = dict(enumerate(_copies()))
    cases = [
        Case(str(number), tuple(ASSERTIONS[each][1] for each in together))
        for number, (_, together) in copies.items()
    ]
    seen = look_at_each(
        tmp_path_factory.mktemp("assertions"),
        cases,
        lambda case: failures(copies[int(case.name)][0]),
    )
    return {
        said: seen[str(number)] for number, (_, together) in copies.items() for said in together
    }


def test_the_module_is_formatted(terraform: Terraform, module: Path) -> None:
    assert terraform.run(module, "fmt", "-check", "-recursive", "-diff").output == ""


def test_the_module_is_valid(terraform: Terraform, module: Path) -> None:
    assert '"valid": true' in terraform.need(module, "validate", "-json")


@pytest.mark.parametrize("file", [path.name.partition(".")[0] for path in _FILES])
def test_they_pass(terraform: Terraform, module: Path, file: str) -> None:
    events = terraform.test(module, f"tests/{file}.tftest.hcl")

    [summary] = [each["test_summary"] for each in events if each["type"] == "test_summary"]
    assert summary["status"] == "pass", [*_complaints(terraform, module, file)]
    assert summary["passed"] > 0


@pytest.mark.parametrize("said", ASSERTIONS)
def test_a_broken_copy_fails(broken: Mapping[str, list[str]], said: str) -> None:
    assert f"Test assertion failed: {said}" in broken[said]


def test_each_assertion_is_seen_to_fail() -> None:
    written = _written(r'error_message += "(.*)"')

    assert sorted(written) == sorted(ASSERTIONS)
