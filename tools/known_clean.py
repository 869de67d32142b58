"""What a checker has found to be clean, so that it need not look at the same content again.

The records are files in .cache/ of the tree: a name for each checker, and in it a digest for each
file that was clean. The digest covers everything that the result depends on: the file, what it
includes, the settings and the version of the checker. Where the folder cannot be written, every
file is checked each time.
"""
import hashlib
import json
import os
import re
import subprocess

INCLUDE = re.compile(rb'^\s*#\s*include\s+"([^"]+)"', re.M)


def version_of(program):
    """What the program says about itself; another version may find other mistakes."""
    return subprocess.run([program, "--version"], check=True, stdout=subprocess.PIPE).stdout


def digest_of(*parts):
    """A digest of byte strings in their order."""
    whole = hashlib.sha256()
    for part in parts:
        whole.update(b"%d\0" % len(part) + part)
    return whole.hexdigest()


class Sources:
    """The content of the files below `root`; each is read once."""

    def __init__(self, root):
        self._root = root
        self._read = {}

    def content(self, path):
        """The bytes of a file that is named from the root; empty if there is none."""
        if path not in self._read:
            file = self._root / path
            self._read[path] = file.read_bytes() if file.is_file() else b""
        return self._read[path]

    def with_includes(self, path):
        """The content of a file of src/ and of all that it includes from there, by name."""
        wanted, found = [str(path)], {}
        while wanted:
            name = wanted.pop()
            if name not in found:
                found[name] = self.content(name)
                wanted += [f"src/{included.decode()}" for included in INCLUDE.findall(found[name])]
        return [part for name in sorted(found) for part in (name.encode(), found[name])]


class KnownClean:
    """The record of one checker. `digests`: a digest for each file that it would look at now."""

    def __init__(self, root, checker, digests):
        self._file = root / f".cache/{checker}.clean.json"
        self._digests = {str(path): digest for path, digest in digests.items()}
        try:
            known = json.loads(self._file.read_text())
        except (OSError, ValueError):
            known = {}
        self.unknown = [path for path, digest in digests.items()
                        if known.get(str(path)) != digest]

    def remember(self, not_clean=()):
        """Records that all files are clean but these."""
        kept = {path: digest for path, digest in self._digests.items()
                if path not in set(map(str, not_clean))}
        unfinished = self._file.with_suffix(f".{os.getpid()}")
        try:
            self._file.parent.mkdir(exist_ok=True)
            unfinished.write_text(json.dumps(kept))
            unfinished.replace(self._file)
        except OSError:
            pass
