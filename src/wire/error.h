#pragma once
#include "base/error.h"
#include "wire/json_writer.h"

namespace esclusa::wire {

/// GitHub's `errors` member: of fields, or of texts. Nothing if the error has neither.
void write_error_fields(JsonWriter& json, const Error& error);

}  // namespace esclusa::wire
