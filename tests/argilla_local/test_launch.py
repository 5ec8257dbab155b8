"""The server's environment: made once, made again when it must be, and a clear error where it can't be."""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipelines.argilla_local import launch
from pipelines.errors import UserError

_PIN = re.compile(r"[A-Za-z0-9._-]+==[0-9][0-9A-Za-z.]*")


def test_every_requirement_is_pinned() -> None:
    lines = [line for line in launch.REQUIREMENTS.read_text().splitlines() if not line.startswith("#")]
    assert all(_PIN.fullmatch(line) for line in lines)
    assert len(lines) == len({line.split("==")[0].lower() for line in lines})


def test_the_server_is_of_the_version_of_its_client() -> None:
    """The annotators' server and the SDK that pushes and collects speak one API."""
    client = re.search(r"^argilla==(\S+)$", (launch.ROOT / "constraints.txt").read_text(), re.MULTILINE)
    assert client
    assert f"argilla-server=={client[1]}\n" in launch.REQUIREMENTS.read_text()


@pytest.mark.slow
def test_an_environment_is_made_by_one_of_two_and_anew_where_it_is_half_made_or_out_of_date(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, requirements = tmp_path / ".venv-some", tmp_path / "some.txt"
    requirements.write_text(f"{tmp_path}/no-such-package.whl\n")
    with pytest.raises(UserError, match=r"can't be made; -m pip install ended with:\n(.|\n)*no-such-package"):
        launch.environment(folder, requirements)
    requirements.write_text("# nothing\n")
    capsys.readouterr()
    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(lambda _: launch.environment(folder, requirements), range(2)))
    assert made == [folder / "bin/python"] * 2
    assert made[0].exists()
    assert capsys.readouterr().out == "setting up .venv-some: about a minute, the first time\n"
    left = folder / "left"
    left.touch()
    requirements.write_text("# nothing else\n")
    launch.environment(folder, requirements)
    assert not left.exists()


def test_a_place_where_nothing_can_be_made_is_told() -> None:
    with pytest.raises(UserError, match="can't be made: No such file or directory"):
        launch.environment(Path("/proc/none/.venv-some"))
