"""Reads cells that say several things at once: credits, persons, playlists, and what two columns say together.

Raises `CellError` as `cells.py` does. Knows no columns.
"""

from typing import Any

from segue.tools.importing import cells
from segue.tools.importing.cells import CellError


def energy(value: Any, *, spotify: bool) -> float:
    """Return energy as a share. Whole numbers from 1 to 5 beside no Spotify features are a five-step scale."""
    if not spotify and not isinstance(value, float) and str(value).strip() in {"1", "2", "3", "4", "5"}:
        return (int(value) - 1) / 4
    return cells.share(value, percent=not spotify and cells.number(value) > 1)


def join_date(values: dict[str, Any]) -> None:
    """Complete `released` with the month and the day of columns of their own, which leave `values`."""
    month, day = values.pop("released_month", None), values.pop("released_day", None)
    date = values.get("released")
    if date and len(date) == 4 and month:
        values["released"] = f"{date}-{month:02}" + (f"-{day:02}" if day else "")


def people(value: Any) -> list[str]:
    """Return the persons in a credit cell: "Mercury, Freddie" is one, "Angus Young, Malcolm Young" are two."""
    found = []
    for entry in cells.items(value):
        for part in entry.split("/"):
            names = [name.strip() for name in part.split(",") if name.strip()]
            if len(names) == 2 and all(" " not in name for name in names):
                names = [f"{names[1]} {names[0]}"]
            found += names
    return found


def credits(value: Any) -> list[dict[str, Any]]:
    """Return credits from [[name, role], ...], objects with a name and a role, or names alone."""
    if isinstance(value, str):
        return [{"name": name} for name in cells.items(value)]
    if not isinstance(value, list):
        raise CellError(f"a list of names and roles is needed, found {type(value).__name__}")
    found = []
    for entry in value:
        match entry:
            case str():
                found.append({"name": entry})
            case {"name": str(name)}:
                found.append({"name": name, "role": entry.get("role")})
            case [str(name), str(role)]:
                found.append({"name": name, "role": role})
            case _:
                raise CellError(f"not a name with a role: {str(entry)[:60]!r}")
    return found


def playlists(value: Any) -> list[dict[str, Any]]:
    """Return memberships from [[id, name, ...], ...]; what follows the name describes the playlist, not the track."""
    found = []
    for entry in value if isinstance(value, list) else cells.items(value):
        match entry:
            case str() | int():
                found.append({"id": str(entry)})
            case {"id": playlist}:
                found.append({"id": str(playlist), "name": entry.get("name")})
            case [playlist, str(name), *_]:
                found.append({"id": str(playlist), "name": name})
            case _:
                raise CellError(f"not a playlist: {str(entry)[:60]!r}")
    return found
