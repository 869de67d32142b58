#include "simulate/fiber.h"

#include <utility>
#include <vector>

#include "base/check.h"

namespace esclusa::simulate {
namespace {

constexpr size_t stack_bytes = size_t{512} * 1024;

Fiber* running = nullptr;
std::vector<std::unique_ptr<char[]>> free_stacks;

std::unique_ptr<char[]> take_stack() {
  if (free_stacks.empty()) return std::make_unique_for_overwrite<char[]>(stack_bytes);
  auto stack = std::move(free_stacks.back());
  free_stacks.pop_back();
  return stack;
}

}  // namespace

Fiber::Fiber(std::function<void()> body) : body_(std::move(body)), stack_(take_stack()) {
  ENSURE(getcontext(&inside_) == 0);
  inside_.uc_stack.ss_sp = stack_.get();
  inside_.uc_stack.ss_size = stack_bytes;
  inside_.uc_link = &outside_;
  makecontext(&inside_, &Fiber::start, 0);
}

Fiber::~Fiber() { free_stacks.push_back(std::move(stack_)); }

void Fiber::start() {
  Fiber& self = *running;
  try {
    if (!self.is_killed_) self.body_();
  } catch (const Killed&) {
    // The fiber has ended.
  } catch (...) {
    self.thrown_ = std::current_exception();
  }
  self.is_done_ = true;
}

void Fiber::resume() {
  ENSURE(!is_done_);
  Fiber* outer = std::exchange(running, this);
  swapcontext(&outside_, &inside_);
  running = outer;
  if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
}

void Fiber::kill() {
  is_killed_ = true;
  if (!is_done_) resume();
}

void Fiber::pause() {
  Fiber* self = running;
  if (self == nullptr) return;
  swapcontext(&self->inside_, &self->outside_);
  if (self->is_killed_) throw Killed{};
}

}  // namespace esclusa::simulate
