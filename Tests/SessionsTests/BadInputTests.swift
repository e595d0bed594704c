import Foundation
import Testing

/// Each bad input gives one clear line and a non-zero exit, and leaves nothing running.
@Suite(.serialized) struct BadInputTests {
  private let scratch: Scratch

  init() throws { scratch = try Scratch() }

  private func expectRefusal(
    _ arguments: [String], saying words: [String],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let outcome = try KingletProcess.run(arguments, scratch: scratch)
    #expect(outcome.status != 0, sourceLocation: sourceLocation)
    let lines = outcome.errors.split(separator: "\n")
    #expect(lines.count == 1, "\(outcome.errors)", sourceLocation: sourceLocation)
    for word in words {
      #expect(outcome.errors.contains(word), "\(outcome.errors)", sourceLocation: sourceLocation)
    }
    #expect(KingletProcess.isGone(scratch.url.path), sourceLocation: sourceLocation)
  }

  private func launch(_ changes: [String]) -> [String] {
    ["launch", "Launch/pcb-insertion.yaml", "run=" + scratch.path("r")] + changes
  }

  @Test func `an unknown key names the nearest one`() throws {
    try expectRefusal(launch(["learner.ensembel=3"]), saying: ["learner.ensembel", "ensemble"])
  }

  @Test func `a wrong type names the key and what it wants`() throws {
    try expectRefusal(launch(["learner.width=wide"]), saying: ["learner.width", "wide"])
  }

  @Test func `a missing robot names those that exist`() throws {
    try expectRefusal(launch(["robot=pandda"]), saying: ["pandda", "panda"])
  }

  @Test func `a missing launch file is named`() throws {
    try expectRefusal(["launch", "Launch/none.yaml"], saying: ["Launch/none.yaml"])
  }

  @Test func `a dry run says what a launch would refuse`() throws {
    let run = scratch.path("r")
    try FileManager.default.createDirectory(atPath: run, withIntermediateDirectories: true)
    try Data().write(to: URL(fileURLWithPath: run + "/letters.txt"))
    let none = "demonstrations.folder=" + scratch.path("none")
    let refused = try KingletProcess.run(launch([none]) + ["--dry-run"], scratch: scratch)
    #expect(refused.status != 0)
    #expect(refused.output.contains("would be refused: \(run)"), "\(refused.output)")
    #expect(refused.output.contains("letters.txt"))
    try FileManager.default.removeItem(atPath: run + "/letters.txt")
    let accepted = try KingletProcess.run(launch([none]) + ["--dry-run"], scratch: scratch)
    #expect(accepted.status == 0 && accepted.output.contains("will be recorded first"))
  }

  @Test func `gains that the loop's delay makes unstable are refused with the numbers`() throws {
    let gains = ["task.compliance.rotationalDamping=150"]
    let words = ["gains of the task", "unstable from 1.57", "1.50 ms"]
    try expectRefusal(launch(gains), saying: words)
    try expectRefusal(
      ["demonstrate", "Launch/pcb-insertion.yaml", "run=" + scratch.path("r")] + gains
        + ["demonstrations.folder=" + scratch.path("d")], saying: words)
    try expectRefusal(
      launch(["task.compliance.translationalDamping=0"]),
      saying: ["translational damping of the task", "too small for its stiffness", "at least"])
    try expectRefusal(
      launch(["robot.safety.stopDamping=100"]), saying: ["driver's own damping", "unstable"])
    // A longer way of the torque leaves less room.
    let far = ["task.compliance.rotationalDamping=45", "clock=realtime"]
    let dry = ["--dry-run", "demonstrations.folder=" + scratch.path("d")]
    for (placement, status) in [("driver", Int32(0)), ("process", 1)] {
      let outcome = try KingletProcess.run(
        launch(far + ["placement=" + placement]) + dry, scratch: scratch)
      #expect((outcome.status == 0) == (status == 0), "\(outcome.output.prefix(3000))")
      #expect(outcome.output.contains("would be refused") == (status != 0))
    }
  }

  @Test(arguments: [
    (["task.compliance.rotationalDamping=150"], "gains of the task"),
    (["robot.safety.gains.rotationalDamping=150"], "gains of the limits"),
    (["task.compliance.translationalDamping=0"], "translational damping of the task"),
    (["task.compliance.rotationalDamping=45", "clock=realtime", "placement=process"], "2.40 ms"),
    // Of 47.3 per kg·m² and 1.5 ms.
    (["robot.safety.stopDamping=23"], "driver's own damping"),
    (["robot.safety.stopDamping=22"], "none"),
    (["robot.safety.stopDamping=1", "robot.safety.holdStiffness=667"], "driver's own stiffness"),
    (["robot.safety.stopDamping=1", "robot.safety.holdStiffness=666"], "none"),
  ])
  func `a dry run names the rule about gains that is broken`(changes: [String], words: String)
    throws
  {
    let none = ["--dry-run", "demonstrations.folder=" + scratch.path("none")]
    let outcome = try KingletProcess.run(launch(changes) + none, scratch: scratch)
    let refusal = outcome.output.split(separator: "\n").first { $0.hasPrefix("would be refused") }
    #expect((refusal ?? "none").contains(words), "\(outcome.output.prefix(3000))")
    #expect((outcome.status == 0) == (words == "none"))
  }

