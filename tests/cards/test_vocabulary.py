"""The header's words: the Hub's own, and an error that helps for any other."""

from typing import Any

import pytest

from cards import vocabulary
from cards.vocabulary import VocabularyError, check_header, check_license, check_revision, is_repo_id

HEADER: dict[str, Any] = {
    "language": ["en"],
    "license": "cc-by-4.0",
    "pretty_name": "Some people",
    "task_categories": ["text-generation"],
    "size_categories": ["n<1K"],
    "annotations_creators": ["machine-generated"],
    "language_creators": ["machine-generated"],
    "multilinguality": ["monolingual"],
    "source_datasets": ["original", "i2a/personas"],
    "tags": ["synthetic", "dpo", "task:x", "a.b-c_d"],
    "configs": [
        {"config_name": "a", "default": True, "data_files": [{"split": "train", "path": "a/train-*.parquet"}]},
        {"config_name": "b", "data_files": [{"split": "train", "path": "b"}, {"split": "test", "path": "b"}]},
    ],
}


def test_a_header_of_known_words_passes_whole_or_in_part() -> None:
    check_header(HEADER)
    check_header({**HEADER, "source_datasets": None, "tags": [], "language": "en"})


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("license", "nonsense", "'nonsense' is not on the Hub's list"),
        ("language", ["english"], "'english' is not on"),
        ("task_categories", ["text-generation", "chatting"], "'chatting' is not on"),
        ("size_categories", ["1000"], "'1000' is not on"),
        ("annotations_creators", ["machine"], "Nearest: machine-generated"),
        ("language_creators", ["no-annotation"], "'no-annotation' is not on"),
        ("multilinguality", ["mono"], "Nearest: monolingual"),
        ("source_datasets", ["my data"], "'my data' is neither `original` nor"),
        ("tags", ["Synthetic"], "'Synthetic' is no tag"),
        ("tags", ["a b"], "'a b' is no tag"),
        ("tags", ["x" * 65], "is no tag"),
        ("pretty_name", " ", "it is empty"),
        ("configs", [], "Mark exactly one"),
        ("configs", [{**HEADER["configs"][0], "default": False}], "Mark exactly one"),
        ("configs", [HEADER["configs"][0], {**HEADER["configs"][1], "default": True}], "Mark exactly one"),
        ("configs", [HEADER["configs"][0]] * 2, "'a' stands there more than once"),
        ("configs", [{**HEADER["configs"][0], "data_files": [{"split": "train"}] * 2}], "'train' stands there more"),
    ],
)
def test_any_other_word_is_an_error_that_names_field_value_and_remedy(field: str, value: Any, said: str) -> None:
    with pytest.raises(VocabularyError) as error:
        check_header({**HEADER, field: value})
    assert str(error.value).startswith(field)
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("text", "nearest"),
    [("CC BY 4.0", "cc-by-4.0"), ("CC-BY-4", "cc-by-4.0"), ("apache2", "apache-2.0"), ("GPLv3", "gpl-3.0")],
)
def test_a_licence_in_other_words_is_led_to_the_hub_s_id(text: str, nearest: str) -> None:
    with pytest.raises(VocabularyError) as error:
        check_license(text)
    assert nearest in str(error.value).split("Nearest: ")[1].split(", ")


def test_a_licence_far_from_all_is_led_to_the_usual_ones() -> None:
    with pytest.raises(VocabularyError, match=r"'' is not on the Hub's list\. Some that are: cc-by-4\.0, "):
        check_license("")


def test_the_lists_are_whole() -> None:
    assert {"cc-by-4.0", "cc0-1.0", "apache-2.0", "mit", "odc-by", "other"} <= vocabulary.LICENSES
    assert len(vocabulary.LANGUAGES) == 183
    assert all(len(code) == 2 for code in vocabulary.LANGUAGES)
    assert all(check_license(one) == one for one in vocabulary.LICENSES - {"other"})


@pytest.mark.parametrize("text", ["other", "Other"])
def test_a_licence_that_says_nothing_by_itself_is_refused(text: str) -> None:
    with pytest.raises(VocabularyError, match=rf"'{text}' alone tells nobody .* Choose an id of the list"):
        check_license(text)


@pytest.mark.parametrize(("text", "found"), [("CC-BY-4.0", "cc-by-4.0"), ("MIT", "mit"), ("OpenRAIL++", "openrail++")])
def test_a_licence_may_be_spelled_in_capitals(text: str, found: str) -> None:
    assert check_license(text) == found


def test_a_name_may_have_96_characters() -> None:
    assert is_repo_id("a/" + "b" * 94)
    assert not is_repo_id("a/" + "b" * 95)


@pytest.mark.parametrize("version", ["main", "v1.lock", "v1..2", "v1."])
def test_what_git_or_the_hub_keeps_for_itself_is_no_version(version: str) -> None:
    assert check_revision("v1.0.0") == "v1.0.0"
    with pytest.raises(VocabularyError, match="can't be a tag here"):
        check_revision(version)


@pytest.mark.parametrize("name", ["i2a/trees", "a/b", "my-lab/x_1.2", "A0/_x"])
def test_what_the_hub_takes_is_a_dataset_s_name(name: str) -> None:
    from huggingface_hub.errors import HFValidationError  # the client's own word on it
    from huggingface_hub.utils._validators import validate_repo_id

    assert is_repo_id(name)
    validate_repo_id(name)
    with pytest.raises(HFValidationError):
        validate_repo_id(f"{name}/more")
    assert not is_repo_id(f"{name}/more")
