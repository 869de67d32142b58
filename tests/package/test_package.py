"""The Debian package: made, examined, installed, served, upgraded, removed and purged.

It is made of the build whose binary is ESCLUSA_BINARY (build/dev/esclusa), and installed in a bare
Debian in a folder. No systemd runs there: as_unit.py starts the server as the unit says.
"""
import contextlib
import os
import pathlib
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import types
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "tests/e2e"))
import old_stores  # noqa: E402
import upgrade  # noqa: E402
from bare_debian import BareDebian, prepare, why_not  # noqa: E402
from completions import completed  # noqa: E402
from harness import Api, BINARY, wait_until  # noqa: E402
from supervisor import NotifySocket  # noqa: E402

UNITS = ROOT / "packaging"
OLDER = "0.0.1"
EXPOSURE_MAX = 2.0  # of 10, for the server
DATA = "var/lib/esclusa"
ENABLED = "etc/systemd/system/multi-user.target.wants/esclusa.service"
ELSEWHERE = "/srv/store"  # the repositories of earlier data
# Or it would be the time of the last commit, which may come while the tests run.
EPOCH = {"SOURCE_DATE_EPOCH": "1764547200"}


def make_package(folder, *arguments, environment=None, umask=0o022):
    """./dev package, but for the build; returns the package's path."""
    subprocess.run([sys.executable, ROOT / "tools/package", "--build",
                    pathlib.Path(BINARY).resolve().parent, "--output", folder, *arguments],
                   check=True, stdout=subprocess.DEVNULL, umask=umask,
                   env={**os.environ, **EPOCH, **(environment or {})})
    return next(pathlib.Path(folder).glob("esclusa_*.deb"))


def make_older(package, folder):
    """The same package with a lower version number, as if it were the version before."""
    subprocess.run(["dpkg-deb", "--raw-extract", package, folder / "older"], check=True)
    control = folder / "older/DEBIAN/control"
    control.write_text(re.sub(r"(?m)^Version: .*", f"Version: {OLDER}-1", control.read_text()))
    made = folder / f"esclusa_{OLDER}-1_amd64.deb"
    subprocess.run(["dpkg-deb", "--build", "-Znone", folder / "older", made], check=True,
                   stdout=subprocess.DEVNULL)
    shutil.rmtree(folder / "older")
    return made


def output_of(*command, check=True, **more):
    return subprocess.run([*map(str, command)], check=check, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, **more).stdout


def setUpModule():
    """The two packages that all tests look at, and the newer one's files. Meanwhile the bare Debian
    is made."""
    global FOLDER, NEWER_PACKAGE, OLDER_PACKAGE, FILES
    FOLDER = pathlib.Path(tempfile.mkdtemp(prefix="esclusa-packages-"))
    unittest.addModuleCleanup(shutil.rmtree, FOLDER, ignore_errors=True)
    NEWER_PACKAGE = make_package(FOLDER / "newer")
    OLDER_PACKAGE = make_older(NEWER_PACKAGE, FOLDER)
    FILES = FOLDER / "files"
    subprocess.run(["dpkg-deb", "--extract", NEWER_PACKAGE, FILES], check=True)
    if not why_not():
        making = threading.Thread(target=prepare, args=(dependencies(NEWER_PACKAGE),))
        making.start()
        unittest.addModuleCleanup(making.join)


def commands():
    """The program's commands, by its help."""
    return set(re.findall(r"^  (\w+) ", output_of(BINARY, "--help").split("Subcommands:")[1], re.M))


def field(name):
    return output_of("dpkg-deb", "--field", NEWER_PACKAGE, name).strip()


def dependencies(package):
    """The names in its Depends; of alternatives the first."""
    words = output_of("dpkg-deb", "--field", package, "Depends").split(",")
    return [re.split(r"[ |:]", word.strip())[0] for word in words]


