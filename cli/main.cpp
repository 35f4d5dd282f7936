#include "cli/app.hpp"
#include "cli/terminal.hpp"

int main(int argc, char** argv) {
  cowstore::cli::Io io = cowstore::cli::system_io();
  cowstore::cli::handle_signals(io);
  const int status = cowstore::cli::run({argv + 1, argv + argc}, io);
  if (io.end_by_signal != 0) cowstore::cli::end_by_signal(io.end_by_signal);
  return status;
}
