#include "cli/decorations.hpp"

#include "cli/human.hpp"

namespace cowstore::cli {

Result<Decorations> decorations_in(Repository& repository) {
  auto branches = repository.branches();
  if (!branches) return branches.error();
  auto tags = repository.tags();
  if (!tags) return tags.error();
  Decorations names;
  for (const RefInfo& branch : *branches) {
    std::string name = printable_lines(branch.name);
    auto& there = names[branch.commit];
    there.insert(branch.current ? there.begin() : there.end(), branch.current ? "@ -> " + name : name);
  }
  for (const RefInfo& tag : *tags) names[tag.commit].push_back("tag: " + printable_lines(tag.name));
  return names;
}

}  // namespace cowstore::cli
