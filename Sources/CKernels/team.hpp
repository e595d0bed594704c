// Threads that share the chunks of one piece of work after another.
#pragma once
#include <atomic>
#include <climits>
#include <cstdint>
#include <linux/futex.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace kinglet {

/// The caller's thread and some workers.
///
/// A round is a number of chunks. Whoever is free takes the next one, and the caller waits for
/// chunks, not for workers: a worker that another process keeps from its CPU delays at most the
/// chunk that it holds. Workers without work spin for a moment and then sleep.
class Team {
public:
  static const int mostThreads = 64;

  Team() = default;
  Team(const Team &) = delete;
  Team &operator=(const Team &) = delete;

  ~Team() {
    isEnding.store(true);
    wakeWorkers();
    for (int worker = 1; worker < size; worker++) pthread_join(workers[worker].thread, nullptr);
  }

  /// Starts workers until there are `threads` threads; false when the machine refuses one.
  bool start(int threads) {
    for (; size < threads; size++) {
      workers[size].team = this;
      workers[size].number = size;
      if (pthread_create(&workers[size].thread, nullptr, serve, &workers[size]) != 0) return false;
    }
    return true;
  }

  /// Threads, the caller's among them.
  int threads() const { return size; }

  /// Calls `body(chunk, thread)` once for each chunk, `thread` being the number of the thread that
  /// runs it, 0 for the caller's.
  template <typename Body> void run(int chunks, const Body &body) {
    if (size == 1 || chunks == 1) {
      for (int chunk = 0; chunk < chunks; chunk++) body(chunk, 0);
      return;
    }
    call.store([](const void *work, int chunk, int thread) {
      (*static_cast<const Body *>(work))(chunk, thread);
    }, std::memory_order_relaxed);
    work.store(&body, std::memory_order_relaxed);
    done.store(0, std::memory_order_relaxed);
    open.store((uint32_t)chunks);
    wakeWorkers();
    while (runChunk(0)) {}
    await(done, callerSleeps, [&] { return done.load() == (uint32_t)chunks; });
  }

private:
  typedef void (*Call)(const void *work, int chunk, int thread);

  struct Worker {
    Team *team;
    int number;
    pthread_t thread;
  };

  int size = 1;
  Worker workers[mostThreads];
  std::atomic<bool> isEnding{false};
  // Stable while any chunk of the round is open or held; read only by a thread that holds one.
  std::atomic<Call> call{nullptr};
  std::atomic<const void *> work{nullptr};
  /// Chunks of the round that nobody has taken. Who takes one, however late, holds a chunk of the
  /// round that runs then.
  alignas(64) std::atomic<uint32_t> open{0};
  alignas(64) std::atomic<uint32_t> done{0};
  std::atomic<uint32_t> callerSleeps{0};
  alignas(64) std::atomic<uint32_t> rounds{0};
  std::atomic<uint32_t> sleepers{0};

  /// Takes a chunk and runs it; false when none is open.
  bool runChunk(int thread) {
    uint32_t now = open.load();
    do {
      if (now == 0) return false;
    } while (!open.compare_exchange_weak(now, now - 1));
    call.load(std::memory_order_relaxed)(
        work.load(std::memory_order_relaxed), (int)now - 1, thread);
    done.fetch_add(1);
    if (thread != 0 && callerSleeps.load() != 0) wake(done);
    return true;
  }

  void wakeWorkers() {
    rounds.fetch_add(1);
    if (sleepers.load() != 0) wake(rounds);
  }

  /// Spins for a moment, then sleeps on `word`, until `isOver`, which only a change of the word
  /// can bring about.
  template <typename Condition>
  static void await(std::atomic<uint32_t> &word, std::atomic<uint32_t> &sleeping,
                    const Condition &isOver) {
    const int spins = 2000;
    for (int i = 0; i < spins; i++) {
      if (isOver()) return;
      pause();
    }
    sleeping.fetch_add(1);
    for (;;) {
      uint32_t seen = word.load();
      if (isOver()) break;
      syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, seen, nullptr, nullptr, 0);
    }
    sleeping.fetch_sub(1);
  }

  static void wake(std::atomic<uint32_t> &word) {
    syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, INT_MAX, nullptr, nullptr, 0);
  }

  static void pause() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
  }

  static void *serve(void *argument) {
    Worker *worker = static_cast<Worker *>(argument);
    Team *team = worker->team;
    for (;;) {
      await(team->rounds, team->sleepers,
            [&] { return team->isEnding.load() || team->open.load() != 0; });
      if (team->isEnding.load()) return nullptr;
      while (team->runChunk(worker->number)) {}
    }
  }
};

}  // namespace kinglet
