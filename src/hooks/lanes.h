#pragma once
#include <deque>
#include <map>
#include <set>
#include <vector>

#include "store/delivery_queue.h"

namespace esclusa::hooks {

/// The lanes that are worth a look, each once. Those of a hook are taken in the order in which they
/// came. One thread.
class Lanes {
 public:
  static constexpr size_t max = 10'000;
  static constexpr size_t of_hook_max = 1'000;

  /// False if there is no room: only a look at everything will find it.
  bool add(const store::DeliveryLane& lane);
  bool has_room() const { return known_.size() < max; }
  bool has_room(HookId hook) const;

  /// The hooks whose lanes can be taken. They take turns in who is the first.
  std::vector<HookId> hooks();
  /// Whether a lane of the hook can be taken.
  bool has(HookId hook) const;
  /// The hook's next lane, which is removed; there is one.
  store::DeliveryLane take(HookId hook);

  /// Keeps a lane that was taken, because the repository has all the sends that it may have. It
  /// cannot be taken before it is brought back. In the repository 0 are lanes of several.
  void set_aside(const store::DeliveryLane& lane, RepositoryId repository);
  /// The repositories for which lanes are set aside.
  std::vector<RepositoryId> repositories() const;
  /// Brings lanes of the repository back, at most `count`.
  void bring_back(RepositoryId repository, size_t count);
  void clear() { *this = Lanes(); }

 private:
  struct OfHook {
    std::deque<store::DeliveryLane> lanes;
    size_t aside_count = 0;
  };

  std::map<HookId, OfHook> by_hook_;
  std::map<RepositoryId, std::deque<store::DeliveryLane>> aside_;
  std::set<store::DeliveryLane> known_;  ///< all of the above
  HookId first_;                         ///< of the latest turn
};

}  // namespace esclusa::hooks
