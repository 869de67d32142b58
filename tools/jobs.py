"""The jobs of a test run: which processes there are, and how their results are counted.

`test_jobs` are those of ./dev test, `longer_jobs` and `check_jobs` those that ./dev check adds;
tools/run-tests runs them. Decision 0027.
"""
import dataclasses
import functools
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time


ROOT = pathlib.Path(__file__).resolve().parent.parent
PYTHON = sys.executable
SANITIZER_SETTINGS = {
    "ASAN_OPTIONS": "detect_stack_use_after_return=1:strict_string_checks=1",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
    # The log has a thread, also in tests whose child processes then make threads of their own.
    "TSAN_OPTIONS": "halt_on_error=1:second_deadlock_stack=1:die_after_fork=0",
    # Without it glibc's mktime, which libgit2 calls, copies the name of its time zone each time,
    # under a lock that the thread sanitizer does not see.
    "TZ": "UTC",
}
# The published clients, and how to count their tests; those that take minutes to build do not run
# in CI.
CLIENTS = {"octokit": "node", "probot": "node", "receiver": "node", "pygithub": "unittest",
           "pygithub-older": "unittest", "githubkit": "unittest", "gh": "unittest",
           "go-github": "go", "octokit-rb": "minitest", "hub4j": "rows"}
SLOW_CLIENTS = {"octocrab": "rows", "terraform": "go", "argo": "go"}
# The output of these is shown even if all is well.
SHOWN = ("crash/", "fuzz/", "conformance/", "clients/", "ssrf/", "storm/", "gates/",
         "simulate/", "ssh/", "path/", "hostile/", "greed/", "package/", "restarts/", "mutants")
SCRATCH_BYTES = 1 << 30  # free memory that the C++ tests need to keep their files there


@dataclasses.dataclass
class Job:
    """A process, and how its results are counted: a kind that `count` knows."""
    name: str
    kind: str
    command: list
    environment: dict = dataclasses.field(default_factory=dict)
    alone: bool = False  # it measures or loads the machine: no other job runs at the same time
    brings: object = None  # a function that returns jobs that may run once this one has passed
    must_run: bool = False  # running no test case is a failure, not a choice
    seconds_max: int = 300


@functools.cache
def scratch_folder():
    """The folder for the files of the C++ tests: in memory, if there is room, because the tests
    commit often and would wait for a disk. It is removed with this process."""
    memory = pathlib.Path("/dev/shm")
    is_there = memory.is_dir() and os.access(memory, os.W_OK)
    in_memory = is_there and shutil.disk_usage(memory).free >= SCRATCH_BYTES
    folder = tempfile.mkdtemp(prefix="esclusa-tests-", dir=memory if in_memory else None)
    os.chmod(folder, 0o711)  # PostgreSQL's own user has a folder in it
    return folder


def remove_scratch_folder():
    if scratch_folder.cache_info().currsize:
        shutil.rmtree(scratch_folder(), ignore_errors=True)


def cpp_jobs(build, prefix, filters=(), wrapper=(), without=(), **more):
    """The tests that ctest knows in a build folder, as jobs; some folders may be left out."""
    if not (build / "CTestTestfile.cmake").exists():
        return []
    listing = subprocess.run(["ctest", "--show-only=json-v1"], cwd=build, check=True,
                             stdout=subprocess.PIPE)
    jobs = []
    for test in json.loads(listing.stdout)["tests"]:
        if test["name"] in without:
            continue
        command = test.get("command")
        name = f"{prefix}/{test['name']}"
        if command is None:  # not built: a failure, not an omission
            command = ["sh", "-c", "echo 'this test was not built'; exit 1"]
        arguments = [f"--test-case=*{word}*" for word in filters]
        jobs.append(Job(name, "doctest", [*wrapper, *command, *arguments],
                        SANITIZER_SETTINGS | {"TMPDIR": scratch_folder()}, **more))
    return jobs


def python_job(name, file, filters, **more):
    """One file of unittest tests."""
    words = [part for word in filters for part in ("-k", word)]
    command = [PYTHON, "-m", "unittest", "discover", "-s", str(file.parent), "-p", file.name]
    return Job(name, "unittest", command + words, **more)


