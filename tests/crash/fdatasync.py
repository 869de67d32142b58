#!/usr/bin/env python3
"""fdatasync: how many creates share one fdatasync? (group commit)

Starts the server with count_syncs.cc, opens 64 keep-alive connections that each create one
deployment after another, and counts the fdatasync and fsync calls in that time. Exit code 1 if
there was more than one call for 8 creates.
"""
import argparse
import contextlib
import json
import os
import pathlib
import re
import selectors
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/e2e"))
import harness  # noqa: E402

CREATES_PER_SYNC_MIN = 8
COUNTER = pathlib.Path(__file__).with_name("count_syncs.cc")


class Client:
    """One connection that sends the next create when the last one is answered."""

    def __init__(self, address, request):
        self._request = request
        self._answer = b""
        self.socket = socket.create_connection(address, timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self):
        self.socket.sendall(self._request)

    def receive(self):
        """Reads bytes; true when an answer is complete. Raises if it is not a 201."""
        part = self.socket.recv(65536)
        if not part:
            raise RuntimeError("the server closed a connection")
        self._answer += part
        head, found, body = self._answer.partition(b"\r\n\r\n")
        if not found:
            return False
        length = int(re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)[1])
        if len(body) < length:
            return False
        if not head.startswith(b"HTTP/1.1 201"):
            raise RuntimeError(self._answer[:500].decode(errors="replace"))
        self._answer = b""
        return True


def make_request(server):
    """The bytes of one create."""
    body = json.dumps({"ref": "main", "auto_merge": False, "required_contexts": [],
                       "environment": "staging"}).encode()
    head = ("POST /repos/demo/shop/deployments HTTP/1.1\r\nHost: localhost\r\n"
            f"Authorization: Bearer {server.token}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n")
    return head.encode() + body


def drive(server, connections, creates):
    """Sends the creates; returns (begin, end) in seconds since 1970, as in the log."""
    parts = urllib.parse.urlsplit(server.url)
    request = make_request(server)
    with contextlib.ExitStack() as stack, selectors.DefaultSelector() as selector:
        clients = [Client((parts.hostname, parts.port), request) for _ in range(connections)]
        for client in clients:
            stack.enter_context(client.socket)
            selector.register(client.socket, selectors.EVENT_READ, client)
        begin = time.time()
        # In rounds of one create on each connection: a client in Python is slower than the server,
        # so otherwise most connections would wait for the client, not for a commit.
        for _ in range(creates // connections):
            for client in clients:
                client.send()
            waiting = connections
            while waiting > 0:
                ready = selector.select(30)
                if not ready:
                    raise RuntimeError("no answer for 30 s")
                waiting -= sum(1 for key, _ in ready if key.data.receive())
    return begin, time.time()


def read_syncs(log, begin, end):
    """(count, median in milliseconds) of the syncs that began between two times."""
    syncs = [tuple(map(float, line.split())) for line in log.read_text().splitlines()]
    durations = sorted(1000 * seconds for at, seconds in syncs if begin <= at <= end)
    return len(durations), durations[len(durations) // 2] if durations else 0.0


def build_counter(folder):
    """Builds the library that records syncs."""
    library = folder / "count_syncs.so"
    subprocess.run(["g++", "-shared", "-fPIC", "-O1", "-o", library, COUNTER], check=True)
    return library


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--creates", type=int, default=4096)
    parser.add_argument("--connections", type=int, default=64)
    options = parser.parse_args()
    parent = ROOT / ".cache"  # a real disk, unlike /tmp on many machines
    parent.mkdir(exist_ok=True)
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(dir=parent)))
        log = folder / "syncs"
        server = stack.enter_context(harness.Server(
            parent=parent,
            environment={"LD_PRELOAD": str(build_counter(folder)), "SYNC_LOG": str(log)}))
        server.add_repository("demo/shop", harness.make_repository(server.folder), "--writable",
                              "--private")
        drive(server, options.connections, options.connections * 2)  # warm up
        begin, end = drive(server, options.connections, options.creates)
        stopped = server.stop()
        count, middle = read_syncs(log, begin, end)
    rate = options.creates / max(count, 1)
    print(f"fdatasync: {options.creates} creates on {options.connections} connections in "
          f"{end - begin:.2f} s ({options.creates / (end - begin):.0f}/s)")
    print(f"fdatasync: {count} fdatasync and fsync calls, {middle:.2f} ms each in the middle")
    print(f"fdatasync: {rate:.1f} creates for each; at least {CREATES_PER_SYNC_MIN} are wanted")
    if count == 0:
        print("fdatasync: nothing was synced at all")
    return 0 if stopped == 0 and count and rate >= CREATES_PER_SYNC_MIN else 1


if __name__ == "__main__":
    sys.exit(main())
