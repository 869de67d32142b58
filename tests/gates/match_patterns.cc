// For tests/gates/patterns.py: whether names match patterns.
//
// Reads PATTERN NUL NAME NUL repeatedly, and prints one character for each pair: 1 or 0.

#include <iostream>
#include <string>

#include "core/ref_pattern.h"

int main() {
  std::string pattern, name;
  while (std::getline(std::cin, pattern, '\0') && std::getline(std::cin, name, '\0')) {
    const esclusa::core::RefName ref(name);
    std::cout << (esclusa::core::RefPattern(pattern).matches(ref) ? '1' : '0');
  }
}
