// What of a working copy a command looks at, and what it does where it can't look.
#pragma once

namespace cowstore {

/// kOne stays on the file system that the working copy's top directory is on. What is elsewhere (mount points, Btrfs
/// subvolumes) is named, and stays in versions as it was.
enum class FileSystems { kAll, kOne };

/// kSkip leaves out what can't be read: it is named, and stays in versions as it was. kRefuse is an error (kIo) that
/// names all of it.
enum class Unreadable { kRefuse, kSkip };

struct Scope {
  FileSystems file_systems = FileSystems::kAll;
  Unreadable unreadable = Unreadable::kRefuse;
};

}  // namespace cowstore
