"""Vocabulary extension: rows for the codes and the two boundary tokens in a language model's embedding matrices.

New rows are drawn from a normal distribution with the mean and the covariance of the old ones (Hewitt 2021, as in
TalkPlay, section 4.3), so that the model starts with tokens that look like its own. Where input and output embeddings
are tied there is one matrix to extend, else both, each after its own old rows. Knows models and a codec's token
numbering; what the codes mean is none of its business.
"""

from typing import TYPE_CHECKING, Final

import torch

from segue.generator.codec import Codec

if TYPE_CHECKING:
    from transformers import PreTrainedModel

INPUT: Final = "input_rows"
"""Name of the rows of the input embedding (and of the output, where the two are tied)."""
OUTPUT: Final = "output_rows"
"""Name of the rows of an output matrix of its own."""


def extend_model(model: "PreTrainedModel", codec: Codec, *, seed: int = 0, spread: float = 1.0) -> None:
    """Give `model` a row for each token of `codec`, in place.

    Rows from `codec.base` on are new, also where the model had padding rows there. `spread` scales the covariance: 1
    makes rows as different from each other as the old ones are; Hewitt's 1e-5 keeps them next to the mean, which bounds
    the loss of a softmax over the whole vocabulary (with a softmax restricted to a codebook that bound has no use).
    Deterministic by `seed`. Raises ValueError where the base is past the end of the old vocabulary.
    """
    old = _matrix(model, INPUT).shape[0]
    if not 0 < codec.base <= old:
        raise ValueError(f"codes cannot start at token {codec.base} of a vocabulary of {old}")
    generator = torch.Generator().manual_seed(seed)
    drawn = {
        name: draw_rows(_matrix(model, name)[: codec.base], codec.layout.vocabulary, generator, spread=spread)
        for name in row_names(model)
    }
    if codec.base + codec.layout.vocabulary > old:
        model.resize_token_embeddings(codec.base + codec.layout.vocabulary, mean_resizing=False)
    set_rows(model, codec, drawn)


def draw_rows(old: torch.Tensor, count: int, generator: torch.Generator, *, spread: float = 1.0) -> torch.Tensor:
    """Return float32 [count, d] drawn after the mean and the covariance (times `spread`) of `old` [n, d]."""
    old = old.detach().float()
    mean = old.mean(dim=0)
    centred = old - mean
    covariance = centred.T @ centred / max(1, len(old) - 1)
    # By eigenvalues, for a covariance of fewer rows than columns has no Cholesky factor.
    values, vectors = torch.linalg.eigh(covariance)
    root = vectors * (values.clamp(min=0) * spread).sqrt()
    noise = torch.randn(count, old.shape[1], generator=generator)
    return torch.addmm(mean, noise, root.T)


def row_names(model: "PreTrainedModel") -> tuple[str, ...]:
    """Return which matrices a model has rows in: the input's alone where the output is tied to it."""
    return (INPUT,) if _is_tied(model) else (INPUT, OUTPUT)


def get_rows(model: "PreTrainedModel", codec: Codec) -> dict[str, torch.Tensor]:
    """Return the rows of the codec's tokens by matrix name, each [vocabulary, d]: detached views, not copies."""
    stop = codec.base + codec.layout.vocabulary
    return {name: _matrix(model, name).detach()[codec.base : stop] for name in row_names(model)}


def set_rows(model: "PreTrainedModel", codec: Codec, rows: dict[str, torch.Tensor]) -> None:
    """Put rows, as `get_rows` returned them, into a model. Raises ValueError for other names or shapes."""
    if rows.keys() != set(row_names(model)):
        raise ValueError(f"this model has the rows {', '.join(row_names(model))}, not {', '.join(rows)}")
    for name, old in get_rows(model, codec).items():
        if old.shape != rows[name].shape:
            raise ValueError(f"{name} need the shape {tuple(old.shape)}, not {tuple(rows[name].shape)}")
        old.copy_(rows[name])


def _is_tied(model: "PreTrainedModel") -> bool:
    output = _output(model)
    # A resized matrix is a new tensor, so identity is asked of the storage and not of the module.
    return output is None or _weight(output).data_ptr() == _weight(model.get_input_embeddings()).data_ptr()


def _matrix(model: "PreTrainedModel", name: str) -> torch.Tensor:
    return _weight(model.get_input_embeddings() if name == INPUT else _output(model))


def _output(model: "PreTrainedModel") -> torch.nn.Module | None:
    module: torch.nn.Module | None = model.get_output_embeddings()  # type: ignore[no-untyped-call]
    return module


def _weight(module: torch.nn.Module | None) -> torch.Tensor:
    weight = getattr(module, "weight", None)
    if not isinstance(weight, torch.Tensor):
        raise TypeError("the model's embeddings have no weight matrix")
    return weight
