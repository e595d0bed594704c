// Contexts of EGL: on a GPU where a driver offers one, else Mesa's software renderer.
#include "backend.h"
#include "CRender.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

// From EGL/egl.h and EGL/eglext.h, whose package need not be installed.
typedef void *Display;
typedef void *Handle;
typedef void (*Function)(void);
enum {
  NONE = 0x3038, EXTENSIONS = 0x3055, HEIGHT = 0x3056, WIDTH = 0x3057,
  SURFACE_TYPE = 0x3033, PBUFFER_BIT = 0x0001, RENDERABLE_TYPE = 0x3040, OPENGL_BIT = 0x0008,
  BLUE_SIZE = 0x3022, GREEN_SIZE = 0x3023, RED_SIZE = 0x3024, DEPTH_SIZE = 0x3025,
  OPENGL_API = 0x30A2, PLATFORM_DEVICE = 0x313F, PLATFORM_SURFACELESS = 0x31DD,
};
enum { LARGEST_DEVICE_COUNT = 16 };
// Pictures are drawn in a framebuffer object; the surface's own is never looked at.
enum { SURFACE_SIDE = 16 };

static const char name[] = "libEGL.so.1";

static struct {
  void *library;
  Function (*get_function)(const char *);
  Display (*get_display)(void *);
  Display (*get_platform_display)(unsigned, void *, const int32_t *);
  unsigned (*query_devices)(int32_t, Handle *, int32_t *);
  unsigned (*initialize)(Display, int32_t *, int32_t *);
  unsigned (*terminate)(Display);
  const char *(*query_string)(Display, int32_t);
  unsigned (*bind_api)(unsigned);
  unsigned (*choose_config)(Display, const int32_t *, Handle *, int32_t, int32_t *);
  Handle (*create_context)(Display, Handle, Handle, const int32_t *);
  unsigned (*destroy_context)(Display, Handle);
  Handle (*create_pbuffer)(Display, Handle, const int32_t *);
  unsigned (*destroy_surface)(Display, Handle);
  unsigned (*make_current)(Display, Handle, Handle, Handle);
  int32_t (*get_error)(void);
  // The display of every context; it is never terminated, as that would end them all.
  Display display;
  // The last refusal: what was asked for, and EGL's number for why.
  const char *refused;
  int32_t error;
} egl;

static bool find_functions(void *library) {
  const struct { const char *name; void *target; } wanted[] = {
      {"eglGetProcAddress", &egl.get_function}, {"eglGetDisplay", &egl.get_display},
      {"eglInitialize", &egl.initialize}, {"eglTerminate", &egl.terminate},
      {"eglQueryString", &egl.query_string}, {"eglBindAPI", &egl.bind_api},
      {"eglChooseConfig", &egl.choose_config}, {"eglCreateContext", &egl.create_context},
      {"eglDestroyContext", &egl.destroy_context},
      {"eglCreatePbufferSurface", &egl.create_pbuffer},
      {"eglDestroySurface", &egl.destroy_surface}, {"eglMakeCurrent", &egl.make_current},
      {"eglGetError", &egl.get_error},
  };
  for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
    void *found = dlsym(library, wanted[i].name);
    if (found == NULL) return false;
    memcpy(wanted[i].target, &found, sizeof found);
  }
  // Extensions, which a library may lack.
  Function found = egl.get_function("eglGetPlatformDisplayEXT");
  memcpy(&egl.get_platform_display, &found, sizeof found);
  found = egl.get_function("eglQueryDevicesEXT");
  memcpy(&egl.query_devices, &found, sizeof found);
  return true;
}

static int load(char *reason, size_t capacity) {
  if (egl.library != NULL) return 0;
  void *loaded = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  if (loaded == NULL) {
    snprintf(reason, capacity, "%s cannot be loaded (Debian: libegl1)", name);
    return -1;
  }
  if (!find_functions(loaded)) {
    snprintf(reason, capacity, "%s lacks a function", name);
    return -1;
  }
  egl.library = loaded;
  return 0;
}

static bool refuse(const char *what) {
  egl.refused = what;
  egl.error = egl.get_error();
  return false;
}

