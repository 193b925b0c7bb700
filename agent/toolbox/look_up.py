"""The tool that reads what the catalog knows of a track."""

import json
from typing import Any

from langchain_core.tools import BaseTool
from pydantic import BaseModel, ConfigDict, Field

from segue.agent.toolbox.tool import Tool
from segue.generator.track import Track
from segue.tools.catalog.catalog import Catalog

_SHORT = 300


class LookUpInput(BaseModel):
    """Which track."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(description="The catalog's id of the track.")


def look_up_tool(catalog: Catalog) -> BaseTool:
    """Return the tool over `Catalog.track`."""

    async def look_up(id: str) -> tuple[str, Track]:
        track = catalog.track(id)
        return json.dumps(_brief(track), ensure_ascii=False), track

    return Tool.from_function(
        coroutine=look_up,
        name="look_up",
        description="Read what the catalog knows of a track: title, artist, year, genres, moods, facts.",
        args_schema=LookUpInput,
        response_format="content_and_artifact",
    )


def _brief(track: Track) -> dict[str, Any]:
    known = {
        "id": track.id, "title": track.title, "artist": track.artist, "year": track.year, "album": track.album,
        "genres": track.genres[:4], "moods": track.moods[:3], "vocals": track.vocals, "language": track.language,
        "fact": track.facts[0][:_SHORT] if track.facts else None,
    }  # fmt: skip
    return {key: value for key, value in known.items() if value}