  @Test func `gains whose margin is thin are warned of`() throws {
    let folder = scratch.path("d")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    // Ends the launch behind its checks.
    try Data(repeating: 7, count: 100).write(to: URL(fileURLWithPath: folder + "/a.mcap"))
    let outcome = try KingletProcess.run(
      launch(["task.compliance.rotationalDamping=30", "demonstrations.folder=" + folder]),
      scratch: scratch)
    #expect(outcome.errors.contains(folder + "/a.mcap"))
    let warning = outcome.output.split(separator: "\n").first { $0.hasPrefix("warning: ") }
    #expect(warning?.contains("gains of the task") == true, "\(outcome.output)")
    #expect(warning?.contains("thin; comfortable is below 0.5") == true)
  }

  @Test func `a port in use is named`() throws {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(listener) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let port = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic -> UInt16 in
        guard bind(listener, generic, length) == 0, listen(listener, 1) == 0,
          getsockname(listener, generic, &length) == 0
        else { return 0 }
        return UInt16(bigEndian: UnsafePointer(pointer).pointee.sin_port)
      }
    }
    try #require((1024...64_000).contains(port))
    // The status socket takes the last of the ten ports.
    try expectRefusal(
      [
        "demonstrate", "Launch/pcb-insertion.yaml", "run=" + scratch.path("r"),
        "demonstrations.folder=" + scratch.path("d"),
        "endpoints=tcp://127.0.0.1:\(port - 9)",
      ], saying: ["\(port)", "in use"])
  }

  @Test func `a corrupt or foreign policy is refused by evaluate`() throws {
    let run = try makeRun([])
    try expectRefusal(["evaluate", run], saying: ["policy.safetensors"])
    for change in ["learner.width=64", "run=other", "seed=3"] {
      try expectRefusal(["evaluate", run, change], saying: [change, "no effect"])
    }
    for bytes in [Data(), Data([1, 2, 3]), Data(repeating: 255, count: 4096)] {
      try bytes.write(to: URL(fileURLWithPath: run + "/policy.safetensors"))
      try expectRefusal(["evaluate", run, "--episodes", "1"], saying: ["policy.safetensors"])
    }
  }

  /// A run's folder with nothing but its recipe.
  private func makeRun(_ changes: [String]) throws -> String {
    let run = scratch.path("run")
    try FileManager.default.createDirectory(atPath: run, withIntermediateDirectories: true)
    let plan = try KingletProcess.run(launch(["--dry-run"] + changes), scratch: scratch)
    let recipe = try #require(plan.output.range(of: "recipe:\n"))
    try String(plan.output[recipe.upperBound...]).write(
      toFile: run + "/resolved.yaml", atomically: true, encoding: .utf8)
    return run
  }

  @Test func `files of a tebibyte are refused in one line`() throws {
    let run = try makeRun(["clock=realtime", "learner.demonstrationShare=0"])
    try FileManager.default.createDirectory(
      atPath: run + "/episodes", withIntermediateDirectories: true)
    let names = [
      "policy.safetensors", "episodes/episode-000000.mcap", "transitions.spool", "metrics.jsonl",
    ]
    for name in names {
      try Data().write(to: URL(fileURLWithPath: run + "/" + name))
      try #require(truncate(run + "/" + name, 1 << 40) == 0)
    }
    try expectRefusal(["evaluate", run], saying: [run + "/policy.safetensors", "\(1 << 40)"])
    try expectRefusal(
      ["launch", "--resume", run], saying: ["transitions.spool: damaged", "truncate -s 0"])
    try #require(truncate(run + "/transitions.spool", 0) == 0)
    try expectRefusal(["launch", "--resume", run], saying: [run + "/metrics.jsonl", "line"])
  }

  @Test func `corrupt demonstrations are refused before anything starts`() throws {
    let folder = scratch.path("d")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try Data(repeating: 7, count: 100).write(to: URL(fileURLWithPath: folder + "/a.mcap"))
    try expectRefusal(
      launch(["demonstrations.folder=" + folder]), saying: [folder + "/a.mcap", "demonstrate"])
    #expect(!FileManager.default.fileExists(atPath: scratch.path("r")))
  }

  @Test func `demonstrations never replace what is none`() throws {
    let folder = scratch.path("d")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let note = folder + "/note.txt"
    try Data("mine".utf8).write(to: URL(fileURLWithPath: note))
    for place in [folder, note] {
      try expectRefusal(
        ["demonstrate", "Launch/pcb-insertion.yaml", "demonstrations.folder=" + place],
        saying: [place, "would be lost"])
    }
    #expect(FileManager.default.contents(atPath: note) == Data("mine".utf8))
  }
}
