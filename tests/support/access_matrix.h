#pragma once
#include <algorithm>
#include <optional>
#include <span>
#include <vector>

#include "support/access_rules_elsewhere.h"
#include "support/access_world.h"

namespace esclusa::test {

/// Sends a request for every cell of `rules::`, which would succeed if it were admitted, and
/// compares the answer. Collects wrong answers by route, and prints nothing.
class AccessMatrix {
 public:
  AccessMatrix(AccessWorld& world, std::span<const api::Route> table = api::routes())
      : world_(world), api_(world.undoing(), world.settings(), table) {}

  /// Route × account × scopes × public or private. `by_turns` tries each of these once, and
  /// alternates the forms of sending the token and the addresses of a repository, so that each
  /// account meets each form on each route. `all` tries every form, which takes nine times as long.
  enum class Ways { by_turns, all };
  void ask_with_tokens(Ways ways = Ways::by_turns) {
    for (const auto& route : rules::repository_routes) {
      for (const auto& subject : rules::subjects) {
        for (std::string_view scopes : rules::scope_sets) {
          for (const bool is_private : {false, true}) {
            for (size_t i = 0; i < (ways == Ways::all ? std::size(rules::good_ways) : 1); ++i) {
              const auto& way = take_turn(rules::good_ways);
              ask({.route = route,
                   .owner = subject.owner,
                   .is_private = is_private,
                   .address = next_address(),
                   .authorization = world_.header(way, world_.token(subject.login, scopes)),
                   .who = describe(subject, scopes, way)},
                  judge(route, subject.standing, scopes, is_private));
            }
          }
        }
      }
    }
  }

  /// Requests without a token, and with a token in the address.
  void ask_without_tokens() {
    for_each_place([&](Cell cell) {
      const Verdict verdict = judge(cell.route, Standing::nobody, "", cell.is_private);
      cell.who = "nobody";
      ask(cell, verdict);
      const std::string_view query = take_turn(rules::queries);
      cell.query = fill(query, {{"token", world_.token("ada", "repo")}});
      cell.who = "nobody, ?" + std::string(query);
      ask(cell, verdict);
    });
  }

  /// Requests with invalid credentials, which must be refused even where everybody is admitted.
  void ask_with_bad_credentials() {
    for (const auto& way : rules::bad_ways) {
      for (const auto& route : rules::repository_routes) {
        for (const bool is_private : {false, true}) {
          ask({.route = route,
               .owner = "ada",
               .is_private = is_private,
               .address = next_address(),
               .authorization = world_.header(way, world_.token("ada", "repo")),
               .who = describe(way)},
              rules::bad_credentials);
        }
      }
    }
  }

  /// The routes of organizations: each account with each set of scopes, requests without a token,
  /// and invalid credentials; it alternates all addresses of a route.
  void ask_organization_routes() {
    for (const auto& route : rules::organization_routes) {
      for (const auto& subject : rules::organization_subjects) {
        for (std::string_view scopes : rules::scope_sets) {
          const auto& way = take_turn(rules::good_ways);
          ask(route, std::string(subject.organization),
              world_.header(way, world_.token(subject.login, scopes)),
              std::string(subject.name) + ", \"" + std::string(scopes) + "\"",
              judge(route, subject.membership, scopes));
        }
      }
      ask(route, "works", "", "nobody", rules::hidden);
      for (const auto& way : rules::bad_ways) {
        ask(route, "works", world_.header(way, world_.token("chief", "repo")), describe(way),
            rules::bad_credentials);
      }
    }
  }

