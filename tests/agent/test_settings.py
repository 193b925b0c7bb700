"""Settings come from the environment, and a misspelt one is an error."""

from pathlib import Path

import pytest

from segue.agent.settings import Settings
from segue.generator.errors import SettingsError


def test_the_catalog_folder_may_be_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("SEGUE_CATALOG", raising=False)
    assert Settings.load().catalog.parts[-2:] == ("catalogs", "mine")
    monkeypatch.setenv("SEGUE_CATALOG", str(tmp_path))
    assert Settings.load().catalog == tmp_path


def test_an_unknown_setting_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGUE_CATALOGUE", "x")
    with pytest.raises(SettingsError, match="unknown setting SEGUE_CATALOGUE; there are "):
        Settings.load()


@pytest.mark.parametrize(("name", "value"), [("URL", "localhost:8000"), ("TIMEOUT", "7"), ("TIMEOUT", "0")])
def test_a_server_that_cannot_be_asked_in_time_is_an_error(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv("SEGUE_GENERATOR_URL", "http://127.0.0.1:8000")
    assert Settings.load().generator_url == "http://127.0.0.1:8000"
    monkeypatch.setenv(f"SEGUE_GENERATOR_{name}", value)
    with pytest.raises(SettingsError, match=f"SEGUE_GENERATOR_{name} cannot be read"):
        Settings.load()
