import os
import re
import signal
import sqlite3
import stat
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from filters import embed
from filters.embed import Embedder, EmbedderError, load_embedder

TEXTS = [
    "Keeps eleven hens. Is 61 years old.",
    "Mends clocks in Ghent and lets only one of them strike.",
    "Keeps twelve hens. Is 62 years old.",
    "Isst Käsespätzle mit dem Löffel.",
    "يعيش في بيت صغير قرب البحر.",
]
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def lexical() -> Embedder:
    return load_embedder("lexical")


def test_lexical_gives_unit_rows_in_order(lexical: Embedder) -> None:
    rows = lexical.encode(TEXTS)
    assert (lexical.name, lexical.dim, rows.shape, str(rows.dtype)) == ("lexical", 384, (5, 384), "float32")
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-6)
    assert rows[0] @ rows[2] > 0.6, "about the same"
    assert abs(rows[0] @ rows[1]) < 0.3, "about something else"
    np.testing.assert_array_equal(lexical.encode(TEXTS[::-1]), rows[::-1])


def test_lexical_vectors_are_those_of_its_version(lexical: Embedder) -> None:
    """They must be the same in every process and with every version of the libraries, or caches would mix two kinds.

    Where this fails, raise LEXICAL_VERSION and write the new numbers down.
    """
    assert lexical.identity == "lexical-1"
    rows = lexical.encode(TEXTS)
    assert {place: round(float(rows[place]), 6) for place in GOLDEN} == pytest.approx(GOLDEN, abs=2e-6)


GOLDEN = {
    (0, 121): 0.26968,
    (0, 10): -0.13484,
    (2, 121): 0.26968,
    (2, 1): -0.13484,
    (4, 99): 0.19245,
    (4, 24): -0.19245,
}
"""Row and column of the highest and the lowest number of some texts."""


@settings(deadline=None, max_examples=40)
@given(st.lists(st.sampled_from([*TEXTS, "hens " * 50, "ab", "Is 44."]), min_size=1, max_size=12), st.data())
def test_lexical_gives_a_text_the_same_bits_in_every_batch(
    lexical: Embedder, texts: list[str], data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(texts)))
    parts = np.concatenate([lexical.encode(texts[:cut]), lexical.encode(texts[cut:])])
    np.testing.assert_array_equal(lexical.encode(texts), parts)


def test_lexical_is_close_to_the_exact_cosines_of_the_ngrams(lexical: Embedder) -> None:
    """A projection to 384 numbers leaves an error of about 0.05."""
    from sklearn.feature_extraction.text import HashingVectorizer

    exact = HashingVectorizer(analyzer="char_wb", ngram_range=(3, 5), n_features=2**18).transform(TEXTS)
    rows = lexical.encode(TEXTS)
    assert np.abs(rows @ rows.T - (exact @ exact.T).toarray()).max() < 0.2


def outcome(embedder: Embedder, text: str) -> str:
    try:
        return f"length {np.linalg.norm(embedder.encode([text])):.5f}"
    except EmbedderError as error:
        return str(error)


@settings(deadline=None)
@given(st.text(max_size=40))
def test_any_text_gets_a_unit_row_or_an_error_that_tells_why(lexical: Embedder, text: str) -> None:
    assert re.match(
        r"length 1\.00000|text 0 is (empty|no valid Unicode)|lexical makes nothing of", outcome(lexical, text)
    )


def test_composed_and_decomposed_letters_are_one_text(lexical: Embedder) -> None:
    composed, decomposed = (unicodedata.normalize(form, TEXTS[3]) for form in ("NFC", "NFD"))
    assert composed != decomposed
    rows = lexical.encode([composed, decomposed])
    np.testing.assert_array_equal(rows[0], rows[1])


def test_no_texts_make_no_rows(lexical: Embedder) -> None:
    assert lexical.encode([]).shape == (0, 384)


