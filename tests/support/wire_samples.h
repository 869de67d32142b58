#pragma once
#include <boost/json.hpp>
#include <string>
#include <vector>

#include "base/json.h"
#include "core/repository.h"
#include "wire/urls.h"

/// What the tests of `wire/` write and look at.
namespace esclusa::test {

inline const wire::Urls sample_urls{"http://h/api/v3", "http://h"};

inline core::Repository some_repository() {
  core::Repository repository;
  repository.id = {300};
  repository.owner.id = {1};
  repository.owner.login = "demo";
  repository.name = "shop";
  return repository;
}

/// The names of an object's members, in their order.
inline std::vector<std::string> keys(const Json& json) {
  const auto document = boost::json::parse(json.text());
  std::vector<std::string> names;
  for (const auto& member : document.as_object()) names.emplace_back(member.key());
  return names;
}

/// The message of an error; empty for a value.
template <class T>
std::string message(const Result<T>& result) {
  return result ? "" : result.error().message;
}

}  // namespace esclusa::test
