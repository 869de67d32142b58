#pragma once
// Exceptions are only for bugs: a malformed file gives an error value.
#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/text.h"

namespace esclusa::agent {

/// Reads one table of a TOML file, and detects keys that no function has read.
class TomlTable {
 public:
  /// `place` begins each message, such as `agent.toml: `.
  TomlTable(const toml::table& table, std::string place)
      : table_(table), place_(std::move(place)) {}

  std::unexpected<Error> error(const std::string& what) const {
    return fail(ErrorCode::invalid, place_ + what, "invalid_configuration");
  }

  Result<std::optional<std::string>> optional_string(const std::string& key) {
    const toml::node* node = take(key);
    if (node == nullptr) return std::nullopt;
    auto text = node->value_exact<std::string>();
    if (!text) return error("`" + key + "` must be text in quotes");
    if (text->empty()) return error("`" + key + "` is empty; leave it out or give it a value");
    if (has_control_characters(*text)) return error("`" + key + "` has control characters in it");
    return text;
  }

  Result<std::string> string_or(const std::string& key, const std::string& fallback) {
    return TRY(optional_string(key)).value_or(fallback);
  }

  Result<bool> boolean_or(const std::string& key, bool fallback) {
    const toml::node* node = take(key);
    if (node == nullptr) return fallback;
    const auto value = node->value_exact<bool>();
    if (!value) return error("`" + key + "` must be true or false, without quotes");
    return *value;
  }

  Result<int64_t> integer_or(const std::string& key, int64_t fallback) {
    const toml::node* node = take(key);
    if (node == nullptr) return fallback;
    const auto value = node->value_exact<int64_t>();
    if (!value) return error("`" + key + "` must be a whole number, without quotes");
    return *value;
  }

  /// `example` is part of the message if the key is missing.
  Result<std::string> required_string(const std::string& key, const std::string& example) {
    auto text = TRY(optional_string(key));
    if (!text) return error("`" + key + "` is missing; add, for example: " + key + " = " + example);
    return *text;
  }

  Result<std::vector<std::string>> required_strings(const std::string& key,
                                                    const std::string& example) {
    const toml::node* node = take(key);
    const std::string advice = "; write, for example: " + key + " = " + example;
    if (node == nullptr) return error("`" + key + "` is missing" + advice);
    const toml::array* array = node->as_array();
    if (array == nullptr || array->empty()) {
      return error("`" + key + "` must be a list of texts, which is not split or read by a shell" +
                   advice);
    }
    std::vector<std::string> texts;
    for (const toml::node& element : *array) {
      auto text = element.value_exact<std::string>();
      if (!text || text->contains('\0')) {
        return error("`" + key + "` must be a list of texts" + advice);
      }
      texts.push_back(std::move(*text));
    }
    if (texts.front().empty()) return error("`" + key + "` begins with an empty text" + advice);
    return texts;
  }

  /// As above; empty if the key is absent.
  Result<std::vector<std::string>> optional_strings(const std::string& key,
                                                    const std::string& example) {
    if (!table_.contains(key)) {
      asked_.insert(key);
      return std::vector<std::string>{};
    }
    return required_strings(key, example);
  }

  /// A list of texts, which may be empty; `nullopt` if the key is absent.
  Result<std::optional<std::vector<std::string>>> optional_list(const std::string& key) {
    const toml::node* node = take(key);
    if (node == nullptr) return std::nullopt;
    const toml::array* array = node->as_array();
    if (array == nullptr) return error("`" + key + "` must be a list of texts, such as [\"A\"]");
    std::vector<std::string> texts;
    for (const toml::node& element : *array) {
      auto text = element.value_exact<std::string>();
      if (!text) return error("`" + key + "` must be a list of texts, such as [\"A\"]");
      texts.push_back(std::move(*text));
    }
    return texts;
  }

  /// The tables of `[[key]]`; empty if the key is absent.
  Result<std::vector<const toml::table*>> tables(const std::string& key) {
    std::vector<const toml::table*> found;
    const toml::node* node = take(key);
    if (node == nullptr) return found;
    const toml::array* array = node->as_array();
    if (array == nullptr) return error("write [[" + key + "]], with two brackets");
    for (const toml::node& element : *array) {
      if (!element.is_table()) return error("write [[" + key + "]], with two brackets");
      found.push_back(element.as_table());
    }
    return found;
  }

  /// Call it after all keys were read: an error if the table has any other key.
  Result<void> check_no_others() const {
    for (const auto& [key, node] : table_) {
      const std::string name(key.str());
      if (asked_.contains(name)) continue;
      std::string known;
      for (const auto& candidate : asked_) known += (known.empty() ? "" : ", ") + candidate;
      return error("unknown key `" + printable(name) + "` in line " +
                   std::to_string(node.source().begin.line) + "; there are: " + known);
    }
    return {};
  }

 private:
  const toml::node* take(const std::string& key) {
    asked_.insert(key);
    return table_.get(key);
  }

  const toml::table& table_;
  std::string place_;
  std::set<std::string> asked_;
};

}  // namespace esclusa::agent
