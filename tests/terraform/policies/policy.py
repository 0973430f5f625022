"""A policy says what is wrong with a plan."""

from collections.abc import Callable, Iterator

from tests.terraform.plans import Plan

# Each sentence names the resource that it complains of.
Policy = Callable[[Plan], Iterator[str]]
