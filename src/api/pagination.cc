#include "api/pagination.h"

#include <algorithm>
#include <vector>

#include "api/redirect.h"
#include "base/limits.h"
#include "base/text.h"

namespace esclusa::api {

core::Page parse_page(const Call& call) {
  return parse_page(call, limits::page_default, limits::page_max);
}

core::Page parse_page(const Call& call, int size_default, int size_max) {
  constexpr int64_t last_page = 100'000'000;  // far below the number at which the offset overflows
  core::Page page;
  page.size = size_default;
  // 0 counts as absent.
  if (const int64_t size = call.query_number("per_page").value_or(0); size > 0) {
    page.size = static_cast<int>(std::min<int64_t>(size, size_max));
  }
  if (const int64_t number = call.query_number("page").value_or(0); number > 0) {
    page.number = static_cast<int>(std::min(number, last_page));
  }
  return page;
}

bool asks_for_page(const Call& call) {
  return !call.query_value("page").empty() || !call.query_value("per_page").empty();
}

namespace {

/// The query as the client sent it, with one parameter replaced in place or appended.
std::string query_with(std::string_view query, std::string_view name, const std::string& value) {
  const std::string parameter = std::string(name) + "=" + value;
  std::vector<std::string> parts;
  bool replaced = false;
  for (std::string_view part : split(query, '&')) {
    if (part.empty()) continue;
    const bool is_it = part.substr(0, part.find('=')) == name;
    if (is_it && replaced) continue;
    replaced = replaced || is_it;
    // An unencoded `>` would end the link. What the client has encoded stays as it is.
    parts.push_back(is_it ? parameter : percent_encode(part, "%!$'()*+,;=:@/?[]"));
  }
  if (!replaced) parts.push_back(parameter);
  return join(parts, "&");
}

/// The URL of a list: for a list in a repository, by the repository's id, as on GitHub; for any
/// other list, as the client sent it.
std::string address_of(const Call& call) {
  if (call.repository_access) return address_by_id(call, call.repository().id);
  return address_as_sent(call);
}

/// The links of one list: the same URL with different values of one parameter.
class Links {
 public:
  Links(const Call& call, std::string_view parameter)
      : address_(address_of(call)), query_(call.request.query()), parameter_(parameter) {}

  void add(const std::string& value, std::string_view relation) {
    links_.push_back("<" + address_ + "?" + query_with(query_, parameter_, value) + ">; rel=\"" +
                     std::string(relation) + "\"");
  }
  /// The `Link` header; empty if there are no links.
  std::string text() const { return join(links_, ", "); }

 private:
  std::string address_;
  std::string_view query_, parameter_;
  std::vector<std::string> links_;
};

}  // namespace

std::string link_header(const Call& call, const core::Page& page, int64_t total_count,
                        Total total) {
  const int64_t last = std::max<int64_t>(1, (total_count + page.size - 1) / page.size);
  Links links(call, "page");
  auto add = [&](int64_t number, const char* relation) {
    links.add(std::to_string(number), relation);
  };
  if (page.number > 1) add(std::min<int64_t>(page.number - 1, last), "prev");
  if (page.number < last) {
    add(page.number + 1, "next");
    if (total == Total::exact) add(last, "last");
  }
  if (page.number > 1) add(1, "first");
  return links.text();
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
  Links links(call, "cursor");
  if (previous) links.add(*previous, "prev");
  if (next) links.add(*next, "next");
  if (std::string text = links.text(); !text.empty()) response.headers.add("Link", text);
  return response;
}

}  // namespace esclusa::api
