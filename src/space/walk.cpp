#include "space/walk.hpp"

#include <algorithm>
#include <cerrno>
#include <iterator>

#include "base/try.hpp"

namespace cowstore::space {

namespace {

/// Longer ones can't be given to the kernel in one piece.
constexpr std::size_t kLongestPath = 3000;

/// What is a file's own fault; anything else is the machine's.
bool is_local(const Error& error) {
  switch (error.sys_errno) {
    case EACCES:
    case EPERM:
    case EIO:
    case ELOOP:
    case ENOTDIR:
    case ENXIO:
    case ESTALE:
    case EBUSY:
    case EXDEV:
      return true;
    default:
      return false;
  }
}

bool vanished(const Error& error) {
  return error.sys_errno == ENOENT;
}

bool tells_no_extents(const Error& error) {
  return error.sys_errno == EOPNOTSUPP || error.sys_errno == ENOTTY;
}

}  // namespace

void Walk::start() {
  add_directory("");
}

void Walk::add_directory(std::string path) {
  group_.add([this, path = std::move(path)] { return open_and_visit(path); });
}

Result<void> Walk::open_and_visit(const std::string& path) {
  auto opened = tree_.root->open_dir(path.empty() ? "." : path);
  if (opened) return visit(*opened, path);
  if (vanished(opened.error())) return {};
  if (!is_local(opened.error())) return std::move(opened).error();
  Portion portion;
  portion.usage.unreadable = 1;
  receiver_.take(owner_, std::move(portion));
  return {};
}

Result<void> Walk::visit(const sys::Dir& dir, const std::string& path) {
  Portion portion;
  auto names = dir.list();
  if (!names) {
    if (!is_local(names.error())) return std::move(names).error();
    portion.usage.unreadable = 1;
  } else {
    for (const sys::ListedEntry& entry : *names) {
      if (!is_left_out(path.empty() ? entry.name : path + "/" + entry.name))
        COWSTORE_TRY(visit_entry(dir, path, entry.name, portion));
    }
  }
  if (auto stat = dir.stat_self()) portion.usage.exclusive += allocated(*stat);
  if (progress_ != nullptr) progress_->advance(portion.usage.files, portion.usage.apparent);
  receiver_.take(owner_, std::move(portion));
  return {};
}

Result<void> Walk::visit_entry(const sys::Dir& dir, const std::string& path, const std::string& name,
                               Portion& portion) {
  auto stat = dir.stat(name);
  if (!stat && vanished(stat.error())) return {};
  if (!stat && !is_local(stat.error())) return std::move(stat).error();
  if (!stat) {
    ++portion.usage.unreadable;
    return {};
  }
  if (stat->mount_root) return {};  // what is mounted there isn't in the tree
  if (stat->kind == sys::FileKind::kRegular) return visit_file(dir, name, *stat, portion);
  if (stat->kind != sys::FileKind::kDirectory) {
    portion.usage.exclusive += allocated(*stat);
    return {};
  }
  std::string below = path.empty() ? name : path + "/" + name;
  if (below.size() <= kLongestPath) {
    add_directory(std::move(below));
    return {};
  }
  auto deeper = dir.open_dir(name);
  if (deeper) return visit(*deeper, below);
  if (!vanished(deeper.error())) ++portion.usage.unreadable;
  return {};
}

Result<void> Walk::visit_file(const sys::Dir& dir, const std::string& name, const sys::Stat& stat, Portion& portion) {
  ++portion.usage.files;
  portion.usage.apparent += stat.size;
  if (stat.links > 1) return receiver_.take_linked(owner_, dir, name, stat, tells());
  auto measured = measure(dir, name, stat, tells());
  if (!measured && tells_no_extents(measured.error())) {
    tells_ = Tells::kBlocks;
    measured = measure(dir, name, stat, Tells::kBlocks);
  }
  if (measured) {
    portion.usage.exclusive += measured->own;
    portion.usage.inlined += measured->inlined;
    portion.usage.encoded += measured->encoded;
    std::move(measured->stretches.begin(), measured->stretches.end(), std::back_inserter(portion.stretches));
    return {};
  }
  if (vanished(measured.error())) return {};
  if (!is_local(measured.error())) return std::move(measured).error();
  ++portion.usage.unreadable;
  portion.usage.exclusive += allocated(stat);
  return {};
}

bool Walk::is_left_out(const std::string& path) const {
  return std::find(tree_.without.begin(), tree_.without.end(), path) != tree_.without.end();
}

}  // namespace cowstore::space
