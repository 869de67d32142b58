#pragma once
#include <exception>

/// What is done when the machine gives no more: memory, threads or descriptors.
namespace esclusa {

/// Whether the exception says so. What was asked for may well succeed a moment later.
bool is_exhaustion(const std::exception& exception);

/// From now on, an exception that no thread handles ends the process with a line in the log that
/// says why, for which no memory is needed: with exit code 70 after exhaustion, by SIGABRT after
/// anything else.
void log_last_words();

}  // namespace esclusa
