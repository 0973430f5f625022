"""The tables of docs/cost.md."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from infra.cost.figures import MONTH_DAYS, Figures
from infra.cost.installation import usage_of
from infra.cost.load import Load
from infra.cost.markdown import dollars, figure, table, words
from infra.cost.price_list import PriceList, product_of
from infra.cost.standing import explaining

_MILLION = 1e6
LOADS = (
    Load(1 * _MILLION, tenants=1, services=10),
    Load(50 * _MILLION, tenants=5, services=20),
    Load(1_000 * _MILLION, tenants=20, services=50),
)
_SHOWN = ("run", "pubsub", "firestore", "logging")
_PRODUCTS = {
    "run": "Cloud Run",
    "pubsub": "Pub/Sub",
    "firestore": "Firestore",
    "logging": "Logging",
    "monitoring": "Monitoring",
    "scheduler": "Scheduler",
    "secrets": "Secret Manager",
    "registry": "Artifact Registry",
    "storage": "Cloud Storage",
    "build": "Cloud Build",
    "model": "Gemini",
}
_STARRED = "\\*"


def tables(prices: PriceList, figures: Figures) -> Mapping[str, str]:
    """Return all tables by name."""
    return {
        "volumes": volumes(prices, figures),
        "tenants": tenants(prices, figures),
        "idle": idle(prices, figures),
        "largest": largest(prices, figures),
        "switches": switches(prices, figures),
        "assumptions": assumptions(prices, figures),
        "model": model(prices, figures),
        "prices": price_list(prices),
    }


def volumes(prices: PriceList, figures: Figures) -> str:
    """Return what so many entries a month cost."""
    titles = ["million entries", "tenants x services", *(_PRODUCTS[name] for name in _SHOWN)]
    titles += ["others", "sum", "after free tiers", "a million"]
    return table(titles, (_volume(load, prices, figures) for load in LOADS))


def _volume(load: Load, prices: PriceList, figures: Figures) -> list[str]:
    usage = usage_of(load, figures)
    costs = prices.by_product(usage)
    shown = [costs[name] for name in _SHOWN]
    everything = sum(costs.values())
    after = prices.cost(usage, with_free=True)
    amounts = [*shown, everything - sum(shown), everything, after]
    return [
        f"{load.entries / _MILLION:,.0f}",
        f"{load.tenants} x {load.services}",
        *map(dollars, amounts),
        dollars(everything / load.entries * _MILLION),
    ]


def tenants(prices: PriceList, figures: Figures) -> str:
    """Return what one more tenant costs, idle and busy."""
    rows = [
        ("idle, 20 services", _one_more(Load(0, 1, 20), prices, figures)),
        ("idle, 200 services", _one_more(Load(0, 1, 200), prices, figures)),
        *(
            (f"{load.entries / load.tenants / _MILLION:,.0f} million entries, {load.services}"
             f" services, beside {load.tenants - 1} like it",
             _one_more(load, prices, figures))
            for load in LOADS[1:]
        ),
    ]  # fmt: skip
    return table(["one more tenant", "a month"], ([name, dollars(cost)] for name, cost in rows))


def _one_more(load: Load, prices: PriceList, figures: Figures) -> float:
    """Return what the last of the tenants costs."""
    others = load.tenants - 1
    before = replace(load, tenants=others, entries=load.entries * others / load.tenants)
    return prices.cost(usage_of(load, figures)) - prices.cost(usage_of(before, figures))


def idle(prices: PriceList, figures: Figures) -> str:
    """Return what an installation costs into which nothing comes."""
    usage = usage_of(Load(0, tenants=1, services=20), figures)
    costs = {name: cost for name, cost in prices.by_product(usage).items() if cost}
    rows = [[_named(name, prices, usage), dollars(cost)] for name, cost in costs.items()]
    free = prices.cost(usage, with_free=True)
    rows += [["sum", dollars(sum(costs.values()))], ["after free tiers", dollars(free)]]
    return table(["one tenant, 20 services, no entries", "a month"], rows)


def _named(product: str, prices: PriceList, usage: Mapping[str, float]) -> str:
    """Return a product's name, marked if one of its prices is not verified."""
    marked = any(product_of(name) == product for name in prices.unverified(usage))
    return _PRODUCTS[product] + (_STARRED if marked else "")


def largest(prices: PriceList, figures: Figures) -> str:
    """Return what costs most at each volume."""
    return words(
        ["million entries", "what costs most"],
        ([f"{load.entries / _MILLION:,.0f}", _largest(load, prices, figures)] for load in LOADS),
    )


