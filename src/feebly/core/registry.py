"""A small table from public tags (and their aliases) to the things they name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

from feebly.core.errors import unknown

T = TypeVar("T")


class Registry(Generic[T]):
    """Tag -> object, in order of registration. An alias finds the object of its tag.

    >>> models = Registry("model")
    >>> models.add("dark-photon", 42, aliases=["BC1"])
    >>> models["BC1"]
    42
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._objects: dict[str, T] = {}
        self._tag_of: dict[str, str] = {}

    def add(self, tag: str, item: T, aliases: Iterable[str] = ()) -> None:
        """Register ``item``; a name that is already taken is a programming error (ValueError)."""
        for name in (tag, *aliases):
            if name in self._tag_of:
                raise ValueError(f"{self.kind} {name!r} is registered twice")
            self._tag_of[name] = tag
        self._objects[tag] = item

    def tag(self, name: str) -> str:
        """The tag that a tag or an alias stands for; ConfigError with the nearest name otherwise."""
        try:
            return self._tag_of[name]
        except KeyError:
            raise unknown(self.kind, name, self._tag_of) from None

    def __getitem__(self, name: str) -> T:
        return self._objects[self.tag(name)]

    def __contains__(self, name: object) -> bool:
        return name in self._tag_of

    def __iter__(self) -> Iterator[str]:
        return iter(self._objects)

    def __len__(self) -> int:
        return len(self._objects)
