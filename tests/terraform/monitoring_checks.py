"""What has to hold of the alarms in a plan: each check returns its complaints."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.logging_query import InvalidQuery, read_query
from tests.promql import InvalidPromql, read_promql
from tests.repository.tree import ROOT
from tests.terraform.monitoring_plan import Plan, alarms, log_filters

Check = Callable[[Plan], list[str]]
_LEVELS = ("debug", "info", "warning", "error", "exception")
_QUOTED = re.compile(r"(?:jsonPayload\.message|textPayload)=\(([^)]*)\)")
_POINTER = re.compile(r'docs/alarms\.md, "([^"]+)"')
# The longest that Google takes.
_LONGEST_QUERY = 2048


def written_messages() -> set[str]:
    """Return every message that the code gives to a logger, word by word."""
    return {
        message
        for path in sorted((ROOT / "shared" / "vigil").rglob("*.py"))
        for message in _messages(path)
    }


def _messages(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            first = node.args[0] if node.args else None
            if node.func.attr in _LEVELS and isinstance(first, ast.Constant):
                yield str(first.value)


def unwritten_messages(plan: Plan) -> list[str]:
    """A line that nobody writes would be waited for in vain."""
    written = written_messages()
    return [
        f"{name}: nobody writes {message}"
        for name, text in log_filters(plan).items()
        for quoted in _QUOTED.findall(text)
        for message in re.findall(r'"([^"]*)"', quoted)
        if message not in written
    ]


def unreadable_filters(plan: Plan) -> list[str]:
    """Each filter is a query of Cloud Logging."""
    complaints = []
    for name, text in log_filters(plan).items():
        try:
            read_query(text)
        except InvalidQuery as error:
            complaints.append(f"{name}: {error}")
    return complaints


def unreadable_queries(plan: Plan) -> list[str]:
    """Each query is PromQL, and not longer than Google takes."""
    complaints = []
    for alarm in alarms(plan).values():
        for condition in alarm.conditions:
            if condition.kind == "prometheus_query_language":
                query = condition.fields["query"]
                try:
                    read_promql(query)
                except InvalidPromql as error:
                    complaints.append(f"{alarm.name}: {error}")
                if len(query) > _LONGEST_QUERY:
                    complaints.append(f"{alarm.name}: {len(query)} characters")
    return complaints


def undocumented_alarms(plan: Plan) -> list[str]:
    """Each alarm says what it means and points to its section, and each section has its alarm."""
    sections = set(_sections())
    complaints = [
        f"{alarm.name}: no section {alarm.title}"
        for alarm in alarms(plan).values()
        if _POINTER.findall(alarm.documentation) != [alarm.title] or alarm.title not in sections
    ]
    idle = sections - {alarm.title for alarm in alarms(plan).values()}
    return complaints + [f"no alarm for the section {title}" for title in sorted(idle)]


def _sections() -> Iterator[str]:
    text = (ROOT / "docs" / "alarms.md").read_text()
    yield from re.findall(r"^### (.+)$", text, re.MULTILINE)


def alarms_that_tell_nobody(plan: Plan) -> list[str]:
    """Each alarm has a severity, and tells all who were named."""
    named = plan["variables"]["operators"]["value"]
    everybody = len(named["emails"]) + len(named["channels"])
    return [
        f"{alarm.name} tells {alarm.told} of {everybody}"
        for alarm in alarms(plan).values()
        if alarm.told != everybody or everybody == 0 or not alarm.values["severity"]
    ]


def wrong_strategies(plan: Plan) -> list[str]:
    """Google wants a rate limit where a line of a log is waited for, and refuses it elsewhere."""
    complaints = []
    for alarm in alarms(plan).values():
        [strategy] = alarm.values["alert_strategy"]
        is_logged = [condition.kind for condition in alarm.conditions] == ["matched_log"]
        if bool(strategy["notification_rate_limit"]) is not is_logged:
            complaints.append(f"{alarm.name}: rate limit")
        if not strategy["auto_close"]:
            complaints.append(f"{alarm.name}: stays open")
    return complaints


def conditions_that_need_data(plan: Plan) -> list[str]:
    """In a new project nothing has been measured, and Google has to take an alarm on it as well."""
    return [
        alarm.name
        for alarm in alarms(plan).values()
        for condition in alarm.conditions
        if condition.kind == "prometheus_query_language"
        and not condition.fields["disable_metric_validation"]
    ]


CHECKS: tuple[Check, ...] = (
    unwritten_messages,
    unreadable_filters,
    unreadable_queries,
    undocumented_alarms,
    alarms_that_tell_nobody,
    wrong_strategies,
    conditions_that_need_data,
)
