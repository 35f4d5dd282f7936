#include "cli/session.hpp"

#include <cerrno>

namespace cowstore::cli {

Session::Session(Io& io, const Globals& globals, std::string directory, Context context, ProgressLine* progress)
    : io_(io), globals_(globals), directory_(std::move(directory)), context_(std::move(context)), progress_(progress) {}

Paint Session::paint() const {
  bool terminal = io_.out_device == Device::kTerminal && io_.environment("TERM").value_or("") != "dumb";
  bool wanted = io_.environment("NO_COLOR").value_or("").empty();
  return Paint(terminal && wanted ? Paint::Mode::kColored : Paint::Mode::kPlain);
}

std::string Session::absolute(const std::string& path) const {
  return path_from(directory_, path);
}

Result<Repository> Session::open() const {
  return Repository::open(directory_, context_);
}

Result<Repository> Session::open_around() const {
  return Repository::open_around(directory_, context_);
}

Result<std::vector<std::string>> Session::working_copy_paths(const Repository& repository,
                                                             const std::vector<std::string>& paths) const {
  std::vector<std::string> found;
  for (const std::string& path : paths) {
    auto relative = repository.relative_path(directory_, path);
    if (!relative) return relative.error();
    if (relative->empty()) return std::vector<std::string>();
    found.push_back(std::move(*relative));
  }
  return found;
}

Result<void> Session::write(std::string_view bytes) {
  if (progress_ != nullptr && io_.out_device == Device::kTerminal) progress_->stop();
  errno = 0;
  io_.out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (io_.out) return {};
  Error error;
  error.code = errno == ENOSPC ? ErrorCode::kNoSpace : ErrorCode::kIo;
  error.sys_errno = errno;
  error.operation = "write to standard output";
  error.reason = errno == 0 ? "the stream failed" : "";
  return error;
}

ExitStatus Session::end_by_signal(int number) {
  constexpr int kShellsOffset = 128;
  io_.end_by_signal = number;
  return static_cast<ExitStatus>(kShellsOffset + number);
}

Result<ExitStatus> Session::answer(const Render& json, const Render& text) {
  auto written = write(this->json() ? json() + "\n" : text());
  if (!written) return written.error();
  return ExitStatus::kDone;
}

Result<ExitStatus> Session::report(const Render& json, const Render& text) {
  if (quiet() && !this->json()) return ExitStatus::kDone;
  return answer(json, text);
}

std::string path_from(const std::string& base, const std::string& path) {
  if (path.starts_with('/')) return path;
  if (path.empty() || path == ".") return base;
  return base.ends_with('/') ? base + path : base + '/' + path;
}

}  // namespace cowstore::cli
