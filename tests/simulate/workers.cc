#include "simulate/workers.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <new>
#include <sstream>
#include <thread>
#include <vector>

#include "base/check.h"

namespace esclusa::simulate {
namespace {

constexpr uint64_t none = UINT64_MAX;
constexpr auto look_every = std::chrono::milliseconds(20);
constexpr auto say_every = std::chrono::seconds(10);

/// The data that a worker shares with the others.
struct Slot {
  std::atomic<uint64_t> seed;  ///< the current seed
  std::atomic<uint64_t> done;
};
struct Shared {
  std::atomic<uint64_t> violated;  ///< the first seed with a violation that any worker found
  std::array<Slot, 64> slots;
};

Shared& share() {
  void* memory =
      mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ENSURE(memory != MAP_FAILED);
  auto* shared = new (memory) Shared;
  shared->violated = none;
  return *shared;
}

void report(Shared& shared, uint64_t seed) {
  uint64_t known = shared.violated;
  while (seed < known && !shared.violated.compare_exchange_weak(known, seed)) {
  }
}

/// Plays every `workers`-th seed, up to the first violation that any worker finds.
Counts work(const Plan& plan, unsigned worker, Shared& shared) {
  Counts counts;
  World world;
  Slot& slot = shared.slots[worker];
  for (uint64_t i = worker; i < plan.count; i += plan.workers) {
    const uint64_t seed = plan.first + i;
    if (seed > shared.violated) break;
    slot.seed = seed;
    if (!play(world, seed, false, counts).empty()) report(shared, seed);
    ++slot.done;
  }
  return counts;
}

struct Worker {
  pid_t process = 0;
  int output = -1;  ///< the descriptor to which it writes its counts at its end
};

Worker start(const Plan& plan, unsigned index, Shared& shared) {
  std::array<int, 2> ends{};
  ENSURE(pipe2(ends.data(), O_CLOEXEC) == 0);
  std::fflush(nullptr);
  const pid_t process = fork();
  ENSURE(process >= 0);
  if (process > 0) {
    close(ends[1]);
    return {process, ends[0]};
  }
  // The program's log about simulated failures is not needed.
  const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
  dup2(nowhere, STDERR_FILENO);
  int code = 1;
  try {
    std::ostringstream text;
    for (const auto& [name, count] : work(plan, index, shared))
      text << count << ' ' << name << '\n';
    const std::string all = text.str();
    code = write(ends[1], all.data(), all.size()) == static_cast<ssize_t>(all.size()) ? 0 : 1;
  } catch (const std::exception& error) {
    std::printf("simulate: a worker fails: %s\n", error.what());
  }
  std::fflush(nullptr);
  _exit(code);
}

void add_counts(const Worker& worker, Counts& counts) {
  std::string text;
  std::array<char, 4096> buffer{};
  for (ssize_t size = 0; (size = read(worker.output, buffer.data(), buffer.size())) > 0;) {
    text.append(buffer.data(), static_cast<size_t>(size));
  }
  close(worker.output);
  std::istringstream lines(text);
  int64_t count = 0;
  for (std::string name; lines >> count && std::getline(lines >> std::ws, name);) {
    counts[name] += count;
  }
}

uint64_t count_done(const Plan& plan, const Shared& shared) {
  uint64_t done = 0;
  for (unsigned i = 0; i < plan.workers; ++i) done += shared.slots[i].done;
  return done;
}

}  // namespace

std::string play(World& world, uint64_t seed, bool traces, Counts& counts) {
  try {
    Simulation(world, seed, traces, counts).run();
    return {};
  } catch (const Violation& violation) {
    return violation.text;
  }
}

Verdict play_all(const Plan& plan) {
  Shared& shared = share();
  std::vector<Worker> workers;
  for (unsigned i = 0; i < plan.workers; ++i) workers.push_back(start(plan, i, shared));

  const auto begin = std::chrono::steady_clock::now();
  auto say_at = begin + say_every;
  Verdict verdict;
  for (size_t left = workers.size(); left > 0;) {
    for (size_t i = 0; i < workers.size(); ++i) {
      int status = 0;
      if (workers[i].process == 0 || waitpid(workers[i].process, &status, WNOHANG) <= 0) continue;
      workers[i].process = 0;
      --left;
      // The worker died while it played a seed: that is a violation, too.
      if (status != 0) report(shared, shared.slots[i].seed);
      add_counts(workers[i], verdict.counts);
    }
    if (left > 0) std::this_thread::sleep_for(look_every);
    const auto now = std::chrono::steady_clock::now();
    if (left == 0 || now < say_at) continue;
    say_at = now + say_every;
    const uint64_t done = count_done(plan, shared);
    const double seconds = std::chrono::duration<double>(now - begin).count();
    std::printf("simulate: %llu of %llu seeds, %.0f a second\n",
                static_cast<unsigned long long>(done), static_cast<unsigned long long>(plan.count),
                static_cast<double>(done) / seconds);
    std::fflush(stdout);
  }
  verdict.done = count_done(plan, shared);
  if (shared.violated != none) verdict.violated = shared.violated.load();
  munmap(&shared, sizeof(Shared));
  return verdict;
}

}  // namespace esclusa::simulate
