# The long commands of ./dev, and those for developers of a part. ./dev reads this file, which uses
# install, build_preset, the lists of packages, die, say and $python from there.
# shellcheck shell=bash disable=SC2154

command_crash() {
  if [[ ${1:-} == --help ]]; then
    cat <<'TEXT'
Usage: ./dev crash [--cycles N] [--seed N]
       ./dev crash merges [--cycles N] [--seed N] [--no-sweep]
       ./dev crash agent [--kills N] [--full-disks N] [--seed N]

Starts the server, writes with eight clients, kills it (SIGKILL) while requests are unanswered,
starts it again on the same data, N times (20); then audits that nothing acknowledged was lost, and
that each of three webhook receivers, one of them a bad one, got every event that its hook wants,
in order. The auditor's own records are kept when something was wrong.

With `merges` the kills are for auto_merge: one before each call by which a merge changes a file
(with strace), then N (10) at random among many merges; git and the database must agree after each.

With `agent` it is the agent that is killed, in webhook and in pull mode, N times (20) at calls by
which it writes and at random, and its disk that is full, N times (5); then each run must have one
final status, and no command may have been started twice.
TEXT
    return
  fi
  install "${packages[@]}"
  build_preset dev esclusa || die "the build failed"
  local script=crash.py
  if [[ ${1:-} == merges || ${1:-} == agent ]]; then
    script=$1.py
    shift
  fi
  exec "$python" "tests/crash/$script" "$@"
}

command_ssrf() {
  if [[ ${1:-} == --help ]]; then
    cat <<'TEXT'
Usage: ./dev ssrf [--names N] [addresses|guarded|names|redirects ...]

Makes webhooks for some 330 spellings of addresses (tests/ssrf/addresses.txt), for N names (200)
whose address changes after the first question, and for redirects, in a network namespace where
every address leads to this machine; strace says to which of them the server connected.
TEXT
    return
  fi
  install "${packages[@]}"
  build_preset dev esclusa || die "the build failed"
  exec "$python" tests/ssrf/connects.py "$@"
}

command_storm() {
  if [[ ${1:-} == --help ]]; then
    cat <<'TEXT'
Usage: ./dev storm [--events N] [kinds|latency]

kinds: hooks for 22 kinds of receivers (failing, hanging, endless, slow, ...), N events (400), then
all are mended; each event must have arrived everywhere, in order. latency: six good receivers
beside one that hangs and three that fail; the good ones' first attempts must have a 99th
percentile under 1 s, so leave the machine alone meanwhile.
TEXT
    return
  fi
  install "${packages[@]}"
  build_preset dev esclusa || die "the build failed"
  exec "$python" tests/storm/storm.py "$@"
}

command_hostile() {
  if [[ ${1:-} == --help ]]; then
    cat <<'TEXT'
Usage: ./dev hostile [--sample] [--mode MODE] [--jobs N] [KIND...]

Makes some ninety kinds of hostile repositories (drivers, hooks, links, FIFOs, broken packs, ...),
registers each, lists, compares and deploys it, merges in it, fetches and pushes through the SSH
door. strace says that no program was started and no file opened beyond it, and each step has the
outcome that is written in the table (tests/hostile). All of it with Landlock as it is here, as
Debian 12's own kernel has it (version 2), and without (--mode landlock, version2, none). --sample
takes the kinds of ./dev check. As root also devices and repositories of another owner.
TEXT
    return
  fi
  install "${packages[@]}"
  build_preset dev esclusa || die "the build failed"
  exec "$python" tests/hostile/hostile.py "$@"
}

command_simulate() {
  if [[ ${1:-} == --help ]]; then
    cat <<'TEXT'
Usage: ./dev simulate [--seeds N] [--first S] [--workers N]
       ./dev simulate --trace SEED

Plays N seeds (1,000,000): what people, clocks, crashes and a failing storage may do to deployments
that wait for their gates, in random order, with several requests at once. The program is the real
one from app/ down, with real SQLite and git, and each transaction is compared with an oracle. It
ends with the first seed that breaks an invariant, and tells its story; --trace tells any seed's.
TEXT
    return
  fi
  install "${packages[@]}"
  build_preset release simulate || die "the build failed"
  if [[ " $* " != *" --seeds"* && " $* " != *" --trace"* ]]; then set -- --seeds 1000000 "$@"; fi
  exec build/release/simulate "$@"
}

