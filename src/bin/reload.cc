#include "bin/reload.h"

#include <utility>
#include <vector>

#include "base/log.h"
#include "base/text.h"

namespace esclusa {

Reload::Reload(std::filesystem::path file, std::map<std::string, std::string> flags,
               LoadedSettings in_force, Node& node)
    : file_(std::move(file)),
      flags_(std::move(flags)),
      in_force_(std::move(in_force)),
      node_(node) {}

void Reload::run() {
  LoadedSettings next = read_settings(file_, flags_);
  for (const SettingProblem& problem : next.problems) {
    log::error("SIGHUP: a mistake in the settings; all of them stay as they were",
               {{"place", problem.place}, {"error", problem.text}});
  }
  if (!next.problems.empty()) return;
  std::vector<std::string> taken;
  for (const Setting* setting : changed_settings(in_force_, next)) {
    if (setting->is_reloaded) {
      taken.push_back(setting->name);
    } else {
      log::warning("SIGHUP: the new value of a setting counts from the next start on",
                   {{"setting", setting->name}});
    }
  }
  log::set_level(next.settings.log_level);
  node_.reload(next.settings);
  for (size_t row = 0; row < next.values.size(); ++row) {
    if (next.values[row].setting->is_reloaded) {
      in_force_.values[row] = std::move(next.values[row]);
    }
  }
  log::info("SIGHUP: the settings were read again",
            {{"changed", taken.empty() ? "none" : join(taken, ", ")}});
}

}  // namespace esclusa
