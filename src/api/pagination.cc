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

/// The query as it was sent, with a parameter replaced in its place or put at the end.
std::string query_with(std::string_view query, std::string_view name, const std::string& value) {
  const std::string parameter = std::string(name) + "=" + value;
  std::vector<std::string> parts;
  bool replaced = false;
  for (std::string_view part : split(query, '&')) {
    if (part.empty()) continue;
    const bool is_it = part.substr(0, part.find('=')) == name;
    if (is_it && replaced) continue;
    replaced = replaced || is_it;
    // Sent raw, `>` would end the link; what clients encode already stays as it is.
    parts.push_back(is_it ? parameter : percent_encode(part, "%!$'()*+,;=:@/?[]"));
  }
  if (!replaced) parts.push_back(parameter);
  return join(parts, "&");
}

/// One link of the header: this list with that parameter.
std::string link_to(const Call& call, std::string_view name, const std::string& value,
                    std::string_view relation) {
  return "<" + address_by_id(call, call.repository().id) + "?" +
         query_with(call.request.query(), name, value) + ">; rel=\"" + std::string(relation) + "\"";
}

}  // namespace

std::string link_header(const Call& call, const core::Page& page, int64_t total_count,
                        Total total) {
  const int64_t last = std::max<int64_t>(1, (total_count + page.size - 1) / page.size);
  std::vector<std::string> links;
  auto add = [&](int64_t number, const char* relation) {
    links.push_back(link_to(call, "page", std::to_string(number), relation));
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
                         int64_t total_count, Total total) {
  std::string link = link_header(call, page, total_count, total);
  if (!link.empty()) response.headers.add("Link", std::move(link));
  return response;
}

http::Response with_cursors(http::Response response, const Call& call,
                            const std::optional<std::string>& previous,
                            const std::optional<std::string>& next) {
  std::vector<std::string> links;
  if (previous) links.push_back(link_to(call, "cursor", *previous, "prev"));
  if (next) links.push_back(link_to(call, "cursor", *next, "next"));
  if (!links.empty()) response.headers.add("Link", join(links, ", "));
  return response;
}

}  // namespace esclusa::api
