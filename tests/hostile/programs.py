"""Kinds whose configuration names programs: drivers, hooks, helpers, transports."""
from table import UNREADABLE, UNSAFE, closed, each, kind, refused

DRIVER = '[merge]\n default = x\n[merge "x"]\n name = x\n driver = EVIL %O %A %B\n'
HOOKS = ["pre-receive", "update", "post-receive", "post-update", "reference-transaction",
         "proc-receive", "push-to-checkout", "pre-auto-gc", "post-checkout", "post-merge",
         "pre-merge-commit", "post-rewrite", "post-index-change", "fsmonitor-watchman"]


def write_hooks(place, folder):
    for name in HOOKS:
        place.write(f"{folder}/{name}", "#!/bin/sh\nexec EVIL hook $0\n").chmod(0o755)


def attribute(place, line):
    """Applies an attribute to all files, as the machine's administrator could."""
    place.write("info/attributes", f"* {line}\n")


@kind(sample=True)
def merge_driver_in_config(place):
    place.configure(DRIVER)


@kind()
def merge_driver_in_info_attributes(place):
    place.configure(DRIVER.replace(" default = x\n", ""))
    attribute(place, "merge=x")


@kind()
def merge_driver_in_attributes_file(place):
    place.write(place.folder / "attributes", "* merge=x\n")
    place.configure(DRIVER.replace(" default = x\n", "")
                    + "[core]\n attributesFile = CASE/attributes")


@kind(sample=True)
def merge_driver_by_include(place):
    place.write(place.folder / "included", DRIVER)
    place.configure("[include]\n path = CASE/included")


@kind()
def merge_driver_by_include_if(place):
    place.write(place.folder / "included", DRIVER)
    place.configure('[includeIf "gitdir:/**"]\n path = CASE/included\n'
                    '[includeIf "onbranch:**"]\n path = CASE/included')


@kind()
def merge_driver_in_config_worktree(place):
    place.write("config.worktree", DRIVER)
    place.configure("[core]\n repositoryFormatVersion = 1\n[extensions]\n worktreeConfig = true")


@kind()
def include_of_a_private_file(place):
    place.configure("[include]\n path = VICTIM/config\n path = ../victim.git/HEAD")


@kind()
def fsmonitor(place):
    place.configure("[core]\n fsmonitor = EVIL\n untrackedCache = true")


@kind(sample=True)
def hooks_of_all_names(place):
    write_hooks(place, "hooks")


@kind()
def hooks_elsewhere(place):
    write_hooks(place, place.folder / "hooks")
    place.configure("[core]\n hooksPath = CASE/hooks")


@kind()
def hooks_for_each_ref(place):
    """With this setting git passes the refs of a push to a hook, and changes none itself."""
    write_hooks(place, "hooks")
    place.configure("[receive]\n procReceiveRefs = refs/heads")


@kind(**refused(": It is a partial clone"), compare=UNREADABLE,
      fetch=("fatal: unable to read…", "error: git upload-pack: git-pack-objects died…"),
      **each("503 merge_failed", "merge again"))
def ssh_command_of_a_remote(place):
    place.configure('[core]\n sshCommand = EVIL\n gitProxy = EVIL\n askPass = EVIL\n'
                    '[remote "origin"]\n url = ssh://nowhere.invalid/x\n promisor = true\n'
                    '[extensions]\n partialClone = origin\n[core]\n repositoryFormatVersion = 1')
    place.remove(place.object_file(place.sha("topic:app.txt")))


@kind(sample=True,
      **refused(": It is a partial clone"), compare=UNREADABLE,
      fetch=("fatal: unable to read…", "error: git upload-pack: git-pack-objects died…"),
      **each("503 merge_failed", "merge again"))
def promisor_with_a_program(place):
    """An object is missing, and the remote that promised it is a program."""
    place.configure('[core]\n repositoryFormatVersion = 1\n[extensions]\n partialClone = origin\n'
                    '[remote "origin"]\n url = ext::EVIL %S\n promisor = true\n'
                    '[protocol]\n allow = always\n[protocol "ext"]\n allow = always')
    place.remove(place.object_file(place.sha("topic:app.txt")))


@kind(**refused("/objects/info/alternates: "), **each(UNSAFE, "merge again clash"),
      **closed("objects/info/alternates in the git repository names"))
def alternate_refs_command(place):
    place.configure("[core]\n alternateRefsCommand = EVIL\n alternateRefsPrefixes = refs/heads")
    place.write("objects/info/alternates", "VICTIM/objects\n")


@kind()
def pack_objects_hook(place):
    place.configure("[uploadpack]\n packObjectsHook = EVIL\n allowFilter = true\n"
                    "[uploadarchive]\n allowUnreachable = true")


@kind()
def pager_editor_and_signing(place):
    place.configure("[core]\n pager = EVIL\n editor = EVIL\n[sequence]\n editor = EVIL\n"
                    "[pager]\n merge-tree = EVIL\n[gpg]\n program = EVIL\n[gpg \"ssh\"]\n"
                    " program = EVIL\n[commit]\n gpgSign = true\n[merge]\n"
                    " verifySignatures = true\n[log]\n showSignature = true\n"
                    "[credential]\n helper = !EVIL\n[receive]\n certNonceSeed = x\n"
                    "[interactive]\n diffFilter = EVIL")


@kind()
def filters_and_textconv(place):
    place.configure('[filter "x"]\n clean = EVIL\n smudge = EVIL\n process = EVIL\n'
                    ' required = true\n[diff]\n external = EVIL\n[diff "x"]\n textconv = EVIL\n'
                    ' command = EVIL\n')
    attribute(place, "filter=x diff=x")


@kind()
def collecting_garbage(place):
    """A push would make git collect garbage, and run a hook before that."""
    write_hooks(place, "hooks")
    place.configure("[gc]\n auto = 1\n autoPackLimit = 1\n autoDetach = false\n"
                    " recentObjectsHook = EVIL\n[receive]\n autogc = true\n"
                    "[maintenance]\n auto = true")


@kind()
def aliases_and_traces(place):
    place.configure("[alias]\n merge-tree = !EVIL\n upload-pack = !EVIL\n receive-pack = !EVIL\n"
                    "[trace2]\n eventTarget = VICTIM/description\n normalTarget = VICTIM/config")


@kind(push="error: refusing to update checked out branch…")
def work_tree_elsewhere(place):
    place.configure("[core]\n bare = false\n worktree = CASE/victim-tree")
    (place.folder / "victim-tree").mkdir()


@kind(push="error: refusing to update checked out branch…")
def push_into_a_work_tree(place):
    """git would write the pushed files into the work tree, or let a hook do it."""
    (place.folder / "tree").mkdir()
    write_hooks(place, "hooks")
    place.configure("[core]\n bare = false\n worktree = CASE/tree\n"
                    "[receive]\n denyCurrentBranch = updateInstead")


@kind(**refused("/config: "), **closed(""))
def settings_that_are_no_settings(place):
    """git fails at such a file, whatever the command."""
    place.write("config", "[core\n bare = perhaps\n\0")
