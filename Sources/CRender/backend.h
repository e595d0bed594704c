// What the two sources of OpenGL contexts have in common.
#ifndef KINGLET_RENDER_BACKEND_H
#define KINGLET_RENDER_BACKEND_H

#include <stddef.h>

struct backend;

struct kinglet_render {
  const struct backend *backend;
  void *context;
  // EGL: a pbuffer, where no context can do without one. OSMesa: memory for the window's pixels.
  void *surface;
  char device[128];
};

struct backend {
  int kind;
  const char *name;
  // Loads the library and makes context and surface; 0, or -1 with a reason. Called under a lock.
  int (*open)(struct kinglet_render *render, char *reason, size_t capacity);
  int (*enter)(struct kinglet_render *render);
  void (*leave)(struct kinglet_render *render);
  void (*close)(struct kinglet_render *render);
  // Address of an OpenGL function; a context is current.
  void *(*function)(const char *name);
  // Makes the library's symbols visible to the whole process, where MuJoCo looks for them.
  void (*expose)(void);
};

extern const struct backend kinglet_render_egl;
extern const struct backend kinglet_render_osmesa;

#endif
