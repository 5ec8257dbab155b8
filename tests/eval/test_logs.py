"""Inspect's logs, read back: which of them count, what is in them, and what is missing."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from inspect_ai.log import EvalLog, write_eval_log
from inspect_ai.model import ModelUsage

from eval.logs import natural, read
from eval.runs import Usage
from pipelines.errors import UserError
from tests.eval.logs import JUDGE, RULES, USER, curve, log, planted, sample, turn, write


def test_a_conversation_comes_back_as_it_was_written(tmp_path: Path) -> None:
    told = [turn(1, 2.5, second=3.0, cut=True), turn(2, None)]
    write(tmp_path, log([sample(7, told, planned=3, shortened="the user said nothing")], "sft", votes=2))
    (run,) = read([tmp_path]).runs
    (talk,) = run.talks
    assert (run.name, run.protocol, run.baseline, run.turns, run.votes) == ("sft", "plus", "plain", 3, 2)
    assert run.roles == {"user": USER, "judge": JUDGE}
    assert (talk.persona_id, talk.profile_id, talk.shortened) == ("p-007", "pr-01", "the user said nothing")
    assert talk.turns[0].votes[0] == {"style": 2.4, "content": 2.4, "manner": 2.4}
    assert (talk.turns[0].second, talk.turns[0].cut, talk.turns[1].second) == (3.0, True, None)
    assert run.scores[0][0] == 2.5
    assert all(map(math.isnan, run.scores[0][1:]))  # unscored, and never played


def test_tokens_of_the_evaluated_model_are_those_that_no_role_took(tmp_path: Path) -> None:
    write(tmp_path, log(curve(3, [3]), model=USER))
    usage = read([tmp_path]).runs[0].usage
    assert usage == {
        "assistant": Usage(3 * (900 - 410), 3 * (100 - 50), None),
        "judge": Usage(3 * 410, 3 * 50, None),
        "user": Usage(3 * 410, 3 * 50, None),
    }


def test_tokens_are_those_of_all_conversations_not_of_a_resumed_runs_last_part(tmp_path: Path) -> None:
    resumed = log(curve(10, [3]))
    last = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2, total_cost=0.5)
    resumed.stats.model_usage, resumed.stats.role_usage = {resumed.eval.model: last}, {"user": last}
    for one in (resumed.samples or [])[:2]:
        one.role_usage["user"].total_cost = 0.25
    write(tmp_path, resumed)
    usage = read([tmp_path]).runs[0].usage
    assert (usage["assistant"].tokens_in, usage["user"].tokens_in) == (9000, 4100)
    assert usage["user"].cost is None  # that of the others is not known


def test_what_is_not_finished_is_read_as_far_as_it_goes_and_counted(tmp_path: Path) -> None:
    failed = sample(9, [], error="HTTP 500")
    write(tmp_path, log([*curve(3, [2, 3]), failed], expected=10, status="started"))
    (run,) = read([tmp_path]).runs
    assert (len(run.talks), run.expected, run.missing, run.failed, run.status) == (3, 10, 7, 1, "started")


def test_a_conversation_that_an_error_ended_does_not_count_even_with_scores(tmp_path: Path) -> None:
    (whole, broken) = curve(2, [3, 3])
    broken.error = sample(1, [], error="HTTP 500").error
    write(tmp_path, log([whole, broken]))
    (run,) = read([tmp_path]).runs
    assert ([talk.persona_id for talk in run.talks], run.missing, run.failed) == (["p-000"], 1, 1)


@pytest.mark.parametrize(
    ("roles", "rehearsal"), [(None, False), (RULES, True), ({"user": USER, "judge": RULES["judge"]}, True)]
)
def test_a_run_is_a_rehearsal_where_user_or_judge_play_by_rule(
    tmp_path: Path, roles: dict[str, str] | None, rehearsal: bool
) -> None:
    write(tmp_path, log(curve(1, [3]), roles=roles))
    assert read([tmp_path]).runs[0].rehearsal == rehearsal


def test_personas_are_certified_where_each_one_tells_its_distance(tmp_path: Path) -> None:
    bare = sample(5, [turn(1, 3)], metadata={"nearest_profile": None})
    write(tmp_path, log(curve(2, [3]), "with"), log([*curve(2, [3]), bare], "without"))
    assert [run.certified for run in read([tmp_path]).runs] == [True, False]


def test_of_a_resumed_task_the_newest_log_counts(tmp_path: Path) -> None:
    old = log(curve(2, [1]), task_id="one", created="2025-01-01T00:00:00+00:00")
    new = log(curve(4, [1]), task_id="one", created="2025-01-02T00:00:00+00:00")
    write(tmp_path, new, old)
    logs = read([tmp_path])
    assert [len(run.talks) for run in logs.runs] == [4]
    assert not logs.notes


def test_of_a_run_that_was_made_anew_the_newest_counts_and_the_other_is_told(tmp_path: Path) -> None:
    old, new = (log(curve(n, [1]), task_id=f"{n}", created=f"2025-01-0{n}T00:00:00+00:00") for n in (1, 2))
    paths = write(tmp_path, old, new)
    logs = read([tmp_path])
    assert [len(run.talks) for run in logs.runs] == [2]
    (note,) = logs.notes
    assert "run more than once" in note
    assert paths[0].name in note


@pytest.mark.parametrize(
    ("changed", "names"),
    [
        ({"roles": {"user": USER, "judge": "b/c"}}, [f"sft (judge {JUDGE})", "sft (judge b/c)"]),
        ({"roles": {"user": "b/c", "judge": JUDGE}}, [f"sft (user {USER})", "sft (user b/c)"]),
        ({"roles": {"user": USER, "judge": JUDGE, "inducer": "b"}}, ["sft (inducer unset)", "sft (inducer b)"]),
        ({"turns": 5}, ["sft (turns 1)", "sft (turns 5)"]),
        ({"votes": 5, "seed": 3}, ["sft (votes 2, seed unset)", "sft (votes 5, seed 3)"]),
        ({"version": "1-a-b"}, ["sft (version 0)", "sft (version 1-a-b)"]),
    ],
)
def test_runs_that_were_set_up_otherwise_are_two_and_their_names_say_how(
    tmp_path: Path, changed: dict[str, Any], names: list[str]
) -> None:
    paths = write(tmp_path, log(curve(1, [3])), log(curve(1, [3]), **changed))
    logs = read(paths)
    assert [run.name for run in logs.runs] == names
    assert not logs.notes


def test_runs_on_other_data_or_of_other_weights_or_decoding_are_two(tmp_path: Path) -> None:
    def other(change: Callable[[EvalLog], None], number: int) -> EvalLog:
        made = log(curve(1, [3]), task_id=str(number))
        change(made)
        return made

    def data(made: EvalLog) -> None:
        made.eval.dataset.name = "my.jsonl"

    def weights(made: EvalLog) -> None:
        made.eval.model_args = {"model_path": "out/b"}

    def decoding(made: EvalLog) -> None:
        made.eval.model_generate_config.temperature = 0.7

    paths = write(tmp_path, *(other(change, n) for n, change in enumerate((data, weights, decoding))))
    names = [run.name for run in read(paths).runs]
    assert names == [
        "sft (data my.jsonl, arguments unset, temperature unset)",
        'sft (data unset, arguments {"model_path": "out/b"}, temperature unset)',
        "sft (data unset, arguments unset, temperature 0.7)",
    ]


def test_a_protocol_that_is_not_known_is_an_error(tmp_path: Path) -> None:
    """It stands in the names of files."""
    (path,) = write(tmp_path, log(curve(1, [3]), protocol="../../x"))
    with pytest.raises(UserError, match="does not describe itself as this benchmark's does"):
        read([path])


def test_runs_of_a_folder_are_in_the_order_of_their_names_and_from_the_floor_up(tmp_path: Path) -> None:
    runs = [("seed 10", "plain"), ("seed 2", "persona"), ("seed 2", "plain"), ("seed 2", "infer")]
    write(tmp_path, *(log(curve(1, [3]), name, baseline=baseline) for name, baseline in runs))
    assert [run.name for run in read([tmp_path]).runs] == ["seed 2", "seed 2, infer", "seed 2, persona", "seed 10"]


def test_logs_in_folders_of_a_folder_are_read_in_the_same_order_and_hidden_ones_are_not(tmp_path: Path) -> None:
    for folder, name in (("b/deep", "seed 2"), ("a", "seed 10"), (".kept", "hidden")):
        (tmp_path / folder).mkdir(parents=True)
        write(tmp_path / folder, log(curve(1, [3]), name))
    assert [run.name for run in read([tmp_path]).runs] == ["seed 2", "seed 10"]


def test_runs_of_files_are_in_the_order_in_which_they_were_given(tmp_path: Path) -> None:
    a, b = write(tmp_path, log(curve(1, [3]), "a"), log(curve(1, [3]), "b"))
    assert [run.name for run in read([b, a]).runs] == ["b", "a"]


def test_names_tell_runs_of_one_protocol_apart(tmp_path: Path) -> None:
    same = [log(curve(1, [3]), "sft", model=f"openai-api/host/{n}", task_id=str(n)) for n in range(3)]
    write(tmp_path, *same, log(curve(1, [3]), "sft", protocol="paper"))
    names = [(run.protocol, run.name) for run in read([tmp_path]).runs]
    assert len(set(names)) == 4
    assert ("paper", "sft") in names


@pytest.mark.parametrize(
    ("model", "name"),
    [("openai/gpt-4o", "gpt-4o"), ("openai-api/host/org/model", "org/model"), ("hf/out/sft", "out/sft"), ("x", "x")],
)
def test_a_run_without_a_name_is_called_by_its_model(tmp_path: Path, model: str, name: str) -> None:
    unnamed = log(curve(1, [3]), model=model)
    (unnamed.eval.metadata or {})["name"] = None
    write(tmp_path, unnamed)
    assert read([tmp_path]).runs[0].name == name


def test_a_name_is_one_short_line_that_prints(tmp_path: Path) -> None:
    write(tmp_path, log(curve(1, [3]), "a\u202eb\x1b[31m\n" + "long " * 50))
    name = read([tmp_path]).runs[0].name
    assert len(name) == 60
    assert name.isprintable()


def test_planted_replies_come_by_case_and_kind_with_the_judge(tmp_path: Path) -> None:
    write(tmp_path, log(curve(1, [3])), log(planted({"perfect": [5, None]}), task="planted", model="none/none"))
    (found,) = read([tmp_path]).planted
    assert (found.judge, found.expected) == (JUDGE, 2)
    assert found.scores[0] == ("c01", "perfect", 5.0)
    assert math.isnan(found.scores[1][2])


def test_a_json_log_is_read_like_any_other(tmp_path: Path) -> None:
    path = tmp_path / "log.json"
    write_eval_log(log(curve(2, [3, None])), path)
    assert len(read([path]).runs[0].talks) == 2
    assert math.isnan(read([path]).runs[0].scores[0][1])


def test_a_run_of_several_epochs_counts_each_conversation(tmp_path: Path) -> None:
    twice = curve(2, [3])
    for one in curve(2, [4]):
        one.epoch = 2
        twice.append(one)
    made = log(twice)
    made.eval.config.epochs = 2
    made.eval.dataset.sample_ids = ["p-000", "p-001"]
    write(tmp_path, made)
    (run,) = read([tmp_path]).runs
    assert (len(run.talks), run.missing) == (4, 0)
    assert len({talk.persona_id for talk in run.talks}) == 4


def test_what_is_no_log_in_a_folder_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    write(tmp_path, log(curve(1, [3])), log(curve(1, [3]), task="mmlu"))
    (tmp_path / "killed.eval").write_bytes(b"PK")
    (tmp_path / "logs.json").write_text("{}")
    (tmp_path / "notes.txt").write_text("hello")
    logs = read([tmp_path])
    assert len(logs.runs) == 1
    assert len(logs.notes) == 2
    assert all(note.startswith("left out: ") for note in logs.notes)


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("gone.eval", None, "there is no such file or folder"),
        ("notes.txt", b"hello", "not a log of Inspect, whose names end in .eval or .json"),
        ("broken.eval", b"PK\x03\x04", "can't be read as a log of Inspect"),
        ("other.json", b"{}", "can't be read as a log of Inspect"),
        ("empty.eval", b"", "can't be read as a log of Inspect"),
    ],
)
def test_a_bad_file_is_an_error_that_names_it(tmp_path: Path, name: str, content: bytes | None, problem: str) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError) as error:
        read([path])
    assert str(path) in str(error.value)
    assert problem in str(error.value)


def test_a_log_of_another_task_is_an_error(tmp_path: Path) -> None:
    (path,) = write(tmp_path, log(curve(1, [3]), task="mmlu"))
    with pytest.raises(UserError, match="a log of the task mmlu"):
        read([path])


def test_a_task_that_only_has_the_name_is_an_error(tmp_path: Path) -> None:
    other = log(curve(1, [3]))
    other.eval.metadata = None
    (path,) = write(tmp_path, other)
    with pytest.raises(UserError, match="does not describe itself as this benchmark's does"):
        read([path])


def test_records_of_another_shape_are_an_error_that_names_the_place(tmp_path: Path) -> None:
    broken = turn(1, 3)
    del broken["reply"]
    (path,) = write(tmp_path, log([sample(3, [broken])]))
    with pytest.raises(UserError, match=r"conversation p-003 can't be read at turns\.0\.reply"):
        read([path])


def test_a_folder_without_logs_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no log of the benchmark in this folder"):
        read([tmp_path])


def test_logs_without_a_finished_conversation_are_an_error(tmp_path: Path) -> None:
    write(tmp_path, log([], status="started", expected=5))
    with pytest.raises(UserError, match="no finished conversation"):
        read([tmp_path])


def test_a_run_without_a_finished_conversation_is_left_out_beside_others_and_told(tmp_path: Path) -> None:
    write(tmp_path, log(curve(1, [3]), "done"), log([], "begun", expected=5))
    logs = read([tmp_path])
    assert [run.name for run in logs.runs] == ["done"]
    assert logs.notes == ["begun: no conversation is finished; left out"]


def test_numbers_in_a_name_are_sorted_by_value() -> None:
    assert sorted(["b", "a 10", "a 9", "a"], key=natural) == ["a", "a 9", "a 10", "b"]
