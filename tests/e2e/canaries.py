"""Values that must not appear anywhere, and the search for them in every form that a program might
write them in."""
import base64
import json
import re
import urllib.parse

SHORT = 4  # a piece of fewer bytes appears by chance


def base64_cores(value):
    """What every base64 text has that encodes something around `value`, at the three alignments:
    the characters at its ends depend on their neighbours."""
    for before in range(3):
        text = base64.b64encode(b"\0" * before + value)
        first = -(-8 * before // 6)
        whole = 8 * (before + len(value)) // 6
        yield text[first:whole]


def forms(value):
    """`value` (bytes), and each of its lines, in every form."""
    found = set()
    for piece in {value, *value.splitlines()}:
        if len(piece) < SHORT:
            continue
        found |= {piece, piece.hex().encode(), piece.hex().upper().encode()}
        for core in base64_cores(piece):
            found |= {core, core.replace(b"+", b"-").replace(b"/", b"_")}
        text = piece.decode(errors="replace")
        once = [json.dumps(text, ensure_ascii=ascii_)[1:-1] for ascii_ in (True, False)]
        found |= {one.encode() for one in once}
        found |= {json.dumps(one)[1:-1].encode() for one in once}
        found |= {urllib.parse.quote(text, safe="").encode(),
                  urllib.parse.quote(text).encode(), urllib.parse.quote_plus(text).encode()}
    return sorted(found)


class Canaries:
    """Planted values by a name. `look(where, bytes)` notes each that is in the bytes, also split
    over lines; `escaped` has what was found."""

    def __init__(self):
        self._patterns, self.escaped, self.looked = {}, [], 0

    def plant(self, name, value):
        """Adds a value (text); returns it."""
        every = b"|".join(re.escape(form) for form in forms(value.encode()))
        self._patterns[name] = re.compile(every)
        return value

    def look(self, where, haystack):
        self.looked += 1
        if isinstance(haystack, str):
            haystack = haystack.encode()
        texts = [haystack, re.sub(rb"\s+", b"", haystack)]
        for name, pattern in self._patterns.items():
            if any(pattern.search(text) for text in texts):
                self.escaped.append(f"{name} is in {where}")
