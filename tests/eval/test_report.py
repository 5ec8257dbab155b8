"""The report of the benchmark: the same numbers in every form, and nothing that a text in a log could break."""

import base64
import hashlib
import json
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from inspect_ai.log import EvalLog, EvalSample
from markdown_it import MarkdownIt

from cards import drawing
from cards.figures import Figure
from cards.texts import cell
from eval.logs import read
from eval.metrics import measure
from eval.report import main
from eval.reports import tables
from eval.reports.charts import charts
from eval.reports.data import data
from eval.reports.faces import meetings
from eval.reports.markdown import markdown
from eval.reports.measuring import holm, summarise
from eval.reports.page import page
from eval.reports.summary import Summary
from tests.cards.test_report import HOSTILE, Page
from tests.eval.logs import JUDGE, RULES, USER, curve, log, planted, sample, turn, write


def varied(personas: int, rise: float, seed: int = 0, **fields: Any) -> list[EvalSample]:
    """Conversations whose scores rise from turn to turn, with noise."""
    noise = np.random.default_rng(seed).normal(0, 0.3, (personas, 4))
    scores = np.clip(2.5 + rise * np.arange(4) + noise, 1, 5).round(2)
    return [
        sample(n, [turn(k, float(score)) for k, score in enumerate(row, 1)], **fields) for n, row in enumerate(scores)
    ]


def summary_of(folder: Path, *logs: EvalLog) -> Summary:
    return summarise(read(write(folder, *logs)))


def two(folder: Path) -> Summary:
    return summary_of(folder, log(varied(30, 0), "base"), log(varied(30, 0.4, seed=1), "sft"))


def command(*arguments: object) -> int:
    return main([str(argument) for argument in arguments])


