"""Creates and statuses at the edges of what is accepted, made by seed.

A field's value is a pair of what is sent, JSON text, and whether it is to be accepted. A case is
accepted if all its fields are. The edges are written down here once more, not read from the server.
"""
import dataclasses
import json
import random
import unicodedata

PAYLOAD_LEVELS, PAYLOAD_BYTES, NUMBER_CHARS = 24, 65_536, 64
TASK_CHARS, DESCRIPTION_CHARS, STATUS_CHARS, LINK_BYTES = 255, 1024, 140, 2048
# Of every plane that has letters, and what parsers, terminals and shells trip over.
LETTERS = "aZ9é§ßЖ中\u0e01\u2028\ufffd\uffee😀🚀𝒳𠜎" + "'\"\\/$`;&|<>{}[]()*?!%#@~^=+,.:-_ "
CONTROLS = "\u0001\u0007\b\t\n\f\r\u001b\u001f\u007f\u0085\u009b"
NUMBERS = ["0", "-0", "-0.0", "1.0", "1.50", "100e-2", "1E+2", "1e20", "1e21", "123456789e-15",
           "5e-324", "1e-7", "0.30000000000000000001", "1e400", "-1e-400", "9007199254740993",
           "18446744073709551616", "1" * NUMBER_CHARS, "0." + "3" * (NUMBER_CHARS - 2)]
LINKS = ["https://ci.example/1?a=b#c", "https://docs.example/путь/ü?q=☃🚀", "http://a/100%",
         "https://grafana.example/d/x?var-job={a,b}&from=now-1h|d[0]^`",
         "https://kibana.example/app#/?_g=(time:(from:now-15m))&_a=[x]#z", "HTTPS://[::1]:8/"]


@dataclasses.dataclass
class Case:
    """One body: its fields, as they are sent and as they are meant, and whether all may be."""
    texts: dict
    allowed: bool

    def body(self):
        return ("{" + ", ".join(f"{json.dumps(name)}: {text}"
                                for name, text in self.texts.items()) + "}").encode()

    def value(self, name, absent=None):
        return json.loads(self.texts[name]) if name in self.texts else absent


def spelled(rng, text):
    """The text as JSON, some of its characters escaped that need not be."""
    parts = []
    for char in text:
        plain = json.dumps(char, ensure_ascii=False)[1:-1]
        escaped = "".join(f"\\u{unit:04x}" for unit in units(char))
        parts.append(escaped if rng.random() < 0.1 or char in "\u007f\u0085\u009b" else plain)
    return '"' + "".join(parts) + '"'


def units(char):
    encoded = char.encode("utf-16-be")
    return [int.from_bytes(encoded[at:at + 2], "big") for at in range(0, len(encoded), 2)]


def text_of(rng, length, letters=LETTERS):
    return "".join(rng.choice(letters) for _ in range(length))


def line_of(rng, length):
    """A text without blanks at its ends."""
    return "x" + text_of(rng, length - 2) + "y" if length > 1 else "x"


# ------------------------------------------------------------------ payloads

def nested(rng, levels):
    opened = [rng.choice("{[") for _ in range(levels)]
    inner = "".join('{"a" : ' if one == "{" else "[ 1.0, " for one in opened[:-1])
    return (inner + ("{}" if opened[-1] == "{" else "[]")
            + "".join("}" if one == "{" else "]" for one in reversed(opened[:-1])))


def scattered(rng, depth=4):
    """Some value, with blanks between its tokens."""
    blank = rng.choice(["", " ", "\n", "\t", "\r\n  "])
    if depth == 0 or rng.random() < 0.3:
        return blank + rng.choice(["true", "false", "null", rng.choice(NUMBERS),
                                   spelled(rng, text_of(rng, 6, LETTERS + CONTROLS))]) + blank
    if rng.random() < 0.5:
        return "[" + ",".join(scattered(rng, depth - 1) for _ in range(rng.randrange(4))) + "]"
    names = rng.sample(["10", "9", "__proto__", "", "toString", "\n", "é", "🚀", "a b"],
                       rng.randrange(4))
    return "{" + ",".join(f"{blank}{spelled(rng, name)}{blank}:{scattered(rng, depth - 1)}"
                          for name in names) + blank + "}"


