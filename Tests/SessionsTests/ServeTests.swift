import Foundation
import Messages
import Testing
import Wire

/// A client in the actor's place, over `kinglet serve`.
@Suite(.serialized) struct ServeTests {
  /// What `serve --json` says first.
  private struct Announcement: Decodable {
    var endpoint: String
    var folder: String
    var session: UInt32
    var observationSize: Int
    var actionSize: Int
    var steps: Int
  }

  private let scratch: Scratch

  init() throws { scratch = try Scratch() }

  private func serve(_ words: [String], input: Pipe? = nil) throws -> KingletProcess {
    try KingletProcess(
      ["serve", "Launch/pcb-insertion.yaml", "run=" + scratch.path("r"), "--json"] + words,
      scratch: scratch, input: input)
  }

  private func announcement(of served: KingletProcess) throws -> Announcement {
    let deadline = DispatchTime.now() + 60
    while true {
      try #require(DispatchTime.now() < deadline, "serve said nothing")
      if let text = try? served.output(),
        let said = try? JSONDecoder().decode(Announcement.self, from: Data(text.utf8))
      {
        return said
      }
      usleep(20_000)
    }
  }

  private func client(of said: Announcement) throws -> Client {
    try Client(
      to: Endpoint(said.endpoint), role: "serve",
      in: Context(session: SessionMark(said.session)))
  }

  private func state(
    _ message: Message, from client: inout Client
  ) throws -> EnvironmentState {
    let answer = try client.call(message, within: .seconds(60))
    guard case .environmentState(let state) = answer else {
      throw ClientFailure(answer: answer)
    }
    return state
  }

  private struct ClientFailure: Error { let answer: Message }

  @Test func `episodes are served, step by step, and nothing is left`() throws {
    let served = try serve(["seed=3", "task.steps=2"])
    defer { served.end() }
    let said = try announcement(of: served)
    #expect((said.observationSize, said.actionSize, said.steps) == (19, 6, 2))
    var client = try client(of: said)
    let still = Message.environmentStep(action: Array(repeating: 0, count: 6))
    #expect(throws: WireError.self) { try client.call(still, within: .seconds(10)) }
    for episode in 0..<2 as Range<UInt64> {
      let start = try state(.environmentReset, from: &client)
      #expect(start.episode == episode && start.seconds == 0 && start.ending == nil)
      #expect(start.observation.count == 19 && start.executedAction.isEmpty)
      let first = try state(still, from: &client)
      #expect(first.executedAction == Array(repeating: 0, count: 6) && first.ending == nil)
      #expect(first.robotNanoseconds - start.robotNanoseconds == 100_000_000)
      let last = try state(still, from: &client)
      #expect(last.ending == .timeLimit && !last.isRewarded)
      #expect(throws: WireError.self) { try client.call(still, within: .seconds(10)) }
    }
    kill(served.process.processIdentifier, SIGINT)
    let outcome = try served.finish(within: 30)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(KingletProcess.isGone(said.folder))
    #expect(!FileManager.default.fileExists(atPath: said.folder))
    #expect(!FileManager.default.fileExists(atPath: scratch.path("r")))
  }

  @Test func `what is no action is refused by name`() throws {
    let served = try serve(["seed=3"])
    defer { served.end() }
    var client = try client(of: announcement(of: served))
    _ = try state(.environmentReset, from: &client)
    for wrong in [[], [0, 0, 0, 0, 0, 1.5], Array(repeating: 0, count: 7)] as [[Float]] {
      let error = #expect(throws: WireError.self) {
        try client.call(.environmentStep(action: wrong), within: .seconds(10))
      }
      #expect("\(try #require(error))".contains("action"))
    }
    #expect(throws: WireError.self) { try client.call(.truthRequest, within: .seconds(10)) }
    _ = try state(.environmentStep(action: [1, -1, 0, 0, 0, 0]), from: &client)
    kill(served.process.processIdentifier, SIGTERM)
    #expect(try served.finish(within: 30).status == 0)
  }

  @Test func `it ends with its standard input`() throws {
    let input = Pipe()
    let served = try serve(["--until-input-ends"], input: input)
    defer { served.end() }
    let said = try announcement(of: served)
    try input.fileHandleForWriting.close()
    let outcome = try served.finish(within: 30)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(KingletProcess.isGone(said.folder))
    #expect(!FileManager.default.fileExists(atPath: said.folder))
  }
}
