#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/ids.h"
#include "base/text.h"
#include "base/time.h"
#include "core/actor.h"
#include "core/enum_names.h"
#include "sql/connection.h"

/// Converts between domain types and column values.
namespace esclusa::store {

/// An unknown name is a bug or a corrupt row; it never becomes a default.
template <class Enum>
Enum read_enum(const sql::Row& row, int column) {
  auto value = core::from_name<Enum>(row.text(column));
  ENSURE(value.has_value());
  return *value;
}

template <class AnyId>
std::optional<AnyId> read_optional_id(const sql::Row& row, int column) {
  auto value = row.optional_integer(column);
  return value ? std::optional(AnyId{*value}) : std::nullopt;
}

/// A list that is stored as one text; the empty text is the empty list.
inline std::vector<std::string> read_list(const sql::Row& row, int column, char separator) {
  std::vector<std::string> list;
  const std::string_view text = row.text(column);
  if (text.empty()) return list;
  for (const std::string_view part : split(text, separator)) list.emplace_back(part);
  return list;
}

inline core::Permissions read_permissions(const sql::Row& row, int column) {
  auto permissions = core::Permissions::parse(row.text(column));
  ENSURE(permissions.has_value());
  return *std::move(permissions);
}

inline std::optional<Timestamp> read_optional_time(const sql::Row& row, int column) {
  auto value = row.optional_integer(column);
  return value ? std::optional(from_micros(*value)) : std::nullopt;
}

template <class Tag>
std::optional<int64_t> id_value(const std::optional<Id<Tag>>& id) {
  return id ? std::optional(id->value) : std::nullopt;
}

/// The account that acts, of an app its bot; NULL where none does.
inline std::optional<int64_t> account_value(const core::Actor& actor) {
  if (actor.app() != nullptr) return actor.app()->bot.id.value;
  return actor.account() != nullptr ? std::optional(actor.account()->id.value) : std::nullopt;
}

/// The token that the actor uses; NULL without one.
inline std::optional<int64_t> token_value(const core::Actor& actor) {
  return actor.token() != nullptr ? std::optional(actor.token()->id.value) : std::nullopt;
}

/// The token of an agent that the actor uses; NULL without one.
inline std::optional<int64_t> agent_token_value(const core::Actor& actor) {
  return actor.agent() != nullptr ? std::optional(actor.agent()->token.id.value) : std::nullopt;
}

inline std::optional<int64_t> time_value(const std::optional<Timestamp>& time) {
  return time ? std::optional(to_micros(*time)) : std::nullopt;
}

}  // namespace esclusa::store
