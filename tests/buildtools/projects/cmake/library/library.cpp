#include "library.hpp"

int answer() {
  return 42;
}
