"""Things that belong together because each belongs with the next."""

from collections.abc import Hashable


class DisjointSets:
    """Sets that are joined, never parted (union-find with path compression).

    >>> sets = DisjointSets()
    >>> sets.join("a", "b")
    >>> sets.join("b", "c")
    >>> sets.find("a") == sets.find("c"), sets.find("a") == sets.find("d")
    (True, False)
    """

    def __init__(self) -> None:
        self._parents: dict[Hashable, Hashable] = {}

    def find(self, thing: Hashable) -> Hashable:
        """Return what stands for the set of `thing`; it changes when sets are joined."""
        root = thing
        while (parent := self._parents.setdefault(root, root)) != root:
            root = parent
        while thing != root:
            self._parents[thing], thing = root, self._parents[thing]
        return root

    def join(self, one: Hashable, other: Hashable) -> None:
        """Make the sets of the two one set."""
        self._parents[self.find(one)] = self.find(other)
