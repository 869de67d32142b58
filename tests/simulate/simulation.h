#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "simulate/fiber.h"
#include "simulate/journal.h"
#include "simulate/operation.h"
#include "simulate/world.h"

namespace esclusa::simulate {

/// How often each thing has happened, over all seeds: a simulation in which nothing happens finds
/// nothing.
using Counts = std::map<std::string, int64_t>;

/// One seed: random requests of people, up to three at once, while time passes, accesses fail and
/// the machine restarts. After each transaction the database must equal the model.
class Simulation final : public Watcher {
 public:
  Simulation(World& world, uint64_t seed, bool traces, Counts& counts);
  ~Simulation() override;
  /// Throws Violation.
  void run();

  Fault before_access() override;
  void after_access(const Access& access) override;
  void before_answer() override;

 private:
  struct Request {
    int number = 0;
    std::unique_ptr<Operation> operation;
    std::unique_ptr<Fiber> fiber;
    std::string outcome;
  };

  void start(std::unique_ptr<Operation> operation);
  void resume(size_t index);
  void finish(Request& request);
  /// Runs all requests to their end.
  void finish_all();
  /// Runs a single operation, without failures.
  void run_alone(std::unique_ptr<Operation> operation);
  void run_timer_alone();

  // Incidents between requests, see incidents.cc.
  void happen();
  void pass_time();
  void pass_to_the_end_of_a_timer();
  void pass_to_the_end_of_a_claim();
  void jump_wall_clock();
  void stop(bool reboots);
  void move_ref();
  void change_team();
  void change_block();
  void change_role();
  void change_app();
  void set_time(Timestamp wall, BootTime boot);

  // Checks, see checks.cc.
  void check_transaction(Operation& operation);
  void apply_creation(const Operation& operation, const std::map<int64_t, Row>& rows,
                      Effects& effects);
  void apply_timer(const std::map<int64_t, Row>& rows, Effects& effects);
  void apply_ends_of_claims(Effects& effects);
  void check_rows(const std::map<int64_t, Row>& rows) const;
  void check_claims() const;
  static void check_effects(Effects wanted, Effects found);
  void check_nothing_is_stuck(bool timed_only, const std::map<int64_t, Row>& before) const;

  template <class... Parts>
  void trace(const Parts&... parts) const;

  World& world_;
  Random random_;
  bool traces_;
  bool fails_;  ///< whether the storage fails in this seed
  Counts& counts_;
  Model model_;
  std::optional<Journal> journal_;
  std::vector<Creation> keyed_;
  std::vector<Request> requests_;
  Request* current_ = nullptr;
  Fault fault_;
  bool is_quiet_ = false;
  int number_ = 0;
  int boot_count_ = 0;
  int jump_count_ = 0;  ///< steps of the wall clock since the timer looked alone
};

}  // namespace esclusa::simulate
