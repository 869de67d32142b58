#include "api/pagination.h"

#include <algorithm>
#include <vector>

#include "api/redirect.h"
#include "base/limits.h"
#include "base/text.h"

namespace esclusa::api {

core::Page parse_page(const Call& call) {
  constexpr int64_t last_page = 100'000'000;  // keeps the offset far from overflowing
  core::Page page;
  if (auto size = parse_positive(call.query_value("per_page"))) {
    page.size = static_cast<int>(std::min<int64_t>(*size, limits::page_max));
  }
  if (auto number = parse_positive(call.query_value("page"))) {
    page.number = static_cast<int>(std::min(*number, last_page));
  }
  return page;
}

namespace {

/// The query as it was sent, with `page` replaced in its place or put at the end.
std::string query_for_page(std::string_view query, int64_t number) {
  const std::string page = "page=" + std::to_string(number);
  std::vector<std::string> parts;
  bool replaced = false;
  for (std::string_view part : split(query, '&')) {
    if (part.empty()) continue;
    bool is_page = part == "page" || part.starts_with("page=");
    if (is_page && replaced) continue;
    replaced = replaced || is_page;
    // Sent raw, `>` would end the link; what clients encode already stays as it is.
    parts.push_back(is_page ? page : percent_encode(part, "%!$'()*+,;=:@/?[]"));
  }
  if (!replaced) parts.push_back(page);
  return join(parts, "&");
}

}  // namespace

std::string link_header(const Call& call, const core::Page& page, int64_t total_count,
                        Total total) {
  const int64_t last = std::max<int64_t>(1, (total_count + page.size - 1) / page.size);
  const std::string base = address_by_id(call, call.repository().id) + "?";
  std::vector<std::string> links;
  auto add = [&](int64_t number, const char* relation) {
    links.push_back("<" + base + query_for_page(call.request.query(), number) + ">; rel=\"" +
                    relation + "\"");
  };
  if (page.number > 1) add(std::min<int64_t>(page.number - 1, last), "prev");
  if (page.number < last) {
    add(page.number + 1, "next");
    if (total == Total::exact) add(last, "last");
  }
  if (page.number > 1) add(1, "first");
  return join(links, ", ");
}

http::Response with_link(http::Response response, const Call& call, const core::Page& page,
                         int64_t total_count) {
  std::string link = link_header(call, page, total_count);
  if (!link.empty()) response.headers.add("Link", std::move(link));
  return response;
}

}  // namespace esclusa::api
