"""door_cells: the gates, tokens and ways of doors.py, with the expected answers. Written by hand
from the reference, not read from the server.
"""
import dataclasses

# Who holds a token, and its scopes. `writer` is responsible for the bot `robot`. The reviewers have
# the role read. The reviewer `ann` also has a token that may not review: like `deploy`, it has only
# the scope of deployments.
TOKENS = {
    "admin": ("steward", "repo"),
    "writer": ("writer", "repo"),
    "reader": ("reader", "repo"),
    "bot": ("robot", "repo"),
    "deploy": ("writer", "repo_deployment"),
    "ann-deploy": ("ann", "repo_deployment"),
    "status": ("writer", "repo:status"),
    "public": ("writer", "public_repo"),
    "stranger": ("stranger", "repo"),
    "expired": ("writer", "repo"),
    "revoked": ("writer", "repo"),
    "none": (None, None),
}
REVIEWERS = ("ann", "ben", "carl")
# Apps that are installed in the repository, and can provide custom rules. Each has a token of its
# installation, by its name.
APPS = ("guard", "other")

# The answer to each token in each way; the repository is private. doors.py has the cases in which
# the gate itself refuses.
VERDICTS = """
door          admin writer reader bot deploy ann-deploy status public stranger expired revoked none
create        201   201    403    201 201    403        404    404    404      401     401     404
rollback      201   201    403    201 201    403        404    404    404      401     401     404
promote       201   201    403    201 201    403        404    404    404      401     401     404
redeploy      201   201    403    201 201    403        404    404    404      401     401     404
dry-run       200   200    403    200 200    403        404    404    404      401     401     404
status        422   422    403    422 422    403        404    404    404      401     401     404
end           201   201    403    201 201    403        404    404    404      401     401     404
move          422   422    403    422 422    403        404    404    404      401     401     404
review        403   403    403    403 403    403        404    404    404      401     401     404
answer        403   403    403    403 403    403        404    404    404      401     401     404
bypass        200   403    403    403 403    403        404    404    404      401     401     404
bypass-locked 403   403    403    403 403    403        404    404    404      401     401     404
environment   200   403    403    403 404    404        404    404    404      401     401     404
policy        200   403    403    403 404    404        404    404    404      401     401     404
custom-rule   422   403    403    403 404    404        404    404    404      401     401     404
remove        204   403    403    403 404    404        404    404    404      401     401     404
delete        204   204    403    204 204    403        404    404    404      401     401     404
redeliver     202   403    403    403 404    404        404    404    404      401     401     404
replay        202   403    403    403 404    404        404    404    404      401     401     404
ping          204   403    403    403 404    404        404    404    404      401     401     404
test          204   403    403    403 404    404        404    404    404      401     401     404
"""


def read_verdicts(text):
    """door → token → status."""
    head, *rows = (line.split() for line in text.strip().splitlines())
    return {door: dict(zip(head[1:], map(int, statuses))) for door, *statuses in rows}


EXPECTED = read_verdicts(VERDICTS)
# The tokens that see a deployment but may not open its gates.
MISSING_SCOPE = ("deploy", "ann-deploy")

CUSTOM = {"deployment_branch_policy": {"protected_branches": False,
                                       "custom_branch_policies": True}}
PROTECTED = {"deployment_branch_policy": {"protected_branches": True,
                                          "custom_branch_policies": False}}


@dataclasses.dataclass(frozen=True)
class Gate:
    """An environment: its rules, and the outcome of a deployment of `ref` to it. `reviewers` may
    review, and `apps` have custom rules; the approval of all `approvals` is needed."""
    name: str
    outcome: str  # released (at once), held, or refused (422)
    rules: dict = dataclasses.field(default_factory=dict, hash=False)
    policies: tuple = ()  # (name, type)
    reviewers: tuple = ()
    approvals: tuple = ()
    ref: str = "main"
    apps: tuple = ()

    @property
    def has_timer(self):
        return "wait_timer" in self.rules


MAIN = (("main", "branch"),)
ONE_MINUTE = {"wait_timer": 1}
NOT_ONESELF = {"prevent_self_review": True}
TWO = {"required_approvals": 2}

GATES = [
    Gate("timer", "held", ONE_MINUTE),
    Gate("timer-review", "held", ONE_MINUTE, reviewers=("ann",), approvals=("ann",)),
    Gate("all", "held", {**ONE_MINUTE, **CUSTOM, **TWO, **NOT_ONESELF}, MAIN,
         ("writer", "ann", "ben"), ("ann", "ben")),
    Gate("review", "held", {}, (), ("ann", "ben"), ("ben",)),
    Gate("two", "held", TWO, (), ("ann", "ben", "carl"), ("carl", "ann")),
    Gate("self", "held", NOT_ONESELF, (), ("writer", "robot", "ann"), ("ann",)),
    Gate("policy-review", "held", CUSTOM, MAIN, ("ann",), ("ann",)),
    Gate("protected-review", "held", PROTECTED, (), ("ann",), ("ann",), ref="release/1"),
    Gate("locked", "held", {"can_admins_bypass": False}, (), ("ann",), ("ann",)),
    Gate("checked", "held", {}, (), (), ("guard",), apps=("guard",)),
    Gate("checked-review", "held", {}, (), ("ann",), ("ann", "guard"), apps=("guard",)),
    Gate("open", "released"),
    Gate("policy-admits", "released", CUSTOM, (("m*", "branch"),)),
    Gate("policy-refuses", "refused", CUSTOM, (("release/*", "branch"), ("m", "branch"))),
    Gate("tags-only", "refused", CUSTOM, (("*", "tag"),)),
    Gate("protected-refuses", "refused", PROTECTED),
]
BY_NAME = {gate.name: gate for gate in GATES}
HELD = [gate for gate in GATES if gate.outcome == "held"]
PROTECTED_BRANCHES = "release/*"
