"""The program that sshd starts, esclusa-ssh: its libraries, its words, and installations whose sshd
still names esclusa."""
import os
import subprocess
import unittest

from harness import BINARY, SSH_PROGRAM
from public_keys import public_key
from ssh_door import DoorTest

# Each session starts it at least twice. With the libraries of esclusa most of the processor time of
# a session went into loading them.
LIBRARIES = {"linux-vdso.so.1", "libc.so.6", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"}


def run(*words):
    return subprocess.run(words, check=False, capture_output=True, text=True, timeout=60,
                          stdin=subprocess.DEVNULL, env={})


class Program(unittest.TestCase):
    """esclusa-ssh by itself"""

    def test_it_loads_only_the_c_library(self):
        listed = subprocess.run(["ldd", SSH_PROGRAM], check=True, capture_output=True, text=True,
                                timeout=60)
        names = {os.path.basename(line.split()[0]) for line in listed.stdout.splitlines()}
        self.assertIn("libc.so.6", names)
        self.assertEqual(names - LIBRARIES, set())

    def test_words_that_are_no_command(self):
        key = public_key("words").split()
        for words in ((), ("ssh",), ("keys",), ("keys", key[0]), ("keys", *key, "more"),
                      ("keys", *key, "--socket"), ("keys", *key, "--key-id", "1"),
                      ("keys", *key, "--socket", "/a", "--socket", "/b"), ("serve",),
                      ("serve", "--key-id"), ("serve", "--key-id", "x"), ("serve", "--key-id", "0"),
                      ("serve", "--key-id", "-1"), ("serve", "--key-id", "1", "more"),
                      ("serve", "--key-id", "1", "--other", "1"), ("setup",), ("--key-id", "1"),
                      ("--help", "more"), ("ssh", "serve", "--key-id", "1")):
            with self.subTest(words=words):
                done = run(SSH_PROGRAM, *words)
                self.assertEqual((done.returncode, done.stdout), (1, ""))
                self.assertRegex(done.stderr, r"\Aesclusa: [^\n]+\n\Z")

    def test_it_says_what_it_is(self):
        self.assertRegex(run(SSH_PROGRAM, "--version").stdout, r"\Aesclusa-ssh [0-9.]+\n\Z")
        self.assertIn("esclusa-ssh serve --key-id", run(SSH_PROGRAM, "--help").stdout)


class FormerSettings(DoorTest):
    """Sshd's settings that name `esclusa ssh keys`, from before esclusa-ssh."""

    program = (BINARY, "ssh")

    def test_a_key_goes_on_to_fetch_and_push(self):
        key_id = self.add_key()
        key = public_key(self.id())
        self.assertEqual(self.keys(*key.split()).stdout,
                         f'restrict,command="{os.path.realpath(BINARY)} ssh serve --key-id '
                         f'{key_id} --socket {self.socket}" {key}\n')
        clone = self.clone(key_id)
        new = self.commit(clone)
        self.git(key_id, "push", "-q", "origin", "main", directory=clone)
        self.assertEqual([push["after"] for push in self.pushes()], [new])


if __name__ == "__main__":
    unittest.main()
