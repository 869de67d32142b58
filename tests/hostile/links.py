"""Kinds with symbolic links and alternates that lead out of the repository."""
import shutil

from table import NOT_FOUND, kind


@kind()
def refs_is_a_link(place):
    place.link("refs", place.victim / "refs")


@kind()
def refs_heads_is_a_link(place):
    place.link("refs/heads", place.victim / "refs/heads")


@kind(refs={"v/main": NOT_FOUND})
def folder_of_branches_is_a_link(place):
    place.link("refs/heads/v", place.victim / "refs/heads")


@kind(refs={"v": NOT_FOUND})
def branch_is_a_link(place):
    place.link("refs/heads/v", place.victim / "refs/heads/main")


@kind()
def branch_is_a_link_to_another_branch(place):
    """It stays within the repository, and would be moved in its place."""
    place.link("refs/heads/topic", "clash")


@kind()
def keep_refs_are_elsewhere(place):
    (place.folder / "elsewhere").mkdir()
    place.link("refs/deployments", place.folder / "elsewhere")


@kind()
def objects_is_a_link(place):
    place.move_out("objects")


@kind()
def folder_of_objects_is_a_link(place):
    place.move_out("objects/" + place.sha("topic")[:2])


@kind()
def loose_object_is_a_link(place):
    place.move_out(place.object_file(place.sha("topic")))


@kind()
def pack_folder_is_a_link(place):
    place.move_out("objects/pack")


@kind()
def pack_is_a_link(place):
    place.move_out(place.pack_file("pack"))


@kind()
def pack_index_is_a_link(place):
    place.move_out(place.pack_file("idx"))


@kind(sample=True)
def packs_of_the_victim_by_links(place):
    for file in (place.victim / "objects/pack").iterdir():
        place.link(f"objects/pack/{file.name}", file)


@kind()
def object_info_is_a_link(place):
    """There the alternates are."""
    info = place.folder / "info"
    info.mkdir()
    (info / "alternates").write_text(f"{place.victim}/objects\n")
    place.link("objects/info", info)


@kind()
def logs_is_a_link(place):
    place.configure("[core]\n logAllRefUpdates = always")
    (place.victim / "logs").mkdir()
    place.link("logs", place.victim / "logs")


@kind()
def logs_lead_to_the_server_s_secret(place):
    place.configure("[core]\n logAllRefUpdates = always")
    for name in ("heads/main", "heads/topic", "heads/pushed", "deployments/" + place.sha("main")):
        place.link(f"logs/refs/{name}", place.server_data / "secret.key")
    place.link("logs/HEAD", place.victim / "HEAD")


@kind()
def packed_refs_is_a_link(place):
    place.link("packed-refs", place.victim / "packed-refs")


@kind()
def head_is_a_link_to_the_victim(place):
    place.link("HEAD", place.victim / "HEAD")


@kind()
def head_is_a_link_as_git_once_made_it(place):
    place.link("HEAD", "refs/heads/main")


@kind()
def config_is_a_link(place):
    with open(place.victim / "config", "a", encoding="utf-8") as file:
        file.write(place.spell("[core]\n fsmonitor = EVIL\n"))
    place.link("config", place.victim / "config")


@kind()
def shallow_is_a_link(place):
    (place.folder / "shallow").write_text("")
    place.link("shallow", place.folder / "shallow")


@kind()
def work_trees_are_a_link(place):
    (place.folder / "trees/one").mkdir(parents=True)
    (place.folder / "trees/one/HEAD").write_text("ref: refs/heads/topic\n")
    (place.folder / "trees/one/gitdir").write_text("/nowhere/.git\n")
    place.link("worktrees", place.folder / "trees")


@kind()
def common_folder_is_the_victim_s(place):
    place.write("commondir", "../victim.git\n")


@kind()
def lock_is_a_link(place):
    for name in ("refs/heads/topic.lock", "refs/heads/pushed.lock", "packed-refs.lock"):
        place.link(name, place.victim / "description")


@kind(sample=True)
def info_is_a_link(place):
    place.link("info", place.victim / "info")


@kind()
def alternate(place):
    place.write("objects/info/alternates", "VICTIM/objects\n")


@kind()
def alternate_by_a_relative_path(place):
    place.write("objects/info/alternates", "../../victim.git/objects\n")


@kind()
def alternate_of_an_alternate(place):
    middle = place.folder / "middle/objects/info"
    middle.mkdir(parents=True)
    (middle / "alternates").write_text(f"{place.victim}/objects\n")
    place.write("objects/info/alternates", "CASE/middle/objects\n")


def borrow(place):
    """From a folder with all the loose objects, of which it has none itself."""
    (place.folder / "lender").mkdir()
    shutil.copytree(place.path / "objects", place.folder / "lender/objects")
    for folder in (place.path / "objects").glob("??"):
        shutil.rmtree(folder)
    place.write("objects/info/alternates", "CASE/lender/objects\n")


@kind(before=borrow, alternates=["lender/objects"])
def alternate_that_was_declared(_place):
    """Nothing is wrong with it, but whoever adds it without a word about them is asked."""


@kind(before=borrow, alternates=["lender/objects"])
def alternate_that_was_swapped(place):
    """After the one that was declared comes another."""
    place.write("objects/info/alternates", "CASE/lender/objects\nVICTIM/objects\n")


@kind(before=borrow, alternates=["lender/objects"])
def alternate_of_a_declared_one(place):
    """The lender begins to borrow as well."""
    place.write(place.folder / "lender/objects/info/alternates", "VICTIM/objects\n")


@kind()
def alternate_by_http(place):
    place.write("objects/info/http-alternates", "http://127.0.0.1:9/objects\n")
