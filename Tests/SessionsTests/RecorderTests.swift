import Episodes
import Foundation
import Messages
import Randomness
import Testing
import Wire

/// What a recorder takes in lock-step: of each sender each message once and in order.
@Suite(.serialized) struct RecorderTests {
  private let scratch: Scratch
  private let run: String
  private let recorder: KingletProcess
  private let context: Context

  init() throws {
    scratch = try Scratch()
    run = scratch.path("r")
    recorder = try KingletProcess(
      [
        "recorder", "Launch/pcb-insertion.yaml", "run=" + run, "demonstrations.episodes=0",
        "learner.demonstrationShare=0",
      ], scratch: scratch)
    context = try Context(session: SessionMark(of: "\(run)\npanda\npcb-insertion\n1"))
  }

  private func client() throws -> Client {
    try Client(to: Endpoint("ipc://\(run)/sockets/record"), role: "recorder", in: context)
  }

  private func records(
    _ episode: UInt64, _ sender: RecordSender, _ sequence: UInt64, isLast: Bool = false
  ) -> Message {
    var records = Records(episode: episode, sender: sender)
    records.sequence = sequence
    records.isLast = isLast
    let time = RecordTime(robot: Int64(sequence), wall: 0)
    records.records = [
      TimedRecord(.log(LogLine(role: "\(sender)", text: "\(sequence)")), at: time)
    ]
    return .records(records)
  }

  private func start(of episode: UInt64) -> Message {
    .recordStart(.still(episode), at: RecordTime(robot: 0, wall: 0))
  }

  private func refusal(of message: Message, by client: inout Client) -> String {
    do {
      return "answered \(try client.call(message, within: .seconds(15)))"
    } catch {
      return "\(error)"
    }
  }

  /// Tells a sender's part as a bad line would: much of it twice, early or late.
  private func tell(
    _ count: UInt64, of episode: UInt64, as sender: RecordSender, with client: inout Client,
    _ stream: inout RandomStream
  ) throws {
    var due: UInt64 = 0
    while due < count {
      let number = UInt64(max(0, min(Int(count) - 1, Int(due) + stream.index(below: 5) - 2)))
      let isDue = number == due
      if isDue { due += 1 }
      let message = records(episode, sender, number, isLast: number == count - 1)
      if isDue, due < count, due % 8 != 0 {
        try client.send(message, within: .seconds(15))
      } else {
        let answer = try client.call(message, within: .seconds(15))
        #expect(answer == .recordsAccepted(episode: episode, sender: sender, nextSequence: due))
      }
    }
  }

  @Test func `what comes twice or early is passed over, also when the file is closed`() throws {
    defer { recorder.end() }
    var stream = RandomStream(seed: 1, name: "recorder")
    var driver = try client()
    var actor = try client()
    for episode in 0..<UInt64(12) {
      let counts = (driver: 1 + UInt64(stream.index(below: 40)), actor: UInt64(7))
      #expect(try actor.call(start(of: episode), within: .seconds(15)) == .recordAccepted)
      try tell(counts.driver, of: episode, as: .driver, with: &driver, &stream)
      try tell(counts.actor, of: episode, as: .actor, with: &actor, &stream)
      let end = Message.recordEnd(episode: episode, outcome: ["steps": "7"])
      #expect(try actor.call(end, within: .seconds(15)) == .recordAccepted)
      // Whatever comes now finds everything held.
      for number in [0, counts.driver - 1, counts.driver, 99] {
        #expect(
          try driver.call(records(episode, .driver, number), within: .seconds(15))
            == .recordsAccepted(
              episode: episode, sender: .driver, nextSequence: counts.driver))
      }
      #expect(try actor.call(end, within: .seconds(15)) == .recordAccepted)
      #expect(refusal(of: start(of: episode), by: &actor).contains("recorded already"))
      let path = run + "/episodes/episode-" + String(format: "%06llu", episode) + ".mcap"
      let recorded = try RecordedEpisode(reading: path)
      for (name, count) in [("driver", counts.driver), ("actor", counts.actor)] {
        let said = recorded.records.compactMap { record -> String? in
          if case .log(let line) = record.record, line.role == name { line.text } else { nil }
        }
        #expect(said == (0..<count).map { "\($0)" })
      }
      #expect(recorded.description["isInterrupted"] == "false")
    }
    let names = try FileManager.default.contentsOfDirectory(atPath: run + "/episodes")
    #expect(names.count == 12 && names.allSatisfy { $0.hasSuffix(".mcap") })
  }

  @Test func `only so many episodes can be open, and none is opened by what is not its first`()
    throws
  {
    defer { recorder.end() }
    var client = try client()
    for episode in 0..<UInt64(100) {
      #expect(
        try client.call(records(episode, .actor, 1), within: .seconds(15))
          == .recordsAccepted(episode: episode, sender: .actor, nextSequence: 0))
    }
    for episode in 100..<UInt64(108) {
      #expect(
        try client.call(records(episode, .driver, 0, isLast: true), within: .seconds(15))
          == .recordsAccepted(episode: episode, sender: .driver, nextSequence: 1))
    }
    for message in [records(108, .driver, 0), start(of: 109)] {
      #expect(refusal(of: message, by: &client).contains("failed: 8 episodes are open"))
    }
    // Who has one open goes on.
    #expect(try client.call(start(of: 103), within: .seconds(15)) == .recordAccepted)
  }
}
