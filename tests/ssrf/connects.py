#!/usr/bin/env python3
"""connects: where does the server connect to, when webhooks name every kind of address?

Runs in a network namespace in which every address leads to this machine: a listener would answer
at the metadata address as at a public one. The server runs under strace, and the arguments of
connect(), sendto() and the like, in all of its threads, decide: it may reach only the name server
and the addresses that a test allows, and it must reach those.

  addresses   each destination of addresses.txt is refused at creation, or never connected to
  guarded     the same for loopback, link-local and metadata, with 0.0.0.0/0 and ::/0 allowed
  names       names whose answer changes after the first query, and mixed answers
  redirects   301, 302, 303, 307 and 308 to forbidden and to allowed addresses: none is followed

Exit code 1 when anything else was reached, or an allowed address was not; 77 if there can be no
namespace or no strace here.
"""
import argparse
import ipaddress
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import harness  # noqa: E402
from listener import Listener  # noqa: E402
from name_server import NameServer, spell  # noqa: E402
from traced import TracedServer  # noqa: E402

SKIPPED = 77
RESOLVER = "127.0.0.53"
PUBLIC, PUBLIC6 = "93.184.215.14", "2606:4700::1"
FORBIDDEN, LOOPBACK6 = "127.0.0.77", "::1"
REFUSED = "address not allowed by webhooks.allow"
HOOKS = "/repos/demo/shop/hooks"
BATCH = 20  # hooks at a time: the limit of a repository for one event
# The place where strace shows the peer of a call: in an argument or, for data on a datagram socket,
# at the descriptor.
PEERS = re.compile(r"""sin6?_port=htons\((?P<port>\d+)\)[^}]*?
    (?:inet_addr\("(?P<four>[^"]+)"\) | inet_pton\(AF_INET6,\ "(?P<six>[^"]+)")
    | <UDP(?:v6)?:\[[^<>]*->\[?(?P<connected>[\da-f.:]+?)\]?:(?P<connected_port>\d+)\]>""", re.X)
CALLS = "trace=connect,sendto,sendmsg,sendmmsg"


# ------------------------------------------------------------------ the namespace

def enter_namespace(arguments):
    """Runs this program again in a namespace; returns its exit code."""
    inside = [sys.executable, __file__, "--inside", *arguments]
    for how in (["unshare", "--net", "--mount"],
                ["unshare", "--user", "--map-root-user", "--net", "--mount"]):
        if shutil.which("strace") and subprocess.run(
                [*how, "strace", "-qq", "-o", "/dev/null", "true"], check=False,
                stderr=subprocess.DEVNULL).returncode == 0:
            return subprocess.run([*how, *inside], check=False).returncode
    print("connects: no network namespace, or no strace, may be had here")
    return SKIPPED


def prepare_namespace(folder):
    """All addresses lead to this machine, and RESOLVER is the name server."""
    for command in (["ip", "link", "set", "lo", "up"],
                    ["ip", "route", "add", "local", "0.0.0.0/0", "dev", "lo"],
                    ["ip", "-6", "route", "add", "local", "::/0", "dev", "lo"],
                    ["ip", "-6", "address", "add", "2606:4700::2/128", "dev", "lo"]):
        subprocess.run(command, check=True)
    for name, text in (("resolv.conf", f"nameserver {RESOLVER}\noptions timeout:2 attempts:2\n"),
                       ("nsswitch.conf", "hosts: files dns\n"),
                       ("hosts", "127.0.0.1 localhost\n::1 localhost\n")):
        file = folder / name
        file.write_text(text)
        subprocess.run(["mount", "--bind", file, os.path.realpath(f"/etc/{name}")], check=True)


# ------------------------------------------------------------------ the server, and what it reached