@pytest.mark.parametrize(
    ("text", "problem"), [("", "empty"), (" \n", "empty"), (f"hen {chr(0xD800)}", "no valid Unicode")]
)
def test_a_text_that_is_none_is_an_error_that_tells_its_place(lexical: Embedder, text: str, problem: str) -> None:
    with pytest.raises(EmbedderError, match=f"text 1 is {problem}"):
        lexical.encode([TEXTS[0], text])


@pytest.mark.parametrize("name", ["", "no such name", "./no/such/folder", "/no/such/folder", "too/many/parts"])
def test_a_name_that_can_be_none_is_an_error_that_names_the_choices(name: str) -> None:
    with pytest.raises(EmbedderError, match=r"cannot be loaded.*Choose `lexical`.*sentence-transformers.*folder"):
        load_embedder(name)


class Counting:
    """A model that counts what it was asked; a text's vector is told by its length and first letters."""

    def __init__(self, dim: int = 4) -> None:
        self.dim = dim
        self.batches: list[list[str]] = []

    def __call__(self, texts: list[str]) -> NDArray[np.floating]:
        self.batches.append(texts)
        return np.array(
            [[len(text), *map(ord, text[: self.dim - 1].ljust(self.dim - 1))] for text in texts], np.float64
        )

    @property
    def texts(self) -> list[str]:
        return [text for batch in self.batches for text in batch]


def embedder(model: Callable[[list[str]], NDArray[np.floating]], cache: Path | None, dim: int = 4) -> Embedder:
    return Embedder("counting", "counting-1", dim, model, cache)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.lists(st.sampled_from(["hen", "duck", "goose", "swan", "teal"]), max_size=8), max_size=5))
def test_each_text_is_embedded_once_ever(tmp_path_factory: pytest.TempPathFactory, calls: list[list[str]]) -> None:
    cache = tmp_path_factory.mktemp("cache") / "file.sqlite3"
    model, plain = Counting(), embedder(Counting(), None)
    for texts in calls:
        np.testing.assert_array_equal(embedder(model, cache).encode(texts), plain.encode(texts))
    assert sorted(model.texts) == sorted({text for texts in calls for text in texts})


def test_a_large_call_is_embedded_in_batches_each_kept_at_once(tmp_path: Path) -> None:
    def gives_up(texts: list[str]) -> NDArray[np.floating]:
        if len(model.batches) == 2:
            raise KeyboardInterrupt
        return model(texts)

    model, cache = Counting(), tmp_path / "file.sqlite3"
    texts = [f"hen {number}" for number in range(3 * embed.BATCH)]
    with pytest.raises(KeyboardInterrupt):
        embedder(gives_up, cache).encode(texts)
    embedder(model, cache).encode(texts)
    assert [len(batch) for batch in model.batches] == [embed.BATCH] * 3
    assert model.texts == texts


def test_of_two_processes_that_embed_a_text_at_once_the_first_to_write_gives_the_vector(tmp_path: Path) -> None:
    def overtaken(texts: list[str]) -> NDArray[np.floating]:
        embedder(Counting(), cache).encode(texts)
        return np.ones((len(texts), 4))

    cache = tmp_path / "file.sqlite3"
    slower = embedder(overtaken, cache).encode(["hen", "duck"])
    np.testing.assert_array_equal(slower, embedder(Counting(), None).encode(["hen", "duck"]))


def test_the_cache_is_one_private_file_a_model(tmp_path: Path) -> None:
    cache = tmp_path / "deep" / "cache"
    made = load_embedder("lexical", cache)
    rows = made.encode(TEXTS)
    (file,) = cache.iterdir()
    assert file == made.cache
    assert file.name.startswith("lexical-")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(cache.stat().st_mode) == 0o700
    np.testing.assert_array_equal(load_embedder("lexical", cache).encode(TEXTS), rows)


def test_another_version_of_a_model_has_another_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = load_embedder("lexical", tmp_path)
    monkeypatch.setattr(embed, "LEXICAL_VERSION", 2)
    assert load_embedder("lexical", tmp_path).cache != before.cache


