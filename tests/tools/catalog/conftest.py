"""A small music library for the tests of the catalog, and ways to look at a catalog folder."""

from pathlib import Path

import pytest

from segue.generator.sentences import HashingEncoder
from segue.generator.track import Track
from segue.tools.catalog.manifest import checksum
from segue.tools.catalog.update import UpdateSummary, update_catalog


class Library:
    encoder = HashingEncoder()

    def song(self, number: int, **fields: object) -> Track:
        """Return a track whose title is found nowhere else."""
        return Track.model_validate(
            {
                "id": f"id-{number:05d}",
                "title": f"Unmistakable{number:05d}",
                "artists": [f"Band {number % 7}"],
                "genres": ["rock" if number % 2 else "jazz"],
                **fields,
            }
        )

    def songs(self, stop: int, start: int = 0) -> list[Track]:
        return [self.song(number) for number in range(start, stop)]

    def write(self, folder: Path, tracks: list[Track], remove: tuple[str, ...] = ()) -> UpdateSummary:
        return update_catalog(folder, tracks, remove, encoder=self.encoder)

    def tree(self, folder: Path) -> dict[str, str]:
        """Return the checksum of every file below `folder`, by relative path."""
        return {path.relative_to(folder).as_posix(): checksum(path) for path in folder.rglob("*") if path.is_file()}

    def files_with(self, folder: Path, needle: str) -> list[str]:
        """Return the files below `folder` that contain `needle` in UTF-8 or UTF-16."""
        needles = [needle.encode(), needle.encode("utf-16-le")]
        return [
            path.relative_to(folder).as_posix()
            for path in folder.rglob("*")
            if path.is_file() and any(n in path.read_bytes() for n in needles)
        ]


@pytest.fixture(scope="session")
def library() -> Library:
    return Library()
