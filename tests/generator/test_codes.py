import random
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from segue.generator.codec import SemanticId
from segue.generator.codes import CodeTable, ids_digest
from segue.generator.errors import CodesCorrupt, IntegrityError, TokenizerMismatch
from segue.generator.layout import DEFAULT_LAYOUT, CodeLayout, Codes

MADE = {"fingerprint": "rq-1", "catalog": ids_digest(["a", "b"])}


def some_codes(rows: int, seed: int = 0) -> Codes:
    codes = np.random.default_rng(seed).integers(0, DEFAULT_LAYOUT.sizes, (rows, 27))
    codes.reshape(rows, 9, 3)[codes[:, ::3] == 0] = 0
    return codes.astype(np.uint8)


def few_codes(numbers: list[int]) -> Codes:
    """Rows that repeat: the number is the code of AC1 and everything else is unknown."""
    codes = np.zeros((len(numbers), 27), dtype=np.uint8)
    codes[:, 0] = numbers
    return codes


def table(codes: NDArray[Any]) -> CodeTable:
    return CodeTable.build(codes, layout=DEFAULT_LAYOUT, **MADE)


@pytest.mark.parametrize("rows", [0, 1, 63, 64, 65, 1_000])
def test_a_saved_table_opens_as_it_was(tmp_path: Path, rows: int) -> None:
    codes = some_codes(rows)
    table(codes).save(tmp_path / "codes")
    again = CodeTable.open(tmp_path / "codes", **MADE)
    assert len(again) == rows
    assert np.array_equal(again.codes(np.arange(rows)), codes)
    assert again.layout == DEFAULT_LAYOUT
    assert again.columns.ctypes.data % 64 == 0
    assert [p.name for p in tmp_path.iterdir()] == ["codes"]


def test_27_bytes_and_a_tie_break_a_track(tmp_path: Path) -> None:
    table(some_codes(64_000)).save(tmp_path / "codes")
    assert (tmp_path / "codes").stat().st_size == 4_096 + 64_000 * (27 + 4)


def test_1000_random_byte_flips_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "codes"
    table(some_codes(200)).save(path)
    good = path.read_bytes()
    chance = random.Random(7)
    for number in range(1_000):
        damaged = bytearray(good)
        # Half of the flips hit the header page, which is otherwise a small part of the file.
        at = chance.randrange(4_096 if number % 2 else len(good))
        damaged[at] ^= chance.randrange(1, 256)
        path.write_bytes(damaged)
        with pytest.raises(CodesCorrupt):
            CodeTable.open(path)
    path.write_bytes(good)
    assert len(CodeTable.open(path)) == 200


def test_truncated_and_lengthened_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "codes"
    table(some_codes(200)).save(path)
    good = path.read_bytes()
    for length in [0, 1, 31, 4_095, 4_096, 4_097, len(good) - 4, len(good) - 1]:
        path.write_bytes(good[:length])
        with pytest.raises(CodesCorrupt):
            CodeTable.open(path)
    path.write_bytes(good + b"\0")
    with pytest.raises(CodesCorrupt, match="torn"):
        CodeTable.open(path)


def test_foreign_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CodesCorrupt, match="cannot read"):
        CodeTable.open(tmp_path / "absent")
    for data in (b"", b"PK\x03\x04" + bytes(10_000), random.Random(1).randbytes(10_000), bytes(50_000)):
        (tmp_path / "codes").write_bytes(data)
        with pytest.raises(CodesCorrupt):
            CodeTable.open(tmp_path / "codes")


def test_another_tokenizer_or_catalog_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "codes"
    table(some_codes(5)).save(path)
    with pytest.raises(TokenizerMismatch, match="rq-2"):
        CodeTable.open(path, fingerprint="rq-2")
    with pytest.raises(CodesCorrupt, match="another version"):
        CodeTable.open(path, catalog=ids_digest(["b", "a"]))


def test_a_valid_file_whose_codes_its_layout_lacks_is_refused(tmp_path: Path) -> None:
    wide = CodeTable.build(few_codes([200]), layout=CodeLayout(((250, 64, 31),) * 9), **MADE)
    CodeTable(DEFAULT_LAYOUT, wide.fingerprint, wide.catalog, wide.columns, wide.ties).save(tmp_path / "codes")
    with pytest.raises(IntegrityError, match="its own layout"):
        CodeTable.open(tmp_path / "codes")


def test_codes_outside_the_layout_never_enter_a_table() -> None:
    with pytest.raises(ValueError, match="AC1"):
        table(few_codes([129]))
    with pytest.raises(ValueError, match="shape"):
        table(np.zeros(27, dtype=np.uint8))


def test_ids_digest_sees_order_and_borders() -> None:
    digests = {ids_digest(ids) for ids in ([], ["ab"], ["a", "b"], ["b", "a"], ["", "ab"], ["ab", ""])}
    assert len(digests) == 6


def test_an_id_leads_back_to_its_row() -> None:
    codes = np.concatenate([some_codes(300), some_codes(300)])
    made = table(codes)
    for row in (0, 7, 299, 300, 599):
        assert made.find(made.semantic_id(row)) == row
    assert made.find(SemanticId(codes[0], 2)) is None
    with pytest.raises(IndexError):
        made.semantic_id(600)


def expected_ties(numbers: list[int]) -> list[int]:
    seen: Counter[int] = Counter()
    ties = []
    for number in numbers:
        ties.append(seen[number])
        seen[number] += 1
    return ties


repeated = st.lists(st.integers(0, 4), max_size=30)


@settings(deadline=None)
@given(repeated, st.lists(repeated, max_size=4))
def test_ids_are_unique_and_stay_when_tracks_are_added(first: list[int], more: list[list[int]]) -> None:
    made = table(few_codes(first))
    numbers = list(first)
    for batch in more:
        before = made.ties.copy()
        made = made.extend(few_codes(batch), catalog=MADE["catalog"])
        assert np.array_equal(made.ties[: before.size], before)
        numbers += batch
    # One at a time or all at once: the numbers are the same.
    assert made.ties.tolist() == expected_ties(numbers) == table(few_codes(numbers)).ties.tolist()
    assert made.codes(np.arange(len(numbers)))[:, 0].tolist() == numbers


@settings(deadline=None)
@given(repeated, repeated, st.data())
def test_ids_stay_when_tracks_are_removed_and_a_new_track_takes_the_first_free_number(
    first: list[int], more: list[int], data: st.DataObject
) -> None:
    made = table(few_codes(first))
    rows = np.array(
        sorted(data.draw(st.sets(st.sampled_from(range(len(first)))) if first else st.just(set[int]()))), dtype=np.int64
    )
    kept = made.keep(rows, catalog=MADE["catalog"])
    assert np.array_equal(kept.ties, made.ties[rows])
    grown = kept.extend(few_codes(more), catalog=MADE["catalog"])
    assert np.array_equal(grown.ties[: rows.size], kept.ties)
    taken = {(int(first[row]), int(made.ties[row])) for row in rows}
    for number, tie in zip(more, grown.ties[rows.size :].tolist(), strict=True):
        assert tie == min(set(range(len(taken) + 1)) - {t for n, t in taken if n == number})
        taken.add((number, tie))
    assert len(taken) == len(grown)


def test_rows_to_keep_must_exist_once() -> None:
    made = table(some_codes(5))
    for rows in ([5], [-1], [1, 1]):
        with pytest.raises(ValueError, match="rows to keep"):
            made.keep(np.array(rows), catalog=MADE["catalog"])
