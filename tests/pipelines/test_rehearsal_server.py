"""The endpoint on the wire: OpenAI's form, faults on request, an orderly end."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest

import pipelines
from pipelines import rehearsal
from pipelines.rehearsal.draw import Draw
from pipelines.rehearsal.faults import Faults, spoil
from pipelines.rehearsal.request import ApiError, parse, tokens
from pipelines.rehearsal.server import Settings

HELLO = [{"role": "user", "content": "I lost my keys in the garden."}]
COMMAND = [sys.executable, "-m", "pipelines.rehearsal"]


def body(**changes: Any) -> dict[str, Any]:
    return {"model": "rehearsal/generic", "messages": HELLO} | changes


def test_a_request_is_read() -> None:
    request = parse(orjson.dumps(body(n=2, seed=7, max_tokens=9, temperature=0.5, user="x")))
    assert (request.role, request.choices, request.seed, request.max_tokens) == ("generic", 2, 7, 9)
    assert parse(orjson.dumps(body(max_completion_tokens=5, max_tokens=9))).max_tokens == 5
    parts = [{"role": "developer", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}]
    assert parse(orjson.dumps(body(messages=parts))).messages == (("system", "ab"),)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"messages": []}, "at least one message"),
        ({"messages": None}, "`messages` must be a list, not null or missing"),
        ({"messages": [{"role": "user"}]}, r"messages\[0\].content"),
        ({"messages": [{"role": "wizard", "content": "x"}]}, "one of system, developer, user, assistant, not 'wizard'"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "text part"),
        ({"messages": ["hello"]}, "must be an object, not a string"),
        ({"n": 0}, "`n` must be an integer from 1 to 128, not 0"),
        ({"n": True}, "`n` must be an integer"),
        ({"max_tokens": -1}, "`max_tokens`"),
        ({"max_completion_tokens": "9"}, "`max_completion_tokens`"),
        ({"seed": 1.5}, "`seed`"),
        ({"temperature": 3}, "`temperature` must be a number from 0 to 2, not 3"),
        ({"response_format": {"type": "xml"}}, "text, json_object, json_schema"),
        ({"response_format": {"type": "json_schema"}}, "json_schema"),
        ({"stream": True}, "Streaming is not supported"),
        ({"model": None}, "`model` must be a string, not null or missing"),
    ],
)
def test_a_bad_request_says_what_is_wrong(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ApiError, match=message) as caught:
        parse(orjson.dumps(body(**changes)))
    assert caught.value.status == 400


@pytest.mark.parametrize(("raw", "message"), [(b"{", "no valid JSON"), (b"[]", "must be a JSON object, not a list")])
def test_a_broken_body_says_what_is_wrong(raw: bytes, message: str) -> None:
    with pytest.raises(ApiError, match=message):
        parse(raw)


def test_an_unknown_model_is_named_with_the_known_ones() -> None:
    with pytest.raises(ApiError, match=r"gpt-9.*rehearsal/writer") as caught:
        parse(orjson.dumps(body(model="gpt-9")))
    assert caught.value.status == 404


@pytest.mark.parametrize(
    ("rates", "message"),
    [
        ({"rate_429": 1.2}, "rate_429 is 1.2"),
        ({"rate_hang": -0.1}, "rate_hang is -0.1"),
        ({"rate_cut": float("nan")}, "rate_cut is nan"),
        ({"rate_500": 0.6, "rate_empty": 0.6}, "add up to 1.2"),
    ],
)
def test_impossible_rates_are_refused(rates: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Faults(**rates)


def test_impossible_times_are_refused() -> None:
    with pytest.raises(ValueError, match="latency is -1"):
        Settings(latency=-1)
    with pytest.raises(ValueError, match="jitter is inf"):
        Settings(jitter=float("inf"))


def test_faults_come_at_their_rates() -> None:
    faults = Faults(rate_429=0.2, rate_500=0.1, rate_garbage=0.05, rate_refusal=0.05)
    attempts = [faults.of_attempt(Draw("a", number)) for number in range(4000)]
    replies = [faults.of_reply(Draw("a", number)) for number in range(4000)]
    for found, name, rate in ((attempts, "429", 0.2), (attempts, "500", 0.1), (replies, "garbage", 0.05)):
        assert abs(found.count(name) / 4000 - rate) < 0.02
    assert "hang" not in attempts
    assert "empty" not in replies


def test_a_spoilt_reply_is_no_json() -> None:
    for number in range(50):
        with pytest.raises(orjson.JSONDecodeError):
            orjson.loads(spoil('{"shown": [1, 2]}', "garbage", Draw(number)))
    assert spoil("text", "empty", Draw(0)) == ""
    assert "text" not in spoil("text", "refusal", Draw(0))


def test_draws_follow_from_the_key_alone() -> None:
    assert [Draw("a", 1).below(100) for _ in range(3)] == [Draw("a", 1).below(100)] * 3
    draw = Draw("a")
    fork = draw.fork("b").share()
    draw.share()
    assert draw.fork("b").share() == fork
    spread = [Draw("x", number).below(10) for number in range(5000)]
    assert all(400 < spread.count(value) < 600 for value in range(10))
    assert sorted(Draw("s").sample("abc", 5)) == ["a", "b", "c"]


# From here on: a real server in a process of its own, and a real client.


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    with rehearsal.serve() as url:
        yield url


async def post(url: str, *bodies: dict[str, Any]) -> list[tuple[int, Any, dict[str, str]]]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as session:

        async def one(sent: dict[str, Any]) -> tuple[int, Any, dict[str, str]]:
            async with session.post(f"{url}/chat/completions", json=sent) as response:
                return response.status, await response.json(), dict(response.headers)

        return await asyncio.gather(*map(one, bodies))


def send(url: str, *bodies: dict[str, Any]) -> list[tuple[int, Any, dict[str, str]]]:
    return asyncio.run(post(url, *bodies))


async def fetch(url: str) -> Any:
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return await response.json()


def get(url: str) -> Any:
    return asyncio.run(fetch(url))


def texts(answer: Any) -> list[str]:
    return [choice["message"]["content"] for choice in answer["choices"]]


@pytest.mark.slow
def test_a_completion_has_openais_form(base_url: str) -> None:
    schema = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object"}}}
    [(status, answer, _)] = send(base_url, body(n=3, response_format=schema))
    assert status == 200
    assert answer["object"] == "chat.completion"
    assert [choice["index"] for choice in answer["choices"]] == [0, 1, 2]
    assert {choice["finish_reason"] for choice in answer["choices"]} == {"stop"}
    assert len(set(texts(answer))) == 3
    used = sum(map(tokens, texts(answer)))
    asked = tokens(HELLO[0]["content"])
    assert answer["usage"] == {"prompt_tokens": asked, "completion_tokens": used, "total_tokens": asked + used}


@pytest.mark.slow
def test_a_reply_follows_from_its_request_alone(base_url: str) -> None:
    """The same one in any order, at any time, on another server; another seed, server seed or message changes it."""
    bodies = [body(seed=seed) for seed in range(30)]
    forward = [texts(answer) for _, answer, _ in send(base_url, *bodies)]
    backward = [texts(answer) for _, answer, _ in send(base_url, *reversed(bodies))]
    assert forward == backward[::-1]
    with rehearsal.serve(latency=0.01, jitter=0.05) as again, rehearsal.serve(seed=1) as other:
        assert [texts(answer) for _, answer, _ in send(again, *bodies)] == forward
        assert [texts(answer) for _, answer, _ in send(other, *bodies)] != forward
    assert len({text for [text] in forward}) > 20


@pytest.mark.slow
def test_max_tokens_cuts_the_reply(base_url: str) -> None:
    [(_, answer, _)] = send(base_url, body(max_tokens=5))
    assert answer["choices"][0]["finish_reason"] == "length"
    assert answer["usage"]["completion_tokens"] == 5


@pytest.mark.slow
def test_errors_have_openais_form(base_url: str) -> None:
    bad, unknown = send(base_url, body(n="x"), body(model="gpt-9"))
    assert bad[0] == 400
    assert bad[1]["error"]["param"] == "n"
    assert unknown[0] == 404
    assert unknown[1]["error"]["code"] == "model_not_found"


@pytest.mark.slow
def test_models_health_and_stats() -> None:
    with rehearsal.serve(latency=0.3) as url:
        root = url.removesuffix("/v1")
        models = [model["id"] for model in get(f"{url}/models")["data"]]
        roles = ("writer", "user", "inducer", "tailored", "generic", "judge", "assistant")
        assert models == [f"rehearsal/{role}" for role in roles]
        assert get(f"{root}/health") == {"status": "ok"}
        send(url, *(body(seed=seed) for seed in range(8)), body(n=0), body(model="rehearsal/judge"))
        stats = get(f"{root}/stats")
    assert (stats["requests"], stats["calls"], stats["rejected"], stats["in_flight"]) == (10, 9, 1, 0)
    assert stats["peak_concurrency"] >= 9
    assert stats["by_model"] == {"rehearsal/generic": 8, "rehearsal/judge": 1}
    assert stats["tokens_in"] == 9 * tokens(HELLO[0]["content"])
    assert stats["tokens_out"] > 0


@pytest.mark.slow
@pytest.mark.parametrize(("rate", "status"), [("rate_429", 429), ("rate_500", 500)])
def test_a_failed_attempt_can_be_repeated(rate: str, status: int) -> None:
    """The same request meets the fault at about its rate, and what comes through is always the same reply."""
    with rehearsal.serve(**{rate: 0.5}) as url:
        answers = send(url, *[body()] * 40)
        stats = get(f"{url.removesuffix('/v1')}/stats")
    failed = [answer for answer in answers if answer[0] == status]
    assert 8 <= len(failed) <= 32
    assert stats["faults"] == {str(status): len(failed)}
    assert all("rehearsed fault" in answer["error"]["message"] for _, answer, _ in failed)
    assert all((headers.get("Retry-After") == "1") is (status == 429) for _, _, headers in failed)
    assert len({texts(answer)[0] for code, answer, _ in answers if code == 200}) == 1


@pytest.mark.slow
@pytest.mark.parametrize(("rate", "pattern"), [("rate_empty", ""), ("rate_refusal", "can't|cannot|not able")])
def test_a_spoilt_reply_stays_spoilt(rate: str, pattern: str) -> None:
    """Empty replies and refusals follow from the request, so a repeated one is no better."""
    with rehearsal.serve(**{rate: 1}) as url:
        first, second = send(url, body(), body())
    assert first[0] == 200
    assert texts(first[1]) == texts(second[1])
    assert (texts(first[1]) == [""]) is (rate == "rate_empty")


@pytest.mark.slow
def test_garbage_is_no_json() -> None:
    judge = body(model="rehearsal/judge", messages=[{"role": "user", "content": "<task>pair</task>"}])
    with rehearsal.serve(rate_garbage=1) as url:
        [(_, answer, _)] = send(url, judge)
    with pytest.raises(orjson.JSONDecodeError):
        orjson.loads(texts(answer)[0])


@pytest.mark.slow
def test_a_cut_connection_breaks_off_in_the_middle() -> None:
    with rehearsal.serve(rate_cut=1) as url:
        with pytest.raises(aiohttp.ClientPayloadError):
            send(url, body())
        assert get(f"{url.removesuffix('/v1')}/stats")["faults"] == {"cut": 1}


@pytest.mark.slow
def test_a_hang_lasts_until_the_client_gives_up_and_leaves_nothing_behind() -> None:
    async def hang(url: str) -> None:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=0.5)) as session:
            await session.post(f"{url}/chat/completions", json=body())

    with rehearsal.serve(rate_hang=1) as url:
        with pytest.raises(TimeoutError):
            asyncio.run(hang(url))
        deadline = time.monotonic() + 5
        while (stats := get(f"{url.removesuffix('/v1')}/stats"))["in_flight"] and time.monotonic() < deadline:
            pass
        assert (stats["in_flight"], stats["faults"]) == (0, {"hang": 1})


@pytest.mark.slow
def test_a_server_that_hangs_still_ends() -> None:
    server = rehearsal.start(rate_hang=1)

    async def hang_and_stop() -> None:
        async with aiohttp.ClientSession() as session:
            waiting = asyncio.create_task(session.post(f"{server.base_url}/chat/completions", json=body()))
            while not (await fetch(f"{server.base_url.removesuffix('/v1')}/stats"))["in_flight"]:
                pass
            await asyncio.to_thread(server.stop)
            with pytest.raises(aiohttp.ClientError):
                await waiting

    asyncio.run(hang_and_stop())
    assert server.process.returncode == 0


@pytest.mark.slow
def test_latency_is_kept() -> None:
    with rehearsal.serve(latency=0.4) as url:
        began = time.monotonic()
        send(url, *[body()] * 20)
        assert 0.4 <= time.monotonic() - began < 2


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_good_order(number: int) -> None:
    server = rehearsal.start()
    try:
        server.process.send_signal(number)
        assert server.process.wait(timeout=5) == 0
    finally:
        server.stop()


@pytest.mark.slow
def test_it_ends_when_its_parent_is_killed() -> None:
    """Also at once: the parent is named, so none is missed that ends while the server starts."""
    code = (
        "import time; from pipelines import rehearsal; server = rehearsal.start();"
        "print(server.process.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    server = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 10
    while _alive(server) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _alive(server)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{process}/stat")
    return not (status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z")


@pytest.mark.slow
def test_it_runs_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(pipelines.__file__).parents[1]))  # where it is not installed
    monkeypatch.chdir(tmp_path)
    with rehearsal.serve() as url:
        assert url.startswith("http://127.0.0.1:")
        assert send(url, body())[0][0] == 200


@pytest.mark.slow
def test_bad_options_are_named() -> None:
    with pytest.raises(RuntimeError, match="exit code 2"):
        rehearsal.start(rate_429=2)
    ended = subprocess.run(
        [*COMMAND, "--rate-429", "0.7", "--rate-500", "0.7"], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert "add up to 1.4" in ended.stderr


@pytest.mark.slow
def test_a_taken_port_is_named(base_url: str) -> None:
    port = base_url.rpartition(":")[2].removesuffix("/v1")
    ended = subprocess.run([*COMMAND, "--port", port], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert f"port {port}" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.slow
def test_nothing_heavy_is_imported() -> None:
    code = (
        "import sys, pipelines.rehearsal.server; "
        "heavy = {'numpy', 'torch', 'sklearn', 'distilabel', 'datasets'}; "
        "print(*heavy & {name.partition('.')[0] for name in sys.modules}, "
        "*(name for name in sys.modules if name.startswith('pipelines.') and 'rehearsal' not in name))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split() == []


@pytest.mark.slow
def test_the_writer_fills_a_pool_over_http(base_url: str) -> None:
    """Rounds as a stage plays them: each reply gives twenty texts, and most differ from all before."""
    pool: set[str] = set()
    for seed in range(5):
        listed = "\n".join(f"- {text}" for text in sorted(pool)[:5])
        prompt = f"<task>profiles</task>\n<exemplars>\n{listed}\n</exemplars>\n<count>20</count>"
        request = body(model="rehearsal/writer", seed=seed, messages=[{"role": "user", "content": prompt}])
        [(_, answer, _)] = send(base_url, request)
        profiles = orjson.loads(texts(answer)[0])["profiles"]
        assert len(profiles) == 20
        pool |= {" ".join(profile) for profile in profiles}
    assert len(pool) > 90
