"""Kinds with symbolic links and alternates that lead outside the repository."""
import shutil

from table import API, NOT_FOUND, UNREADABLE, UNSAFE, closed, each, kind, refused


@kind(**refused("/refs: "), **each(UNSAFE, API), kept="no",
      **closed("refs in the git repository is a symbolic link"))
def refs_is_a_link(place):
    place.link("refs", place.victim / "refs")


@kind(sample=True,
      add="esclusa: refs/heads/main in the git repository is a symbolic link…",
      add_writable="esclusa: CASE/repository.git/refs/heads: …",
      **each(UNSAFE, API) | {"tags": "200 v1.0"}, kept="no",
      **closed("refs/heads in the git repository is a symbolic link"))
def refs_heads_is_a_link(place):
    place.link("refs/heads", place.victim / "refs/heads")


@kind(refs={"v/main": UNSAFE}, **closed("refs/heads/v in the git repository is a symbolic link"))
def folder_of_branches_is_a_link(place):
    place.link("refs/heads/v", place.victim / "refs/heads")


@kind(refs={"v": UNSAFE}, **closed("refs/heads/v in the git repository is a symbolic link"))
def branch_is_a_link(place):
    place.link("refs/heads/v", place.victim / "refs/heads/main")


@kind(branches="200 clash main", **each(UNSAFE, "compare merge again"),
      **closed("refs/heads/topic in the git repository is a symbolic link"))
def branch_is_a_link_to_another_branch(place):
    """The link stays within the repository, but a move of the branch would move another one."""
    place.link("refs/heads/topic", "clash")


@kind(add_writable="esclusa: CASE/repository.git/refs/deployments: …", **each(UNSAFE, "keep again"),
      kept="no", **closed("refs/deployments in the git repository is a symbolic link"))
def keep_refs_are_elsewhere(place):
    (place.folder / "elsewhere").mkdir()
    place.link("refs/deployments", place.folder / "elsewhere")


@kind(**refused("/objects: "), **each(UNSAFE, API), kept="no",
      **closed("objects in the git repository is a symbolic link"))
def objects_is_a_link(place):
    place.move_out("objects")


@kind(add_writable="esclusa: CASE/repository.git/objects/…", branches="200 clash main",
      **each(UNREADABLE, "compare merge again"), clash=UNSAFE, **closed("objects/"))
def folder_of_objects_is_a_link(place):
    place.move_out("objects/" + place.sha("topic")[:2])


@kind(branches="200 clash main", **each(UNREADABLE, "compare merge again"), clash=UNSAFE,
      **closed("objects/"))
def loose_object_is_a_link(place):
    place.move_out(place.object_file(place.sha("topic")))


@kind(sample=True,
      **each("esclusa: The git repository cannot be read…", "add add_writable"),
      branches="200", tags="200",
      **each(UNREADABLE, "commits compare victim deploy keep merge again clash"), kept="no",
      **closed("objects/pack in the git repository is a symbolic link"))
def pack_folder_is_a_link(place):
    place.move_out("objects/pack")


@kind(tags="200", **each(UNREADABLE, "commits compare merge again clash"),
      **closed("objects/pack/pack-"))
def pack_is_a_link(place):
    place.move_out(place.pack_file("pack"))


@kind(tags="200", **each(UNREADABLE, "commits compare merge again clash"),
      **closed("objects/pack/pack-"))
def pack_index_is_a_link(place):
    place.move_out(place.pack_file("idx"))


@kind(**each(UNSAFE, "merge again clash"), **closed("objects/pack/pack-"))
def packs_of_the_victim_by_links(place):
    for file in (place.victim / "objects/pack").iterdir():
        place.link(f"objects/pack/{file.name}", file)


@kind(**refused("/objects/info/alternates: "), **each(UNSAFE, "merge again clash"),
      **closed("objects/info in the git repository is a symbolic link"))
def object_info_is_a_link(place):
    """The list of alternates is in that folder."""
    info = place.folder / "info"
    info.mkdir()
    (info / "alternates").write_text(f"{place.victim}/objects\n")
    place.link("objects/info", info)


@kind(**closed("logs in the git repository is a symbolic link"))
def logs_is_a_link(place):
    place.configure("[core]\n logAllRefUpdates = always")
    (place.victim / "logs").mkdir()
    place.link("logs", place.victim / "logs")


@kind(sample=True, **closed("logs/"))
def logs_lead_to_the_server_s_secret(place):
    place.configure("[core]\n logAllRefUpdates = always")
    for name in ("heads/main", "heads/topic", "heads/pushed", "deployments/" + place.sha("main")):
        place.link(f"logs/refs/{name}", place.server_data / "secret.key")
    place.link("logs/HEAD", place.victim / "HEAD")


