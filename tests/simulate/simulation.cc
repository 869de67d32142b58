#include "simulate/simulation.h"

#include <array>

#include "simulate/trace.h"

namespace esclusa::simulate {
namespace {

constexpr int steps = 80;
constexpr size_t requests_at_once = 3;

}  // namespace

Simulation::Simulation(World& world, uint64_t seed, bool traces, Counts& counts)
    : world_(world), random_(seed), traces_(traces), fails_(random_.one_in(2)), counts_(counts) {
  // Agents would make everything else rarer.
  model_ = world.begin_seed(*this, random_.one_in(4));
  journal_.emplace(world.database.connection());
}

Simulation::~Simulation() {
  for (Request& request : requests_) request.fiber->kill();
  world_.end_seed();
}

void Simulation::run() {
  for (size_t environment : {0, 1}) {
    run_alone(make_put_environment(random_, world_, model_, environment));
  }
  for (int step = 0; step < steps; ++step) {
    if (requests_.empty() || (requests_.size() < requests_at_once && random_.one_in(3))) {
      if (random_.one_in(4)) {
        happen();
      } else {
        start(make_operation(random_, world_, model_, keyed_));
      }
    } else {
      resume(random_.below(requests_.size()));
    }
  }
  finish_all();
  stop(random_.one_in(2));
  for (const auto& [fence, claim] : model_.claims) {
    if (claim.reason == "taken_over") ++counts_["claims taken over"];
  }
  for (const auto& [id, deployment] : model_.deployments) {
    counts_["commands begun"] += deployment.begun;
  }
  const int64_t lost = world_.database.connection().number(
      "select count(*) from event e where e.kind = 'deployment' and not exists (select 1 from "
      "delivery d where d.event_id = e.id)");
  if (lost != 0) throw Violation("an event is delivered to nobody");
}

void Simulation::start(std::unique_ptr<Operation> operation) {
  Request request{++number_, std::move(operation), nullptr, ""};
  trace("#", std::to_string(request.number), " ", request.operation->text);
  // By index, because the vector moves its elements.
  request.fiber = std::make_unique<Fiber>([this] {
    const Request* self = current_;
    std::string outcome = self->operation->run();
    current_->outcome = std::move(outcome);
  });
  requests_.push_back(std::move(request));
  resume(requests_.size() - 1);
}

void Simulation::resume(size_t index) {
  Request& request = requests_[index];
  current_ = &request;
  try {
    request.fiber->resume();
  } catch (const std::exception& error) {
    throw Violation("the program found a bug in itself: " + std::string(error.what()));
  }
  if (request.fiber->is_done()) {
    finish(request);
    requests_.erase(requests_.begin() + static_cast<ptrdiff_t>(index));
  }
  current_ = nullptr;
}

void Simulation::finish(Request& request) {
  const Operation& operation = *request.operation;
  trace("answers: ", request.outcome);
  const std::string& wanted = operation.is_timer ? "ok" : operation.expected;
  if (request.outcome != wanted) {
    throw Violation("\"" + operation.text + "\" answers: " + request.outcome +
                    ", and should: " + wanted);
  }
  ++counts_[request.outcome.substr(0, request.outcome.find(':'))];
}

void Simulation::finish_all() {
  while (!requests_.empty()) resume(random_.below(requests_.size()));
}

void Simulation::run_alone(std::unique_ptr<Operation> operation) {
  is_quiet_ = true;
  start(std::move(operation));
  is_quiet_ = false;
}

void Simulation::run_timer_alone() {
  // There is one timer: a look that has begun ends first.
  for (size_t i = 0; i < requests_.size();) {
    requests_[i].operation->is_timer ? resume(i) : void(++i);
  }
  const auto before = read_deployments(world_.database.connection());
  // Two steps of the wall clock between two looks may hide each other. What was timed between them
  // is then found by the sweep of the next minute.
  const int look_count = std::exchange(jump_count_, 0) < 2 ? 1 : 61;
  for (int i = 0; i < look_count; ++i) run_alone(make_release_due(world_, false));
  check_nothing_is_stuck(true, before);
}

Fault Simulation::before_access() {
  fault_ = {};
  if (is_quiet_) return fault_;
  if (random_.one_in(2)) Fiber::pause();
  if (fails_ && random_.one_in(12)) {
    static constexpr std::array kinds = {Fault::Kind::refused, Fault::Kind::statement,
                                         Fault::Kind::statement, Fault::Kind::unknown};
    fault_ = {kinds[random_.below(kinds.size())], static_cast<int>(random_.below(30))};
  }
  return fault_;
}

void Simulation::after_access(const Access& access) {
  Operation& operation = *current_->operation;
  ++operation.accesses;
  operation.is_write = access.is_write;
  if (access.has_failed) {
    trace("meets a storage that fails");
    ++counts_["storage failures"];
    ++operation.failures;
    operation.expected = "storage_failed";
    return;
  }
  // The timer logs failures, and returns no result to compare.
  const std::string expected = operation.expect(model_, operation);
  if (operation.failures == 0) operation.expected = expected;
  if (!access.is_kept) return trace(access.is_write ? "is refused" : "reads");
  trace("commits");
  if (expected != "ok") {
    throw Violation("\"" + operation.text + "\" was done, and should: " + expected);
  }
  check_transaction(operation);
  if (fault_.kind == Fault::Kind::unknown && !operation.is_timer) {
    ++counts_["unknown outcomes"];
    ++operation.failures;
    operation.expected = "outcome_unknown";
  }
}

void Simulation::before_answer() {
  if (!is_quiet_ && random_.one_in(4)) Fiber::pause();
}

}  // namespace esclusa::simulate
