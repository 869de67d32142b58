"""A server under strace."""
import os
import pathlib
import signal
import subprocess

import harness


class TracedServer(harness.Server):
    """A server whose system calls strace writes to `trace`, for all its threads. `options` are
    strace's. Signals go to the server, not to strace."""

    def __init__(self, options, **more):
        super().__init__(**more)
        self.trace = self.folder / "strace.log"
        self._wrapper = ["strace", "-f", "--seccomp-bpf", "-o", str(self.trace),
                         "-e", "signal=none", *options, *harness.DIES_WITH_PARENT]

    def stop(self, timeout=20):
        strace = self.process.pid
        children = pathlib.Path(f"/proc/{strace}/task/{strace}/children").read_text().split()
        for child in children:
            os.kill(int(child), signal.SIGTERM)
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            for child in children:
                os.kill(int(child), signal.SIGKILL)
        return self._ended()
