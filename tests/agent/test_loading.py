import asyncio
import shutil
from pathlib import Path

import pytest

from segue.agent.commands.loading import load_agent
from segue.tools.catalog.catalog import Catalog
from segue.tools.catalog.locks import sole_owner
from segue.tools.catalog.versions import current_version


def test_an_agent_that_cannot_be_made_holds_no_catalog(catalog: Catalog, tmp_path: Path) -> None:
    folder, data = tmp_path / "catalog", tmp_path / "data"
    shutil.copytree(catalog.root, folder)
    data.write_text("where a folder should be")
    # The error is kept, and with it all that the frames it came through know: nothing is closed by chance.
    with pytest.raises(FileExistsError) as failed:
        asyncio.run(load_agent(folder, data, generator=False))
    with sole_owner(current_version(folder)) as free:
        assert free
    del failed
