#pragma once
#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

namespace esclusa {

/// What one request does on its way, step by step and on whatever threads: a list of spans, in the
/// order in which they began. Nothing is recorded while no trace is under way.
///
///     Trace trace;
///     Trace::Under under(trace);        // on this thread, until the end of the block
///     { Span span("resolve"); … }     // may be nested
///
/// One thread at a time works on a trace: whoever hands work to another thread waits for it.
class Trace {
 public:
  /// What is counted within a span.
  enum class Count { statement, git_open };
  static constexpr size_t count_kinds = 2;

  struct Step {
    std::string_view name;             ///< text that lives as long as the program
    int depth = 0;                     ///< how many spans contain it
    std::chrono::nanoseconds began{};  ///< since the trace began
    std::chrono::nanoseconds took{};
    int64_t counts[count_kinds] = {};  ///< of its own, without those of the spans inside
  };

  Trace() : began_(std::chrono::steady_clock::now()) {}

  const std::vector<Step>& steps() const { return steps_; }
  /// How many spans have that name.
  int64_t count_spans(std::string_view name) const;
  /// The counts of all spans, and what happened outside of any.
  int64_t total(Count kind) const;

  /// The trace of this thread; null while there is none.
  static Trace* current();

  /// While it lives, the spans of this thread go to the trace. Null: to none.
  class Under {
   public:
    explicit Under(Trace& trace) : Under(&trace) {}
    explicit Under(Trace* trace);
    ~Under();
    Under(const Under&) = delete;

   private:
    Trace* before_;
  };

  /// Counts in the innermost open span of this thread's trace.
  static void count(Count kind);

 private:
  friend class Span;
  static constexpr size_t steps_kept = 200;  ///< more are dropped: a trace is read by people

  std::chrono::steady_clock::time_point began_;
  std::vector<Step> steps_;
  std::vector<size_t> open_;  ///< indexes of the open spans, the innermost last
  int64_t outside_[count_kinds] = {};
};

/// A step of this thread's trace, from here to the end of the block.
class Span {
 public:
  explicit Span(std::string_view name);
  ~Span();
  Span(const Span&) = delete;

 private:
  Trace* trace_;  ///< null: nothing is recorded
  size_t step_ = 0;
};

}  // namespace esclusa
