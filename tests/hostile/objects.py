"""Kinds whose objects are broken, misnamed, or bombs."""
import hashlib
import os
import struct
import zlib

from table import NOT_FOUND, UNREADABLE, each, kind, refused

MiB = 1 << 20


def put_object(place, kind_of, content, name=None):
    """Writes a loose object with any content; under a wrong name if one is given."""
    whole = f"{kind_of} {len(content)}\0".encode() + content
    name = name or hashlib.sha1(whole).hexdigest()
    place.write(place.object_file(name), zlib.compress(whole, 1))
    return name


def commit_text(place, tree, parents=(), message=b"A commit\n", head=b""):
    """The content of a commit."""
    lines = [f"tree {tree}", *(f"parent {parent}" for parent in parents),
             "author Eve <eve@example.org> 1700000000 +0000",
             "committer Eve <eve@example.org> 1700000000 +0000"]
    return "\n".join(lines).encode() + b"\n" + head + b"\n" + message


def branch(place, name, tree, **more):
    """A branch with one commit of a tree."""
    more.setdefault("parents", [place.sha("topic")])
    place.write(f"refs/heads/{name}", put_object(place, "commit", commit_text(place, tree, **more))
                + "\n")


def tree_text(*entries):
    """(mode, name, object) of each entry."""
    return b"".join(f"{mode} {name}\0".encode() + bytes.fromhex(sha) for mode, name, sha in entries)


@kind(tags="200", **each(UNREADABLE, "commits compare merge again clash"),
      **each("error: packfile…", "fetch push"))
def pack_is_cut(place):
    os.truncate(place.path / place.pack_file("pack"), 40)


@kind(tags="200", **each(UNREADABLE, "commits compare merge again clash"),
      **each("error: file…", "fetch push"))
def pack_is_empty(place):
    os.truncate(place.path / place.pack_file("pack"), 0)


@kind(tags="200", **each(UNREADABLE, "commits compare merge again clash"),
      **each("error: wrong index…", "fetch push"))
def pack_index_is_cut(place):
    os.truncate(place.path / place.pack_file("idx"), 1100)


@kind(tags="200", **each(UNREADABLE, "commits compare merge again clash"),
      **each("error: index file…", "fetch push"))
def pack_index_is_empty(place):
    os.truncate(place.path / place.pack_file("idx"), 0)


@kind(sample=True,
      tags="200", **each(UNREADABLE, "commits compare merge again clash"),
      **each("error: …", "fetch push"))
def pack_index_that_lies(place):
    """Its offsets point beyond the pack, and it claims four thousand million objects."""
    file = place.path / place.pack_file("idx")
    content = bytearray(file.read_bytes())
    content[8 + 255 * 4:8 + 256 * 4] = b"\xff\xff\xff\xff"
    place.write(place.pack_file("idx"), bytes(content))


@kind(tags="200", **each(UNREADABLE, "commits compare merge again clash"),
      **each("fatal: offset beyond end of packfile…", "fetch push"))
def pack_offsets_that_lead_beyond(place):
    file = place.path / place.pack_file("idx")
    content = bytearray(file.read_bytes())
    [count] = struct.unpack(">I", content[8 + 255 * 4:8 + 256 * 4])
    begin = 8 + 256 * 4 + 24 * count
    content[begin:begin + 4 * count] = b"\x7f\xff\xff\xf0" * count
    place.write(place.pack_file("idx"), bytes(content))


@kind()
def many_empty_packs(place):
    for number in range(300):
        for suffix in ("pack", "idx"):
            place.write(f"objects/pack/pack-{number:040x}.{suffix}", "")


@kind()
def commit_graph_that_lies(place):
    """It was made from another history with the same names."""
    place.git("commit-graph", "write", "--reachable")
    file = place.path / "objects/info/commit-graph"
    content = bytearray(file.read_bytes())
    main, clash = (bytes.fromhex(place.sha(name)) for name in ("main", "clash"))
    at, other = content.find(main), content.find(clash)
    content[at:at + 20], content[other:other + 20] = clash, main
    place.write("objects/info/commit-graph", bytes(content))


@kind()
def commit_graph_of_garbage(place):
    place.write("objects/info/commit-graph", b"CGPH\x01\x01\xff\xff" + b"\xff" * 4096)
    place.write("objects/info/commit-graphs/commit-graph-chain", "../../../../victim.git\n")


