"""What prompts promise: places that are filled, and the schema of the answer beside them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vigil.incidents.prompt import PLACEHOLDERS, Prompt
from vigil.workflows.model_answer import answer_schema

# What fills the places of each task's prompts, and the schema of its answers.
_FILLED = {"explain_incident": PLACEHOLDERS}
_SCHEMAS: Mapping[str, dict[str, Any]] = {"explain_incident": answer_schema()}


def unfilled_places(root: Path) -> list[str]:
    """Name the prompts whose places are not exactly those that their renderer fills."""
    return [
        str(path.relative_to(root))
        for path in sorted(root.glob("prompts/*/*.md"))
        if Prompt.parse(path.read_text(), "").placeholders() != _FILLED.get(path.parent.name)
    ]


def strange_schemas(root: Path) -> list[str]:
    """Name the prompts beside which the schema of their answer is missing or another one."""
    return [
        str(path.relative_to(root))
        for path in sorted(root.glob("prompts/*/*.md"))
        if _read(path.with_suffix(".schema.json")) != _SCHEMAS.get(path.parent.name, {})
    ]


def _read(path: Path) -> object:
    return json.loads(path.read_text()) if path.exists() else None
