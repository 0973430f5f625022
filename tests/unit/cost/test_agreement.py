"""What the cost model takes for granted is what the code and the Terraform say."""

import re
import tomllib

import pytest

from infra.cost.figures import FIGURES, Figures
from infra.cost.scaling import Quota
from tests.repository.tree import ROOT
from vigil.settings import Settings
from vigil.workflows.service_pace import ONE_A_SECOND

TERRAFORM = ROOT / "infra/terraform"
MODEL = Figures.read()


def test_batches_are_those_of_the_settings() -> None:
    settings = Settings()

    assert MODEL["linger_seconds"] * 1000 == settings.batch_linger_ms
    assert MODEL["max_entries"] == settings.batch_max_entries
    assert MODEL["max_held"] == settings.batch_max_held


def test_a_service_is_written_at_the_pace_of_a_deployment() -> None:
    assert MODEL["pace_seconds"] == ONE_A_SECOND.every.total_seconds()


@pytest.mark.parametrize("name", list(MODEL.functions))
def test_functions_are_deployed_as_the_model_thinks(name: str) -> None:
    text = (TERRAFORM / "functions.tf").read_text()
    block = re.search(rf"^    {name} = {{(.*?)^    }}", text, re.MULTILINE | re.DOTALL)
    assert block is not None
    stated = {key: int(n) for key, n in re.findall(r"(\w+)\s+= (\d+)$", block[1], re.MULTILINE)}

    function = MODEL.functions[name]
    assert stated["concurrency"] == function.concurrency
    assert stated["max_instances"] == function.max_instances


def test_memory_and_cpu_are_those_that_functions_usually_have() -> None:
    usual = re.search(r"_usual = {(.*)}", (TERRAFORM / "functions.tf").read_text())

    assert usual is not None
    assert 'memory = "512Mi", cpu = "1", min_instances = 0' in usual[1]
    assert {(f.memory_gib, f.cpus) for f in MODEL.functions.values()} == {(0.5, 1)}


def test_the_database_keeps_as_many_backups_as_the_model_counts() -> None:
    text = (TERRAFORM / "firestore.tf").read_text()

    assert f"daily_backups_kept     = optional(number, {MODEL['database_backups']:.0f})" in text
    assert "point_in_time_recovery = optional(bool, true)" in text
    assert MODEL["recovery"] == 1


def test_there_is_a_tick_a_minute() -> None:
    text = (TERRAFORM / "scheduler.tf").read_text()

    assert 'schedule    = "* * * * *"' in text
    assert MODEL["tick_seconds"] == 60


def test_quotas_of_vigil_itself_are_those_of_its_functions() -> None:
    own = {quota.need: quota.limit for quota in Quota.read_all() if "Vigil:" in quota.name}

    assert own == {
        "batch_instances": MODEL.functions["batch_logs"].max_instances,
        "detect_instances": MODEL.functions["detect_anomalies"].max_instances,
    }


def test_each_figure_says_who_measured_it_or_why_it_is_assumed() -> None:
    found = tomllib.loads(FIGURES.read_text())
    found.pop("functions")

    assert [n for n, each in found.items() if ("command" in each) == ("assumed" in each)] == []
