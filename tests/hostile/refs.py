"""Kinds with odd refs: names, contents, large numbers, and targets of HEAD."""
import os

from table import NO_DEFAULT_BRANCH, NOT_FOUND, UNREADABLE, closed, each, kind, refused

LONG = "x" * 255
ODD_NAMES = ["-x", "--upload-pack=evil", "$(id)", "`id`", "a;id", "a'b", 'a"b', "a|b", "a&b",
             "HEAD", "\u202egpj", "\u00fc", "%2e%2e%2f", LONG]
# Names that git itself would not create.
IMPOSSIBLE_NAMES = [b"line\nfeed", b"a.lock", b".hidden", b"a..b", b"a b", b"a~1", b"a^", b"a:b",
                    b"a?", b"a*", b"a[b", b"a\\b", b"a@{1}", b"end.", b"\xff\xfe", b"\x01", b"@{"]


@kind(sample=True,
      branches="200 : 18", fetch="error: * Ignoring funny ref…",
      push="fatal: bad object…",  # git's own message for a ref with such a name
      refs={"-x": "201", "$(id)": "201", LONG: "201", **dict.fromkeys(
          ["a.lock", "line\nfeed", ".hidden", "a..b", "main~1", "../../../victim.git/HEAD",
           "refs/heads/../../HEAD"], NOT_FOUND)})
def odd_names(place):
    main = place.sha("main")
    for name in ODD_NAMES:
        place.write(f"refs/heads/{name}", main + "\n")
    for name in IMPOSSIBLE_NAMES:
        path = os.fsencode(place.path / "refs/heads") + b"/" + name
        with open(path, "w", encoding="utf-8") as file:
            file.write(main + "\n")


@kind(branches="200 clash main topic x x/y", refs={"x": "201", "x/y": "201"},
      fetch="fatal: cannot process…")
def files_in_the_place_of_folders(place):
    """A ref has the name of another ref's folder."""
    main = place.sha("main")
    header, rest = (place.path / "packed-refs").read_text().split("\n", 1)
    place.write("packed-refs", f"{header}\n{main} refs/heads/x/y\n{rest}")
    place.write("refs/heads/x", main + "\n")


@kind(branches="200 : 9", refs=each(UNREADABLE, "a self deep0") | each(NOT_FOUND, "out file"))
def symbolic_refs_in_loops(place):
    for name, target in {"a": "refs/heads/b", "b": "refs/heads/a", "self": "refs/heads/self",
                         "out": "../../../victim.git/refs/heads/main", "file": "/etc/passwd",
                         **{f"deep{n}": f"refs/heads/deep{n + 1}" for n in range(12)}}.items():
        place.write(f"refs/heads/{name}", f"ref: {target}\n")
    place.write("refs/heads/deep12", place.sha("main") + "\n")


@kind(refs=each(UNREADABLE, "empty text zeros missing huge") | {"blob": NOT_FOUND},
      fetch="fatal: git upload-pack: not our ref…", push="fatal: bad object…")
def contents_that_are_no_commits(place):
    for name, text in {"empty": "", "text": "not a ref\n", "zeros": "0" * 40 + "\n",
                       "blob": place.sha("main:app.txt") + "\n", "missing": "1" * 40 + "\n",
                       "nul": "\0" * 41}.items():
        place.write(f"refs/heads/{name}", text)
    with open(place.path / "refs/heads/huge", "wb") as file:
        file.truncate(1 << 26)


@kind(refs={"gone": UNREADABLE}, push="fatal: bad object…",
      fetch=("fatal: git upload-pack: not our ref…", "fatal: remote error: upload-pack: not our…"))
def commit_of_a_branch_is_missing(place):
    place.write("refs/heads/gone", "2" * 40 + "\n")


@kind(branches="200 : 100", refs={"many/99999": "201"})
def hundred_thousand_packed_refs(place):
    main = place.sha("main")
    names = sorted(["refs/tags/v1.0", *(f"refs/heads/many/{n}" for n in range(100_000))])
    tag = place.sha("refs/tags/v1.0")
    place.write("packed-refs", "# pack-refs with: peeled fully-peeled sorted \n" + "".join(
        f"{tag if name.endswith('v1.0') else main} {name}\n" for name in names))


