"""The words that the Hub's search and viewer know in the header of a card, and the check that a header has no others.

The Hub looks at a header when it is pushed; huggingface_hub accepts anything. So the lists stand here, and a licence
that does not exist is found before a run begins:

>>> check_license("CC-BY-4.0")
'cc-by-4.0'
>>> check_license("Apache2")
Traceback (most recent call last):
cards.vocabulary.VocabularyError: license: 'Apache2' is not on the Hub's list. Nearest: apache-2.0
"""

import difflib
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

# https://huggingface.co/docs/hub/repositories-licenses
_LICENSES = """
apache-2.0 mit openrail bigscience-openrail-m creativeml-openrail-m bigscience-bloom-rail-1.0 bigcode-openrail-m
afl-3.0 artistic-2.0 bsl-1.0 bsd bsd-2-clause bsd-3-clause bsd-3-clause-clear c-uda cc cc0-1.0 cc-by-2.0 cc-by-2.5
cc-by-3.0 cc-by-4.0 cc-by-sa-3.0 cc-by-sa-4.0 cc-by-nc-2.0 cc-by-nc-3.0 cc-by-nc-4.0 cc-by-nd-4.0 cc-by-nc-nd-3.0
cc-by-nc-nd-4.0 cc-by-nc-sa-2.0 cc-by-nc-sa-3.0 cc-by-nc-sa-4.0 cdla-sharing-1.0 cdla-permissive-1.0
cdla-permissive-2.0 wtfpl ecl-2.0 epl-1.0 epl-2.0 etalab-2.0 eupl-1.1 eupl-1.2 agpl-3.0 gfdl gpl gpl-2.0 gpl-3.0
lgpl lgpl-2.1 lgpl-3.0 isc h-research intel-research lppl-1.3c ms-pl apple-ascl apple-amlr mpl-2.0 odc-by odbl
openmdw-1.0 openrail++ osl-3.0 postgresql ofl-1.1 ncsa unlicense zlib pddl lgpl-lr deepfloyd-if-license
fair-noncommercial-research-license llama2 llama3 llama3.1 llama3.2 llama3.3 llama4 grok2-community gemma unknown
other
"""
LICENSES = frozenset(_LICENSES.split())

# https://huggingface.co/tasks, those of text: i2a makes no other data.
_TASK_CATEGORIES = """
text-classification token-classification table-question-answering question-answering zero-shot-classification
translation summarization feature-extraction text-generation fill-mask sentence-similarity text-ranking
text-retrieval multiple-choice table-to-text other
"""
TASK_CATEGORIES = frozenset(_TASK_CATEGORIES.split())

# One word for each number of digits from three on.
SIZE_CATEGORIES = (
    *("n<1K", "1K<n<10K", "10K<n<100K", "100K<n<1M", "1M<n<10M", "10M<n<100M"),
    *("100M<n<1B", "1B<n<10B", "10B<n<100B", "100B<n<1T", "n>1T"),
)

LANGUAGE_CREATORS = frozenset({"found", "crowdsourced", "expert-generated", "machine-generated", "other"})
ANNOTATIONS_CREATORS = LANGUAGE_CREATORS | {"no-annotation"}
MULTILINGUALITY = frozenset({"monolingual", "multilingual", "translation", "other"})

# ISO 639-1
_LANGUAGES = """
aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en eo es
et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki
kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no
nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te
tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu
"""
LANGUAGES = frozenset(_LANGUAGES.split())

_VOCABULARY: dict[str, Collection[str]] = {
    "license": LICENSES,
    "language": LANGUAGES,
    "task_categories": TASK_CATEGORIES,
    "size_categories": SIZE_CATEGORIES,
    "annotations_creators": ANNOTATIONS_CREATORS,
    "language_creators": LANGUAGE_CREATORS,
    "multilinguality": MULTILINGUALITY,
}
_REPO_ID = re.compile(r"[A-Za-z0-9_]([\w.-]*\w)?/[A-Za-z0-9_]([\w.-]*\w)?", re.ASCII)
_TAG = re.compile(r"[a-z0-9][a-z0-9._:+-]{0,63}")
_REVISION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,63}")


class VocabularyError(ValueError):
    """A card says something that the Hub does not know; names the field, the value and what is meant perhaps."""


