#pragma once
#include <string>

#include "api/call.h"
#include "core/page.h"

namespace esclusa::api {

/// `page` and `per_page`, clamped to what is allowed; what is no positive number counts as absent.
core::Page parse_page(const Call& call);
/// Whether the request names one of the two. Some lists have pages only then.
bool asks_for_page(const Call& call);

/// Whether a list was counted to its end; if not, more rows follow than were counted.
enum class Total { exact, at_least };

/// The `Link` header as GitHub orders it (prev, next, last, first); empty for a single page.
/// `Total::at_least` leaves the last page out, as nobody has counted so far.
/// Links go through `/repositories/{id}/…`, and keep the other query parameters.
std::string link_header(const Call& call, const core::Page& page, int64_t total_count,
                        Total total = Total::exact);

/// The answer with the `Link` of its page.
http::Response with_link(http::Response response, const Call& call, const core::Page& page,
                         int64_t total_count, Total total = Total::exact);

/// The answer with the `Link` of a list that goes by cursors: GitHub's has no first and no last.
http::Response with_cursors(http::Response response, const Call& call,
                            const std::optional<std::string>& previous,
                            const std::optional<std::string>& next);

/// A JSON array of one page, with its `Link`.
template <class T, class Write>
http::Response list_response(const Call& call, const core::Page& page,
                             const core::Listing<T>& listing, Write write) {
  wire::JsonWriter json;
  json.begin_array();
  for (const T& item : listing.items) write(json, item);
  json.end_array();
  return with_link(json_response(200, std::move(json)), call, page, listing.total_count);
}

}  // namespace esclusa::api