def test_the_command_writes_page_table_figures_and_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    logs = write(tmp_path, log(varied(50, 0), "base"), log(varied(50, 0.4, seed=1), "sft"))
    assert command(*logs, "--out", tmp_path / "out", "--json", tmp_path / "data" / "figures.json") == 0
    made = sorted(path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.*"))
    pictures = ["differences", "disclosed", "models", "personas", "turns"]
    assert made == [*(f"figures/{name}.png" for name in pictures), "report.html", "report.md"]
    told = json.loads((tmp_path / "data" / "figures.json").read_text())
    assert [model["name"] for model in told["models"]] == ["base", "sft"]
    said = capsys.readouterr().out
    assert "Scored better than base" in said
    assert "report.html" in said


def test_the_same_logs_give_the_same_bytes(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    write(logs, log(varied(10, 0), "base"), log(varied(10, 0.4, seed=1), "sft"))
    for out in ("one", "two"):
        assert command(logs, "--out", tmp_path / out, "--json", tmp_path / out / "figures.json") == 0
    one, other = (
        {path.relative_to(tmp_path / out): path.read_bytes() for path in (tmp_path / out).rglob("*.*")}
        for out in ("one", "two")
    )
    assert one == other


def test_what_the_user_can_mend_is_one_line_and_exit_code_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(tmp_path / "gone.eval", "--out", tmp_path / "out") == 2
    assert capsys.readouterr().err.splitlines() == [f"error: {tmp_path / 'gone.eval'}: there is no such file or folder"]
    (path,) = write(tmp_path, log(curve(1, [3])))
    (tmp_path / "taken").write_text("a file")
    assert command(path, "--out", tmp_path / "taken") == 2
    assert str(tmp_path / "taken") in capsys.readouterr().err


def test_numbers_are_those_of_the_metrics_and_null_where_not_defined(tmp_path: Path) -> None:
    samples = [*varied(10, 0.2), sample(11, [turn(1, None), turn(2, 3.0)], planned=4, shortened="a limit")]
    told = data(summary_of(tmp_path, log(samples, expected=13), log(curve(5, [3, 3]), "flat", protocol="paper")))
    model, flat = told["models"]
    run = read([tmp_path]).runs[1 if read([tmp_path]).runs[0].name == "flat" else 0]
    right = measure(np.array(run.scores), run.profiles)
    assert model["al"] == [one.value for one in right.al]
    assert model["gain_ci"] == [right.gain.low, right.gain.high]
    counted = {name: model[name] for name in ("replies", "unscored", "unplayed", "shortened", "missing", "expected")}
    assert counted == {"replies": 42, "unscored": 1, "unplayed": 2, "shortened": 1, "missing": 2, "expected": 13}
    assert model["shortened_why"] == {"a limit": 1}
    assert (flat["ir"], flat["r2"], flat["n_ir"], flat["n_r2"]) == (0, None, None, None)
    assert "NaN" not in json.dumps(told)


def test_a_pair_is_the_second_less_the_first_and_what_is_needed_stands_beside(tmp_path: Path) -> None:
    (pair,) = data(two(tmp_path))["pairs"]
    assert (pair["a"], pair["b"], pair["personas"], pair["profiles"]) == ("base", "sft", 30, 6)
    assert pair["ci"][0] < pair["diff"] < pair["ci"][1]
    assert pair["diff"] > 0.4
    assert set(pair["personas_needed"]) == {"0.1", "0.2", "0.5"}
    assert pair["gain_ci"][0] < pair["gain_diff"] < pair["gain_ci"][1]
    assert pair["gain_diff"] > 0.8
    assert pair["gain_p"] == pair["gain_p_holm"] < 0.05
    ((_, cells),) = tables.pairs(two(tmp_path).pairs).rows
    assert cells[5].text == f"{pair['gain_diff']:+.2f}"


def test_runs_under_other_conditions_are_not_compared_and_that_is_told(tmp_path: Path) -> None:
    judged = log(varied(5, 0), "other judge", roles={"user": "a", "judge": "b"})
    found = summary_of(tmp_path, log(varied(5, 0), "base"), judged, log(varied(5, 0), "paper", protocol="paper"))
    assert found.pairs == []
    assert found.notes == ["base and other judge are not compared: they differ in user (openai-api/host/user, a)"]
    assert found.notes[0] in page(found, []).decode()


@pytest.mark.parametrize(
    ("protocol", "inducer", "why"),
    [
        ("plus", "a/b", f"they differ in inducer ({JUDGE}, a/b)"),
        ("plus", JUDGE, ""),
        ("paper", "a/b", ""),
    ],
    ids=["another one", "the judge's model, as if unnamed", "has no say"],
)
def test_who_says_what_was_disclosed_decides_what_the_judge_sees(
    tmp_path: Path, protocol: str, inducer: str, why: str
) -> None:
    roles = {"user": USER, "judge": JUDGE, "inducer": inducer}
    runs = [log(curve(2, [3]), "a", protocol=protocol), log(curve(2, [3]), "b", protocol=protocol, roles=roles)]
    found = summary_of(tmp_path, *runs)
    assert found.notes == [f"a and b are not compared: {why}"] * bool(why)
    assert len(found.pairs) == (not why)


@pytest.mark.parametrize(
    ("a", "b", "alike"),
    [
        ("1-aa-bb", "1-aa-cc", True),
        ("1-aa-bb-x", "1-aa-bb", True),
        (1, 1, True),
        ("1-aa-bb", "1-dd-bb", False),
        ("1-aa-bb", "2-aa-bb", False),
        (1, "1-aa-bb", False),
    ],
)
def test_versions_are_alike_where_number_and_prompts_are(
    tmp_path: Path, a: int | str, b: int | str, alike: bool
) -> None:
    found = summary_of(tmp_path, log(curve(2, [3]), "a", version=a), log(curve(2, [3]), "b", version=b))
    assert bool(found.pairs) == alike
    assert alike or "they differ in version of the task" in found.notes[0]


def test_tables_on_trust_name_judge_and_protocol(tmp_path: Path) -> None:
    runs = [log(curve(2, [3]), "sft", protocol=protocol) for protocol in ("paper", "plus")]
    sets = [log(planted({"perfect": [5]}), task="planted", protocol=protocol) for protocol in ("paper", "plus")]
    found = summary_of(tmp_path, *runs, *sets)
    told = Page(page(found, [])).text
    for protocol in ("paper", "plus"):
        assert f"Planted replies, judged by {JUDGE}, protocol {protocol}" in told
        assert f"judged by {cell(JUDGE)}, protocol {protocol}:" in markdown(found)
    assert [name for name, _ in tables.trust(found.models).rows] == ["sft (paper)", "sft (plus)"]
    assert [name for name, _ in tables.cost(found.models).rows][::3] == ["sft (paper)", "sft (plus)"]


def test_figures_of_an_earlier_report_are_taken_away_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawing, "png", lambda *_: b"png")
    out, logs = tmp_path / "out", write(tmp_path, *(log(curve(2, [3, 3]), f"m{n}") for n in range(6)))
    assert command(*logs, "--out", out) == 0
    assert (out / "figures" / "turns-2.png").exists()
    for name in ("mine.png", "turns-mine.png", "turns.txt"):
        (out / "figures" / name).write_text("kept")
    assert command(logs[0], "--out", out) == 0
    left = sorted(path.name for path in (out / "figures").iterdir())
    assert left == ["disclosed.png", "mine.png", "models.png", "turns-mine.png", "turns.png", "turns.txt"]


def test_figures_that_are_not_of_a_report_stay(tmp_path: Path) -> None:
    (path,) = write(tmp_path, log(curve(2, [3])))
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "personas.png").write_text("of a release")
    assert command(path, "--out", tmp_path) == 0
    assert (tmp_path / "figures" / "personas.png").read_text() == "of a release"


