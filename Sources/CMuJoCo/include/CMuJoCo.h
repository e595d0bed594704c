#pragma once

#include <mujoco/mujoco.h>

/// Stops MuJoCo from writing warnings to a log file in the working directory.
/// What they say is read from `mjData` and thrown as typed errors. Idempotent.
void kinglet_mujoco_keep_quiet(void);