def e2e_jobs(build, prefix, filters=(), names=None, **environment):
    """The files of tests/e2e, or those of them that have these names."""
    # Ten backups under load take a busy machine some minutes.
    return [python_job(f"{prefix}/{name}", file, filters,
                       seconds_max=600 if name == "backup" else Job.seconds_max,
                       environment={"ESCLUSA_BINARY": str(build / "esclusa"), **environment})
            for file in sorted((ROOT / "tests/e2e").glob("test_*.py"))
            for name in [file.stem.removeprefix("test_")] if names is None or name in names]


def folders_of(presets):
    """The folders of src/ whose tests are built by at least one of these presets."""
    known = {preset["name"]: preset for preset in
             json.loads((ROOT / "CMakePresets.json").read_text())["configurePresets"]}
    return {folder for name in presets
            for folder in known[name]["cacheVariables"]["ESCLUSA_TESTS"].split(";") if folder}


def test_jobs(build, filters=(), without=()):
    """Everything that `./dev test` runs. `without`: folders whose C++ tests run elsewhere."""
    jobs = cpp_jobs(build, "cpp", filters, without=without)
    jobs += e2e_jobs(build, "e2e", filters)
    jobs += [python_job(f"tools/{file.stem.removeprefix('test_')}", file, filters)
             for file in sorted((ROOT / "tests/tools").glob("test_*.py"))]
    if not filters:
        jobs.append(Job("check/layers", "check", [PYTHON, str(ROOT / "tools/check-layers")]))
        jobs.append(Job("check/style", "check",
                        [PYTHON, str(ROOT / "tools/check-style"), "--only", "text"]))
        jobs.append(Job("check/format", "check",
                        [PYTHON, str(ROOT / "tools/check-style"), "--only", "format"]))
        jobs.append(Job("check/threads", "check", [PYTHON, str(ROOT / "tools/check-threads")]))
    return jobs


def client_jobs(build, clients):
    run = str(ROOT / "tests/clients/run.py")
    return [Job(f"clients/{client}", kind, [PYTHON, run, client],
                {"ESCLUSA_BINARY": str(build / "esclusa")}) for client, kind in clients.items()]


def longer_jobs(build, is_full):
    """The jobs that `./dev test` runs only by name: checks against GitHub's description of the
    API, GitHub's clients, the whole access matrix, webhooks to forbidden addresses or bad
    receivers, whatever might open a gate too early, deploy keys with a real sshd, hostile
    repositories, and accepted values at every consumer."""
    binary = {"ESCLUSA_BINARY": str(build / "esclusa")}
    tests = ROOT / "tests"
    jobs = [Job("conformance/rest", "rows", [PYTHON, str(tests / "conformance/rest.py")], binary)]
    jobs.append(Job("conformance/events", "rows", [PYTHON, str(tests / "conformance/events.py")],
                    binary))
    jobs.append(Job("conformance/links", "rows", [PYTHON, str(tests / "conformance/links.py")],
                    binary))
    jobs += client_jobs(build, CLIENTS)
    jobs.append(Job("ssrf/connects", "check", [PYTHON, str(tests / "ssrf/connects.py")], binary))
    jobs.append(Job("path/accepted", "check", [PYTHON, str(tests / "path/accepted.py")], binary,
                    seconds_max=600))
    for name in ("patterns", "doors", "clocks"):
        jobs.append(Job(f"gates/{name}", "check", [PYTHON, str(tests / f"gates/{name}.py")],
                        binary, seconds_max=600))
    jobs.append(Job("simulate/seeds", "check", [str(build / "simulate"), "--seeds", "10000"],
                    alone=True))
    jobs.append(Job("hostile/sample", "rows",
                    [PYTHON, str(tests / "hostile/hostile.py"), "--sample"], binary,
                    seconds_max=600))
    storm = [PYTHON, str(tests / "storm/storm.py")]
    jobs.append(Job("greed/all", "rows", [PYTHON, str(tests / "greed/greed.py")], binary,
                    seconds_max=900))
    jobs.append(Job("greed/pruning", "rows", [PYTHON, str(tests / "greed/greed.py"), "pruning"],
                    binary, alone=True, seconds_max=600))
    jobs.append(Job("storm/kinds", "check", [*storm, "kinds"], binary))
    jobs.append(Job("storm/latency", "check", [*storm, "latency"], binary, alone=True))
    jobs += [Job(f"ssh/{name}", "rows", [PYTHON, str(tests / f"ssh/{name}.py"), *more], binary,
                 alone=name == "crowd", seconds_max=900)
             for name, *more in (("door",), ("commands", "--commands", "2000"), ("offers",),
                                 ("revocation",), ("crowd",))]
    jobs.append(python_job("package/package", tests / "package/test_package.py", (),
                           environment=binary, seconds_max=900))
    # The test cases that doctest skips are too slow for the everyday run.
    every_form = "--test-case=access matrix: every caller*by every form*"
    jobs.append(Job("matrix/all", "doctest", [str(build / "api_test"), "--no-skip", every_form],
                    must_run=True))
    if is_full:
        jobs.append(python_job("backup/fifty", tests / "e2e/test_backup.py", ["UnderLoad"],
                               environment={**binary, "ESCLUSA_BACKUPS": "50"}, seconds_max=1800))
        jobs.append(python_job("proxies/all", tests / "e2e/test_proxies.py", (),
                               environment={**binary, "ESCLUSA_ALL_PROXIES": "1"},
                               seconds_max=900))
        jobs.append(python_job("restarts/hundred", tests / "e2e/test_restarts.py", (),
                               environment={**binary, "ESCLUSA_RESTARTS": "100"},
                               seconds_max=1800))
    jobs += postgres_jobs(build, POSTGRES_SAMPLES if is_full else ["api"], is_full)
    jobs += uncached_jobs(build, is_full)
    return jobs


