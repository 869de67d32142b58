#pragma once
#include <list>
#include <map>
#include <string>

#include "base/fair_share.h"

namespace esclusa::http {

class Session;

/// The open connections and the bytes that they buffer, by owner: the network of a client. The
/// connection of a proxy that is believed has the proxy as its owner while it is idle, and the
/// client of its request from the request's head to the end of the answer. When there are too many,
/// this says which connection has to give way (base/fair_share.h). Of the I/O thread alone.
class Connections {
  using List = std::list<Session*>;
  struct Own {
    List idle;  ///< the one that has been idle for longest first
    List busy;  ///< the one that became busy last at the end
  };

 public:
  /// What it remembers of a session, which owns it.
  class Entry {
   public:
    Entry(Session& session, std::string owner, bool is_counted)
        : session_(session), owner_(std::move(owner)), is_counted_(is_counted) {}
    Entry(const Entry&) = delete;
    const std::string& owner() const { return owner_; }
    size_t buffered() const { return buffered_; }

   private:
    friend class Connections;
    Session& session_;
    std::string owner_;
    const bool is_counted_;  ///< local sockets have no limit
    bool is_idle_ = false;
    size_t buffered_ = 0;
    List::iterator place_ = {}, own_place_ = {};
    std::map<std::string, Own>::iterator own_ = {};
  };

  Connections(size_t capacity, size_t buffer_bytes) : count_(capacity), bytes_(buffer_bytes) {}

  void add(Entry& entry);  ///< as idle
  void remove(Entry& entry);
  void set_idle(Entry& entry, bool is_idle);
  void set_buffered(Entry& entry, size_t bytes);
  /// Counts the connection, and what it buffers, for another owner from now on.
  void set_owner(Entry& entry, const std::string& owner);

  bool has_room() const { return count_.has_room(); }
  bool has_room_for_bytes() const { return bytes_.has_room(0); }
  /// The connection that has to close so that `owner` may open one: the one that has been idle for
  /// longest, of the owner with the most, or else of all; or else the newest busy one of the owner
  /// with the most. Null if `owner` itself has the most, and none is idle.
  Session* who_closes_for(const std::string& owner);
  /// The newest connection with buffered bytes of the owner who buffers the most. `owner` is who
  /// asked for more. Null if there is none.
  Session* who_frees_for(const std::string& owner);

 private:
  FairShare<std::string> count_;
  FairShare<std::string> bytes_;
  std::map<std::string, Own> own_;
  List idle_;  ///< of all owners, the one that has been idle for longest first
  List busy_;
};

}  // namespace esclusa::http
