"""The number itself."""

from typing import Any

# What never varied may vary by so much of its size.
_SHARE = 1e-3


class OwnValue:
    """Looks at the number as it is."""

    name = "value"
    rise = "highest"
    fall = "lowest"

    def look(self, value: float, at: int) -> float:
        """Return the number."""
        return value

    def least_unit(self, typical: float) -> float:
        """Return the unit of what never varied, of a series of `typical` size."""
        return _SHARE * typical

    def learn_one(self, value: float, at: int) -> None:
        """Learn nothing: a record of numbers is all that it needs."""

    def to_json(self) -> list[Any]:
        """Return its state, which is empty."""
        return []

    def restore(self, plain: list[Any]) -> None:
        """Take what `to_json` gave."""
