// Offscreen OpenGL contexts from EGL or OSMesa, MuJoCo's renderer inside one, and a video encoder.
#ifndef CRENDER_H
#define CRENDER_H

#include <CMuJoCo.h>
#include <stddef.h>
#include <sys/types.h>

// Where a context comes from. ANY tries EGL, then OSMesa, or first what MUJOCO_GL names.
enum { KINGLET_RENDER_ANY = 0, KINGLET_RENDER_EGL = 1, KINGLET_RENDER_OSMESA = 2 };

// A context that can draw pictures of up to the size that it was opened for.
typedef struct kinglet_render kinglet_render;

// Opens a context; it is current nowhere yet. NULL when none can be had, with why in `reason`, one
// line cut to `capacity` bytes. Both libraries are loaded only here, so that a program starts
// without them. MuJoCo looks OpenGL up once per process: every context comes from where the first
// one came from, and asking for the other one is refused.
kinglet_render *kinglet_render_open(
    int width, int height, int preferred, char *reason, size_t capacity);

// KINGLET_RENDER_EGL or KINGLET_RENDER_OSMESA.
int kinglet_render_backend(const kinglet_render *render);

// OpenGL's name of what draws, such as "llvmpipe (LLVM 15.0.6, 256 bits)"; lives as long as render.
const char *kinglet_render_device(const kinglet_render *render);

// Makes the context current on the calling thread; 0, or -1 when the system refuses. A context is
// current on one thread at a time: leave it on the thread that entered it.
int kinglet_render_enter(kinglet_render *render);
void kinglet_render_leave(kinglet_render *render);

// Closes a context that is current nowhere; NULL is ignored.
void kinglet_render_close(kinglet_render *render);

// mjr_makeContext inside the current context: 0, or -1 with the error that MuJoCo would otherwise
// end the process with.
int kinglet_render_prepare(
    const mjModel *model, mjrContext *context, char *reason, size_t capacity);

// mjr_freeContext inside the current context, for one that kinglet_render_prepare was called with.
void kinglet_render_discard(mjrContext *context);

// A nameless file in memory for what a program complains of; -1 with errno.
int kinglet_encoder_memory(void);

// Starts a program, found in PATH, with these words, NULL at the end; 0 or an error number. It has
// no descriptors but input and complaints, and a process group of its own, so that Ctrl-C at a
// terminal lets it complete what it writes.
int kinglet_encoder_start(char *const *words, int input, int complaints, pid_t *process);

#endif
