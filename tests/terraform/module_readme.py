"""The tables of variables and outputs in a module's README, made from what the module declares.

`python -m tests.terraform.module_readme infra/terraform` writes them anew.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

README = "README.md"
_BLOCK = re.compile(r'^(variable|output) "(\w+)" \{\n(.*?)^\}', re.MULTILINE | re.DOTALL)
_DESCRIPTION = re.compile(r'^  description = "((?:[^"\\]|\\.)*)"$', re.MULTILINE)
_DEFAULT = re.compile(r"^  default +=", re.MULTILINE)
_TABLES = {
    "variable": ("variables", "| variable | file | what it decides |\n|---|---|---|"),
    "output": ("outputs", "| output | file | what it is |\n|---|---|---|"),
}


class Declared(NamedTuple):
    """A variable or an output, as a module declares it."""

    kind: str
    name: str
    file: str
    description: str
    required: bool

    def row(self) -> str:
        """Return its line in the table."""
        needed = "**Needed.** " if self.required else ""
        return f"| `{self.name}` | {self.file} | {needed}{self.description} |"


def declared(module: Path) -> Iterator[Declared]:
    """Yield what a module declares, by files and in their order."""
    for path in sorted(module.glob("*.tf")):
        for kind, name, body in _BLOCK.findall(path.read_text()):
            yield Declared(kind, name, path.name, _description(body), _is_required(kind, body))


def values_and_modules(module: Path) -> Iterator[tuple[Path, Path]]:
    """Yield every file of values and the root module it is for, as seen from `module`."""
    roots = [module, *sorted(path for path in module.glob("examples/*") if path.is_dir())]
    for root in roots:
        for pattern in ("*.tfvars", "environments/*.tfvars"):
            for path in sorted(root.glob(pattern)):
                yield path.relative_to(module), root.relative_to(module)


def with_tables(text: str, module: Path) -> str:
    """Return a README with its tables as the module has them now."""
    for kind, (mark, head) in _TABLES.items():
        rows = [each.row() for each in declared(module) if each.kind == kind]
        text = _between(text, mark, "\n".join([head, *rows]))
    return text


def _description(body: str) -> str:
    found = _DESCRIPTION.search(body)
    return found.group(1).replace('\\"', '"') if found else ""


def _is_required(kind: str, body: str) -> bool:
    return kind == "variable" and not _DEFAULT.search(body)


def _between(text: str, mark: str, table: str) -> str:
    begin, end = f"<!-- {mark} -->\n", f"\n<!-- /{mark} -->"
    before, rest = text.split(begin)
    return f"{before}{begin}{table}{end}{rest.split(end)[1]}"


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    readme = folder / README
    readme.write_text(with_tables(readme.read_text(), folder))
