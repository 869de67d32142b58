#pragma once
#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "support/access_rules.h"
#include "support/access_world.h"

namespace esclusa::test {

/// Serves requests, compares each answer with its verdict, and collects the wrong answers by
/// route. What the access matrices have in common.
class JudgedAnswers {
 public:
  size_t cell_count() const { return cell_count_; }
  /// `METHOD /path` of each route with a wrong answer.
  const std::set<std::string>& wrong_routes() const { return wrong_routes_; }
  /// A line for each wrong answer, but only the first few of a route.
  const std::string& complaints() const { return complaints_; }

 protected:
  JudgedAnswers(AccessWorld& world, std::span<const api::Route> table)
      : world_(world), api_(world.undoing(), world.settings(), table) {}

  /// Serves the request, and records a complaint if the answer differs, or if it did not change
  /// rows exactly when `writes` says so (nothing: it may or may not). A refusal writes nothing.
  std::optional<http::Response> compare(const std::string& route, std::string_view who,
                                        const http::Request& request,
                                        const rules::Verdict& expected,
                                        std::optional<bool> writes = {}) {
    if (expected.status >= 300) writes = false;
    ++cell_count_;
    const int kept_before = world_.kept();
    auto response = serve(request);
    const std::string asked = std::string(who) + ", " + request.target;
    if (!response) {
      complain(route, asked, "it threw");
    } else if (response->status != expected.status ||
               (!expected.message.empty() &&
                !response->body.starts_with("{\"message\":\"" + std::string(expected.message) +
                                            "\""))) {
      complain(route, asked,
               "expected " + std::to_string(expected.status) + " " + std::string(expected.message) +
                   ", got " + std::to_string(response->status) + " " +
                   response->body.substr(0, 120));
    } else if (writes && (world_.kept() != kept_before) != *writes) {
      complain(route, asked, *writes ? "nothing was written" : "something was written");
    }
    return response;
  }

  /// `nullopt` if the handler threw, which a wrong route may cause.
  std::optional<http::Response> serve(http::Request request) {
    // Each request has another network: bad credentials are counted by network.
    ++peer_;
    request.peer = "10." + std::to_string(peer_ / 65536 % 256) + "." +
                   std::to_string(peer_ / 256 % 256) + "." + std::to_string(peer_ % 256);
    try {
      return api_.serve(request);
    } catch (const std::exception&) {
      return std::nullopt;
    }
  }

  void complain(const std::string& route, std::string_view who, const std::string& what) {
    wrong_routes_.insert(route);
    if (++complaint_counts_[route] > complaints_kept) return;
    complaints_ += route + ": " + std::string(who) + ": " + what + "\n";
  }

  AccessWorld& world_;
  api::Api api_;

 private:
  static constexpr size_t complaints_kept = 5;  ///< for each route

  size_t cell_count_ = 0;
  size_t peer_ = 0;
  std::set<std::string> wrong_routes_;
  std::map<std::string, size_t> complaint_counts_;  ///< by route
  std::string complaints_;
};

}  // namespace esclusa::test
