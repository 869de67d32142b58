#pragma once
#include <string>

#include "api/call.h"
#include "core/page.h"
#include "wire/list.h"

namespace esclusa::api {

/// `page` and `per_page`, clamped to what is allowed; anything but a positive number counts as
/// absent.
core::Page parse_page(const Call& call);
/// The same for a list whose pages have other sizes.
core::Page parse_page(const Call& call, int size_default, int size_max);
/// Whether the request has one of the two parameters. Some lists have pages only then.
bool asks_for_page(const Call& call);

/// Whether the total of a list is exact, or counting stopped early because there are too many rows.
enum class Total { exact, at_least };

/// The `Link` header in GitHub's order (prev, next, last, first); empty for a single page.
/// `Total::at_least` leaves out the last page, because its number is not known. Links go through
/// `/repositories/{id}/…`, and keep the other query parameters.
std::string link_header(const Call& call, const core::Page& page, int64_t total_count,
                        Total total = Total::exact);

/// The answer with the `Link` header of its page.
http::Response with_link(http::Response response, const Call& call, const core::Page& page,
                         int64_t total_count, Total total = Total::exact);

/// The answer with the `Link` header of a list with cursors. As on GitHub, there is no first and no
/// last.
http::Response with_cursors(http::Response response, const Call& call,
                            const std::optional<std::string>& previous,
                            const std::optional<std::string>& next);

/// A JSON array of one page, with its `Link`.
template <class T, class Write>
http::Response list_response(const Call& call, const core::Page& page,
                             const core::Listing<T>& listing, Write write) {
  JsonWriter json;
  wire::write_list(json, listing.items, write);
  return with_link(json_response(200, std::move(json)), call, page, listing.total_count);
}

}  // namespace esclusa::api
