"""What a suite says of the catalog, looked up before anything runs.

An expectation that nothing in the catalog could break is a typing error and not a test; a truth that is not there can
never be found. Both are told with their line.
"""

from collections.abc import Iterable, Mapping, Sequence

from segue.evals.suites.errors import Problem, SuiteError
from segue.evals.suites.facts import Trait, has, spelt, traits
from segue.evals.suites.loader import Dialogue, Step
from segue.generator.names import artist_key, fold, split_title
from segue.generator.track import Track

Tracks = Mapping[str, Track]
"""Tracks by id."""


def verify(dialogues: Iterable[Dialogue], tracks: Tracks) -> None:
    """Raise SuiteError where an expectation could not fail, or could only fail, over these tracks."""
    known: dict[Trait, bool] = {}

    def exists(trait: Trait) -> bool:
        if trait not in known:
            known[trait] = any(has(track, trait) for track in tracks.values())
        return known[trait]

    problems: list[Problem] = []
    for dialogue in dialogues:
        for step in dialogue.steps:
            for name in ("contains", "only", "mostly", "excludes"):
                wanted = getattr(step.expect, name)
                for trait in traits(wanted) if wanted else ():
                    if not exists(trait):
                        text = f"{dialogue.name}: {name}: no track of this catalog has {spelt(trait)}"
                        problems.append(Problem(dialogue.path, step.lines[name], text))
            problems += _unknown_truths(dialogue, step, tracks)
    if problems:
        raise SuiteError(list(dict.fromkeys(problems)))


def truths(names: Sequence[str], tracks: Tracks) -> dict[str, list[str]]:
    """Return for each "Title - Artist", or id, the ids of the tracks that it names; several where versions exist."""
    found: dict[str, list[str]] = {}
    for name in names:
        if name in tracks:
            found[name] = [name]
            continue
        title, _, artist = name.rpartition(" - ")
        found[name] = [
            track.id
            for track in tracks.values()
            if fold(title) in (fold(track.title), fold(split_title(track.title).base))
            and artist_key(artist) in {artist_key(billed.name) for billed in track.artists}
        ]
    return found


def _unknown_truths(dialogue: Dialogue, step: Step, tracks: Tracks) -> list[Problem]:
    if step.expect.rank is None:
        return []
    return [
        Problem(dialogue.path, step.lines["rank"], f"{dialogue.name}: rank: no track of this catalog is {name!r}")
        for name, ids in truths(step.expect.rank.tracks, tracks).items()
        if not ids
    ]
