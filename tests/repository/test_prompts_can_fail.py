"""Each check of the prompts, shown a prompt that breaks it."""

import json
from pathlib import Path

import pytest

from tests.repository import prompts
from vigil.workflows.model_answer import answer_schema

WHOLE = "# System\nx\n# Request\n${boundary} ${evidence} ${steps}\n# Repair\ny\n"


def _prompt(
    root: Path, text: str, schema: str | None = None, task: str = "explain_incident"
) -> Path:
    folder = root / "prompts" / task
    folder.mkdir(parents=True)
    (folder / "v1.md").write_text(text)
    if schema is not None:
        (folder / "v1.schema.json").write_text(schema)
    return root


@pytest.mark.parametrize(
    ("text", "task", "complaints"),
    [
        pytest.param(WHOLE, "explain_incident", 0, id="all of them"),
        pytest.param(WHOLE.replace("${steps}", ""), "explain_incident", 1, id="one is missing"),
        pytest.param(
            WHOLE.replace("${steps}", "${steps} ${more}"), "explain_incident", 1, id="one more"
        ),
        pytest.param(WHOLE, "another_task", 1, id="a task that nobody renders"),
    ],
)
def test_a_place_that_nobody_fills_is_named(
    tmp_path: Path, text: str, task: str, complaints: int
) -> None:
    assert len(prompts.unfilled_places(_prompt(tmp_path, text, task=task))) == complaints


@pytest.mark.parametrize(
    ("schema", "complaints"),
    [
        pytest.param(json.dumps(answer_schema()), 0, id="that of the answer"),
        pytest.param("{}", 1, id="another one"),
        pytest.param(None, 1, id="none"),
    ],
)
def test_a_schema_that_is_not_the_answers_is_named(
    tmp_path: Path, schema: str | None, complaints: int
) -> None:
    assert len(prompts.strange_schemas(_prompt(tmp_path, WHOLE, schema))) == complaints
