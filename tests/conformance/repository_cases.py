"""The requests of the conformance test to the repository itself."""
from cases import REPOSITORY, SHOP, general, reading
from hook_cases import as_admin

WINDOW = "/repos/demo/window"


def read_repository(record, world):
    operation = f"GET {REPOSITORY}"
    general(record, operation, SHOP)
    reading(record, world, operation, SHOP)
    record(operation, "a public one without a token", WINDOW, 200, who=None)
    record(operation, "one that has vanished, as it was last known", "/repos/demo/lost", 200)


def change_repository(record, world):
    operation = f"PATCH {REPOSITORY}"
    as_writer = record
    record = as_admin(record)
    general(record, operation, SHOP, body={"default_branch": "main"}, git=True)

    def change(case, expects=200, *, says=None, **fields):
        record(operation, case, SHOP, expects, body=fields, says=says)

    change("nothing")
    change("a description", description="What customers see")
    change("the description away", description=None)
    change("another default branch", default_branch="old")
    change("the former default branch", default_branch="main")
    change("to everybody", private=False)
    change("to those with a role", visibility="private")
    change("what does nothing here", has_issues=False, allow_squash_merge=True)
    change("a name that it has already", name="shop")
    change("a branch that is not there", 422, default_branch="nope", says="Validation Failed")
    change("a name that is taken", 422, name="window")
    change("a description that is too long", 422, description="x" * 351)
    change("a default branch that is a number", 422, default_branch=7)
    change("a contradiction", 422, private=True, visibility="public")
    change("archived", 422, archived=True)
    as_writer(operation, "by a writer", SHOP, 403, body={"description": "x"},
              says="Must have admin rights to Repository.")


GROUPS = (read_repository, change_repository)
