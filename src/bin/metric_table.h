#pragma once
#include <prometheus/metric_family.h>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/figures.h"

/// The figures that Prometheus reads, as one table: decision 0039.
namespace esclusa {

/// A figure: its name, its labels, and how many series it may have at most, whatever clients do.
struct MetricRow {
  std::string_view name;
  prometheus::MetricType type;
  std::vector<std::string_view> labels;
  size_t series_max;
  std::string_view help;
};
/// All figures, in the order in which they are written.
std::span<const MetricRow> metric_table();

/// Collects series, each by the name of its row in the table.
class Families {
 public:
  using Labels = std::vector<std::string>;  ///< their values, in the order of the row

  Families();
  /// The value of a counter or a gauge. A series beyond the row's most is left out.
  void add(std::string_view name, const Labels& labels, double value);
  /// `unit` is that of what was observed: 1e-6 for microseconds.
  void add(std::string_view name, const Labels& labels, const HistogramState& state, double unit);
  /// Those that have series.
  std::vector<prometheus::MetricFamily> take();

 private:
  prometheus::ClientMetric* make(std::string_view name, const Labels& labels);

  std::vector<prometheus::MetricFamily> families_;  ///< one for each row
};

}  // namespace esclusa
