#pragma once
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/json_writer.h"

namespace esclusa::wire {

/// GitHub's `basic-error` or `validation-error`, with our `reason_code`.
void write_error(JsonWriter& json, const Error& error, int status,
                 const std::string& documentation_url);

/// The body of a redirect.
void write_redirect(JsonWriter& json, std::string_view message, const std::string& url,
                    std::string_view documentation_url);

/// GitHub's `errors` member: objects for fields, or texts. Writes nothing if the error has neither.
void write_error_fields(JsonWriter& json, const Error& error);

}  // namespace esclusa::wire
