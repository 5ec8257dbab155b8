"""Who may push to a dataset, by what the Hub tells of the token."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cards.hub.remote import DATASET, PushError, clear_errors, token_source
from cards.vocabulary import namespace

if TYPE_CHECKING:
    from huggingface_hub import HfApi

_WRITING_ROLES = ("write", "admin", "contributor")  # of a member of an organisation


def require_right_to_write(api: "HfApi", repo_id: str, *, create_pr: bool = False) -> None:
    """Sees that the token may push to a dataset, or create it.

    Args:
        create_pr: It is enough to be allowed to open a pull request, which any token that writes at all is.

    Raises:
        PushError: there is no token, it is not valid, or it lacks a right; says which.
    """
    from huggingface_hub.errors import HfHubHTTPError, LocalTokenNotFoundError, RepositoryNotFoundError

    with clear_errors(repo_id):
        try:
            who = api.whoami()
        except LocalTokenNotFoundError as error:
            raise PushError(
                f"there is no token to push {repo_id} with: run `hf auth login`, or set HF_TOKEN, with one that can "
                "write to it"
            ) from error
        if _token_of(who).get("role") == "read":
            raise PushError(
                f"{_naming(who)} can only read: get one that can write at https://huggingface.co/settings/tokens"
            )
        try:
            api.auth_check(repo_id, repo_type=DATASET, write=not create_pr)
        except RepositoryNotFoundError as error:
            if create_pr:
                raise PushError(
                    f"there is no dataset {repo_id} on the Hub, or it is a private one that {_naming(who)} can't see: "
                    "no pull request can be opened there"
                ) from error
        except HfHubHTTPError as error:
            if error.response.status_code not in (401, 403):
                raise
            raise PushError(_lacks(who, repo_id)) from error
        else:
            return
        if namespace(repo_id) not in _writable(who):
            raise PushError(_lacks(who, repo_id))


def _token_of(who: Mapping[str, Any]) -> Mapping[str, Any]:
    """What whoami tells of the token itself."""
    token: Mapping[str, Any] = who.get("auth", {}).get("accessToken", {})
    return token


def _writable(who: Mapping[str, Any]) -> set[str]:
    """The namespaces in which a token may create a dataset."""
    own = {str(who["name"])} | {
        str(org["name"]) for org in who.get("orgs", []) if org.get("roleInOrg", "write") in _WRITING_ROLES
    }
    token = _token_of(who)
    if token.get("role") != "fineGrained":
        return own
    scopes = token.get("fineGrained", {}).get("scoped", [])
    return own & {str(scope["entity"].get("name")) for scope in scopes if "repo.write" in scope.get("permissions", [])}


def _lacks(who: Mapping[str, Any], repo_id: str) -> str:
    return (
        f"{_naming(who)} may not write to {repo_id}: it needs a token of {namespace(repo_id)}, or of a member who may "
        "write there, with the permission to write to its repositories; or give another --repo"
    )


def _naming(who: Mapping[str, Any]) -> str:
    """Which token this is: where it comes from, what it is called, whose it is."""
    name = _token_of(who).get("displayName")
    return f"{token_source()}{f' ({name!r}' if name else ' ('} of {who['name']})"
