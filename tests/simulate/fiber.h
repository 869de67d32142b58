#pragma once
#include <ucontext.h>

#include <exception>
#include <functional>
#include <memory>

namespace esclusa::simulate {

/// A request with its own stack, on the only thread of the simulation: it runs until it pauses, and
/// continues when it is resumed. So only the seed decides the order.
class Fiber {
 public:
  explicit Fiber(std::function<void()> body);
  /// The body must have ended.
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  /// Continues until the next pause or to the end. Throws what the body threw.
  void resume();
  /// Ends it at its pause, as when the process dies: it runs no further.
  void kill();
  bool is_done() const { return is_done_; }

  /// Called inside a fiber: returns to the caller of `resume`. Has no effect outside of a fiber.
  static void pause();

 private:
  struct Killed {};  // no std::exception, so that nobody catches it as an error
  static void start();

  std::function<void()> body_;
  std::unique_ptr<char[]> stack_;
  ucontext_t inside_{};
  ucontext_t outside_{};
  std::exception_ptr thrown_;
  bool is_done_ = false;
  bool is_killed_ = false;
};

}  // namespace esclusa::simulate