@kind()
def multi_pack_index_that_lies(place):
    """It names a pack of the victim."""
    place.git("multi-pack-index", "write")
    file = place.path / "objects/pack/multi-pack-index"
    content = file.read_bytes()
    at = content.find(b"pack-")
    name = b"../../../victim.git/objects/pack/pack-"
    place.write("objects/pack/multi-pack-index", content[:at] + name + content[at + len(name):])


@kind()
def multi_pack_index_of_garbage(place):
    place.write("objects/pack/multi-pack-index", b"MIDX\x01\x01\xff\x00" + b"\xff" * 4096)


@kind(**refused(": It is a shallow clone"))
def shallow(place):
    place.write("shallow", place.sha("main") + "\n")


@kind(**refused(": Its object format is sha256"))
def object_names_of_sha256(place):
    place.configure("[core]\n repositoryFormatVersion = 1\n[extensions]\n objectFormat = sha256")


@kind(**refused(": Its format has the extension unheardof"))
def unknown_extension(place):
    place.configure("[core]\n repositoryFormatVersion = 1\n[extensions]\n unheardOf = true")


@kind(branches="200 clash latin main topic unknown wide",
      refs={"latin": "201", "unknown": "201", "wide": "201"})
def messages_in_other_encodings(place):
    tree = place.sha("topic^{tree}")
    for name, encoding, message in (("latin", b"ISO-8859-1", b"caf\xe9\n"),
                                    ("unknown", b"../../etc/passwd", b"caf\xe9\n"),
                                    ("wide", b"UTF-16", b"\xff\xfec\0a\0f\0\xe9\0\n\0")):
        branch(place, name, tree, head=b"encoding " + encoding + b"\n", message=message)


@kind(branches="200 clash main", **each(UNREADABLE, "compare merge again"),
      fetch="fatal: The same object…")
def object_of_another_name(place):
    """The object with the name of topic's commit has the content of clash's."""
    content = zlib.decompress((place.path / place.object_file(place.sha("clash"))).read_bytes())
    place.write(place.object_file(place.sha("topic")), zlib.compress(content))


@kind(branches="200 clash main", **each(UNREADABLE, "compare merge again"),
      **each("error: inflate: data stream error…", "fetch push"))
def object_is_garbage(place):
    place.write(place.object_file(place.sha("topic")), b"\x78\x9cgarbage")


@kind(refs={"bomb": UNREADABLE}, fetch="error: bogus commit object…",
      push=("error: bogus commit object…", "stuck"))  # git takes long to unpack it
