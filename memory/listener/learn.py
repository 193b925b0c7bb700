"""One call from a catalog to the weights that ship: people, the autoencoder, the soft token.

Knows which part does what, and none of them from within.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from segue.generator.compact import CompactNetwork
from segue.generator.layout import Codes
from segue.generator.track import Track
from segue.generator.training_data.human import HumanDialogue
from segue.generator.training_data.index import TrackIndex
from segue.memory.listener.autoencoder import ListenerAutoencoder
from segue.memory.listener.model import ListenerModel
from segue.memory.listener.people import Person, playlist_people, rated_people, simulated_people
from segue.memory.listener.token_training import TokenSettings, train_token
from segue.memory.listener.training import ListenerSettings, train_listeners

Report = Callable[[str, int, int, float], None]
"""Called with what is being learnt, steps done, their number, and the loss."""


class HeldOut:
    """The playlists that are only measured on: one in five, by the SHA-256 of their ids."""

    def __contains__(self, playlist: object) -> bool:
        return isinstance(playlist, str) and int.from_bytes(sha256(playlist.encode()).digest()) % 5 == 0


@dataclass(frozen=True)
class Plan:
    """How much is learnt."""

    simulated: int = 20_000
    listeners: ListenerSettings = field(default_factory=ListenerSettings)
    token: TokenSettings = field(default_factory=TokenSettings)


def groups_of(index: TrackIndex, dialogues: Iterable[HumanDialogue], plan: Plan) -> list[list[Person]]:
    """Return the people to learn from: of playlists, of rated tracks, and simulated ones."""
    return [
        playlist_people(index),
        rated_people(dialogues, index),
        list(simulated_people(index, plan.simulated, seed=plan.listeners.seed)),
    ]


def learn(
    tracks: Sequence[Track],
    codes: Codes,
    network: CompactNetwork,
    fingerprint: str,
    generator: str,
    *,
    dialogues: Iterable[HumanDialogue] = (),
    plan: Plan | None = None,
    report: Report | None = None,
) -> tuple[ListenerModel, dict[str, Any]]:
    """Return a model of listeners for the generator `network`, which stays as it is, and what it was made of.

    Args:
        tracks: a catalog's, with the playlists that they stand in; those held out are not looked at.
        codes: their semantic IDs, uint8 [tracks, 27], by the tokenizer with this `fingerprint`.
        network: the generator whose tokens are to be spoken.
        fingerprint: of the tokenizer.
        generator: SHA-256 of the weights of `network` (`weight_files.weights_hash`).
        dialogues: conversations in which tracks were rated; none that is held out may be among them.
        plan: how much is learnt.
        report: told how far it is.

    Raises:
        ValueError: there is nobody to learn from.
    """
    plan = plan or Plan()
    index = TrackIndex(tracks, without=HeldOut())
    groups = groups_of(index, dialogues, plan)
    autoencoder = ListenerAutoencoder(network.layout)
    places = autoencoder.places(codes)

    def told(what: str) -> Callable[[int, int, float], None] | None:
        return None if report is None else lambda done, total, loss: report(what, done, total, loss)

    train_listeners(autoencoder, places, groups, plan.listeners, told("listeners"))
    token = train_token(autoencoder, network, index, codes, groups, plan.token, report=told("soft token"))
    about = {
        "tracks": len(tracks),
        "playlists": len(groups[0]),
        "rated": len(groups[1]),
        "simulated": len(groups[2]),
        "steps": plan.listeners.steps,
        "token_examples": plan.token.examples,
        "token_norm": [float(token.initial), float(token.norm)],
        "seed": plan.listeners.seed,
    }
    return ListenerModel(autoencoder, token, tokenizer=fingerprint, version="", generator=generator), about
