// Contexts of OSMesa, which draws in memory with the CPU.
#include "backend.h"
#include "CRender.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

// From GL/osmesa.h and GL/gl.h, whose packages need not be installed.
typedef void *Context;
typedef void (*Function)(void);
enum { RGBA = 0x1908, UNSIGNED_BYTE = 0x1401 };
enum { DEPTH_BITS = 24, STENCIL_BITS = 8 };
// Pictures are drawn in a framebuffer object; the window's own is never looked at.
enum { WINDOW_SIDE = 16 };

static void *library;
static Context (*create_context)(unsigned, int, int, int, Context);
static void (*destroy_context)(Context);
static unsigned char (*make_current)(Context, void *, unsigned, int, int);
static Function (*get_function)(const char *);

static const char *const names[] = {"libOSMesa.so.8", "libOSMesa.so.6", "libOSMesa.so"};

static int load(char *reason, size_t capacity) {
  if (library != NULL) return 0;
  void *loaded = NULL;
  for (size_t i = 0; loaded == NULL && i < sizeof names / sizeof *names; i++) {
    loaded = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
  }
  if (loaded == NULL) {
    snprintf(reason, capacity, "libOSMesa.so cannot be loaded (Debian: libosmesa6)");
    return -1;
  }
  *(void **)&create_context = dlsym(loaded, "OSMesaCreateContextExt");
  *(void **)&destroy_context = dlsym(loaded, "OSMesaDestroyContext");
  *(void **)&make_current = dlsym(loaded, "OSMesaMakeCurrent");
  *(void **)&get_function = dlsym(loaded, "OSMesaGetProcAddress");
  if (!create_context || !destroy_context || !make_current || !get_function) {
    snprintf(reason, capacity, "libOSMesa.so lacks a function");
    return -1;
  }
  library = loaded;
  return 0;
}

static int enter(struct kinglet_render *render) {
  bool is_current =
      make_current(render->context, render->surface, UNSIGNED_BYTE, WINDOW_SIDE, WINDOW_SIDE);
  return is_current ? 0 : -1;
}

static void leave(struct kinglet_render *render) {
  (void)render;
  make_current(NULL, NULL, 0, 0, 0);
}

static void close_context(struct kinglet_render *render) {
  if (render->context != NULL) destroy_context(render->context);
  free(render->surface);
}

static int open_context(struct kinglet_render *render, char *reason, size_t capacity) {
  if (load(reason, capacity) != 0) return -1;
  render->surface = calloc(WINDOW_SIDE * WINDOW_SIDE, 4);
  render->context = create_context(RGBA, DEPTH_BITS, STENCIL_BITS, 0, NULL);
  if (render->surface == NULL || render->context == NULL || enter(render) != 0) {
    snprintf(reason, capacity, "no context can be made");
    close_context(render);
    return -1;
  }
  leave(render);
  return 0;
}

static void *function(const char *name) {
  Function found = get_function(name);
  return *(void **)&found;
}

static void expose(void) {
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (dlopen(names[i], RTLD_NOW | RTLD_GLOBAL | RTLD_NOLOAD) != NULL) return;
  }
}

const struct backend kinglet_render_osmesa = {
    .kind = KINGLET_RENDER_OSMESA, .name = "OSMesa", .open = open_context, .enter = enter,
    .leave = leave, .close = close_context, .function = function, .expose = expose,
};
