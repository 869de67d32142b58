#pragma once
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

/// A mutex whose use clang checks while it compiles (-Wthread-safety; tools/check-threads): which
/// member is read and written under which mutex, and which function is called with it held. For
/// g++ the annotations are nothing. Their names are those of clang's documentation.

#ifdef __clang__
#define THREAD_ANNOTATION(attribute) __attribute__((attribute))
#else
#define THREAD_ANNOTATION(attribute)
#endif
#define CAPABILITY(name) THREAD_ANNOTATION(capability(name))
#define SCOPED_CAPABILITY THREAD_ANNOTATION(scoped_lockable)
/// A member or variable that is used under this mutex alone.
#define GUARDED_BY(mutex) THREAD_ANNOTATION(guarded_by(mutex))
/// A function, or a lambda after its parameters, that is called with these mutexes held.
#define REQUIRES(...) THREAD_ANNOTATION(requires_capability(__VA_ARGS__))
#define ACQUIRE(...) THREAD_ANNOTATION(acquire_capability(__VA_ARGS__))
#define RELEASE(...) THREAD_ANNOTATION(release_capability(__VA_ARGS__))

namespace esclusa {

/// std::mutex, annotated.
class CAPABILITY("mutex") Mutex {
 private:
  friend class Lock;
  std::mutex mutex_;
};

/// Holds a mutex until it goes away; may let go of it meanwhile.
class SCOPED_CAPABILITY Lock {
 public:
  explicit Lock(Mutex& mutex) ACQUIRE(mutex) : lock_(mutex.mutex_) {}
  ~Lock() RELEASE() {}
  Lock(const Lock&) = delete;

  void lock() ACQUIRE() { lock_.lock(); }
  void unlock() RELEASE() { lock_.unlock(); }

 private:
  friend class Condition;
  std::unique_lock<std::mutex> lock_;
};

/// std::condition_variable. Where `is_met` reads what is guarded, it is a lambda that `REQUIRES`
/// the mutex: `[this]() REQUIRES(mutex_) { return is_ready_; }`.
class Condition {
 public:
  void notify_one() noexcept { condition_.notify_one(); }
  void notify_all() noexcept { condition_.notify_all(); }

  void wait(Lock& lock) { condition_.wait(lock.lock_); }
  template <class IsMet>
  void wait(Lock& lock, IsMet is_met) {
    condition_.wait(lock.lock_, std::move(is_met));
  }
  /// Whether it is met when the time is over.
  template <class Time, class IsMet>
  bool wait_for(Lock& lock, Time time, IsMet is_met) {
    return condition_.wait_for(lock.lock_, time, std::move(is_met));
  }
  /// As `wait_for`. On the steady clock: nobody can set it.
  void wait_until(Lock& lock, std::chrono::steady_clock::time_point end) {
    condition_.wait_until(lock.lock_, end);
  }
  template <class IsMet>
  bool wait_until(Lock& lock, std::chrono::steady_clock::time_point end, IsMet is_met) {
    return condition_.wait_until(lock.lock_, end, std::move(is_met));
  }

 private:
  std::condition_variable condition_;
};

}  // namespace esclusa