  /// The routes without a repository, and a path without a route.
  void ask_other_routes() {
    const std::map<std::string, std::string> names = {
        {"login", "ada"},    {"token_id", "1"},         {"owner", "ada"},    {"repo", "public"},
        {"member", "chief"}, {"organization", "works"}, {"username", "ada"}, {"org", "works"},
        {"pattern", "main"}, {"app_slug", "shop"},      {"key_id", "1"},     {"account", "ada"}};
    std::vector<rules::OtherRoute> routes(std::begin(rules::other_routes),
                                          std::end(rules::other_routes));
    routes.push_back({"GET", "/nothing", rules::hidden, rules::hidden});
    for (const auto& route : routes) {
      const std::string name = std::string(route.method) + " " + std::string(route.path);
      for (const char* prefix : {"", "/api/v3"}) {
        auto request = make_request(std::string(route.method), prefix + fill(route.path, names));
        if (!route.query.empty()) request.target += "?" + std::string(route.query);
        request.body = "{}";
        compare(name, "nobody", request, route.to_nobody, false);
        for (const auto& subject : rules::subjects) {
          for (std::string_view scopes : rules::scope_sets) {
            const auto& way = take_turn(rules::good_ways);
            request.headers = {
                {"Authorization", world_.header(way, world_.token(subject.login, scopes))}};
            const bool opens = route.opened_by.empty() || have_one_of(scopes, route.opened_by);
            const bool is_served = !route.for_site_admins || subject.login == "chief";
            const auto& to_account = is_served ? route.to_accounts : rules::not_site_admin;
            compare(name, describe(subject, scopes, way), request,
                    opens ? to_account : rules::scope, false);
          }
        }
        for (const auto& way : rules::bad_ways) {
          request.headers = {{"Authorization", world_.header(way, world_.token("ada", "repo"))}};
          compare(name, describe(way), request, rules::bad_credentials, false);
        }
      }
    }
  }

  size_t cell_count() const { return cell_count_; }
  /// The routes that gave a wrong answer.
  const std::set<std::string>& wrong_routes() const { return wrong_routes_; }
  /// One line for each wrong cell, the first few of each route.
  const std::string& complaints() const { return complaints_; }

 private:
  using Standing = rules::Standing;
  using Verdict = rules::Verdict;
  using Address = AccessWorld::Address;
  static constexpr size_t complaints_kept = 5;  ///< for each route

  /// One request, except for the caller.
  struct Cell {
    const rules::RepositoryRoute& route;
    std::string_view owner;
    bool is_private;
    Address address;
    std::string authorization = {};
    std::string query = {};
    std::string who = {};
  };

  /// The next element of the list, in turns.
  template <class T, size_t size>
  const T& take_turn(const T (&list)[size]) {
    return list[turn_++ % size];
  }
  /// Changes the address after each round of the forms.
  Address next_address() const { return Address(turn_ / std::size(rules::good_ways) % 3); }

  static std::string describe(const rules::Way& way) {
    return std::string(way.scheme) + " " + std::string(way.credentials);
  }
  static std::string describe(const rules::Subject& subject, std::string_view scopes,
                              const rules::Way& way) {
    return std::string(subject.name) + ", \"" + std::string(scopes) + "\", " + describe(way);
  }

  /// Whether one of the token's scopes is in `opened_by`.
  static bool have_one_of(std::string_view scopes, std::string_view opened_by) {
    const auto opening = split(opened_by, ' ');
    return std::ranges::any_of(split(scopes, ' '), [&](std::string_view scope) {
      return std::ranges::find(opening, scope) != opening.end();
    });
  }

  /// The expected verdict, from the hand-written tables.
  static Verdict judge(const rules::OrganizationRoute& route, rules::Membership membership,
                       std::string_view scopes) {
    if (membership == rules::Membership::none || !have_one_of(scopes, route.place.opened_by)) {
      return rules::hidden;
    }
    const Verdict verdict =
        membership == rules::Membership::owner ? rules::open : route.place.to_members;
    return verdict.status == 0 ? Verdict{route.answer, ""} : verdict;
  }
  static Verdict judge(const rules::RepositoryRoute& route, Standing standing,
                       std::string_view scopes, bool is_private) {
    const rules::Opens& opened_by = route.opened_by;
    using enum rules::Fit;
    const rules::Fit fit =
        have_one_of(scopes, is_private ? opened_by.on_private : opened_by.on_public) ? opens
        : !opened_by.seen_by.empty() && have_one_of(scopes, opened_by.seen_by)       ? sees
                                                                                     : none;
    for (const auto& row : rules::judgements) {
      if (row.is_private != is_private || row.demand != route.demand || row.fit != fit) continue;
      const Verdict verdict = row.by_standing[static_cast<int>(standing)];
      return verdict.status == 0 ? Verdict{route.answer, ""} : verdict;
    }
    bug("no judgement is written for this cell");
  }

  template <class Ask>
  void for_each_place(Ask ask_at) {
    for (const auto& route : rules::repository_routes) {
      for (const char* owner : {"ada", "works"}) {
        for (const bool is_private : {false, true}) {
          for (const Address address : {Address::by_name, Address::by_id, Address::below_api_v3}) {
            ask_at(Cell{route, owner, is_private, address});
          }
        }
      }
    }
  }

