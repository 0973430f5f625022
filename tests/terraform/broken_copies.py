"""Copies of the module that are broken, each looked at by Terraform, two at a time."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from tests.terraform.terraform_runs import Copy, Terraform, terraform_for

T = TypeVar("T")
# What is seen of a copy while it is broken.
Look = Callable[[Terraform, Path], T]
_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Break:
    """A text of a file, which stands there once, and another in its place.

    Without `before` it is a file that is not there otherwise.
    """

    file: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Case:
    """Breaks that are made together, in a copy that has a name."""

    name: str
    breaks: tuple[Break, ...]


def look_at_each(
    folder: Path, cases: Iterable[Case], look: Callable[[Case], Look[T]]
) -> Mapping[str, T]:
    """Return what is seen of each case, by its name."""
    waiting = list(cases)
    shares = [waiting[number::_AT_ONCE] for number in range(_AT_ONCE)]

    def see(number: int) -> dict[str, T]:
        own = folder / str(number)
        (own / "providers").mkdir(parents=True)
        copy = Copy(own / "tree")
        with terraform_for(own / "providers") as terraform:
            terraform.init(copy.module)
            return {each.name: _seen(terraform, copy, each, look(each)) for each in shares[number]}

    with ThreadPoolExecutor(_AT_ONCE) as threads:
        found = threads.map(see, range(_AT_ONCE))
        return {name: seen for share in found for name, seen in share.items()}


def _seen(terraform: Terraform, copy: Copy, case: Case, look: Look[T]) -> T:
    with _broken(copy, case.breaks):
        return look(terraform, copy.module)


@contextmanager
def _broken(copy: Copy, breaks: Iterable[Break]) -> Iterator[None]:
    paths = {copy.module / each.file for each in breaks}
    kept = {path: path.read_text() if path.exists() else None for path in paths}
    try:
        for each in breaks:
            copy.change(each.file, each.before, each.after)
        yield
    finally:
        for path, text in kept.items():
            path.unlink() if text is None else path.write_text(text)
