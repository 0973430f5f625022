"""Prompts from the files that stand beside the package: in a source tree and in a bundle."""

from pathlib import Path

from vigil.errors import InvalidSettings
from vigil.incidents.prompt import Prompt

_PACKAGE = Path(__file__).parents[1]
# A function's bundle has vigil/ and prompts/ side by side, a source tree has shared/ between.
_PLACES = (_PACKAGE.parent, _PACKAGE.parents[1])
EXPLAIN_INCIDENT = "explain_incident/v1"


def read_prompt(name: str = EXPLAIN_INCIDENT) -> Prompt:
    """Return the prompt `task/version`.

    Raises InvalidSettings where there are no prompts: a wheel of the package carries none, since
    models are asked by the analysis function only and that is never installed from one.
    """
    for place in _PLACES:
        path = place / "prompts" / f"{name}.md"
        if path.is_file():
            return Prompt.parse(path.read_text(encoding="utf-8"), version=name)
    raise InvalidSettings(
        f"VIGIL_MODEL is set, but the prompt {name} is not here: the folder prompts/ belongs "
        "beside the package vigil/"
    )
