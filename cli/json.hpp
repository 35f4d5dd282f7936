// Every result as one JSON object. docs/cli.md names each field; a test compares the two.
#pragma once

#include <string>
#include <vector>

#include "cli/json_object.hpp"
#include "cowstore/checkout.hpp"
#include "cowstore/clone.hpp"
#include "cowstore/commit.hpp"
#include "cowstore/diff.hpp"
#include "cowstore/entry.hpp"
#include "cowstore/fsck.hpp"
#include "cowstore/operation.hpp"
#include "cowstore/repository.hpp"
#include "cowstore/result.hpp"
#include "cowstore/run.hpp"
#include "cowstore/space.hpp"
#include "cowstore/status.hpp"
#include "cowstore/worktree.hpp"

namespace cowstore::cli {

std::string json_of(const Error& error);
std::string json_of_help(const std::string& help);
std::string json_of_version(const std::string& version);

std::string json_of(const InitReport& report, const InitOptions& options);
std::string json_of(const Status& status, const std::string& working_copy);
std::string json_of(const CommitReport& report);
std::string json_of(const CheckoutReport& report, Execution execution);
std::string json_of(const CloneReport& report);
std::string json_of(const FsckReport& report);
std::string json_of(const RunReport& report);

std::string json_of(const CommitInfo& commit);
/// A commit with what it changed; `changes` are objects made by json_of(EntryChange).
std::string json_of(const CommitInfo& commit, const JsonList& changes);
std::string json_of(const EntryInfo& entry);
std::string json_of(const EntryChange& change);
/// The content of a file: text where it is UTF-8.
std::string json_of_content(const std::string& revision_path, const std::string& bytes);

enum class RefAction { kCreated, kDeleted };
std::string json_of(const RefInfo& ref, RefAction action);
std::string json_of_branches(const std::vector<RefInfo>& branches);
std::string json_of_tags(const std::vector<RefInfo>& tags);

std::string json_of(const OperationInfo& operation);
std::string json_of(const UndoReport& report);

std::string json_of(const SpaceUse& use);
std::string json_of(const DiskUse& use);
std::string json_of(const WorktreeInfo& info);
std::string json_of(const WorktreeRemoveReport& report);
std::string json_of(const WorktreeMoveReport& report);
std::string json_of(const WorktreeMountReport& report);
std::string json_of(const WorktreePruneReport& report, WorktreePruneOptions::Run run);
std::string json_of(const WorktreeRepairReport& report);

/// {"<key>": [...]}
std::string json_of_list(const std::string& key, const JsonList& list);

/// Adds the members of a sharing report: "cloned", "linked", "copied", …
void add_sharing(JsonObject& object, const SharingReport& sharing);

}  // namespace cowstore::cli
