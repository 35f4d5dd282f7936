// One run of a verb: where it works, how it speaks.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command_line.hpp"
#include "cli/io.hpp"
#include "cli/paint.hpp"
#include "cli/progress_line.hpp"
#include "cowstore/context.hpp"
#include "cowstore/repository.hpp"
#include "cowstore/result.hpp"

namespace cowstore::cli {

class Session {
 public:
  /// All borrowed but `directory`, which -C led to, and `context`, which commands pass to the library. `progress` may
  /// be null.
  Session(Io& io, const Globals& globals, std::string directory, Context context, ProgressLine* progress);

  [[nodiscard]] bool json() const { return globals_.json; }
  [[nodiscard]] bool quiet() const { return globals_.quiet; }
  [[nodiscard]] bool verbose() const { return globals_.verbose; }
  [[nodiscard]] std::size_t columns() const { return io_.columns; }
  /// The terminal's if standard output is one, else 0: no limit.
  [[nodiscard]] std::size_t line_width() const { return io_.out_device == Device::kTerminal ? io_.columns : 0; }
  [[nodiscard]] Paint paint() const;
  [[nodiscard]] const Context& context() const { return context_; }

  [[nodiscard]] const std::string& directory() const { return directory_; }  ///< absolute
  [[nodiscard]] std::string absolute(const std::string& path) const;

  /// The repository around directory().
  [[nodiscard]] Result<Repository> open() const;
  /// The same, if that is an overlay that isn't mounted, too.
  [[nodiscard]] Result<Repository> open_around() const;
  /// Paths as the user gave them, relative to the working copy. Empty, which stands for everything, if one of them is
  /// the working copy itself.
  [[nodiscard]] Result<std::vector<std::string>> working_copy_paths(const Repository& repository,
                                                                    const std::vector<std::string>& paths) const;

  /// Writes to standard output; kIo when that fails.
  Result<void> write(std::string_view bytes);

  /// For a verb that ran a command which a signal ended: this process is to end so as well, once all is said.
  ExitStatus end_by_signal(int number);

  using Render = std::function<std::string()>;
  /// What was asked for: shown even with --quiet.
  Result<ExitStatus> answer(const Render& json, const Render& text);
  /// What was done: not shown with --quiet, unless as JSON.
  Result<ExitStatus> report(const Render& json, const Render& text);

 private:
  Io& io_;
  const Globals& globals_;
  std::string directory_;
  Context context_;
  ProgressLine* progress_;
};

/// `path` as seen from `base`, which is absolute. Nothing is resolved.
std::string path_from(const std::string& base, const std::string& path);

}  // namespace cowstore::cli
