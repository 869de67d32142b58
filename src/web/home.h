#pragma once
#include <string>

#include "http/message.h"

namespace esclusa::web {

/// The page at `/`: it says what Esclusa is and what to do next. `url` is the server's own address.
http::Response home_page(const std::string& url, const std::string& version);

}  // namespace esclusa::web
