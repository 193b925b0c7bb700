"""Groups and their members, by name alone: "Neil Young & Crazy Horse" plays with Neil Young.

Knows spellings of names, and no artist: who is in a group whose name does not say so is not known here.
"""

from typing import Final

_BACKED_BY: Final = ("the ", "his ", "her ")


def members_of(group: str) -> tuple[str, ...]:
    """Return the keys (`artist_key`) of the artists who are whole members of a group, given by its own key.

    "neil young and crazy horse" has "neil young" (and would have an artist of the name Crazy Horse), "prince and the
    revolution" has "prince" and "revolution", "bob marley and the wailers" both; "earth wind and fire" has nobody, for
    a single word is only taken for a name beside a backing band, or for one with its article.
    """
    first, *others = names = group.split(" and ")
    if not others:
        return ()
    leads = [first] if others[0].startswith(_BACKED_BY) else []
    return tuple(dict.fromkeys([*leads, *(name.removeprefix("the ") for name in names if " " in name)]))
