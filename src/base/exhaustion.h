#pragma once
#include <exception>

/// What the program does when memory, threads or descriptors are exhausted.
namespace esclusa {

/// Whether the exception means exhaustion. The same request may succeed a moment later.
bool is_exhaustion(const std::exception& exception);

/// Installs the handler for exceptions that no thread catches. The handler logs the cause, without
/// allocating memory, and ends the process: with exit code 70 after exhaustion, by SIGABRT after
/// anything else.
void log_last_words();

}  // namespace esclusa