def package_jobs(build):
    """The package of a build below a systemd of its own, each block of docs/operate.md, and a
    container of the package."""
    binary = {"ESCLUSA_BINARY": str(build / "esclusa")}
    return [python_job(f"package/{name}", ROOT / f"tests/package/test_{name}.py", (),
                       environment=binary, seconds_max=1800)
            for name in ("systemd", "operate", "container")]


# What `./dev check` also runs against a server that keeps nothing; --full runs all of it.
UNCACHED_SAMPLES = ("access", "deployments", "environments", "lifecycle", "reviews", "teams")


def uncached_jobs(build, is_full):
    """Tests without what is kept of rows; with --full also a million reads of what is kept."""
    jobs = e2e_jobs(build, "uncached", names=None if is_full else UNCACHED_SAMPLES,
                    ESCLUSA_CACHE="false")
    scratch = {**SANITIZER_SETTINGS, "TMPDIR": scratch_folder()}
    if is_full:
        command = [str(build / "api_test")]
        jobs += [Job("uncached/cpp", "doctest", command, {**scratch, "ESCLUSA_TEST_KEEPING": "off"},
                     must_run=True, seconds_max=900),
                 Job("kept/reads", "doctest", [*command, "--test-case=keeping:*"],
                     {**scratch, "ESCLUSA_KEPT_READS": "1000000"}, must_run=True,
                     seconds_max=3600)]
    return jobs


# What of each folder `./dev check` also runs on PostgreSQL; --full runs all of it.
POSTGRES_SAMPLES = {
    "api": "--test-case-exclude=access matrix: every caller*,access matrix: it names*",
    "app": "--source-file=*/app/deployments_test.cc,*/app/gates_test.cc,*/app/timers_test.cc",
    "hooks": "--source-file=*/hooks/worker_test.cc,*/hooks/worker_fault_test.cc",
}


def postgres_jobs(build, folders, is_full):
    """The C++ tests on PostgreSQL of folders that otherwise use SQLite alone."""
    environment = SANITIZER_SETTINGS | {"ESCLUSA_TEST_ENGINE": "postgresql",
                                        "TMPDIR": scratch_folder()}
    return [Job(f"postgres/{folder}", "doctest",
                [str(build / f"{folder}_test"), *([] if is_full else [sample])], environment,
                must_run=True, seconds_max=900)
            for folder, sample in POSTGRES_SAMPLES.items() if folder in folders]


