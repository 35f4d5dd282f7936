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

void run_shell(const std::string& directory, const std::string& script) {
  output_of("cd '" + directory + "' && bash -ec '" + script + "'");
}

std::string outside_attributes(const std::string& root, OutsideTimes times) {
  const std::string time = times == OutsideTimes::kShow ? " %T@" : "";
  const std::string find = "export LC_ALL=C; cd '" + root + "' && find . -path ./.cowstore -prune -o ";
  // The number of names of a directory is the file system's own affair, and so is where it keeps them.
  std::string entries = output_of(find + "-type d -printf '%p %y %#m %U:%G" + time +
                                  "\\n' -o -printf '%p %y %#m %U:%G %n %l" + time + "\\n' | sort");
  std::string devices = output_of(find + "\\( -type c -o -type b \\) -exec stat -c '%n %t:%T' {} + | sort");
  std::string xattrs = output_of(find + "-print0 | sort -z | xargs -0 getfattr -h -d -m - -e hex --absolute-names");
  std::string acls = output_of(find + "! -type l -print0 | sort -z | xargs -0 getfacl -n -p -s");
  std::string links = output_of(find +
                                "! -type d -links +1 -printf '%i %p\\n' | sort -k2 | "
                                "awk '{group[$1] = group[$1] \" \" $2} END {for (i in group) print group[i]}' | sort");
  return entries + devices + xattrs + acls + links;
}

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
