"""A value of an object that is made at first use and kept, for objects that belong to one thread.

`functools.cached_property` does the same; but until Python 3.11 it holds one lock for all objects of the class while
the value is made, so that turns that wait for a server would wait for each other. Knows nothing of music.
"""

from collections.abc import Callable
from typing import Any, Generic, Self, TypeVar, overload

T = TypeVar("T")


class once(Generic[T]):  # noqa: N801 - a decorator
    """Decorates the method that makes the value."""

    def __init__(self, make: Callable[[Any], T]) -> None:
        self._make = make
        self.__doc__ = make.__doc__

    @overload
    def __get__(self, kept_by: None, owner: type[Any]) -> Self: ...
    @overload
    def __get__(self, kept_by: object, owner: type[Any] | None = None) -> T: ...

    def __get__(self, kept_by: object | None, owner: type[Any] | None = None) -> T | Self:
        """Make the value and put it in the place of this descriptor, which is not asked again."""
        if kept_by is None:
            return self
        value = self._make(kept_by)
        vars(kept_by)[self._make.__name__] = value
        return value
