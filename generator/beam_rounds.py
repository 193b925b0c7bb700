"""From a request to its answer by beams, whatever computes the tables: in process, or a server.

More IDs than beams come in further rounds, those found before ruled out. Knows requests and steps; no model.
"""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from segue.generator.beam_search import Beam, Floats, Steps, search
from segue.generator.continuations import Continuations
from segue.generator.deadline import Deadline
from segue.generator.distribution import CodeDistribution, ModalityDistribution
from segue.generator.errors import SemanticIdError
from segue.generator.interface import Generation, GenerationRequest
from segue.generator.layout import CodeLayout, Codes
from segue.generator.modality import LEVELS, POSITIONS

MOST_BEAMS: Final = 16
"""Beams at once; where more IDs are wanted, further rounds find them, those found before ruled out."""
_LIMITED_BEAMS: Final = 4
"""Beams at the least where only certain IDs may come out."""


def answer(
    start: Callable[[], Steps], layout: CodeLayout, request: GenerationRequest, deadline: Deadline
) -> Generation:
    """Return what comes of a request; `start` begins anew behind its prompt.

    Raises SemanticIdError for codes of another layout, GenerationTimeout, and what the steps raise.
    """
    continuations = Continuations(layout, *narrowed(layout, request))
    random = None if request.seed is None else np.random.default_rng(request.seed)
    least = _LIMITED_BEAMS if continuations.limited and random is None else 1
    found: list[Beam] = []
    guide: list[Floats] = []
    while True:
        missing = request.n - len(found)
        width = min(MOST_BEAMS, max(missing, least))
        beams, tables = search(start(), continuations, width, deadline, random=random, guided=not guide)
        guide = guide or tables
        found += beams[:missing]
        if len(found) == request.n or not beams:
            break
        continuations = continuations.without(np.array([beam.codes for beam in beams[:missing]], dtype=np.uint8))
    if random is None:
        found.sort(key=lambda beam: -beam.score)
    ids = np.array([beam.codes for beam in found], dtype=np.uint8).reshape(-1, POSITIONS)
    return Generation(distribution_of(layout, guide), ids)


def narrowed(layout: CodeLayout, request: GenerationRequest) -> tuple[Codes | None, Codes | None]:
    """Return the IDs that a request allows and bans. Raises SemanticIdError for codes of another layout."""
    allowed, banned = (None if c is None else checked(layout, c) for c in (request.allowed, request.banned))
    return allowed, banned


def checked(layout: CodeLayout, codes: Codes) -> Codes:
    """Return codes [..., 27] that the layout has. Raises SemanticIdError."""
    try:
        return layout.check(np.asarray(codes))
    except ValueError as error:
        raise SemanticIdError(str(error)) from error


def distribution_of(layout: CodeLayout, tables: Sequence[Floats]) -> CodeDistribution:
    """Return the distribution of 27 tables of log-probabilities, one a position."""
    triples = [tables[start : start + LEVELS] for start in range(0, POSITIONS, LEVELS)]
    return CodeDistribution(layout, tuple(ModalityDistribution.independent(*triple) for triple in triples))
