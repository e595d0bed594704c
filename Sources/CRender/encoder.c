// Programs that frames are handed to.
#define _GNU_SOURCE
#include "CRender.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <unistd.h>

extern char **environ;

int kinglet_encoder_memory(void) { return memfd_create("encoder", MFD_CLOEXEC); }

static int set_descriptors(posix_spawn_file_actions_t *actions, int input, int complaints) {
  int failed = posix_spawn_file_actions_adddup2(actions, input, STDIN_FILENO);
  if (!failed) {
    failed = posix_spawn_file_actions_addopen(actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  }
  if (!failed) failed = posix_spawn_file_actions_adddup2(actions, complaints, STDERR_FILENO);
  // Descriptors of this process that are not close-on-exec would stay open with the program.
  if (!failed) failed = posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1);
  return failed;
}

static int set_signals(posix_spawnattr_t *attributes) {
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  int failed = posix_spawnattr_setsigmask(attributes, &none);
  if (!failed) failed = posix_spawnattr_setsigdefault(attributes, &all);
  if (!failed) failed = posix_spawnattr_setpgroup(attributes, 0);
  if (failed) return failed;
  return posix_spawnattr_setflags(
      attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

int kinglet_encoder_start(char *const *words, int input, int complaints, pid_t *process) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  int failed = posix_spawn_file_actions_init(&actions);
  if (failed) return failed;
  failed = posix_spawnattr_init(&attributes);
  if (!failed) {
    failed = set_descriptors(&actions, input, complaints);
    if (!failed) failed = set_signals(&attributes);
    if (!failed) failed = posix_spawnp(process, words[0], &actions, &attributes, words, environ);
    posix_spawnattr_destroy(&attributes);
  }
  posix_spawn_file_actions_destroy(&actions);
  return failed;
}
