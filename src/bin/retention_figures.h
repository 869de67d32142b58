#pragma once
#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <vector>

#include "app/retention.h"

namespace esclusa {

/// `esclusa_pruned_rows_total`, by what was too old: docs/monitoring.md.
class RetentionFigures : public prometheus::Collectable {
 public:
  /// The counters must outlive the object.
  explicit RetentionFigures(const app::RetentionCounters& counters) : counters_(counters) {}
  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  const app::RetentionCounters& counters_;
};

}  // namespace esclusa