class Site:
    """A traced server with a repository, in which hooks are created, watched and deleted."""

    def __init__(self, allow):
        self.server = TracedServer(["-yy", "-e", CALLS], allow=allow)

    def __enter__(self):
        self.server.__enter__()
        repository = harness.make_repository(self.server.folder)
        self.server.add_repository("demo/shop", repository, "--private")
        self.api = self.server.api(keep_alive=True)
        return self

    def __exit__(self, *_):
        self.api.close()
        self.server.__exit__()

    def reached(self):
        """(address, port) of every peer of a call, without the name server; ends the server, so
        that the trace is complete."""
        stopped = self.server.stop()
        if stopped != 0:
            raise AssertionError(f"the server ended with {stopped}")
        found = set()
        for line in self.server.trace.read_text(errors="replace").splitlines():
            # getaddrinfo connects datagram sockets to sort its answers by route, which sends
            # nothing. Sent data shows in the call that sends it.
            if "connect(" in line and "<UDP" in line:
                continue
            for place in PEERS.finditer(line):
                address = place["four"] or place["six"] or place["connected"]
                mapped = getattr(ipaddress.ip_address(address), "ipv4_mapped", None)
                found.add((str(mapped or address), int(place["port"] or place["connected_port"])))
        return found - {(RESOLVER, 53)}

    def send_to(self, urls):
        """Creates a hook for each URL, and waits for the attempt to deliver its ping. Returns the
        result of each; None if the hook was refused."""
        outcomes = {}
        for begin in range(0, len(urls), BATCH):
            made = {}
            for url in urls[begin:begin + BATCH]:
                answer = self.api.post(HOOKS, {"events": ["deployment"], "config": {"url": url}})
                if answer.status == 422:
                    outcomes[url] = None
                    continue
                assert answer.status == 201, (url, answer)
                made[url] = answer.json["url"]
            for url, hook in made.items():
                outcomes[url] = self._attempt(hook)
                assert self.api.delete(hook).status == 204
        return outcomes

    def _attempt(self, hook):
        end = time.monotonic() + 30
        while time.monotonic() < end:
            response = self.api.get(hook).json["last_response"]
            if response["code"] is not None:
                return response["message"]
            time.sleep(0.01)
        raise AssertionError(f"{hook}: no attempt was made")


def judge(what, reached, allowed):
    """Exactly the allowed addresses must have been reached. Prints the errors; returns their
    number."""
    wrong = [f"REACHED {address} port {port}" for address, port in sorted(reached - allowed)]
    wrong += [f"did not reach {address} port {port}" for address, port in sorted(allowed - reached)]
    for one in wrong:
        print(f"  {what}: {one}")
    return len(wrong)


# ------------------------------------------------------------------ the tests

