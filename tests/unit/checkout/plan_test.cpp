#include "checkout/plan.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "plan_bed.hpp"
#include "unit/object/samples.hpp"

namespace cowstore::checkout {
namespace {

struct Row {
  const char* from;
  const char* to;
  const char* disk;
  const char* plan;
};

/// Asked without --force.
const Row kRefusing[] = {
    // Clean: what differs is made, replaced, removed.
    {".", ". a=1", ".", "make a"},
    {". a=1", ". a=2", "a=1", "replace a"},
    {". a=1", ".", "a=1", "remove a"},
    {". a=1 b=1", ". a=1 b=2", "a=9 b=1", "replace b"},
    {"d/a=1", ".", "d/a=1", "remove d/a; rmdir d"},
    {".", "d/a=1", ".", "mkdir d; make d/a"},
    {".", "d/e/", ".", "mkdir d; mkdir d/e"},
    {"d/e/", ".", "d/e/", "rmdir d/e; rmdir d"},
    {". l>1", ". l>2", "l>1", "replace l"},
    {". l>1", ". l=1", "l>1", "replace l"},
    // Already as the target wants it.
    {". a=1", ". a=2", "a=2", ""},
    {".", ". a=1", "a=1", ""},
    {". a=1", ".", ".", ""},
    // Kinds that change.
    {". p=1", "p/x=1", "p=1", "remove p; mkdir p; make p/x"},
    {"p/x=1", ". p=1", "p/x=1", "remove p/x; rmdir p; make p"},
    {"p/", ". p=1", "p/", "rmdir p; make p"},
    {"p/q/x=1", ". p>t", "p/q/x=1", "remove p/q/x; rmdir p/q; rmdir p; make p"},
    // Permissions alone.
    {". a=1", ". a=1@600", "a=1", "chmod 600 a"},
    {". a=1", ". a*=1", "a=1", "chmod 755 a"},
    {"d/a=1", "d/@700 d/a=1", "d/a=1", "chmod 700 d"},
    {"d/a=1", "d/@700 d/a=1@600", "d/a=1", "chmod 600 d/a; chmod 700 d"},
    {"./ a=1", "./@700 a=1", "a=1", "chmod 700 ."},
    {".", "d/@700 d/e/@500 d/e/f=1", ".", "mkdir d 700; mkdir d/e 500; make d/e/f"},
    // Uncommitted work in the way.
    {". a=1", ". a=2", "a=3", "conflict a"},
    {". a=1", ".", "a=3", "conflict a"},
    {".", ". a=1", "a=3", "conflict a"},
    {". a=1", ". a=2", "a=1@600", "conflict a"},
    {". a=1", ". a=2", "a>t", "conflict a"},
    {"d/a=1", "d/@700 d/a=1", "d/@711 d/a=1", "conflict d"},
    {"d/a=1", "d/@700 d/a=1", "d/@700 d/a=1", ""},
    {"./ a=1", "./@700 a=1", "./@711 a=1", "conflict ."},
    {"d/@700 d/a=1", "d/@700 d/a=2", "d/@711 d/a=1", "replace d/a"},
    // Unversioned files stay where nothing is in their way.
    {"d/a=1", ".", "d/a=1 d/mine=5", "remove d/a; rmdir d; kept d/mine"},
    {"d/a=1", ".", "d/a=1 d/e/", "remove d/a; rmdir d; kept d/e"},
    {"d/a=1", ". d=1", "d/a=1 d/mine=5", "remove d/a; rmdir d; make d; conflict d/mine"},
    {"d/a=1", ". d=1", "d/a=1 d/e/mine=5", "remove d/a; rmdir d; make d; conflict d/e/mine"},
    // Somebody's deletion is no conflict.
    {". a=1", ". a=2", ".", "make a; revived a"},
    {"d/a=1 d/b=1", "d/a=2 d/b=1", ".", "mkdir d; make d/a; revived d/a"},
    {"d/a=1", ". d=1", ".", "make d; revived d"},
    {"d/e/", "d/e/ d/f/g=1", ".", "mkdir d; mkdir d/f; make d/f/g"},
    // Carried along: what both versions have alike is not looked at.
    {". a=1 b=1", ". a=1 b=2", "b=1", "replace b"},
    {"d/a=1", "d/a=1 d/b=1", "d/a=9", "make d/b"},
};

TEST(Plan, IsWhatTheTableSaysWithoutForce) {
  PlanBed bed;
  for (const Row& row : kRefusing) {
    Plan plan = bed.plan(model_of(row.from), model_of(row.to), model_of(row.disk), Overwrite::kRefuse);
    EXPECT_EQ(PlanBed::describe(plan), row.plan) << row.from << "  ->  " << row.to << "   on   " << row.disk;
  }
}

const Row kForcing[] = {
    {". a=1", ". a=2", "a=3", "replace a; conflict a"},
    {". a=1", ".", "a=3", "remove a; conflict a"},
    {".", ". a=1", "a=3", "replace a; conflict a"},
    {". a=1", ". a=1@600", "a=1@640", "chmod 600 a; conflict a"},
    {"d/a=1", "d/@700 d/a=1", "d/@711 d/a=1", "chmod 700 d"},
    {"d/a=1", ". d=1", "d/a=1 d/mine=5", "remove d/a; remove d/mine; rmdir d; make d; conflict d/mine"},
    {"d/a=1", ".", "d/a=3 d/mine=5", "remove d/a; rmdir d; conflict d/a; kept d/mine"},
    {". p=1", "p/x=1", "p=3", "remove p; mkdir p; make p/x; conflict p"},
};

TEST(Plan, IsWhatTheTableSaysWithForce) {
  PlanBed bed;
  for (const Row& row : kForcing) {
    Plan plan = bed.plan(model_of(row.from), model_of(row.to), model_of(row.disk), Overwrite::kForce);
    EXPECT_EQ(PlanBed::describe(plan), row.plan) << row.from << "  ->  " << row.to << "   on   " << row.disk;
  }
}

TEST(Plan, NamesTheReasonOfAConflict) {
  PlanBed bed;
  auto reason = [&](const char* from, const char* to, const char* disk) {
    Plan plan = bed.plan(model_of(from), model_of(to), model_of(disk), Overwrite::kRefuse);
    return plan.conflicts.size() == 1 ? plan.conflicts.front().reason : "not one conflict";
  };
  EXPECT_EQ(reason(". a=1", ". a=2", "a=3"), "has uncommitted changes");
  EXPECT_EQ(reason(". a=1", ".", "a=3"), "has uncommitted changes, and the target doesn't have it");
  EXPECT_EQ(reason(".", ". a=1", "a=3"), "is not versioned, and in the way");
}

TEST(Plan, TellsEachStepInALine) {
  PlanBed bed;
  Plan plan = bed.plan(model_of("a=1 d/b=1 p=1"), model_of("./@700 a=2 n/c=1 p=1@600"), model_of("a=1 d/b=1 p=1"),
                       Overwrite::kRefuse);
  EXPECT_EQ(plan.describe(),
            (std::vector<std::string>{"remove d/b", "remove directory d", "make directory n", "replace a", "make n/c",
                                      "change mode of p", "change mode of ."}));
  EXPECT_FALSE(plan.empty());
  EXPECT_TRUE(Plan{}.empty());
}

/// Everything that can be at the path "p".
const char* const kStates[] = {"./",         "p=1",    "p=2",       "p*=1",        "p=1@600", "p>t",
                               "p/",         "p/x=1",  "p/x=2",     "p/x=1 p/y=1", "p/x/z=1", "p/@700 p/x=1",
                               "p/x=1 p/q/", "./@700", "p/q/r/s=1", "p/x>t"};

class EveryCombination : public testing::Test {
 protected:
  static std::string hashed(const ModelEntry& entry) {
    bool plain = !object::is_file(entry.kind) || entry.content.starts_with('#');
    return plain ? entry.content : "#" + object::small_file(entry.content).id.hex();
  }
  static bool same(const ModelEntry& a, const ModelEntry& b) {
    bool modes = a.kind == object::EntryKind::kSymlink || a.mode == b.mode;
    return a.kind == b.kind && hashed(a) == hashed(b) && modes;
  }
  static const ModelEntry* at(const Model& model, const std::string& path) {
    auto found = model.find(path);
    return found == model.end() ? nullptr : &found->second;
  }
  static bool both_same(const ModelEntry* a, const ModelEntry* b) { return a && b ? same(*a, *b) : a == b; }

