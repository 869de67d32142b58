#pragma once
#include "base/error.h"
#include "base/json_writer.h"

namespace esclusa::wire {

/// GitHub's `errors` member: objects for fields, or texts. Writes nothing if the error has neither.
void write_error_fields(JsonWriter& json, const Error& error);

}  // namespace esclusa::wire