def read_addresses(port):
    """section → [(URL, the address to be reached or None)] of addresses.txt."""
    sections, current = {}, None
    text = (pathlib.Path(__file__).parent / "addresses.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        if header := re.match(r"\[(\w+)\] \S", line):  # an IPv6 host is alone on its line
            current = sections.setdefault(header[1], [])
            continue
        spelling, _, address = line.partition(" -> ")
        spelling = re.sub(r"\\(t|r|n|u[0-9a-f]{4})",
                          lambda found: f"\\{found[1]}".encode().decode("unicode_escape"), spelling)
        is_host = current is not sections.get("malformed") and "://" not in spelling
        url = "http://" + spelling + ":{port}/" if is_host else spelling
        current.append((url.replace("{port}", str(port)), address or None))
    return sections


def test_addresses(port, *_):
    sections = read_addresses(port)
    wrong = 0
    with Site("10.20.0.0/16") as site:
        for section, lines in sections.items():
            outcomes = site.send_to([url for url, _ in lines])
            refused = sum(outcome is None for outcome in outcomes.values())
            print(f"  addresses: {section}: {len(lines)} destinations, {refused} refused at "
                  f"creation, {len(outcomes) - refused} tried")
            if section == "malformed":
                for url in [url for url, outcome in outcomes.items() if outcome is not None]:
                    print(f"  addresses: accepted, and should be malformed: {url!r}")
                    wrong += 1
        reached = site.reached()
    return wrong + judge("addresses", reached,
                         {(address, port) for _, address in sections["reached"]})


def test_guarded(port, *_):
    guarded = [url for url, _ in read_addresses(port)["guarded"]]
    with Site("0.0.0.0/0,::/0") as site:
        outcomes = site.send_to([*guarded, f"http://192.168.1.1:{port}/"])
        reached = site.reached()
    refused = sum(outcome is None for outcome in outcomes.values())
    print(f"  guarded: {len(guarded)} destinations, {refused} refused at creation")
    return judge("guarded", reached, {("192.168.1.1", port)})


def test_names(port, names, options):
    """A check that resolves the name itself would get the public address, and libcurl the other
    one. In mixed answers the public address refuses the connection, so that libcurl tries the
    other one, where a listener is."""
    rebinding = [f"n{number}.rebind.test" for number in range(options.names)]
    mixes = [f"{one}.{other}.n{number}.test" for number in range(5)
             for public, forbidden in ((PUBLIC, FORBIDDEN), (PUBLIC, LOOPBACK6),
                                       (PUBLIC6, FORBIDDEN), (PUBLIC6, LOOPBACK6))
             for one, other in ((spell(public), spell(forbidden)),
                                (spell(forbidden), spell(public)))]
    with Listener([FORBIDDEN, LOOPBACK6]) as forbidden, Site(None) as site:
        # Another port, because libcurl caches the first answer for a minute.
        first, second = (site.send_to([f"http://{name}:{each}/" for name in rebinding])
                         for each in (port, forbidden.port))
        site.send_to([f"http://{mix}:{forbidden.port}/" for mix in mixes])
        reached = site.reached()
    rebound = sum(names.asked(name) >= 2 for name in rebinding)
    refused = sum(outcome == REFUSED for outcome in second.values())
    print(f"  names: {rebound} of {len(rebinding)} asked for again, and {refused} refused then; "
          f"{len(mixes)} mixed answers; {len(forbidden.requests)} requests where none may be")
    wrong = sum(outcome != "OK" for outcome in first.values())
    wrong += len(rebinding) - rebound + len(rebinding) - refused + len(forbidden.requests)
    return wrong + judge("names", reached, {(PUBLIC, port), (PUBLIC, forbidden.port),
                                            (PUBLIC6, forbidden.port)})


def test_redirects(port, _, options):
    targets = ["169.254.169.254", "127.0.0.1", "[::1]", "localhost", "10.0.0.1", "alias.test",
               spell(FORBIDDEN), "8.8.8.8", PUBLIC]
    answers = [(status, target) for status in (301, 302, 303, 307, 308) for target in targets]
    urls = {f"http://{PUBLIC}:{port}/redirect/{status}?to="
            + urllib.parse.quote(f"http://{target}:{port}/followed", safe=""): status
            for status, target in answers}
    before = len(options.everywhere.requests)
    with Site(None) as site:
        outcomes = site.send_to(list(urls))
        reached = site.reached()
    requests = options.everywhere.requests[before:]
    followed = sum(path.startswith("/followed") for _, path in requests)
    taken = sum(outcomes[url] == f"Invalid HTTP Response: {status}"
                for url, status in urls.items())
    print(f"  redirects: {taken} of {len(urls)} taken as answers, {followed} followed")
    return len(urls) - taken + followed + judge("redirects", reached, {(PUBLIC, port)})


TESTS = {"addresses": test_addresses, "guarded": test_guarded, "names": test_names,
         "redirects": test_redirects}


def run_inside(options):
    """Runs in the namespace; returns the exit code."""
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="esclusa-ssrf-") as folder:
        prepare_namespace(pathlib.Path(folder))
        with Listener(["0.0.0.0", "::"]) as everywhere, \
                NameServer(RESOLVER, PUBLIC, FORBIDDEN) as names:
            options.everywhere = everywhere
            for name in options.test or TESTS:
                wrong += TESTS[name](everywhere.port, names, options)
    print(f"connects: {wrong} wrong" if wrong else "connects: nothing forbidden was reached")
    return 1 if wrong else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("test", nargs="*", help="only these: addresses, guarded, names, redirects")
    parser.add_argument("--names", type=int, default=200, metavar="N",
                        help="how many names change their address (200)")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if unknown := set(options.test) - set(TESTS):
        parser.error(f"there is no test {', '.join(unknown)}")
    return run_inside(options) if options.inside else enter_namespace(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
