"""What a stranger gets from the built wheel."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel_names(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    out = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = out.glob("segue-*.whl")
    return zipfile.ZipFile(wheel).namelist()


def test_the_wheel_installs_one_package_and_nothing_else(wheel_names: list[str]) -> None:
    assert {name.split("/")[0].removesuffix(".dist-info").split("-")[0] for name in wheel_names} == {"segue"}


def test_the_wheel_brings_the_default_catalog_and_its_provenance(wheel_names: list[str]) -> None:
    assert "segue/tools/catalog/default/tracks.parquet" in wheel_names
    assert "segue/tools/catalog/default/provenance.json" in wheel_names
    assert "segue/py.typed" in wheel_names


def test_the_wheel_brings_the_shipped_dialogues_and_the_pytest_plugin(wheel_names: list[str]) -> None:
    assert "segue/evals/suites/shipped/memory.suite.yaml" in wheel_names
    assert "segue/evals/pytest_plugin.py" in wheel_names


def test_the_wheel_brings_the_page_for_listeners(wheel_names: list[str]) -> None:
    assert {f"segue/agent/serve/page/{name}" for name in ("index.html", "app.js", "style.css")} <= set(wheel_names)


def test_every_layer_is_in_the_wheel(wheel_names: list[str]) -> None:
    for layer in ("agent", "tools", "generator", "memory", "evals"):
        assert f"segue/{layer}/__init__.py" in wheel_names
