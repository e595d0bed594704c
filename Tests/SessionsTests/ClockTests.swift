import Episodes
import Foundation
import Messages
import Testing

/// The wall's clock is set forward and back by hours while a session runs: it only labels, so nothing
/// waits longer, and nothing is computed from it.
@Suite(.serialized) struct ClockTests {
  private let scratch: Scratch
  private let clock: JumpingClock

  init() throws {
    scratch = try Scratch()
    clock = try JumpingClock(in: scratch)
  }

  /// What `launch --json` prints, but for the time that it took.
  private struct Result: Decodable, Equatable {
    var finishReason: String
    var replayDigest: String
    var weightsDigest: String
    var steps: Int
    var updates: Int
    var episodes: Int
    var robotMinutes: Double
  }

  private struct Line: Decodable {
    var wallSeconds: Double
  }

  private func start(_ name: String, _ changes: [String], isJumping: Bool = true) throws
    -> KingletProcess
  {
    try KingletProcess(
      [
        "launch", "Launch/pcb-insertion.yaml", "run=" + scratch.path(name), "seed=5",
        "learner.demonstrationShare=0", "learner.startStep=40", "learner.ensemble=2",
        "learner.drawn=2", "learner.width=32", "learner.updatesPerStep=1", "task.steps=25",
        "checkpointEvery=40", "learner.threads=1", "finish.window=100000", "--json",
      ] + changes, scratch: scratch, environment: isJumping ? clock.environment : [:])
  }

  private func result(of outcome: KingletProcess.Outcome) throws -> Result {
    try #require(outcome.status == 0, "\(outcome.errors)")
    return try JSONDecoder().decode(Result.self, from: Data(outcome.output.utf8))
  }

  private func figures(_ name: String) -> [Substring] {
    let text = try? String(contentsOfFile: scratch.path(name) + "/metrics.jsonl", encoding: .utf8)
    return text?.split(separator: "\n") ?? []
  }

  private func ended(_ name: String) -> Int {
    figures(name).count { $0.contains("\"episode/steps\"") }
  }

  private func episodes(_ name: String) throws -> [RecordedEpisode] {
    let folder = scratch.path(name) + "/episodes"
    let files = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    return try files.map { try RecordedEpisode(reading: folder + "/" + $0) }
  }

  /// The clock went forward and back by more than an hour while ticks were recorded.
  private func expectJumps(in episodes: [RecordedEpisode]) {
    let times = episodes.flatMap { $0.tickTimes.map(\.wall) }
    let jumps = zip(times.dropFirst(), times).map { $0 - $1 }
    let hour: Int64 = 3_600_000_000_000
    #expect((jumps.max() ?? 0) > hour && (jumps.min() ?? 0) < -hour, "the clock did not jump")
  }

  /// Goes on jumping until something is so, which a session that ended before did not come to.
  private func jump(_ launch: KingletProcess, until isSo: () -> Bool) throws {
    let deadline = DispatchTime.now() + 120
    while !isSo() {
      let said = try launch.errors()
      let isOver = !launch.process.isRunning || DispatchTime.now() > deadline
      try #require(!isOver || isSo(), "\(said)")
      for hours in [5, -72, 8_760, -175_200, 0] {
        try clock.set(hours: hours)
        usleep(5_000)
      }
    }
  }

  @Test func `in lock-step nothing depends on the wall's clock`() throws {
    let changes = ["clock=lockstep", "finish.steps=150"]
    let plain = try start("a", changes, isJumping: false)
    defer { plain.end() }
    let wanted = try result(of: plain.finish())
    let launch = try start("b", changes)
    defer { launch.end() }
    try jump(launch) { ended("b") == 6 }
    #expect(try result(of: launch.finish()) == wanted)
    let policies = ["a", "b"].map {
      FileManager.default.contents(atPath: scratch.path($0) + "/policy.safetensors")
    }
    #expect(policies[0] != nil && policies[0] == policies[1])
    let (found, recorded) = (try episodes("b"), try episodes("a"))
    #expect(found.count == 6 && recorded.count == 6)
    for (found, recorded) in zip(found, recorded) {
      let comparison = EpisodeComparison(recorded, found)
      #expect(comparison.isIdentical, "\(found.path): \(comparison.firstDifference ?? "")")
    }
    expectJumps(in: found)
  }

  @Test func `in real time a session goes on, and what it wrote can be read`() throws {
    let begin = DispatchTime.now()
    let launch = try start("r", ["clock=realtime", "placement=driver", "finish.steps=100000"])
    defer { launch.end() }
    try jump(launch) { ended("r") > 1 }
    // Who waits by this clock waits for two years from here on, and longer than `launch` has patience for.
    try clock.set(hours: 8_760)
    usleep(1_500_000)
    try clock.set(hours: -8_760)
    sleep(13)
    let before = ended("r")
    try jump(launch) { ended("r") > before }
    kill(launch.process.processIdentifier, SIGINT)
    let end = try result(of: launch.finish(within: 60))
    #expect(end.finishReason == "interrupted" && end.episodes > 3)
    #expect(KingletProcess.isGone(scratch.path("r") + "/"))
    let elapsed = Double(DispatchTime.now().uptimeNanoseconds - begin.uptimeNanoseconds) * 1e-9

    // The controller is in the driver, so that a slow machine makes no torque late.
    let log = try String(contentsOfFile: scratch.path("r/logs/driver.log"), encoding: .utf8)
    let modes = log.matches(of: /driver: (\w+) at\b/).map(\.1)
    #expect(modes == ["ready", "active", "idle"], "\(log)")
    #expect(log.contains(", 0 torques missed"), "\(log)")

    expectJumps(in: try episodes("r"))
    let seconds = try figures("r").map {
      try JSONDecoder().decode(Line.self, from: Data($0.utf8)).wallSeconds
    }
    #expect(seconds.allSatisfy { 0...elapsed ~= $0 } && seconds == seconds.sorted())
    let recorded = scratch.path("r/episodes")
    for words in [
      ["episodes", "verify", recorded], ["inspect", recorded + "/episode-000001.mcap"],
      ["export", "csv", recorded, "--out", scratch.path("csv")],
      ["plot", scratch.path("r"), "--out", scratch.path("curve.svg")],
    ] {
      let outcome = try KingletProcess.run(words, scratch: scratch)
      #expect(outcome.status == 0, "\(words): \(outcome.errors)")
    }
  }
}

