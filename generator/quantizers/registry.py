"""The quantizers by name. Knows the classes; each class knows itself."""

from collections.abc import Mapping
from typing import Any, Final

from numpy.typing import NDArray

from segue.generator.errors import UserError
from segue.generator.quantizers.faiss_rq import FaissRQ
from segue.generator.quantizers.kmeans import KMeans
from segue.generator.quantizers.protocol import Quantizer
from segue.generator.quantizers.random_ids import RandomIds
from segue.generator.quantizers.residual_kmeans import ResidualKMeans
from segue.generator.quantizers.rqvae import RQVAE
from segue.generator.quantizers.vqvae import VQVAE

QUANTIZERS: Final[dict[str, type[Quantizer]]] = {
    cls.kind: cls for cls in (ResidualKMeans, RQVAE, KMeans, VQVAE, FaissRQ, RandomIds)
}
"""All quantizers, by their `kind`."""


def quantizer_class(kind: str) -> type[Quantizer]:
    """Return the class of that name. Raises UserError naming those that there are."""
    try:
        return QUANTIZERS[kind]
    except KeyError:
        raise UserError(f"no quantizer is called {kind!r}; there are {', '.join(QUANTIZERS)}") from None


def restore_quantizer(kind: str, config: Mapping[str, Any], tensors: Mapping[str, NDArray[Any]]) -> Quantizer:
    """Rebuild a saved quantizer. Raises UserError for an unknown kind, ValueError where the parts do not fit."""
    return quantizer_class(kind).restore(config, tensors)
