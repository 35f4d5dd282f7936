// Branches, tags, and the operation log.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cowstore/checkout.hpp"
#include "cowstore/operation.hpp"
#include "cowstore/repository.hpp"
#include "cowstore/result.hpp"
#include "repo/session.hpp"

namespace cowstore::repo {

Result<std::vector<RefInfo>> branches(Session& session);
Result<std::vector<RefInfo>> tags(Session& session);
Result<RefInfo> create_branch(Session& session, const std::string& name, const std::string& revision,
                              Overwrite overwrite);
Result<RefInfo> create_tag(Session& session, const std::string& name, const std::string& revision, Overwrite overwrite);
Result<RefInfo> delete_branch(Session& session, const std::string& name, Overwrite overwrite);
Result<RefInfo> delete_tag(Session& session, const std::string& name);
Result<std::vector<OperationInfo>> operations(Session& session, std::uint64_t limit);
Result<OperationInfo> restore_operation(Session& session, const std::string& operation);

}  // namespace cowstore::repo
