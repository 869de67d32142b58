#pragma once
#include <cstdio>
#include <string>

#include "simulate/simulation.h"

namespace esclusa::simulate {

template <class... Parts>
void Simulation::trace(const Parts&... parts) const {
  if (!traces_) return;
  std::string line = current_ != nullptr ? "    #" + std::to_string(current_->number) + " " : "";
  ((line += parts), ...);
  std::puts(line.c_str());
  std::fflush(stdout);
}

inline const char* name_of(Phase phase) {
  return phase == Phase::held ? "held" : phase == Phase::released ? "released" : "ended";
}

}  // namespace esclusa::simulate
