#include "cli/verbs.hpp"

namespace cowstore::cli {

const std::vector<VerbGroup>& verb_groups() {
  static const std::vector<VerbGroup> groups = {
      {"Start", {init_verb()}},
      {"Record", {status_verb(), diff_verb(), commit_verb()}},
      {"Look at versions", {log_verb(), show_verb(), ls_verb(), cat_verb()}},
      {"Bring versions back", {checkout_verb(), restore_verb(), run_verb()}},
      {"Name versions", {branch_verb(), tag_verb()}},
      {"Work in several places",
       {clone_verb(), worktree_list_verb(), worktree_remove_verb(), worktree_move_verb(), worktree_mount_verb(),
        worktree_unmount_verb(), worktree_prune_verb(), worktree_repair_verb()}},
      {"Undo", {undo_verb(), op_log_verb(), op_restore_verb()}},
      {"Look after it", {du_verb(), fsck_verb(), version_verb()}},
  };
  return groups;
}

}  // namespace cowstore::cli
