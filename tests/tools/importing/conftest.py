"""Imports into a catalog that needs no model."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from segue.generator.sentences import HashingEncoder
from segue.generator.track import Track
from segue.tools.catalog.catalog import Catalog
from segue.tools.importing.library import ImportOptions, import_sources
from segue.tools.importing.summary import ImportSummary

Write = Callable[..., Path]


class Home:
    """A catalog folder beside the files to import."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / "catalog"

    def lines(self, name: str, rows: list[dict[str, Any]]) -> Path:
        """Write a JSON Lines file."""
        return self.text(name, "".join(json.dumps(row) + "\n" for row in rows))

    def text(self, name: str, text: str) -> Path:
        path = self.root / name
        path.write_text(text, encoding="utf-8")
        return path

    def load(self, *sources: Path, **options: Any) -> ImportSummary:
        summary = import_sources(self.folder, sources, ImportOptions(**options), encoder=HashingEncoder())
        for source in summary.sources:
            assert source.rows == source.accepted + source.merged + source.rejected
        return summary

    def tracks(self) -> list[Track]:
        with Catalog.open(self.folder) as catalog:
            return list(catalog)

    def rejected(self) -> list[dict[str, Any]]:
        path = self.folder / "rejected.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)