/// A wall clock that can be set for the processes that are started in its environment, and for no
/// others.
///
/// Not Debian's `faketime`: that one turns a wait by the wall's clock into one by the other clock, and so
/// hides what is looked for; and it takes instants of the monotonic clock for the wall's.
private final class JumpingClock {
  /// What a process needs in its environment.
  let environment: [String: String]
  private let offset: FileHandle

  init(in scratch: Scratch) throws {
    let (source, library) = (scratch.path("clock.c"), scratch.path("clock.so"))
    try Self.source.write(toFile: source, atomically: true, encoding: .utf8)
    // Swift brings the one compiler, and its linker needs the other.
    let compiler = try Process.run(
      URL(fileURLWithPath: "/bin/sh"),
      arguments: [
        "-c", #"exec "$(command -v clang || command -v cc)" "$@""#, "sh", "-shared", "-fPIC",
        "-Wall", "-Werror", "-o", library, source,
      ])
    compiler.waitUntilExit()
    try #require(compiler.terminationStatus == 0, "no compiler for C")
    let file = scratch.path("clock.offset")
    try Data(count: 8).write(to: URL(fileURLWithPath: file))
    offset = try #require(FileHandle(forUpdatingAtPath: file))
    environment = ["LD_PRELOAD": library, "CLOCK_OFFSET": file]
  }

  /// Sets the clock to so many hours after the machine's.
  func set(hours: Int) throws {
    try offset.seek(toOffset: 0)
    try offset.write(contentsOf: withUnsafeBytes(of: Int64(hours) * 3600) { Data($0) })
  }

  /// Moves what is read from the wall's clock, and lets a wait for an instant of it end when that clock,
  /// as it then stands, has come there: as the kernel does.
  private static let source = """
    #define _GNU_SOURCE
    #include <errno.h>
    #include <fcntl.h>
    #include <pthread.h>
    #include <semaphore.h>
    #include <stdint.h>
    #include <stdlib.h>
    #include <sys/mman.h>
    #include <sys/syscall.h>
    #include <sys/time.h>
    #include <time.h>
    #include <unistd.h>

    static const volatile int64_t *offset;

    __attribute__((constructor)) static void begin(void) {
      const char *name = getenv("CLOCK_OFFSET");
      int file = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;
      void *place = mmap(0, sizeof *offset, PROT_READ, MAP_SHARED, file, 0);
      if (file < 0 || place == MAP_FAILED) abort();
      close(file);
      offset = place;
    }

    int clock_gettime(clockid_t clock, struct timespec *now) {
      int status = syscall(SYS_clock_gettime, clock, now);
      int isWall = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
      if (status == 0 && isWall && offset) now->tv_sec += *offset;
      return status;
    }

    int gettimeofday(struct timeval *restrict time, void *restrict zone) {
      struct timespec now;
      clock_gettime(CLOCK_REALTIME, &now);
      *time = (struct timeval){now.tv_sec, now.tv_nsec / 1000};
      return 0;
    }

    time_t time(time_t *place) {
      struct timespec now;
      clock_gettime(CLOCK_REALTIME, &now);
      if (place) *place = now.tv_sec;
      return now.tv_sec;
    }

    /* When to look again, by the other clock; 0 once an instant of the wall's is past. */
    static int isAhead(const struct timespec *end, struct timespec *soon) {
      struct timespec now;
      clock_gettime(CLOCK_REALTIME, &now);
      double left = (double)end->tv_sec - now.tv_sec + 1e-9 * (end->tv_nsec - now.tv_nsec);
      double rest = left < 0 ? 0 : left > 0.01 ? 0.01 : left;
      clock_gettime(CLOCK_MONOTONIC, soon);
      int64_t nanoseconds = soon->tv_nsec + (int64_t)(rest * 1e9);
      soon->tv_sec += nanoseconds / 1000000000;
      soon->tv_nsec = nanoseconds % 1000000000;
      return left > 0;
    }

    int sem_timedwait(sem_t *restrict semaphore, const struct timespec *restrict end) {
      for (;;) {
        struct timespec soon;
        int mayGoOn = isAhead(end, &soon);
        if (sem_clockwait(semaphore, CLOCK_MONOTONIC, &soon) == 0) return 0;
        if (errno != ETIMEDOUT || !mayGoOn) return -1;
      }
    }

    int pthread_cond_timedwait(
        pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex,
        const struct timespec *restrict end) {
      /* Which clock it counts on, only glibc knows; no machine has been up for fifteen years. */
      if (end->tv_sec < 500000000)
        return pthread_cond_clockwait(condition, mutex, CLOCK_MONOTONIC, end);
      for (;;) {
        struct timespec soon;
        int mayGoOn = isAhead(end, &soon);
        int status = pthread_cond_clockwait(condition, mutex, CLOCK_MONOTONIC, &soon);
        if (status != ETIMEDOUT || !mayGoOn) return status;
      }
    }
    """
}
