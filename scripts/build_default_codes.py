"""Write the codes of the default catalog by the shipped tokenizer, so that its first user need not wait for a model.

python scripts/build_default_codes.py
"""

from segue.generator.tokenizer import Tokenizer
from segue.tools.catalog.default import SOURCE
from segue.tools.catalog.parquet import from_rows, read_table
from segue.tools.catalog.remembered_codes import DEFAULT, RememberedCodes


def main() -> None:
    """Encode the tracks that the package carries."""
    tokenizer = Tokenizer.load()
    tracks = list(from_rows(read_table(SOURCE)))
    RememberedCodes.of(tracks, tokenizer.encode(tracks), tokenizer.fingerprint).save(DEFAULT)
    print(f"{len(tracks):,} tracks by the tokenizer {tokenizer.fingerprint}: {DEFAULT}")


if __name__ == "__main__":
    main()
