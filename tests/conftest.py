"""How every test runs: the same examples each time, and in CI nothing is passed over."""

import os
from collections.abc import Generator

import pytest
from hypothesis import settings

pytest_plugins = ["tests.emulators"]

# A failure that nobody can repeat teaches nothing; slow machines are no failure.
settings.register_profile("deterministic", derandomize=True, deadline=None, database=None)
settings.load_profile("deterministic")

# Read before any test changes its environment.
_REQUIRE_ALL = bool(os.environ.get("VIGIL_REQUIRE_ALL"))


def _refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    """With VIGIL_REQUIRE_ALL=1 a skipped test is a failed one."""
    if _REQUIRE_ALL and report.outcome == "skipped" and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"VIGIL_REQUIRE_ALL is set, and {report.nodeid} was skipped"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _refuse_skip(report)
    return report
