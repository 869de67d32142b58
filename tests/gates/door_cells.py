"""door_cells: the gates, the tokens and the doors of doors.py, and what each must answer. Written
by hand from the reference, not asked of the server.
"""
import dataclasses

# Who holds a token, and its scopes. `robot` is a bot for which `writer` answers. The reviewers
# have the role read. `ann`, a reviewer, also has a token that may not review: it has the scope of
# deployments alone, as `deploy` has.
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

# What each door answers to each token; the repository is private. Where it is the gate that
# refuses, doors.py says so.
VERDICTS = """
door          admin writer reader bot deploy ann-deploy status public stranger expired revoked none
create        201   201    403    201 201    403        404    404    404      401     401     404
dry-run       200   200    403    200 200    403        404    404    404      401     401     404
status        422   422    403    422 422    403        404    404    404      401     401     404
end           201   201    403    201 201    403        404    404    404      401     401     404
move          422   422    403    422 422    403        404    404    404      401     401     404
review        403   403    403    403 403    403        404    404    404      401     401     404
bypass        200   403    403    403 403    403        404    404    404      401     401     404
bypass-locked 403   403    403    403 403    403        404    404    404      401     401     404
environment   200   403    403    403 404    404        404    404    404      401     401     404
policy        200   403    403    403 404    404        404    404    404      401     401     404
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
# The tokens that see a deployment and may not open its gates.
MISSING_SCOPE = ("deploy", "ann-deploy")

CUSTOM = {"deployment_branch_policy": {"protected_branches": False,
                                       "custom_branch_policies": True}}
PROTECTED = {"deployment_branch_policy": {"protected_branches": True,
                                          "custom_branch_policies": False}}


@dataclasses.dataclass(frozen=True)
class Gate:
    """An environment: its rules, and what becomes of a deployment of `ref` there. `reviewers` are
    those who may review, `approvals` whose approval it takes."""
    name: str
    outcome: str  # released (at once), held, or refused (422)
    rules: dict = dataclasses.field(default_factory=dict, hash=False)
    policies: tuple = ()  # (name, type)
    reviewers: tuple = ()
    approvals: tuple = ()
    ref: str = "main"

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
    Gate("open", "released"),
    Gate("policy-admits", "released", CUSTOM, (("m*", "branch"),)),
    Gate("policy-refuses", "refused", CUSTOM, (("release/*", "branch"), ("m", "branch"))),
    Gate("tags-only", "refused", CUSTOM, (("*", "tag"),)),
    Gate("protected-refuses", "refused", PROTECTED),
]
BY_NAME = {gate.name: gate for gate in GATES}
HELD = [gate for gate in GATES if gate.outcome == "held"]
PROTECTED_BRANCHES = "release/*"
