#include "hooks/lanes.h"

#include <algorithm>
#include <ranges>

namespace esclusa::hooks {

bool Lanes::has_room(HookId hook) const {
  const auto found = by_hook_.find(hook);
  if (found == by_hook_.end()) return true;
  return found->second.lanes.size() + found->second.aside_count < of_hook_max;
}

bool Lanes::add(const store::DeliveryLane& lane) {
  if (known_.contains(lane)) return true;
  if (!has_room() || !has_room(lane.hook)) return false;
  known_.insert(lane);
  by_hook_[lane.hook].lanes.push_back(lane);
  return true;
}

std::vector<HookId> Lanes::hooks() {
  std::vector<HookId> hooks;
  for (const auto& [hook, of_hook] : by_hook_) {
    if (!of_hook.lanes.empty()) hooks.push_back(hook);
  }
  std::ranges::rotate(hooks, std::ranges::upper_bound(hooks, first_));
  if (!hooks.empty()) first_ = hooks.front();
  return hooks;
}

bool Lanes::has(HookId hook) const {
  const auto found = by_hook_.find(hook);
  return found != by_hook_.end() && !found->second.lanes.empty();
}

store::DeliveryLane Lanes::take(HookId hook) {
  const auto of_hook = by_hook_.find(hook);
  const store::DeliveryLane lane = of_hook->second.lanes.front();
  of_hook->second.lanes.pop_front();
  if (of_hook->second.lanes.empty() && of_hook->second.aside_count == 0) by_hook_.erase(of_hook);
  known_.erase(lane);
  return lane;
}

void Lanes::set_aside(const store::DeliveryLane& lane, RepositoryId repository) {
  if (!known_.insert(lane).second) return;
  ++by_hook_[lane.hook].aside_count;
  aside_[repository].push_back(lane);
}

std::vector<RepositoryId> Lanes::repositories() const {
  const auto keys = std::views::keys(aside_);
  return {keys.begin(), keys.end()};
}

void Lanes::bring_back(RepositoryId repository, size_t count) {
  const auto found = aside_.find(repository);
  if (found == aside_.end()) return;
  for (; count > 0 && !found->second.empty(); --count) {
    const store::DeliveryLane lane = found->second.front();
    found->second.pop_front();
    OfHook& of_hook = by_hook_[lane.hook];
    --of_hook.aside_count;
    of_hook.lanes.push_back(lane);
  }
  if (found->second.empty()) aside_.erase(found);
}

}  // namespace esclusa::hooks
