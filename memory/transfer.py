"""Export and import: a listener's events as versioned JSON data, checked whole before any of it is used.

The vector that stands for a listener is personal data too: it is exported with the events. It is not imported, for it
follows from them, and another model would make another.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from segue.memory.errors import TasteFileInvalid
from segue.memory.events import TasteEvent
from segue.memory.listener.kept import KeptVector

FORMAT: Final = "segue-taste"
VERSION: Final = 1
MAX_EVENTS: Final = 1_000_000
"""Events in one import."""


class _Vector(BaseModel):
    model_config = ConfigDict(extra="forbid")

    version: str
    computed: AwareDatetime
    values: Annotated[tuple[float, ...], Field(max_length=4096)]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    format: Literal["segue-taste"]
    version: Literal[1]
    user: str
    exported: AwareDatetime
    events: Annotated[tuple[TasteEvent, ...], Field(max_length=MAX_EVENTS)]
    vector: _Vector | None = None


def exported(user: str, events: Iterable[TasteEvent], vector: KeptVector | None = None) -> dict[str, Any]:
    """Return {"format": "segue-taste", "version": 1, "user", "exported" (UTC), "events"} as plain JSON data.

    Where a vector is kept of the listener, "vector" holds its "version", when it was "computed", and its "values".
    """
    data = {
        "format": FORMAT,
        "version": VERSION,
        "user": user,
        "exported": datetime.now(UTC).isoformat(),
        "events": [event.model_dump(mode="json", exclude_defaults=True) for event in events],
    }
    if vector is not None:
        values = [float(value) for value in vector.values]
        data["vector"] = {"version": vector.version, "computed": vector.computed.isoformat(), "values": values}
    return data


def imported(user: str, data: object) -> list[TasteEvent]:
    """Return the events of exported `data`, now all of `user`. Keys stay, so importing twice adds nothing.

    Raises:
        TasteFileInvalid: names the first thing that is wrong.
    """
    if isinstance(data, dict) and data.get("format") == FORMAT and data.get("version") != VERSION:
        raise TasteFileInvalid(f"this taste file has version {data.get('version')!r}; only version {VERSION} is known")
    try:
        file = _File.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = " ".join(str(part) for part in first["loc"]) or "the file"
        raise TasteFileInvalid(f"no exported taste: {place}: {first['msg']}") from error
    if any(event.user != file.user for event in file.events):
        raise TasteFileInvalid("no exported taste: it holds events of another listener than it names")
    try:
        return [TasteEvent.model_validate({**dict(event), "user": user}) for event in file.events]
    except ValidationError as error:
        raise TasteFileInvalid(f"no listener can have the id {user[:40]!r}") from error
