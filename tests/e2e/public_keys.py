"""OpenSSH public keys for tests."""
import base64
import hashlib


def field(data):
    return len(data).to_bytes(4, "big") + data


def line(kind, *fields):
    """A line of a public key file, without a comment."""
    blob = b"".join(map(field, (kind.encode(), *fields)))
    return f"{kind} {base64.b64encode(blob).decode()}"


def public_key(name):
    """An ed25519 key, different for each name. Nobody has its private key."""
    return line("ssh-ed25519", hashlib.sha256(name.encode()).digest())
