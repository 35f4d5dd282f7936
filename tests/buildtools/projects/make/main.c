#include "library.h"

int main(void) { return answer() - 42; }
