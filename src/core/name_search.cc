#include "core/name_search.h"

#include "base/text.h"
#include "core/names.h"

namespace esclusa::core {

NameSearch parse_name_search(std::string_view query) {
  NameSearch search;
  for (const std::string_view part : split(query, ' ')) {
    std::string word = fold_case(trim(part));
    if (word.starts_with("user:")) {
      search.owner = word.substr(5);
    } else if (word.starts_with("org:")) {
      search.owner = word.substr(4);
    } else if (!word.empty() && !word.starts_with("in:")) {
      search.words.push_back(std::move(word));
    }
  }
  return search;
}

}  // namespace esclusa::core
