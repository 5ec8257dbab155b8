"""The figures of the report: the numbers in them, and that any number of models finds room."""

from pathlib import Path

import pytest
from inspect_ai.log import EvalLog

from cards import drawing
from eval.reports.charts import NAMES, charts
from eval.reports.page import page
from eval.reports.panels import MOST, by_persona, curves_panel, differences_panel, groups, names
from tests.cards.test_report import Page
from tests.eval.logs import curve, log
from tests.eval.test_report import summary_of, varied


def rules(number: int) -> list[EvalLog]:
    by_rule = "openai-api/rehearsal/rehearsal/micro"
    return [log(curve(2, [2, 3]), f"rule {n}", model=f"{by_rule}/{n}") for n in range(number)]


def test_figures_hold_few_models_each_with_the_first_and_all_names_differ(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawing, "png", lambda *_: b"")
    long = "the same forty characters at the beginning "
    found = summary_of(tmp_path, *(log(varied(10, 0.05 * n, seed=n), f"{long}{n}") for n in range(9)))
    labels = names(found.models)
    assert len({drawing.plain(label) for label in labels.values()}) == 9
    made = [figure.name for figure in charts(found)]
    assert [name for name in made if name.startswith("turns")] == ["turns-1", "turns-2", "turns-3"]
    assert [name for name in made if name.startswith("differences")] == [f"differences-{n}" for n in (1, 2, 3)]
    assert len(set(made)) == len(made)
    panel = curves_panel(found.models[:MOST], [], labels)
    assert list(panel.series[2].y) == [one.value for one in found.models[2].metrics.al]
    assert list(panel.series[2].low) == [one.low for one in found.models[2].metrics.al]


@pytest.mark.parametrize("bounds", [0, 2])
@pytest.mark.parametrize("models", [1, 4, 5, 8, 10])
def test_however_many_models_there_are_all_find_room_in_figures_of_about_the_same_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: int, bounds: int
) -> None:
    if (models, bounds) != (10, 2):  # drawing takes time
        monkeypatch.setattr(drawing, "png", lambda *_: b"png")
    found = summary_of(tmp_path, *(log(curve(2, [3, 3]), f"m{n}") for n in range(models)), *rules(bounds))
    assert all(figure.png for figure in charts(found))
    shown = groups(found.judged("plus"), bounded=bounds > 0)
    assert {model.name for group in shown for model in group} == {f"m{n}" for n in range(models)}
    assert max(map(len, shown)) - min(map(len, shown)) <= 1
    assert all(len(group) <= MOST for group in shown)
    assert bounds or all(group[0].name == "m0" for group in shown)


def test_bounds_stand_in_every_panel_behind_the_models(tmp_path: Path) -> None:
    found = summary_of(tmp_path, *rules(2), log(curve(2, [3, 3]), "base"), log(curve(2, [3, 4]), "sft"))
    assert [model.name for model in found.bounds("plus")] == ["rule 0", "rule 1"]
    panel = curves_panel(found.judged("plus"), found.bounds("plus"), names(found.models))
    assert [series.label for series in panel.series] == ["base", "sft", "", "", "rule 0", "rule 1"]
    pairs = [("rule 0", "rule 1")]
    pairs += [(rule, name) for rule in ("rule 0", "rule 1") for name in ("base", "sft")]
    assert [(pair.a.name, pair.b.name) for pair in found.pairs] == [*pairs, ("base", "sft")]
    assert [pair.b.name for pair in found.firsts("plus")] == ["sft"]
    assert "Against rule 0, a bound that is played by rule" in Page(page(found, [])).text


def test_where_all_play_by_rule_none_is_a_bound(tmp_path: Path) -> None:
    found = summary_of(tmp_path, *rules(2))
    assert found.bounds("plus") == []
    assert [pair.b.name for pair in found.firsts("plus")] == ["rule 1"]


def test_every_figure_has_a_name_that_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else it would stay behind in the folder of a smaller report."""
    monkeypatch.setattr(drawing, "png", lambda *_: b"")
    runs = [log(curve(2, [3]), f"m{n}", protocol=protocol) for protocol in ("paper", "plus") for n in range(6)]
    made = [figure.name for figure in charts(summary_of(tmp_path, *runs))]
    assert "differences-plus-2" in made
    assert all(NAMES.fullmatch(name) for name in made)


def test_turns_without_a_score_are_gaps_in_a_curve(tmp_path: Path) -> None:
    found = summary_of(tmp_path, log(curve(10, [2, None, 4]), "a"), log(curve(10, [3, 3, 4]), "b"))
    panel = curves_panel(found.models, [], names(found.models))
    assert [list(series.x) for series in panel.series if series.x] == [[1, 3], [1, 2, 3]]
    kept_for_the_first, difference = differences_panel(found.models, found.pairs, names(found.models)).series
    assert not kept_for_the_first.y
    assert (list(difference.x), list(difference.y)) == ([1, 3], [1, 0])
    assert by_persona(found.pairs[0])[0] == ("p-000", 0.5)


def test_no_difference_is_in_sight_however_large_the_differences_are(tmp_path: Path) -> None:
    found = summary_of(tmp_path, log(curve(10, [1, 1]), "a"), log(curve(10, [4, 4]), "b"))
    low, high = differences_panel(found.models, found.pairs, names(found.models)).y_limits
    assert low is not None
    assert high is not None
    assert low < 0
    assert high > 3