  static http::Request request_for(const Cell& cell, const AccessWorld::Repository& repository) {
    auto request = AccessWorld::request_for(cell.route, repository, cell.address);
    if (!cell.query.empty()) request.target += "?" + cell.query;
    if (!cell.authorization.empty()) request.headers.add("Authorization", cell.authorization);
    return request;
  }

  void ask(const Cell& cell, const Verdict& expected) {
    const auto& repository = world_.repository(cell.owner, cell.is_private);
    const std::string name = std::string(cell.route.method) + " " + std::string(cell.route.root) +
                             "/repos/{owner}/{repo}" + std::string(cell.route.below);
    const bool writes =
        cell.route.method != "GET" && !cell.route.only_asks && expected.status < 300;
    const auto response = compare(name, cell.who, request_for(cell, repository), expected, writes);
    if (!response || response->status != 404 || expected.status != 404) return;
    // A resource that is hidden must look like one that does not exist.
    auto absent = repository;
    absent.name = "absent";
    absent.id = "4711000";
    const auto other = serve(request_for(cell, absent));
    if (!other || !are_equal(*response, *other)) {
      complain(name, cell.who, "a 404 that differs from that of an absent repository");
    }
  }

  void ask(const rules::OrganizationRoute& route, const std::string& organization,
           const std::string& authorization, const std::string& who, const Verdict& expected) {
    auto names = world_.organization_names(organization);
    const auto addresses = AccessWorld::addresses_of(route);
    const std::string& address = addresses[organization_turn_++ % addresses.size()];
    auto request_of = [&] {
      auto request = make_request(std::string(route.method), fill(address, names));
      request.body = route.body;
      if (!authorization.empty()) request.headers.add("Authorization", authorization);
      return request;
    };
    const std::string name = std::string(route.method) + " " + std::string(route.path);
    const bool writes = route.method != "GET" && expected.status < 300;
    const auto response = compare(name, who, request_of(), expected, writes);
    if (!response || response->status != 404 || expected.status != 404) return;
    names["org"] = "absent";
    names["org_id"] = names["team_id"] = AccessWorld::absent_id;
    const auto other = serve(request_of());
    if (!other || !are_equal(*response, *other)) {
      complain(name, who, "a 404 that differs from that of an absent organization");
    }
  }

  /// Serves the request, and records a complaint if the answer differs.
  std::optional<http::Response> compare(const std::string& route, std::string_view who,
                                        const http::Request& request, const Verdict& expected,
                                        bool writes) {
    ++cell_count_;
    const int kept_before = world_.kept();
    auto response = serve(request);
    const std::string asked = std::string(who) + ", " + request.target;
    if (!response) {
      complain(route, asked, "it threw");
    } else if (response->status != expected.status ||
               (!expected.message.empty() &&
                response->body.find("{\"message\":\"" + std::string(expected.message) + "\"") !=
                    0)) {
      complain(route, asked,
               "expected " + std::to_string(expected.status) + " " + std::string(expected.message) +
                   ", got " + std::to_string(response->status) + " " +
                   response->body.substr(0, 80));
    } else if ((world_.kept() != kept_before) != writes) {
      complain(route, asked, writes ? "nothing was written" : "something was written");
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

  static bool are_equal(const http::Response& one, const http::Response& other) {
    return one.status == other.status && one.body == other.body &&
           std::ranges::equal(one.headers, other.headers, [](const auto& a, const auto& b) {
             return a.name == b.name && (a.value == b.value || a.name == "X-GitHub-Request-Id");
           });
  }

  void complain(const std::string& route, std::string_view who, const std::string& what) {
    wrong_routes_.insert(route);
    if (++complaint_counts_[route] > complaints_kept) return;
    complaints_ += route + ": " + std::string(who) + ": " + what + "\n";
  }

  AccessWorld& world_;
  api::Api api_;
  size_t cell_count_ = 0;
  size_t peer_ = 0;
  size_t turn_ = 0;
  size_t organization_turn_ = 0;
  std::set<std::string> wrong_routes_;
  std::map<std::string, size_t> complaint_counts_;  ///< by route
  std::string complaints_;
};

}  // namespace esclusa::test
