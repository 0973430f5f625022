"""vigil doctor: what of the environment is there, and what is missing."""

from collections.abc import Mapping
from dataclasses import asdict

import orjson
import typer
from rich.console import Console
from rich.text import Text

from vigil.local.doctor_checks import Finding, State, examine

_MARKS = {
    State.FINE: Text("ok      ", style="green"),
    State.OPTIONAL: Text("optional", style="yellow"),
    State.MISSING: Text("MISSING ", style="bold red"),
}


def run_doctor(environ: Mapping[str, str], *, as_json: bool) -> int:
    """Print what was found; return 0 if all that is required is there, else 1."""
    findings = examine(environ)
    is_fine = all(finding.state is not State.MISSING for finding in findings)
    if as_json:
        content = {"ok": is_fine, "checks": [asdict(finding) for finding in findings]}
        typer.echo(orjson.dumps(content).decode())
    else:
        console = Console()
        for finding in findings:
            console.print(_line(finding), soft_wrap=True)
    return 0 if is_fine else 1


def _line(finding: Finding) -> Text:
    return Text("  ").join([_MARKS[finding.state], Text(f"{finding.name}: {finding.says}")])
