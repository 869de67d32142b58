// What is kept of rows, with readers and writers at once: nobody sees what an acknowledged change
// has ended, and nobody goes back.

#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>
#include <functional>
#include <random>
#include <thread>

#include "base/json.h"
#include "support/changing_world.h"

using namespace esclusa;
using test::Changes;
using test::must;
using World = test::ChangingWorld;

namespace {

/// A reader of the world; counts what it sees that must not be.
class Watcher {
 public:
  explicit Watcher(World& world, unsigned seed) : world_(world), random_(seed) {}

  void look() {
    ++reads;
    switch (random_() % 7) {
      case 0: return look_at_newest();
      case 1: return look_at_state();
      case 2: return look_at_removed();
      case 3: return look_at_name();
      case 4: return look_at_role();
      case 5: return look_at_total();
      default: return look_at_token();
    }
  }

  int64_t reads = 0;
  int64_t settled = 0;  ///< reads of which it was known what they must see
  std::vector<std::string> faults;

 private:
  /// Checks the answer, if the thing did not change meanwhile.
  void expect(const Changes& changes, const char* what,
              const std::function<bool(int64_t number)>& is_right) {
    const int64_t before = changes.number();
    const bool right = is_right(before);
    if (before % 2 != 0 || changes.number() != before) return;
    ++settled;
    if (!right) faults.emplace_back(what);
  }
  Json get(const std::string& rest, int status = 200) {
    const auto answer = world_.ask("GET", world_.path() + rest, world_.ada);
    if (answer.status != status) faults.push_back(rest + ": " + std::to_string(answer.status));
    return must(Json::parse(answer.body.empty() ? "null" : answer.body));
  }

  void look_at_newest() {
    const int64_t least = world_.newest;
    const int64_t seen = get("/deployments?per_page=1").elements().front().integer_at("id").value();
    if (seen < least) faults.emplace_back("the newest deployment is not in the list");
    if (seen < newest_) faults.emplace_back("the list went back");
    newest_ = seen;
  }
  void look_at_state() {
    expect(world_.reported, "a list by state is stale", [&](int64_t number) {
      const bool has_failed = number > 0 && number / 2 % 2 == 0;
      const auto found = get("/deployments?state=failure").elements();
      return found.size() == (has_failed ? 1U : 0U);
    });
    const auto updated = get("/deployments/1").string_at("updated_at").value();
    if (updated < updated_) faults.emplace_back("a deployment went back");
    updated_ = updated;
  }
  void look_at_removed() {
    const int64_t gone = world_.removed.number() % 2 == 0 ? world_.last_removed.load() : 0;
    if (gone < 2) return;
    get("/deployments/" + std::to_string(gone), 404);
  }
  void look_at_name() {
    expect(world_.renamed, "a former name is shown", [&](int64_t number) {
      const std::string name = World::name_at(number);
      const auto url = get("/deployments/1").string_at("url").value();
      const auto found = world_.ask("GET", "/repos/ada/" + name + "/deployments/1", world_.ada);
      return url.contains("/ada/" + name + "/") && found.status == 200;
    });
  }
  void look_at_role() {
    expect(world_.granted, "a former role counts", [&](int64_t number) {
      const int wanted = World::bob_may_read_at(number) ? 200 : 404;
      return world_.ask("GET", world_.path() + "/deployments/1", world_.bob).status == wanted;
    });
  }
  void look_at_total() {
    expect(world_.created, "a page has a former total", [&](int64_t) {
      const auto removed = world_.removed.number();
      const auto answer =
          world_.ask("GET", world_.path() + "/deployments?per_page=1&page=2", world_.ada);
      const int64_t total = world_.newest - world_.last_removed + 1;
      const bool is_last = answer.headers.find("Link").value_or("").contains(
          "page=" + std::to_string(total) + ">; rel=\"last\"");
      return is_last || removed % 2 != 0 || world_.removed.number() != removed;
    });
  }
  void look_at_token() {
    expect(world_.renewed, "a revoked token is accepted, or a new one refused", [&](int64_t) {
      const std::string *now = world_.tokens, *former = world_.revoked;
      if (now == nullptr || former == nullptr) return true;
      const auto status = [&](const std::string& token) {
        return world_.ask("GET", world_.path() + "/deployments/1", token).status;
      };
      return status(*now) == 200 && status(*former) == 401;
    });
  }

  World& world_;
  std::mt19937 random_;
  int64_t newest_ = 0;
  std::string updated_;
};

}  // namespace

TEST_CASE("keeping: with readers and writers at once, nothing is stale and nothing goes back") {
  World world;
  const char* asked = std::getenv("ESCLUSA_KEPT_READS");
  const int64_t wanted = asked != nullptr ? std::strtoll(asked, nullptr, 10) : 6'000;
  std::vector<Watcher> watchers;
  for (unsigned seed = 1; seed <= 3; ++seed) watchers.emplace_back(world, seed);
  std::atomic<int> reading = 0;
  constexpr int64_t least_changes = 20;
  std::atomic<int64_t> changes = 0;
  {
    std::vector<std::jthread> threads;
    for (Watcher& watcher : watchers) {
      ++reading;
      threads.emplace_back([&] {
        // Where the writer is slow, the readers go on for it.
        while (watcher.reads < wanted / 3 || changes < least_changes) watcher.look();
        --reading;
      });
    }
    std::mt19937 random(7);
    for (; reading > 0; ++changes) {
      switch (random() % 6) {
        case 0: world.create(); break;
        case 1: world.report(); break;
        case 2:
          if (world.newest - world.last_removed > 2) world.remove();
          break;
        case 3: world.rename(); break;
        case 4: world.change_role(); break;
        default: world.renew_token();
      }
    }
  }
  int64_t settled = 0;
  std::string faults;
  for (const Watcher& watcher : watchers) {
    settled += watcher.settled;
    for (const std::string& fault : watcher.faults) faults += fault + "\n";
  }
  CHECK(faults == "");
  CHECK(settled > wanted / 10);
  if (asked != nullptr) {
    std::printf("%lld reads, %lld of them beside no change; %lld changes\n",
                static_cast<long long>(wanted), static_cast<long long>(settled),
                static_cast<long long>(changes.load()));
  }
}
