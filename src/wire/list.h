#pragma once
#include <cstdint>
#include <string_view>

#include "base/json_writer.h"

namespace esclusa::wire {

/// An array; `write(json, item)` writes each item.
template <class Items, class Write>
void write_list(JsonWriter& json, const Items& items, Write write) {
  json.begin_array();
  for (const auto& item : items) write(json, item);
  json.end_array();
}

/// GitHub's list with a count: `{"total_count": 2, NAME: […]}`.
template <class Items, class Write>
void write_counted_list(JsonWriter& json, int64_t total_count, std::string_view name,
                        const Items& items, Write write) {
  json.begin_object().member("total_count", total_count).key(name);
  write_list(json, items, write);
  json.end_object();
}

/// GitHub's results of a search: `{"total_count": 2, "incomplete_results": false, "items": […]}`.
template <class Items, class Write>
void write_search_results(JsonWriter& json, int64_t total_count, bool is_incomplete,
                          const Items& items, Write write) {
  json.begin_object()
      .member("total_count", total_count)
      .member("incomplete_results", is_incomplete)
      .key("items");
  write_list(json, items, write);
  json.end_object();
}

/// An array of strings.
template <class Texts>
void write_texts(JsonWriter& json, const Texts& texts) {
  write_list(json, texts, [](JsonWriter& to, const auto& text) { to.value(text); });
}

}  // namespace esclusa::wire
