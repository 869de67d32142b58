#include "wire/rate_limit.h"

namespace esclusa::wire {
namespace {

void write_quota(JsonWriter& json, const core::Quota& quota) {
  json.begin_object()
      .member("limit", quota.limit)
      .member("used", quota.used)
      .member("remaining", quota.remaining())
      .member("reset", quota.reset_seconds())
      .end_object();
}

}  // namespace

void write_rate_limit(JsonWriter& json, const core::Quota& quota, ApiVersion version) {
  json.begin_object().key("resources").begin_object();
  // Clients rely on all of these.
  for (const char* resource : {"core", "search", "graphql", "integration_manifest"}) {
    json.key(resource);
    write_quota(json, quota);
  }
  json.end_object();
  if (version == ApiVersion::of_2022_11_28) {
    json.key("rate");
    write_quota(json, quota);
  }
  json.end_object();
}

}  // namespace esclusa::wire
