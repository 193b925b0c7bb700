"""Loading the agent for the command line: the catalog that the settings name, and where it keeps things."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from segue.agent.commands.progress import stages
from segue.agent.settings import Settings

if TYPE_CHECKING:
    from segue.agent.music_agent import MusicAgent
    from segue.tools.catalog.catalog import Catalog
    from segue.tools.ranking.stock import Distributes

Default = Literal["default"]


def catalog_folder(given: Path | None, settings: Settings) -> Path:
    """Return the folder of the catalog: the one given, the one that is set, or the one that comes with Segue."""
    if given is not None:
        return given
    if "catalog" in settings.model_fields_set:
        return settings.catalog
    from segue.tools.catalog.default import default_catalog

    with stages() as progress:
        return default_catalog(progress, cache=settings.cache / "catalogs")


def chosen_generator(catalog: "Catalog", settings: Settings, *, generator: bool) -> "Distributes | Default | None":
    """Return the generator that the settings name; the usual one is in process.

    Where it is a server's, nothing is connected yet: a server that comes later is found then.
    """
    if not generator or settings.generator_url is None:
        return "default" if generator else None
    from segue.generator.shipped import vllm_generator
    from segue.tools.catalog.semantic_ids import open_codes

    key = settings.generator_key
    return vllm_generator(
        settings.generator_url,
        tokenizer=open_codes(catalog).fingerprint,
        timeout=settings.generator_timeout,
        key=None if key is None else key.get_secret_value(),
        checkpoint=settings.generator_checkpoint,
    )


async def load_agent(catalog: Path | None, data: Path | None, *, generator: bool, count: int = 5) -> "MusicAgent":
    """Return an agent as the settings want it, whose catalog the caller closes; on an error nothing is held."""
    from segue.agent.music_agent import MusicAgent
    from segue.tools.catalog.catalog import Catalog

    settings = Settings.load()
    opened = Catalog.open(catalog_folder(catalog, settings))
    try:
        return MusicAgent(
            catalog=opened,
            generator=chosen_generator(opened, settings, generator=generator),
            count=count,
            **settings.kept(data),
        )
    except BaseException:
        # Writers leave a version that somebody holds where it is.
        opened.close()
        raise
