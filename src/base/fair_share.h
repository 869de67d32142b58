#pragma once
#include <algorithm>
#include <cstddef>
#include <map>
#include <ranges>
#include <set>
#include <utility>

namespace esclusa {

/// The one rule by which owners share what there is too little of: connections, buffers, places in
/// a queue, streams. Anybody may take as much as is free. When nothing is free, the owner with the
/// most gives way to those who have less. Who takes everything thus holds up nobody but itself.
///
/// What cannot be taken away again, such as a send that is under way, has another form of the rule:
/// nobody takes more than it leaves to others, so that there is always something left (`may_take`).
///
/// It only counts: whoever uses it takes the place away. Not safe for several threads.
template <class Owner>
class FairShare {
 public:
  explicit FairShare(size_t capacity) : capacity_(capacity) {}

  void take(const Owner& owner, size_t amount = 1) { change(owner, of(owner) + amount); }
  void give_back(const Owner& owner, size_t amount = 1) {
    change(owner, of(owner) - std::min(of(owner), amount));
  }

  size_t of(const Owner& owner) const {
    const auto held = held_.find(owner);
    return held == held_.end() ? 0 : held->second;
  }
  size_t taken() const { return taken_; }
  auto owners() const { return std::views::keys(held_); }
  bool has_room(size_t amount = 1) const { return taken_ + amount <= capacity_; }

  /// Whether `owner` may take one more for good: it then has at most as much as is left.
  bool may_take(const Owner& owner) const { return of(owner) + taken_ < capacity_; }

  /// Who has to give way so that `owner` gets `amount` more: whoever has the most, or `owner`
  /// itself if nobody has more than it would then have. Only when there is no room.
  const Owner& who_yields(const Owner& owner, size_t amount = 1) const {
    if (by_amount_.empty()) return owner;
    const auto& [most, largest] = *by_amount_.rbegin();
    return most > of(owner) + amount ? largest : owner;
  }

 private:
  void change(const Owner& owner, size_t amount) {
    const auto held = held_.try_emplace(owner, 0).first;
    by_amount_.erase({held->second, owner});
    taken_ += amount - held->second;
    held->second = amount;
    if (amount == 0) {
      held_.erase(held);
    } else {
      by_amount_.emplace(amount, owner);
    }
  }

  const size_t capacity_;
  size_t taken_ = 0;
  std::map<Owner, size_t> held_;
  std::set<std::pair<size_t, Owner>> by_amount_;
};

}  // namespace esclusa
