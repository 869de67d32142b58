"""A container of the package, built by packaging/Containerfile, serves and keeps its data.

buildah builds it with chroot isolation, so that no daemon and no namespaces of users are needed.
The base is a bare Debian of ours in the place of the image that a registry has.
"""
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "tests/e2e"))
from bare_debian import prepare, why_not  # noqa: E402
from harness import Api, wait_until  # noqa: E402
from test_package import dependencies, make_package  # noqa: E402

NO_BUILDAH = None if shutil.which("buildah") else "buildah is not installed"


@unittest.skipIf(why_not() or NO_BUILDAH, why_not() or NO_BUILDAH)
class ContainerTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="esclusa-container-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def command(self, *command):
        storage = ["--storage-driver=vfs", f"--root={self.folder}/root",
                   f"--runroot={self.folder}/runroot"]
        return ["buildah", *storage, *map(str, command)]

    def buildah(self, *command):
        done = subprocess.run(self.command(*command), check=False, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT,
                              env={**os.environ, "BUILDAH_ISOLATION": "chroot"})
        self.assertEqual(0, done.returncode, done.stdout[-5000:])
        return done.stdout.strip().splitlines()

    def test_it_serves_as_its_own_user(self):
        package = make_package(self.folder / "package")
        bare = self.buildah("from", "--name", "bare", "scratch")[-1]
        self.buildah("add", "--quiet", bare, prepare(dependencies(package)), "/")
        self.buildah("commit", "--quiet", bare, "localhost/bare")
        self.buildah("build", "--isolation=chroot", "--pull-never", "--tag=esclusa",
                     "--build-arg=BASE=localhost/bare", f"--file={ROOT}/packaging/Containerfile",
                     self.folder / "package")
        container = self.buildah("from", "--pull-never", "localhost/esclusa")[-1]
        server = subprocess.Popen(
            self.command("run", "--isolation=chroot", "--env=ESCLUSA_LISTEN=127.0.0.1:0", container,
                         "esclusa", "serve"),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            url = server.stdout.readline().split()[-1]
            self.assertEqual("Data: /var/lib/esclusa\n", server.stdout.readline())
            self.assertEqual("Administrator: admin\n", server.stdout.readline())
            self.assertEqual("Token: in /var/lib/esclusa/admin.token\n", server.stdout.readline())
            token = self.buildah("run", "--isolation=chroot", container, "cat",
                                 "/var/lib/esclusa/admin.token")[-1]
            wait_until(lambda: Api(url).get("/readyz").status == 200, "/readyz")
            self.assertEqual("admin", Api(url, token).get("/user").json["login"])
            self.assertEqual(["esclusa"], self.buildah(
                "run", "--isolation=chroot", container, "id", "-un"))
            self.buildah("run", "--isolation=chroot", container, "esclusa", "user", "list")
        finally:
            server.send_signal(signal.SIGTERM)
            server.communicate(timeout=60)


if __name__ == "__main__":
    unittest.main()
