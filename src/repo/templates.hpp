// Templates: complete, read-only trees of commits, of which working copies are made at once: by a Btrfs snapshot of
// one, or as the lower directory of an overlay. In the store:
//
//   templates/lock                       held by who makes or removes one
//   templates/COMMIT.UID.GID/tree        a read-only subvolume on Btrfs, elsewhere a directory; whole, and durable
//   templates/COMMIT.UID.GID/info        what it is (template_info.hpp); the directory's mtime says when it was used
//   last templates/COMMIT.UID.GID.partial/    one that is being made or removed; under the lock nobody's
//
// UID and GID are those of who made it, since its files belong to them: each user has templates of their own. In a tree
// is a `.cowstore` with a home (id kTemplateId, the commit) and a stat index in which all is proven and durable. It is
// what a new working copy would be: permissions and times as recorded. Nothing but the lock is ever waited for.
//
// A template is a cache, but for those that are the base of a registered working copy (`worktrees/<id>/template` in the
// view is its commit).
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "cowstore/checkout.hpp"
#include "cowstore/result.hpp"
#include "refs/view.hpp"
#include "repo/session.hpp"
#include "sys/dir.hpp"
#include "sys/lock.hpp"

namespace cowstore::repo {

/// One that is in use: nobody removes it as long as this lives.
struct Template {
  CommitId commit;
  std::string name;           ///< COMMIT.UID.GID
  std::string path;           ///< of the tree, absolute
  std::string uuid;           ///< of the read-only subvolume that the tree is; empty: a directory
  std::uint64_t changed = 0;  ///< of that subvolume, and so of a snapshot of it: see find_template()
  std::uint64_t files = 0;    ///< and links
  sys::Dir tree;
  sys::DirLock in_use;
  enum class Origin : std::uint8_t { kFound, kMade } origin = Origin::kFound;
  SharingReport sharing = {};  ///< what making it took, if it was made
};

/// Those that were used last are kept: who only looks doesn't use.
enum class TemplateUse : std::uint8_t { kNoted, kLooked };

/// This user's template of the commit, if there is one that is whole and unchanged.
///
/// That a subvolume is unchanged is told by its UUID and by when anything in it was changed last, in O(1). What
/// somebody wrote to it a moment ago shows when it reaches the disk, which a snapshot waits for: so it is proven of a
/// snapshot whose SubvolumeInfo::changed is the template's. What the disk itself damages Btrfs's checksums find when it
/// is read. Of a directory only a copy, a move and changes at its top are noticed: who edits a file in it edits all
/// overlays.
Result<std::optional<Template>> find_template(Session& session, const CommitId& commit,
                                              TemplateUse use = TemplateUse::kNoted);

/// The same, made if there is none: waits for others that make or remove templates. A damaged one is replaced; kCorrupt
/// if working copies stand on it. kUnsupported if the version records no permissions and times, or some that this user
/// can't restore: copies of it would differ from checkouts. After a failure nothing is left, after a crash a
/// `.partial`, which the next call or drop_templates() removes.
Result<Template> template_of(Session& session, const CommitId& commit,
                             Verification verification = Verification::kTrust);

/// The home that a template of the commit has, in the control directory of a tree that was just built.
Result<void> write_template_home(const Session& session, const CommitId& commit, const sys::Dir& control);

/// Makes a template of a tree that was just built of the commit: `build` is a subvolume on the store's file system with
/// a template's home and a stat index in which all is proven and durable (or will be by this), that nobody else has
/// written to. In O(1); what is in `build` is durable afterwards. False if another process is making or removing one:
/// nobody waits for a cache.
Result<bool> keep_as_template(Session& session, const CommitId& commit, const sys::Dir& build, std::uint64_t files);

/// Whether copies of the version's template are what checkouts would be.
enum class Restored : std::uint8_t { kAll, kInPart };
Result<void> expect_reproducible(const object::TreeRoots& version, Restored restored);

struct ListedTemplate {
  std::string name;
  CommitId commit;
  bool own = false;  ///< this user's
  Timestamp used;    ///< when it was, last
};
/// By name. Those of others, too. Without any there is none.
Result<std::vector<ListedTemplate>> list_templates(const Session& session);

/// Whether a registered working copy stands on a template of the commit.
bool is_base(const refs::View& view, const CommitId& commit);

/// As many of those that were used last stay when one is made, besides those that are in use: each keeps blocks alive
/// that nothing else may need any more.
inline constexpr std::size_t kTemplatesKept = 8;

struct DropTemplates {
  std::size_t keep = std::numeric_limits<std::size_t>::max();  ///< how many; of those that were used last
  enum class Run : std::uint8_t { kReally, kDryRun } run = Run::kReally;
};
/// Removes what interrupted commands left of templates, those of this user that aren't what they say (moved, copied,
/// changed), and all but some of the others. None that is in use, or the base of a working copy. Of other users' what
/// this one may remove: all for root, else none. Gives their paths.
Result<std::vector<std::string>> drop_templates(Session& session, const DropTemplates& options);

}  // namespace cowstore::repo
