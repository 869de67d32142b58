#pragma once
#include "base/json_writer.h"
#include "wire/urls.h"

/// What the API says of itself.
namespace esclusa::wire {

/// GitHub's `root`: the index of the API.
void write_root(JsonWriter& json, const Urls& urls);
/// GitHub's `api-overview`.
void write_meta(JsonWriter& json);
/// GitHub's `feed`: the addresses of Atom feeds, which are pages and not of the API.
void write_feeds(JsonWriter& json, const Urls& urls);
/// The API versions, the oldest first.
void write_api_versions(JsonWriter& json);

}  // namespace esclusa::wire
