"""What the environment may set: one frozen object, built once at the edge and passed in.

Every variable begins with SEGUE_; one that nobody knows is an error, for a misspelt setting that is silently ignored
costs an afternoon. Knows paths, and opens none of them.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Self, TypedDict

from platformdirs import user_cache_path, user_data_path
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from segue.generator.errors import SettingsError

PREFIX: Final = "SEGUE_"


def default_catalog_folder() -> Path:
    """Return where a person's own catalog stands unless they say otherwise."""
    return user_data_path("segue", appauthor=False) / "catalogs" / "mine"


class Kept(TypedDict):
    """Where conversations and taste are kept, as arguments of `MusicAgent` and of `segue.agent.storage`."""

    data: Path
    database: str | None


class Settings(BaseSettings):
    """Settings of the command line and the servers."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    catalog: Path = Field(default_factory=default_catalog_folder)
    """Folder of the catalog that commands work on (SEGUE_CATALOG)."""
    data: Path = Field(default_factory=lambda: user_data_path("segue", appauthor=False))
    """Folder of conversations and taste (SEGUE_DATA)."""
    database: SecretStr | None = None
    """Address of a Postgres database that keeps them instead: postgresql://user:password@host:5432/name; needs the
    extra `postgres` (SEGUE_DATABASE)."""
    cache: Path = Field(default_factory=lambda: user_cache_path("segue"))
    """Folder of what can be made again: the default catalog, converted models (SEGUE_CACHE)."""
    generator_url: str | None = Field(None, pattern="^https?://.+")
    """Address of a vLLM server that serves the exported generator; by default it runs in process
    (SEGUE_GENERATOR_URL)."""
    generator_timeout: float = Field(3.0, gt=0, lt=5)
    """Seconds that the server has for an answer; then search alone ranks, within the 5 seconds that a turn has for both
    (SEGUE_GENERATOR_TIMEOUT)."""
    generator_checkpoint: Path | None = None
    """The exported checkpoint that the server holds: with it, listeners' soft tokens are sent as well
    (SEGUE_GENERATOR_CHECKPOINT)."""
    generator_key: SecretStr | None = None
    """The server's API key, where it wants one (SEGUE_GENERATOR_KEY)."""

    def kept(self, data: Path | None) -> Kept:
        """Return where to keep conversations and taste: in the folder `data`, or else where the settings say."""
        if data is not None or self.database is None:
            return {"data": data or self.data, "database": None}
        return {"data": self.data, "database": self.database.get_secret_value()}

    @classmethod
    def load(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Return the settings of this process's environment.

        Args:
            environment: checked for unknown names; by default that of the process.

        Raises:
            SettingsError: a SEGUE_ variable is unknown or cannot be read.
        """
        names = {f"{PREFIX}{name.upper()}" for name in cls.model_fields}
        unknown = sorted(name for name in environment or os.environ if name.startswith(PREFIX) and name not in names)
        if unknown:
            raise SettingsError(f"unknown setting {', '.join(unknown)}; there are {', '.join(sorted(names))}")
        try:
            return cls()
        except ValidationError as error:
            first = error.errors()[0]
            name = PREFIX + "_".join(map(str, first["loc"])).upper()
            raise SettingsError(f"{name} cannot be read: {first['msg']}") from error
