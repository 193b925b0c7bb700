"""Running a Llama or Qwen2 language model token by token, without the machinery of a general library.

The numbers are those of `transformers`; what is saved is its work per step, which for a small model on a CPU is a third
of the time: keys and values lie in one block of known length that is written in place, the angles of all places are
worked out once, and maps of one input are one product. Paths share the prompt that they continue, so that choosing
among beams copies what came after it only; what all prompts begin with is read once and for all. Knows a
`MusicLanguageModel`'s layers; no codes and no prompts.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from segue.generator.half import HalfLinear

if TYPE_CHECKING:
    from segue.generator.language import MusicLanguageModel


class Paths:
    """Keys and values of the tokens that a number of paths have read so far, with room for more."""

    def __init__(self, block: Tensor, length: int, shared: int) -> None:
        self.block = block
        """[layers, 2, paths, heads of keys, room, d]."""
        self.length = length
        """Tokens read."""
        self.shared = shared
        """How many of them, from the first on, are the same for all paths."""

    def __len__(self) -> int:
        return self.block.shape[2]

    def copies(self, number: int) -> "Paths":
        """Return `number` copies of a single path, this one left as it is. Raises ValueError where there are more."""
        if len(self) != 1:
            raise ValueError(f"one path can be copied, not {len(self)}")
        return Paths(self.block.repeat(1, 1, number, 1, 1, 1), self.length, self.length)

    def choose(self, parents: Sequence[int]) -> None:
        """Make path i the continuation of what was path `parents[i]`."""
        if list(parents) == list(range(len(self))):
            return
        index = torch.tensor(parents, device=self.block.device)
        if len(parents) == len(self):
            own = self.block[..., self.shared : self.length, :]
            own.copy_(own.index_select(2, index))
        else:
            self.block = self.block.index_select(2, index)


@dataclass(frozen=True)
class _Layer:
    before_attention: Tensor
    attention_in: Callable[[Tensor], Tensor]
    attention_out: Callable[[Tensor], Tensor]
    before_gates: Tensor
    gates_in: Callable[[Tensor], Tensor]
    gates_out: Callable[[Tensor], Tensor]


class Decoder:
    """Reads tokens with a model whose low-rank changes were folded in; `longest` tokens at most on one path.

    States are those after its last layer, or after `depth` layers, the others being left out. Prompts that begin with
    the tokens `opening` find these read. The model's matrices become views of joined ones, so it stays usable and
    nothing is held twice. With `half` they are kept in half precision (see `half`) and the model's
    layers are emptied. Raises ValueError for a model that `refusal` has something to say of.
    """

    def __init__(
        self,
        model: "MusicLanguageModel",
        longest: int,
        opening: Sequence[int] = (),
        *,
        depth: int | None = None,
        half: bool = False,
    ) -> None:
        if (why := refusal(model)) is not None:
            raise ValueError(why)
        base: Any = model.base.model
        config = model.base.config
        self._model = model
        self._longest = longest
        self._epsilon = float(config.rms_norm_eps)
        self._heads = int(config.num_attention_heads)
        self._key_heads = int(config.num_key_value_heads)
        self._width = int(getattr(config, "head_dim", None) or config.hidden_size // self._heads)
        with torch.no_grad():
            self._layers = [_layer(layer, half) for layer in base.layers[:depth]]
            self._last_norm = base.norm.weight.detach()
            places = torch.arange(longest, device=self._last_norm.device)[None]
            cos, sin = base.rotary_emb(self._last_norm, position_ids=places)
        # A rotation by halves is x cos + (x rolled by half) sin, the sine of the first half negated.
        middle = self._width // 2
        self._cos = cos[0].clone()
        self._sin = torch.cat((-sin[0, :, :middle], sin[0, :, middle:]), dim=1)
        self._opening = torch.tensor(opening, dtype=torch.int64)
        self._opened: Paths | None = None
        if opening:
            self._opened = self.read(self._opening, 0)[1]

    @torch.inference_mode()
    def read(self, ids: Tensor, room: int, user: Tensor | None = None) -> tuple[Tensor, Paths]:
        """Return the state of the last of a prompt's tokens [1, d] and its path, with room for that many more tokens.

        `ids` int64 [length]; `user` [d] is a soft token that is read before the last of them. Raises ValueError where
        prompt and room pass `longest`.
        """
        states, paths = self._read(ids[None], room, user)
        return states[:, -1], paths

    @torch.inference_mode()
    def states(self, ids: Tensor, user: Tensor | None = None) -> Tensor:
        """Return the states of the tokens behind the opening, [n, tokens, d], of prompts int64 [n, length]; see `read`.

        All of them begin with the opening, or none does.
        """
        states, _ = self._read(ids, 0, user)
        return states

    @torch.inference_mode()
    def advance(self, paths: Paths, ids: Tensor) -> Tensor:
        """Let each path read on and return the states of its new tokens [paths, new, d]; `ids` int64 [paths, new]."""
        return self._advance(paths, self._embedded(ids, None))

    def _read(self, ids: Tensor, room: int, user: Tensor | None) -> tuple[Tensor, Paths]:
        number, length = ids.shape
        total = length + (user is not None) + room
        if total > self._longest:
            raise ValueError(f"{total} tokens do not fit into {self._longest}")
        norm = self._last_norm
        shape = (len(self._layers), 2, number, self._key_heads, total, self._width)
        paths = Paths(torch.empty(shape, dtype=norm.dtype, device=norm.device), 0, 0)
        if self._opened is not None and self._opens(ids):
            paths.length = self._opened.length
            paths.block[..., : paths.length, :] = self._opened.block
        states = self._advance(paths, self._embedded(ids[:, paths.length :], user))
        paths.shared = paths.length
        return states, paths

    def _opens(self, ids: Tensor) -> bool:
        """Return whether all prompts go on after the opening."""
        known = len(self._opening)
        return ids.shape[1] > known and bool((ids[:, :known].cpu() == self._opening).all())

    def _embedded(self, ids: Tensor, user: Tensor | None) -> Tensor:
        return self._model.embed_with(ids.to(self._cos.device), user)

    def _advance(self, paths: Paths, x: Tensor) -> Tensor:
        number, new = x.shape[:2]
        start, stop = paths.length, paths.length + new
        cos, sin = self._cos[start:stop], self._sin[start:stop]
        # Query heads that share a head of keys are rows of one product: attention is four times as fast in bfloat16.
        rows = self._heads // self._key_heads * new
        mask = None
        if new > 1:
            mask = torch.ones(new, stop, dtype=torch.bool, device=self._cos.device).tril(start).repeat(rows // new, 1)
        for layer, block in zip(self._layers, paths.block, strict=True):
            mixed = layer.attention_in(self._norm(x, layer.before_attention))
            heads = mixed.view(number, new, -1, self._width).transpose(1, 2)
            turned, values = heads[:, : self._heads + self._key_heads], heads[:, self._heads + self._key_heads :]
            turned = torch.addcmul(turned * cos, turned.roll(self._width // 2, dims=-1), sin)
            block[0, :, :, start:stop] = turned[:, self._heads :]
            block[1, :, :, start:stop] = values
            queries = turned[:, : self._heads].reshape(number, self._key_heads, rows, self._width)
            seen = functional.scaled_dot_product_attention(
                queries, block[0, :, :, :stop], block[1, :, :, :stop], attn_mask=mask
            )
            seen = seen.view(number, self._heads, new, self._width).transpose(1, 2).reshape(number, new, -1)
            x = x + layer.attention_out(seen)
            gate, up = layer.gates_in(self._norm(x, layer.before_gates)).chunk(2, dim=-1)
            x = x + layer.gates_out(functional.silu(gate) * up)
        paths.length = stop
        return self._norm(x, self._last_norm)

    def _norm(self, x: Tensor, weight: Tensor) -> Tensor:
        return functional.rms_norm(x, weight.shape, weight, self._epsilon)


def refusal(model: "MusicLanguageModel") -> str | None:
    """Return why a model cannot be run here: its layers must be Llama's or Qwen2's, without a sliding window."""
    config = model.base.config
    if config.model_type not in ("llama", "qwen2") or config.hidden_act != "silu":
        return f"a model of Llama's or Qwen2's kind is needed, not {config.model_type}"
    if any(kind != "full_attention" for kind in getattr(config, "layer_types", None) or ()):
        return "a model with a sliding window cannot be decoded here"
    layers: Any = model.base.model
    if type(layers.layers[0].self_attn.q_proj) is not nn.Linear:
        return "the model's low-rank changes must be folded into its matrices first"
    return None


def _layer(layer: Any, half: bool) -> _Layer:
    attention, gates = layer.self_attn, layer.mlp
    return _Layer(
        before_attention=layer.input_layernorm.weight.detach(),
        attention_in=_product(half, attention.q_proj, attention.k_proj, attention.v_proj),
        attention_out=_product(half, attention.o_proj),
        before_gates=layer.post_attention_layernorm.weight.detach(),
        gates_in=_product(half, gates.gate_proj, gates.up_proj),
        gates_out=_product(half, gates.down_proj),
    )


def _product(half: bool, *maps: nn.Module) -> Callable[[Tensor], Tensor]:
    """Return linear maps of the same input as one."""
    weight, bias = _joined(*maps)
    if not half:
        return partial(functional.linear, weight=weight, bias=bias)
    packed = HalfLinear(weight, bias)
    for part in maps:
        part.get_parameter("weight").data = weight.new_empty(0)
    return packed


def _joined(*maps: nn.Module) -> tuple[Tensor, Tensor | None]:
    """Return weight and bias of linear maps of the same input as one, and make the maps views of it."""
    if not all(type(part) is nn.Linear for part in maps):
        raise ValueError("the model's low-rank changes must be folded into its matrices first")
    linear = [part for part in maps if isinstance(part, nn.Linear)]
    weight, bias = linear[0].weight.detach(), linear[0].bias
    if len(linear) == 1:
        return weight, None if bias is None else bias.detach()
    weight = torch.cat([part.weight.detach() for part in linear])
    for part, view in zip(linear, torch.split(weight, [part.out_features for part in linear]), strict=True):
        part.weight.data = view
    return weight, None if bias is None else torch.cat([part.bias.detach() for part in linear])
