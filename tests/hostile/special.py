"""Kinds with special files: FIFOs, devices, sockets, folders; and odd modes and owners."""
import os
import socket
import stat

from table import NOT_FOUND, UNREADABLE, UNSAFE, closed, each, kind, refused

ZEROS = os.makedev(1, 5)  # /dev/zero: endless
NOBODY = 65534


def device(place, name):
    place.remove(name)
    (place.path / name).parent.mkdir(parents=True, exist_ok=True)
    os.mknod(place.path / name, 0o666 | stat.S_IFCHR, ZEROS)


@kind(sample=True,
      refs={"hanging": UNSAFE}, **closed("refs/heads/hanging in the git repository is a FIFO"))
def branch_is_a_fifo(place):
    place.fifo("refs/heads/hanging")


@kind(**refused("/packed-refs: "), **each(UNSAFE, "branches tags victim"),
      **closed("packed-refs in the git repository is a FIFO"))
def packed_refs_is_a_fifo(place):
    place.fifo("packed-refs")


@kind(**refused("/HEAD: "), **each(UNSAFE, "victim merge again clash"),
      **closed("HEAD in the git repository is a FIFO"))
def head_is_a_fifo(place):
    place.fifo("HEAD")


@kind(**refused("/config: "), **each(UNSAFE, "keep merge again"), kept="no",
      **closed("config in the git repository is a FIFO"))
def config_is_a_fifo(place):
    place.fifo("config")


@kind(sample=True,
      branches="200 clash main", **each(UNREADABLE, "compare merge again"), clash=UNSAFE,
      **closed("objects/"))
def loose_object_is_a_fifo(place):
    place.fifo(place.object_file(place.sha("topic")))


@kind(tags="200", **each(UNREADABLE, "commits compare merge again clash"),
      **closed("objects/pack/pack-"))
def pack_is_a_fifo(place):
    place.fifo(place.pack_file("pack"))


@kind(tags="200", **each(UNREADABLE, "commits compare merge again clash"),
      **closed("objects/pack/pack-"))
def pack_index_is_a_fifo(place):
    place.fifo(place.pack_file("idx"))


@kind(**refused("/objects/info/alternates: "), **each(UNSAFE, "merge again clash"),
      **closed("objects/info/alternates in the git repository is a FIFO"))
def alternates_is_a_fifo(place):
    place.fifo("objects/info/alternates")


@kind(**refused("/shallow: "), **closed("shallow in the git repository is a FIFO"))
def shallow_is_a_fifo(place):
    place.fifo("shallow")


@kind(**each("503 branch_locked", "merge again"), **closed("refs/heads/topic.lock in"))
def lock_is_a_fifo(place):
    place.fifo("refs/heads/topic.lock")


@kind(**closed("logs/"))
def log_is_a_fifo(place):
    place.configure("[core]\n logAllRefUpdates = always")
    place.fifo("logs/refs/heads/topic")
    place.fifo("logs/refs/heads/main")


@kind(needs_root=True, refs={"endless": UNSAFE},
      **closed("refs/heads/endless in the git repository is a device"))
def branch_is_a_device(place):
    device(place, "refs/heads/endless")


@kind(needs_root=True, **refused("/packed-refs: "),
      **each(UNSAFE, "branches tags victim"),
      **closed("packed-refs in the git repository is a device"))
def packed_refs_is_a_device(place):
    device(place, "packed-refs")


@kind(needs_root=True, branches="200 clash main", **each(UNREADABLE, "compare merge again"),
      clash=UNSAFE, **closed("objects/"))
def loose_object_is_a_device(place):
    device(place, place.object_file(place.sha("topic")))


@kind(refs={"listening": UNSAFE},
      **closed("refs/heads/listening in the git repository is a socket"))
def branch_is_a_socket(place):
    short = place.folder / "s"  # a socket's path is at most 107 bytes long
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(short))
    short.rename(place.path / "refs/heads/listening")


@kind(tags="200", **each("fatal: couldn't read…", "fetch push"))
def packed_refs_is_a_folder(place):
    place.remove("packed-refs")
    (place.path / "packed-refs").mkdir()


@kind(refs={"folder": NOT_FOUND})
def branch_is_an_empty_folder(place):
    (place.path / "refs/heads/folder").mkdir()


@kind(needs_root=True)
def files_of_another_owner(place):
    for parent, names, files in os.walk(place.path):
        for name in (parent, *(os.path.join(parent, one) for one in (*names, *files))):
            os.chown(name, NOBODY, NOBODY)


@kind()
def closed_folders(place):
    for parent, _, _ in os.walk(place.path):
        os.chmod(parent, 0o700)


def closed_to_the_group(place):
    """The parts of the repository that its group can no longer use."""
    for parent, names, files in os.walk(place.path):
        for name in names:
            mode = os.stat(os.path.join(parent, name)).st_mode
            if mode & 0o2070 != 0o2070:
                yield f"CLOSED {name}/ has the mode {mode:o}"
        for name in files:
            mode = os.stat(os.path.join(parent, name)).st_mode
            if not mode & 0o040 or ("objects" not in parent and not mode & 0o020):
                yield f"CLOSED {name} has the mode {mode:o}"


@kind(afterwards=closed_to_the_group)
def shared_by_a_group(place):
    place.configure("[core]\n sharedRepository = group")
    for parent, _, files in os.walk(place.path):
        os.chmod(parent, 0o2775)
        for name in files:
            os.chmod(os.path.join(parent, name), 0o664)


@kind()
def locks_that_were_left(place):
    for name in ("config.lock", "refs/heads/unborn.lock", "index.lock", "gc.pid"):
        place.write(name, "")
    place.write(f"refs/deployments/{place.sha('main')}.lock", "")
