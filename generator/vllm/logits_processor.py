"""The position mask as a logits processor of vLLM's first model runner (`vllm.v1.sample.logits_processor`).

Loaded by name into the server, which needs `src` on its PYTHONPATH and nothing of Segue's other requirements:

    VLLM_USE_V2_MODEL_RUNNER=0 python -m vllm.entrypoints.openai.api_server --model CHECKPOINT \\
        --logits-processors segue.generator.vllm.logits_processor:PositionMaskProcessor

The checkpoint is one that `segue generator export` wrote; `--additional-config '{"segue_codes": "FILE"}'` names the
code table of a catalog. vLLM calls the class once per batch; what is kept of each request is a `PositionMask`. An error
here would end the engine and everybody's requests: one that cannot be fulfilled gets the end token at once instead.
"""

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import torch
from vllm.v1.sample.logits_processor import LogitsProcessor, MoveDirectionality

from segue.generator.codec import Codec
from segue.generator.continuations import Continuations
from segue.generator.vllm.checkpoint import Checkpoint
from segue.generator.vllm.position_mask import MaskRequest, PositionMask

if TYPE_CHECKING:
    from vllm import SamplingParams
    from vllm.config import VllmConfig
    from vllm.v1.sample.logits_processor import BatchUpdate

CODES_SETTING: Final = "segue_codes"
_log = logging.getLogger(__name__)


class PositionMaskProcessor(LogitsProcessor):  # type: ignore[misc] # vLLM is in an environment of its own
    """Masks the rows of requests that ask for it. Raises WeightsCorrupt for a checkpoint without its record."""

    def __init__(self, vllm_config: "VllmConfig", device: torch.device, is_pin_memory: bool) -> None:
        record = Checkpoint.read(Path(vllm_config.model_config.model))
        self._codec: Codec = record.codec
        self._catalog = _catalog(vllm_config.additional_config, record)
        self._masks: dict[int, tuple[PositionMask | None, list[int]]] = {}
        """By row of the batch: the mask (None where nothing may come), and the running list of the request's tokens."""

    @classmethod
    def validate_params(cls, sampling_params: "SamplingParams") -> None:
        """Refuse what cannot be read, before the request reaches the engine; the client then gets 400."""
        MaskRequest.read(sampling_params.extra_args)

    def is_argmax_invariant(self) -> bool:
        """Say that greedy decoding must be masked too."""
        return False

    def update_state(self, batch_update: "BatchUpdate | None") -> None:
        """Follow requests that come, go and change their rows."""
        if batch_update is None:
            return
        for row in batch_update.removed:
            self._masks.pop(row, None)
        for row, parameters, _, written in batch_update.added:
            self._masks.pop(row, None)
            if (request := MaskRequest.read(parameters.extra_args)) is not None:
                self._masks[row] = (self._mask(request), written)
        for one, two, direction in batch_update.moved:
            first, second = self._masks.pop(one, None), self._masks.pop(two, None)
            if first is not None:
                self._masks[two] = first
            if second is not None and direction == MoveDirectionality.SWAP:
                self._masks[one] = second

    def apply(self, logits: torch.Tensor) -> torch.Tensor:
        """Set the logits [rows, vocabulary] of all tokens that may not come to minus infinity."""
        for row, (mask, written) in self._masks.items():
            if mask is None:
                allowed = torch.tensor([self._codec.end], device=logits.device)
            else:
                mask.follow(written)
                allowed = torch.from_numpy(mask.allowed(len(written))).to(logits.device)
            kept = logits[row, allowed]
            logits[row] = -torch.inf
            logits[row, allowed] = kept
        return logits

    def _mask(self, request: MaskRequest) -> PositionMask | None:
        try:
            return PositionMask(self._codec, request, self._catalog)
        except ValueError as error:
            _log.warning("a request gets no semantic ID: %s", error)
            return None


def _catalog(settings: Any, record: Checkpoint) -> Continuations | None:
    """Return the IDs of the code table that the server was started with. Raises what `CodeTable.open` raises."""
    path = settings.get(CODES_SETTING) if isinstance(settings, dict) else None
    if path is None:
        return None
    # Only a code table needs xxhash, which vLLM's own images do not have.
    from segue.generator.codes import CodeTable

    table = CodeTable.open(Path(path), fingerprint=record.tokenizer)
    return Continuations(table.layout, allowed=table.columns[:, : len(table)].T)
