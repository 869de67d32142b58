#pragma once
#include <filesystem>

#include "base/error.h"
#include "http/long_answers.h"
#include "http/message.h"

namespace esclusa::agent {

/// Answers a GET with a file as plain text: all of it, or the part that `Range` asks for, with an
/// `ETag` of the file's size and time. What does not fit `limits::stream_buffer_bytes` is read
/// while the client takes it. What is appended meanwhile is not part of the answer. `not_found` if
/// there is no such file; `unavailable` if it cannot be read, or too many are being read. Any
/// thread.
Result<http::Response> serve_file(const std::filesystem::path& file, const http::Request& request,
                                  http::LongAnswers& answers);

}  // namespace esclusa::agent
