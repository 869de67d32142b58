#pragma once
#include <array>
#include <chrono>
#include <deque>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "api/routes.h"
#include "base/figures.h"

namespace esclusa::api {

/// What the API has answered since the start, by operation. To count takes no lock. Any thread.
class RequestFigures {
 public:
  /// The status codes that have a count of their own; all others share one.
  static constexpr std::array<int, 27> codes = {200, 201, 202, 204, 206, 301, 302, 304, 307,
                                                400, 401, 403, 404, 405, 406, 408, 409, 410,
                                                413, 414, 415, 422, 429, 431, 500, 502, 503};

  explicit RequestFigures(std::span<const Route> table);
  RequestFigures(const RequestFigures&) = delete;

  /// An answer, and how long it took to make it. `operation` is null where no route has the path,
  /// or the request was refused before anybody looked.
  void note(const core::Operation* operation, int status, std::chrono::microseconds took);
  /// The same, where nothing was made.
  void note_refused(int status);

  struct OfOperation {
    std::string_view name;                             ///< empty: of none
    std::array<uint64_t, codes.size() + 1> by_code{};  ///< the last one is of all other codes
    HistogramState times = {};                         ///< in microseconds
  };
  /// Of those operations that were asked for.
  std::vector<OfOperation> by_operation() const;

  Tally kept_answers;  ///< answers that were kept whole
  Tally rate_limited;  ///< requests refused because their client asks for too much

 private:
  struct Slot {
    std::string_view name;
    std::array<Tally, codes.size() + 1> by_code;
    Histogram times{time_bounds};
  };
  Slot& slot(const core::Operation* operation);

  std::deque<Slot> slots_;  ///< the first is of no operation
  std::unordered_map<const core::Operation*, Slot*> by_operation_;  ///< never changes
};

}  // namespace esclusa::api
