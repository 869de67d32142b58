#pragma once
#include <atomic>
#include <cstddef>
#include <filesystem>

namespace esclusa::agent {

/// Ends the processes of a run whose agent was killed, and returns their number: SIGTERM first,
/// then SIGKILL for those that remain; SIGKILL at once if `hurry` is true. They are recognised by
/// ESCLUSA_EVENT_FILE in their environment, which names a file of one run only; only processes of
/// this user are examined.
size_t end_leftovers(const std::filesystem::path& event_file, const std::atomic<bool>& hurry);

}  // namespace esclusa::agent