class MadeTest(unittest.TestCase):
    def test_the_same_build_gives_the_same_bytes_wherever_it_is_made(self):
        again = make_package(FOLDER / "again", umask=0o077, environment={
            "TZ": "Asia/Tokyo", "LC_ALL": "C", "HOME": "/nonexistent"})
        self.assertTrue(NEWER_PACKAGE.read_bytes() == again.read_bytes(), "they differ")

    def test_lintian_finds_nothing(self):
        said = output_of("lintian", "--no-cfg", "--allow-root", "--fail-on", "error,warning",
                         "--tag-display-limit", "0", NEWER_PACKAGE, check=False)
        self.assertEqual("", "\n".join(line for line in said.splitlines()
                                       if line.startswith(("E:", "W:"))), said)

    def test_files_belong_to_root_and_only_root_may_write_them(self):
        for line in output_of("dpkg-deb", "--contents", NEWER_PACKAGE).splitlines():
            mode, owner, *_ = line.split()
            self.assertEqual("root/root", owner, line)
            self.assertNotIn("w", mode[5] + mode[8], line)
            self.assertNotRegex(mode, "[sS]", line)

    def test_programs_are_stripped_and_their_symbols_are_apart(self):
        symbols = next((FOLDER / "newer").glob("esclusa-dbgsym_*.ddeb"))
        listed = output_of("dpkg-deb", "--contents", symbols)
        for program in ("usr/bin/esclusa", "usr/libexec/esclusa-ssh"):
            sections = output_of("readelf", "--section-headers", "--notes", "--wide",
                                 FILES / program)
            self.assertNotIn(" .debug_info", sections)
            identity = re.search(r"Build ID: (\w+)", sections)[1]
            self.assertIn(f"/.build-id/{identity[:2]}/{identity[2:]}.debug", listed)

    def test_dependencies_are_those_of_the_program(self):
        wanted = field("Depends")
        for library in ("libc6", "libgit2-1.5", "libsqlite3-0", "libsystemd0", "git", "adduser"):
            self.assertRegex(wanted, rf"(^|, ){re.escape(library)}\b")

    def test_settings_are_explained_and_none_is_set(self):
        text = (FILES / "etc/esclusa/esclusa.toml").read_text()
        self.assertIn('\n#listen = "127.0.0.1:8080"\n', text)
        for line in text.splitlines():
            self.assertRegex(line, r"^(#.*|\[\w+\]|)$")

    def test_manual_pages_are_without_faults_and_know_their_names(self):
        pages = sorted((FILES / "usr/share/man/man1").iterdir())
        self.assertEqual({"esclusa.1.gz", *(f"esclusa-{name}.1.gz" for name in commands())},
                         {page.name for page in pages})
        environment = {**os.environ, "MANWIDTH": "80", "LC_ALL": "C.UTF-8"}
        for page in pages:
            done = subprocess.run(["man", "--warnings", "--local-file", page], check=True,
                                  text=True, capture_output=True, env=environment)
            self.assertEqual("", done.stderr, page.name)
            self.assertIn("SYNOPSIS", done.stdout)
            name = page.name.removesuffix(".1.gz")
            self.assertIn(f': "{name} - ', output_of("lexgrog", page))
        def shown(name):
            return output_of("man", "--local-file", FILES / f"usr/share/man/man1/{name}.1.gz",
                             env=environment)
        self.assertRegex(shown("esclusa-repo"),
                         r"(?s)esclusa repo add .*--writable\s+Let Esclusa write")
        self.assertRegex(shown("esclusa-history"), r"--count NUMBER\n.*\(1 to 100; default: 20\)")


class CompletionTest(unittest.TestCase):
    """The scripts of the package, in the shells themselves."""

    def check(self, shell):
        def words(line):
            return completed(shell, FILES, line)
        self.assertLessEqual(commands(), words("esclusa "))
        self.assertEqual({"repo", "review"} & words("esclusa re"), {"repo", "review"})
        self.assertNotIn("serve", words("esclusa re"))
        self.assertLessEqual({"add", "list", "remove"}, words("esclusa repo "))
        self.assertIn("--writable", words("esclusa repo add --w"))
        self.assertNotIn("--listen", words("esclusa repo add --"))
        self.assertLessEqual({"--dry-run", "--json"}, words("esclusa prune --"))
        self.assertIn("--config", words("esclusa serve --conf"))
        with tempfile.TemporaryDirectory(prefix="esclusa-") as folder:
            pathlib.Path(folder, "settings.toml").touch()
            self.assertEqual({f"{folder}/settings.toml"},
                             words(f"esclusa serve --config {folder}/s"))

    def test_bash(self):
        self.check("bash")

    def test_zsh(self):
        self.check("zsh")

    def test_fish(self):
        self.check("fish")


class UnitsTest(unittest.TestCase):
    def test_systemd_accepts_them(self):
        with tempfile.TemporaryDirectory(prefix="esclusa-") as folder:
            # The program and the user are those of the package, which is not installed here.
            units = []
            for unit in UNITS.glob("*.s[eo]*"):
                text = unit.read_text().replace("/usr/bin/esclusa", str(FILES / "usr/bin/esclusa"))
                copied = pathlib.Path(folder, unit.name.replace("@.", "@web."))
                copied.write_text(text)
                units.append(copied)
            self.assertEqual(3, len(units))
            self.assertEqual("", output_of("systemd-analyze", "verify", "--man=no", *units))

    def test_the_exposure_of_the_server_is_bounded(self):
        exposures = {}
        for unit in ("esclusa.service", "esclusa-agent@.service"):
            said = output_of("systemd-analyze", "security", "--offline=true", "--no-pager",
                             UNITS / unit)
            exposures[unit] = float(re.search(r"Overall exposure level.*: ([\d.]+)", said)[1])
        print(f"exposure: {exposures}")
        self.assertLessEqual(exposures["esclusa.service"], EXPOSURE_MAX)

    def test_shared_repositories_can_be_served(self):
        text = (UNITS / "esclusa.service").read_text()
        self.assertIn("\nUMask=0022\n", text)
        self.assertNotIn("\nRestrictSUIDSGID=", text)


