"""Texts to unit vectors, each text embedded once, ever.

    >>> load_embedder("lexical").encode(["Keeps eleven hens.", "Keeps eleven ducks."]).shape
    (2, 384)

Load an embedder in the process that uses it: torch, once imported, deadlocks processes that are forked later.
"""

import hashlib
import os
import re
import sqlite3
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Compute = Callable[[list[str]], NDArray[np.floating]]

CHOICES = (
    "Choose `lexical` (offline, compares words), the name of a sentence-transformers model on the Hugging Face Hub, "
    "such as sentence-transformers/all-MiniLM-L6-v2, or the path of a folder that holds such a model"
)
BATCH = 512
"""Texts that are embedded and written to the cache at a time: what a kill can cost."""
HUB_TIMEOUT_S = 10
"""The Hub's own client would try an unreachable Hub for minutes."""
LEXICAL_VERSION = 1
"""To be raised when the lexical vectors of a text change, so that none are served that were made before."""
LEXICAL_FEATURES = 2**18
LEXICAL_DIM = 384
LEXICAL_SEED = 0  # the presets in diversity.py were chosen with it


class EmbedderError(ValueError):
    """An embedder that cannot be loaded, a text that it cannot embed, or a cache that cannot be used."""


@dataclass(frozen=True)
class Embedder:
    """A model that turns texts into unit vectors; made by `load_embedder`."""

    name: str
    """As the user gave it, `all-MiniLM-L6-v2` completed to `sentence-transformers/all-MiniLM-L6-v2`."""
    identity: str
    """What determines the vectors: the name with its revision or version, or a fingerprint of a model folder."""
    dim: int
    compute: Compute
    """[n] texts to [n, dim] vectors of any length, uncached."""
    cache: Path | None
    """The sqlite3 file that remembers the vectors."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit rows, float32 [n, dim], in the order of the texts.

        Texts are compared in Unicode normal form C. One that is met again, in this call or in the cache, is not
        embedded again. `lexical` gives a text the same bits in every batch; a sentence-transformers model may differ
        in the last ones, so the vector that came first is kept.

        Raises:
            EmbedderError: a text is empty or no valid Unicode, the model makes nothing of it, or the cache cannot be
                read or written.
        """
        keys = []
        unique: dict[bytes, str] = {}
        for position, text in enumerate(texts):
            key, normal = _key(text, position)
            keys.append(key)
            unique[key] = normal
        known = self._remembered(unique)
        missing = [key for key in unique if key not in known]
        for start in range(0, len(missing), BATCH):
            batch = missing[start : start + BATCH]
            known |= self._embed({key: unique[key] for key in batch})
        return np.stack([known[key] for key in keys]) if keys else np.empty((0, self.dim), dtype=np.float32)

    def _embed(self, texts: Mapping[bytes, str]) -> dict[bytes, Vectors]:
        rows = self.compute(list(texts.values())).astype(np.float64)
        lengths = np.linalg.norm(rows, axis=1)
        for text, length in zip(texts.values(), lengths, strict=True):
            if not 0 < length < np.inf:
                raise EmbedderError(
                    f"{self.name} makes nothing of the text {text[:80]!r}: drop texts of no words first"
                )
        fresh = dict(zip(texts, (rows / lengths[:, None]).astype(np.float32), strict=True))
        if self.cache is None:
            return fresh
        with _open(self.cache) as db:
            rows_of_table = [(key, vector.astype("<f4").tobytes()) for key, vector in fresh.items()]
            db.executemany("INSERT OR IGNORE INTO vectors VALUES (?, ?)", rows_of_table)
        return self._remembered(fresh)  # another process may have been first

    def _remembered(self, keys: Iterable[bytes]) -> dict[bytes, Vectors]:
        if self.cache is None:
            return {}
        found = {}
        with _open(self.cache) as db:
            for key in keys:
                row = db.execute("SELECT vector FROM vectors WHERE text = ?", (key,)).fetchone()
                if row is not None and len(row[0]) != 4 * self.dim:
                    raise _cache_error(self.cache, f"it holds a vector of other than {self.dim} numbers")
                if row is not None:
                    found[key] = np.frombuffer(row[0], dtype="<f4").astype(np.float32)
        return found


def load_embedder(name: str, cache: Path | None = None) -> Embedder:
    """The embedder of this name, with its memory in the folder `cache`, one sqlite3 file a model.

    Args:
        name: `lexical`; a folder that holds a sentence-transformers model; or such a model's name on the Hub, where
            the revision that was downloaded first is used from then on.
        cache: a folder, made when it is missing; None to remember nothing.

    Raises:
        EmbedderError: the model cannot be loaded. No other one takes its place.
    """
    folder = Path(name).expanduser()
    if name == "lexical":
        identity, (compute, dim) = f"lexical-{LEXICAL_VERSION}", _lexical()
    elif name and folder.is_dir():
        compute, dim = _sentence_transformer(str(folder))
        identity = f"folder-{fingerprint(folder)}"
    elif name.startswith((".", "/", "~")):
        raise EmbedderError(f"the embedder {name!r} cannot be loaded: there is no such folder. {CHOICES}")
    else:
        name = name if "/" in name else f"sentence-transformers/{name}"
        compute, dim = _from_hub(name)
        identity = f"{name}@{_revision(_snapshot(name))}"
    if cache is None:
        return Embedder(name, identity, dim, compute, cache=None)
    slug = re.sub(r"[^A-Za-z0-9._]+", "-", folder.name)
    file = cache / f"{slug}-{hashlib.sha256(identity.encode()).hexdigest()[:12]}.sqlite3"
    return Embedder(name, identity, dim, compute, file)


