#pragma once
#include <sys/types.h>

#include <string>

namespace esclusa {

/// The name of a system user; `uid:1234` if it has none, or if the system cannot tell. It may ask
/// another host, where the system's users are kept there.
std::string system_user_name(uid_t user);

}  // namespace esclusa
