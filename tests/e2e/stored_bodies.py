"""Reads event bodies from the server's database (docs/decisions/0033-event-bodies.md)."""
import base64
import ctypes
import pathlib

DICTIONARY = (pathlib.Path(__file__).resolve().parents[2] / "src/store/dictionary/1.json")
SIZE_MAX = 1 << 24
PLAIN, ZSTD_WITH_DICTIONARY_1, HEAD_WITH_END = 0, 1, 2
# The body of the row `b` of the table `event_body`, where the connection has the function.
BODY = ("event_body(b.codec, b.body, (select n.body from event_body_end n "
        "where n.id = b.end_id))")


def read_body(codec, stored, end=None):
    """The text of a body: the columns `codec` and `body` of the table `event_body`, and the end
    of the body, if that is in a row of its own (0040)."""
    if codec == PLAIN:
        return stored
    if codec == HEAD_WITH_END:
        return decompressed(stored) + decompressed(end)
    assert codec == ZSTD_WITH_DICTIONARY_1, codec
    return decompressed(stored)


def decompressed(stored):
    library = ctypes.CDLL("libzstd.so.1")
    library.ZSTD_createDCtx.restype = ctypes.c_void_p
    library.ZSTD_decompress_usingDict.restype = ctypes.c_size_t
    frames, dictionary = base64.b64decode(stored, validate=True), DICTIONARY.read_bytes()
    text = ctypes.create_string_buffer(SIZE_MAX)
    context = ctypes.c_void_p(library.ZSTD_createDCtx())
    size = library.ZSTD_decompress_usingDict(
        context, text, ctypes.c_size_t(SIZE_MAX), frames, ctypes.c_size_t(len(frames)),
        dictionary, ctypes.c_size_t(len(dictionary)))
    library.ZSTD_freeDCtx(context)
    assert size <= SIZE_MAX, "the body is damaged"
    return text.raw[:size].decode()


def add_to(database):
    """Gives the connection the SQL function `event_body(codec, body, end)`; see `BODY`."""
    database.create_function("event_body", 3, read_body)
    return database
