"""Rows that read deployments: against nginx with a file of the same bytes, and with ETags."""
import contextlib
import random
import sys

import measure
import stores
from measure import Request, Requests, raw
from nginx import location, nginx
from row import Invalid, Row, Sides, at_least, at_most, shown
from server import (DEPLOYMENTS, NEW_DEPLOYMENT, address_of, bearer, fill, forget_log, server)

sys.path.insert(0, str(measure.HERE.parent / "e2e"))
from test_tls import Authority  # noqa: E402

STORED = 1000  # deployments in the store of the rows that repeat one request
SHORT = 10_000  # deployments of a short history
REPOSITORIES, TOKENS = 50, 1000
VARIANTS = 50_000  # different requests of a row of random ones
RANDOM_PAGES = 100  # the newest of each repository
WRITES = 300  # a second, beside the rows of random requests


def check_one(answer, number):
    """Reads back: the answer is the deployment that was asked for."""
    if answer.json["id"] != number or answer.json["payload"] != NEW_DEPLOYMENT["payload"]:
        raise Invalid(f"another deployment than {number}: {answer}")


@contextlib.contextmanager
def repeated(folder, path, *, against="nginx", tls=False):
    """Sides that read `path` from a store of some deployments: our server, and nginx with a
    file of the same bytes, or (`against` full) our server's full answer where a 304 is
    measured."""
    with contextlib.ExitStack() as stack:
        authority = Authority(folder) if tls else None
        pair = authority.issue("here") if tls else None
        trust = authority.trust if tls else None
        flags = ["--tls-certificate", pair[0], "--tls-key", pair[1]] if tls else []
        started, token = stack.enter_context(server(folder, tls=trust,
                                                    arguments=[str(flag) for flag in flags]))
        fill(started, token, STORED)
        full = Request(folder, address_of(started), path, bearer(token))
        answer = full.once(trust)
        if against == "full":
            known = {**bearer(token), "If-None-Match": answer.headers["ETag"]}
            anchor, ours = full, Request(folder, address_of(started), path, known, status=304)
        else:
            address = stack.enter_context(nginx(folder, {path.split("?")[0]: answer}, tls=pair))
            anchor, ours = Request(folder, address, path, bearer(token)), full
            if anchor.once(trust).body != answer.body:
                raise Invalid("nginx sends other bytes")

        def of(request):
            def side(seconds):
                forget_log(started)
                return request.measure(seconds, tls=trust)
            side(1)  # warms up, and is not counted
            return side

        def check():
            if full.once(trust).body != answer.body:
                raise Invalid("the answer has changed")

        yield Sides(of(ours), of(anchor), check)


# ------------------------------------------------------------------ random ids among a million

