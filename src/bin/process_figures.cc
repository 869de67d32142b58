#include "bin/process_figures.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/text.h"

namespace esclusa {
namespace {

/// The fields of /proc/self/stat from the third on, which is the first behind the name.
std::vector<double> stat_fields() {
  std::ifstream file("/proc/self/stat");
  std::string text(std::istreambuf_iterator<char>(file), {});
  text.erase(0, text.rfind(')') + 1);
  std::istringstream words(text);
  std::vector<double> fields;
  std::string word;
  while (words >> word) fields.push_back(std::strtod(word.c_str(), nullptr));
  return fields;
}

/// When the system was started, in seconds since 1970; 0 if it does not say.
double boot_time() {
  std::ifstream file("/proc/stat");
  std::string word;
  double seconds = 0;
  while (file >> word) {
    if (word == "btime" && file >> seconds) return seconds;
  }
  return 0;
}

double count_descriptors() {
  std::error_code ignored;
  const std::filesystem::directory_iterator files("/proc/self/fd", ignored);
  return static_cast<double>(std::distance(begin(files), end(files)));
}

}  // namespace

void collect_process(Families& families) {
  const std::vector<double> fields = stat_fields();
  const auto field = [&](size_t number) {  // as proc(5) counts them
    return number - 3 < fields.size() ? fields[number - 3] : 0;
  };
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  const auto page = static_cast<double>(sysconf(_SC_PAGESIZE));
  families.add("process_cpu_seconds_total", {}, (field(14) + field(15)) / ticks);
  families.add("process_open_fds", {}, count_descriptors());
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    families.add("process_max_fds", {}, static_cast<double>(limit.rlim_cur));
  }
  families.add("process_virtual_memory_bytes", {}, field(23));
  families.add("process_resident_memory_bytes", {}, field(24) * page);
  families.add("process_threads", {}, field(20));
  families.add("process_start_time_seconds", {}, boot_time() + field(22) / ticks);
}

}  // namespace esclusa