def _largest(load: Load, prices: PriceList, figures: Figures) -> str:
    usage = usage_of(load, figures)
    costs = {name: prices.prices[name].of(quantity) for name, quantity in usage.items()}
    everything = sum(costs.values())
    first = sorted(costs, key=lambda name: -costs[name])[:5]
    return "; ".join(
        f"{name} {dollars(costs[name])} ({costs[name] / everything:.0%})" for name in first
    )


def switches(prices: PriceList, figures: Figures) -> str:
    """Return what each switch saves in a month at each volume; less than nothing costs more."""
    titles = ["switch", *(f"{load.entries / _MILLION:,.0f} million" for load in LOADS)]
    return table(titles, _switched(prices, figures))


def _switched(prices: PriceList, figures: Figures) -> Iterator[list[str]]:
    changes: dict[str, Mapping[str, float]] = {
        "keep Cloud Run's line of each push": {"request_logs": 1},
        "bill batch_logs by instance": {"always_on": 1},
        "VIGIL_BATCH_LINGER_MS = 1000": {"linger_seconds": 1},
        "the last two together": {"always_on": 1, "linger_seconds": 1},
        "no point-in-time recovery": {"recovery": 0},
        "a tick every five minutes": {"tick_seconds": 300},
        "one instance of batch_logs always there": {"idle_instances": 1},
    }
    yield ["sinks pass WARNING and above, if that is a tenth", *_fewer(prices, figures)]
    for name, changed in changes.items():
        saved = (
            prices.cost(usage_of(load, figures))
            - prices.cost(usage_of(load, figures.with_(**changed)))
            for load in LOADS
        )
        marked = name + _STARRED * bool(
            prices.unverified(usage_of(LOADS[0], figures.with_(**changed)))
        )
        yield [marked, *map(dollars, saved)]


def _fewer(prices: PriceList, figures: Figures) -> list[str]:
    return [
        dollars(
            prices.cost(usage_of(load, figures))
            - prices.cost(usage_of(replace(load, entries=load.entries / 10), figures))
        )
        for load in LOADS
    ]


def assumptions(prices: PriceList, figures: Figures) -> str:
    """Return how the sum changes if what is assumed of the entries is otherwise."""
    variants: dict[str, Mapping[str, object]] = {
        "as above: four lines at a time, of one service; few services have most": {},
        "each entry alone": {"clump": 1},
        "all services equally busy": {"is_even": True},
        "each entry alone, all services equally busy": {"clump": 1, "is_even": True},
        "twenty lines at a time": {"clump": 20},
        "one tenant has all": {"tenants": 1},
    }
    titles = ["entries come", *(f"{load.entries / _MILLION:,.0f} million" for load in LOADS)]
    rows = (
        [name, *(dollars(prices.cost(usage_of(_with(load, changed), figures))) for load in LOADS)]
        for name, changed in variants.items()
    )
    return table(titles, rows)


def _with(load: Load, changed: Mapping[str, object]) -> Load:
    return replace(load, **changed)  # type: ignore[arg-type]  # the names above are of its fields


def model(prices: PriceList, figures: Figures) -> str:
    """Return what a model costs a tenant: usually, and at the most that its budget allows."""
    usual = explaining(Load(0, tenants=1, services=1), figures)
    answers = _BUDGET_CALLS * _ANSWER_TOKENS
    most = {
        "model.input": (_BUDGET_TOKENS - answers) * MONTH_DAYS,
        "model.output": answers * MONTH_DAYS,
    }
    rows = (
        [
            name,
            figure(usage["model.input"]),
            figure(usage["model.output"]),
            dollars(prices.cost(usage)),
        ]
        for name, usage in (("three incidents a day", usual), ("the whole daily budget", most))
    )
    titles = ["one tenant", "tokens in a month", "tokens out a month", f"a month{_STARRED}"]
    return table(titles, rows)


# VIGIL_MODEL_DAILY_CALLS, VIGIL_MODEL_DAILY_TOKENS, and the most tokens of one answer.
_BUDGET_CALLS, _BUDGET_TOKENS, _ANSWER_TOKENS = 200, 2_000_000, 4_096


def price_list(prices: PriceList) -> str:
    """Return the prices and where each comes from."""
    rows = (
        [
            name if price.verified else f"{name}{_STARRED}",
            f"{price.usd:g} for {price.per:,.0f} x {price.unit}"
            if price.per != 1
            else f"{price.usd:g} for a {price.unit}",
            figure(price.free),
            price.source,
        ]
        for name, price in prices.prices.items()
    )
    return words(["name", "US dollars", "free a month", "where it stands"], rows)
