#pragma once
#include <atomic>
#include <cstddef>
#include <filesystem>

namespace esclusa::agent {

/// Ends the processes of a run whose agent was killed, and gives how many there were: SIGTERM,
/// and SIGKILL to those that stay. They are known by ESCLUSA_EVENT_FILE in their environment, a
/// name that belongs to one run alone; only this user's are looked at. SIGKILL comes at once when
/// `hurry` is true.
size_t end_leftovers(const std::filesystem::path& event_file, const std::atomic<bool>& hurry);

}  // namespace esclusa::agent