command_bench() {
  if [[ ${1:-} == --help ]]; then
    cat <<'TEXT'
Usage: ./dev bench [--rounds N] [--seconds S] [--stored N | --growth] [--peers] [ROW|GROUP...]
       ./dev bench report [--output FOLDER] FILE...

Builds the release preset, and measures each row against its anchor: N rounds (5) of S seconds (5)
for either side by turns, so that whatever else the machine does meets both. The table has the
median of the rounds' ratios and their spread, met or MISSED for each target, and beside them the
ratios of the processor time for each request (cpu us) and of the p99. After each round an answer is
read back. Raw figures are kept in .cache/bench/TIME.json.

Groups and their rows; without names all but greed and peers. `stored` is a store of 1,000,000
deployments (--stored N, or --growth: 10,000,000), which is filled by SQL, kept in
.cache/bench/stores, and made anew when the schema has changed.

reading
  one, page       GET one deployment, 30           nginx with a file of the same bytes
  one-304, page-304
                  the same with a matching ETag    the full answer
  one-random, page-random
                  any of `stored` in 50 repositories with 1,000 tokens, beside 300 writes/s; nginx
  one-tls         GET one over TLS                 nginx over TLS
  list, sha, ref, task, environment
                  page 1 of that list of `stored`  the same list of 10,000
  page-1000       page 1,000 of `stored`           page 1
writing: the anchors have the rows of tests/bench/anchor.sql, which never change
  post            POST, 64 connections             SQLite alone, group commit
  post-1          POST, 1 connection, p50          SQLite alone, one transaction after the other
  post-pg         POST, 64 connections             PostgreSQL alone, pgbench
  status          POST a first status              POST a deployment
  status-history  the same after 100,000 successes in production; after none
  post-grown      POST among `stored`              POST among 10,000
git
  post-refs       POST, 100,000 refs               POST, ten refs
  post-gate       POST that two gates judge        POST without a gate
  merge           POST with auto_merge, a tree of 50,000 files; git merge-tree
webhooks
  deliver         deliveries of a backlog          libcurl alone, 32 connections: a limit
  deliver-signed  the same                         libcurl that signs
  prompt          201 to first byte at a healthy hook, beside one that hangs and one that fails;
                  1,000 creations a second
feed
  feed-delay      201 to event at 1,000 readers
  feed-rate       events to 1,000 readers          the same bytes sent by a process alone
ssh
  keys            find one of 100,000 keys while 64 git requests hang
footprint
  start, start-grown    start to the first answer: empty, `stored`
  memory, memory-hot    resident memory: idle, `stored` being read
  disk                  bytes for a deployment with two statuses and five hooks
overload
  overload        twice the reads and creations that the server can answer
greed: a stranger reads and creates in quiet, and then beside somebody who is greedy; its p99 is at
most three times that of the quiet time, or 50 ms
  greed-pipelined, greed-idle, greed-bodies, greed-readers, greed-compares, greed-patterns,
  greed-hooks, greed-sessions, greed-sshd, greed-sick
  mute-log        standard error is a pipe that nobody reads (S x 12 seconds)
  stops           stops under load with a full backlog (S x 20 stops)
  soak            a mixed load (S x 2 minutes)
peers: two servers from npm that answer GitHub's API with examples, without targets
  simulator-one, simulator-page, simulator-post, prism-one, prism-page, prism-post

`report` makes docs/performance.md and its plots from raw figures of one commit and machine, and
keeps what was written there by hand.

Exit code 1 when a row is invalid, not when a target was missed: an answer was wrong, or the anchor
ran below 0.8 of what it makes on the machine of the targets (2 cores), so that the ratio says
nothing.
TEXT
    return
  fi
  if [[ ${1:-} == report ]]; then
    shift
    exec "$python" tests/bench/report.py "$@"
  fi
  install "${packages[@]}" "${bench_packages[@]}"
  build_preset release esclusa http_loop feed_loop sqlite_loop curl_loop ||
    die "the build failed"
  ESCLUSA_BINARY=$PWD/build/release/esclusa exec "$python" tests/bench/bench.py "$@"
}

command_fuzz() {
  if [[ ${1:-} == --help ]]; then
    cat <<'TEXT'
Usage: ./dev fuzz [--requests N] [--seed N]

Starts a server with data, and lets schemathesis send N requests (20,000) that it makes up from
/openapi.json, good ones and bad ones. No answer may be a 5xx or differ from the description. The
seed is another one each time, and is shown; requests that fail are shown as curl commands.
TEXT
    return
  fi
  install "${packages[@]}" "${fuzz_packages[@]}"
  tools/prepare-fuzz || die "schemathesis could not be fetched"
  build_preset dev esclusa || die "the build failed"
  exec "$python" tests/fuzz/schemathesis_run.py "$@"
}

command_walk() {
  if [[ ${1:-} == --help ]]; then
    cat <<'TEXT'
Usage: ./dev walk

Creates a deployment on a server with a real database and a real repository, and prints the walk of
that request as it ran: each step with its time, its statements, and the repositories it opened.
A newcomer's first look at the code: ARCHITECTURE.md names the files of each step.
TEXT
    return
  fi
  install "${packages[@]}"
  build_preset dev api_test || die "the build failed"
  ESCLUSA_PRINT_WALK=1 exec build/dev/api_test --test-case="walk: POST a deployment" --minimal
}

command_package() {
  if [[ ${1:-} == --help ]]; then
    cat <<'TEXT'
Usage: ./dev package [--build dev|release] [--version VERSION]

Builds a preset (release), and makes of it build/package/esclusa_VERSION-1_amd64.deb: the programs
without debug symbols (these are in esclusa-dbgsym_*.ddeb), units of systemd, a settings file in
which everything is explained, manual pages, completions for bash, zsh and fish, and the documents.
docs/install.md says what the package does on a machine. A test may give it another VERSION.
TEXT
    return
  fi
  local preset=release
  if [[ ${1:-} == --build ]]; then
    preset=${2:-}
    [[ $preset == dev || $preset == release ]] || die "--build takes dev or release"
    shift 2
  fi
  install "${packages[@]}" "${package_packages[@]}"
  build_preset "$preset" esclusa esclusa-ssh || die "the build failed"
  exec "$python" tools/package --build "build/$preset" "$@"
}
