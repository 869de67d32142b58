#pragma once
#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <unordered_map>

#include "base/check.h"
#include "base/mutex.h"
#include "sql/connection.h"
#include "sql/statement_text.h"
#include "sql/versions.h"

namespace esclusa::sql {

/// The tables and rows from which something was made.
class Sources {
 public:
  Sources() = default;
  explicit Sources(std::span<const Versions::Slot> slots) : slots_(slots.begin(), slots.end()) {}
  Sources& table(std::string_view name) { return add(Versions::of_table(name)); }
  Sources& row(std::string_view table, int64_t id) { return add(Versions::of_row(table, id)); }
  std::span<const Versions::Slot> slots() const { return {slots_.data(), slots_.size()}; }

 private:
  Sources& add(Versions::Slot slot) {
    slots_.push_back(slot);
    return *this;
  }
  boost::container::small_vector<Versions::Slot, 8> slots_;
};

/// What was made from rows, by key (docs/decisions/0031). The bytes are an estimate. There are two
/// halves: when the younger one is full, it becomes the older one, and the former older one goes.
/// What is used again returns to the younger one. Any thread.
class Kept {
 public:
  explicit Kept(size_t bytes_max) : half_max_(bytes_max / 2) {}

  /// Nothing if there is none, if a commit has changed what it was made from, or if it was made
  /// after `at`: so all that one reader finds is of one moment, its own.
  template <class Value>
  std::shared_ptr<const Value> find(std::string_view key, const SnapshotMoment& at) {
    return std::static_pointer_cast<const Value>(find(key, typeid(Value), at));
  }
  template <class Value>
  void keep(std::string_view key, Versions::Moment moment, const Sources& sources,
            std::shared_ptr<const Value> value, size_t bytes) {
    insert(key, {moment, sources, std::move(value), &typeid(Value), bytes + key.size()});
  }

 private:
  struct Entry {
    Versions::Moment moment;
    Sources sources;
    std::shared_ptr<const void> value;
    const std::type_info* type;
    size_t bytes;
  };
  using Half = std::unordered_map<std::string, Entry, TextHash, std::equal_to<>>;

  std::shared_ptr<const void> find(std::string_view key, const std::type_info& type,
                                   const SnapshotMoment& at);
  void insert(std::string_view key, Entry entry);
  void insert_young(std::string key, Entry entry) REQUIRES(mutex_);

  const size_t half_max_;
  Mutex mutex_;
  Half young_ GUARDED_BY(mutex_);
  Half old_ GUARDED_BY(mutex_);
  size_t young_bytes_ GUARDED_BY(mutex_) = 0;
};

/// Tells whoever asks from which tables and rows something was made.
inline void note_sources(const SnapshotMoment& moment, const Sources& sources) {
  if (moment.found_sources == nullptr) return;
  const auto slots = sources.slots();
  moment.found_sources->insert(moment.found_sources->end(), slots.begin(), slots.end());
}

/// What `make` made before, if that is kept and still true; otherwise makes it, and keeps it.
/// `make` returns an optional: nothing is not kept. `sources_of(value)` says from which rows it was
/// made, `bytes_of(value)` its size. `key` begins with a word of its own for each kind of value.
template <class Make, class SourcesOf>
auto kept(Reader& db, std::string_view key, Make make, SourcesOf sources_of, auto bytes_of)
    -> std::shared_ptr<const typename std::invoke_result_t<Make>::value_type> {
  using Value = typename std::invoke_result_t<Make>::value_type;
  const SnapshotMoment moment = db.moment();
  if (moment.kept != nullptr) {
    if (auto found = moment.kept->find<Value>(key, moment)) return found;
  }
  std::optional<Value> made = make();
  if (!made) return nullptr;
  auto value = std::make_shared<const Value>(*std::move(made));
  if (moment.kept != nullptr) {
    const Sources sources = sources_of(*value);
    moment.kept->keep(key, moment.moment, sources, value, bytes_of(*value));
    note_sources(moment, sources);
  }
  return value;
}

/// Reads as another reader does, and notes whether all that was asked for was found kept, and from
/// which tables and rows it was made.
class NotingReader final : public Reader {
 public:
  explicit NotingReader(Reader& rows) : rows_(rows), moment_(rows.moment()) {
    moment_.found_sources = &sources_;
  }
  NotingReader(const NotingReader&) = delete;
  Engine engine() const override { return rows_.engine(); }
  SnapshotMoment moment() const override { return moment_; }
  using Reader::each;
  void each(std::string_view sql, Parameters parameters,
            const std::function<void(const Row&)>& on_row) override {
    has_asked_ = true;
    rows_.each(sql, parameters, on_row);
  }

  /// What all of it was made from; nothing if a row was asked for, or if nothing may be kept.
  std::optional<Sources> sources() const {
    if (has_asked_ || moment_.versions == nullptr) return std::nullopt;
    return Sources(sources_);
  }

 private:
  Reader& rows_;
  SnapshotMoment moment_;
  std::vector<Versions::Slot> sources_;
  bool has_asked_ = false;
};

/// Whether what `db` found kept and what it read are of one moment: no commit has changed these
/// since before its snapshot began.
inline bool is_of_one_moment(const Reader& db, const Sources& sources) {
  const SnapshotMoment moment = db.moment();
  return moment.versions == nullptr ||
         moment.versions->is_unchanged(moment.moment, sources.slots());
}

}  // namespace esclusa::sql
