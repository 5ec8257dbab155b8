"""What a push writes to the Hub: the dataset, one commit or pull request, a tag.

A Hub that fails may have done what it was asked all the same, so each failure is followed by a look.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cards.hub.plan import KEPT, File, Plan
from cards.hub.remote import DATASET, PushError, Remote, clear_errors, one_line, read, refusal

if TYPE_CHECKING:
    from huggingface_hub import HfApi

_WAITS = (1, 5, 20)  # seconds before what the Hub failed on is tried again
_LONGEST_WAIT = 300  # seconds, where the Hub itself says how long


@dataclass(frozen=True)
class Message:
    """Of a commit, a pull request or a tag."""

    title: str
    body: str


def create(api: "HfApi", repo_id: str, *, private: bool) -> Remote:
    with clear_errors(repo_id):
        api.create_repo(repo_id, repo_type=DATASET, private=private or None, exist_ok=True)
    remote = read(api, repo_id)
    if remote is None:
        raise PushError(f"{repo_id} is on the Hub now, and the token can't see it: it needs the right to read too")
    if remote.files.keys() - KEPT:
        raise PushError(_who_was_faster(api, repo_id))
    return remote


def publish(
    api: "HfApi", remote: Remote, files: Mapping[str, File], plan: Plan, message: Message, tag: str | None
) -> list[str]:
    """Commits the version to main and tags it; what there is to say."""

    def landed(now: Remote) -> str | None:
        return None if Plan.of(files, now.files) else now.commit

    commit = _commit(api, remote, plan, message, landed) if plan else remote.commit
    said = []
    if plan:
        said.append(f"pushed {remote.repo_id} as {commit[:8]}: {plan.done()}; the Hub has what was sent")
    else:
        said.append(f"nothing to send: the Hub has this version of {remote.repo_id}")
    if tag and tag not in remote.tags:
        _tag(api, remote.repo_id, commit, tag, message)
        said.append(f"tagged it {tag}")
    pinned = f', revision="{tag}"' if tag else ""
    return [
        *said,
        f"look: {api.endpoint}/datasets/{remote.repo_id}",
        f'use: from datasets import load_dataset; data = load_dataset("{remote.repo_id}"{pinned})',
    ]


def propose(api: "HfApi", remote: Remote, files: Mapping[str, File], plan: Plan, message: Message) -> str:
    """Opens a pull request with the version, unless one waits already; what there is to say."""

    def waiting(_: Remote) -> str | None:
        requests = api.get_repo_discussions(
            remote.repo_id, repo_type=DATASET, discussion_type="pull_request", discussion_status="all"
        )
        for request in requests:
            if request.status not in ("open", "draft"):
                continue
            proposed = read(api, remote.repo_id, f"refs/pr/{request.num}")
            if proposed is not None and not Plan.of(files, proposed.files):
                return request.url
        return None

    if not plan:
        return f"nothing to propose: {remote.repo_id} on the Hub is this version ({remote.commit[:8]})"
    with clear_errors(remote.repo_id):
        if url := waiting(remote):
            return f"this version waits already: {url}"
        return f"proposed ({plan.done()}): {_commit(api, remote, plan, message, waiting, create_pr=True)}"


def _commit(
    api: "HfApi",
    remote: Remote,
    plan: Plan,
    message: Message,
    landed: Callable[[Remote], str | None],
    *,
    create_pr: bool = False,
) -> str:
    """One commit, on top of the one that was looked at; what `landed` says of it.

    A Hub that fails may have taken the commit all the same, so each failure is followed by a look.

    Raises:
        PushError: somebody else was faster, the Hub refuses it or keeps failing, or what it shows is not what was sent.
    """
    from httpx2 import HTTPError

    repo_id = remote.repo_id
    for wait in (*_WAITS, None):
        operations = list(plan.operations())
        try:
            made = api.create_commit(
                repo_id,
                operations,
                commit_message=message.title,
                commit_description=message.body,
                repo_type=DATASET,
                parent_commit=remote.commit,
                create_pr=create_pr,
            )
        except (HTTPError, OSError, RuntimeError, ValueError) as error:
            failure: Exception = error
        else:
            return _verified(landed(_at(api, repo_id, None if create_pr else made.oid)), repo_id)
        try:
            now = _at(api, repo_id)
        except PushError:  # it fails whatever it is asked
            now = remote
        if found := landed(now):
            return found
        if now.commit != remote.commit and not create_pr:
            if found := _before_others(api, remote, landed):
                return found
            raise PushError(_who_was_faster(api, repo_id)) from failure
        if wait is None or not _passes(failure):
            raise PushError(_why(failure, repo_id)) from failure
        time.sleep(_patience(failure, wait))
    raise AssertionError("the last round returns or raises")


def _before_others(api: "HfApi", remote: Remote, landed: Callable[[Remote], str | None]) -> str | None:
    """What `landed` says of the commits that came after the one that was looked at: ours may lie under another one."""
    with clear_errors(remote.repo_id):
        commits = [one.commit_id for one in api.list_repo_commits(remote.repo_id, repo_type=DATASET)]
    newer = commits[: commits.index(remote.commit)] if remote.commit in commits else []
    return next((found for commit in newer if (found := landed(_at(api, remote.repo_id, commit)))), None)


def _at(api: "HfApi", repo_id: str, revision: str | None = None) -> Remote:
    remote = read(api, repo_id, revision)
    if remote is None:
        raise PushError(f"{repo_id} is gone from the Hub, or was made private by somebody else, while it was pushed")
    return remote


def _verified(found: str | None, repo_id: str) -> str:
    if found is None:
        raise PushError(
            f"what {repo_id} shows on the Hub is not what was sent: look at its files there, then push again"
        )
    return found


def _tag(api: "HfApi", repo_id: str, commit: str, tag: str, message: Message) -> None:
    """Sets a tag, once the version is there. One that came into being meanwhile on the same commit is as good."""
    from httpx2 import HTTPError

    for wait in (*_WAITS, None):
        try:
            api.create_tag(repo_id, tag=tag, tag_message=message.body, revision=commit, repo_type=DATASET)
        except HTTPError as error:
            try:
                tagged = _at(api, repo_id, tag).commit if tag in _at(api, repo_id).tags else None
            except PushError:  # it fails whatever it is asked
                tagged = None
            if tagged == commit:
                return
            if tagged:
                raise PushError(
                    f"the version is on the Hub ({commit[:8]}) without a tag: somebody else has set {tag} on another "
                    "one meanwhile, and a tag is never moved. Push again with another --tag"
                ) from error
            if wait is None or not _passes(error):
                raise PushError(
                    f"the version is on the Hub ({commit[:8]}), its tag {tag} is not: {_why(error, repo_id)}. The same "
                    "command sets it"
                ) from error
            time.sleep(_patience(error, wait))
        else:
            return


def _passes(failure: Exception) -> bool:
    """Whether it is worth while to try again."""
    from huggingface_hub.errors import HfHubHTTPError

    if isinstance(failure, HfHubHTTPError):
        return failure.response.status_code >= 500 or failure.response.status_code in (408, 429)
    return not isinstance(failure, ValueError)


def _patience(failure: Exception, wait: float) -> float:
    """Seconds to wait: what the Hub asks for, or our own."""
    from huggingface_hub.errors import HfHubHTTPError

    asked = failure.response.headers.get("Retry-After", "") if isinstance(failure, HfHubHTTPError) else ""
    return min(float(asked), _LONGEST_WAIT) if asked.isdigit() else wait


def _why(failure: Exception, repo_id: str) -> str:
    """A failure in words."""
    from huggingface_hub.errors import HfHubHTTPError

    if isinstance(failure, HfHubHTTPError):
        return refusal(failure, repo_id)
    if isinstance(failure, ValueError):
        return f"the Hub's client refuses the release: {failure}"
    return (
        f"{repo_id} could not be sent ({one_line(failure)}): see that the network is up, and run the same command again"
    )


def _who_was_faster(api: "HfApi", repo_id: str) -> str:
    with clear_errors(repo_id):
        newest = api.list_repo_commits(repo_id, repo_type=DATASET)[0]
    return (
        f"{' and '.join(newest.authors) or 'somebody'} pushed {newest.title!r} ({newest.commit_id[:8]}) to "
        f"{repo_id} meanwhile, so nothing of this push was published. Look at it; the same command then pushes "
        "this version on top"
    )
