"""Archives of a repository's files, which equal those of git archive."""
import io
import os
import stat
import subprocess
import tarfile
import urllib.error
import urllib.request
import zipfile

from harness import EsclusaTest, Repository, wait_until

SHOP = "/repos/demo/shop"


def git_archive(repository, sha, form, prefix):
    """What git archive writes."""
    return subprocess.run(
        ["git", "-C", repository.path, "archive", f"--format={form}", f"--prefix={prefix}/", sha],
        check=True, stdout=subprocess.PIPE).stdout


def tar_files(data):
    """name → (mode, type, time, content or target) of everything in a tar."""
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        return {one.name: (one.mode, one.type, one.mtime,
                           one.linkname or (tar.extractfile(one).read() if one.isfile() else b""))
                for one in tar}


def zip_files(data):
    """name → (whether it is executable, whether it is a link, content) of everything in a zip."""
    files = {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        for one in archive.infolist():
            mode = one.external_attr >> 16
            files[one.filename] = (bool(mode & stat.S_IXUSR) and not one.is_dir(),
                                   stat.S_ISLNK(mode), archive.read(one))
    return files


class Archives(EsclusaTest):
    """About demo/shop, with odd names, an executable file and a link on the branch `odd`."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        git = cls.repository
        git.git("switch", "-q", "-c", "odd", "main")
        git.commit("Add odd names", {"deep/er/file.txt": "deep\n", "-rf": "dashes\n",
                                     "new\nline": "two lines\n", "übung/$(touch x).txt": "x\n",
                                     "run.sh": "#!/bin/sh\n"}, executable=("run.sh",))
        (git.path / "link").symlink_to("../shop/run.sh")
        (git.path / "large").write_bytes(os.urandom(3_000_000))
        git.git("add", "-A")
        git.git("commit", "-q", "-m", "Add a program, a link and a large file")
        git.git("switch", "-q", "main")
        cls.sha = git.sha("odd")
        cls.folder = f"demo-shop-{cls.sha[:7]}"

    def archive(self, ball, ref="odd", api=None):
        """Follows the redirect of a ref; returns the answer with the archive."""
        found = (api or self.api).get(f"{SHOP}/{ball}{'/' + ref if ref else ''}")
        self.assertEqual((found.status, found.body), (302, b""), found)
        answer = (api or self.api).get(found.headers["Location"])
        self.assertEqual(answer.status, 200, answer)
        return answer

    def test_a_tar_has_what_git_archive_has(self):
        answer = self.archive("tarball")
        self.assertEqual(answer.headers["Content-Type"], "application/x-gzip")
        self.assertEqual(answer.headers["Content-Disposition"],
                         f"attachment; filename={self.folder}.tar.gz")
        files = tar_files(answer.body)
        self.assertEqual(files, tar_files(git_archive(self.repository, self.sha, "tar",
                                                      self.folder)))
        self.assertIn(f"{self.folder}/new\nline", files)
        self.assertEqual(files[f"{self.folder}/run.sh"][0], 0o775)

    def test_a_zip_has_what_git_archive_has(self):
        answer = self.archive("zipball")
        self.assertEqual(answer.headers["Content-Type"], "application/zip")
        files = zip_files(answer.body)
        self.assertEqual(files, zip_files(git_archive(self.repository, self.sha, "zip",
                                                      self.folder)))
        self.assertIn(f"{self.folder}/übung/$(touch x).txt", files)

    def test_gnu_tar_and_unzip_extract_it(self):
        target = self.server.folder / "extracted"
        target.mkdir()
        subprocess.run(["tar", "-xz", "-C", target], input=self.archive("tarball").body, check=True)
        top = target / self.folder
        self.assertEqual((top / "deep/er/file.txt").read_text(), "deep\n")
        self.assertEqual(os.readlink(top / "link"), "../shop/run.sh")
        self.assertTrue(os.access(top / "run.sh", os.X_OK))

    def test_attributes_of_the_repository_are_not_obeyed(self):
        git = self.repository
        git.git("switch", "-q", "-c", "attributes", "main")
        git.commit("Hide a file", {".gitattributes": "hidden export-ignore\n", "hidden": "here\n"})
        git.git("switch", "-q", "main")
        files = tar_files(self.archive("tarball", "attributes").body)
        self.assertIn("hidden", {name.split("/")[-1] for name in files})

    def test_each_way_to_name_a_commit(self):
        for ref in ("odd", "heads/odd", "refs/heads/odd", self.sha, self.sha[:10]):
            with self.subTest(ref=ref):
                found = self.api.get(f"{SHOP}/tarball/{ref}")
                self.assertTrue(found.headers["Location"].endswith(f"/tarball/{self.sha}"), found)
        main = self.repository.sha("main")
        for path in ("/zipball", "/zipball/", "/zipball/HEAD", "/zipball/main"):
            with self.subTest(path=path):
                found = self.api.get(SHOP + path)
                self.assertTrue(found.headers["Location"].endswith(f"/zipball/{main}"), found)

    def test_what_does_not_exist(self):
        self.assert_error(self.api.get(f"{SHOP}/tarball/nope"), 404,
                          "No commit found for the ref nope")
        tree = self.repository.git("rev-parse", "odd^{tree}")
        for name in ("odd", self.sha[:10], "0" * 40, tree):
            self.assertEqual(self.api.get(f"/esclusa{SHOP}/tarball/{name}").status, 404)

    def test_the_archive_demands_a_token_like_its_address(self):
        git = Repository(self.server.folder / "secret")
        git.commit("Begin", {"file": "text\n"})
        self.server.add_repository("demo/secret", git, "--private")
        address = "/repos/demo/secret/tarball/main"
        location = self.api.get(address).headers["Location"]
        self.assertEqual(self.api.get(location).status, 200)
        for api in (self.server.api(None), self.server.user_with("stranger", "repo")):
            self.assertEqual((api.get(address).status, api.get(location).status), (404, 404))

    def test_head_sends_no_body(self):
        location = self.api.get(f"{SHOP}/zipball/odd").headers["Location"]
        answer = self.api.request("HEAD", location)
        self.assertEqual((answer.status, answer.body), (200, b""))
        self.assertEqual(self.api.request("HEAD", f"{SHOP}/zipball/odd").status, 302)

    @staticmethod
    def begins(request):
        """Reads the beginning of an archive, and closes the connection."""
        try:
            with urllib.request.urlopen(request) as answer:
                return len(answer.read(1000)) == 1000
        except urllib.error.HTTPError as error:
            assert error.code == 503, error
            return False

    def test_a_client_that_goes_away_holds_no_place(self):
        location = self.api.get(f"{SHOP}/tarball/odd").headers["Location"]
        request = urllib.request.Request(
            location, headers={"Authorization": f"Bearer {self.server.token}"})
        for _ in range(12):  # 4 may be open at a time
            wait_until(lambda: self.begins(request), "a place")
        wait_until(lambda: self.api.get(location).status == 200, "the last place")
        self.assertEqual(len(tar_files(self.archive("tarball").body)),
                         len(tar_files(git_archive(self.repository, self.sha, "tar", "x"))))

    def test_a_name_that_leads_out_breaks_the_archive_off(self):
        git = Repository(self.server.folder / "evil")
        git.commit("Begin", {"file": "text\n"})
        blob = bytes.fromhex(git.git("rev-parse", "main:file"))
        entries = self.server.folder / "tree"
        entries.write_bytes(b"100644 ../evil\0" + blob)
        tree = git.git("hash-object", "-w", "--literally", "-t", "tree", str(entries))
        git.git("branch", "evil", git.git("commit-tree", tree, "-m", "Lead out"))
        self.server.add_repository("demo/evil", git)
        location = self.api.get("/repos/demo/evil/tarball/evil").headers["Location"]
        answer = self.api.get(location)
        self.assertEqual((answer.status, answer.json["reason_code"]),
                         (503, "repository_unreadable"))
