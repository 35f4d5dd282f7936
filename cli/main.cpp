#include "cli/app.hpp"
#include "cli/terminal.hpp"

int main(int argc, char** argv) {
  cowstore::cli::Io io = cowstore::cli::system_io();
  cowstore::cli::handle_signals(io);
  return cowstore::cli::run({argv + 1, argv + argc}, io);
}
