#include "http/connections.h"

#include "http/session.h"

namespace esclusa::http {

void Connections::add(Entry& entry) {
  entry.own_ = own_.try_emplace(entry.owner_).first;
  entry.own_place_ = entry.own_->second.idle.insert(entry.own_->second.idle.end(), &entry.session_);
  entry.place_ = idle_.insert(idle_.end(), &entry.session_);
  entry.is_idle_ = true;
  if (entry.is_counted_) count_.take(entry.owner_);
}

void Connections::remove(Entry& entry) {
  set_buffered(entry, 0);
  Own& own = entry.own_->second;
  (entry.is_idle_ ? own.idle : own.busy).erase(entry.own_place_);
  (entry.is_idle_ ? idle_ : busy_).erase(entry.place_);
  if (own.idle.empty() && own.busy.empty()) own_.erase(entry.own_);
  if (entry.is_counted_) count_.give_back(entry.owner_);
}

void Connections::set_idle(Entry& entry, bool is_idle) {
  Own& own = entry.own_->second;
  List& own_to = is_idle ? own.idle : own.busy;
  own_to.splice(own_to.end(), entry.is_idle_ ? own.idle : own.busy, entry.own_place_);
  List& to = is_idle ? idle_ : busy_;
  to.splice(to.end(), entry.is_idle_ ? idle_ : busy_, entry.place_);
  entry.is_idle_ = is_idle;
}

void Connections::set_buffered(Entry& entry, size_t bytes) {
  if (bytes > entry.buffered_) bytes_.take(entry.owner_, bytes - entry.buffered_);
  if (bytes < entry.buffered_) bytes_.give_back(entry.owner_, entry.buffered_ - bytes);
  entry.buffered_ = bytes;
}

void Connections::set_owner(Entry& entry, const std::string& owner) {
  if (owner == entry.owner_) return;
  const auto own = own_.try_emplace(owner).first;
  Own& from = entry.own_->second;
  List& to = entry.is_idle_ ? own->second.idle : own->second.busy;
  to.splice(to.end(), entry.is_idle_ ? from.idle : from.busy, entry.own_place_);
  if (from.idle.empty() && from.busy.empty()) own_.erase(entry.own_);
  entry.own_ = own;
  if (entry.is_counted_) {
    count_.give_back(entry.owner_);
    count_.take(owner);
  }
  const size_t buffered = entry.buffered_;
  set_buffered(entry, 0);
  entry.owner_ = owner;
  set_buffered(entry, buffered);
}

Session* Connections::who_closes_for(const std::string& owner) {
  const std::string& yields = count_.who_yields(owner);
  const auto own = own_.find(yields);
  if (own != own_.end() && !own->second.idle.empty()) return own->second.idle.front();
  if (!idle_.empty()) return idle_.front();
  return yields == owner || own == own_.end() ? nullptr : own->second.busy.back();
}

Session* Connections::who_frees_for(const std::string& owner) {
  // What `owner` asked for is counted already: it asks for nothing more.
  const auto own = own_.find(bytes_.who_yields(owner, 0));
  if (own == own_.end()) return nullptr;
  for (const List* list : {&own->second.busy, &own->second.idle}) {
    for (auto session = list->rbegin(); session != list->rend(); ++session) {
      if ((*session)->can_free_bytes()) return *session;
    }
  }
  return nullptr;
}

}  // namespace esclusa::http
