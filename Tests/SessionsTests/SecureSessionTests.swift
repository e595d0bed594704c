import Foundation
import Messages
import Testing
import Wire

/// Sessions with keys, as a user starts them.
@Suite(.serialized) struct SecureSessionTests {
  private let scratch: Scratch

  init() throws { scratch = try Scratch() }

  private struct Digests: Decodable, Equatable {
    var replayDigest: String
    var weightsDigest: String
    var steps: Int
    var updates: Int
  }

  /// The first of as many ports as a session needs, all of them free a moment ago.
  private func freePorts() throws -> Int {
    var port = 20_000 + Int(getpid()) % 20_000
    while port < 60_000 {
      if (port..<port + 20).allSatisfy(isFree) { return port }
      port += 20
    }
    throw NoPorts()
  }

  private struct NoPorts: Error {}

  private func isFree(_ port: Int) -> Bool {
    guard let endpoint = try? Endpoint("tcp://127.0.0.1:\(port)"), let context = try? Context()
    else {
      return false
    }
    return (try? Server(at: endpoint, role: "test", in: context)) != nil
  }

  @discardableResult
  private func kinglet(_ words: [String], fails: Bool = false) throws -> String {
    let outcome = try KingletProcess.run(words, scratch: scratch)
    try #require((outcome.status != 0) == fails, "\(words): \(outcome.output) \(outcome.errors)")
    if fails { #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)") }
    return fails ? outcome.errors : outcome.output
  }

  private func train(_ name: String, _ changes: [String]) throws -> Digests {
    let text = try kinglet(
      [
        "launch", "Launch/pcb-insertion.yaml", "run=" + scratch.path(name), "seed=4",
        "demonstrations.folder=" + scratch.path("shown"), "demonstrations.episodes=2",
        "finish.steps=120", "learner.startStep=40", "learner.ensemble=2", "learner.drawn=2",
        "learner.width=64", "learner.pretrainUpdates=50", "learner.updatesPerStep=1", "--json",
      ] + changes)
    return try JSONDecoder().decode(Digests.self, from: Data(text.utf8))
  }

  @Test func `a training over encrypted connections is the same training`() throws {
    let keys = scratch.path("keys")
    try kinglet(["keys", "new", keys])
    try kinglet([
      "demonstrate", "Launch/pcb-insertion.yaml", "run=" + scratch.path("d"),
      "demonstrations.folder=" + scratch.path("shown"), "demonstrations.episodes=2",
    ])
    let open = try train("a", ["placement=process"])
    let places = ["endpoints=tcp://127.0.0.1:\(try freePorts())", "security.keys=" + keys]
    #expect(try train("b", places + ["placement=process"]) == open)
    #expect(try train("c", ["security.keys=" + keys]) == open)
    #expect(KingletProcess.isGone(scratch.url.path))
    let text = try String(contentsOfFile: scratch.path("b") + "/resolved.yaml", encoding: .utf8)
    #expect(text.contains("keys: "))
    let secret = try String(contentsOfFile: keys + "/secret.key", encoding: .utf8).prefix(40)
    for file in FileManager.default.enumerator(atPath: scratch.path("b"))?.allObjects ?? [] {
      guard let file = file as? String,
        let data = FileManager.default.contents(atPath: scratch.path("b") + "/" + file)
      else { continue }
      #expect(data.range(of: Data(secret.utf8)) == nil, "\(file) holds the secret key")
    }
  }

  @Test func `two machines that list each other train together`() throws {
    let (arm, lab) = (scratch.path("arm"), scratch.path("lab"))
    let shown = try (
      kinglet(["keys", "new", arm, "--json"]), kinglet(["keys", "new", lab, "--json"])
    )
    let keys = try (publicKey(in: shown.0), publicKey(in: shown.1))
    try kinglet(["keys", "allow", arm, "lab", keys.1, "--at", "127.0.0.2"])
    try kinglet(["keys", "allow", lab, "arm", keys.0, "--at", "127.0.0.1"])
    try kinglet([
      "demonstrate", "Launch/pcb-insertion.yaml", "run=" + scratch.path("d"),
      "demonstrations.folder=" + scratch.path("shown"), "demonstrations.episodes=2",
    ])
    let recipe = [
      "Launch/pcb-insertion.yaml", "run=" + scratch.path("run"), "recording=none",
      "demonstrations.folder=" + scratch.path("shown"), "demonstrations.episodes=2",
      "endpoints=tcp://127.0.0.1:\(try freePorts())", "hosts.learner=127.0.0.2",
      "finish.steps=60", "task.steps=20", "learner.startStep=20", "learner.ensemble=2",
      "learner.drawn=2",
      "learner.width=64", "learner.pretrainUpdates=20", "learner.updatesPerStep=1",
    ]
    #expect(try kinglet(["launch"] + recipe, fails: true).contains("keys"))
    let refused = try kinglet(["launch"] + recipe + ["security.keys=" + arm], fails: true)
    #expect(refused.contains("by hand"))
    var processes: [KingletProcess] = []
    defer { for process in processes { process.end() } }
    for (role, keys) in [
      ("driver", arm), ("reward", arm), ("reset", arm), ("learner", lab), ("actor", arm),
    ] {
      processes.append(
        try KingletProcess([role] + recipe + ["security.keys=" + keys], scratch: scratch))
    }
    for process in processes.reversed() {
      let ended = try process.finish(within: 60)
      #expect(ended.status == 0 && !ended.errors.contains("security:"), "\(ended.errors)")
    }
  }

  @Test func `an actor of another machine joins by its key`() throws {
    let (arm, lab, rogue) = (scratch.path("arm"), scratch.path("lab"), scratch.path("rogue"))
    let armKey = try publicKey(in: kinglet(["keys", "new", arm, "--json"]))
    let labKey = try publicKey(in: kinglet(["keys", "new", lab, "--json"]))
    try kinglet(["keys", "new", rogue])
    try kinglet(["keys", "allow", arm, "lab", labKey, "--at", "127.0.0.1"])
    try kinglet(["keys", "allow", lab, "arm", armKey])
    let run = scratch.path("run")
    let launch = try KingletProcess(
      [
        "launch", "Launch/pcb-insertion.yaml", "run=" + run, "clock=realtime",
        "endpoints=tcp://127.0.0.1:\(try freePorts())", "security.keys=" + lab,
        "learner.demonstrationShare=0", "task.steps=20", "finish.steps=100000",
        "learner.ensemble=2", "learner.drawn=2", "learner.width=32", "learner.updatesPerStep=1",
      ], scratch: scratch)
    defer { launch.end() }
    let figures = run + "/metrics.jsonl"
    let holds = { (words: String) in
      (try? String(contentsOfFile: figures, encoding: .utf8).contains(words)) == true
    }
    let deadline = DispatchTime.now() + 90.0
    while !holds("\"episode/steps\"") {
      try #require(DispatchTime.now() < deadline && launch.process.isRunning)
      usleep(50_000)
    }
    // It knows whom to call, and has a key of its own, which nobody lets in.
    try kinglet(["keys", "allow", rogue, "lab", labKey, "--at", "127.0.0.1"])
    let refused = try KingletProcess.run(["join", run, "security.keys=" + rogue], scratch: scratch)
    #expect(refused.status != 0 && refused.errors.contains("is not on the list there"))
    #expect(refused.errors.contains("no `launch` answers"), "\(refused.errors)")
    let told = try launch.errors()
    #expect(told.contains("refused a peer"), "\(told)")
    let joined = try KingletProcess(["join", run, "security.keys=" + arm], scratch: scratch)
    defer { joined.end() }
    while !holds("\"actor1/episode/steps\"") {
      let words = (try joined.output(), try joined.errors())
      try #require(DispatchTime.now() < deadline && joined.process.isRunning, "\(words)")
      usleep(50_000)
    }
    Foundation.kill(launch.process.processIdentifier, SIGINT)
    #expect(try launch.finish(within: 60).status == 0)
    #expect(try joined.finish(within: 60).status == 0)
    #expect(try kinglet(["join", run, "seed=3"], fails: true).contains("one for all actors"))
  }

  private func publicKey(in json: String) throws -> String {
    struct Shown: Decodable { var publicKey: String }
    return try JSONDecoder().decode(Shown.self, from: Data(json.utf8)).publicKey
  }

  @Test func `keys are made once, listed, and removed`() throws {
    let folder = scratch.path("keys")
    try kinglet(["keys", "new", folder])
    let before = FileManager.default.contents(atPath: folder + "/secret.key")
    #expect(try kinglet(["keys", "new", folder], fails: true).contains("never overwritten"))
    #expect(FileManager.default.contents(atPath: folder + "/secret.key") == before)
    let other = try publicKey(in: kinglet(["keys", "new", scratch.path("other"), "--json"]))
    try kinglet(["keys", "allow", folder, "robot", other, "--at", "192.168.7.10"])
    let shown = try kinglet(["keys", "show", folder])
    for word in ["robot", other, "at 192.168.7.10", "kinglet keys allow FOLDER NAME '"] {
      #expect(shown.contains(word), "\(shown)")
    }
    #expect(!shown.contains(String(decoding: before ?? Data(), as: UTF8.self).prefix(40)))
    for (words, complaint) in [
      (["allow", folder, "../robot", other], "no name"),
      (["allow", folder, "b", "short"], "no key"),
      (["allow", folder, "b", other, "--at", "a b"], "no address"),
      (["remove", folder, "nobody"], "robot"), (["show", scratch.path("none")], "keys new"),
    ] {
      #expect(try kinglet(["keys"] + words, fails: true).contains(complaint))
    }
    try kinglet(["keys", "remove", folder, "robot"])
    #expect(try kinglet(["keys", "show", folder]).contains("nobody else"))
  }

  @Test(arguments: [
    "tcp://0.0.0.0:5600", "tcp://*:5600", "tcp://[::]:5600", "tcp://127.0.0.2:5600",
    "tcp://127.1:5600",
    "tcp://10.0.0.7:5600", "tcp://robot.local:5600", "tcp://127.0.0.1.evil:5600",
  ]) func `no session opens to the network without keys`(address: String) throws {
    for command in ["launch", "demonstrate", "serve", "driver", "learner", "actor"] {
      let words = [
        command, "Launch/pcb-insertion.yaml", "run=" + scratch.path("r"), "endpoints=" + address,
      ]
      let said = try kinglet(words, fails: true)
      #expect(said.contains("kinglet keys new") && said.contains("endpoints"), "\(said)")
    }
    #expect(!FileManager.default.fileExists(atPath: scratch.path("r")))
  }

  @Test func `a session does not start with keys that are not this user's alone`() throws {
    let folder = scratch.path("keys")
    let words = [
      "serve", "Launch/pcb-insertion.yaml", "run=" + scratch.path("r"), "security.keys=" + folder,
    ]
    #expect(try kinglet(words, fails: true).contains("kinglet keys new"))
    try kinglet(["keys", "new", folder])
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o644], ofItemAtPath: folder + "/secret.key")
    #expect(try kinglet(words, fails: true).contains("chmod 600"))
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o600], ofItemAtPath: folder + "/secret.key")
    try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: folder)
    #expect(try kinglet(words, fails: true).contains("chmod go-w"))
  }
}
