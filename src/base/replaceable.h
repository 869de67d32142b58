#pragma once
#include <memory>
#include <utility>

#include "base/mutex.h"

namespace esclusa {

/// A value that is read by many and replaced as a whole, as by a reload. Who has got it keeps it
/// unchanged. Any thread.
template <class Value>
class Replaceable {
 public:
  explicit Replaceable(std::shared_ptr<const Value> first) : value_(std::move(first)) {}
  /// The first value is one that outlives this object.
  explicit Replaceable(const Value& first) : value_(std::shared_ptr<const Value>(), &first) {}

  std::shared_ptr<const Value> get() const {
    Lock lock(mutex_);
    return value_;
  }
  void set(std::shared_ptr<const Value> next) {
    Lock lock(mutex_);
    value_.swap(next);
  }

 private:
  mutable Mutex mutex_;
  std::shared_ptr<const Value> value_ GUARDED_BY(mutex_);
};

}  // namespace esclusa
