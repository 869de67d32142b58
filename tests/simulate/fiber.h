#pragma once
#include <ucontext.h>

#include <exception>
#include <functional>
#include <memory>

namespace esclusa::simulate {

/// A request on a stack of its own, on the one thread of the simulation: it runs until it pauses,
/// and goes on when it is resumed. So the seed, and nothing else, decides who comes first.
class Fiber {
 public:
  explicit Fiber(std::function<void()> body);
  /// It must have come to its end.
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  /// Goes on until the next pause, or to the end. Throws what the body threw.
  void resume();
  /// Ends it where it stands, as a dying process would: nothing more of it happens.
  void kill();
  bool is_done() const { return is_done_; }

  /// Called from inside: back to whoever resumed it. Nothing, outside of any fiber.
  static void pause();

 private:
  struct Killed {};  // no std::exception, so that nobody takes it for an error
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
