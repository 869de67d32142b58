"""A name server whose answers change, as an attacker's would: UDP, only A and AAAA.

The labels of a name decide its answer. `NAME.rebind.test` gives the public address to the first
query and the forbidden one to all others; labels that begin with `v4-` or `v6-` contain the
addresses (`v4-127-0-0-1.test`, `v6-0-0-0-0-0-0-0-1.test`, several joined by dots). CNAMES are
aliases. No other name exists.
"""
import ipaddress
import socket
import struct
import threading

A, CNAME, AAAA = 1, 5, 28
NAME_ERROR = 3
CNAMES = {"alias.test": "v4-127-0-0-1.test"}


def encoded(name):
    """A name in its wire format."""
    return b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0"


def spell(address):
    """The label that answers with an address."""
    address = ipaddress.ip_address(address)
    if address.version == 4:
        return "v4-" + str(address).replace(".", "-")
    return "v6-" + "-".join(f"{int(group, 16):x}" for group in address.exploded.split(":"))


def own_addresses(name):
    """The addresses that a name contains."""
    found = []
    for label in name.split("."):
        version, *parts = label.split("-")
        if version in ("v4", "v6"):
            found.append(ipaddress.ip_address({"v4": ".", "v6": ":"}[version].join(parts)))
    return found


class NameServer:
    """Answers on `address`, port 53, until the end of the block."""

    def __init__(self, address, public, forbidden):
        self._public = ipaddress.ip_address(public)
        self._forbidden = ipaddress.ip_address(forbidden)
        self._asked = {}  # (name, type) → how often
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((address, 53))
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._socket.close()

    def asked(self, name, kind=A):
        """How often the name was asked for."""
        return self._asked.get((name, kind), 0)

    def _serve(self):
        while True:
            try:
                question, sender = self._socket.recvfrom(512)
                self._socket.sendto(self._answer(question), sender)
            except OSError:
                return

    def _answer(self, question):
        labels, at = [], 12
        while question[at]:
            labels.append(question[at + 1:at + 1 + question[at]].decode("latin-1").lower())
            at += 1 + question[at]
        name, kind = ".".join(labels), struct.unpack_from("!H", question, at + 1)[0]
        records, exists = self._records(name, kind)
        head = struct.pack("!HHHHHH", struct.unpack_from("!H", question)[0],
                           0x8580 | (0 if exists else NAME_ERROR), 1, len(records), 0, 0)
        return head + question[12:at + 5] + b"".join(
            encoded(owner) + struct.pack("!HHIH", of, 1, 0, len(data)) + data
            for owner, of, data in records)

    def _records(self, name, kind):
        """([(owner, type, data)], whether the name exists)."""
        count = self._asked[name, kind] = self.asked(name, kind) + 1
        if name in CNAMES:
            target = CNAMES[name]
            records, _ = self._records(target, kind)
            return [(name, CNAME, encoded(target)), *records], True
        if name.endswith(".rebind.test"):
            addresses = [self._public if count == 1 else self._forbidden]
        else:
            addresses = own_addresses(name)
        version = {A: 4, AAAA: 6}.get(kind)
        return [(name, kind, one.packed) for one in addresses if one.version == version], \
            bool(addresses)
