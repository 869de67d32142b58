"""What the conformance test and the tests of published clients share: a server with

    demo/shop      private, writable, bare; branches of every kind that auto-merge meets
    demo/window    public, the same history
    demo/lost      registered, and then its folder was taken away
    demo/hollow    without a commit
    demo/moved     a repository that was formerly called demo/before

and accounts: the administrator, `writer`, `reader`, and `narrow`, whose token gives no access.
"""
import shutil

from harness import Repository, Server, make_repository

LATE = 12  # number of branches behind main; each deployment with auto-merge moves one


def make_bare(parent, name):
    """make_repository, and
        late/1 … late/12     behind main; main can be merged into them
        clash/1 … clash/12   behind main, with changes that conflict
        ahead/1 … ahead/12   not behind; each has a commit of its own
    as a bare repository."""
    work = make_repository(parent, f"{name}-work")
    work.git("switch", "-q", "-c", "clashing", "old~1")
    work.commit("Sell fish", {"index.html": "fish\n"})
    for number in range(1, LATE + 1):
        work.git("branch", f"late/{number}", "old")
        work.git("branch", f"clash/{number}", "clashing")
        work.git("switch", "-q", "-c", f"ahead/{number}", "main")
        work.commit(f"Idea {number}", {f"idea-{number}": "bright\n"})
    work.git("switch", "-q", "main")
    bare = Repository(work.path.parent / f"{name}.git", bare=True)
    work.git("push", "-q", "--mirror", str(bare.path))
    return bare


class World:
    """The server and its inhabitants, from `with` to the end of the block."""

    def __init__(self, **settings):
        self.server = Server(**settings)

    def __enter__(self):
        server = self.server.__enter__()
        try:
            self._settle(server)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.server.__exit__()

    def _settle(self, server):
        self.repository = make_bare(server.folder, "shop")
        for name, flag in (("window", "--public"), ("lost", "--private"), ("before", "--private")):
            copy = server.folder / f"{name}.git"
            shutil.copytree(self.repository.path, copy)
            server.cli("repo", "add", f"demo/{name}", copy, "--writable", flag)
        server.add_repository("demo/shop", self.repository, "--writable", "--private")
        server.add_repository("demo/hollow", Repository(server.folder / "hollow.git", bare=True))
        shutil.rmtree(server.folder / "lost.git")
        self.tokens = {"admin": server.token}
        self.credentials = {}  # of apps, by a name
        for login, role, scopes in (("writer", "write", "repo"), ("reader", "read", "repo"),
                                    ("narrow", "write", "user"), ("stranger", None, "repo")):
            server.create_user(login)
            for name in ("shop", "window", "lost", "before", "hollow"):
                if role:
                    server.cli("repo", "grant", f"demo/{name}", login, role)
            self.tokens[login] = server.create_token(login, scopes)
        server.cli("repo", "rename", "demo/before", "moved")

    def sha(self, revision):
        return self.repository.sha(revision)
