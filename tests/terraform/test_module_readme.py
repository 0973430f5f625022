"""The module's README says what the module takes and gives; examples and values speak of that."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.repository.tree import ROOT
from tests.terraform.module_readme import README, declared, values_and_modules, with_tables

MODULE = ROOT / "infra/terraform"
EXAMPLES = sorted(path for path in (MODULE / "examples").iterdir() if path.is_dir())
_ASSIGNED = re.compile(r"^(\w+) +=", re.MULTILINE)
_CALL = re.compile(r'^module "vigil" \{\n(.*?)^\}', re.MULTILINE | re.DOTALL)
_ARGUMENT = re.compile(r"^  (\w+) +=", re.MULTILINE)
_OUTPUT = re.compile(r"module\.vigil\.(\w+)")


def _names(module: Path, kind: str, *, required: bool = False) -> set[str]:
    found = (each for each in declared(module) if each.kind == kind)
    return {each.name for each in found if each.required or not required}


def _texts(example: Path) -> Iterator[str]:
    return (path.read_text() for path in sorted(example.glob("*.tf")))


def test_the_readme_has_every_variable_and_output() -> None:
    """If this fails, `make generated`."""
    readme = (MODULE / README).read_text()

    assert readme == with_tables(readme, MODULE)


def test_a_variable_that_is_new_is_missed_in_the_readme(tmp_path: Path) -> None:
    readme = (MODULE / README).read_text()
    (tmp_path / "new.tf").write_text('variable "new" {\n  description = "A \\"new\\" one."\n}\n')

    assert '| `new` | new.tf | **Needed.** A "new" one. |' in with_tables(readme, tmp_path)


@pytest.mark.parametrize("module", [MODULE, *EXAMPLES], ids=lambda path: path.name)
def test_what_a_module_declares_is_described(module: Path) -> None:
    assert [each.name for each in declared(module) if not each.description] == []


def test_one_value_is_enough() -> None:
    assert _names(MODULE, "variable", required=True) == {"project_id"}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_an_example_uses_what_there_is(example: Path) -> None:
    text = "".join(_texts(example))
    [call] = _CALL.findall(text)

    assert set(_ARGUMENT.findall(call)) - {"source"} <= _names(MODULE, "variable")
    assert set(_OUTPUT.findall(text)) <= _names(MODULE, "output")


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_an_example_says_what_it_is_and_has_values(example: Path) -> None:
    assert (example / README).is_file()
    assert list(example.rglob("*.tfvars"))


@pytest.mark.parametrize(
    ("values", "module"),
    [pytest.param(*each, id=str(each[0])) for each in values_and_modules(MODULE)],
)
def test_values_are_for_variables_that_there_are(values: Path, module: Path) -> None:
    given = set(_ASSIGNED.findall((MODULE / values).read_text()))

    assert given <= _names(MODULE / module, "variable")
    assert _names(MODULE / module, "variable", required=True) <= given
