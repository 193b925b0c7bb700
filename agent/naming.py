"""What a name that is typed after an order stands for: something remembered, something of the catalog, or a genre."""

from segue.agent.learning import spelt
from segue.generator.names import artist_key, fold
from segue.memory.events import Subject
from segue.memory.taste import Taste
from segue.tools.search.filters import FilterColumns

_FIELDS = (("genres", "genre"), ("moods", "mood"), ("languages", "language"))


def subject_named(name: str, columns: FilterColumns, taste: Taste | None = None) -> Subject:
    """Return the subject that `name` stands for.

    What is remembered comes first ("forget jazz" means the jazz that is known of), then artists, genres, moods and
    languages of the catalog; any other name is a genre, which covers themes and tags of that name too.
    """
    known = remembered_subject(name, taste) if taste is not None else None
    if known is not None:
        return known
    if artist_key(name) in columns.vocabulary("artists"):
        return Subject(kind="artist", value=name)
    bare = spelt(name).value
    for field, kind in _FIELDS:
        if fold(bare) in columns.vocabulary(field):
            return Subject.model_validate({"kind": kind, "value": bare})
    return spelt(name)


def remembered_subject(name: str, taste: Taste) -> Subject | None:
    """Return the subject of that name that is remembered, if there is one."""
    known = [(each.subject, each.name) for each in taste.leanings] + [(ban.subject, ban.name) for ban in taste.bans]
    for subject, shown in known:
        if fold(name) in (fold(shown), subject.folded):
            return subject
    return None