  /// Names what of the disk is neither old nor new, is gone afterwards, and wasn't named as a conflict.
  static std::vector<std::string> lost(const Model& from, const Model& to, const Model& disk, const Model& after,
                                       const Plan& plan) {
    std::vector<std::string> paths;
    for (const auto& [path, entry] : disk) {
      if (entry.is_directory() || both_same(&entry, at(after, path))) continue;
      if (both_same(&entry, at(from, path)) || both_same(&entry, at(to, path))) continue;
      bool named = std::any_of(plan.conflicts.begin(), plan.conflicts.end(), [&, p = path](const Conflict& conflict) {
        return p == conflict.path || p.starts_with(conflict.path + "/");
      });
      if (!named) paths.push_back(path);
    }
    return paths;
  }

  /// What a scan doesn't show, since it is only entered: something else in the place of a directory that both versions
  /// have. The plan is made without it, and the executor leaves it alone.
  static bool is_hidden(const Model& from, const Model& to, const Model& disk) {
    return std::any_of(disk.begin(), disk.end(), [&](const auto& each) {
      const ModelEntry *before = at(from, each.first), *after = at(to, each.first);
      return !each.second.is_directory() && before && before->is_directory() && after && after->is_directory();
    });
  }

  /// Names where the disk isn't as the target wants it although the versions differ there.
  /// A directory that somebody deleted stays away as long as nothing has to be made in it.
  static std::vector<std::string> missed(const Model& from, const Model& to, const Model& after, const Plan& plan) {
    std::vector<std::string> paths;
    Model all = from;
    all.insert(to.begin(), to.end());
    for (const auto& [path, entry] : all) {
      if (both_same(at(from, path), at(to, path)) || both_same(at(after, path), at(to, path))) continue;
      const ModelEntry *before = at(from, path), *wanted = at(to, path);
      bool both_directories = before && before->is_directory() && wanted && wanted->is_directory();
      if (both_directories && at(after, path) == nullptr) continue;
      bool holds_kept = std::any_of(plan.kept.begin(), plan.kept.end(),
                                    [&, p = path](const std::string& kept) { return kept.starts_with(p + "/"); });
      if (!holds_kept && std::find(plan.kept.begin(), plan.kept.end(), path) == plan.kept.end()) paths.push_back(path);
    }
    return paths;
  }

