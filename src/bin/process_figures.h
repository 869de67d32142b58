#pragma once
#include "bin/metric_table.h"

namespace esclusa {

/// What the system says of this process, under the names that Prometheus's own libraries use.
void collect_process(Families& families);

}  // namespace esclusa
