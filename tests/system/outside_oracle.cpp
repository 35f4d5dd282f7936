#include "system/outside_oracle.hpp"

#include <cstdio>
#include <stdexcept>

namespace cowstore::test {

namespace {

std::string output_of(const std::string& command) {
  FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("can't run " + command);
  std::string output;
  char buffer[65536];
  for (std::size_t got; (got = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) output.append(buffer, got);
  if (::pclose(pipe) != 0) throw std::runtime_error("failed: " + command);
  return output;
}

}  // namespace

std::string outside_listing(const std::string& root) {
  const std::string begin = "set -o pipefail; export LC_ALL=C; cd '" + root + "' && find . -mindepth 1 ";
  const std::string all_but_control = "-path ./.cowstore -prune -o ";
  auto run = [](const std::string& script) { return output_of("bash -c \"" + script + "\""); };
  // The size of a directory or a link is the file system's own affair.
  std::string entries = run(begin + all_but_control +
                            R"(\( -type f -printf '%P %y %#m %s %T@\\0' \) -o \( -type l -printf '%P %y %T@ %l\\0' \))"
                            R"( -o -printf '%P %y %#m %T@\\0' | sort -z)");
  std::string sums = run(begin + all_but_control + "-type f -print0 | sort -z | xargs -0 -r sha256sum -z");
  return entries + sums;
}

}  // namespace cowstore::test