def _lexical() -> tuple[Compute, int]:
    """Hashed character n-grams, projected by a matrix that its seed alone determines."""
    from sklearn.feature_extraction.text import HashingVectorizer
    from sklearn.random_projection import SparseRandomProjection

    ngrams = HashingVectorizer(analyzer="char_wb", ngram_range=(3, 5), n_features=LEXICAL_FEATURES)
    projection = SparseRandomProjection(LEXICAL_DIM, dense_output=True, random_state=LEXICAL_SEED)
    projection.fit(np.zeros((1, LEXICAL_FEATURES)))  # looks at the shape only

    def compute(texts: list[str]) -> NDArray[np.floating]:
        vectors: NDArray[np.floating] = projection.transform(ngrams.transform(texts))
        return vectors

    return compute, LEXICAL_DIM


def _sentence_transformer(where: str, revision: str | None = None) -> tuple[Compute, int]:
    """A model in a folder, or on the Hub at a revision."""
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # typed in part; the bar would cross the stage's own

    def compute(texts: list[str]) -> NDArray[np.floating]:
        vectors: NDArray[np.floating] = model.encode(texts, show_progress_bar=False, convert_to_numpy=True)
        return vectors

    try:
        model = SentenceTransformer(where, revision=revision, local_files_only=Path(where).is_dir())
        dim = compute(["A text that shows how many numbers come."]).shape[1]
    except Exception as error:  # a damaged model raises anything: it is told and raised again
        raise _load_error(where, error) from error
    return compute, dim


def _from_hub(name: str) -> tuple[Compute, int]:
    """A model of the Hub, or what is on this disk of it where the Hub does not answer."""
    from huggingface_hub import HfApi

    snapshot = _snapshot(name)
    try:
        HfApi().model_info(name, timeout=HUB_TIMEOUT_S)
    except Exception as error:  # offline, unknown, forbidden: each has a type of its own
        if snapshot is None:
            raise _load_error(name, error) from error
        return _sentence_transformer(str(snapshot))
    return _sentence_transformer(name, _revision(snapshot))


def _snapshot(name: str) -> Path | None:
    """The folder in which the Hub's client keeps the revision of this model that it downloaded."""
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        files = [try_to_load_from_cache(name, file) for file in ("modules.json", "config.json")]
    except HFValidationError as error:
        raise _load_error(name, error) from error
    return next((Path(file).parent for file in files if isinstance(file, str)), None)


def _revision(snapshot: Path | None) -> str | None:
    return snapshot.name if snapshot else None


def fingerprint(folder: Path) -> str:
    """Changes with the name or content of any file in the folder, so a model trained anew is another model."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        with path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        digest.update(f"{path.relative_to(folder).as_posix()}\0{content}\0".encode())
    return digest.hexdigest()


def _load_error(name: str, error: Exception) -> EmbedderError:
    reason = next(iter(str(error).splitlines()), "").rstrip(".")
    return EmbedderError(f"the embedder {name!r} cannot be loaded: {type(error).__name__}: {reason}. {CHOICES}")


def _key(text: str, position: int) -> tuple[bytes, str]:
    normal = unicodedata.normalize("NFC", text)
    if not normal.strip():
        raise EmbedderError(f"text {position} is empty: there is nothing to embed, drop it first")
    try:
        return hashlib.sha256(normal.encode()).digest(), normal
    except UnicodeEncodeError as error:
        raise EmbedderError(f"text {position} is no valid Unicode ({error.reason}): drop it first") from error


@contextmanager
def _open(file: Path) -> Iterator[sqlite3.Connection]:
    """A transaction on the cache. SQLite undoes one that a kill cut short, and lets a second process wait its turn."""
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
        with closing(sqlite3.connect(file, timeout=60)) as db, db:
            db.execute("CREATE TABLE IF NOT EXISTS vectors (text BLOB PRIMARY KEY, vector BLOB NOT NULL)")
            yield db
    except (sqlite3.Error, OSError) as error:
        raise _cache_error(file, error) from error


def _cache_error(file: Path, problem: object) -> EmbedderError:
    return EmbedderError(
        f"the cache of embeddings {file} cannot be used: {problem}. Is the disk full, or the file not yours? "
        "If it is damaged, delete it: its texts are embedded again"
    )
