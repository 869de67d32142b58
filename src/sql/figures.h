#pragma once
#include "base/figures.h"

namespace esclusa::sql {

class Database;

/// What the thread that writes has done since the start.
struct WriterFigures {
  Tally transactions;                       ///< pieces of work that were asked for
  Tally failed_batches;                     ///< of all of their work nothing was kept
  Histogram batch_sizes{size_bounds};       ///< pieces of work in one commit
  Histogram commit_time{time_bounds};       ///< of the commit alone, with its checkpoint
  Histogram queue_time{time_bounds};        ///< of the piece of a batch that waited longest
  Tally checkpoints;                        ///< commits that wrote to the database file
  std::atomic<int64_t> wal_bytes = 0;       ///< size of the write-ahead log after the last commit
  std::atomic<int64_t> database_bytes = 0;  ///< size of the database file
  std::atomic<size_t> waiting = 0;          ///< pieces of work that wait now
};

/// Those of a database that `open_sqlite` has made; null for any other.
const WriterFigures* writer_figures(const Database& database);

}  // namespace esclusa::sql
