#pragma once
#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace esclusa::http {

struct Header {
  std::string name;
  std::string value;
};

/// Header fields in order; names are compared case-insensitively.
class Headers {
 public:
  Headers() = default;
  Headers(std::initializer_list<Header> fields) : fields_(fields) {}

  void add(std::string_view name, std::string value) {
    fields_.push_back({std::string(name), std::move(value)});
  }
  /// Replaces all fields of that name by one.
  void set(std::string_view name, std::string value);
  /// The first field of that name; nothing if there is none.
  std::optional<std::string_view> find(std::string_view name) const;
  bool has(std::string_view name) const { return find(name).has_value(); }
  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }
  bool empty() const { return fields_.empty(); }
  void clear() { fields_.clear(); }

 private:
  std::vector<Header> fields_;
};

/// The kind of listener that a request came through.
enum class Door {
  network,      ///< a TCP listener, or the unix socket of `listen`
  local_admin,  ///< the administrator's unix socket
  ssh,          ///< the unix socket of OpenSSH's helpers
};

struct Request {
  std::string method;  ///< as sent: methods are case-sensitive
  std::string target;  ///< as sent: path and query, percent-encoded
  Headers headers;
  std::string body;
  /// The client's address, without port: that of the peer, or the one that a trusted proxy names;
  /// "local" on a unix socket.
  std::string peer;
  /// The system user of the process that connected by a unix socket; nothing over the network.
  std::optional<uid_t> system_user = {};
  Door door = Door::network;
  bool secure = false;  ///< it came over TLS to this server, or to a trusted proxy

  /// The target before the `?`.
  std::string_view path() const;
  /// The target after the `?`; empty if there is none.
  std::string_view query() const;
};

class BodyStream;

/// A text that others keep, too.
using SharedText = std::shared_ptr<const std::string>;

struct Response {
  int status = 200;
  Headers headers = {};
  std::string body = {};
  std::shared_ptr<BodyStream> stream = {};  ///< sent in pieces after `body`; then without `parts`
  std::vector<SharedText> parts = {};       ///< sent after `body`
  SharedText more_headers =
      {};  ///< fields after `headers`, each as CRLF, name, colon, blank, value

  size_t body_size() const;
  /// The body, if it is one text that others keep, too; otherwise null.
  SharedText whole_body() const;
  void clear_body();
  /// Makes one text of `body` and `parts`, and one list of all header fields.
  void join();
};

/// One decoded query or form parameter.
struct Parameter {
  std::string name;
  std::string value;
};

/// Whether a host, with an optional port, is safe in a link: letters, digits and `-._:[]` only.
bool is_plain_host(std::string_view host);

struct Query {
  std::vector<Parameter> parameters = {};  ///< in the order of the text
  bool is_whole = true;                    ///< no pair was left out
};
/// Decodes `a=1&b=x%20y`; `+` is a blank. Pairs that do not decode to valid UTF-8, or whose value
/// has a NUL, are left out.
Query parse_query(std::string_view text);
/// The last value of that name, as is usual for web servers; nothing if the name is absent.
std::optional<std::string> find_parameter(const Query& query, std::string_view name);

}  // namespace esclusa::http
