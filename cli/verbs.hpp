// All verbs, each in its cmd_<verb>.cpp.
#pragma once

#include <vector>

#include "cli/verb.hpp"

namespace cowstore::cli {

Verb branch_verb();
Verb cat_verb();
Verb checkout_verb();
Verb clone_verb();
Verb commit_verb();
Verb diff_verb();
Verb du_verb();
Verb fsck_verb();
Verb init_verb();
Verb log_verb();
Verb ls_verb();
Verb op_log_verb();
Verb op_restore_verb();
Verb restore_verb();
Verb run_verb();
Verb show_verb();
Verb status_verb();
Verb tag_verb();
Verb undo_verb();
Verb version_verb();
Verb worktree_list_verb();
Verb worktree_move_verb();
Verb worktree_mount_verb();
Verb worktree_unmount_verb();
Verb worktree_prune_verb();
Verb worktree_remove_verb();
Verb worktree_repair_verb();

/// Verbs that belong together, as `cowstore --help` shows them.
struct VerbGroup {
  std::string_view title;
  std::vector<Verb> verbs;
};

const std::vector<VerbGroup>& verb_groups();

}  // namespace cowstore::cli