def without_address_randomisation():
    """The thread sanitizer of g++ 12 needs it on newer kernels; [] if it is not allowed."""
    wrapper = ["setarch", "-R"]
    works = shutil.which("setarch") and subprocess.run([*wrapper, "true"], check=False,
                                                       stderr=subprocess.DEVNULL).returncode == 0
    return wrapper if works else []


def sanitizer_job(preset, is_full):
    """Builds a preset while the tests run, which wait more than they compute; its own tests
    follow, and with the address sanitizer the samples on PostgreSQL."""
    def tests():
        build = ROOT / "build" / preset
        jobs = cpp_jobs(build, preset, wrapper=without_address_randomisation(),
                        seconds_max=3600 if is_full else 900)
        # In `check` these folders are built with the address sanitizer alone.
        samples = ["app", "hooks"] if preset == "asan" else []
        return jobs + postgres_jobs(build, samples, False)
    return Job(f"build/{preset}", "check",
               ["nice", "-n", "15", str(ROOT / "dev"), "build", preset, "unit_tests"],
               seconds_max=7200 if is_full else 2400, brings=tests)


def third_of_the_day():
    """Long jobs run in thirds, one each day: 0, 1 or 2."""
    return int(time.time()) // (24 * 60 * 60) % 3


def mutants_of_the_day(patches, is_full):
    """A third of the mutants, different each day; all of them with --full."""
    return patches if is_full else patches[third_of_the_day()::3]


def check_jobs(build, sanitizers, cycles, requests, is_full):
    """What `./dev check` runs beyond the tests."""
    binary = {"ESCLUSA_BINARY": str(build / "esclusa")}
    jobs = [sanitizer_job(preset, is_full) for preset in sanitizers]
    if is_full:
        jobs += client_jobs(build, SLOW_CLIENTS)
        jobs.append(Job("build/release", "check",
                        ["nice", "-n", "15", str(ROOT / "dev"), "build", "release"],
                        seconds_max=3600, brings=lambda: package_jobs(ROOT / "build/release")))
        # More patience: other jobs have the processors, too, and a case that waits costs little.
        jobs.append(Job("hostile/all", "rows",
                        [PYTHON, str(ROOT / "tests/hostile/hostile.py"), "--patience", "90"],
                        binary, seconds_max=3600))
        jobs.append(Job("greed/year", "rows", [PYTHON, str(ROOT / "tests/greed/year.py")], binary,
                        alone=True, seconds_max=3600))
        jobs.append(Job("ssh/all_commands", "rows", [PYTHON, str(ROOT / "tests/ssh/commands.py")],
                        binary, seconds_max=3600))
    if requests:  # the same requests each time
        part = [] if is_full else ["--third", str(third_of_the_day())]
        jobs.append(Job("fuzz/api", "check", [PYTHON, str(ROOT / "tests/fuzz/schemathesis_run.py"),
                                              "--requests", str(requests), "--seed", "1", *part],
                        binary, seconds_max=3600 if is_full else 900))
    crash = ROOT / "tests/crash"
    if cycles:
        jobs.append(Job("crash/kill", "check", [PYTHON, str(crash / "crash.py"), "--cycles",
                                                str(cycles)], binary,
                        seconds_max=300 + 15 * cycles))
        jobs.append(Job("crash/fdatasync", "check", [PYTHON, str(crash / "fdatasync.py")], binary,
                        alone=True))
        jobs.append(Job("crash/merges", "check", [PYTHON, str(crash / "merges.py")], binary,
                        seconds_max=900))
        jobs.append(Job("crash/keys", "check", [PYTHON, str(crash / "keys.py")], binary,
                        seconds_max=600))
        more = ["--kills", "200", "--full-disks", "50"] if is_full else []
        jobs.append(Job("crash/agent", "check", [PYTHON, str(crash / "agent.py"), *more], binary,
                        seconds_max=3600 if is_full else 900))
        patches = mutants_of_the_day(sorted((ROOT / "tests/mutants").glob("*.patch")), is_full)
        jobs.append(Job("mutants", "rows", [PYTHON, str(ROOT / "tools/mutants"),
                                            *(patch.stem for patch in patches)],
                        seconds_max=7200))
    return jobs
