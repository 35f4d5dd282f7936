#include "library/library.hpp"

int main() {
  return answer() - 42;
}
