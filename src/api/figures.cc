#include "api/figures.h"

#include <algorithm>

namespace esclusa::api {
namespace {

size_t place_of(int status) {
  constexpr auto& codes = RequestFigures::codes;
  static_assert(std::ranges::is_sorted(codes));
  const auto found = std::ranges::lower_bound(codes, status);
  return found != codes.end() && *found == status ? static_cast<size_t>(found - codes.begin())
                                                  : codes.size();
}

}  // namespace

RequestFigures::RequestFigures(std::span<const Route> table) {
  slots_.emplace_back();
  for (const Route& route : table) {
    const auto [place, is_new] = by_operation_.try_emplace(route.operation, nullptr);
    if (!is_new) continue;
    place->second = &slots_.emplace_back();
    if (route.operation != nullptr) place->second->name = route.operation->name;
  }
}

RequestFigures::Slot& RequestFigures::slot(const core::Operation* operation) {
  const auto found = by_operation_.find(operation);
  return found == by_operation_.end() ? slots_.front() : *found->second;
}

void RequestFigures::note(const core::Operation* operation, int status,
                          std::chrono::microseconds took) {
  Slot& of = slot(operation);
  of.by_code[place_of(status)].add();
  of.times.observe(took.count());
}

void RequestFigures::note_refused(int status) { slots_.front().by_code[place_of(status)].add(); }

std::vector<RequestFigures::OfOperation> RequestFigures::by_operation() const {
  std::vector<OfOperation> all;
  for (const Slot& slot : slots_) {
    OfOperation of{.name = slot.name, .times = slot.times.state()};
    uint64_t total = 0;
    for (size_t i = 0; i < of.by_code.size(); ++i) total += of.by_code[i] = slot.by_code[i].value();
    if (total > 0) all.push_back(of);
  }
  return all;
}

}  // namespace esclusa::api