def commit_is_a_zlib_bomb(place):
    """A quarter of a megabyte on the disk, 256 in memory."""
    size = 256 * MiB
    packer = zlib.compressobj(9)
    name = "ab" + "cd" * 19
    with open(place.write(place.object_file(name), b""), "wb") as file:
        file.write(packer.compress(f"commit {size}\0".encode()))
        for _ in range(size // MiB):
            file.write(packer.compress(bytes(MiB)))
        file.write(packer.flush())
    place.write("refs/heads/bomb", name + "\n")


@kind(refs={"endless": UNREADABLE}, **each("error: corrupt loose object…", "fetch push"))
def object_that_states_another_size(place):
    """It claims 16 bytes; there are 64 megabytes."""
    name = "ef" * 20
    place.write(place.object_file(name), zlib.compress(b"commit 16\0" + bytes(64 * MiB)))
    place.write("refs/heads/endless", name + "\n")


@kind(branches="200 bomb clash main topic", refs={"bomb": "201"})
def delta_bomb(place):
    """Deltas of deltas in a pack, each ten times as large as its base."""
    base = bytes(1000)
    entries = [entry(3, len(base)) + zlib.compress(base)]
    size = len(base)
    offsets = [12]
    for _ in range(4):
        offsets.append(offsets[-1] + len(entries[-1]))
        copies = b"".join(copy_instruction(size) for _ in range(10))
        delta = variable_size(size) + variable_size(10 * size) + copies
        entries.append(entry(6, len(delta)) + distance(offsets[-1] - offsets[-2])
                       + zlib.compress(delta))
        size *= 10
    pack = b"PACK" + struct.pack(">II", 2, len(entries)) + b"".join(entries)
    pack += hashlib.sha1(pack).digest()
    name = hashlib.sha1(f"blob {size}\0".encode())
    for _ in range(size // 1000):
        name.update(base)
    place.git("index-pack", "--stdin", given=pack)
    branch(place, "bomb", put_object(place, "tree", tree_text(
        ("100644", "app.txt", place.sha("topic:app.txt")), ("100644", "bomb", name.hexdigest()))))


def entry(kind_of, size):
    """The header of an object in a pack."""
    first, rest = kind_of << 4 | size & 15, size >> 4
    return bytes([first | (128 if rest else 0)]) + (variable_size(rest) if rest else b"")


def variable_size(number):
    out = bytearray()
    while True:
        out.append(number & 127 | (128 if number > 127 else 0))
        number >>= 7
        if not number:
            return bytes(out)


def distance(number):
    """The distance to the base of a delta."""
    out = [number & 127]
    while number := number >> 7:
        number -= 1
        out.append(128 | number & 127)
    return bytes(reversed(out))


def copy_instruction(size):
    """Copies as much as one instruction can, from the beginning."""
    size = min(size, 0xffffff)
    return bytes([0x80 | 0x70]) + size.to_bytes(3, "little")


@kind(branches="200 clash main topic wide", refs={"wide": "201"})
def tree_with_a_hundred_thousand_entries(place):
    blob = place.sha("topic:app.txt")
    branch(place, "wide", put_object(place, "tree", tree_text(
        *(("100644", f"file{number:06}", blob) for number in range(100_000)))))


@kind(branches="200 bomb clash main topic", refs={"bomb": "201"})
def trees_that_repeat_themselves(place):
    """Ten folders in each of ten folders, and so on: ten thousand million files in ten trees."""
    sha, mode = place.sha("topic:app.txt"), "100644"
    for _ in range(10):
        sha = put_object(place, "tree", tree_text(*((mode, f"f{n}", sha) for n in range(10))))
        mode = "40000"
    branch(place, "bomb", sha)


@kind(branches="200 clash evil main topic", refs={"evil": "201"})
def trees_with_evil_names(place):
    blob = place.sha("topic:app.txt")
    tree = tree_text(("100644", "..", blob), ("100644", ".git", blob), ("100644", "/etc/x", blob),
                     ("120000", "link", blob), ("100644", "link", blob),
                     ("160000", "sub", "1" * 40),
                     ("777777", "odd", blob), ("100644", "app.txt", blob))
    branch(place, "evil", put_object(place, "tree", tree))


@kind(branches="200 clash main orphan topic",
      refs={"orphan (auto_merge)": "409 merge_conflict", "orphan": "201"})
def orphan_branch(place):
    branch(place, "orphan", place.sha("topic^{tree}"), parents=[])


@kind(branches="200 clash main octopus topic", refs={"octopus": "201"})
def commit_with_five_thousand_parents(place):
    branch(place, "octopus", place.sha("topic^{tree}"),
           parents=[place.sha("main"), place.sha("topic")] * 2500)


@kind(tags="200 v1.0", refs={"deep": NOT_FOUND}, fetch="error: …", push="stuck")
def tags_of_tags(place):
    """Five thousand tags, each of the next one, and one of itself, which git follows forever when
    it checks a push. No other session waits for that one, and its time is limited."""
    sha, of = place.sha("main"), "commit"
    for number in range(5000):
        sha = put_object(place, "tag", f"object {sha}\ntype {of}\ntag t{number}\ntagger Eve "
                         "<eve@example.org> 1700000000 +0000\n\nx\n".encode())
        of = "tag"
    place.write("refs/tags/deep", sha + "\n")
    own = "12" * 20
    put_object(place, "tag", f"object {own}\ntype tag\ntag own\n\nx\n".encode(), own)
    place.write("refs/tags/own", own + "\n")


@kind(branches="200 clash main talk topic", refs={"talk": "201"})
def message_of_ten_megabytes(place):
    branch(place, "talk", place.sha("topic^{tree}"), message=b"word " * 2 * MiB)


@kind(fetch="fatal: did not receive expected object…")
def commit_that_is_its_own_parent(place):
    """Its name is not its hash, because a commit cannot contain its own hash."""
    own = "34" * 20
    put_object(place, "commit", commit_text(place, place.sha("topic^{tree}"), [own]), own)
    place.write("refs/heads/own", own + "\n")
