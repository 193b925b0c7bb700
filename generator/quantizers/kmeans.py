"""Flat k-means with 1,024 clusters and one code per modality: TalkPlay's tokenizer (section 4.1).

A baseline: its codes do not fit a semantic ID's one byte per level.
"""

from typing import Any, ClassVar

from segue.generator.quantizers.residual_kmeans import ResidualKMeans


class KMeans(ResidualKMeans):
    """One level of k-means; `sizes` is (clusters,)."""

    kind: ClassVar[str] = "kmeans-1024"

    def __init__(self, sizes: tuple[int, ...] = (1024,), *, iterations: int = 50, repeats: float = 1.0) -> None:
        if len(sizes) != 1:
            raise ValueError(f"flat k-means has one level, got sizes {sizes}")
        super().__init__(sizes, iterations=iterations, repeats=repeats)

    def config(self) -> dict[str, Any]:
        """Return the settings as JSON values."""
        return {"iterations": self.iterations, "repeats": self.repeats}
