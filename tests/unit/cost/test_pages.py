"""The pages hold what the cost model computes."""

import subprocess
import sys

import pytest

from infra.cost.__main__ import PAGES, computed
from infra.cost.markdown import with_tables
from tests.repository.tree import ROOT

TABLES = computed()


@pytest.mark.parametrize("page", list(PAGES))
def test_a_page_holds_its_tables_as_they_are_computed(page: str) -> None:
    """`make generated` writes them."""
    text = (ROOT / page).read_text()

    assert with_tables(text, TABLES[page]) == text


def test_a_table_without_a_place_is_not_dropped_in_silence() -> None:
    with pytest.raises(ValueError, match="no place for prices"):
        with_tables("# A page\n", {"prices": "| a |"})


def test_a_load_of_ones_own_is_computed_in_the_terminal() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "infra.cost", "--entries", "50", "--tenants", "5"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    # The sum of the second row of docs/cost.md.
    row = next(line for line in TABLES["docs/cost.md"]["volumes"].splitlines() if "| 50 |" in line)
    assert f"| sum | {row.split(' | ')[7]} |" in done.stdout
