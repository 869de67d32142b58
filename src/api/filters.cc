#include "api/filters.h"

namespace esclusa::api {

Result<std::optional<Timestamp>> time_filter(const Call& call, const std::string& name) {
  const std::string text = call.query_value(name);
  if (text.empty()) return std::nullopt;
  if (auto time = parse_time(text)) return time;
  return fail_request("\"" + name + "\" is no time in ISO 8601 format.");
}

}  // namespace esclusa::api
