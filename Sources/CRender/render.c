// Which source a context comes from, and MuJoCo's renderer inside it.
#include "backend.h"
#include "CRender.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_RENDERBUFFER_SIZE = 0x84E8, RENDERER = 0x1F01 };
enum { REASON_SIZE = 256 };

// Guards the sources' own variables, the choice, and MuJoCo's count of its contexts.
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

// What MuJoCo finds OpenGL in; set once, as MuJoCo looks only once.
static const struct backend *chosen;

// Notes what draws, and refuses pictures that are too large for it.
static int inspect(kinglet_render *render, int width, int height, char *reason, size_t capacity) {
  const unsigned char *(*get_string)(unsigned) = NULL;
  void (*get_integer)(unsigned, int *) = NULL;
  *(void **)&get_string = render->backend->function("glGetString");
  *(void **)&get_integer = render->backend->function("glGetIntegerv");
  const char *device = get_string ? (const char *)get_string(RENDERER) : NULL;
  if (device == NULL || get_integer == NULL) {
    snprintf(reason, capacity, "its OpenGL lacks a function");
    return -1;
  }
  snprintf(render->device, sizeof render->device, "%s", device);
  int largest = 0;
  get_integer(MAX_RENDERBUFFER_SIZE, &largest);
  if (width <= largest && height <= largest) return 0;
  snprintf(reason, capacity, "%s draws at most %d x %d pixels", device, largest, largest);
  return -1;
}

static kinglet_render *open_with(
    const struct backend *backend, int width, int height, char *reason, size_t capacity) {
  kinglet_render *render = calloc(1, sizeof *render);
  if (render == NULL) {
    snprintf(reason, capacity, "no memory");
    return NULL;
  }
  render->backend = backend;
  if (backend->open(render, reason, capacity) != 0) {
    free(render);
    return NULL;
  }
  int refused = -1;
  snprintf(reason, capacity, "its context cannot be made current");
  if (backend->enter(render) == 0) {
    refused = inspect(render, width, height, reason, capacity);
    backend->leave(render);
  }
  if (refused == 0) return render;
  kinglet_render_close(render);
  return NULL;
}

static kinglet_render *open_any(
    const struct backend *const *order, int count, int width, int height, char *reason,
    size_t capacity) {
  char why[REASON_SIZE] = "";
  size_t length = 0;
  for (int i = 0; i < count; i++) {
    kinglet_render *render = open_with(order[i], width, height, why, sizeof why);
    if (render != NULL) {
      if (chosen == NULL) order[i]->expose();
      chosen = order[i];
      return render;
    }
    if (length >= capacity) continue;
    const char *gap = i > 0 ? "; " : "";
    int added = snprintf(reason + length, capacity - length, "%s%s: %s", gap, order[i]->name, why);
    length += added > 0 ? (size_t)added : 0;
  }
  return NULL;
}

kinglet_render *kinglet_render_open(
    int width, int height, int preferred, char *reason, size_t capacity) {
  const struct backend *order[] = {&kinglet_render_egl, &kinglet_render_osmesa};
  const char *named = getenv("MUJOCO_GL");
  bool is_reversed = preferred == KINGLET_RENDER_OSMESA
      || (preferred == KINGLET_RENDER_ANY && named != NULL && strcmp(named, "osmesa") == 0);
  if (is_reversed) {
    order[0] = &kinglet_render_osmesa;
    order[1] = &kinglet_render_egl;
  }
  int count = preferred == KINGLET_RENDER_ANY ? 2 : 1;
  kinglet_render *render = NULL;
  pthread_mutex_lock(&lock);
  if (chosen != NULL && count == 1 && order[0] != chosen) {
    snprintf(
        reason, capacity, "%s: this process already draws with %s", order[0]->name, chosen->name);
  } else if (chosen != NULL) {
    order[0] = chosen;
    render = open_any(order, 1, width, height, reason, capacity);
  } else {
    render = open_any(order, count, width, height, reason, capacity);
  }
  pthread_mutex_unlock(&lock);
  return render;
}

int kinglet_render_backend(const kinglet_render *render) { return render->backend->kind; }

const char *kinglet_render_device(const kinglet_render *render) { return render->device; }

int kinglet_render_enter(kinglet_render *render) { return render->backend->enter(render); }

void kinglet_render_leave(kinglet_render *render) { render->backend->leave(render); }

void kinglet_render_close(kinglet_render *render) {
  if (render == NULL) return;
  render->backend->close(render);
  free(render);
}

// Where this thread goes on when MuJoCo gives up, and what it said.
static __thread jmp_buf *landing;
static __thread char complaint[REASON_SIZE];

static void land(const char *message) {
  if (landing == NULL) {
    // Another thread's error, met while the handler was in place: do as MuJoCo does by itself.
    fprintf(stderr, "ERROR: %s\n", message);
    exit(EXIT_FAILURE);
  }
  snprintf(complaint, sizeof complaint, "%s", message);
  longjmp(*landing, 1);
}

int kinglet_render_prepare(
    const mjModel *model, mjrContext *context, char *reason, size_t capacity) {
  jmp_buf here;
  volatile int result = 0;
  pthread_mutex_lock(&lock);
  void (*before)(const char *) = mju_user_error;
  landing = &here;
  if (setjmp(here) == 0) {
    mju_user_error = land;
    mjr_makeContext(model, context, mjFONTSCALE_100);
  } else {
    snprintf(reason, capacity, "%s", complaint);
    result = -1;
  }
  mju_user_error = before;
  landing = NULL;
  pthread_mutex_unlock(&lock);
  return result;
}

void kinglet_render_discard(mjrContext *context) {
  pthread_mutex_lock(&lock);
  mjr_freeContext(context);
  pthread_mutex_unlock(&lock);
}
