"""Seals values as clients of GitHub do: a sealed box of libsodium's for a public key."""
import base64
import ctypes
import ctypes.util
import functools

SEAL_BYTES = 48


@functools.cache
def sodium():
    library = ctypes.CDLL(ctypes.util.find_library("sodium") or "libsodium.so.23")
    library.sodium_init()
    return library


def seal(public_key, value):
    """The box of `value` (text or bytes) for a public key as base64, as base64."""
    message = value.encode() if isinstance(value, str) else value
    box = ctypes.create_string_buffer(len(message) + SEAL_BYTES)
    code = sodium().crypto_box_seal(box, message, ctypes.c_ulonglong(len(message)),
                                    base64.b64decode(public_key))
    assert code == 0, "that is no public key"
    return base64.b64encode(box.raw).decode()


def sealed_body(api, environment, value):
    """The body that sets a secret of the environment, whose path it is."""
    key = api.get(f"{environment}/secrets/public-key")
    assert key.status == 200, key
    return {"key_id": key.json["key_id"], "encrypted_value": seal(key.json["key"], value)}