def check_license(text: str) -> str:
    """The licence's id as the Hub spells it.

    Raises:
        VocabularyError: it knows no such id; names the nearest ones. Or it is `other`, which says nothing by itself.
    """
    found = text.lower()
    if found == "other":
        raise VocabularyError(
            f"license: {text!r} alone tells nobody what is allowed; the Hub wants a name and a link with it, which a "
            "card made here has not. Choose an id of the list: https://huggingface.co/docs/hub/repositories-licenses"
        )
    if found not in LICENSES:
        raise _unknown("license", text)
    return found


def check_revision(text: str) -> str:
    """The name of a version, where a tag may have it and a snippet can show it as it is.

    Raises:
        VocabularyError: it may not.
    """
    if not _REVISION.fullmatch(text) or ".." in text or text.endswith((".", ".lock")) or text == "main":
        raise VocabularyError(
            f"version: {text!r} can't be a tag here. Use letters, digits and . _ + - alone, such as v1.0.0"
        )
    return text


def check_repo_id(text: str) -> str:
    """ORG/NAME, where it may be the name of a dataset on the Hub.

    Raises:
        VocabularyError: it may not.
    """
    if not is_repo_id(text):
        raise VocabularyError(
            f"repo id: {text!r} can't be a dataset's name on the Hub. Use ORG/NAME, of letters, digits and . _ - alone"
        )
    return text


def is_repo_id(text: str) -> bool:
    """Whether a dataset on the Hub may be called so; the name of a folder need not be such a one."""
    odd = "--" in text or ".." in text or text.endswith(".git") or len(text) > 96
    return _REPO_ID.fullmatch(text) is not None and not odd


def namespace(repo_id: str) -> str:
    """The user or organisation that a dataset belongs to."""
    return repo_id.split("/", 1)[0]


def check_header(header: Mapping[str, Any]) -> None:
    """Sees that the Hub understands each field of a card's header.

    Raises:
        VocabularyError: it does not understand one.
    """
    for field in _VOCABULARY:
        for word in _listed(header.get(field)):
            _check_word(field, word)
    for tag in _listed(header.get("tags")):
        if not _TAG.fullmatch(tag):
            raise VocabularyError(
                f"tags: {tag!r} is no tag. Use lower-case letters, digits and . _ : + - alone, 64 characters at most"
            )
    for source in _listed(header.get("source_datasets")):
        if source != "original" and not is_repo_id(source):
            raise VocabularyError(
                f"source_datasets: {source!r} is neither `original` nor ORG/NAME, the id of a dataset"
            )
    if not str(header.get("pretty_name") or "").strip():
        raise VocabularyError("pretty_name: it is empty. Give the dataset a title")
    _check_configs(header.get("configs") or [])


def _check_configs(configs: Sequence[Mapping[str, Any]]) -> None:
    _check_unique("configs", [config["config_name"] for config in configs])
    for config in configs:
        _check_unique(f"configs.{config['config_name']}", [files["split"] for files in config["data_files"]])
    defaults = [config["config_name"] for config in configs if config.get("default")]
    if len(defaults) != 1:
        raise VocabularyError(f"configs: {defaults} are marked as default. Mark exactly one that has rows")


def _check_unique(field: str, names: Sequence[str]) -> None:
    if twice := [name for name, count in Counter(names).items() if count > 1]:
        raise VocabularyError(f"{field}: {twice[0]!r} stands there more than once. Give each one a name of its own")


def _check_word(field: str, word: str) -> None:
    if word not in _VOCABULARY[field]:
        raise _unknown(field, word)


def _unknown(field: str, word: str) -> VocabularyError:
    known = sorted(_VOCABULARY[field])
    nearest = difflib.get_close_matches("-".join(str(word).lower().split()), known, cutoff=0.5)
    usual = "cc-by-4.0, cc0-1.0, apache-2.0, mit" if field == "license" else ", ".join(known[:8])
    hint = f"Nearest: {', '.join(nearest)}" if nearest else f"Some that are: {usual}"
    return VocabularyError(f"{field}: {word!r} is not on the Hub's list. {hint}")


def _listed(value: str | Sequence[str] | None) -> Sequence[str]:
    """A field's values: the Hub takes one word or a list of them."""
    return [value] if isinstance(value, str) else value or []