@pytest.mark.parametrize("bad", [0.0, np.nan, np.inf])
def test_a_vector_that_has_no_direction_is_an_error_and_not_remembered(tmp_path: Path, bad: float) -> None:
    cache = tmp_path / "file.sqlite3"
    with pytest.raises(EmbedderError, match="counting makes nothing of the text 'hen'"):
        embedder(lambda texts: np.full((len(texts), 4), bad), cache).encode(["hen"])
    assert embedder(Counting(), cache).encode(["hen"]).shape == (1, 4)


def damage_header(file: Path) -> None:
    file.write_bytes(b"this was no database" * 100)


def damage_page(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    file.write_bytes(content)


def be_a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def hold_other_vectors(file: Path) -> None:
    with sqlite3.connect(file) as db:
        db.execute("UPDATE vectors SET vector = ?", (b"short",))
    db.close()


@pytest.mark.parametrize("damage", [damage_header, damage_page, be_a_folder, hold_other_vectors])
def test_a_damaged_cache_is_an_error_that_names_the_file(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    cache = tmp_path / "file.sqlite3"
    embedder(Counting(), cache).encode(["hen", "duck"])
    damage(cache)
    with pytest.raises(EmbedderError, match=rf"{re.escape(str(cache))} cannot be used: .*delete it"):
        embedder(Counting(), cache).encode(["hen", "duck"])


def test_a_cache_folder_that_is_a_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("in the way")
    with pytest.raises(EmbedderError, match=re.escape(str(tmp_path / "cache"))):
        load_embedder("lexical", tmp_path / "cache").encode(["Keeps hens."])


WORK = """
import resource, sys
from pathlib import Path
from filters.embed import EmbedderError, load_embedder
if sys.argv[2:] == ["full"]:
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
texts = [f"Keeps {number} hens in a yard by the sea." for number in range(4000)]
try:
    print(load_embedder("lexical", Path(sys.argv[1])).encode(texts).sum())
except EmbedderError as error:
    print(error)
"""


def start(cache: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WORK, str(cache), *arguments]
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"}
    )


def stored(cache: Path) -> int:
    """Rows of the cache's only file, 0 where there is none yet; what SQLite itself finds wrong with it fails here."""
    for file in cache.glob("*.sqlite3"):
        db = sqlite3.connect(file, timeout=60)
        try:
            assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            if db.execute("SELECT name FROM sqlite_master").fetchall():
                return int(db.execute("SELECT count(*) FROM vectors").fetchone()[0])
        finally:
            db.close()
    return 0


@pytest.mark.slow
def test_two_processes_share_a_cache(tmp_path: Path) -> None:
    first, second = start(tmp_path), start(tmp_path)
    sums = {process.communicate(timeout=120)[0] for process in (first, second)}
    assert len(sums) == 1
    assert re.fullmatch(r"-?\d+\.\d+\n", sums.pop())
    assert stored(tmp_path) == 4000


@pytest.mark.slow
def test_a_killed_process_leaves_a_cache_that_goes_on(tmp_path: Path) -> None:
    for least in (1, 1500):
        process = start(tmp_path)
        while stored(tmp_path) < least:
            assert process.poll() is None, "killed too late"
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert least <= stored(tmp_path) < 4000
        assert stored(tmp_path) % embed.BATCH == 0, "whole batches only"
    killed = start(tmp_path).communicate(timeout=120)[0]
    assert stored(tmp_path) == 4000
    assert killed == start(tmp_path / "fresh").communicate(timeout=120)[0]


@pytest.mark.slow
def test_a_full_disk_is_an_error_that_names_the_file_and_loses_nothing(tmp_path: Path) -> None:
    printed = start(tmp_path, "full").communicate(timeout=120)[0]
    assert re.match(rf"the cache of embeddings {re.escape(str(tmp_path))}/lexical-\w+\.sqlite3 cannot be used", printed)
    assert "Is the disk full" in printed
    before = stored(tmp_path)
    start(tmp_path).communicate(timeout=120)
    assert before < stored(tmp_path) == 4000
