#pragma once
#include <cstdint>

namespace esclusa::log {

/// How many lines of the log were dropped since the start, because nobody read them in time or
/// there was no memory for them. Any thread.
uint64_t dropped_count();

}  // namespace esclusa::log
