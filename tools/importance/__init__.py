"""Modality importance: how much each of the nine modalities matters to a message, from 0 to 10.

3MToken selects modalities per request by a BERT with a regression head (section 2.3). `score.py` answers, `network.py`
is the model, `training.py` makes the weights that ship in `tools/weights/importance`, `messages.py` reads labels.

Only the weights are at hand here: whoever reads an answer need not wait for the library that computes one.
"""

from segue.tools.importance.weights import ModalityWeights

__all__ = ["ModalityWeights"]
