#include "plan_bed.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "chunk/chunker.hpp"
#include "diff/diff.hpp"
#include "hash/sha256.hpp"
#include "object/named_tree.hpp"
#include "unit/object/samples.hpp"

namespace cowstore::checkout {

namespace {

using object::EntryKind;

std::string parent_of(const std::string& path) {
  std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

std::string name_of(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

bool is_child(const std::string& directory, const std::string& path) {
  return !path.empty() && parent_of(path) == directory;
}

std::uint16_t default_mode(EntryKind kind) {
  return kind == EntryKind::kFile ? 0644 : kind == EntryKind::kSymlink ? 0777 : 0755;
}

object::TreeEntry tree_entry(const std::string& name, const ModelEntry& entry) {
  if (entry.kind == EntryKind::kSymlink) return object::link_entry(name, entry.content);
  return object::file_entry(name, entry.content, entry.kind);
}

std::uint64_t inode_of(const std::string& path) {
  return std::hash<std::string>()(path);
}

sys::Stat stat_of(const std::string& path, const ModelEntry& entry) {
  sys::Stat stat;
  stat.kind = entry.is_directory()                ? sys::FileKind::kDirectory
              : entry.kind == EntryKind::kSymlink ? sys::FileKind::kSymlink
                                                  : sys::FileKind::kRegular;
  stat.mode = entry.mode;
  stat.inode = inode_of(path);
  stat.size = entry.content.size();
  return stat;
}

std::string word_of(const std::string& path, const ModelEntry& entry) {
  std::string word = path;
  if (entry.kind == EntryKind::kDirectory) word += "/";
  if (entry.kind == EntryKind::kFile) word += "=" + entry.content;
  if (entry.kind == EntryKind::kExecutable) word += "*=" + entry.content;
  if (entry.kind == EntryKind::kSymlink) word += ">" + entry.content;
  if (entry.mode != default_mode(entry.kind)) {
    std::ostringstream octal;
    octal << "@" << std::oct << entry.mode;
    word += octal.str();
  }
  return word;
}

}  // namespace

Model model_of(std::string_view words) {
  Model model;
  std::istringstream in{std::string(words)};
  for (std::string word; in >> word;) {
    ModelEntry entry;
    std::size_t at = word.find('@');
    if (at != std::string::npos) entry.mode = static_cast<std::uint16_t>(std::stoi(word.substr(at + 1), nullptr, 8));
    word = word.substr(0, at);
    std::size_t end = word.find_first_of("*=>");
    std::string path = word.substr(0, end);
    if (path.ends_with('/') || path == ".") {
      entry.kind = EntryKind::kDirectory;
      while (path.ends_with('/')) path.pop_back();
    } else {
      entry.kind = word[end] == '='   ? EntryKind::kFile
                   : word[end] == '*' ? EntryKind::kExecutable
                                      : EntryKind::kSymlink;
      entry.content = word.substr(word.find_first_of("=>") + 1);
    }
    if (path == ".") path.clear();
    if (at == std::string::npos) entry.mode = default_mode(entry.kind);
    for (std::string above = path; !above.empty();) {
      above = parent_of(above);
      model.try_emplace(above, ModelEntry{EntryKind::kDirectory, "", 0755});
    }
    model[path] = entry;
  }
  return model;
}

std::string text_of(const Model& model) {
  std::string text;
  for (const auto& [path, entry] : model) text += (text.empty() ? "" : " ") + word_of(path.empty() ? "." : path, entry);
  return text;
}

object::TreeRoots PlanBed::version(const Model& model) {
  return model.empty() ? object::TreeRoots{} : directory(model, "");
}

object::TreeRoots PlanBed::directory(const Model& model, const std::string& path) {
  std::vector<object::TreeEntry> tree;
  std::vector<object::AttributesEntry> attributes{object::times_entry("", 1, model.at(path).mode)};
  std::map<std::string, std::pair<std::string, ModelEntry>> children;  // sorted by name
  for (const auto& [below, entry] : model)
    if (is_child(path, below)) children[name_of(below)] = {below, entry};
  for (const auto& [name, child] : children) {
    const auto& [below, entry] = child;
    if (entry.is_directory()) {
      object::TreeRoots roots = directory(model, below);
      tree.push_back(object::directory_entry(name, *roots.tree));
      attributes.push_back({name, {}, roots.attributes});
    } else {
      tree.push_back(tree_entry(name, entry));
      if (entry.kind != EntryKind::kSymlink) attributes.push_back(object::times_entry(name, 1, entry.mode));
    }
  }
  return {object::build_tree(nodes, tree), object::build_attributes(nodes, attributes)};
}

void PlanBed::scan_directory(const Model& disk, changes::ScannedDirectory& directory,
                             const changes::PathSelection::Node& selection) {
  directory.stat = stat_of(directory.path, disk.at(directory.path));
  directory.coverage = selection.whole() ? changes::Coverage::kWhole : changes::Coverage::kPartial;
  std::map<std::string, std::string> children;
  for (const auto& [below, entry] : disk)
    if (is_child(directory.path, below)) children[name_of(below)] = below;
  for (const auto& [name, below] : children) {
    const auto* wanted = selection.child(name);
    const ModelEntry& entry = disk.at(below);
    // As a scan does: what isn't a directory counts only if it is asked for itself.
    if (wanted == nullptr || (!wanted->whole() && !entry.is_directory())) continue;
    changes::ScannedEntry found;
    found.name = name;
    found.stat = stat_of(below, entry);
    found.kind = entry.kind;
    found.state = changes::ScannedEntry::State::kKnown;
    if (entry.is_directory()) {
      found.directory = std::make_unique<changes::ScannedDirectory>();
      found.directory->path = below;
      scan_directory(disk, *found.directory, *wanted);
    } else {
      object::TreeEntry tree = tree_entry(name, entry);
      found.file = tree.file;
      found.target = tree.target;
    }
    directory.entries.push_back(std::move(found));
  }
}

changes::Scan PlanBed::scan(const Model& disk, const changes::PathSelection& selection) {
  changes::Scan scan;
  scan.selection = selection;
  scan.root.kind = EntryKind::kDirectory;
  scan.root.directory = std::make_unique<changes::ScannedDirectory>();
  scan_directory(disk, *scan.root.directory, selection.root());
  scan.root.stat = scan.root.directory->stat;
  return scan;
}

Plan PlanBed::plan(const Model& from, const Model& to, const Model& disk, Overwrite overwrite) {
  object::TreeRoots from_roots = version(from), to_roots = version(to);
  auto between = differences_between({nodes, from_roots, to_roots});
  EXPECT_TRUE(between.ok());
  const std::vector<Difference>& differences = *between;
  scan_ = scan(disk, *changes::PathSelection::of(paths_to_scan(differences)));
  sys::Dir nowhere;  // every content is known: nothing is read
  changes::CompareTools tools{nowhere, nodes, chunk::rule_of(chunk::Profile::kDefault), pool_, nullptr};
  auto against_from = changes::compare(scan_, from_roots, tools);
  auto against_to = changes::compare(scan_, to_roots, tools);
  EXPECT_TRUE(against_from.ok() && against_to.ok());
  DiskState state{scan_, *against_from, *against_to};
  for (const std::string& path : directories_to_stat(differences)) {
    auto there = disk.find(path);
    if (there != disk.end() && there->second.is_directory()) state.directory_modes[path] = there->second.mode;
  }
  return make_plan(differences, state, overwrite);
}

std::string PlanBed::describe(const Plan& plan) {
  std::vector<std::string> steps;
  auto octal = [](std::uint16_t mode) {
    std::ostringstream out;
    out << std::oct << mode;
    return out.str();
  };
  auto dot = [](const std::string& path) { return path.empty() ? "." : path; };
  for (const Removal& each : plan.removals) steps.push_back("remove " + each.path);
  for (const std::string& path : plan.directory_removals) steps.push_back("rmdir " + dot(path));
  for (const DirectoryMaking& each : plan.directory_makings)
    steps.push_back("mkdir " + dot(each.path) +
                    (each.attributes.mode.value_or(0755) == 0755 ? "" : " " + octal(*each.attributes.mode)));
  for (const Making& each : plan.makings)
    steps.push_back((each.displaces != nullptr ? "replace " : "make ") + each.path);
  for (const ModeChange& each : plan.mode_changes)
    steps.push_back("chmod " + octal(*each.wanted->mode) + " " + dot(each.path));
  for (const Conflict& each : plan.conflicts) steps.push_back("conflict " + dot(each.path));
  for (const std::string& path : plan.revived) steps.push_back("revived " + path);
  for (const std::string& path : plan.kept) steps.push_back("kept " + path);
  std::string text;
  for (const std::string& step : steps) text += (text.empty() ? "" : "; ") + step;
  return text;
}

Model PlanBed::carry_out(const Plan& plan, Model disk, std::vector<std::string>* stuck) {
  auto has_children = [&](const std::string& path) {
    auto next = disk.lower_bound(path + "/");
    return next != disk.end() && next->first.starts_with(path + "/");
  };
  auto can_hold = [&](const std::string& path) {
    auto parent = disk.find(parent_of(path));
    return parent != disk.end() && parent->second.is_directory();
  };
  for (const Removal& each : plan.removals) {
    auto found = disk.find(each.path);
    if (found == disk.end() || found->second.is_directory() || each.seen->inode != inode_of(each.path))
      stuck->push_back("remove " + each.path);
    else
      disk.erase(found);
  }
  for (const std::string& path : plan.directory_removals) {
    auto found = disk.find(path);
    if (found != disk.end() && found->second.is_directory() && !has_children(path)) disk.erase(found);
  }
  for (const DirectoryMaking& each : plan.directory_makings) {
    auto found = disk.find(each.path);
    bool free = found == disk.end() && (each.path.empty() || can_hold(each.path));
    if (free)
      disk[each.path] = {EntryKind::kDirectory, "", each.attributes.mode.value_or(0755)};
    else if (found == disk.end() || !found->second.is_directory())
      stuck->push_back("mkdir " + each.path);
  }
  for (const Making& each : plan.makings) {
    auto found = disk.find(each.path);
    bool right = each.displaces != nullptr ? found != disk.end() && !found->second.is_directory() &&
                                                 each.displaces->inode == inode_of(each.path)
                                           : found == disk.end() && can_hold(each.path);
    if (!right) {
      stuck->push_back("make " + each.path);
      continue;
    }
    const object::TreeEntry wanted = each.wanted->entry();
    ModelEntry entry{wanted.kind, wanted.target, each.wanted->mode.value_or(default_mode(wanted.kind))};
    // The content is known by its hash alone; the caller compares hashes.
    if (object::is_file(wanted.kind)) entry.content = "#" + wanted.file.id.hex();
    disk[each.path] = entry;
  }
  for (const ModeChange& each : plan.mode_changes) {
    auto found = disk.find(each.path);
    bool right = found != disk.end() && found->second.is_directory() == (each.wanted->kind == EntryKind::kDirectory);
    if (!right) continue;
    found->second.mode = *each.wanted->mode;
    if (!found->second.is_directory()) found->second.kind = each.wanted->kind;
  }
  return disk;
}

}  // namespace cowstore::checkout
