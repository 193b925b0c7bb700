"""Checkpoints of a training: parameters, the optimizer's moments and the step, as safetensors and JSON, never pickle.

Written aside and moved into place, so that a killed training resumes from the last whole checkpoint. A checkpoint names
the settings that it belongs to; resuming under others is refused. Knows modules and optimizers.
"""

import json
from pathlib import Path
from typing import Any, Final

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from segue.generator.errors import WeightsCorrupt

_NAME: Final = "checkpoint.safetensors"
_MOMENTS: Final = ("exp_avg", "exp_avg_sq", "step")


def save_checkpoint(
    folder: Path, module: nn.Module, optimizer: torch.optim.Optimizer, step: int, settings: dict[str, Any]
) -> None:
    """Write what is trained in `module` and the optimizer's state after `step` steps."""
    tensors: dict[str, Tensor] = {}
    for name, parameter in _trained(module).items():
        tensors[f"parameter/{name}"] = parameter.detach().contiguous()
        for moment, value in optimizer.state.get(parameter, {}).items():
            tensors[f"{moment}/{name}"] = value.contiguous()
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f".{_NAME}"
    save_file(tensors, draft, {"step": str(step), "settings": json.dumps(settings, sort_keys=True)})
    draft.replace(folder / _NAME)


def load_checkpoint(folder: Path, module: nn.Module, optimizer: torch.optim.Optimizer, settings: dict[str, Any]) -> int:
    """Put a checkpoint back and return the steps done; 0 where `folder` holds none.

    Raises WeightsCorrupt for a file that cannot be read or was written under other settings.
    """
    path = folder / _NAME
    if not path.is_file():
        return 0
    try:
        with safe_open(path, "pt") as file:
            metadata = file.metadata()
            if json.loads(metadata["settings"]) != json.loads(json.dumps(settings)):
                raise WeightsCorrupt(
                    f"{path} belongs to a training with other settings or examples; delete it or use its own"
                )
            trained = _trained(module)
            with torch.no_grad():
                for name, parameter in trained.items():
                    parameter.copy_(file.get_tensor(f"parameter/{name}"))
                    names = [m for m in _MOMENTS if f"{m}/{name}" in file.keys()]  # noqa: SIM118
                    if names:
                        optimizer.state[parameter] = {m: file.get_tensor(f"{m}/{name}") for m in names}
            return int(metadata["step"])
    except (SafetensorError, KeyError, ValueError, RuntimeError) as error:
        raise WeightsCorrupt(f"{path} cannot be read: {error}") from error


def remove_checkpoint(folder: Path) -> None:
    """Delete the checkpoint of a training whose weights are written, and its folder if nothing else is in it."""
    (folder / _NAME).unlink(missing_ok=True)
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def _trained(module: nn.Module) -> dict[str, nn.Parameter]:
    return {name: parameter for name, parameter in module.named_parameters() if parameter.requires_grad}
