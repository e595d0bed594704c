#include "CMuJoCo.h"

#include <stddef.h>

// Swift cannot assign MuJoCo's global function pointers under strict concurrency.
static void ignore(const char *message) { (void)message; }

void kinglet_mujoco_keep_quiet(void) { mju_user_warning = ignore; }
