"""Who may do what: users with roles, which are actions on one database or on all."""

import base64
import binascii

from tests.terminusdb.double.refusals import Refusal

ADMIN, ANONYMOUS = "admin", "anonymous"
NAMED = "terminusdb://system/data/User/"


class Users:
    def __init__(self, password: str) -> None:
        self._passwords = {ADMIN: password}
        self._roles: dict[str, list[str]] = {}
        self._granted: dict[tuple[str, str], set[str]] = {}

    def of(self, authorization: str | None, *, graphql: bool = False) -> str:
        """The user that a header means. Raises `Refusal`."""
        scheme, _, said = (authorization or "").partition(" ")
        if scheme not in ("Basic", "Bearer"):
            return ANONYMOUS
        try:
            user, _, password = base64.b64decode(said, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            if scheme == "Basic":
                return ANONYMOUS
            user = password = ""
        if scheme == "Bearer" or self._passwords.get(user) != password:
            if graphql:
                raise Refusal(401, {"errors": [{"message": "Authentication incorrect"}]}, left=True)
            raise Refusal(
                401,
                {
                    "@type": "api:ErrorResponse",
                    "api:error": {"@type": "api:IncorrectAuthenticationError"},
                    "api:message": "Incorrect authentication information",
                    "api:status": "api:failure",
                },
                left=True,
            )
        return user

    def may(self, user: str, action: str, scope: str, where: str) -> None:
        """`scope` is a path, `where` what the server calls it. Raises `Refusal`."""
        roles = self._granted.get((user, scope), ())
        if user == ADMIN or any(action in self._roles.get(role, ()) for role in roles):
            return
        acted, who = f"'@schema':'Action/{action}'", f"'{NAMED}{user}'"
        text = f"Access to '{where}' is not authorised with action {acted} and auth {who}"
        body = {
            "action": acted,
            "api:message": text,
            "api:status": "api:forbidden",
            "auth": who,
            "scope": f"'{where}'",
        }
        raise Refusal(403, body)

    async def users_(self, call):
        if call.method == "DELETE":
            self._passwords.pop(call.path[0], None)
            return {"@type": "api:UsersResponse", "api:status": "api:success"}
        said = await call.json()
        self._passwords[said["name"]] = said["password"]
        return NAMED + said["name"]

    async def roles_(self, call):
        if call.method == "DELETE":
            self._roles.pop(call.path[0], None)
            return {"@type": "api:RolesResponse", "api:status": "api:success"}
        said = await call.json()
        self._roles[said["name"]] = said["action"]
        return f"terminusdb://system/data/Role/{said['name']}"

    async def capabilities_(self, call):
        said = await call.json()
        held = self._granted.setdefault((said["user"], said["scope"]), set())
        (held.update if said["operation"] == "grant" else held.difference_update)(said["roles"])
        return {"@type": "api:CapabilityResponse", "api:status": "api:success"}
