#!/usr/bin/env python3
"""bad_receivers: webhook receivers in one process, each with its own misbehaviour.

Prints a line of JSON, {name: URL}, and runs until it is ended. Each complete request to a receiver
is a line in FOLDER/NAME.jsonl, in the form of tests/e2e/receiver.py, written before the answer;
`answer` is null if no complete answer follows. After SIGUSR1 all of them behave well.
"""
import argparse
import asyncio
import collections
import json
import math
import pathlib
import signal
import socket
import struct
import sys
import time

HANGS = 3600
RETRY_AFTER = 2  # seconds
GARBAGE = b"this is no TLS\r\n" * 8


class Limiter:
    """Refuses every eighth request, and all that come within RETRY_AFTER seconds after that, but no
    delivery more than MOST_REFUSALS times: a sender's attempts are numbered, and chance must not
    spend them all. Records requests that were retried too early in a file."""

    MOST_REFUSALS = 5

    def __init__(self, file):
        self._file = open(file, "a", encoding="utf-8", buffering=1)
        self._count, self._until, self._told = 0, 0.0, {}
        self._refusals = collections.Counter()

    def refuses(self, guid):
        now = time.time()
        if self._told.get(guid, 0.0) > now:
            self._file.write(f"{guid} came {self._told[guid] - now:.3f} s early\n")
        if self._refusals[guid] == self.MOST_REFUSALS:
            return False
        if now >= self._until:
            self._count += 1
            if self._count % 8 != 1:
                return False
            self._until = now + RETRY_AFTER
        self._told[guid] = self._until
        self._refusals[guid] += 1
        return True

    def seconds_left(self):
        return max(1, math.ceil(self._until - time.time()))


class Receiver:
    """One listener. `kind` names the method or the status of its misbehaviour."""

    def __init__(self, name, folder, state):
        self.name, self.kind, self._state = name, name.partition(":")[0], state
        self._file = open(folder / f"{name}.jsonl", "a", encoding="utf-8", buffering=1)
        self.url = None
        self._limiter = Limiter(folder / "early.txt")
        self._waiting = []

    async def start(self):
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        address = listener.getsockname()
        self.url = ("https" if self.kind == "tls-failure" else "http") + "://{}:{}".format(*address)
        if self.kind == "hang-before-accept":
            listener.listen(0)
            for _ in range(4):  # fill the queue: the kernel accepts no more connections
                self._waiting.append(socket.socket())
                self._waiting[-1].setblocking(False)
                self._waiting[-1].connect_ex(address)
            asyncio.get_running_loop().create_task(self._accept_when_mended(listener))
        else:
            listener.listen(128)
            await asyncio.start_server(self._serve, sock=listener)

    async def _accept_when_mended(self, listener):
        await self._state.mended.wait()
        for each in self._waiting:
            each.close()
        listener.listen(128)
        await asyncio.start_server(self._serve, sock=listener)

    async def _serve(self, reader, writer):
        try:
            if self.kind == "tls-failure":
                return writer.write(GARBAGE)
            await self._one(reader, writer)
        except (OSError, EOFError, asyncio.IncompleteReadError):
            pass  # the sender has stopped waiting
        finally:
            writer.close()

    async def _one(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = dict(line.split(": ", 1) for line in head[1:] if line)
        body = await reader.readexactly(int(headers.get("Content-Length", 0)))
        kind = "200" if self._state.mended.is_set() else self.kind
        if kind == "410" and headers["X-GitHub-Event"] == "ping":
            kind = "200"  # gone only later, when there is something to hold back
        if kind == "429" and not self._limiter.refuses(headers["X-GitHub-Delivery"]):
            kind = "200"
        answers = {"endless-body": 200, "slow-9.9-s": 200, "redirect": 302}
        answer = int(kind) if kind.isdigit() else answers.get(kind)
        self._file.write(json.dumps({
            "at": time.time(), "guid": headers["X-GitHub-Delivery"],
            "event": headers["X-GitHub-Event"], "headers": headers, "body": body.decode(),
            "answer": answer}) + "\n")
        await self._answer(kind, writer)

    async def _answer(self, kind, writer):
        if kind.isdigit():
            more = f"Retry-After: {self._limiter.seconds_left()}\r\n" if kind == "429" else ""
            writer.write(f"HTTP/1.1 {kind} So\r\n{more}Content-Length: 0\r\n\r\n".encode())
            await writer.drain()
        else:
            await getattr(self, "_" + kind.split(".")[0].replace("-", "_"))(writer)

    async def _hang_before_headers(self, _):
        await asyncio.sleep(HANGS)

    async def _hang_after_headers(self, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")
        await asyncio.sleep(HANGS)

    async def _hang_mid_body(self, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
        await asyncio.sleep(HANGS)

    async def _reset(self, writer):
        linger = struct.pack("ii", 1, 0)  # close() sends RST
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)

    async def _byte_a_second(self, writer):
        for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n":
            if writer.is_closing():
                return
            writer.write(bytes([byte]))
            await asyncio.sleep(1)

    async def _endless_body(self, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"x" * 65536)
            await writer.drain()

    async def _endless_headers(self, writer):
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while not writer.is_closing():
            writer.write(b"X-More: and more, and more, and more\r\n" * 100)
            await writer.drain()

    async def _redirect(self, writer):
        writer.write(b"HTTP/1.1 302 Found\r\nLocation: " + self._state.elsewhere.encode()
                     + b"\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    async def _slow_9(self, writer):
        await asyncio.sleep(9.9)
        await self._answer("200", writer)

    async def _slow_10(self, writer):
        await asyncio.sleep(10.1)
        await self._answer("200", writer)


KINDS = ["200", "201", "204", "400", "401", "404", "410", "429", "500", "503",
         "hang-before-accept", "hang-before-headers", "hang-after-headers", "hang-mid-body",
         "reset", "tls-failure", "byte-a-second", "endless-body", "endless-headers", "redirect",
         "slow-9.9-s", "slow-10.1-s"]


class State:
    """What the receivers share."""

    def __init__(self):
        self.mended = asyncio.Event()
        self.elsewhere = None  # the target of the redirect


async def run(folder, kinds):
    state = State()
    receivers = [Receiver(kind, folder, state) for kind in kinds]
    elsewhere = Receiver("elsewhere", folder, state)
    for one in [*receivers, elsewhere]:
        await one.start()
    state.elsewhere = elsewhere.url
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, state.mended.set)
    print(json.dumps({one.name: one.url for one in receivers}), flush=True)
    await asyncio.Event().wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=pathlib.Path, required=True)
    parser.add_argument("kind", nargs="*",
                        help=f"some of {', '.join(KINDS)}; or KIND:NAME, for several of a kind")
    options = parser.parse_args()
    asyncio.run(run(options.folder, options.kind or KINDS))


if __name__ == "__main__":
    sys.exit(main())