@kind(branches="200 …", tags="200…")
def packed_refs_that_claim_to_be_sorted(place):
    main = place.sha("main")
    place.write("packed-refs", "# pack-refs with: peeled fully-peeled sorted \n" + "".join(
        f"{main} refs/heads/{name}\n" for name in "zayb"))


@kind(**each(UNREADABLE, "branches tags victim"),
      **each("fatal: unterminated line…", "fetch push"))
def packed_refs_with_garbage(place):
    main = place.sha("main")
    place.write("packed-refs", f"^{main}\n{main}\n{main} \nxyz refs/heads/a\n\n{main} refs/heads/"
                + "y" * 100_000 + f"\n{main} refs/heads/cut")


@kind(**each(UNREADABLE, "branches tags victim"),
      **each("fatal: unterminated line…", "fetch push"))
def packed_refs_without_an_end(place):
    with open(place.path / "packed-refs", "wb") as file:
        file.write(place.sha("main").encode() + b" refs/heads/")
        file.truncate(1 << 28)


@kind()
def peeled_packed_refs_that_lie(place):
    tag, clash = place.sha("refs/tags/v1.0"), place.sha("clash")
    place.write("packed-refs", "# pack-refs with: peeled fully-peeled sorted \n"
                f"{tag} refs/tags/v1.0\n^{clash}\n")


@kind(**refused(": HEAD points to no branch"), **each(NO_DEFAULT_BRANCH, "merge again clash"))
def head_is_detached(place):
    place.write("HEAD", place.sha("main") + "\n")


@kind(**each(NO_DEFAULT_BRANCH, "merge again clash"))
def head_is_unborn(place):
    place.write("HEAD", "ref: refs/heads/nowhere\n")


@kind(**refused(": This is not a git repository: it has no HEAD"), victim=UNREADABLE,
      **each(NO_DEFAULT_BRANCH, "merge again clash"), **closed("the repository has no HEAD"))
def head_is_missing(place):
    place.remove("HEAD")


@kind(**refused(": HEAD points to no branch"), **each("fatal: …", "fetch push"),
      **each(NO_DEFAULT_BRANCH, "merge again clash"))
def head_leads_out(place):
    place.write("HEAD", "ref: ../victim.git/refs/heads/main\n")


@kind(**refused(": HEAD points to no branch"), **each(NO_DEFAULT_BRANCH, "merge again clash"))
def head_names_no_branch(place):
    place.write("HEAD", "ref: refs/deployments/x\n")


@kind(**refused(": It keeps its refs as reftable"), branches="200", commits="409 repository_empty",
      compare="404", victim="409 repository_empty",
      **each(NOT_FOUND, "deploy keep merge again clash"), kept="no", push="fatal: bad object…")
def head_of_a_reftable(place):
    place.write("HEAD", "ref: refs/heads/.invalid\n")
    place.remove("refs/heads")
    place.write("refs/heads", "this repository uses the reftable format\n")
    (place.path / "reftable").mkdir()
    place.configure("[core]\n repositoryFormatVersion = 1\n[extensions]\n refStorage = reftable")


@kind()
def replaced_commits(place):
    """With refs/replace, readers would see clash instead of main."""
    place.write(f"refs/replace/{place.sha('main')}", place.sha("clash") + "\n")
    place.write(f"refs/replace/{place.sha('topic')}", place.sha("clash") + "\n")


@kind()
def grafts(place):
    """With grafts, readers would see main without a history."""
    place.write("info/grafts", place.sha("main") + "\n")


@kind()
def keep_refs_that_lie(place):
    """The kept commit would not be the deployed one."""
    place.write(f"refs/deployments/{place.sha('main')}", place.sha("clash") + "\n")
    place.write(f"refs/deployments/{place.sha('topic')}", "")
