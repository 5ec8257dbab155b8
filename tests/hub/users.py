"""Who may do what on the stand-in: tokens, roles in organisations, fine-grained grants."""

from dataclasses import dataclass, field
from typing import Any, Literal

from tests.hub.repos import HubError, Repo


@dataclass(frozen=True)
class Token:
    """A token: whose it is, the user's role in each organisation, and what the token itself allows.

    Attributes:
        orgs: role by organisation: `admin`, `write`, `contributor` (writes only what it created) or `read`.
        grants: of a fine-grained token: permissions by namespace or repo id, e.g. `{"i2a": ("repo.write",)}`.
    """

    user: str
    orgs: dict[str, str] = field(default_factory=dict)
    role: Literal["read", "write", "fineGrained"] = "write"
    grants: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def belongs_to(self, namespace: str) -> bool:
        return namespace == self.user or namespace in self.orgs

    def granted(self, permission: str, repo_id: str) -> bool:
        """Whether the token itself, whoever holds it, allows this; `repo_id` may be a namespace."""
        if self.role == "fineGrained":
            return any(permission in self.grants.get(name, ()) for name in (repo_id, repo_id.partition("/")[0]))
        return self.role == "write" or permission == "repo.content.read"


ALICE = {"i2a": "admin"}
TOKENS = {
    "hf_owner": Token("alice", ALICE),
    "hf_reader": Token("alice", ALICE, "read"),
    "hf_fine": Token("alice", ALICE, "fineGrained", {"i2a": ("repo.content.read", "repo.write")}),
    "hf_fine_reader": Token("alice", ALICE, "fineGrained", {"i2a": ("repo.content.read",)}),
    "hf_member": Token("carol", {"i2a": "read"}),
    "hf_contributor": Token("dave", {"i2a": "contributor"}),
    "hf_other": Token("bob"),
}


def check_read(token: Token | None, repo: Repo) -> None:
    """A private repo is 404 to strangers and 401 to nobody, as if it did not exist."""
    if not repo.private:
        return
    if not token or not token.belongs_to(repo.id.split("/")[0]) or not token.granted("repo.content.read", repo.id):
        raise no_repo(token)


def check_write(token: Token | None, repo: Repo) -> Token:
    """Raises HubError 401 or 403 unless the token writes to the repo; returns the token."""
    namespace = repo.id.split("/")[0]
    token = check_role(token, repo.id)
    role = "admin" if namespace == token.user else token.orgs.get(namespace)
    if not (role in {"admin", "write"} or (role == "contributor" and repo.creator == token.user)):
        raise HubError(403, "Forbidden: pass `create_pr=1` as a query parameter to create a Pull Request")
    return token


def check_create(token: Token | None, namespace: str) -> Token:
    """Raises HubError 401 or 403 unless the token creates repos in the namespace; returns the token."""
    if token is None:
        raise HubError(401, "Invalid username or password.")
    role = "admin" if namespace == token.user else token.orgs.get(namespace, "read")
    if role == "read" or not token.granted("repo.write", namespace):
        raise HubError(403, f'You don\'t have the rights to create a dataset under the namespace "{namespace}"')
    return token


def check_role(token: Token | None, repo_id: str) -> Token:
    """Raises HubError unless somebody is there whose token itself may write; returns the token."""
    if token is None:
        raise HubError(401, "Invalid username or password.")
    if not token.granted("repo.write", repo_id):
        raise HubError(403, "Forbidden: you must use a write token to upload to a repository.")
    return token


def no_repo(token: Token | None) -> HubError:
    if token is None:
        return HubError(401, "Invalid username or password.", "RepoNotFound")
    return HubError(404, "Repository not found", "RepoNotFound")


def whoami(token: Token) -> dict[str, Any]:
    """What `/api/whoami-v2` answers."""
    access: dict[str, Any] = {"displayName": "stand-in", "role": token.role, "createdAt": "2026-01-01T00:00:00.000Z"}
    if token.role == "fineGrained":
        access["fineGrained"] = {
            "canReadGatedRepos": False,
            "global": [],
            "scoped": [
                {"entity": {"_id": name, "type": _kind(name, token), "name": name}, "permissions": list(permissions)}
                for name, permissions in token.grants.items()
            ],
        }
    return {
        "type": "user",
        "id": token.user,
        "name": token.user,
        "fullname": token.user.title(),
        "isPro": False,
        "orgs": [
            {"type": "org", "id": org, "name": org, "fullname": org, "isEnterprise": False, "roleInOrg": role}
            for org, role in token.orgs.items()
        ],
        "auth": {"type": "access_token", "accessToken": access},
    }


def _kind(name: str, token: Token) -> str:
    if "/" in name:
        return "dataset"
    return "user" if name == token.user else "org"
