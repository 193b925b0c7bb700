"""Loading the agent for the command line: the catalog that the settings name, and where it keeps things."""

from pathlib import Path
from typing import TYPE_CHECKING

from segue.agent.commands.progress import stages
from segue.agent.settings import Settings

if TYPE_CHECKING:
    from segue.agent.music_agent import MusicAgent


def catalog_folder(given: Path | None, settings: Settings) -> Path:
    """Return the folder of the catalog: the one given, the one that is set, or the one that comes with Segue."""
    if given is not None:
        return given
    if "catalog" in settings.model_fields_set:
        return settings.catalog
    from segue.tools.catalog.default import default_catalog

    with stages() as progress:
        return default_catalog(progress, cache=settings.cache / "catalogs")


async def load_agent(catalog: Path | None, data: Path | None, *, generator: bool, count: int = 5) -> "MusicAgent":
    """Return an agent as the settings want it."""
    from segue.agent.music_agent import MusicAgent
    from segue.tools.catalog.catalog import Catalog

    settings = Settings.load()
    opened = Catalog.open(catalog_folder(catalog, settings))
    return MusicAgent(
        catalog=opened,
        generator="default" if generator else None,
        data=data or settings.data,
        count=count,
    )
