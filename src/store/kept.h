#pragma once
#include "sql/kept.h"
#include "store/database.h"

namespace esclusa::store {

using sql::is_of_one_moment;
using sql::Kept;
using sql::kept;
using sql::NotingReader;
using sql::SnapshotMoment;
using sql::Sources;

/// The row that `find` finds, or the copy of it that is kept. Nothing if there is none.
template <class Find, class SourcesOf>
auto kept_row(Reader& db, std::string_view key, Find find, SourcesOf sources_of)
    -> std::invoke_result_t<Find> {
  using Row = typename std::invoke_result_t<Find>::value_type;
  constexpr size_t texts = 512;  // what its strings hold outside of it
  const auto row = kept(db, key, std::move(find), std::move(sources_of),
                        [](const Row&) { return sizeof(Row) + texts; });
  return row ? std::optional(*row) : std::nullopt;
}

}  // namespace esclusa::store
