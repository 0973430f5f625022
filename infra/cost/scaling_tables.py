"""The tables of docs/scaling.md."""

import math
from collections.abc import Mapping

from infra.cost.figures import Figures
from infra.cost.installation import scene_of, usage_of
from infra.cost.load import Load
from infra.cost.markdown import figure, table, words
from infra.cost.price_list import PriceList
from infra.cost.scaling import Quota, needs_of, rate_at, stages

LOADS = (
    Load.a_second(1_000, tenants=20, services=50),
    Load.a_second(100_000, tenants=200, services=50),
    Load.a_second(10_000_000, tenants=2_000, services=50),
)
_STARRED = "\\*"
_SHAPES = (Load(0, 1, 50), Load(0, 20, 50), Load(0, 200, 50))


def tables(prices: PriceList, figures: Figures) -> Mapping[str, str]:
    """Return all tables by name."""
    return {
        "stages": stage_table(prices, figures),
        "quotas": quotas(figures),
        "limits": limits(figures),
    }


def stage_table(prices: PriceList, figures: Figures) -> str:
    """Return what each stage does at each rate."""
    titles = ["stage", "counted", *(f"{load.per_second:,.0f}/s" for load in LOADS)]
    columns = [stages(load, figures) for load in LOADS]
    rows = [
        [each.name, each.counted, *(figure(column[row].value) for column in columns)]
        for row, each in enumerate(columns[0])
    ]
    costs = [prices.cost(usage_of(load, figures)) for load in LOADS]
    rows.append(["all", "US dollars a month", *(f"{cost:,.0f}" for cost in costs)])
    per_million = (cost / load.entries * 1e6 for cost, load in zip(costs, LOADS, strict=True))
    rows.append(["all", "US dollars a million entries", *map(figure, per_million)])
    return table(titles, rows)


def quotas(figures: Figures) -> str:
    """Return each quota, what is needed of it at each rate, and how it is raised."""
    needs = [needs_of(scene_of(load, figures)) for load in LOADS]
    rates = (f"at {load.per_second:,.0f}/s" for load in LOADS)
    titles = ["quota", "default", *rates, "how to raise it", "where it stands"]
    rows = (
        [
            quota.name if quota.verified else f"{quota.name}{_STARRED}",
            f"{figure(quota.limit)} {quota.unit}",
            *(_held_against(need[quota.need], quota.limit) for need in needs),
            quota.raise_,
            quota.source,
        ]
        for quota in Quota.read_all()
    )
    return words(titles, rows)


def limits(figures: Figures) -> str:
    """Return at how many entries a second each limit is reached, the first one first."""
    found = [
        (quota, [rate_at(quota, shape, figures) for shape in _SHAPES]) for quota in Quota.read_all()
    ]
    shown = [(quota, rates) for quota, rates in found if min(rates) < math.inf]
    titles = ["limit", *(f"{shape.tenants} x {shape.services} services" for shape in _SHAPES)]
    rows = (
        [quota.name, *map(_rate, rates)]
        for quota, rates in sorted(shown, key=lambda each: min(each[1]))
    )
    return table(titles, rows)


def _rate(rate: float) -> str:
    """Return a rate in two digits: more would say what nobody knows."""
    if rate == math.inf:
        return "never"
    digits = 1 - math.floor(math.log10(rate))
    return f"{round(rate, digits):,.0f}/s"


def _held_against(need: float, limit: float) -> str:
    """Return a need, in bold if it is more than the limit."""
    shown = figure(need)
    return f"**{shown}**" if need > limit else shown
