#pragma once
#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "base/limits.h"

namespace esclusa::core {

/// A page of a list: `number` from 1, `size` rows per page.
struct Page {
  int number = 1;
  int size = limits::page_default;
  int64_t offset() const { return int64_t{number - 1} * size; }
  /// The rows of this page of a complete list.
  template <class T>
  std::span<const T> cut(const std::vector<T>& all) const {
    const size_t begin = std::min(static_cast<size_t>(offset()), all.size());
    const size_t count = std::min(static_cast<size_t>(size), all.size() - begin);
    return std::span(all).subspan(begin, count);
  }
};

/// One page, and the number of rows of the whole list.
template <class T>
struct Listing {
  std::vector<T> items;
  int64_t total_count = 0;
};

}  // namespace esclusa::core
