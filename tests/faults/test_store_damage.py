"""A damaged store is refused, or shows that it lost its end; it never answers as if nothing were wrong."""

import random
from collections import Counter
from pathlib import Path

import pytest

from tests.faults.store_damage import Kept, cut, flip, make, outcome

SEED = 2_030
FLIPS = 16


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    folder = tmp_path_factory.mktemp("store")
    return make(folder, folder.with_name("kept"), journal=False)


@pytest.fixture(scope="module")
def with_journal(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    folder = tmp_path_factory.mktemp("store-with-journal")
    return make(folder, folder.with_name("kept-with-journal"), journal=True)


def test_what_was_kept_is_whole_without_damage(kept: Kept, with_journal: Kept, tmp_path: Path) -> None:
    assert outcome(kept.copy(tmp_path / "copy"), kept) == "whole"
    assert outcome(with_journal.copy(tmp_path / "copy"), with_journal) == "whole"


def test_no_changed_byte_of_the_database_goes_unseen(kept: Kept, tmp_path: Path) -> None:
    rng, outcomes = random.Random(SEED), Counter[str]()
    for _ in range(FLIPS):
        file = kept.copy(tmp_path / "copy")
        flip(file, at := rng.randrange(file.stat().st_size), 1 << rng.randrange(8))
        outcomes[told := outcome(file, kept)] += 1
        assert told != "silent", at
    assert outcomes["refused"] > 0, outcomes


@pytest.mark.parametrize("share", [0.0005, 0.3, 0.8, 0.999])
def test_a_database_that_was_cut_off_is_refused(kept: Kept, tmp_path: Path, share: float) -> None:
    file = kept.copy(tmp_path / "copy")
    cut(file, int(file.stat().st_size * share))
    assert outcome(file, kept) == "refused"


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_a_journal_that_was_cut_or_changed_shows_in_the_check_of_the_log(
    with_journal: Kept, tmp_path: Path, share: float
) -> None:
    for damage in (cut, flip):
        journal = Path(f"{with_journal.copy(tmp_path / 'copy')}-wal")
        damage(journal, int(journal.stat().st_size * share))
        assert outcome(tmp_path / "copy" / "store.db", with_journal) in {"shown", "refused"}


def test_a_key_file_that_was_changed_cut_or_lost_is_refused(kept: Kept, tmp_path: Path) -> None:
    size = Path(f"{kept.copy(tmp_path / 'copy')}.keys").stat().st_size
    for at in range(0, size, 13):
        file = kept.copy(tmp_path / "copy")
        flip(Path(f"{file}.keys"), at, 1)
        assert outcome(file, kept) in {"refused", "whole"}, at  # the last bits of base64 mean nothing
        cut(Path(f"{file}.keys"), at)
        assert outcome(file, kept) == "refused", at
    Path(f"{file}.keys").unlink()
    assert outcome(file, kept) == "refused"
