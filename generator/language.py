"""The language model that speaks semantic IDs: a frozen base, low-rank changes, new rows, and heads for one pass.

One set of weights serves two generators. The *sequence* reads the new rows: at each position the softmax runs over that
position's codebook. The *parallel* one reads the state of the begin token alone, from which `StateProjection` and
`LevelHeads` make the distribution over all nine modalities in one pass: predicted one after another, later modalities
follow the first guess.

While it learns, the new rows are a parameter of their own in float32 and enter as input embeddings, so that the base's
matrix stays untouched; `merge` puts rows and changes into the base for inference. Knows models and codes; no dialogues.
"""

from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from segue.generator.codec import Codec
from segue.generator.heads import LevelHeads, StateProjection
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

    `rank` 0 trains the base itself instead of low-rank changes. Raises ValueError for a model whose output matrix is
    not tied to its input, which none of the supported base models has.
    """

    def __init__(self, base: "PreTrainedModel", codec: Codec, *, rank: int = RANK, seed: int = 0) -> None:
        super().__init__()
        if row_names(base) != (INPUT,):
            raise ValueError("the base model's input and output embeddings must be one matrix")
        self.codec = codec
        self.rank = rank
        width = int(base.config.hidden_size)
        old = get_embedding(base)
        generator = torch.Generator().manual_seed(seed)
        self.rows = nn.Parameter(draw_rows(old[: codec.base], codec.layout.vocabulary, generator))
        self.projection = StateProjection(width, HEAD_WIDTH)
        self.heads = LevelHeads(HEAD_WIDTH, codec.layout)
        self.base: Any = self._with_changes(base, rank, seed)

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
        out = self.base.model(inputs_embeds=self.embed_with(ids, user), attention_mask=real, use_cache=False)
        states: Tensor = out.last_hidden_state
        return states

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

    def head_states(self, states: Tensor) -> Tensor:
        """Return the nine states [n, 9, 384] for the states [n, d] of begin tokens."""
        projected: Tensor = self.projection(states)
        return projected

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
