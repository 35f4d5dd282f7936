#include "library.h"

int answer(void) { return 42; }