@unittest.skipIf(why_not(), why_not())
class WholeLifeTest(unittest.TestCase):
    """Stories, since each step needs the one before. Its name is the last one, because it waits for
    the bare Debian."""

    def setUp(self):
        debian = BareDebian(dependencies(NEWER_PACKAGE))
        self.debian = debian.__enter__()
        self.addCleanup(debian.__exit__)
        self.packages = {package: debian.copy(package)
                         for package in (OLDER_PACKAGE, NEWER_PACKAGE)}

    def install(self, package):
        return self.debian.run("apt-get", "install", "--yes", "--quiet",
                               "--no-install-recommends", self.packages[package])

    def status_of(self, path):
        """Mode and owner of a file there."""
        return self.debian.run("stat", "--format=%a %U:%G", f"/{path}").strip()

    def test_a_life_from_the_installation_to_the_purge(self):
        self.install(OLDER_PACKAGE)
        self.see_the_installation()
        self.serve(self.first_deployment)

        self.debian.run("sh", "-c", "echo '# mine' >> /etc/esclusa/esclusa.toml")
        self.install(NEWER_PACKAGE)
        self.assertEqual(field("Version"), self.debian.run(
            "dpkg-query", "--show", "--showformat=${Version}", "esclusa"))
        self.assertIn("# mine", self.debian.run("cat", "/etc/esclusa/esclusa.toml"))
        self.serve(self.deployment_is_there)

        self.debian.run("apt-get", "remove", "--yes", "esclusa")
        self.debian.run("test", "!", "-e", "/usr/bin/esclusa")
        self.assertEqual("700 esclusa:esclusa", self.status_of(DATA))
        self.debian.run("test", "-s", f"/{DATA}/esclusa.db")
        self.debian.run("test", "-e", "/etc/esclusa/esclusa.toml")

        said = self.debian.run("apt-get", "purge", "--yes", "esclusa")
        self.assertIn(f"Keeping /{DATA}, and what is in it.", said)
        self.debian.run("test", "-s", f"/{DATA}/esclusa.db")
        self.debian.run("test", "!", "-e", "/etc/esclusa/esclusa.toml")
        self.debian.run("test", "!", "-e", f"/{ENABLED}")

        self.install(NEWER_PACKAGE)
        self.serve(self.deployment_is_there)
        self.debian.run("debconf-set-selections", data="esclusa esclusa/purge_data boolean true\n")
        said = self.debian.run("dpkg", "--purge", "esclusa")
        self.assertIn(f"Deleting /{DATA}, and what is in it.", said)
        self.debian.run("test", "!", "-e", f"/{DATA}")
        self.debian.run("test", "!", "-e", f"/{DATA}-agent")

    def test_an_upgrade_takes_the_data_of_earlier_schemas_over(self):
        """Those of the dumps: what they served then is served now."""
        self.install(OLDER_PACKAGE)
        for age in upgrade.KEEPS_ALL:
            name = age.removeprefix("--retention-").removesuffix("=never").replace("-", "_")
            self.debian.run("sed", "--in-place", f's/^#{name} = .*/{name} = "never"/',
                            "/etc/esclusa/esclusa.toml")
        self.put_data(lambda place: old_stores.load(place, old_stores.OLDEST))
        self.install(NEWER_PACKAGE)
        self.serve(lambda url: self.earlier_answers_are_the_same(url, "0009"))
        self.put_data(old_stores.load_filled)
        self.serve(lambda url: self.earlier_answers_are_the_same(url, "0024"))

    def put_data(self, load):
        """Makes data as an earlier version left it the data of the service."""
        with tempfile.TemporaryDirectory(prefix="esclusa-") as name:
            folder = pathlib.Path(name)
            load(types.SimpleNamespace(folder=folder, data=folder / "data"))
            with contextlib.closing(sqlite3.connect(folder / "data/esclusa.db")) as database:
                database.execute("update repository set path = replace(path, ?, ?)",
                                 (name, ELSEWHERE))
                database.commit()
            packed = subprocess.run(["tar", "--create", f"--directory={name}", "."], check=True,
                                    stdout=subprocess.PIPE).stdout
        self.debian.run("sh", "-c", f"rm -rf {ELSEWHERE} /{DATA}; mkdir {ELSEWHERE}")
        subprocess.run(self.debian.command("tar", "--extract", f"--directory={ELSEWHERE}"),
                       input=packed, check=True)
        self.debian.run("sh", "-c", f"mv {ELSEWHERE}/data /{DATA}; chown -R esclusa: {ELSEWHERE} "
                        f"/{DATA}")

    def earlier_answers_are_the_same(self, url, name):
        def create_token(*words):
            return self.debian.run("esclusa", "token", "create", words[0], "--scopes",
                                   words[1]).strip()
        server = types.SimpleNamespace(url=url, folder=ELSEWHERE, create_token=create_token)
        server.api = lambda **more: Api(url, server.token, **more)
        self.assertEqual([], old_stores.differences(old_stores.recorded(name),
                                                    old_stores.served(server)))

    def see_the_installation(self):
        self.assertEqual("700 esclusa:esclusa", self.status_of(DATA))
        self.assertEqual("700 esclusa-agent:esclusa-agent", self.status_of(f"{DATA}-agent"))
        self.assertEqual("644 root:root", self.status_of("etc/esclusa/esclusa.toml"))
        self.assertIn("/usr/sbin/nologin", self.debian.run("getent", "passwd", "esclusa"))
        self.assertIn("esclusa.service", self.debian.run("readlink", f"/{ENABLED}"))
        self.assertEqual(f"esclusa {self.version()}\n", self.debian.run("esclusa", "--version"))

    def version(self):
        return re.search(r"\(esclusa VERSION ([\d.]+)", (ROOT / "CMakeLists.txt").read_text())[1]

    def serve(self, visit):
        """Serves as the unit says, in a network of its own, and stops."""
        with NotifySocket() as notify:
            server = subprocess.Popen(
                self.debian.inside("unshare", "--mount", "--propagation", "private",
                                   "/usr/bin/python3", HERE / "as_unit.py", self.debian.root,
                                   UNITS / "esclusa.service", f"NOTIFY_SOCKET={notify.name}",
                                   "WATCHDOG_USEC=400000", "ESCLUSA_LISTEN=127.0.0.1:0"),
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                text=True)
            try:
                try:
                    notify.wait_for("READY=1")
                except AssertionError as error:
                    server.kill()
                    raise AssertionError(f"{error}\n{server.communicate()[0]}") from None
                url = next(line.split()[-1] for line in server.stdout
                           if line.startswith("Esclusa listens on "))
                notify.wait_for("WATCHDOG=1")
                visit(url)
            finally:
                server.send_signal(signal.SIGTERM)
                said = server.communicate(timeout=60)[0]
            self.assertEqual(0, server.returncode, said)
            self.assertNotIn("is not confined", said)

    def first_deployment(self, url):
        """An account, a repository, and a deployment that merges: git works below the filters."""
        run = self.debian.run
        self.assertEqual("600 esclusa:esclusa", self.status_of(f"{DATA}/admin.token"))
        # The command finds the socket of the service.
        made = run("esclusa", "repo", "create", "acme/shop")
        self.push(re.search(r" at (\S+)", made)[1])
        run("esclusa", "user", "create", "deployer", "--kind", "bot")
        run("esclusa", "repo", "grant", "acme/shop", "deployer", "write")
        token = run("esclusa", "token", "create", "deployer", "--scopes", "repo").strip()
        self.assertIn("acme/shop", run("esclusa", "repo", "list"))
        api = Api(url, token)
        merged = api.post("/repos/acme/shop/deployments",
                          {"ref": "behind", "environment": "staging", "required_contexts": []})
        self.assertEqual(202, merged.status, merged)
        made = api.post("/repos/acme/shop/deployments",
                        {"ref": "behind", "environment": "staging", "required_contexts": []})
        self.assertEqual(201, made.status, made)
        WholeLifeTest.token, WholeLifeTest.sha = token, made.json["sha"]

    def push(self, repository):
        """main with a commit that `behind` lacks, by the user of the server."""
        script = (
            "set -e; export HOME=/tmp/work; mkdir /tmp/work; cd /tmp/work; git init -q -b main .\n"
            "git config user.name Ada; git config user.email ada@example.org\n"
            "echo one > one; git add .; git commit -q -m one; git branch behind\n"
            "echo two > two; git add .; git commit -q -m two\n"
            "git checkout -q behind; echo three > three; git add .; git commit -q -m three\n"
            f"git push -q {repository} main behind")
        self.debian.run("setpriv", "--reuid=esclusa", "--regid=esclusa", "--clear-groups",
                        "sh", "-c", script)

    def deployment_is_there(self, url):
        listed = Api(url, WholeLifeTest.token).get("/repos/acme/shop/deployments")
        self.assertEqual([WholeLifeTest.sha], [one["sha"] for one in listed.json])
        wait_until(lambda: Api(url).get("/readyz").status == 200, "/readyz")


if __name__ == "__main__":
    unittest.main()
