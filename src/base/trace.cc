#include "base/trace.h"

#include <algorithm>

namespace esclusa {
namespace {

thread_local Trace* trace_of_thread = nullptr;

}  // namespace

Trace* Trace::current() { return trace_of_thread; }

Trace::Under::Under(Trace* trace) : before_(trace_of_thread) { trace_of_thread = trace; }

Trace::Under::~Under() { trace_of_thread = before_; }

void Trace::count(Count kind) {
  if (trace_of_thread == nullptr) return;
  Trace& trace = *trace_of_thread;
  const auto index = static_cast<size_t>(kind);
  ++(trace.open_.empty() ? trace.outside_ : trace.steps_[trace.open_.back()].counts)[index];
}

int64_t Trace::count_spans(std::string_view name) const {
  return std::ranges::count(steps_, name, &Step::name);
}

int64_t Trace::total(Count kind) const {
  const auto index = static_cast<size_t>(kind);
  int64_t sum = outside_[index];
  for (const Step& step : steps_) sum += step.counts[index];
  return sum;
}

Span::Span(std::string_view name) : trace_(trace_of_thread) {
  if (trace_ == nullptr) return;
  if (trace_->steps_.size() == Trace::steps_kept) {
    trace_ = nullptr;
    return;
  }
  step_ = trace_->steps_.size();
  trace_->steps_.push_back({.name = name,
                            .depth = static_cast<int>(trace_->open_.size()),
                            .began = std::chrono::steady_clock::now() - trace_->began_});
  trace_->open_.push_back(step_);
}

Span::~Span() {
  if (trace_ == nullptr) return;
  Trace::Step& step = trace_->steps_[step_];
  step.took = std::chrono::steady_clock::now() - trace_->began_ - step.began;
  trace_->open_.pop_back();
}

}  // namespace esclusa