def test_protocols_stand_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "png", lambda *_: b"")
    runs = [log(varied(5, 0), name, protocol=protocol) for protocol in ("paper", "plus") for name in ("a", "b")]
    found = summary_of(tmp_path, *runs)
    assert [(pair.a.run.protocol, pair.b.run.protocol) for pair in found.pairs] == [("paper",) * 2, ("plus",) * 2]
    assert [figure.name for figure in charts(found)][:2] == ["turns-paper", "models-paper"]
    assert markdown(found).count("## Protocol") == 2


def test_p_values_are_corrected_over_all_that_are_compared_with_the_same_model(tmp_path: Path) -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([]) == []
    found = summary_of(tmp_path, *(log(varied(30, 0.1 * n, seed=n), f"m{n}") for n in range(3)))
    first = [pair for pair in found.pairs if pair.a.name == "m0"]
    assert [pair.p_holm for pair in first] == holm([pair.comparison.p or 0 for pair in first])
    assert [pair.gain_p_holm for pair in first] == holm([pair.comparison.gain_p or 0 for pair in first])
    assert found.firsts("plus") == first
    assert len(found.others("plus")) == 1


@pytest.mark.parametrize(
    "samples",
    [curve(1, [None]), curve(1, [3]), curve(3, [None, None]), curve(6, [3, 3, 3]), [sample(0, [], planned=3)]],
    ids=["one unscored turn", "one turn", "nothing scored", "flat", "nothing said"],
)
def test_there_is_a_report_on_hardly_anything(tmp_path: Path, samples: Sequence[EvalSample]) -> None:
    found = summary_of(tmp_path, log(samples), log(samples, "again"))
    assert Page(page(found, charts(found))).all("table")
    assert "NaN" not in json.dumps(data(found))
    assert "nan" not in markdown(found).replace("nano", "")


def test_the_conversations_that_differ_most_stand_side_by_side(tmp_path: Path) -> None:
    base = [sample(n, [turn(1, 3.0), turn(2, 3.0)]) for n in range(9)]
    other = [sample(n, [turn(1, 3.0), turn(2, 1.0 + n / 2)]) for n in range(9)]
    (meeting,) = meetings(summary_of(tmp_path, log(base, "base"), log(other, "sft")))
    assert [face.talk.persona_id for face in meeting.faces] == ["p-008", "p-007", "p-006", "p-002", "p-001", "p-000"]
    assert meeting.faces[0].difference == 1.0
    assert [side.name for side in meeting.faces[0].sides] == ["base", "sft"]
    assert [side.mean for side in meeting.faces[0].sides] == [3.0, 4.0]


def test_a_conversation_that_ended_early_stands_beside_one_that_went_on(tmp_path: Path) -> None:
    whole, cut = sample(0, [turn(1, 2.0), turn(2, 2.0)]), sample(0, [turn(1, 4.0)], planned=2, shortened="a limit <b>")
    found = summary_of(tmp_path, log([whole], "base"), log([cut], "sft"))
    told = Page(page(found, [])).text
    assert "not played (a limit <b>)" in " ".join(told.split())
    shown = [[side and side[1] for side in sides] for _, sides in meetings(found)[0].faces[0].rounds]
    assert shown == [["Keeps two hens.", "Keeps two hens."], ["Is 44.", None]]


def hostile(text: str) -> list[EvalLog]:
    """Logs with a text wherever one can stand."""
    about = dict.fromkeys(("profile", "personality", "profile_id", "persona_id"), text)
    talk = sample(
        0,
        [turn(1, 3.0, message=text, reply=text), turn(2, None, message=text, reply=text)],
        planned=3,
        metadata={**about, "facts": [text], "traits": [text]},
        shortened=text,
        character={"broken": [1], "why": text},
    )
    other = sample(0, [turn(1, 4.0, message=text, reply=text)], metadata={**about, "facts": [text], "traits": [text]})
    return [
        log([talk], text, baseline=text, model=text, roles={**RULES, "inducer": text}, status="cancelled", expected=2),
        log([other], "other", turns=3, roles={**RULES, "inducer": text}),
        log(planted({"perfect": [5], text: [1]}), task="planted", roles={"judge": text}),
    ]


