#pragma once
#include <functional>
#include <string>
#include <string_view>

#include "http/message.h"

namespace esclusa::http {

/// The proxies that stand between clients and the server: docs/proxies.md.
struct Proxies {
  /// Whether what connects from this address (`local`: through a unix socket) is a proxy that is
  /// believed. Null: nobody is. On the I/O thread.
  std::function<bool(std::string_view address)> trusts = {};
  /// The path below which clients find the server, such as `/deploy`; empty: the root.
  std::string base_path = {};
};

/// Corrects a request of the network of which the head was read, and which still has the peer of
/// its connection. The base path is removed from the target, where the proxy has left it. If the
/// peer is believed, then from its headers (`X-Forwarded-For|Proto|Host`, `Forwarded`):
///
/// * `peer` becomes the client: the chain of addresses is walked from its end, and the first
///   address that is not believed is the client. The walk ends before an entry that is no address:
///   then the client is the last proxy that was found;
/// * `secure` becomes whether the client used https;
/// * `Host` becomes the host that the client used.
///
/// False if a believed proxy says what cannot be: a broken `Forwarded` or host, or different things
/// in `Forwarded` and in `X-Forwarded-…`, one of which then comes from the client. Such a request
/// has to be refused; its `peer` is still that of the connection.
bool apply_proxies(const Proxies& proxies, Request& request);

}  // namespace esclusa::http