@contextlib.contextmanager
def random_requests(folder, page, count):
    """Sides that read random deployments, or random pages, of `count` in 50 repositories with 1,000
    tokens, while deployments are created at a steady pace; and nginx, alone, with one of the
    answers. `writes` is that pace, and how much of it our server kept up."""
    store = stores.kept(count, REPOSITORIES, TOKENS)
    dice = random.Random(1)
    pages = min(RANDOM_PAGES, count // REPOSITORIES // 30)

    def path():
        if page:
            number = dice.randrange(1, pages + 1)
            return f"{store.path(dice.randrange(REPOSITORIES))}?page={number}"
        return store.deployment(dice.randrange(1, count + 1))

    with contextlib.ExitStack() as stack:
        started = stack.enter_context(stores.serve(folder, store, copies=True))
        requests = [raw("GET", path(), dice.choice(store.tokens)) for _ in range(VARIANTS)]
        create = [raw("POST", store.path(number), store.tokens[number], NEW_DEPLOYMENT)
                  for number in range(REPOSITORIES)]
        ours = Requests(folder, address_of(started), requests)
        writes = Requests(folder, address_of(started), create)
        middle = store.path(0) + f"?page={pages // 2 + 1}" if page else store.deployment(count // 2)
        answer = started.api(store.tokens[0]).get(middle)
        (started.folder / "nginx").mkdir()
        address = stack.enter_context(nginx(folder, {}, location(
            started.folder / "nginx", "/repos/", answer, match="^~")))
        anchor = Requests(folder, address, requests)

        def measure_ours(seconds):
            forget_log(started)
            with writes.beside(seconds, WRITES) as written:
                result = ours.measure(seconds)
            return {**result, "writes": written["rate"]}

        def measure_anchor(seconds):
            return {**anchor.measure(seconds), "writes": WRITES}

        def check():
            number = dice.randrange(1, count + 1)
            check_one(started.api(dice.choice(store.tokens)).get(store.deployment(number)),
                      store.first + number)

        ours.measure(1)
        yield Sides(measure_ours, measure_anchor, check)


# ------------------------------------------------------------------ lists that grow

# What is asked for, each with one page of the same size in a short and in a long history.
LISTS = {"list": ("page 1", ""), "sha": ("by sha", f"?sha={stores.SPECIAL_SHA}"),
         "ref": ("by ref", f"?ref={stores.SPECIAL_REF}"),
         "task": ("by task", f"?task={stores.SPECIAL_TASK}"),
         "environment": ("by environment", "?environment=staging")}


@contextlib.contextmanager
def grown_list(folder, query, count):
    """Sides that read the same list from a store of `count` deployments and from a short one."""
    with contextlib.ExitStack() as stack:
        sides = []
        for number in (count, SHORT):
            store = stores.kept(number)
            started = stack.enter_context(stores.serve(folder, store))
            request = Request(folder, address_of(started), store.path(0) + query,
                              bearer(store.tokens[0]))
            sides.append((request, len(request.once().json), started))
        (ours, length, _), (anchor, other, _) = sides
        if length != other:
            raise Invalid(f"{length} deployments in the long list, {other} in the short one")

        def check():
            for request, expected, _ in sides:
                got = request.once().json
                if len(got) != expected or got != sorted(got, key=lambda one: -one["id"]):
                    raise Invalid("the list has changed, or is not in order")

        yield Sides(lambda seconds: ours.measure(seconds, 1),
                    lambda seconds: anchor.measure(seconds, 1), check)


@contextlib.contextmanager
def deep_page(folder, count):
    """Sides that read page 1,000 and page 1 of the same store."""
    store = stores.kept(count)
    with stores.serve(folder, store) as started:
        deep, first = (Request(folder, address_of(started), f"{store.path(0)}?page={page}",
                               bearer(store.tokens[0])) for page in (1000, 1))
        newest = first.once().json[0]["id"]

        def check():
            got = [one["id"] for one in deep.once().json]
            expected = [newest - 999 * 30 - place for place in range(30)]
            if got != expected:
                raise Invalid(f"page 1,000 has {got}")

        yield Sides(lambda seconds: deep.measure(seconds, 1),
                    lambda seconds: first.measure(seconds, 1), check)


# ------------------------------------------------------------------ the rows

ONE = f"{DEPLOYMENTS}/{STORED // 2}"
FILE = "nginx, a file of the same bytes"


def reader(function, *arguments, **more):
    return lambda folder: function(folder, *arguments, **more)


def rows(grown):
    """`grown`: how many deployments a long history has."""
    return [
        Row("one", "GET one deployment", FILE, reader(repeated, ONE),
            [at_least("rate", 0.9, 1.0), at_most("cpu", 1.11, 1.0), shown("p99")], 98_000),
        Row("page", "GET a page of 30", FILE, reader(repeated, DEPLOYMENTS),
            [at_least("rate", 0.75, 0.9), shown("cpu"), shown("p99")], 60_000),
        Row("one-304", "GET one, ETag matches", "the full answer",
            reader(repeated, ONE, against="full"), [at_least("rate", 1.05, 1.1)]),
        Row("page-304", "GET a page, ETag matches", "the full answer",
            reader(repeated, DEPLOYMENTS, against="full"), [at_least("rate", 1.5, 2)]),
        Row("one-random", f"GET one of {grown:,} at random, beside {WRITES} writes/s", FILE,
            reader(random_requests, False, grown),
            [at_least("rate", 0.5, 0.8), at_least("writes", 0.9)]),
        Row("page-random", f"GET a page at random, beside {WRITES} writes/s", FILE,
            reader(random_requests, True, grown),
            [at_least("rate", 0.4, 0.7), at_least("writes", 0.9)]),
        Row("one-tls", "GET one over TLS", "nginx over TLS", reader(repeated, ONE, tls=True),
            [at_least("rate", 0.8, 1.0)]),
        *(Row(name, f"GET {what}, {grown:,} deployments", f"the same of {SHORT:,}",
              reader(grown_list, query, grown), [at_most("p50", 1.3, 1.1)])
          for name, (what, query) in LISTS.items()),
        Row("page-1000", f"GET page 1,000 of {grown:,} deployments", "page 1 of them",
            reader(deep_page, grown), [at_most("p50", 2, 1.5)]),
    ]