static int enter(struct kinglet_render *render) {
  // Which API a thread means is the thread's own setting.
  if (!egl.bind_api(OPENGL_API)) return -1;
  return egl.make_current(egl.display, render->surface, render->surface, render->context) ? 0 : -1;
}

static void leave(struct kinglet_render *render) {
  (void)render;
  egl.bind_api(OPENGL_API);
  egl.make_current(egl.display, NULL, NULL, NULL);
}

static void close_context(struct kinglet_render *render) {
  if (render->context != NULL) egl.destroy_context(egl.display, render->context);
  if (render->surface != NULL) egl.destroy_surface(egl.display, render->surface);
  render->context = NULL;
  render->surface = NULL;
}

// Makes a context on egl.display, with a surface only where none can do without.
static bool make_context(struct kinglet_render *render) {
  const int32_t wanted[] = {
      SURFACE_TYPE, PBUFFER_BIT, RENDERABLE_TYPE, OPENGL_BIT, RED_SIZE, 8, GREEN_SIZE, 8,
      BLUE_SIZE, 8, DEPTH_SIZE, 24, NONE,
  };
  const int32_t side[] = {WIDTH, SURFACE_SIDE, HEIGHT, SURFACE_SIDE, NONE};
  if (!egl.bind_api(OPENGL_API)) return refuse("desktop OpenGL");
  Handle config = NULL;
  int32_t count = 0;
  if (!egl.choose_config(egl.display, wanted, &config, 1, &count) || count < 1) {
    return refuse("a configuration");
  }
  render->context = egl.create_context(egl.display, config, NULL, NULL);
  if (render->context == NULL) return refuse("a context");
  const char *extensions = egl.query_string(egl.display, EXTENSIONS);
  bool is_free = extensions != NULL && strstr(extensions, "EGL_KHR_surfaceless_context") != NULL;
  if (!is_free || enter(render) != 0) {
    render->surface = egl.create_pbuffer(egl.display, config, side);
    if (render->surface == NULL || enter(render) != 0) {
      refuse("a current context");
      close_context(render);
      return false;
    }
  }
  leave(render);
  return true;
}

// Takes a display for all contexts to come when one can be made on it.
static bool try_display(struct kinglet_render *render, Display display) {
  if (display == NULL) return refuse("a display");
  if (!egl.initialize(display, NULL, NULL)) return refuse("an initialised display");
  egl.display = display;
  if (make_context(render)) return true;
  egl.display = NULL;
  egl.terminate(display);
  return false;
}

// GPUs first, then Mesa without a window system, then whatever the system calls its display.
static bool find_display(struct kinglet_render *render) {
  Handle devices[LARGEST_DEVICE_COUNT];
  int32_t count = 0;
  if (egl.query_devices && egl.get_platform_display
      && egl.query_devices(LARGEST_DEVICE_COUNT, devices, &count)) {
    for (int32_t i = 0; i < count; i++) {
      if (try_display(render, egl.get_platform_display(PLATFORM_DEVICE, devices[i], NULL))) {
        return true;
      }
    }
  }
  if (egl.get_platform_display
      && try_display(render, egl.get_platform_display(PLATFORM_SURFACELESS, NULL, NULL))) {
    return true;
  }
  return try_display(render, egl.get_display(NULL));
}

static int open_context(struct kinglet_render *render, char *reason, size_t capacity) {
  if (load(reason, capacity) != 0) return -1;
  if (egl.display != NULL ? make_context(render) : find_display(render)) return 0;
  snprintf(
      reason, capacity, "no driver gives %s (EGL error 0x%04x; Debian: libegl-mesa0)", egl.refused,
      (unsigned)egl.error);
  return -1;
}

static void *function(const char *name) {
  Function found = egl.get_function(name);
  return *(void **)&found;
}

static void expose(void) { dlopen(name, RTLD_NOW | RTLD_GLOBAL | RTLD_NOLOAD); }

const struct backend kinglet_render_egl = {
    .kind = KINGLET_RENDER_EGL, .name = "EGL", .open = open_context, .enter = enter,
    .leave = leave, .close = close_context, .function = function, .expose = expose,
};
