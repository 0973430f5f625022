"""The number itself."""

from typing import Any


class OwnValue:
    """Looks at the number as it is."""

    name = "value"
    rise = "highest"
    fall = "lowest"

    def look(self, value: float, at: int) -> float | None:
        """Return the number."""
        return value

    def learn_one(self, value: float, at: int) -> None:
        """Learn nothing: a record of numbers is all that it needs."""

    def to_json(self) -> list[Any]:
        """Return its state, which is empty."""
        return []

    def restore(self, plain: list[Any]) -> None:
        """Take what `to_json` gave."""
