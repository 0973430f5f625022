"""A prompt: fixed words, and places for evidence that nobody can break out of."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from string import Template

from vigil.incidents.evidence_pack import EvidencePack, Redact, evidence_as_lines, steps_as_line

PLACEHOLDERS = frozenset({"boundary", "evidence", "steps"})
_SECTION = re.compile(r"^# (\w+)\n", re.MULTILINE)
_TAKEN_OUT = "[boundary]"


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a model is told to do: `system` has no placeholders, `request` has PLACEHOLDERS.

    `repair` is added after an answer that could not be read. `version` is part of the identity of
    what it is asked.
    """

    version: str
    system: str
    request: str
    repair: str

    @classmethod
    def parse(cls, text: str, version: str) -> "Prompt":
        """Return the prompt that a Markdown file of three sections holds.

        Raises KeyError, naming the section, where one is missing.

        >>> Prompt.parse("# System\\nS\\n# Request\\n${evidence}\\n# Repair\\nR\\n", "v1").request
        '${evidence}'
        """
        _, *parts = _SECTION.split(text)
        sections = dict(zip(parts[::2], parts[1::2], strict=True))
        system, request, repair = (
            sections[name].strip() for name in ("System", "Request", "Repair")
        )
        return cls(version, system, request, repair)

    def placeholders(self) -> frozenset[str]:
        """Return the names of the places in the request."""
        return frozenset(Template(self.request).get_identifiers())


def render_request(
    prompt: Prompt, pack: EvidencePack, *, boundary: Callable[[], str], redact: Redact
) -> str:
    """Return the request about `pack`: the gate through which evidence leaves for a model.

    The evidence as a whole is redacted once more here, whatever was done to it before (FAULTS G4).
    `boundary` gives a string that nobody can know beforehand, a new one each time; should it stand
    in the data all the same, it is replaced there (FAULTS D24).
    """
    mark = boundary()
    texts = {"evidence": evidence_as_lines(pack), "steps": steps_as_line(pack)}
    values = {name: redact(text).replace(mark, _TAKEN_OUT) for name, text in texts.items()}
    return Template(prompt.request).substitute(values, boundary=mark)
