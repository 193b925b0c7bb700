"""The language model that speaks semantic IDs: a frozen base, low-rank changes, new rows, and heads for one pass.

One set of weights serves two generators. The *sequence* reads the new rows: at each position the softmax runs over that
position's codebook. The *parallel* one reads the states of all tokens, from which `TokenReader` and `LevelHeads` make
the distribution over all nine modalities in one pass: predicted one after another, later modalities follow the first
guess. It leaves the last layers out, which turn what was read into the next word.

While it learns, the new rows are a parameter of their own in float32 and enter as input embeddings, so that the base's
matrix stays untouched; `merge` puts rows and changes into the base for inference. Knows models and codes; no dialogues.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from segue.generator.codec import Codec
from segue.generator.heads import LevelHeads, TokenReader
from segue.generator.listener_token import read_token
from segue.generator.vocabulary import INPUT, draw_rows, get_rows, row_names, set_rows

if TYPE_CHECKING:
    from transformers import PreTrainedModel

RANK: Final = 16
HEAD_WIDTH: Final = 384
_TARGETS: Final = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
"""The linear maps of Llama and Qwen2 layers."""


class MusicLanguageModel(nn.Module):
    """A causal language model (Llama or Qwen2 layers) with music tokens.

    `rank` 0 trains the base itself instead of low-rank changes; the heads read the states after `depth` layers, by
    default two thirds of all. Raises ValueError for a model whose output matrix is not tied to its input, which none of
    the supported base models has, and for a depth that it does not have.
    """

    def __init__(
        self, base: "PreTrainedModel", codec: Codec, *, rank: int = RANK, depth: int | None = None, seed: int = 0
    ) -> None:
        super().__init__()
        layers = int(base.config.num_hidden_layers)
        self.depth = -(-2 * layers // 3) if depth is None else depth
        if not 1 <= self.depth <= layers:
            raise ValueError(f"heads cannot read the states after {self.depth} of {layers} layers")
        if row_names(base) != (INPUT,):
            raise ValueError("the base model's input and output embeddings must be one matrix")
        self.codec = codec
        self.rank = rank
        width = int(base.config.hidden_size)
        old = get_embedding(base)
        generator = torch.Generator().manual_seed(seed)
        self.rows = nn.Parameter(draw_rows(old[: codec.base], codec.layout.vocabulary, generator))
        self.reader = TokenReader(width, HEAD_WIDTH)
        self.heads = LevelHeads(self.reader.width, codec.layout)
        self.base: Any = self._with_changes(base, rank, seed)
        self._learns = frozenset(name for name, p in self.named_parameters() if p.requires_grad)

    @staticmethod
    def _with_changes(base: "PreTrainedModel", rank: int, seed: int) -> nn.Module:
        if not rank:
            return base
        from peft import LoraConfig, inject_adapter_in_model

        torch.manual_seed(seed)
        base.requires_grad_(False)
        config = LoraConfig(r=rank, lora_alpha=2 * rank, target_modules=list(_TARGETS))
        changed = inject_adapter_in_model(config, base)
        for name, parameter in changed.named_parameters():
            if ".lora_" in name:
                # The base may be bfloat16; what learns must not be.
                parameter.data = parameter.data.float()
        return changed

    def learnt(self) -> dict[str, nn.Parameter]:
        """Return what is not the base's own by name: rows, reader, heads, and the low-rank matrices until `fold`."""
        return {name: p for name, p in self.named_parameters() if name in self._learns}

    def changes(self) -> dict[str, Tensor]:
        """Return the low-rank matrices of the base by name."""
        return {name: p for name, p in self.base.named_parameters() if ".lora_" in name}

    def embed(self, ids: Tensor) -> Tensor:
        """Return the input embeddings of token ids [n, length] in the base's type: [n, length, d]."""
        music = ids >= self.codec.base
        words = self.base.get_input_embeddings()(ids.masked_fill(music, 0))
        rows = self.rows[(ids - self.codec.base).clamp(min=0)].to(words.dtype)
        return torch.where(music[..., None], rows, words)

    def embed_with(self, ids: Tensor, user: Tensor | None) -> Tensor:
        """Return what is read of ids [n, length] with a soft token [d] before the last: [n, length or 1 more, d].

        What comes before the token is then the same for every listener, so that it is read once and kept by whoever
        keeps prefixes.
        """
        read = self.embed(ids)
        if user is None:
            return read
        token = user.to(read).expand(len(ids), 1, -1)
        return torch.cat((read[:, :-1], token, read[:, -1:]), dim=1)

    def token(self, user: NDArray[np.float32] | None) -> Tensor | None:
        """Return a soft token as a tensor [d]. Raises ValueError where it is not as wide as the model's tokens."""
        return None if user is None else read_token(user, self.width)

    @property
    def width(self) -> int:
        """Dimensions of its tokens."""
        return int(self.rows.shape[1])

    def states(self, ids: Tensor, real: Tensor | None = None, user: Tensor | None = None) -> Tensor:
        """Return the last layer's states of token ids [n, length]: [n, length, d]. `real` is False at padded places.

        With a soft token `user` [d] there is one state more, see `embed_with`; nothing may then be padded.
        """
        return self._run(self.embed_with(ids, user), real)

    def early_states(self, ids: Tensor, real: Tensor | None = None, user: Tensor | None = None) -> Tensor:
        """Return the states that the heads read, those after `depth` layers; see `states`."""
        with self.reading_early():
            return self._run(self.embed_with(ids, user), real)

    def both_states(self, ids: Tensor, real: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return `early_states` and `states` out of one pass."""
        kept: list[Tensor] = []
        layer = self.base.model.layers[self.depth - 1]
        with layer.register_forward_hook(lambda module, given, made: kept.append(made)):
            states = self.states(ids, real)
        return self.base.model.norm(kept[0]), states

    @contextmanager
    def reading_early(self) -> Iterator[None]:
        """Let the base's last states be those after `depth` layers, the layers behind them left out."""
        config = self.base.config
        whole, config.num_hidden_layers = config.num_hidden_layers, self.depth
        try:
            yield
        finally:
            config.num_hidden_layers = whole

    def _run(self, embedded: Tensor, real: Tensor | None) -> Tensor:
        out = self.base.model(inputs_embeds=embedded, attention_mask=real, use_cache=False)
        states: Tensor = out.last_hidden_state
        return states

    def keep_early(self) -> "MusicLanguageModel":
        """Drop the layers that the heads do not read: `states` and `early_states` are the same from here on."""
        self.base.model.layers = self.base.model.layers[: self.depth]
        self.base.config.num_hidden_layers = self.depth
        return self

    @torch.no_grad()
    def fold(self) -> "MusicLanguageModel":
        """Put the low-rank changes into the base's matrices, in place; for inference, in float32 to lose nothing."""
        from peft.tuners.lora import LoraLayer

        for name, part in list(self.base.named_modules()):
            if isinstance(part, LoraLayer):
                part.merge()
                parent, _, leaf = name.rpartition(".")
                setattr(self.base.get_submodule(parent), leaf, part.get_base_layer())
        return self.requires_grad_(False).eval()

    def head_states(self, states: Tensor, real: Tensor) -> Tensor:
        """Return the states of the heads, [n, 9, `reader.width`], for `early_states` [n, length, d] of prompts.

        `real` bool [n, length] is True for the tokens that are read: those behind the opening, whose states are the
        same for all prompts, up to the begin token, which is the last.
        """
        read: Tensor = self.reader(states, real)
        return read

    @torch.no_grad()
    def merge(self) -> "PreTrainedModel":
        """Put changes and rows into the base and return it, a plain model with `codec.base + 2,018` rows."""
        self.fold()
        vocabulary = self.codec.base + self.codec.layout.vocabulary
        if get_embedding(self.base).shape[0] < vocabulary:
            self.base.resize_token_embeddings(vocabulary, mean_resizing=False)
        set_rows(self.base, self.codec, {INPUT: self.rows.to(get_rows(self.base, self.codec)[INPUT].dtype)})
        return cast("PreTrainedModel", self.base.eval())


def get_embedding(model: "PreTrainedModel") -> Tensor:
    """Return the input embedding matrix [tokens, d]."""
    weight: Tensor = model.get_input_embeddings().weight  # type: ignore[assignment]
    return weight
