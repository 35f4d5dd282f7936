#include "changes/compare.hpp"

#include "changes/comparison.hpp"

namespace cowstore::changes {

Result<std::vector<Change>> compare(Scan& scan, const object::TreeRoots& version, const CompareTools& tools,
                                    const CompareOptions& options) {
  return Comparison(scan, tools, options).run(version);
}

}  // namespace cowstore::changes
