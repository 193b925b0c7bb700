"""The tokenizer: tracks to semantic IDs, and semantic IDs back to the vectors that they stand for.

Joins one encoder and one quantizer per modality with the layout of the ID. Once trained it is frozen: a track's codes
depend on that track alone, so adding tracks never changes an ID. Knows neither catalogs nor code tables; where it is
kept is the business of `tokenizer_files`.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Self

import numpy as np

from segue.generator import tokenizer_files
from segue.generator.encoders.features import Encoder, Features
from segue.generator.errors import TokenizerCorrupt, TokenizerMismatch, UserError
from segue.generator.layout import DEFAULT_CODEWORDS, UNKNOWN, CodeLayout, Codes, position
from segue.generator.modality import LEVELS, MODALITIES, POSITIONS, Modality
from segue.generator.quantizers.protocol import Quantizer, Step
from segue.generator.quantizers.random_ids import RandomIds
from segue.generator.quantizers.registry import quantizer_class
from segue.generator.sentences import SentenceEncoder, TextEncoder
from segue.generator.tokenizer_files import SHIPPED
from segue.generator.track import Track

DEFAULT_QUANTIZER: Final = "residual-kmeans"
_CHUNK: Final = 100_000
"""Tracks encoded at a time: one textual modality of so many tracks takes 150 MB. Texts are shared within a chunk."""

_NUMERIC: Final = frozenset({Modality.SC, Modality.MC, Modality.RI})

TrainingProgress = Callable[[Modality, Step], None]
"""Called with the modality at work and how far it has come."""
EncodingProgress = Callable[[int], None]
"""Called with the number of tracks finished since the last call."""


class Tokenizer:
    """Encoders, quantizers and a layout that belong together.

    A modality without a quantizer (nothing was known of it in training) is unknown for every track. Raises ValueError
    where a quantizer makes codes that the layout has no room for.
    """

    def __init__(
        self, encoders: Mapping[Modality, Encoder], quantizers: Mapping[Modality, Quantizer], layout: CodeLayout
    ) -> None:
        for modality, quantizer in quantizers.items():
            room = layout.codewords[MODALITIES.index(modality)]
            if len(quantizer.sizes) != LEVELS or any(n > most for n, most in zip(quantizer.sizes, room, strict=True)):
                raise ValueError(f"{modality}: codebooks of {quantizer.sizes} codes do not fit the layout's {room}")
            if modality not in encoders:
                raise ValueError(f"{modality} has a quantizer but no encoder")
        self.encoders = dict(encoders)
        self.quantizers = dict(quantizers)
        self.layout = layout

    @classmethod
    def train(
        cls,
        tracks: Sequence[Track],
        encoders: Mapping[Modality, Encoder],
        *,
        quantizer: str = DEFAULT_QUANTIZER,
        sizes: tuple[int, int, int] = DEFAULT_CODEWORDS,
        settings: Mapping[str, Any] | None = None,
        spread: Sequence[Track] = (),
        seed: int = 0,
        progress: TrainingProgress | None = None,
    ) -> Self:
        """Fit the encoders to `tracks`, then one quantizer of the kind `quantizer` per modality.

        `settings` are passed to the quantizer's constructor. Sound, tempo and date also see the tracks in `spread`.
        Raises UserError for a quantizer that makes no semantic IDs (flat k-means and VQ-VAE have one level) and for
        tracks of which no modality is known.
        """
        features = {}
        for modality, encoder in encoders.items():
            seen = [*tracks, *spread] if modality in _NUMERIC else tracks
            encoder.fit(seen)
            features[modality] = encoder.encode(seen)
        return cls.fit(
            features, encoders, quantizer=quantizer, sizes=sizes, settings=settings, seed=seed, progress=progress
        )

    @classmethod
    def fit(
        cls,
        features: Mapping[Modality, Features],
        encoders: Mapping[Modality, Encoder],
        *,
        quantizer: str = DEFAULT_QUANTIZER,
        sizes: tuple[int, int, int] = DEFAULT_CODEWORDS,
        settings: Mapping[str, Any] | None = None,
        seed: int = 0,
        progress: TrainingProgress | None = None,
    ) -> Self:
        """Fit the quantizers to features that the (already fitted) encoders made; otherwise as `train`."""
        kind = quantizer_class(quantizer)
        try:
            layout = CodeLayout((sizes,) * len(MODALITIES))
        except ValueError as error:
            raise UserError(str(error)) from error
        quantizers: dict[Modality, Quantizer] = {}
        for modality in MODALITIES:
            if modality not in features or not features[modality].known.any():
                continue
            fresh = _fresh(kind, sizes, settings or {})
            report = None if progress is None else _report_as(modality, progress)
            known = features[modality].vectors[features[modality].known]
            quantizers[modality] = fresh.fit(known, seed=seed + MODALITIES.index(modality), progress=report)
        if not quantizers:
            raise UserError("no modality of any track is known: there is nothing to train on")
        return cls(encoders, quantizers, layout)

    @cached_property
    def fingerprint(self) -> str:
        """32 hex digits that change with any setting or weight; code tables carry it."""
        return tokenizer_files.fingerprint(self._parts)

    def save(self, folder: Path) -> None:
        """Write safetensors and JSON into `folder`; see `tokenizer_files`."""
        tokenizer_files.write_tokenizer(self._parts, folder)

    @classmethod
    def load(
        cls, folder: Path = SHIPPED, *, fingerprint: str | None = None, sentences: TextEncoder | None = None
    ) -> Self:
        """Return what `save` wrote, by default the shipped tokenizer. `sentences` encodes the texts (the bundled one).

        Raises TokenizerCorrupt for missing, truncated, altered or foreign files, TokenizerMismatch where `fingerprint`
        is given and the tokenizer has another.
        """
        parts, found = tokenizer_files.read_tokenizer(folder, sentences or SentenceEncoder())
        if fingerprint is not None and found != fingerprint:
            raise TokenizerMismatch(f"{folder} holds the tokenizer {found!r}, and {fingerprint!r} is needed")
        try:
            tokenizer = cls(*parts)
        except ValueError as error:
            raise TokenizerCorrupt(f"{folder}: {error}") from error
        tokenizer.fingerprint = found
        return tokenizer

    def rounded(self) -> Self:
        """Return the tokenizer with half-precision weights: half the size, another fingerprint."""
        halved = {modality: tokenizer_files.rounded(one) for modality, one in self.quantizers.items()}
        return type(self)(self.encoders, halved, self.layout)

    @property
    def _parts(self) -> tokenizer_files.Parts:
        return tokenizer_files.Parts(self.encoders, self.quantizers, self.layout)

    def encode(self, tracks: Sequence[Track], progress: EncodingProgress | None = None) -> Codes:
        """Return semantic IDs without tie-break, uint8 of shape (len(tracks), 27)."""
        codes = np.zeros((len(tracks), POSITIONS), dtype=np.uint8)
        for start in range(0, len(tracks), _CHUNK):
            part = tracks[start : start + _CHUNK]
            done = 0
            for number, modality in enumerate(self.quantizers, start=1):
                features = self.encoders[modality].encode(part)
                place = position(modality, 1)
                codes[start : start + len(part), place : place + LEVELS] = self._quantize(modality, features, part)
                if progress:
                    # A modality counts as its share of the tracks, so that the sum comes out even.
                    now = len(part) * number // len(self.quantizers)
                    progress(now - done)
                    done = now
        return codes

    def encode_features(self, features: Mapping[Modality, Features]) -> Codes:
        """Return the codes, uint8 of shape (n, 27), of vectors that this tokenizer's encoders made.

        Raises ValueError where the modalities speak of different numbers of tracks.
        """
        counts = {len(one) for one in features.values()}
        if len(counts) != 1:
            raise ValueError(f"features of {sorted(counts)} tracks do not belong together")
        codes = np.zeros((counts.pop(), POSITIONS), dtype=np.uint8)
        for modality in self.quantizers:
            if modality in features:
                place = position(modality, 1)
                codes[:, place : place + LEVELS] = self._quantize(modality, features[modality], None)
        return codes

    def _quantize(self, modality: Modality, features: Features, tracks: Sequence[Track] | None) -> Codes:
        """Return the codes of one modality, uint8 (n, 3): (0, 0, 0) where it is unknown, level 1 from 1 on."""
        quantizer = self.quantizers[modality]
        codes = np.zeros((len(features), LEVELS), dtype=np.uint8)
        rows = np.flatnonzero(features.known)
        if isinstance(quantizer, RandomIds) and tracks is not None:
            found = quantizer.encode_keys([f"{modality} {tracks[row].id}" for row in rows])
        else:
            found = quantizer.encode(features.vectors[rows])
        codes[rows] = found
        codes[rows, 0] += UNKNOWN + 1
        return codes

    def reconstruct(self, codes: Codes, modality: Modality, *, levels: int = LEVELS) -> Features:
        """Return the vectors that the codes (n, 27) stand for in one modality, read `levels` deep.

        Tracks whose code is "unknown" have none. Raises KeyError for a modality that was not trained.
        """
        place = position(modality, 1)
        own = codes[:, place : place + LEVELS].astype(np.uint16)
        known = own[:, 0] != UNKNOWN
        own[:, 0] -= UNKNOWN + 1
        return Features.scatter(known, self.quantizers[modality].decode(own[known][:, :levels]))


def _fresh(kind: type[Quantizer], sizes: tuple[int, int, int], settings: Mapping[str, Any]) -> Quantizer:
    try:
        return kind(sizes, **settings)  # type: ignore[call-arg]  # a protocol does not fix the constructor
    except (TypeError, ValueError) as error:
        raise UserError(f"{kind.kind} cannot make semantic IDs of {sizes} codes per level: {error}") from error


def _report_as(modality: Modality, progress: TrainingProgress) -> Callable[[Step], None]:
    return lambda step: progress(modality, step)
