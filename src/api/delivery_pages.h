#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "api/call.h"
#include "api/pagination.h"
#include "base/text.h"
#include "wire/list.h"

/// What the two lists of a webhook's deliveries share: cursors and pages.
namespace esclusa::api {

/// The form of GitHub's cursors: a version, and the id of the first delivery of the page.
inline constexpr std::string_view cursor_prefix = "v1_";

inline std::unexpected<Error> delivery_query_error(std::string field, std::string message,
                                                   std::string reason) {
  return fail_validation({"Hook", std::move(field), "custom", std::move(message)},
                         std::move(reason));
}

/// Refuses a malformed cursor: starting again at the first page would make a client loop forever.
template <class AnyId>
Result<std::optional<AnyId>> parse_cursor(const Call& call) {
  const std::string cursor = call.query_value("cursor");
  if (cursor.empty()) return std::nullopt;
  std::optional<int64_t> id;
  if (cursor.starts_with(cursor_prefix)) id = leading_number(cursor.substr(cursor_prefix.size()));
  if (id.value_or(0) == 0)
    return delivery_query_error("cursor", "cursor is invalid", "invalid_cursor");
  return AnyId{*id};
}

/// The JSON array of a page, with links to the previous and the next page.
template <class Page, class Write>
http::Response page_response(const Call& call, const Page& page, Write write) {
  auto cursor_of = [](const auto& id) -> std::optional<std::string> {
    if (!id) return std::nullopt;
    return std::string(cursor_prefix) + std::to_string(id->value);
  };
  JsonWriter json;
  wire::write_list(json, page.items, write);
  return with_cursors(json_response(200, std::move(json)), call, cursor_of(page.previous),
                      cursor_of(page.next));
}

}  // namespace esclusa::api
