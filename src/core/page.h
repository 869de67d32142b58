#pragma once
#include <cstdint>
#include <vector>

#include "base/limits.h"

namespace esclusa::core {

/// Which part of a list: `number` from 1, `size` rows each.
struct Page {
  int number = 1;
  int size = limits::page_default;
  int64_t offset() const { return int64_t{number - 1} * size; }
};

/// One page, and how many rows there are in all.
template <class T>
struct Listing {
  std::vector<T> items;
  int64_t total_count = 0;
};

}  // namespace esclusa::core