def sized(byte_count):
    return '{"k": "' + "é" * ((byte_count - 9) // 2) + "x" * ((byte_count - 9) % 2) + '"}'


def payload_of(rng):
    """(its JSON text, whether it is to be accepted)"""
    kind = rng.randrange(10)
    if kind == 0:
        return '{"deep":' + nested(rng, PAYLOAD_LEVELS - 1) + "}", True
    if kind == 1:
        return '{"deep":' + nested(rng, rng.choice([PAYLOAD_LEVELS, 63, 200])) + "}", False
    if kind == 2:
        return sized(PAYLOAD_BYTES), True
    if kind == 3:
        return sized(PAYLOAD_BYTES + 1), False
    if kind == 4:
        return '{"n": [' + ", ".join(NUMBERS) + "]}", True
    if kind == 5:
        return spelled(rng, text_of(rng, 50, LETTERS + CONTROLS + "\0")), True
    if kind == 6:
        return rng.choice(['{"n": 1' + "0" * NUMBER_CHARS + "}", '"\\ud83d"', '{"\\udc00": 1}',
                           '{"a": 1, "\\u0061": 2}', "[1]", "7", "\"\b\""]), False
    return '{"s": ' + scattered(rng) + "}", True


# ------------------------------------------------------------------ creates and statuses

def edge(rng, lengths, too_long, letters=LETTERS, bad=()):
    """A text of one of these lengths; now and then one that is not accepted."""
    if rng.random() < 0.1:
        return rng.choice([*bad, text_of(rng, too_long)]), False
    length = rng.choice(lengths)
    return (line_of(rng, length) if letters is LETTERS else text_of(rng, length, letters)), True


def make_create(rng, environment, refs):
    """A create in this environment, of one of these refs."""
    fields = {"ref": (rng.choice(refs), True)}
    if rng.random() < 0.8:
        bad = ["", "a\nb", "\tx", "x\u007f", "x\u001b[31m", "nul\0"]
        fields["task"] = edge(rng, [1, 30, TASK_CHARS], TASK_CHARS + 1, bad=bad)
    if rng.random() < 0.8:
        fields["description"] = edge(rng, [0, 40, DESCRIPTION_CHARS], DESCRIPTION_CHARS + 1,
                                     LETTERS + CONTROLS, ["nul\0"])
    fields["environment"] = (environment, True)
    texts = {name: spelled(rng, value) for name, (value, _) in fields.items()}
    allowed = all(good for _, good in fields.values())
    if rng.random() < 0.9:
        texts["payload"], good = payload_of(rng)
        allowed = allowed and good
    return Case({**texts, "auto_merge": "false", "required_contexts": "[]"}, allowed)


def make_status(rng):
    """A status that ends nothing and is sent to everybody."""
    description, allowed = edge(rng, [0, 20, STATUS_CHARS], STATUS_CHARS + 1, LETTERS + CONTROLS,
                                ["nul\0"])
    texts = {"state": '"failure"', "description": spelled(rng, description)}
    for name in ("log_url", "environment_url"):
        bad = ["javascript:alert(1)", "https:///x", "http://a/ b", "http://a/\n", "http://a/<b>",
               "http://a/" + "x" * LINK_BYTES]
        good = rng.random() < 0.9
        link = rng.choice([*LINKS, LINKS[0] + "x" * (LINK_BYTES - len(LINKS[0]))] if good else bad)
        texts[name] = spelled(rng, link)
        allowed = allowed and good
    return Case(texts, allowed)


def environments_of(rng, count):
    """Names of environments, from the shortest to the longest; each differs from the others in its
    first character."""
    letters = [char for char in LETTERS if unicodedata.category(char)[0] in "LNPS"]
    names = [first + text_of(rng, length - 1, letters)
             for first, length in zip("pqrstuvwxyz", [1, 255, 12, 255, 30, 3, 100])]
    return names[:count]


def seeded(seed):
    return random.Random(f"path {seed}")
