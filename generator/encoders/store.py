"""Where fitted encoders rest: `encoders.json` for the settings, `encoders.safetensors` for the arrays. Never pickle.

Knows every encoder by its kind; checks shapes no further than the encoders themselves do. Whoever needs to be sure that
nothing was altered takes a checksum of the two files.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from safetensors.numpy import load_file, save_file

from segue.generator.encoders import artists, consumption, music, release, sound, text
from segue.generator.encoders.features import Encoder, State
from segue.generator.modality import MODALITIES, Modality
from segue.generator.sentences import TextEncoder

CONFIG: Final = "encoders.json"
TENSORS: Final = "encoders.safetensors"
_TEXTUAL: Final = (Modality.BM, Modality.ST, Modality.SF, Modality.AB)


def default_encoders(sentences: TextEncoder) -> dict[Modality, Encoder]:
    """Return the nine encoders, not yet fitted."""
    encoders: list[Encoder] = [
        artists.ArtistEncoder.unfitted(sentences),
        sound.SoundEncoder.unfitted(),
        music.MusicEncoder(),
        release.ReleaseEncoder(),
        consumption.ConsumptionEncoder.unfitted(),
        *(text.RenderedTextEncoder(modality, sentences) for modality in _TEXTUAL),
    ]
    return {encoder.modality: encoder for encoder in sorted(encoders, key=lambda e: MODALITIES.index(e.modality))}


def restore(state: State, sentences: TextEncoder) -> Encoder:
    """Return the encoder whose `state` this is; KeyError where its kind is not known."""
    match state.config["kind"]:
        case artists.KIND:
            return artists.ArtistEncoder.restore(state, sentences)
        case text.KIND:
            return text.RenderedTextEncoder.restore(state, sentences)
        case sound.KIND:
            return sound.SoundEncoder.restore(state)
        case music.KIND:
            return music.MusicEncoder.restore(state)
        case release.KIND:
            return release.ReleaseEncoder.restore(state)
        case consumption.KIND:
            return consumption.ConsumptionEncoder.restore(state)
        case kind:
            raise KeyError(f"no encoder of kind {kind!r}")


def save_encoders(encoders: Iterable[Encoder], folder: Path) -> None:
    """Write the fitted encoders into `folder`, which is created where it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    states = {str(encoder.modality): encoder.state() for encoder in encoders}
    configs = {modality: state.config for modality, state in states.items()}
    (folder / CONFIG).write_text(json.dumps(configs, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    tensors = {
        f"{modality}/{name}": array for modality, state in states.items() for name, array in state.tensors.items()
    }
    save_file(tensors, folder / TENSORS)


def load_encoders(folder: Path, sentences: TextEncoder) -> dict[Modality, Encoder]:
    """Return what `save_encoders` wrote."""
    configs = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    tensors = load_file(folder / TENSORS)
    encoders = {}
    for modality, config in configs.items():
        prefix = f"{modality}/"
        own = {name.removeprefix(prefix): array for name, array in tensors.items() if name.startswith(prefix)}
        encoders[Modality(modality)] = restore(State(config, own), sentences)
    return encoders
