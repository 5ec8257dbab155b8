from collections import Counter

from filters.verdict import Drop, Sifted, sift


def no_shouting(text: str) -> Drop | None:
    return Drop("shouting", text) if text.isupper() else None


def test_every_item_is_kept_or_dropped_with_its_reason_in_order() -> None:
    result = sift(["b", "LOUD", "a", "LOUDER"], no_shouting)
    assert result.kept == ["b", "a"]
    assert result.dropped == [("LOUD", Drop("shouting", "LOUD")), ("LOUDER", Drop("shouting", "LOUDER"))]
    assert result.ratio == 0.5
    assert result.reasons == Counter({"shouting": 2})


def test_of_no_items_none_is_lost() -> None:
    result: Sifted[str] = sift([], no_shouting)
    assert (result.kept, result.dropped, result.ratio, result.reasons) == ([], [], 1.0, Counter())