@kind(**refused("/packed-refs: "), **each(UNSAFE, "branches tags victim"),
      **closed("packed-refs in the git repository is a symbolic link"))
def packed_refs_is_a_link(place):
    place.link("packed-refs", place.victim / "packed-refs")


@kind(**refused("/HEAD: "), **each(UNSAFE, "victim merge again clash"),
      **closed("HEAD in the git repository is a symbolic link"))
def head_is_a_link_to_the_victim(place):
    place.link("HEAD", place.victim / "HEAD")


@kind(**refused("/HEAD: "), **each(UNSAFE, "victim merge again clash"),
      **closed("HEAD in the git repository is a symbolic link"))
def head_is_a_link_as_git_once_made_it(place):
    place.link("HEAD", "refs/heads/main")


@kind(**refused("/config: "), **each(UNSAFE, "keep merge again"), kept="no",
      **closed("config in the git repository is a symbolic link"))
def config_is_a_link(place):
    with open(place.victim / "config", "a", encoding="utf-8") as file:
        file.write(place.spell("[core]\n fsmonitor = EVIL\n"))
    place.link("config", place.victim / "config")


@kind(**refused("/shallow: "), **closed("shallow in the git repository is a symbolic link"))
def shallow_is_a_link(place):
    (place.folder / "shallow").write_text("")
    place.link("shallow", place.folder / "shallow")


@kind(**refused("/worktrees: "), **each(UNSAFE, "merge again"),
      **closed("worktrees in the git repository is a symbolic link"))
def work_trees_are_a_link(place):
    (place.folder / "trees/one").mkdir(parents=True)
    (place.folder / "trees/one/HEAD").write_text("ref: refs/heads/topic\n")
    (place.folder / "trees/one/gitdir").write_text("/nowhere/.git\n")
    place.link("worktrees", place.folder / "trees")


@kind()
def common_folder_is_the_victim_s(place):
    place.write("commondir", "../victim.git\n")


@kind(**each("503 branch_locked", "merge again"), **closed("refs/heads/"))
def lock_is_a_link(place):
    for name in ("refs/heads/topic.lock", "refs/heads/pushed.lock", "packed-refs.lock"):
        place.link(name, place.victim / "description")


@kind()
def info_is_a_link(place):
    place.link("info", place.victim / "info")


@kind(sample=True,
      **refused("/objects/info/alternates: "), **each(UNSAFE, "merge again clash"),
      **closed("objects/info/alternates in the git repository names"))
def alternate(place):
    place.write("objects/info/alternates", "VICTIM/objects\n")


@kind(**refused("/objects/info/alternates: "), **each(UNSAFE, "merge again clash"),
      **closed("objects/info/alternates in the git repository names"))
def alternate_by_a_relative_path(place):
    place.write("objects/info/alternates", "../../victim.git/objects\n")


@kind(**refused("/objects/info/alternates: "), **each(UNSAFE, "merge again clash"),
      **closed("objects/info/alternates in the git repository names"))
def alternate_of_an_alternate(place):
    middle = place.folder / "middle/objects/info"
    middle.mkdir(parents=True)
    (middle / "alternates").write_text(f"{place.victim}/objects\n")
    place.write("objects/info/alternates", "CASE/middle/objects\n")


def borrow(place):
    """Uses a folder with all the loose objects, which the repository itself lacks."""
    (place.folder / "lender").mkdir()
    shutil.copytree(place.path / "objects", place.folder / "lender/objects")
    for folder in (place.path / "objects").glob("??"):
        shutil.rmtree(folder)
    place.write("objects/info/alternates", "CASE/lender/objects\n")


@kind(before=borrow, alternates=["lender/objects"], **refused("/objects/info/alternates: "))
def alternate_that_was_declared(_place):
    """It is a valid alternate, but adding it without --alternate is refused."""


@kind(before=borrow, alternates=["lender/objects"], **refused("/objects/info/alternates: "),
      **each(UNSAFE, "merge again clash"),
      **closed("objects/info/alternates in the git repository names"))
def alternate_that_was_swapped(place):
    """The declared alternate is replaced by another one."""
    place.write("objects/info/alternates", "CASE/lender/objects\nVICTIM/objects\n")


@kind(before=borrow, alternates=["lender/objects"], **refused("/objects/info/alternates: "),
      **each(UNSAFE, "merge again clash"),
      **closed("objects/info/alternates in the git repository names"))
def alternate_of_a_declared_one(place):
    """The lending repository begins to use alternates as well."""
    place.write(place.folder / "lender/objects/info/alternates", "VICTIM/objects\n")


@kind()
def alternate_by_http(place):
    place.write("objects/info/http-alternates", "http://127.0.0.1:9/objects\n")