def test_hostile_texts_add_no_element_and_no_attribute_to_the_page(tmp_path: Path) -> None:
    pages = []
    for number, text in enumerate(("plain", HOSTILE.replace("\ud800", ""))):
        (tmp_path / str(number)).mkdir()
        found = summary_of(tmp_path / str(number), *hostile(text))
        pages.append(Page(page(found, [Figure(text, text, text, b"png")])))
    calm, bad = ([(tag, sorted(attributes)) for tag, attributes in one.elements] for one in pages)
    assert calm == bad
    assert "<script>alert(1)</script></style><img src=x onerror=alert(1)>" in pages[1].text
    assert not re.search("[\x00\x1b\u202a-\u202e]", pages[1].text)


def test_hostile_texts_are_only_text_in_the_markdown(tmp_path: Path) -> None:
    shapes = []
    for number, text in enumerate(("plain", HOSTILE.replace("\ud800", "") + " https://example.org | [a](b) <b>")):
        (tmp_path / str(number)).mkdir()
        tokens = (
            MarkdownIt("commonmark", {"linkify": False})
            .enable("table")
            .parse(markdown(summary_of(tmp_path / str(number), *hostile(text))))
        )
        flat = [child for token in tokens for child in (token.children or [token])]
        shapes.append([token.type for token in flat if token.type not in ("text", "text_special", "softbreak")])
    assert shapes[0] == shapes[1]
    assert "html_inline" not in shapes[1]


def test_the_policy_allows_the_pages_own_style_and_pictures_alone(tmp_path: Path) -> None:
    found = two(tmp_path)
    made = Page(page(found, [Figure("turns", "Score by turn", "What is seen.", b"png")] * 3))
    (policy,) = (one["content"] for one in made.all("meta") if one.get("http-equiv") == "Content-Security-Policy")
    digest = base64.b64encode(hashlib.sha256(made.style.encode()).digest()).decode()
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    )
    assert not made.all("script")
    assert not made.all("link")
    assert not any("style" in attributes for _, attributes in made.elements)
    assert [one["alt"] for one in made.all("img")] == ["Score by turn. What is seen."] * 3


def test_every_table_has_as_many_cells_as_titles(tmp_path: Path) -> None:
    for token in two_tables(markdown(two(tmp_path))):
        assert len(set(token)) == 1


def two_tables(text: str) -> list[list[int]]:
    """Of each table in Markdown the number of cells of each row."""
    blocks = [block.splitlines() for block in text.split("\n\n") if block.startswith("|")]
    assert len(blocks) > 5
    return [[len(re.findall(r"(?<!\\)\|", line)) for line in block] for block in blocks]


def test_likeness_to_training_texts_is_called_so(tmp_path: Path) -> None:
    told = " ".join(Page(page(two(tmp_path), [])).text.split())
    assert "Likeness to training texts" in told
    assert "1 is the same text. Between different people 0.4 to 0.7 is usual" in told


@pytest.mark.slow
def test_in_a_browser_of_1200_pixels_no_table_is_cut(tmp_path: Path) -> None:
    from playwright.sync_api import sync_playwright

    (tmp_path / "logs").mkdir()
    runs = [log(varied(60, 0.3 * n, n), "assistant", baseline=of) for n, of in enumerate(("plain", "infer", "persona"))]
    (tmp_path / "report.html").write_bytes(page(summary_of(tmp_path / "logs", *runs), []))
    flags = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=flags.split())
        shown = browser.new_page(viewport={"width": 1200, "height": 900})
        shown.goto((tmp_path / "report.html").as_uri())
        cut = shown.evaluate(
            "[...document.querySelectorAll('.wide')].filter(e => e.scrollWidth > e.clientWidth).length"
        )
        browser.close()
    assert cut == 0


@pytest.mark.slow
def test_in_a_browser_the_page_fits_a_phone_and_asks_for_nothing(tmp_path: Path) -> None:
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium")
    assert chromium, "Chromium is missing: `make test` installs it on Debian (apt-get install chromium)"
    (tmp_path / "logs").mkdir()
    found = summary_of(tmp_path / "logs", *hostile("word" * 200 + HOSTILE.replace("\ud800", "")))
    (tmp_path / "report.html").write_bytes(page(found, charts(found)))
    asked: list[str] = []
    flags = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=flags.split())
        shown = browser.new_page(viewport={"width": 375, "height": 800}, color_scheme="dark")
        shown.on("console", lambda message: asked.append(message.text))
        shown.on("request", lambda request: asked.append(request.url))
        shown.goto((tmp_path / "report.html").as_uri())
        width = shown.evaluate("document.documentElement.scrollWidth")
        ground = shown.evaluate("getComputedStyle(document.body).backgroundColor")
        loaded = shown.evaluate("[...document.images].every(image => image.naturalWidth > 500)")
        browser.close()
    assert width == 375
    assert ground == "rgb(21, 23, 26)"
    assert loaded
    assert [one for one in asked if not one.startswith(("data:", "file:"))] == []
