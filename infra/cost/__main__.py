"""Print what Vigil costs, or write it into the pages.

    python -m infra.cost [--write]
    python -m infra.cost --entries 30 --tenants 3 --services 20

`--entries` is in millions a month. With `--write` the tables in docs/cost.md and docs/scaling.md
are computed anew.
"""

import argparse
from collections.abc import Mapping
from pathlib import Path

from infra.cost import cost_tables, scaling_tables
from infra.cost.figures import Figures
from infra.cost.installation import usage_of
from infra.cost.load import Load
from infra.cost.markdown import dollars, table, with_tables
from infra.cost.price_list import PriceList

ROOT = Path(__file__).parents[2]
PAGES = {"docs/cost.md": cost_tables.tables, "docs/scaling.md": scaling_tables.tables}


def computed() -> dict[str, Mapping[str, str]]:
    """Return the tables of each page by name."""
    prices, figures = PriceList.read(), Figures.read()
    return {page: tables(prices, figures) for page, tables in PAGES.items()}


def own(load: Load) -> str:
    """Return what a load costs, by product."""
    prices = PriceList.read()
    usage = usage_of(load, Figures.read())
    rows = [[name, dollars(cost)] for name, cost in prices.by_product(usage).items() if cost]
    rows.append(["sum", dollars(prices.cost(usage))])
    rows.append(["after free tiers", dollars(prices.cost(usage, with_free=True))])
    unverified = ", ".join(prices.unverified(usage)) or "none of these"
    return f"{table(['US dollars a month', ''], rows)}\n\nPrices not verified: {unverified}"


def main() -> None:
    """Do what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write the tables into the pages")
    parser.add_argument("--entries", type=float, help="millions of entries a month, of your own")
    parser.add_argument("--tenants", type=int, default=1)
    parser.add_argument("--services", type=int, default=20, help="of each tenant")
    asked = parser.parse_args()
    if asked.entries is not None:
        print(own(Load(asked.entries * 1e6, asked.tenants, asked.services)))
        return
    for page, tables in computed().items():
        if asked.write:
            path = ROOT / page
            path.write_text(with_tables(path.read_text(), tables))
            continue
        for name, content in tables.items():
            print(f"{page}, {name}\n\n{content}\n")


if __name__ == "__main__":
    main()
