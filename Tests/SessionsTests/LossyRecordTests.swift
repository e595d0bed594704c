import Episodes
import Foundation
import Messages
import Randomness
import Synchronization
import Testing
import Wire

/// In lock-step no record is lost on its way to the recorder, whatever the line does; in real time
/// none is without a word.
@Suite(.serialized) struct LossyRecordTests {
  private let scratch: Scratch

  init() throws { scratch = try Scratch() }

  /// A small training; its line to the recorder leads through a tap where there is one.
  private func train(
    _ name: String, tapped isTapped: Bool, _ words: [String] = []
  ) throws -> KingletProcess {
    try KingletProcess(
      [
        "launch", "Launch/pcb-insertion.yaml", "run=" + scratch.path(name), "seed=5",
        "task.steps=8", "finish.steps=64", "learner.demonstrationShare=0", "learner.ensemble=2",
        "learner.drawn=2", "learner.width=32", "learner.startStep=16", "learner.updatesPerStep=1",
        "learner.threads=1",
      ] + words, scratch: scratch, environment: isTapped ? ["KINGLET_TAP": "record"] : [:])
  }

  private func episodes(_ name: String) throws -> [RecordedEpisode] {
    let folder = scratch.path(name) + "/episodes"
    let files = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    return try files.map { try RecordedEpisode(reading: folder + "/" + $0) }
  }

  @Test func `an episode told over a bad line is recorded whole`() throws {
    let tapped = try train("t", tapped: true)
    defer { tapped.end() }
    let line = BadRecordLine(of: scratch.path("t"), until: 7)
    defer { line.end() }
    let end = try tapped.finish()
    try #require(end.status == 0, "\(end.errors)")
    #expect(line.struck > 20, "the line was sound")
    let other = try train("o", tapped: false)
    defer { other.end() }
    try #require(try other.finish().status == 0)
    let (found, wanted) = (try episodes("t"), try episodes("o"))
    #expect(found.count == 8 && wanted.count == 8)
    for (found, wanted) in zip(found, wanted) {
      let comparison = EpisodeComparison(wanted, found)
      #expect(comparison.isIdentical, "\(found.path): \(comparison.firstDifference ?? "")")
      #expect(found.description["isInterrupted"] == "false")
      #expect(found.description["lostMessages"] == "0")
      #expect(found.description["droppedRecords"] == "0")
    }
  }

  @Test func `in real time a file says what it lacks, and is completed without it`() throws {
    let training = try train("t", tapped: true, ["clock=realtime", "finish.steps=24"])
    defer { training.end() }
    let line = BadRecordLine(of: scratch.path("t"), until: 2)
    defer { line.end() }
    let end = try training.finish()
    try #require(end.status == 0, "\(end.errors)")
    let found = try episodes("t")
    #expect(found.count >= 3)
    var lost = 0
    for episode in found {
      #expect(episode.description["isInterrupted"] == "false", "\(episode.path)")
      let count = { (key: String) in Int(episode.description[key] ?? "") ?? 0 }
      lost += count("lostMessages")
      let ticks = episode.states.map(\.tick)
      let hasHole = zip(ticks, ticks.dropFirst()).contains { $1 != $0 + 1 }
      #expect(!hasHole || count("lostMessages") + count("droppedRecords") > 0, "\(episode.path)")
    }
    #expect(lost > 0)
  }
}

/// A tap before a recorder that loses, doubles, delays and damages, on a thread of its own.
private final class BadRecordLine: Sendable {
  private let isOver = Atomic(false)
  private let count = Atomic(0)
  private let ended = DispatchSemaphore(value: 0)
  /// With this file the line becomes sound: the word to end comes once.
  private let last: String

  init(of run: String, until episode: Int) {
    let folder = run + "/sockets"
    last = run + "/episodes/episode-00000\(episode).mcap"
    Thread.detachNewThread { [self] in
      defer { ended.signal() }
      while !FileManager.default.fileExists(atPath: folder), !isDone { usleep(1000) }
      do { try tap(folder + "/record") } catch { Issue.record("\(error)") }
    }
  }

  /// Messages that were not just handed on.
  var struck: Int { count.load(ordering: .relaxed) }

  private var isDone: Bool { isOver.load(ordering: .relaxed) }

  func end() {
    isOver.store(true, ordering: .relaxed)
    _ = ended.wait(timeout: .now() + 5)
  }

  private func tap(_ socket: String) throws {
    var tap = try Tap(
      .calls, at: Endpoint("ipc://\(socket).tap"), to: Endpoint("ipc://\(socket)"), in: Context())
    var stream = RandomStream(seed: 1, name: "bad line")
    while !isDone { try tap.run(for: .milliseconds(20)) { _ in fate(&stream) } }
  }

  private func fate(_ stream: inout RandomStream) -> TapFate {
    guard stream.uniform() < 0.4, !FileManager.default.fileExists(atPath: last) else {
      return .pass
    }
    count.add(1, ordering: .relaxed)
    switch stream.index(below: 4) {
    case 0: return .duplicate
    case 1: return .delay(.microseconds(200 + Int64(stream.index(below: 5000))))
    case 2: return .flip(bit: stream.next())
    default: return .drop
    }
  }
}