  template <class Check>
  void for_all(Overwrite overwrite, const Check& check) {
    for (const char* from : kStates) {
      for (const char* to : kStates) {
        for (const char* disk : kStates) {
          SCOPED_TRACE(std::string(from) + "  ->  " + to + "   on   " + disk);
          Model a = model_of(from), b = model_of(to), now = model_of(disk);
          Plan plan = bed_.plan(a, b, now, overwrite);
          SCOPED_TRACE(PlanBed::describe(plan));
          std::vector<std::string> stuck;
          Model after = PlanBed::carry_out(plan, now, &stuck);
          check(a, b, now, after, plan, stuck);
          if (HasFailure()) return;
        }
      }
    }
  }

  PlanBed bed_;
  using Names = std::vector<std::string>;
};

TEST_F(EveryCombination, ReachesTheTargetOrNamesAConflict) {
  for_all(Overwrite::kRefuse, [](const Model& from, const Model& to, const Model& disk, const Model& after,
                                 const Plan& plan, const Names& stuck) {
    if (!plan.conflicts.empty() || is_hidden(from, to, disk)) return;
    EXPECT_EQ(stuck, Names{});
    EXPECT_EQ(missed(from, to, after, plan), Names{}) << "left: " << text_of(after);
  });
}

TEST_F(EveryCombination, LosesNobodysWorkEvenIfCarriedOutDespiteConflicts) {
  for_all(Overwrite::kRefuse,
          [](const Model& from, const Model& to, const Model& disk, const Model& after, const Plan&, const Names&) {
            EXPECT_EQ(lost(from, to, disk, after, Plan{}), Names{}) << "left: " << text_of(after);
          });
}

TEST_F(EveryCombination, WithForceReachesTheTargetAndNamesWhatItDestroys) {
  for_all(Overwrite::kForce, [](const Model& from, const Model& to, const Model& disk, const Model& after,
                                const Plan& plan, const Names& stuck) {
    if (is_hidden(from, to, disk)) return;
    EXPECT_EQ(stuck, Names{});
    EXPECT_EQ(missed(from, to, after, plan), Names{}) << "left: " << text_of(after);
    EXPECT_EQ(lost(from, to, disk, after, plan), Names{}) << "left: " << text_of(after);
  });
}

TEST_F(EveryCombination, OfACleanDiskHasNoConflicts) {
  for (const char* from : kStates) {
    for (const char* to : kStates) {
      Plan plan = bed_.plan(model_of(from), model_of(to), model_of(from), Overwrite::kRefuse);
      EXPECT_TRUE(plan.conflicts.empty()) << from << " -> " << to << ": " << PlanBed::describe(plan);
      Plan done = bed_.plan(model_of(from), model_of(to), model_of(to), Overwrite::kRefuse);
      // Directories that are only entered aren't looked at: their permissions are set again.
      std::erase_if(done.mode_changes,
                    [](const ModeChange& change) { return change.wanted->kind == object::EntryKind::kDirectory; });
      EXPECT_TRUE(done.empty() && done.conflicts.empty()) << from << " -> " << to << ": " << PlanBed::describe(done);
    }
  }
}

}  // namespace
}  // namespace cowstore::checkout
